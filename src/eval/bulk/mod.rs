//! The cell plan for whole columns: what [`super::State::step`] does row by row, without waking anything.
//!
//! 1. [`Bulk::new`] says which event types can be read so: those whose rows only add up, in a program that looks at nothing
//!    between two instants of a schedule.
//! 2. [`Bulk::add`] sorts rows by stretches of time ([`stretch`]) and by scope ([`scopes`]), and adds what each leaf keeps of
//!    them ([`items`]) to cells of that stretch, by the same [`Cell`](super::Cell) that rows change.
//! 3. [`Bulk::take`] gives the cells of one stretch after the other to a step ([`super::grow`]), where they join those of the
//!    state and the alerts of their scopes are woken.
//!
//! The result is the same as that of rows; the generated histories of the tests run through both.

mod items;
mod reads;
mod scopes;
mod stretch;
mod value;

use super::plan::{Kept, Plan};
use super::rows::{Item, item};
use super::{Cell, Columns, RowId, ScopeId, Texts};
use crate::compile::program::{EventIdx, FieldIdx, GroupingIdx, Keep, Leaf, LeafIdx, Program, Window};
use crate::time::{Day, Instant};
use items::{Items, Taking};
use scopes::Scopes;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use stretch::Stretches;

/// Columns on their way to cells.
#[derive(Debug)]
pub struct Bulk {
    program: Arc<Program>,
    /// For each event type; None for one that must come as rows.
    events: Vec<Option<Of>>,
    stretches: Stretches,
    /// The cells of each stretch: for each grouping of each event type.
    cells: Vec<Vec<Part>>,
}

/// How the columns of one event type become cells.
#[derive(Debug)]
struct Of {
    groupings: Vec<Grouping>,
    takings: Vec<Taking>,
}

/// A grouping that the rows belong to.
#[derive(Debug)]
pub(super) struct Grouping {
    pub(super) grouping: GroupingIdx,
    scopes: Scopes,
    /// The numbers of the scopes in the state, as far as they were asked for, each with whether the scope is named.
    pub(super) numbers: Vec<Option<(ScopeId, bool)>>,
    /// The leaves that it keeps.
    pub(super) leaves: Vec<Growing>,
    /// The place of its cells in those of a stretch.
    part: usize,
}

/// A leaf that a grouping keeps.
#[derive(Debug)]
pub(super) struct Growing {
    pub(super) leaf: LeafIdx,
    pub(super) keep: Keep,
    /// Its place among the series of the grouping's scopes.
    pub(super) slot: usize,
    /// Its place among the leaves of its event.
    ordinal: usize,
}

/// The cells of one grouping in one stretch.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// When each scope was first seen; the end of time for one that was not.
    pub(super) seen: Vec<Instant>,
    /// The cells of each scope, leaf by leaf.
    pub(super) cells: Vec<Cell>,
}

/// The cells of one stretch.
#[derive(Debug)]
pub(super) struct Taken<'b> {
    /// Its local day.
    pub(super) day: Day,
    /// For each grouping of each event type.
    pub(super) parts: Vec<(EventIdx, &'b mut Grouping, Part)>,
}

impl Bulk {
    /// The way of a program's columns to cells. Only these groupings are asked for; all, if None. Rows later than an instant
    /// that is known beforehand will not count.
    pub fn new(program: &Arc<Program>, asked: Option<&BTreeSet<GroupingIdx>>, at: Option<Instant>) -> Bulk {
        let plan = Plan::new(program);
        let mut parts = 0;
        let mut of = |event| {
            let of = Of::new(program, &plan, event, asked, parts);
            parts += of.groupings.len();
            of
        };
        let fits = |event: &EventIdx| adds_up(program, *event) && only_scheduled(program, &plan);
        let events = (0..program.events.len()).map(|event| Some(event).filter(&fits).map(&mut of)).collect();
        Bulk { program: Arc::clone(program), events, stretches: Stretches::new(program, at), cells: Vec::new() }
    }

    /// Whether any rows can be read as columns.
    pub fn takes_any(&self) -> bool {
        self.events.iter().any(Option::is_some)
    }

    /// Whether the rows of an event type can be read as columns.
    pub fn takes(&self, event: EventIdx) -> bool {
        self.events.get(event).is_some_and(Option::is_some)
    }

    /// The fields of an event type whose texts must be numbered.
    pub fn numbered(&self, event: EventIdx) -> BTreeSet<FieldIdx> {
        let Some(Some(of)) = self.events.get(event) else { return BTreeSet::new() };
        let dims = self.program.events.get(event).map_or(&[][..], |event| &event.dims);
        dims.iter().map(|(_, field)| *field).chain(of.takings.iter().flat_map(Taking::keys)).collect()
    }

