//! The scopes of a state: numbered at first sight, each with its series of cells.

use super::lineage::Kin;
use super::plan::{Belongs, Plan};
use super::query::dimension_value;
use super::{Cell, Fault, Row, Scope, ScopeId, Sighted};
use crate::compile::program::{GroupingIdx, LeafIdx};
use crate::time::{Day, Instant};
use std::collections::{BTreeMap, HashMap};

/// The cells of one leaf at one scope.
pub(super) type Series = BTreeMap<Day, Slot>;

/// Changed scopes and changed cells.
type Changed = (Vec<(ScopeId, Scope, Sighted)>, Vec<(LeafIdx, ScopeId, Day, Cell)>);

/// A cell and whether it changed since it was saved.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) cell: Cell,
    pub(super) dirty: bool,
}

/// What was not seen yet.
const NEVER: Sighted = Sighted { first: Instant(i64::MAX), arrived: Instant(i64::MAX) };

/// A scope.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) scope: Scope,
    /// The earliest event time at which it was seen; the end of time until then.
    pub(super) first: Instant,
    /// The earliest time of an event that arrived; the end of time until then.
    arrived: Instant,
    /// The times of the states of entities that show it, and how many of each.
    shown: BTreeMap<Instant, u32>,
    /// One series a leaf, as the plan orders them.
    pub(super) series: Vec<Series>,
    dirty: bool,
}

/// The scopes that lie within each one of a grouping.
type Within = HashMap<Box<[u32]>, Vec<ScopeId>>;

impl Place {
    /// Whether anything has shown it.
    pub(super) fn is_seen(&self) -> bool {
        self.first < NEVER.first
    }
}

/// All scopes.
#[derive(Debug, Default)]
pub(super) struct Places {
    places: Vec<Place>,
    /// Numbers of dimension values; 0 stands for an absent one.
    texts: HashMap<Box<str>, u32>,
    by_texts: Vec<HashMap<Box<[u32]>, ScopeId>>,
    /// The scopes of a grouping within those of another one.
    within: HashMap<(GroupingIdx, GroupingIdx), Within>,
    /// Who was ever told to belong to whom.
    pub(super) kin: Kin,
    dirty_scopes: Vec<ScopeId>,
    dirty_cells: Vec<(LeafIdx, ScopeId, Day)>,
}

impl Places {
    pub(super) fn get(&self, id: ScopeId) -> Option<&Place> {
        self.places.get(id.0 as usize)
    }

