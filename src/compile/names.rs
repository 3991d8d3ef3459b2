//! What a name can mean, and what to say when it means nothing.
//!
//! 1. Events, metrics, tables and params share one namespace; `compile` fills [`Names`] in that order of need.
//! 2. A name whose own declaration is wrong stays known but without a meaning (`None`), so that one mistake gives one
//!    diagnostic.
//! 3. [`Suggestions::unknown`] builds the diagnostic of a name that nothing declares, with the nearest one as a fix.

use super::before::holds_baseline;
use super::program::{
    EventDecl, EventIdx, FieldIdx, Membership, MetricIdx, Occasion, OccasionIdx, Program, Rates, Scalar, Table, TableIdx, Unit, Zones,
};
use super::references::{Kind, Uses};
use super::scores::NamedCard;
use super::targets::NamedTarget;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::time::{WorkCalendar, Zone};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The meaning of every name of a ruleset.
pub(super) struct Names {
    /// The zone of times without an offset.
    pub(super) zone: Zone,
    /// The ruleset's currency.
    pub(super) currency: Option<String>,
    /// Every param that is declared above; None when its value is wrong.
    pub(super) params: BTreeMap<String, Option<(Scalar, Unit)>>,
    /// Every param of the file.
    pub(super) all_params: BTreeSet<String>,
    /// Every metric; None while it is not compiled or when its formula is wrong.
    pub(super) metrics: BTreeMap<String, Option<(MetricIdx, Unit)>>,
    /// The metrics whose parts add up to their whole.
    pub(super) additive: BTreeSet<MetricIdx>,
    /// The metrics that have a baseline in them.
    pub(super) baselines: BTreeSet<MetricIdx>,
    /// The targets by the names of their metrics.
    pub(super) targets: BTreeMap<String, NamedTarget>,
    /// The scorecards.
    pub(super) cards: BTreeMap<String, NamedCard>,
    /// Every table; None when a part of it is wrong.
    pub(super) tables: BTreeMap<String, Option<TableIdx>>,
    /// The tables.
    pub(super) table_list: Vec<Arc<Table>>,
    /// Every calendar; None when a part of it is wrong.
    pub(super) calendars: BTreeMap<String, Option<Arc<WorkCalendar>>>,
    /// Every named event; None when a part of it is wrong.
    pub(super) occasions: BTreeMap<String, Option<OccasionIdx>>,
    /// The named events.
    pub(super) occasion_list: Vec<Occasion>,
    /// The events by name.
    pub(super) event_idx: BTreeMap<String, EventIdx>,
    /// The events.
    pub(super) events: Vec<EventDecl>,
    /// Where exchange rates come from.
    pub(super) rates: Rates,
    /// Fields whose unit is wrong.
    pub(super) broken_fields: BTreeSet<(EventIdx, FieldIdx)>,
    /// The metrics that say whether more is better.
    pub(super) better: BTreeMap<MetricIdx, bool>,
    /// The dimensions, sorted.
    pub(super) dims: Vec<String>,
    /// The zones of the values of a dimension.
    pub(super) zones: Option<Arc<Zones>>,
    /// The steps of hierarchies; their groupings are filled in at the end.
    pub(super) memberships: Vec<Membership>,
    /// The params that a formula used.
    pub(super) used_params: RefCell<BTreeSet<String>>,
    /// Where names were used, and for what.
    pub(super) uses: Uses,
    /// What misspelt names may have meant.
    pub(super) suggestions: Suggestions,
}

impl Names {
    /// No names yet.
    pub(super) fn new(zone: Zone) -> Names {
        Names {
            zone,
            currency: None,
            params: BTreeMap::new(),
            all_params: BTreeSet::new(),
            metrics: BTreeMap::new(),
            additive: BTreeSet::new(),
            baselines: BTreeSet::new(),
            better: BTreeMap::new(),
            targets: BTreeMap::new(),
            cards: BTreeMap::new(),
            tables: BTreeMap::new(),
            table_list: Vec::new(),
            calendars: BTreeMap::new(),
            occasions: BTreeMap::new(),
            occasion_list: Vec::new(),
            event_idx: BTreeMap::new(),
            events: Vec::new(),
            rates: Rates::default(),
            broken_fields: BTreeSet::new(),
            dims: Vec::new(),
            zones: None,
            memberships: Vec::new(),
            used_params: RefCell::default(),
            uses: Uses::default(),
            suggestions: Suggestions::default(),
        }
    }

