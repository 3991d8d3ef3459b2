//! `where`: conditions that no row fits.
//!
//! 1. What a `where` compares of a row becomes a number of a formula, the same for the same expression ([`Values`]). Then it is a
//!    condition like any other, and what proves that one never holds proves it here.
//! 2. Of rows only what is true counts, and a comparison with an absent value is false: `not (amount > 5)` fits a row without an
//!    amount too. So every `not` is carried down here, where that can be said.

use super::range::Range;
use super::ranges::Ranges;
use super::witness::About;
use crate::compile::Compiler;
use crate::compile::aggregate::Where;
use crate::compile::program::{Compare, EventDecl, Formula, RowExpr, Scalar, Unit};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::lint as codes;
use std::collections::BTreeSet;

/// The lints of every `where`.
pub(super) fn wheres(compiler: &Compiler<'_>, found: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for Where { event, filter, written } in &compiler.leaves.wheres {
        let Some(event) = compiler.names.events.get(*event) else { continue };
        let mut values = Values { event, exprs: Vec::new() };
        let when = values.condition(filter, true);
        let ranges = Ranges::of_values(values.ranges());
        let (ranges, unit) = (&ranges, &Unit::Number);
        let about = About { on: &Formula::Subject, text: "", ends_now: true, unit, ranges, compiler, subject: None };
        if let Some(why) = about.never(&when, written)
            && told.insert(written.span.start)
        {
            found.push(why.told(&codes::NO_ROW, written.span).arg("event", &event.name));
        }
    }
}

/// What is asked of the values of a row.
struct Values<'r> {
    event: &'r EventDecl,
    /// What is compared, by the number of the metric that stands for it.
    exprs: Vec<&'r RowExpr>,
}

impl<'r> Values<'r> {
    /// A condition; the opposite of it when `holds` is false.
    fn condition(&mut self, expr: &'r RowExpr, holds: bool) -> Formula {
        match expr {
            RowExpr::Const(Scalar::Flag(flag)) => Formula::Const(Scalar::Flag(*flag == holds)),
            RowExpr::Not(a) => self.condition(a, !holds),
            RowExpr::And(a, b) | RowExpr::Or(a, b) => {
                let (a, b) = (Box::new(self.condition(a, holds)), Box::new(self.condition(b, holds)));
                if matches!(expr, RowExpr::And(..)) == holds { Formula::And(a, b) } else { Formula::Or(a, b) }
            }
            RowExpr::IsAbsent(a) => {
                let is_unknown = Formula::IsUnknown(Box::new(self.value(a)));
                if holds { is_unknown } else { Formula::Not(Box::new(is_unknown)) }
            }
            RowExpr::Compare(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                asked([a.clone(), b.clone()], compared(*op, a, b), holds)
            }
            RowExpr::In(a, list) => {
                let value = self.value(a);
                let one = |one: &Scalar| compared(Compare::Eq, value.clone(), Formula::Const(one.clone()));
                let any = list.iter().map(one).reduce(|a, b| Formula::Or(Box::new(a), Box::new(b)));
                asked([value], any.unwrap_or(Formula::Const(Scalar::Flag(false))), holds)
            }
            RowExpr::StartsWith(a, prefix) => {
                let value = self.value(a);
                let from = compared(Compare::Ge, value.clone(), text(prefix.to_string()));
                let begins = match behind(prefix) {
                    Some(end) => Formula::And(Box::new(from), Box::new(compared(Compare::Lt, value.clone(), text(end)))),
                    None => from,
                };
                asked([value], begins, holds)
            }
            flag => {
                let value = self.value(flag);
                asked([value.clone()], compared(Compare::Eq, value, Formula::Const(Scalar::Flag(true))), holds)
            }
        }
    }

    fn value(&mut self, expr: &'r RowExpr) -> Formula {
        match expr {
            RowExpr::Const(Scalar::Absent) => Formula::Unknown,
            RowExpr::Const(scalar) => Formula::Const(scalar.clone()),
            RowExpr::Negate(a) => Formula::Negate(Box::new(self.value(a))),
            RowExpr::Arith(op, a, b) => Formula::Arith(*op, Box::new(self.value(a)), Box::new(self.value(b))),
            other => {
                let known = self.exprs.iter().position(|known| *known == other);
                Formula::Metric(known.unwrap_or_else(|| {
                    self.exprs.push(other);
                    self.exprs.len() - 1
                }))
            }
        }
    }

    /// What each of the values can be.
    fn ranges(&self) -> Vec<Range> {
        let is_count = |field: usize| self.event.fields.get(field).is_some_and(|field| field.unit == Unit::Count);
        let of = |expr: &&RowExpr| match expr {
            // What arrives as a count is whole; it may be below 0.
            RowExpr::Field(field) if self.event.entity.is_none() && is_count(*field) => Range { whole: true, ..Range::default() },
            RowExpr::Worked(_) => Range::from_0(),
            _ => Range::default(),
        };
        self.exprs.iter().map(of).collect()
    }
}

/// What is asked of known values; when it shall not hold, an absent one does as well.
fn asked<const N: usize>(values: [Formula; N], is: Formula, holds: bool) -> Formula {
    if holds {
        return is;
    }
    let or = |a: Formula, b: Formula| Formula::Or(Box::new(a), Box::new(b));
    let varying = values.into_iter().filter(|value| !matches!(value, Formula::Const(_)));
    varying.map(|value| Formula::IsUnknown(Box::new(value))).fold(Formula::Not(Box::new(is)), |all, absent| or(absent, all))
}

fn compared(op: Compare, a: Formula, b: Formula) -> Formula {
    Formula::Compare(op, Box::new(a), Box::new(b))
}

fn text(text: String) -> Formula {
    Formula::Const(Scalar::Text(text.into()))
}

/// The first text behind all that begin so; None when there is none.
fn behind(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (u32::from(last).saturating_add(1)..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            return Some(chars.into_iter().chain([next]).collect());
        }
    }
    None
}
