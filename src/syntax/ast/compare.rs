//! Comparisons with the past in the tree, and steps, tiers and curves.

use super::{Expr, Grain, Spanned};

/// `8 weeks` of `8 weeks before`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// How many.
    pub count: u32,
    /// Of what.
    pub grain: Grain,
}

/// What is made of earlier values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// `mean`
    Mean,
    /// `median`
    Median,
    /// `deviation`: 1.4826 times the median distance from the median.
    Deviation,
}

/// `steps(attainment(gmv), below 0%, > 80% -> 3%, > 100% -> 5%)`
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    /// `steps`
    pub function: Spanned<BandsFn>,
    /// `attainment(gmv)`
    pub value: Expr,
    /// `below 0%`
    pub below: Option<Expr>,
    /// `above 0`: only of a curve.
    pub above: Option<Expr>,
    /// `> 80% -> 3%`, in the order of the text.
    pub steps: Vec<BandStep>,
}

/// How a value is turned into another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BandsFn {
    /// `steps`: the whole value belongs to one step.
    Steps,
    /// `tiers`: each part of the value belongs to its own tier.
    Tiers,
    /// `curve`: linear between points.
    Curve,
}

/// `> 80% -> 3%`
#[derive(Debug, Clone, PartialEq)]
pub struct BandStep {
    /// True for `>`, false for `>=`; None when neither is written.
    pub strict: Option<bool>,
    /// `80%`, a constant.
    pub value: Expr,
    /// `3%`, a constant.
    pub result: Expr,
}
