//! Formulas that look at other scopes than their own: the parts of it, its siblings, and the wider scope around it.
//!
//! 1. [`Parts`] and [`Across`] stand in formulas.
//! 2. [`Reach`] says which scopes a formula looks at, and which leaves it reads there: for those groupings cells are kept,
//!    and from those scopes a change has to be carried to where the formula is used.

use super::{Arith, CardIdx, DimIdx, Formula, LeafIdx, Lookup, Metric, MetricIdx, Read, Scorecard, TargetIdx, TargetRead, Text, Unit};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// `sum(last(stock.on_hand) per sku * unit_cost[sku])`
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// What is made of the parts.
    pub gather: Gather,
    /// What tells the parts from one another. Sorted.
    pub dims: Vec<DimIdx>,
    /// The formula of one part.
    pub part: Formula,
    /// Parts for which it is not true do not count.
    pub filter: Option<Formula>,
    /// The unit of what is made.
    pub unit: Unit,
    /// The unit of a part.
    pub part_unit: Unit,
    /// The whole as written, or in words.
    pub text: Text,
    /// An aggregate times a factor, which is another one on every day: each day of a part counts by itself.
    pub by_day: bool,
}

impl Parts {
    /// The aggregate and its factor, where each day counts by itself.
    pub fn daily(&self) -> Option<(LeafIdx, Read, &Formula)> {
        let (leaf, factor) = self.of_days()?;
        if let Formula::Leaf(leaf, read) = leaf { Some((*leaf, *read, factor)) } else { None }
    }

    /// The same, with the aggregate as a formula.
    pub fn of_days(&self) -> Option<(&Formula, &Formula)> {
        match &self.part {
            Formula::Arith(Arith::Mul, leaf, factor) if self.by_day => Some((leaf, factor)),
            _ => None,
        }
    }
}

/// What is made of the known values of the parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gather {
    /// Their sum.
    Sum,
    /// Their sum over their number.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The quantile at this fraction, linear between neighbours.
    Quantile(Decimal),
    /// How many are known.
    Known,
    /// How many are true.
    True,
    /// The place of the own scope among its siblings; 1 is the best.
    Rank {
        /// More is better.
        higher: bool,
    },
    /// The share of the siblings that the own scope is at least as good as, itself among them.
    Percentile {
        /// More is better.
        higher: bool,
    },
}

impl Gather {
    /// Whether the own scope is one of the parts.
    pub fn is_among_siblings(self) -> bool {
        matches!(self, Gather::Rank { .. } | Gather::Percentile { .. })
    }
}

/// `storage_cost across sku`
#[derive(Debug, Clone, PartialEq)]
pub struct Across {
    /// The dimension that the scope loses.
    pub dim: DimIdx,
    /// What is looked at there.
    pub of: Formula,
    /// Its unit.
    pub unit: Unit,
    /// The whole as written.
    pub text: Text,
}

/// The dimensions of a scope. Sorted.
type Dims = Vec<DimIdx>;

/// With these dimensions too.
pub fn finer(dims: &[DimIdx], more: &[DimIdx]) -> Vec<DimIdx> {
    dims.iter().chain(more).copied().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Without these dimensions.
pub fn wider(dims: &[DimIdx], without: &[DimIdx]) -> Vec<DimIdx> {
    dims.iter().filter(|dim| !without.contains(dim)).copied().collect()
}

/// Where formulas look.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The leaves, each with the dimensions of a scope at which it is read.
    pub leaves: BTreeSet<(LeafIdx, Dims)>,
    /// The dimensions of the scopes that are looked at.
    pub scopes: BTreeSet<Dims>,
    /// From scopes of which dimensions parts of which are looked for.
    pub pairs: BTreeSet<(Dims, Dims)>,
    /// The lookups, each with the dimensions of a scope at which it is made.
    pub lookups: Vec<(Lookup, Dims)>,
    /// The dimensions of the accounts of ledgers, each with those of a scope at which one is looked at.
    pub accounts: BTreeSet<(Dims, Dims)>,
    /// The metrics, each with the dimensions of a scope at which it is used.
    pub metrics: BTreeSet<(MetricIdx, Dims)>,
    /// The targets of which an amount is asked for, each with the dimensions of a scope at which it is.
    pub targets: BTreeSet<(TargetIdx, Dims)>,
    open: Vec<(MetricIdx, Dims)>,
    cards: BTreeSet<(CardIdx, Dims)>,
    open_cards: Vec<(CardIdx, Dims)>,
}

/// The formulas of a card.
fn formulas_of(card: &Scorecard) -> impl Iterator<Item = &Formula> {
    let lines = card.adjustments.iter().flat_map(|line| line.when.iter().chain(&line.for_each));
    let conditions = card.vetoes.iter().map(|veto| &veto.when).chain(card.gates.iter().map(|gate| &gate.when));
    card.kpis.iter().map(|kpi| &kpi.formula).chain(conditions).chain(lines)
}

