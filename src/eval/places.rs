//! The scopes of a state: numbered at first sight, each with its cells.

use super::bundle::{Bundle, Bundles, grow};
use super::lineage::Kin;
use super::plan::{Belongs, Plan};
use super::query::dimension_value;
use super::quick::QuickMap;
use super::{Cell, Fault, Row, Scope, ScopeId, Sighted};
use crate::compile::program::{GroupingIdx, LeafIdx};
use crate::time::{Day, Instant};
use foldhash::quality::RandomState;
use std::collections::{BTreeMap, HashMap};

/// Changed scopes and the bundles of those and of others whose cells changed.
type Changed = (Vec<(ScopeId, Scope, Sighted)>, Vec<(ScopeId, Day, Bundle)>);

/// What was not seen yet.
const NEVER: Sighted = Sighted { first: Instant(i64::MAX), arrived: Instant(i64::MAX) };

/// A scope.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) scope: Scope,
    /// The earliest event time at which it was seen; the end of time until then, and for ever when its values are no names.
    pub(super) first: Instant,
    /// The earliest time of an event that arrived, or at which what lies below showed it; the end of time until then.
    arrived: Instant,
    /// The states of entities that show it.
    shown: Option<Box<Shown>>,
    /// The cells of the leaves of its grouping.
    pub(super) bundles: Bundles,
    /// The latest instant at which one of them changed.
    pub(super) changed: Instant,
    /// How many scopes of its grouping were seen before it.
    rank: u32,
    /// Whether one of its values stands for all of a dimension.
    pub(super) is_open: bool,
    dirty: bool,
}

/// The times of states of entities, and how many of each. There are none at most scopes.
type Shown = BTreeMap<Instant, u32>;

/// The scopes that lie within each one of a grouping.
type Within = HashMap<Box<[u32]>, Vec<ScopeId>>;

impl Place {
    /// Whether anything has shown it.
    pub(super) fn is_seen(&self) -> bool {
        self.first < NEVER.first
    }

    /// The earliest event time at which rows of it came, whether or not its values are names.
    pub(super) fn known(&self) -> Instant {
        if self.is_open { self.earliest() } else { self.first }
    }

    fn earliest(&self) -> Instant {
        let shown = self.shown.as_ref().and_then(|shown| shown.keys().next().copied());
        shown.unwrap_or(NEVER.first).min(self.arrived)
    }
}

/// All scopes.
#[derive(Debug, Default)]
pub(super) struct Places {
    places: Vec<Place>,
    /// For each grouping, the leaves whose cells its scopes have.
    leaves: Vec<Vec<LeafIdx>>,
    /// Numbers of dimension values; 0 stands for an absent one.
    texts: HashMap<Box<str>, u32, RandomState>,
    by_texts: Vec<QuickMap<Box<[u32]>, ScopeId>>,
    /// The scopes of a grouping within those of another one.
    within: HashMap<(GroupingIdx, GroupingIdx), Within>,
    /// Who was ever told to belong to whom.
    pub(super) kin: Kin,
    dirty_scopes: Vec<ScopeId>,
    dirty_bundles: Vec<(ScopeId, Day)>,
}

impl Places {
    pub(super) fn get(&self, id: ScopeId) -> Option<&Place> {
        self.places.get(id.0 as usize)
    }

    pub(super) fn get_mut(&mut self, id: ScopeId) -> Option<&mut Place> {
        self.places.get_mut(id.0 as usize)
    }

    /// How many scopes of its grouping were seen before a scope.
    pub(super) fn rank(&self, id: ScopeId) -> Option<usize> {
        self.get(id).map(|place| place.rank as usize)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (ScopeId, &Place)> {
        (0..).map(ScopeId).zip(&self.places)
    }

    /// The number of a scope and when it was first seen.
    pub(super) fn find(&self, scope: &Scope) -> Option<(ScopeId, Instant)> {
        let id = self.find_named(scope.grouping, scope.values.iter().map(|value| value.as_deref()))?;
        let place = self.get(id)?;
        Some((id, place.first))
    }

    /// The number of the scope with these values of a grouping's dimensions.
    pub(super) fn find_named<'v>(&self, grouping: GroupingIdx, values: impl ExactSizeIterator<Item = Option<&'v str>>) -> Option<ScopeId> {
        let key = self.key(values)?;
        self.by_texts.get(grouping)?.get(&key[..]).copied()
    }

    /// The scopes of a grouping, those that nothing shows too.
    pub(super) fn of_grouping(&self, grouping: GroupingIdx) -> impl Iterator<Item = (ScopeId, &Place)> {
        self.by_texts.get(grouping).into_iter().flat_map(QuickMap::values).filter_map(|id| Some((*id, self.get(*id)?)))
    }

    /// The scopes of a grouping within another scope, where the plan says that they are looked for.
    pub(super) fn within(&self, outer: &Scope, inner: GroupingIdx) -> &[ScopeId] {
        let key = self.key(outer.values.iter().map(|value| value.as_deref()));
        let lists = self.within.get(&(outer.grouping, inner));
        key.and_then(|key| lists?.get(&key[..])).map_or(&[][..], Vec::as_slice)
    }

