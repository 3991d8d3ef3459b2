//! Who belonged where: for each row and each dimension that its event lacks, all events of memberships are looked through.

use super::zones::Clocks;
use super::{Moment, Oracle, Place};
use std::collections::{BTreeMap, BTreeSet};
use steelyard::compile::program::{DimIdx, EventIdx, Scalar, ToldRows, UNASSIGNED};
use steelyard::eval::Row;
use steelyard::time::{Day, Instant};

/// The value of a dimension of a row.
fn own(oracle: &Oracle<'_>, row: &Row, dim: DimIdx) -> Option<String> {
    let field = oracle.program.events[row.event].dims.iter().find(|(one, _)| *one == dim)?.1;
    match &row.values[field] {
        Scalar::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

impl Oracle<'_> {
    fn has(&self, event: EventIdx, dim: DimIdx) -> bool {
        self.program.events[event].dims.iter().any(|(one, _)| *one == dim)
    }

    /// True when rows of an event tell a dimension.
    pub fn tells(&self, event: EventIdx, dim: DimIdx) -> bool {
        self.has(event, dim) || self.way(event, dim).is_some()
    }

    /// The steps from a dimension of an event up to one that it lacks: as few as possible, of as few the first declared.
    fn way(&self, event: EventIdx, dim: DimIdx) -> Option<Vec<usize>> {
        (1..=self.program.memberships.len())
            .find_map(|length| self.ways(dim, length).into_iter().find(|way| self.has(event, self.program.memberships[way[0]].child)))
    }

    /// The dimension of an event from which one is climbed to that it lacks.
    pub fn child_of(&self, event: EventIdx, dim: DimIdx) -> Option<DimIdx> {
        let way = self.way(event, dim).filter(|_| !self.has(event, dim))?;
        Some(self.program.memberships[way[0]].child)
    }

    /// All ways of a length up to a dimension.
    fn ways(&self, dim: DimIdx, length: usize) -> Vec<Vec<usize>> {
        if length == 0 {
            return vec![Vec::new()];
        }
        let steps = (0..self.program.memberships.len()).filter(|step| self.program.memberships[*step].parent == dim);
        steps
            .flat_map(|step| {
                let lower = self.ways(self.program.memberships[step].child, length - 1);
                lower.into_iter().map(move |way| [way, vec![step]].concat()).collect::<Vec<_>>()
            })
            .collect()
    }

    /// True when some events have all these dimensions themselves.
    fn shown(&self, dims: &[DimIdx]) -> bool {
        dims.is_empty() || (0..self.program.events.len()).any(|event| dims.iter().all(|dim| self.has(event, *dim)))
    }

    /// Each parent that was ever told of a child, and when first.
    fn ever(&self, step: usize, child: &str) -> BTreeMap<String, Instant> {
        let step = &self.program.memberships[step];
        let mut found: BTreeMap<String, Instant> = BTreeMap::new();
        for row in &self.rows {
            if let (Some(one), Some(parent)) = (own(self, row, step.child), own(self, row, step.parent))
                && one == child
            {
                let first = found.entry(parent).or_insert(row.time);
                *first = row.time.min(*first);
            }
        }
        found
    }

    /// The scopes of some dimensions that rows tell, and since when each is seen.
    pub fn seen(&self, dims: &[DimIdx]) -> BTreeMap<Place, Instant> {
        let mut found: BTreeMap<Place, Instant> = BTreeMap::new();
        let mut see = |place: Place, time: Instant| {
            let first = found.entry(place).or_insert(time);
            *first = time.min(*first);
        };
        if self.shown(dims) {
            for row in &self.rows {
                let values = dims.iter().map(|dim| Some((*dim, Some(own(self, row, *dim)?)))).collect::<Option<Place>>();
                values.into_iter().for_each(|place| see(place, row.time));
            }
            found.retain(|place, _| self.is_named(place));
            return found;
        }
        for event in (0..self.program.events.len()).filter(|event| dims.iter().all(|dim| self.tells(*event, *dim))) {
            let ways: Vec<(DimIdx, Option<Vec<usize>>)> =
                dims.iter().map(|dim| (*dim, self.way(event, *dim).filter(|_| !self.has(event, *dim)))).collect();
            let lowest =
                |(dim, way): &(DimIdx, Option<Vec<usize>>)| way.as_ref().map_or(*dim, |way| self.program.memberships[way[0]].child);
            let below: BTreeSet<DimIdx> = ways.iter().map(lowest).collect();
            let below: Vec<DimIdx> = below.into_iter().collect();
            for (low, time) in self.seen(&below) {
                let value = |dim: DimIdx| low.iter().find(|(own, _)| *own == dim).and_then(|(_, value)| value.clone()).unwrap();
                let mut places: Vec<(Place, Instant)> = vec![(Vec::new(), time)];
                for (dim, way) in &ways {
                    let child = value(lowest(&(*dim, way.clone())));
                    let values = way.as_ref().map_or_else(|| BTreeMap::from([(child.clone(), time)]), |way| self.above(way, &child));
                    let with = |(place, time): &(Place, Instant)| {
                        let longer = |(value, known): (&String, &Instant)| {
                            ([place.clone(), vec![(*dim, Some(value.clone()))]].concat(), *time.max(known))
                        };
                        values.iter().map(longer).collect::<Vec<_>>()
                    };
                    places = places.iter().flat_map(with).collect();
                }
                places.into_iter().for_each(|(place, time)| see(place, time));
            }
        }
        found.retain(|place, _| self.is_named(place));
        found
    }

    /// False when a value is the `*` with which an event says a row of a table, or an amount of a target, of all values.
    fn is_named(&self, place: &Place) -> bool {
        let tables = self.program.tables.iter().filter_map(|table| table.told.as_ref()).flat_map(ToldRows::dims);
        let targets = self.program.targets.iter().filter_map(|target| target.told.as_ref()).flat_map(|told| told.dims.clone());
        let told: BTreeSet<DimIdx> = tables.chain(targets).collect();
        place.iter().all(|(dim, value)| value.as_deref() != Some("*") || !told.contains(dim))
    }

    /// Every value to which some steps were ever told to lead from a child.
    fn above(&self, way: &[usize], child: &str) -> BTreeMap<String, Instant> {
        let mut level: BTreeMap<String, Instant> = BTreeMap::from([(child.to_owned(), Instant(i64::MIN))]);
        for step in way {
            let mut higher: BTreeMap<String, Instant> = BTreeMap::new();
            for (child, known) in &level {
                for (parent, told) in self.ever(*step, child) {
                    let first = higher.entry(parent).or_insert(told.max(*known));
                    *first = told.max(*known).min(*first);
                }
            }
            level = higher;
        }
        level
    }

    /// The scope without what it asks to belong to nothing: that is there as soon as anything is.
    pub fn assigned(&self, place: &Place) -> Place {
        let above = |dim: DimIdx| self.program.memberships.iter().any(|step| step.parent == dim);
        place.iter().filter(|(dim, value)| !above(*dim) || value.as_deref() != Some(UNASSIGNED)).cloned().collect()
    }
}

impl Moment<'_> {
    /// The parent of a child on a day, as far as is known.
    fn parent(&self, step: usize, child: &str, day: Day) -> Option<String> {
        let oracle = self.oracle;
        let step = &oracle.program.memberships[step];
        let told = self.standing.iter().filter_map(|&row| {
            let from = oracle.worth[row][step.leaf].as_ref()?.day;
            let row = &oracle.rows[row];
            (own(oracle, row, step.child).as_deref() == Some(child) && from <= day).then_some((from, row.time, row.id, row))
        });
        let latest = told.max_by_key(|(from, time, id, _)| (*from, *time, *id))?;
        own(oracle, latest.3, step.parent).filter(|parent| parent != UNASSIGNED)
    }

    /// What one of some values lies in on a day, by the shortest way up to a dimension; None when there is no way.
    pub fn climbed_from(&self, named: &BTreeMap<DimIdx, String>, (dim, day): (DimIdx, Day)) -> Option<String> {
        let memberships = &self.oracle.program.memberships;
        let from = |way: &Vec<usize>| named.get(&memberships[way[0]].child);
        let way = (1..=memberships.len()).find_map(|length| self.oracle.ways(dim, length).into_iter().find(|way| from(way).is_some()))?;
        let climbed = way.iter().fold(from(&way).cloned(), |at, step| at.and_then(|child| self.parent(*step, &child, day)));
        Some(climbed.unwrap_or_else(|| UNASSIGNED.to_owned()))
    }

    /// True when a row that counts on a day belongs to a scope.
    pub fn holds(&self, row: &Row, day: Day, place: &Place) -> bool {
        let oracle = self.oracle;
        place.iter().all(|(dim, wanted)| {
            if oracle.has(row.event, *dim) {
                return own(oracle, row, *dim) == *wanted;
            }
            let Some(child) = oracle.child_of(row.event, *dim) else { return false };
            self.lies_in(row.event, (own(oracle, row, child).as_deref(), day), (*dim, wanted.as_deref()))
        })
    }

    /// True when what an event says of itself lies in a value of a dimension on a day.
    pub fn lies_in(&self, event: EventIdx, (child, day): (Option<&str>, Day), (dim, wanted): (DimIdx, Option<&str>)) -> bool {
        let mut at = child.map(str::to_owned);
        for step in self.oracle.way(event, dim).unwrap_or_default() {
            at = at.and_then(|child| self.parent(step, &child, day));
        }
        at.as_deref().unwrap_or(UNASSIGNED) == wanted.unwrap()
    }

    /// Since when a scope has had anything in it, for comparisons with the past.
    pub fn began(&self, place: &Place, clocks: &Clocks) -> Option<Instant> {
        let oracle = self.oracle;
        let first = oracle.first_seen(place).filter(|first| *first <= self.at)?;
        let above = |dim: &DimIdx| oracle.program.memberships.iter().any(|step| step.parent == *dim);
        let only = |parent: DimIdx| {
            let below = |child: DimIdx| oracle.program.memberships.iter().any(|step| step.parent == parent && step.child == child);
            place.iter().find(|(dim, _)| below(*dim)).map(|(dim, value)| (*dim, value.clone().unwrap()))
        };
        let began =
            |(dim, value): &(DimIdx, Option<String>)| self.begins(*dim, value.as_deref().unwrap(), &only(*dim), clocks).unwrap_or(first);
        let latest = place.iter().filter(|(dim, _)| above(dim)).map(began).max();
        Some(latest.map_or(first, |latest| latest.min(first)))
    }

    fn begins(&self, dim: DimIdx, value: &str, only: &Option<(DimIdx, String)>, clocks: &Clocks) -> Option<Instant> {
        let oracle = self.oracle;
        let mut found = Vec::new();
        for (index, step) in oracle.program.memberships.iter().enumerate().filter(|(_, step)| step.parent == dim) {
            let told = oracle.rows.iter().filter(|row| row.time <= self.at && own(oracle, row, dim).as_deref() == Some(value));
            let children: BTreeSet<String> = told.filter_map(|row| own(oracle, row, step.child)).collect();
            for child in children {
                if only.as_ref().is_some_and(|(dim, only)| *dim == step.child && *only != child) {
                    continue;
                }
                let days = self.standing.iter().filter_map(|&row| Some(oracle.worth[row][step.leaf].as_ref()?.day));
                let Some(day) = days.filter(|day| self.parent(index, &child, *day).as_deref() == Some(value)).min() else { continue };
                let rows =
                    oracle.rows.iter().filter(|row| row.time <= self.at && own(oracle, row, step.child).as_deref() == Some(child.as_str()));
                let seen = rows.map(|row| row.time).chain(self.begins(step.child, &child, only, clocks)).min();
                found.extend(seen.map(|seen| seen.max(clocks.start_of(day))));
            }
        }
        found.into_iter().min()
    }
}