impl Reach {
    /// Where formulas look that are used at a scope of these dimensions.
    pub fn of<'f>((metrics, cards): (&[Metric], &[Scorecard]), formulas: impl IntoIterator<Item = &'f Formula>, dims: &[DimIdx]) -> Reach {
        let mut reach = Reach::default();
        reach.scopes.insert(dims.to_vec());
        formulas.into_iter().for_each(|formula| reach.formula(formula, dims));
        // Metrics are visited from a list, so that long chains of them cost no stack, and each once.
        loop {
            if let Some((metric, dims)) = reach.open.pop() {
                metrics.get(metric).into_iter().for_each(|metric| reach.formula(&metric.formula, &dims));
            } else if let Some((card, dims)) = reach.open_cards.pop() {
                cards.get(card).into_iter().flat_map(formulas_of).for_each(|formula| reach.formula(formula, &dims));
            } else {
                return reach;
            }
        }
    }

    /// Whether the formulas look at any scope but their own.
    pub fn is_nested(&self) -> bool {
        self.scopes.len() > 1
    }

    /// The dimensions that all the scopes have: what happens in any of them happens in the scope of these.
    pub fn common(&self) -> Vec<DimIdx> {
        let first = self.scopes.first().map_or(&[][..], Vec::as_slice);
        first.iter().filter(|dim| self.scopes.iter().all(|dims| dims.contains(dim))).copied().collect()
    }

    fn formula(&mut self, formula: &Formula, dims: &[DimIdx]) {
        match formula {
            Formula::Const(_) | Formula::Unknown | Formula::Subject | Formula::DaysLeft => {}
            Formula::Lookup(lookup) => {
                let found = (lookup.clone(), dims.to_vec());
                if !self.lookups.contains(&found) {
                    self.lookups.push(found);
                }
            }
            Formula::Leaf(leaf, _) => drop(self.leaves.insert((*leaf, dims.to_vec()))),
            Formula::Metric(metric) => self.metric(*metric, dims),
            Formula::Target(read) => self.target(read, dims),
            Formula::Negate(a)
            | Formula::Not(a)
            | Formula::IsUnknown(a)
            | Formula::Abs(a)
            | Formula::Round(a, _)
            | Formula::Floor(a)
            | Formula::Ceil(a)
            | Formula::Shift(_, a)
            | Formula::Baseline(_, _, a)
            | Formula::Bands(_, a)
            | Formula::Over(_, a) => self.formula(a, dims),
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
                self.formula(a, dims);
                self.formula(b, dims);
            }
            Formula::Least(all) | Formula::Greatest(all) => all.iter().for_each(|part| self.formula(part, dims)),
            Formula::Adapt(adapt) => [&adapt.when, &adapt.inner].into_iter().for_each(|part| self.formula(part, dims)),
            Formula::Score(read) => {
                let found = (read.card, dims.to_vec());
                if self.cards.insert(found.clone()) {
                    self.open_cards.push(found);
                }
            }
            Formula::Ledger(ledger) => {
                self.accounts.insert((ledger.per.clone(), dims.to_vec()));
                ledger.entries.iter().for_each(|entry| self.formula(&entry.formula, dims));
            }
            Formula::Parts(parts) => self.parts(parts, dims),
            Formula::Across(across) => {
                let around = wider(dims, &[across.dim]);
                self.scopes.insert(around.clone());
                self.formula(&across.of, &around);
            }
        }
    }

    /// The history that an amount follows is that of the scopes for which it is set.
    fn target(&mut self, read: &TargetRead, dims: &[DimIdx]) {
        self.targets.insert((read.target, dims.to_vec()));
        read.reads.iter().for_each(|metric| self.metric(*metric, dims));
        if let Some(own) = &read.dims {
            self.scopes.insert(own.clone());
            read.reads.iter().for_each(|metric| self.metric(*metric, own));
        }
    }

    fn parts(&mut self, parts: &Parts, dims: &[DimIdx]) {
        let from = if parts.gather.is_among_siblings() { wider(dims, &parts.dims) } else { dims.to_vec() };
        let to = finer(dims, &parts.dims);
        self.scopes.extend([from.clone(), to.clone()]);
        for formula in parts.filter.iter().chain([&parts.part]) {
            self.formula(formula, &to);
        }
        // What is summed by day is looked at as a whole first.
        self.leaves.extend(parts.daily().map(|(leaf, ..)| (leaf, from.clone())));
        self.pairs.insert((from, to));
    }

    fn metric(&mut self, metric: MetricIdx, dims: &[DimIdx]) {
        if self.metrics.insert((metric, dims.to_vec())) {
            self.open.push((metric, dims.to_vec()));
        }
    }
}
