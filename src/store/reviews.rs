//! What people decide about scores. Nothing here is ever changed or removed: what is closed is opened again by a later act.
//!
//! 1. An act is written with the scores that it was done about, in one transaction ([`Tx::add_act`]).
//! 2. The acts of a scorecard and period are read in their order; the state of a score follows from them.

use super::record::review::{ActRecord, KeptScore};
use super::table::{Key, Scan, Table};
use super::{StoreError, StoreView, Tx};

/// (period, ruleset, scorecard, act).
const ACTS: Table = Table::fixed("acts");
/// (act, place in its list): the scores that it was done about.
const KEPT: Table = Table::fixed("kept_scores");

impl Tx<'_> {
    /// Writes an act, which is given its number, with the scores that it was done about.
    pub fn add_act(&self, mut act: ActRecord, scores: &[KeptScore]) -> Result<ActRecord, StoreError> {
        act.id = self.next_number("act")?;
        ACTS.edit(self.txn)?.put(&card_key(&act.period, &act.ruleset, &act.card).u64(act.id), &act)?;
        let mut kept = KEPT.edit(self.txn)?;
        for (place, score) in (0..).zip(scores) {
            kept.put(&Key::new().u64(act.id).u32(place), score)?;
        }
        Ok(act)
    }
}

impl StoreView {
    /// All acts, by period, ruleset and scorecard, in the order in which they were done.
    pub fn acts(&self) -> Result<Vec<ActRecord>, StoreError> {
        self.all(&ACTS)
    }

    /// The acts about a period, by ruleset and scorecard, in the order in which they were done.
    pub fn acts_of_period(&self, period: &str) -> Result<Vec<ActRecord>, StoreError> {
        self.acts_under(&Key::new().text(period))
    }

    /// The acts about a scorecard in a period, in the order in which they were done.
    pub fn acts_about(&self, period: &str, ruleset: &str, card: &str) -> Result<Vec<ActRecord>, StoreError> {
        self.acts_under(&card_key(period, ruleset, card))
    }

    fn acts_under(&self, prefix: &Key) -> Result<Vec<ActRecord>, StoreError> {
        let mut found = Vec::new();
        ACTS.view(&self.tables.txn)?.scan(&prefix.0, prefix.after().as_deref(), |_, act: ActRecord| {
            found.push(act);
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// The scores that an act was done about.
    pub fn kept_scores(&self, act: u64) -> Result<Vec<KeptScore>, StoreError> {
        let (mut found, prefix) = (Vec::new(), Key::new().u64(act));
        KEPT.view(&self.tables.txn)?.scan(&prefix.0, prefix.after().as_deref(), |_, score: KeptScore| {
            found.push(score);
            Ok(Scan::On)
        })?;
        Ok(found)
    }
}

fn card_key(period: &str, ruleset: &str, card: &str) -> Key {
    Key::new().text(period).text(ruleset).text(card)
}