    /// The names of a compiled ruleset.
    pub(super) fn of(program: &Program) -> Names {
        let mut names = Names::new(program.zone.clone());
        for param in &program.params {
            names.params.insert(param.name.clone(), Some((param.value.clone(), param.unit.clone())));
            names.all_params.insert(param.name.clone());
        }
        for (idx, metric) in program.metrics.iter().enumerate() {
            names.metrics.insert(metric.name.clone(), Some((idx, metric.unit.clone())));
            if metric.adds_up {
                names.additive.insert(idx);
            }
            names.better.extend(metric.higher_is_better.map(|higher| (idx, higher)));
            if holds_baseline(&metric.formula, &names.baselines) {
                names.baselines.insert(idx);
            }
        }
        let name_of = |metric: &MetricIdx| program.metrics.get(*metric).map(|metric| metric.name.clone());
        for (idx, target) in program.targets.iter().enumerate() {
            let likes = target.likes().iter().filter_map(name_of).collect();
            names.targets.extend(name_of(&target.metric).map(|name| (name, NamedTarget { idx, likes, dims: target.dims.clone() })));
        }
        for (idx, event) in program.events.iter().enumerate() {
            names.event_idx.insert(event.name.clone(), idx);
        }
        names.tables = program.tables.iter().enumerate().map(|(idx, table)| (table.name.clone(), Some(idx))).collect();
        names.table_list = program.tables.clone();
        names.occasions = program.occasions.iter().enumerate().map(|(idx, occasion)| (occasion.name.clone(), Some(idx))).collect();
        names.occasion_list = program.occasions.clone();
        names.events = program.events.clone();
        names.rates = program.rates.clone();
        names.dims = program.dims.clone();
        names.zones = program.zones.clone();
        names.memberships = program.memberships.clone();
        names
    }

    /// The diagnostic of a `name` that is none of `known`.
    pub(super) fn unknown<'a>(&self, code: &'static Code, name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        self.suggestions.unknown(code, name, span, known)
    }

    /// Notes that a formula or message uses a param.
    pub(super) fn uses_param(&self, name: &str, span: Span) {
        self.used_params.borrow_mut().insert(name.to_owned());
        self.uses.saw(Kind::Param, name, span);
    }

    /// Notes that a word names an event or an entity.
    pub(super) fn uses_event(&self, idx: EventIdx, span: Span) {
        if let Some(event) = self.events.get(idx) {
            self.uses.saw(if event.entity.is_some() { Kind::Entity } else { Kind::Event }, &event.name, span);
        }
    }

    /// Notes that a word names a field of an event or entity.
    pub(super) fn uses_field(&self, event: EventIdx, field: FieldIdx, span: Span) {
        if let Some(event) = self.events.get(event)
            && let Some(field) = event.fields.get(field)
        {
            self.uses.saw_field(&event.name, field, span);
        }
    }

    /// The event of this name that may arrive; the states of entities do not.
    pub(super) fn arriving(&self, name: &str) -> Option<EventIdx> {
        let idx = self.event_idx.get(name).copied()?;
        self.events.get(idx).is_some_and(|event| event.entity.is_none()).then_some(idx)
    }

    /// The names of the events that may arrive.
    pub(super) fn arriving_names(&self) -> impl Iterator<Item = &str> {
        self.event_idx.keys().map(String::as_str).filter(|name| self.arriving(name).is_some())
    }

    /// The index of a field by name.
    pub(super) fn field(&self, event: EventIdx, name: &str) -> Option<FieldIdx> {
        self.events.get(event)?.fields.iter().position(|field| field.name == name)
    }

    /// The names of an event's fields.
    pub(super) fn field_names(&self, event: EventIdx) -> impl Iterator<Item = &str> {
        self.events.get(event).into_iter().flat_map(|event| event.fields.iter().map(|field| field.name.as_str()))
    }
}

/// Longer words are not compared with others: the time to compare grows with the square of the length.
const COMPARED_LEN_MAX: usize = 64;
/// How many names a diagnostic lists.
const LISTED_MAX: usize = 8;
/// For how many mistakes the nearest name is looked for: a generated text can have thousands of each.
const SUGGESTIONS_MAX: usize = 200;

/// Says what a misspelt name may have meant, as long as it has not been asked too often.
#[derive(Default)]
pub(super) struct Suggestions {
    given: Cell<usize>,
}

impl Suggestions {
    /// The diagnostic of a `name` that is none of `known`: the nearest one as a fix, and a few to choose from.
    pub(super) fn unknown<'a>(&self, code: &'static Code, name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        self.given.set(self.given.get() + 1);
        // A declaration whose name could not be read has an empty one.
        let mut known = known.into_iter().filter(|known| !known.is_empty());
        let (near, mut listed, more) = if self.given.get() <= SUGGESTIONS_MAX {
            let known: Vec<&str> = known.collect();
            let near = near(name, &known);
            let mut listed: Vec<&str> = near.into_iter().collect();
            listed.extend(known.iter().copied().filter(|candidate| Some(*candidate) != near).take(LISTED_MAX - listed.len()));
            let more = known.len() > listed.len();
            (near, listed, more)
        } else {
            (None, known.by_ref().take(LISTED_MAX).collect(), known.next().is_some())
        };
        if listed.is_empty() {
            listed.push("-");
        }
        let mut list = listed.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if more {
            list.push_str(", …");
        }
        let diagnostic = Diagnostic::new(code, span).arg("name", name).arg("known", list);
        match near {
            Some(near) => diagnostic.fix(span, near),
            None => diagnostic,
        }
    }
}

/// The nearest name of about the same length.
fn near<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > COMPARED_LEN_MAX {
        return None;
    }
    nearest(name, known.iter().copied().filter(|candidate| candidate.len().abs_diff(name.len()) <= 3))
}
