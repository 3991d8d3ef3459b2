//! Amounts of targets that events tell.

use super::{ANY, DimIdx, EventIdx, FieldIdx, GroupingIdx, LeafIdx, Program, Scalar, Target, TargetRow};
use crate::time::{Day, Grain, Period, Reckoning};

/// The amounts of a target that events tell: for each scope, period and first day the one that was told last.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldAmounts {
    /// The event type.
    pub event: EventIdx,
    /// The dimensions of the target that the events name. Sorted.
    pub dims: Vec<DimIdx>,
    /// The dimension that names the period.
    pub period: (DimIdx, FieldIdx),
    /// The field with the amount.
    pub amount: FieldIdx,
    /// The length of the periods.
    pub grain: Grain,
    /// The leaf that keeps what was told.
    pub leaf: LeafIdx,
    /// The field that says from which day an amount counts; the event's time when None.
    pub clock: Option<FieldIdx>,
    /// The grouping of these dimensions and the period.
    pub grouping: GroupingIdx,
}

impl ToldAmounts {
    /// The dimensions of its scopes and the period, as in their grouping.
    pub fn kept(&self) -> Vec<DimIdx> {
        let mut kept: Vec<DimIdx> = self.dims.iter().copied().chain([self.period.0]).collect();
        kept.sort_unstable();
        kept
    }

    /// The period of a label, if it is one of the periods that are told.
    pub fn period(&self, label: &str, reckoning: Reckoning) -> Option<Period> {
        Period::parse(label, reckoning).ok().filter(|period| period.grain == self.grain)
    }

    /// A line of the target out of the values of a scope of its grouping; None when they say none.
    pub fn row(&self, target: &Target, values: &[Option<Box<str>>], told: (&Scalar, Day), reckoning: Reckoning) -> Option<TargetRow> {
        let kept = self.kept();
        let named = || kept.iter().copied().zip(values);
        let label = named().find(|(dim, _)| *dim == self.period.0)?.1.as_deref()?;
        let Scalar::Number(value) = *told.0 else { return None };
        let scope = named().filter(|(dim, _)| self.dims.contains(dim)).filter_map(|(dim, value)| Some((dim, value.clone()?)));
        let scope = scope.filter(|(_, value)| **value != *ANY).collect();
        let row = TargetRow { scope, period: self.period(label, reckoning)?, value, from: Some(told.1) };
        target.takes(value).then_some(row)
    }
}

impl Program {
    /// Whether a value stands for all values of a dimension: it is [`ANY`], and events tell of a table or a target by the dimension.
    /// It names no scope then.
    pub fn is_open(&self, dim: DimIdx, value: &str) -> bool {
        value == ANY && self.told_by(dim)
    }

    /// Whether events tell of a table or a target by a dimension.
    pub fn told_by(&self, dim: DimIdx) -> bool {
        let tables = self.tables.iter().filter_map(|table| table.told.as_ref());
        let targets = self.targets.iter().filter_map(|target| target.told.as_ref());
        tables.flat_map(|told| told.keys.iter().flatten()).any(|(own, _)| *own == dim)
            || targets.flat_map(|told| &told.dims).any(|own| *own == dim)
    }
}