    /// The fields of an event type at whose values anything looks.
    pub fn read(&self, event: EventIdx) -> BTreeSet<FieldIdx> {
        let mut fields = self.numbered(event);
        let leaves = self.program.leaves.iter().filter(|leaf| leaf.event == event);
        leaves.flat_map(|leaf| leaf.filter.iter().chain(&leaf.arg)).for_each(|formula| reads::add(formula, &mut fields));
        fields
    }

    /// Whether the identities of the rows of an event type matter: where the earliest or the latest one counts.
    pub fn ranks(&self, event: EventIdx) -> bool {
        self.program.leaves.iter().any(|leaf| leaf.event == event && matches!(leaf.keep, Keep::First | Keep::Last))
    }

    /// Takes rows, in any order, none of them twice.
    pub fn add(&mut self, columns: &Columns, texts: &Texts) {
        let Some(Some(of)) = self.events.get_mut(columns.event) else { return };
        let runs = self.stretches.runs(&columns.times);
        self.cells.resize_with(self.stretches.len(), Vec::new);
        let items: Vec<Items> = of.takings.iter_mut().map(|taking| taking.items(columns, texts)).collect();
        for grouping in &mut of.groupings {
            let scopes = grouping.scopes.of(columns);
            for (stretch, run) in &runs {
                let Some(parts) = self.cells.get_mut(*stretch) else { continue };
                if parts.len() <= grouping.part {
                    parts.resize_with(grouping.part + 1, Part::default);
                }
                if let Some(part) = parts.get_mut(grouping.part) {
                    part.grow(grouping);
                    part.see(columns, &scopes, run.clone());
                    for (leaf, Growing { ordinal, .. }) in grouping.leaves.iter().enumerate() {
                        let of_leaf = (leaf, grouping.leaves.len());
                        items.get(*ordinal).into_iter().for_each(|items| part.add(columns, &scopes, run.clone(), of_leaf, items));
                    }
                }
            }
        }
    }

    /// The instants up to an instant to which time may be read one after the other, each with the rows up to it.
    pub fn untils(&self, at: Instant) -> BTreeSet<Instant> {
        let stretches = self.stretches.in_order().into_iter().map(|(_, stretch)| stretch);
        stretches.filter(|stretch| stretch.from <= at).map(|stretch| stretch.until.min(at)).collect()
    }

    /// The places of the stretches up to an instant that have cells, in order, each with its first instant.
    pub(super) fn ready(&self, at: Instant) -> Vec<(usize, Instant)> {
        let has_cells = |place: &usize| self.cells.get(*place).is_some_and(|parts| !parts.is_empty());
        let ready = self.stretches.in_order().into_iter().filter(|(place, stretch)| stretch.from <= at && has_cells(place));
        ready.map(|(place, stretch)| (place, stretch.from)).collect()
    }

    /// Takes out the cells of a stretch.
    pub(super) fn take(&mut self, place: usize) -> Option<Taken<'_>> {
        let day = self.stretches.day(place)?;
        let mut cells = self.cells.get_mut(place).map(std::mem::take).unwrap_or_default();
        let events = self.events.iter_mut().enumerate().filter_map(|(event, of)| Some((event, of.as_mut()?)));
        let groupings = events.flat_map(|(event, of)| of.groupings.iter_mut().map(move |grouping| (event, grouping)));
        let taken = groupings.filter_map(|(event, grouping)| {
            let part = std::mem::take(cells.get_mut(grouping.part)?);
            Some((event, grouping, part))
        });
        Some(Taken { day, parts: taken.collect() })
    }
}

impl Grouping {
    /// The dimension values of a scope.
    pub(super) fn values(&self, scope: usize, texts: &Texts) -> Box<[Option<Box<str>>]> {
        self.scopes.values(scope, texts)
    }
}

impl Part {
    /// Makes room for all scopes that are known.
    fn grow(&mut self, grouping: &Grouping) {
        let n_scopes = grouping.scopes.len();
        self.seen.resize(n_scopes, Instant(i64::MAX));
        for _ in self.cells.len()..n_scopes * grouping.leaves.len() {
            let keep = grouping.leaves.get(self.cells.len() % grouping.leaves.len().max(1)).map_or(Keep::Count, |leaf| leaf.keep);
            self.cells.push(Cell::empty_from(keep));
        }
    }

