//! The library under `rulesets/`: its handbooks are those of today, and what is not confirmed says so.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of the project.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder, and of the folders in it, that end so.
fn files(within: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(within).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn handbooks_are_up_to_date() {
    let made = tempfile::tempdir().unwrap();
    // A feed says how the columns of a file become events, and nothing of what they mean.
    let rulesets = files(&folder("rulesets"), ".kpi").into_iter().filter(|path| !path.starts_with(folder("rulesets/feeds")));
    for ruleset in rulesets {
        for lang in ["en", "zh"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
            command.args(["--lang", lang, "--package-path"]).arg(folder("rulesets"));
            command.args(["doc", "--own", "--out"]).arg(made.path()).arg(&ruleset);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}: {}", ruleset.display(), String::from_utf8_lossy(&output.stderr));
        }
    }
    let read = |within: &Path| -> Vec<(String, String)> {
        let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        files(within, ".md").iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
    };
    let (now, kept) = (read(made.path()), read(&folder("docs/handbook")));
    let names = |books: &[(String, String)]| books.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&now), names(&kept), "`make handbook` writes docs/handbook anew");
    for ((name, now), (_, kept)) in now.iter().zip(&kept) {
        assert!(now == kept, "docs/handbook/{name} is not what the ruleset says: `make handbook`");
    }
}

#[test]
fn what_is_not_confirmed_says_so() {
    let mut rows = 0;
    for ruleset in files(&folder("rulesets"), ".kpi") {
        let text = std::fs::read_to_string(&ruleset).unwrap();
        for row in text.lines().filter(|line| line.contains("| \"third party\"") || line.contains("| \"memory\"")) {
            rows += 1;
            assert!(row.contains("confirm"), "{}: {row}", ruleset.display());
        }
    }
    assert!(rows > 30, "{rows} rows");
}