    /// The number of the scope of a row, when it has one.
    pub(super) fn find_row(&self, belongs: &Belongs, row: &Row) -> Option<ScopeId> {
        self.find_named(belongs.grouping, belongs.fields.iter().map(|(_, field)| dimension_value(row, *field)))
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
            let known = place.shown.get_or_insert_default();
            let count = known.entry(time).or_default();
            *count = if shows { count.saturating_add(1) } else { count.saturating_sub(1) };
            if *count == 0 {
                known.remove(&time);
            }
            if known.is_empty() {
                place.shown = None;
            }
        })
    }

    /// Notes since when a scope is shown by what lies below it. As [`Places::seen`].
    pub(super) fn seen_since(&mut self, id: ScopeId, first: Option<Instant>) -> Option<(Instant, Instant)> {
        self.sight(id, |place| place.arrived = first.unwrap_or(NEVER.first))
    }

    fn sight(&mut self, id: ScopeId, change: impl FnOnce(&mut Place)) -> Option<(Instant, Instant)> {
        let place = self.places.get_mut(id.0 as usize)?;
        let (before, arrived) = (place.first, place.arrived);
        change(place);
        place.first = if place.is_open { NEVER.first } else { place.earliest() };
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

    /// Changes the cell of a leaf, which has this place in the scope's grouping; it is made when it is missing.
    pub(super) fn change(
        &mut self,
        (_, slot): (LeafIdx, usize),
        scope: ScopeId,
        day: Day,
        new: impl FnOnce() -> Cell,
        change: impl FnOnce(&mut Cell),
    ) {
        let Some(place) = self.places.get_mut(scope.0 as usize) else { return };
        let leaves = leaves_of(&self.leaves, place);
        let latest = &mut place.changed;
        let noted = |cell: &mut Cell| {
            change(cell);
            *latest = cell.changed.max(*latest);
        };
        if place.bundles.change(leaves, (slot, day), new, noted) {
            self.dirty_bundles.push((scope, day));
        }
    }

    /// Puts saved cells back.
    pub(super) fn restore_cells(&mut self, (id, day, bundle): (ScopeId, Day, &Bundle)) -> Result<(), Fault> {
        let place = self.get_mut(id).ok_or_else(|| Fault::Damaged(format!("the saved cells of day {} have no scope {}", day.0, id.0)))?;
        place.bundles.put(day, bundle);
        place.changed = place.changed.max(bundle.changed(day)?);
        Ok(())
    }

    /// Hands out the scopes and the cells that changed since the last call.
    pub(super) fn take_changes(&mut self) -> Changed {
        let mut scopes = std::mem::take(&mut self.dirty_scopes);
        let mut bundles = std::mem::take(&mut self.dirty_bundles);
        scopes.sort_unstable();
        // As they are stored.
        bundles.sort_unstable_by_key(|(scope, day)| (*day, *scope));
        let mut changed: Changed = (Vec::with_capacity(scopes.len()), Vec::with_capacity(bundles.len()));
        for id in scopes {
            if let Some(place) = self.get_mut(id) {
                place.dirty = false;
                changed.0.push((id, place.scope.clone(), Sighted { first: place.known(), arrived: place.arrived }));
            }
        }
        for (id, day) in bundles {
            let leaves = &self.leaves;
            let place = self.places.get_mut(id.0 as usize);
            let bundle = place.and_then(|place| place.bundles.pack(leaves_of(leaves, place), day));
            changed.1.extend(bundle.map(|bundle| (id, day, bundle)));
        }
        changed
    }

    fn key<'v>(&self, values: impl ExactSizeIterator<Item = Option<&'v str>>) -> Option<Vec<u32>> {
        let mut key = Vec::with_capacity(values.len());
        for value in values {
            key.push(value.map_or(Some(0), |text| self.texts.get(text).copied())?);
        }
        Some(key)
    }

    fn insert(&mut self, scope: Scope, sighted: Sighted, plan: &Plan) -> ScopeId {
        let mut key = Vec::with_capacity(scope.values.len());
        for value in &scope.values {
            let next = u32::try_from(self.texts.len()).unwrap_or(u32::MAX).saturating_add(1);
            key.push(value.as_ref().map_or(0, |text| *self.texts.entry(text.clone()).or_insert(next)));
        }
        let id = ScopeId(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        if self.leaves.is_empty() {
            self.leaves.clone_from(&plan.leaves);
        }
        if self.by_texts.len() <= scope.grouping {
            self.by_texts.resize_with(scope.grouping + 1, QuickMap::default);
        }
        for pair in plan.watches.pairs.iter().filter(|pair| pair.inner == scope.grouping) {
            let outer = pair.places.iter().map(|place| key.get(*place).copied().unwrap_or(0)).collect();
            self.within.entry((pair.outer, pair.inner)).or_default().entry(outer).or_default().push(id);
        }
        let mut rank = 0;
        if let Some(map) = self.by_texts.get_mut(scope.grouping) {
            rank = u32::try_from(map.len()).unwrap_or(u32::MAX);
            map.insert(key.into(), id);
        }
        for (_, step, (child, parent)) in plan.above.pairs.iter().filter(|(grouping, ..)| *grouping == scope.grouping) {
            let value = |place: &usize| scope.values.get(*place).and_then(Option::as_deref);
            if let (Some(child), Some(parent)) = (value(child), value(parent)) {
                self.kin.note(*step, child, parent);
            }
        }
        let is_open = plan.is_open(&scope);
        let first = if is_open { NEVER.first } else { sighted.first };
        let (shown, bundles) = (None, Bundles::default());
        grow(&mut self.places, 1);
        let changed = Instant(i64::MIN);
        self.places.push(Place { scope, first, arrived: sighted.arrived, shown, bundles, changed, rank, is_open, dirty: false });
        id
    }
}

fn leaves_of<'l>(leaves: &'l [Vec<LeafIdx>], place: &Place) -> &'l [LeafIdx] {
    leaves.get(place.scope.grouping).map_or(&[][..], Vec::as_slice)
}