    fn see(&mut self, columns: &Columns, scopes: &[u32], run: Range<usize>) {
        let times = columns.times.get(run.clone()).unwrap_or_default();
        for (time, scope) in times.iter().zip(scopes.get(run).unwrap_or_default()) {
            if let Some(seen) = self.seen.get_mut(*scope as usize) {
                *seen = (*seen).min(*time);
            }
        }
    }

    fn add(&mut self, columns: &Columns, scopes: &[u32], run: Range<usize>, (leaf, n_leaves): (usize, usize), items: &Items<'_>) {
        let times = columns.times.get(run.clone()).unwrap_or_default();
        let scopes = scopes.get(run.clone()).unwrap_or_default();
        let rows = times.iter().zip(scopes.iter().map(|scope| *scope as usize * n_leaves + leaf));
        let cells = &mut self.cells;
        // What only adds up asks for no identities.
        let rank = |time: &Instant| (*time, RowId(0));
        match items {
            Items::All => {
                for (time, place) in rows {
                    cells.get_mut(place).into_iter().for_each(|cell| cell.add(Item::One, rank(time)));
                }
            }
            Items::Some(counts) => {
                let counts = counts.get(run).unwrap_or_default();
                for ((time, place), _) in rows.zip(counts).filter(|(_, counts)| **counts) {
                    cells.get_mut(place).into_iter().for_each(|cell| cell.add(Item::One, rank(time)));
                }
            }
            Items::Fixed(values) => {
                for ((time, place), value) in rows.zip(values.get(run).unwrap_or_default()) {
                    if let (Some(value), Some(cell)) = (value, cells.get_mut(place)) {
                        cell.add(Item::Fixed(*value), rank(time));
                    }
                }
            }
            Items::Rows(taken) => {
                for ((_, place), row) in rows.zip(taken.rows.get(run).unwrap_or_default()) {
                    if let (Some(row), Some(cell)) = (row, cells.get_mut(place))
                        && let Some(item) = item(taken.leaf, row, taken.zone)
                    {
                        cell.add(item, super::rows::rank(row));
                    }
                }
            }
        }
    }
}

impl Of {
    fn new(program: &Arc<Program>, plan: &Plan, event: EventIdx, asked: Option<&BTreeSet<GroupingIdx>>, first_part: usize) -> Of {
        let leaves = plan.event_leaves.get(event).map_or(&[][..], Vec::as_slice);
        let takings = leaves.iter().filter_map(|leaf| Some(Taking::new(program.leaves.get(*leaf)?, &program.zone))).collect();
        let belongs = plan.events.get(event).into_iter().flatten();
        let wanted = belongs.filter(|belongs| asked.is_none_or(|asked| asked.contains(&belongs.grouping)));
        let groupings = wanted.zip(first_part..).map(|(belongs, part)| {
            let keep = |leaf: LeafIdx| program.leaves.get(leaf).map_or(Keep::Count, |leaf: &Leaf| leaf.keep);
            let growing = |kept: &Kept| Growing { leaf: kept.leaf, keep: keep(kept.leaf), slot: kept.slot, ordinal: kept.ordinal };
            Grouping {
                grouping: belongs.grouping,
                scopes: Scopes::new(belongs.fields.iter().map(|(_, field)| *field).collect()),
                numbers: Vec::new(),
                leaves: belongs.leaves.iter().map(growing).collect(),
                part,
            }
        });
        Of { groupings: groupings.collect(), takings }
    }
}

/// Whether the rows of an event type only add up, each in the cell of its own day.
fn adds_up(program: &Program, event: EventIdx) -> bool {
    let plain = program.events.get(event).is_some_and(|event| event.replaces_by.is_empty() && event.entity.is_none());
    let mut leaves = program.leaves.iter().filter(|leaf| leaf.event == event);
    plain && leaves.all(|leaf| leaf.clock.is_none() && !matches!(leaf.keep, Keep::Money | Keep::Rates | Keep::Course))
}

/// Whether nothing looks at cells but rules with a schedule, each at the cells of its own scope as they stand.
fn only_scheduled(program: &Program, plan: &Plan) -> bool {
    let slides = |(_, window): &(LeafIdx, Window)| matches!(window, Window::Elapsed { .. });
    // The days of some scopes may run in zones of their own.
    program.zones.is_none()
        && program.entities.is_empty()
        && program.memberships.is_empty()
        && program.rates.sources().next().is_none()
        && program.tables.iter().all(|table| table.told.is_none())
        && program.targets.iter().all(|target| target.told.is_none())
        && plan.watches.pairs.is_empty()
        && program.alerts.iter().all(|rule| rule.schedule.is_some())
        && !plan.reads.iter().flatten().any(slides)
}
