//! The starter: one whole, commented ruleset that stands by itself.

const STARTER: &str = include_str!("../starter.kpi");

/// The starter is a ruleset itself; its name, title, currency and zone give way to the asked ones.
pub fn fill(name: &str, title: &str, currency: &str, zone: &str) -> String {
    let text = STARTER.replace("USD", currency).replace("timezone UTC", &format!("timezone {zone}"));
    text.replace("\"My shop\"", &format!("\"{title}\"")).replace("ruleset my_shop ", &format!("ruleset {name} "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_starter_has_no_mistake_and_the_canonical_layout() {
        let text = fill("shop_1", "店铺", "CNY", "Asia/Shanghai");
        let checked = crate::compile::check(&text);
        assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
        let program = checked.program.unwrap();
        assert_eq!((program.name.as_str(), program.currency.as_str(), program.zone.name()), ("shop_1", "CNY", "Asia/Shanghai"));
        assert_eq!(crate::syntax::format::format(STARTER).unwrap(), STARTER);
    }
}
