//! Whole texts through one door.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

#[test]
fn a_small_ruleset_compiles() {
    let text = "ruleset shop 1.0.0 {\n  currency USD\n  timezone UTC\n}\nevent sale {\n  shop dimension\n  amount money\n}\nmetric net = sum(sale.amount)\nmetric basket = net / count(sale)\nalert low on net over 7 days per shop {\n  warning when < 10 USD for 1 day\n}\n";
    let compiled = check(text);
    let messages: Vec<String> = compiled.diagnostics.iter().map(|d| d.message(Default::default())).collect();
    assert!(messages.is_empty(), "{messages:?}");
    let program = compiled.program.unwrap();
    assert_eq!(program.groupings, [vec![], vec![0]]);
    assert_eq!(program.leaves.len(), 2);
    assert_eq!(program.metrics[1].unit, program::Unit::Money("USD".into()));
    assert_eq!(program.alerts[0].levels[0].limit, Some(10.into()));
}
