//! Scores read straight: what most cards ask for, without remembering anything.
//!
//! 1. [`Straight::of`] works out, once for all scopes of a card in a period, in which days the leaves of its
//!    [`Sheet`](crate::compile::program::Sheet) are read.
//! 2. [`Straight::gathered`] merges the cells of a scope into what each of them holds, in one walk over its days, and works out
//!    the lines of the sheet.
//! 3. [`Gathered::answer`] answers a formula from that. It says nothing (None) of what is not plain: windows of elapsed time, other
//!    scopes, tables and targets, cells that changed later. [`Evaluation`](super::formula::Evaluation) says the same of every
//!    formula that is answered here, and all of the others.

use super::answers::Answers;
use super::coverage::Lacking;
use super::number::{Number, Why};
use super::query::{Reader, When};
use super::sheet::{Known, worked_out};
use super::window::{Anchor, Span, Stretch};
use super::{Acc, Fault, ScopeId};
use crate::compile::program::{ANY, Asked, DimIdx, Formula, LeafIdx, Scorecard, UNASSIGNED, Window};
use crate::time::{Day, Instant, Period};

/// What a card reads in a period, the same for all of its scopes.
#[derive(Debug)]
pub(super) struct Straight {
    period: Period,
    at: Instant,
    /// From where its formulas look.
    pub(super) home: (Anchor, Stretch),
    /// The leaf and the days of each slot of its sheet. No days, of what is no range of whole days or has not begun, are NEVER.
    asked: Vec<(LeafIdx, (Day, Day))>,
    /// The end of what is over first: of a scope that began later something is unknown.
    begun_by: Instant,
}

/// No days at all.
const NEVER: (Day, Day) = (Day(i32::MAX), Day(i32::MIN));

/// What the lines of a card say at a scope.
pub(super) struct Gathered<'c> {
    card: &'c Scorecard,
    known: Vec<Option<Known>>,
}

impl Straight {
    /// What a card reads; None when nothing that could be read straight.
    pub(super) fn of(reader: &Reader<'_>, card: &Scorecard, period: Period) -> Option<Straight> {
        let (program, sheet) = (reader.program, &card.sheet);
        if sheet.slots.is_empty() {
            return None;
        }
        let at = reader.looked(card, &[]).at;
        let home = Anchor::of(program, 0, When::Period(period), at);
        let (anchor, whole) = home;
        let days = |window: &Option<Window>| match window.map_or(whole, |window| anchor.stretch(program, window)).span {
            Span::Days(first, last) if first <= anchor.day => (first, last),
            Span::All => (Day(i32::MIN), Day(i32::MAX)),
            Span::Days(..) | Span::Elapsed(..) => NEVER,
        };
        let days: Vec<(Day, Day)> = sheet.windows.iter().map(days).collect();
        let asked = sheet.slots.iter().map(|slot| (slot.leaf, days.get(slot.window).copied().unwrap_or(NEVER)));
        let asked: Vec<_> = asked.collect();
        let last = asked.iter().filter(|(_, days)| *days != NEVER).map(|(_, (_, last))| *last).min();
        let begun_by = program.zone_at(anchor.zone).end_of(last.map_or(anchor.day, |last| last.min(anchor.day)));
        Some(Straight { period, at, home, asked, begun_by })
    }

    /// Whether it is about this period as of the reader's look at the card.
    pub(super) fn is_of(&self, reader: &Reader<'_>, period: Period) -> bool {
        self.at == reader.at && self.period == period
    }

    /// What a scope holds, its dimensions in order; None when that takes more than its cells.
    pub(super) fn gathered<'c>(
        &self,
        reader: Reader<'_>,
        card: &'c Scorecard,
        scope: &[(DimIdx, Box<str>)],
    ) -> Result<Option<Gathered<'c>>, Fault> {
        let Some((id, first)) = find(&reader, card, scope)? else { return Ok(None) };
        if first >= self.begun_by {
            return Ok(None);
        }
        let with_days = card.sheet.slots.iter().zip(&self.asked);
        let mut accs: Vec<Option<Acc>> =
            with_days.map(|(slot, (_, days))| if *days == NEVER { None } else { Some(Acc::empty(slot.keep)) }).collect();
        let mut changed = Instant(i64::MIN);
        reader.cells.cells_of(&self.asked, id, &mut |slot, _, cell| {
            // What begins later is not there yet; what began and changed later must be read from its events.
            if cell.first <= reader.at
                && let Some(Some(acc)) = accs.get_mut(slot)
            {
                changed = changed.max(cell.changed);
                acc.merge(&cell.acc);
            }
        })?;
        Ok((changed <= reader.at).then(|| Gathered { card, known: worked_out(&card.sheet.lines, &accs) }))
    }
}

/// The number of a scope of a card that events show by itself, and when it was first seen.
fn find(reader: &Reader<'_>, card: &Scorecard, scope: &[(DimIdx, Box<str>)]) -> Result<Option<(ScopeId, Instant)>, Fault> {
    let dims = reader.program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let named = |(dim, (own, value)): (&DimIdx, &(DimIdx, Box<str>))| dim == own && **value != *ANY && **value != *UNASSIGNED;
    if dims.len() != scope.len() || !dims.iter().zip(scope).all(named) {
        return Ok(None);
    }
    let found = reader.cells.scope_named(card.grouping, scope)?;
    Ok(found.filter(|(_, first)| *first <= reader.at))
}

impl Gathered<'_> {
    /// The value of a formula of the card; None when it is not plain.
    pub(super) fn answer(&self, asked: Asked) -> Option<Number> {
        let (_, line) = self.card.sheet.answers.iter().find(|(own, _)| *own == asked)?;
        self.known.get(*line).copied().flatten().map(Number::from)
    }

    /// Whether it answers all formulas of the card.
    pub(super) fn is_whole(&self) -> bool {
        self.card.sheet.is_whole && self.known.iter().all(Option::is_some)
    }
}

/// Asked only when it is whole.
impl Answers for Gathered<'_> {
    fn value(&mut self, asked: Asked, _: &Formula, _: Option<Window>) -> Result<Number, Fault> {
        Ok(self.answer(asked).unwrap_or(Number::Unknown(Why::Stated)))
    }

    fn had_begun(&mut self, _: &Scorecard) -> Result<bool, Fault> {
        Ok(true)
    }

    /// Coverage is nothing plain.
    fn lacking(&mut self, _: &Formula) -> Result<Vec<Lacking>, Fault> {
        Ok(Vec::new())
    }
}
