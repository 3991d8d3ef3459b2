//! Pages for people: the KPI handbook and the review, as Markdown, HTML and XLSX.
//!
//! 1. What is to be said becomes [`Block`]s: headings, sentences, tables, curves. The handbook's are made in `cli::doc`, those
//!    of the review of a scorecard in [`review`].
//! 2. [`page`] writes blocks as Markdown, or as one HTML file that needs nothing else and prints well; [`sheet`] as a workbook. [`Format`]
//!    says as which of them.

pub mod closed;
mod format;
pub mod notes;
pub mod page;
pub mod review;
pub mod sheet;

pub use format::Format;

use crate::compile::program::{Scalar, Unit};
use crate::diagnostic::Lang;
use crate::engine::show::human;
use crate::time::Zone;
use rust_decimal::Decimal;

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading of a depth, from 1.
    Heading(usize, String),
    /// A paragraph.
    Text(String),
    /// A paragraph that must not be overlooked.
    Warning(String),
    /// A formula, as written.
    Code(String),
    /// Points under one another.
    List(Vec<String>),
    /// A table with its header. Rows whose first cell is empty go on about what stands above.
    Table(Vec<String>, Vec<Vec<Cell>>),
    /// A curve.
    Curve(Drawn),
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number: how people read it, what it is, and how a workbook shows it.
    Number(String, Decimal, Shown),
}

/// How a workbook shows a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// With so many decimals.
    Decimals(u32),
    /// As a percentage with two decimals.
    Percent,
    /// As people read it: a length of time in days, hours and minutes has no unit of its own in a workbook.
    Text,
}

/// A curve to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// What is written under it.
    pub title: String,
    /// Value, its text, points.
    pub points: Vec<(Decimal, String, Decimal)>,
    /// The points of values under the least.
    pub below: Decimal,
    /// The points of values over the greatest.
    pub above: Decimal,
}

impl Cell {
    /// A number of a unit.
    pub fn of(value: Decimal, unit: &Unit, zone: &Zone, lang: Lang) -> Cell {
        let shown = match unit {
            Unit::Percent => Shown::Percent,
            Unit::Count => Shown::Decimals(0),
            Unit::Money(_) => Shown::Decimals(2),
            Unit::Duration => Shown::Text,
            _ => Shown::Decimals(4),
        };
        Cell::Number(human(&Scalar::Number(value), unit, zone, lang), value, shown)
    }

    /// Points, with two decimals.
    pub fn points(value: Decimal) -> Cell {
        let mut rounded = value.round_dp(2);
        rounded.rescale(2);
        if rounded.is_zero() {
            rounded.set_sign_positive(true);
        }
        Cell::Number(rounded.to_string(), value, Shown::Decimals(2))
    }

    /// What people read.
    pub fn text(&self) -> &str {
        match self {
            Cell::Text(text) | Cell::Number(text, ..) => text,
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
