//! Which groupings are asked for, so that no cells are kept for others.

use crate::compile::program::{DimIdx, Formula, GroupingIdx, Program, Reach, ScorePart, Scored, Ties};
use std::collections::BTreeSet;

/// What a replay is asked.
pub(super) struct Wanted<'a> {
    pub(super) metrics: &'a [usize],
    pub(super) per: &'a [DimIdx],
    pub(super) cards: Vec<usize>,
    pub(super) alerts: bool,
}

impl Wanted<'_> {
    /// The groupings whose cells answer it, wherever its formulas look.
    pub(super) fn groupings(&self, program: &Program) -> BTreeSet<GroupingIdx> {
        let mut found = BTreeSet::new();
        for dims in self.dims(program) {
            let within =
                |grouping: &GroupingIdx| program.groupings.get(*grouping).is_some_and(|own| dims.iter().all(|dim| own.contains(dim)));
            let size = |grouping: &GroupingIdx| program.groupings.get(*grouping).map_or(0, Vec::len);
            match program.groupings.iter().position(|own| *own == dims) {
                Some(exact) => drop(found.insert(exact)),
                None => found.extend((0..program.groupings.len()).filter(within)),
            }
            // An event may keep its cells for more dimensions only.
            let kept = program.leaves.iter().filter_map(|leaf| {
                leaf.groupings.iter().filter(|grouping| within(grouping)).min_by_key(|grouping| (size(grouping), **grouping))
            });
            found.extend(kept.copied());
        }
        found
    }

    /// The dimensions of all scopes that are looked at.
    fn dims(&self, program: &Program) -> BTreeSet<Vec<DimIdx>> {
        let mut dims: BTreeSet<Vec<DimIdx>> = [Vec::new(), self.per.to_vec()].into();
        let mut look = |formulas: Vec<&Formula>, from: &[DimIdx]| {
            let reach = Reach::of((&program.metrics, &program.scorecards), formulas, from);
            let accounts = reach.accounts.into_iter().flat_map(|(account, at)| [account, at]);
            dims.extend(reach.scopes.into_iter().chain(reach.leaves.into_iter().map(|(_, at)| at)).chain(accounts));
        };
        let grouping = |grouping: GroupingIdx| program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
        for metric in self.metrics {
            look(vec![&Formula::Metric(*metric)], &[]);
            look(vec![&Formula::Metric(*metric)], self.per);
        }
        for card in &self.cards {
            let Some(decl) = program.scorecards.get(*card) else { continue };
            let score = Formula::Score(Scored { card: *card, part: ScorePart::Score });
            look(decl.payout_base.iter().map(|base| &base.formula).chain([&score]).collect(), grouping(decl.grouping));
            if let Some(Ties::By(metric, _)) = decl.ranking.as_ref().map(|ranking| ranking.ties) {
                look(vec![&Formula::Metric(metric)], grouping(decl.grouping));
            }
        }
        for rule in program.alerts.iter().filter(|_| self.alerts) {
            look(rule.formulas().collect(), grouping(rule.grouping));
        }
        dims
    }
}