    pub(super) fn get_mut(&mut self, id: ScopeId) -> Option<&mut Place> {
        self.places.get_mut(id.0 as usize)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (ScopeId, &Place)> {
        (0..).map(ScopeId).zip(&self.places)
    }

    /// The number of a scope and when it was first seen.
    pub(super) fn find(&self, scope: &Scope) -> Option<(ScopeId, Instant)> {
        let key = self.key(scope.values.iter().map(|value| value.as_deref()))?;
        let id = *self.by_texts.get(scope.grouping)?.get(&key[..])?;
        let place = self.get(id)?;
        Some((id, place.first))
    }

    /// The scopes of a grouping, those that nothing shows too.
    pub(super) fn of_grouping(&self, grouping: GroupingIdx) -> impl Iterator<Item = (ScopeId, &Place)> {
        self.by_texts.get(grouping).into_iter().flat_map(HashMap::values).filter_map(|id| Some((*id, self.get(*id)?)))
    }

    /// The scopes of a grouping within another scope, where the plan says that they are looked for.
    pub(super) fn within(&self, outer: &Scope, inner: GroupingIdx) -> &[ScopeId] {
        let key = self.key(outer.values.iter().map(|value| value.as_deref()));
        let lists = self.within.get(&(outer.grouping, inner));
        key.and_then(|key| lists?.get(&key[..])).map_or(&[][..], Vec::as_slice)
    }

    /// The number of the scope of a row, when it has one.
    pub(super) fn find_row(&self, belongs: &Belongs, row: &Row) -> Option<ScopeId> {
        let key = self.key(belongs.fields.iter().map(|(_, field)| dimension_value(row, *field)))?;
        self.by_texts.get(belongs.grouping)?.get(&key[..]).copied()
    }

    /// The number of the scope of a row; a new one is not seen yet.
    pub(super) fn number_row(&mut self, belongs: &Belongs, row: &Row, plan: &Plan) -> ScopeId {
        if let Some(id) = self.find_row(belongs, row) {
            return id;
        }
        let values = belongs.fields.iter().map(|(_, field)| dimension_value(row, *field).map(Box::from)).collect();
        self.add(Scope { grouping: belongs.grouping, values }, plan)
    }

    /// The number of a scope; a new one is not seen yet.
    pub(super) fn number(&mut self, scope: Scope, plan: &Plan) -> ScopeId {
        self.find(&scope).map_or_else(|| self.add(scope, plan), |(id, _)| id)
    }

    fn add(&mut self, scope: Scope, plan: &Plan) -> ScopeId {
        let id = self.insert(scope, NEVER, plan);
        // Scopes that nothing shows are saved too, so that the numbers have no gaps.
        if let Some(place) = self.places.get_mut(id.0 as usize) {
            place.dirty = true;
            self.dirty_scopes.push(id);
        }
        id
    }

    /// Notes that an event showed a scope. When it was first seen before and after, if that differs.
    pub(super) fn seen(&mut self, id: ScopeId, time: Instant) -> Option<(Instant, Instant)> {
        self.sight(id, |place| place.arrived = place.arrived.min(time))
    }

    /// Notes that a state of an entity shows a scope, or shows it no longer. As [`Places::seen`].
    pub(super) fn show(&mut self, id: ScopeId, time: Instant, shows: bool) -> Option<(Instant, Instant)> {
        self.sight(id, |place| {
            let count = place.shown.entry(time).or_default();
            *count = if shows { count.saturating_add(1) } else { count.saturating_sub(1) };
            if *count == 0 {
                place.shown.remove(&time);
            }
        })
    }

    fn sight(&mut self, id: ScopeId, change: impl FnOnce(&mut Place)) -> Option<(Instant, Instant)> {
        let place = self.places.get_mut(id.0 as usize)?;
        let (before, arrived) = (place.first, place.arrived);
        change(place);
        place.first = place.shown.keys().next().copied().unwrap_or(Instant(i64::MAX)).min(place.arrived);
        let after = place.first;
        if (before, arrived) != (after, place.arrived) && !place.dirty {
            place.dirty = true;
            self.dirty_scopes.push(id);
        }
        (before != after).then_some((before, after))
    }

    /// Puts a saved scope back. Scopes must come in the order of their numbers.
    pub(super) fn restore(&mut self, id: ScopeId, scope: Scope, sighted: Sighted, plan: &Plan) -> Result<(), Fault> {
        if id.0 as usize != self.places.len() {
            return Err(Fault::Damaged(format!("saved scope {} stands at place {}", id.0, self.places.len())));
        }
        self.insert(scope, sighted, plan);
        Ok(())
    }

    /// Changes one cell, which is made when it is missing.
    pub(super) fn change(
        &mut self,
        (leaf, slot): (LeafIdx, usize),
        scope: ScopeId,
        day: Day,
        new: impl FnOnce() -> Cell,
        change: impl FnOnce(&mut Cell),
    ) {
        let Some(series) = self.places.get_mut(scope.0 as usize).and_then(|place| place.series.get_mut(slot)) else { return };
        let slot = series.entry(day).or_insert_with(|| Slot { cell: new(), dirty: false });
        change(&mut slot.cell);
        if !slot.dirty {
            slot.dirty = true;
            self.dirty_cells.push((leaf, scope, day));
        }
    }

    /// Hands out the scopes and cells that changed since the last call.
    pub(super) fn take_changes(&mut self, plan: &Plan) -> Changed {
        let mut scopes = std::mem::take(&mut self.dirty_scopes);
        let mut cells = std::mem::take(&mut self.dirty_cells);
        scopes.sort_unstable();
        cells.sort_unstable();
        let mut changed: Changed = (Vec::with_capacity(scopes.len()), Vec::with_capacity(cells.len()));
        for id in scopes {
            if let Some(place) = self.get_mut(id) {
                place.dirty = false;
                changed.0.push((id, place.scope.clone(), Sighted { first: place.first, arrived: place.arrived }));
            }
        }
        for (leaf, id, day) in cells {
            let slot = self.get_mut(id).and_then(|place| {
                let slot = plan.slot(leaf, place.scope.grouping)?;
                place.series.get_mut(slot)?.get_mut(&day)
            });
            if let Some(slot) = slot {
                slot.dirty = false;
                changed.1.push((leaf, id, day, slot.cell.clone()));
            }
        }
        changed
    }

    fn key<'v>(&self, values: impl Iterator<Item = Option<&'v str>>) -> Option<Vec<u32>> {
        values.map(|value| value.map_or(Some(0), |text| self.texts.get(text).copied())).collect()
    }

    fn insert(&mut self, scope: Scope, sighted: Sighted, plan: &Plan) -> ScopeId {
        let mut key = Vec::with_capacity(scope.values.len());
        for value in &scope.values {
            let next = u32::try_from(self.texts.len()).unwrap_or(u32::MAX).saturating_add(1);
            key.push(value.as_ref().map_or(0, |text| *self.texts.entry(text.clone()).or_insert(next)));
        }
        let id = ScopeId(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        if self.by_texts.len() <= scope.grouping {
            self.by_texts.resize_with(scope.grouping + 1, HashMap::new);
        }
        for pair in plan.watches.pairs.iter().filter(|pair| pair.inner == scope.grouping) {
            let outer = pair.places.iter().map(|place| key.get(*place).copied().unwrap_or(0)).collect();
            self.within.entry((pair.outer, pair.inner)).or_default().entry(outer).or_default().push(id);
        }
        if let Some(map) = self.by_texts.get_mut(scope.grouping) {
            map.insert(key.into(), id);
        }
        for (_, step, (child, parent)) in plan.pairs.iter().filter(|(grouping, ..)| *grouping == scope.grouping) {
            let value = |place: &usize| scope.values.get(*place).and_then(Option::as_deref);
            if let (Some(child), Some(parent)) = (value(child), value(parent)) {
                self.kin.note(*step, child, parent);
            }
        }
        let series = plan.leaves.get(scope.grouping).map_or(0, Vec::len);
        let series = std::iter::repeat_with(Series::new).take(series).collect();
        let Sighted { first, arrived } = sighted;
        self.places.push(Place { scope, first, arrived, shown: BTreeMap::new(), series, dirty: false });
        id
    }
}
