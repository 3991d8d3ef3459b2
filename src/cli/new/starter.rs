//! The starter: one whole, commented ruleset that stands by itself.

use crate::diagnostic::Lang;

/// The starter with comments and names of tests in a language; the rules are the same.
fn starter(lang: Lang) -> &'static str {
    match lang {
        Lang::En => include_str!("../starter.kpi"),
        Lang::Zh => include_str!("../starter.zh.kpi"),
    }
}

/// The starter is a ruleset itself; its name, title, currency and zone give way to the asked ones.
pub fn fill(name: &str, title: &str, currency: &str, zone: &str, lang: Lang) -> String {
    let text = starter(lang).replace("USD", currency).replace("timezone UTC", &format!("timezone {zone}"));
    text.replace("\"My shop\"", &format!("\"{title}\"")).replace("ruleset my_shop ", &format!("ruleset {name} "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_starter_has_no_mistake_and_the_canonical_layout() {
        for lang in [Lang::En, Lang::Zh] {
            let text = fill("shop_1", "店铺", "CNY", "Asia/Shanghai", lang);
            let checked = crate::compile::check(&text);
            assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
            let program = checked.program.unwrap();
            assert_eq!((program.name.as_str(), program.currency.as_str(), program.zone.name()), ("shop_1", "CNY", "Asia/Shanghai"));
            assert_eq!(crate::syntax::format::format(starter(lang)).unwrap(), starter(lang));
        }
    }

    #[test]
    fn the_starters_say_the_same_but_for_comments_and_names_of_tests() {
        let rules = |lang| {
            let said =
                |line: &str| line.split(" #").next().filter(|line| !line.starts_with(['#', 't'])).map(|line| line.trim_end().to_owned());
            starter(lang).lines().filter_map(said).collect::<Vec<_>>()
        };
        assert_eq!(rules(Lang::En), rules(Lang::Zh));
        let in_english = |line: &&str| line.contains('#') && line.is_ascii() || line.starts_with("test ") && line.is_ascii();
        assert_eq!(starter(Lang::Zh).lines().find(in_english), None);
    }
}
