//! Packages on the disk and on a server: what a page of the reference cannot show.

use crate::server::{Server, folder};
use crate::wire::{Client, Message};
use std::path::Path;
use std::process::Command;

const SHOP: &str =
    "ruleset shop 1.0.0 {\n  currency USD\n  timezone UTC\n}\nuse marketplace 1 with { rate_limit: 3% }\nmetric twice = 2 * rate_limit\n";

fn marketplace(version: &str, value: &str) -> String {
    format!("ruleset marketplace {version} {{\n  currency USD\n  timezone UTC\n  open rate_limit\n}}\nparam rate_limit = {value}\n")
}

fn text(message: &Message) -> String {
    String::from_utf8(message.body.clone()).unwrap()
}

/// What the command prints, and whether it ended well.
fn run(dir: &Path, arguments: &[&str], path: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    command.current_dir(dir).args(arguments).env("STEELYARD_LANG", "en").env_remove("STEELYARD_PACKAGE_PATH");
    if !path.is_empty() {
        command.env("STEELYARD_PACKAGE_PATH", path);
    }
    let out = command.output().unwrap();
    (out.status.success(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap())
}

fn says(dir: &Path, arguments: &[&str], path: &str, wanted: &str) {
    let (_, said) = run(dir, arguments, path);
    assert!(said.contains(wanted), "{arguments:?} should say {wanted}, and said\n{said}");
}

#[test]
fn the_nearest_of_equal_versions_is_taken_and_nothing_outside() {
    let (_keep, dir) = folder();
    for below in ["shop/packages", "far", "farther"] {
        std::fs::create_dir_all(dir.join(below)).unwrap();
    }
    let shop = dir.join("shop");
    std::fs::write(shop.join("shop.kpi"), SHOP).unwrap();
    says(&shop, &["check", "shop.kpi"], "", "SY1120");
    // Whatever lies elsewhere is found only when the path says so.
    std::fs::write(dir.join("marketplace.kpi"), marketplace("1.0.0", "1%")).unwrap();
    std::fs::write(dir.join("far/marketplace.kpi"), marketplace("1.0.0", "2%")).unwrap();
    std::fs::write(dir.join("farther/marketplace.kpi"), marketplace("1.1.0", "5%")).unwrap();
    says(&shop, &["check", "shop.kpi"], "", "SY1120");
    says(&shop, &["bundle", "shop.kpi"], "../far", "rate_limit = 2%");
    says(&shop, &["bundle", "shop.kpi", "--package-path", "../far"], "../farther", "rate_limit = 2%");
    says(&shop, &["bundle", "shop.kpi"], "../far:../farther", "rate_limit = 5%");
    says(&shop, &["bundle", "shop.kpi"], "..:../far", "rate_limit = 1%");
    std::os::unix::fs::symlink("../../marketplace.kpi", shop.join("packages/marketplace.kpi")).unwrap();
    says(&shop, &["check", "shop.kpi"], "", "SY1121");
}

#[test]
fn a_lock_file_pins_names_versions_and_texts() {
    let (_keep, dir) = folder();
    std::fs::create_dir_all(dir.join("packages")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(dir.join(file), text).unwrap();
    write("shop.kpi", SHOP);
    write("packages/marketplace.kpi", &marketplace("1.0.0", "1%"));
    says(&dir, &["lock", "shop.kpi"], "", "shop.lock: 1 package");
    let lock = std::fs::read_to_string(dir.join("shop.lock")).unwrap();
    let hash = blake3::hash(marketplace("1.0.0", "1%").as_bytes()).to_hex();
    assert_eq!(lock.lines().last(), Some(format!("marketplace 1.0.0 blake3 {hash}").as_str()));
    write("shop.lock", &format!("{lock}marketplace 1.0.0\n"));
    says(&dir, &["check", "shop.kpi"], "", "SY1124");
    write("shop.lock", &format!("{lock}other 1.0.0 blake3 00\n"));
    says(&dir, &["check", "shop.kpi"], "", "nothing uses `other`");
    write("shop.lock", "");
    says(&dir, &["check", "shop.kpi"], "", "it pins no `marketplace` 1");
    write("shop.lock", &lock.replace("1.0.0", "1.3.0"));
    says(&dir, &["replay", "shop.kpi", "--events", "none.csv"], "", "`marketplace` 1.3.0 is not on the search path");
    write("shop.lock", &lock);
    assert!(run(&dir, &["check", "shop.kpi", "--deny-warnings"], "").0);
}

#[test]
fn a_server_takes_a_bundle_and_keeps_it_as_it_is() {
    let (_keep, data) = folder();
    let (_files, dir) = folder();
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("shop.kpi"), SHOP).unwrap();
    std::fs::write(dir.join("marketplace.kpi"), marketplace("1.0.0", "1%")).unwrap();
    let server = Server::start(&data);
    let mut client = Client::new(server.address);
    let refused = client.send("PUT", "/v1/rulesets/shop/1.0.0", "text/plain", SHOP.as_bytes()).unwrap();
    assert_eq!(refused.status(), 422, "{}", text(&refused));
    assert!(text(&refused).contains("SY1101") && text(&refused).contains("steelyard bundle"), "{}", text(&refused));
    let (fine, bundle) = run(&dir, &["bundle", "shop.kpi"], "");
    assert!(fine && bundle.starts_with(SHOP), "{bundle}");
    let put = client.send("PUT", "/v1/rulesets/shop/1.0.0", "text/plain", bundle.as_bytes()).unwrap();
    assert_eq!(put.status(), 201, "{}", text(&put));
    let hash = blake3::hash(bundle.as_bytes()).to_hex();
    assert!(text(&put).contains(hash.as_str()), "the hash covers the packages: {}", text(&put));
    assert_eq!(text(&client.get("/v1/rulesets/shop/1.0.0/source").unwrap()), bundle);
    // The same ruleset over another text of the package is another text.
    let other = bundle.replace("rate_limit = 1%", "rate_limit = 2%");
    let refused = client.send("PUT", "/v1/rulesets/shop/1.0.0", "text/plain", other.as_bytes()).unwrap();
    assert_eq!(refused.status(), 409, "{}", text(&refused));
    let active = client.send("POST", "/v1/rulesets/shop/1.0.0/activate", "application/json", b"{}").unwrap();
    assert_eq!(active.status(), 200, "{}", text(&active));
    let number = client.get("/v1/metrics/twice?over=all%20time").unwrap();
    assert!(text(&number).contains("0.06") || text(&number).contains("6%"), "{}", text(&number));
}
