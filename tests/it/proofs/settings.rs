//! The same of a package: what is said of it holds whatever is set of it, and what is said of a setting holds with that.

use super::{
    Alert, RULESET, Text, World, alert, cards, head, hold_for_alert, hold_for_cards, hold_for_rows, params, row_condition, rows, world,
};
use proptest::prelude::*;
use steelyard::compile::check;
use steelyard::diagnostic::Diagnostic;

/// A package, the same with values set by a ruleset that uses it, and what is said of each.
struct Set {
    package: String,
    said_of_package: Vec<Diagnostic>,
    text: Text,
    said_of_settings: Vec<Diagnostic>,
}

impl Set {
    /// None when a value does not fit.
    fn new(rules: &str, [p, q]: [&str; 2]) -> Option<Set> {
        let package = RULESET.replace("ruleset spec", "ruleset kit").replace("UTC\n", "UTC\n  open     p, q\n") + rules;
        let text = Text { main: format!("{RULESET}use kit 1 with {{ p: {p}, q: {q} }}\n"), packages: package.clone() };
        let (alone, set) = (check(&package), check(&text.whole()));
        alone.program.and(set.program)?;
        Some(Set { package, said_of_package: alone.diagnostics, text, said_of_settings: set.diagnostics })
    }

    /// Both, each with the text of which it speaks.
    fn said(&self) -> [(&[Diagnostic], String); 2] {
        [(&self.said_of_package, self.package.clone()), (&self.said_of_settings, self.text.whole())]
    }
}

fn judge_alert(alert: &Alert, set: [&str; 2], worlds: &[World]) -> Result<(), TestCaseError> {
    let Some(set) = Set::new(&alert.text(), set) else { return Err(TestCaseError::reject("a value does not fit")) };
    for (found, source) in set.said() {
        hold_for_alert(alert, found, &source, &set.text, worlds)?;
    }
    Ok(())
}

fn judge_cards(rules: &str, set: [&str; 2], worlds: &[World]) -> Result<(), TestCaseError> {
    let Some(set) = Set::new(rules, set) else { return Err(TestCaseError::reject("a value does not fit")) };
    for (found, source) in set.said() {
        hold_for_cards(found, &source, &set.text, worlds)?;
    }
    Ok(())
}

fn judge_rows(rules: &str, when: &str, set: [&str; 2], worlds: &[World]) -> Result<(), TestCaseError> {
    let Some(set) = Set::new(rules, set) else { return Err(TestCaseError::reject("a value does not fit")) };
    for (found, source) in set.said() {
        hold_for_rows(when, found, &source, &set.text, worlds)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, max_shrink_iters: 100, max_global_rejects: 4000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_proved_of_alerts_holds_whatever_is_set(alert in alert(), set in params(), worlds in proptest::collection::vec(world(), 8)) {
        judge_alert(&alert, set, &worlds)?;
    }

    #[test]
    fn what_is_proved_of_rows_holds_whatever_is_set(
        when in row_condition(), [own, set] in [params(), params()], worlds in proptest::collection::vec(world(), 8),
    ) {
        judge_rows(&rows(own, &when), &when, set, &worlds)?;
    }

    #[test]
    fn what_is_proved_of_scorecards_holds_whatever_is_set(
        cards in cards(), [own, set] in [params(), params()], worlds in proptest::collection::vec(world(), 8),
    ) {
        judge_cards(&format!("{}{cards}", head(own)), set, &worlds)?;
    }
}
