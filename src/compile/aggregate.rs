//! Aggregates: from `sum(order.amount where channel = "ads")` to a leaf and how it is read.
//!
//! 1. [`event_of`] finds the one event that the argument is about.
//! 2. The argument and the `where` become row formulas of that event.
//! 3. The function's own rules are checked ([`keep_and_read`]): what it takes, levels, rates.
//! 4. The leaf goes into the table ([`Leaves`]), where equal leaves are one.

use super::expr::{Typed, broken, condition, walk};
use super::habits;
use super::limits::{AGGREGATES_MAX, too_many};
use super::names::Names;
use super::program::{Conversion, EventDecl, EventIdx, FieldIdx, Formula, Keep, Leaf, LeafIdx, LevelRead, Read, RowExpr, Unit};
use super::row::{RowPlace, conditioned, level_in};
use super::surplus::Called;
use super::units::{Type, is_measure, name};
use crate::diagnostic::codes::{compile as codes, money, nested};
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{Aggregate, AggregateFn, Expr, ExprKind, Ident};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The leaves of all formulas, each once.
#[derive(Default)]
pub(super) struct Leaves {
    /// The leaves; their groupings are filled in at the end.
    pub(super) list: Vec<Leaf>,
    /// Every `where`, for what can be said of it by itself.
    pub(super) wheres: Vec<Where>,
    seen: HashMap<String, LeafIdx>,
    /// True when there was no room for a leaf.
    full: bool,
}

/// A `where` as it is compiled and written.
pub(super) struct Where {
    /// Of which event it asks.
    pub(super) event: EventIdx,
    pub(super) filter: RowExpr,
    pub(super) written: Expr,
}

impl Leaves {
    /// Keeps a `where`, if there is one.
    pub(super) fn asks(&mut self, event: EventIdx, filter: Option<&RowExpr>, written: Option<&Expr>) {
        if let (Some(filter), Some(written)) = (filter, written) {
            self.wheres.push(Where { event, filter: filter.clone(), written: written.clone() });
        }
    }

    /// The index of this leaf, or of an equal one; None when there are too many.
    pub(super) fn intern(&mut self, leaf: Leaf) -> Option<LeafIdx> {
        let key = format!("{} {:?} {:?} {:?} {:?} {:?}", leaf.event, leaf.keep, leaf.arg, leaf.filter, leaf.clock, leaf.currencies);
        let known = self.seen.get(&key).copied();
        if known.is_none() && self.list.len() < AGGREGATES_MAX {
            self.seen.insert(key, self.list.len());
            self.list.push(leaf);
            return Some(self.list.len() - 1);
        }
        known
    }
}

/// What an aggregate needs to know of its place.
pub(super) struct AggregatePlace<'a> {
    pub(super) names: &'a Names,
    pub(super) errors: &'a mut Vec<Diagnostic>,
    pub(super) text: &'a str,
    pub(super) leaves: &'a mut Leaves,
    /// The metric's `clock`.
    pub(super) clock: Option<&'a Ident>,
    /// The `in CNY at …` around it.
    pub(super) conversion: Option<Conversion>,
}

/// The function as it is written.
pub(super) fn function_name(function: AggregateFn) -> &'static str {
    match function {
        AggregateFn::Sum => "sum",
        AggregateFn::Count => "count",
        AggregateFn::Distinct => "distinct",
        AggregateFn::Min => "min",
        AggregateFn::Max => "max",
        AggregateFn::Avg => "avg",
        AggregateFn::First => "first",
        AggregateFn::Last => "last",
        AggregateFn::Median => "median",
        AggregateFn::Quantile => "quantile",
        AggregateFn::Duration => "duration",
        AggregateFn::Rank => "rank",
        AggregateFn::Percentile => "percentile",
        AggregateFn::Coverage => "coverage",
    }
}

impl AggregatePlace<'_> {
    /// Compiles an aggregate.
    pub(super) fn compile(&mut self, aggregate: &Aggregate, span: Span) -> Option<Typed<Formula>> {
        if let Some(mistake) = Called::aggregate(aggregate, span, self.text).surplus(self.names) {
            return self.fail(mistake);
        }
        if matches!(aggregate.function.value, AggregateFn::Rank | AggregateFn::Percentile) {
            let function = function_name(aggregate.function.value);
            return self.fail(Diagnostic::new(&nested::RANK_PER, aggregate.function.span).arg("function", function));
        }
        if aggregate.function.value == AggregateFn::Coverage {
            return self.coverage(aggregate);
        }
        let event = self.event_of(aggregate)?;
        let whole = matches!(&aggregate.arg.kind, ExprKind::Name(name) if self.names.event_idx.get(name) == Some(&event));
        if whole && aggregate.function.value != AggregateFn::Count {
            return self.needs_field(aggregate, event);
        }
        let clock = self.clock_of(event);
        let by = (event, clock.flatten());
        let arg = if whole { Some(None) } else { self.row(by, |place| walk(place, &aggregate.arg)).map(Some) };
        let filter = match &aggregate.filter {
            None => Some(None),
            Some(filter) => self.row(by, |place| condition(place, filter)).map(Some),
        };
        let (arg, filter, clock) = (arg?, filter?, clock?);
        self.leaves.asks(event, filter.as_ref(), aggregate.filter.as_ref());
        if arg.as_ref().is_some_and(|arg| arg.ty == Type::Broken) {
            return Some(broken());
        }
        let filter = exists(self.names, event, filter);
        let (keep, read, result) = self.keep_and_read(aggregate, event, arg.as_ref())?;
        // For how long a level was known is for how long it was anything.
        let arg = match arg {
            Some(arg) if aggregate.function.value == AggregateFn::Duration && arg.ty != Type::Is(Unit::Flag) => {
                let known = RowExpr::Not(Box::new(RowExpr::IsAbsent(Box::new(arg.node))));
                Some(Typed { node: known, ty: Type::Is(Unit::Flag) })
            }
            arg => arg,
        };
        let (keep, read, result, currencies) = match arg.as_ref().filter(|_| keep != Keep::Count).map(|arg| arg.ty.unit()) {
            Some(unit) => self.converted(aggregate, event, span, (keep, read, result, unit))?,
            None => (keep, read, result, None),
        };
        let unit = arg.as_ref().map_or(Unit::Count, |arg| if keep == Keep::Count { Unit::Count } else { arg.ty.unit() });
        let text = one_line(self.text.get(span.range()).unwrap_or(""));
        let leaf = Leaf { event, keep, arg: arg.map(|arg| arg.node), filter, clock, currencies, unit, groupings: Vec::new(), text };
        let Some(idx) = self.leaves.intern(leaf) else {
            // Told once, at the first one that is too many.
            if !std::mem::replace(&mut self.leaves.full, true) {
                self.errors.push(too_many(Words::new("aggregates", "聚合"), AGGREGATES_MAX, span));
            }
            return None;
        };
        Some(Typed { node: Formula::Leaf(idx, read), ty: Type::Is(result) })
    }

    /// Compiles a formula over rows of an event that a clock places.
    fn row<T>(&mut self, (event, clock): (EventIdx, Option<FieldIdx>), build: impl FnOnce(&mut RowPlace<'_>) -> Option<T>) -> Option<T> {
        build(&mut RowPlace { names: self.names, errors: self.errors, text: self.text, event, clock })
    }

    pub(super) fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.errors.push(diagnostic);
        None
    }

    fn event_name(&self, event: EventIdx) -> &str {
        self.names.events.get(event).map_or("", |event| &event.name)
    }

    /// The one event that the argument names.
    fn event_of(&mut self, aggregate: &Aggregate) -> Option<EventIdx> {
        let mut found = None;
        find_event(&aggregate.arg, &mut |name| self.names.tables.contains_key(name), &mut found);
        if let Some(event) = found {
            if let Some(idx) = self.names.event_idx.get(&event.value) {
                return Some(*idx);
            }
            let known = self.names.event_idx.keys().map(String::as_str);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_EVENT, &event.value, event.span, known);
            return self.fail(diagnostic);
        }
        let ExprKind::Name(word) = &aggregate.arg.kind else {
            return if let ExprKind::Aggregate(inner) = &aggregate.arg.kind {
                self.of_aggregate(aggregate, inner)
            } else {
                self.no_event(aggregate)
            };
        };
        if let Some(idx) = self.names.event_idx.get(word) {
            self.names.uses_event(*idx, aggregate.arg.span);
            return Some(*idx);
        }
        let is_metric = self.names.metrics.contains_key(word);
        let is_field = !is_metric && self.names.events.iter().any(|event| event.fields.iter().any(|field| field.name == *word));
        if is_field || self.names.all_params.contains(word) {
            return self.no_event(aggregate);
        }
        if is_metric {
            return self.fail(Diagnostic::new(&codes::NESTED, aggregate.arg.span).arg("name", word));
        }
        let known = self.names.event_idx.keys().map(String::as_str);
        let diagnostic = self.names.unknown(&codes::UNKNOWN_EVENT, word, aggregate.arg.span, known);
        self.fail(diagnostic)
    }

    /// `sum(last(stock.on_hand))`: of what, it does not say.
    fn of_aggregate(&mut self, aggregate: &Aggregate, inner: &Aggregate) -> Option<EventIdx> {
        let mut event = None;
        find_event(&inner.arg, &mut |name| self.names.tables.contains_key(name), &mut event);
        let decl = event.and_then(|event| self.names.events.get(*self.names.event_idx.get(&event.value)?));
        let dim = decl.and_then(|decl| decl.fields.get(decl.dims.first()?.1)).map_or("shop", |field| &field.name);
        let (function, text) = (function_name(aggregate.function.value), one_line(self.text.get(aggregate.arg.span.range()).unwrap_or("")));
        let diagnostic = Diagnostic::new(&codes::AGGREGATE_OF_ONE, aggregate.arg.span).arg("function", function);
        self.fail(diagnostic.arg("text", text).arg("dimension", dim))
    }

    /// A field without its event, or nothing but constants.
    fn no_event(&mut self, aggregate: &Aggregate) -> Option<EventIdx> {
        if let Some(habit) = habits::column(aggregate, self.names, self.text) {
            return self.fail(habit);
        }
        if let Some(habit) = habits::told_value(self.names, aggregate, self.text) {
            return self.fail(habit);
        }
        let function = function_name(aggregate.function.value);
        let mut diagnostic = Diagnostic::new(&codes::NO_EVENT, aggregate.arg.span).arg("function", function);
        let mut example = format!("{function}(order.amount)");
        if let (AggregateFn::Count, ExprKind::Fold(fold)) = (aggregate.function.value, &aggregate.arg.kind)
            && fold.function.value == AggregateFn::Distinct
        {
            // `count(distinct platform)` names the field alone.
            let has = |event: &&EventDecl| event.fields.iter().any(|field| field.name == fold.event.value);
            let mut owners = self.names.events.iter().filter(has);
            let (owner, more) = (owners.next().map(|owner| owner.name.as_str()), owners.next().is_some());
            let counted = match (&fold.field, owner) {
                (Some(field), _) => format!("{}.{}", fold.event.value, field.value),
                (None, Some(owner)) => format!("{owner}.{}", fold.event.value),
                (None, None) => format!("{}.customer", fold.event.value),
            };
            example = format!("distinct({counted})");
            if fold.field.is_some() || (owner.is_some() && !more) {
                diagnostic = diagnostic.fix(aggregate.function.span, "distinct").fix(aggregate.arg.span, counted);
            }
        }
        if let ExprKind::Name(word) = &aggregate.arg.kind {
            diagnostic = diagnostic.arg("name", word);
            let mut owners = self.names.events.iter().filter(|event| event.fields.iter().any(|field| field.name == *word));
            if let Some(owner) = owners.next() {
                let is_flag = owner.fields.iter().any(|field| field.name == *word && field.unit == Unit::Flag);
                let counted = is_flag && aggregate.function.value == AggregateFn::Count && aggregate.filter.is_none();
                let joint = if counted { " where " } else { "." };
                let qualified = format!("{}{joint}{word}", owner.name);
                example = format!("{function}({qualified})");
                if owners.next().is_none() {
                    diagnostic = diagnostic.fix(aggregate.arg.span, qualified);
                }
            }
        }
        self.fail(diagnostic.arg("example", example))
    }

    fn needs_field(&mut self, aggregate: &Aggregate, event: EventIdx) -> Option<Typed<Formula>> {
        let function = function_name(aggregate.function.value);
        let diagnostic =
            Diagnostic::new(&codes::NEEDS_FIELD, aggregate.arg.span).arg("function", function).arg("event", self.event_name(event));
        self.fail(diagnostic)
    }

    /// The clock of the leaf: the metric's, else the event's; Some(None) is the event's own time.
    fn clock_of(&mut self, event: EventIdx) -> Option<Option<FieldIdx>> {
        let Some(clock) = self.clock else {
            return Some(self.names.events.get(event)?.clock);
        };
        if clock.value == "time" {
            return Some(None);
        }
        let Some(idx) = self.names.field(event, &clock.value) else {
            let known = self.names.field_names(event).chain(["time"]);
            let diagnostic =
                self.names.unknown(&codes::UNKNOWN_FIELD, &clock.value, clock.span, known).arg("event", self.event_name(event));
            return self.fail(diagnostic);
        };
        self.names.uses_field(event, idx, clock.span);
        let field = self.names.events.get(event)?.fields.get(idx)?;
        // A thing that has not come so far yet has no such time, and no place in a window by it.
        let optional = field.optional && self.names.events.get(event)?.entity.is_none();
        if let Some(diagnostic) = clock_mistake(&field.unit, optional, clock) {
            return self.fail(diagnostic);
        }
        Some(Some(idx))
    }

    /// What to keep of the rows, how to read it, and the unit of the result.
    fn keep_and_read(&mut self, aggregate: &Aggregate, event: EventIdx, arg: Option<&Typed<RowExpr>>) -> Option<(Keep, Read, Unit)> {
        let Some(arg) = arg else { return Some((Keep::Count, Read::Count, Unit::Count)) };
        let unit = arg.ty.unit();
        let level = level_in(&arg.node, event, self.names).map(str::to_owned);
        let level = match aggregate.function.value {
            AggregateFn::Duration => level.or_else(|| conditioned(&arg.node, event, self.names).map(str::to_owned)),
            _ => level,
        };
        if aggregate.function.value == AggregateFn::Duration && level.is_none() {
            return self.fail(Diagnostic::new(&nested::DURATION_OF, aggregate.arg.span));
        }
        let function = aggregate.function.value;
        if matches!(function, AggregateFn::Sum | AggregateFn::Avg) && self.is_rate(&arg.node, event) {
            let word = function_name(function);
            return self.fail(Diagnostic::new(&money::RATE_SUM, aggregate.arg.span).arg("function", word));
        }
        self.takes(aggregate, event, &unit, level.as_deref())?;
        if let Some(level) = &level {
            self.has_course(aggregate, event, level)?;
        }
        let averaged = if unit == Unit::Count { Unit::Number } else { unit.clone() };
        let course = |read| (Keep::Course, Read::Level(read));
        let of_level = match function {
            AggregateFn::Duration => Some((course(LevelRead::Held), Unit::Duration)),
            AggregateFn::Avg => Some((course(LevelRead::Mean), averaged.clone())),
            AggregateFn::Min => Some((course(LevelRead::Min), unit.clone())),
            AggregateFn::Max => Some((course(LevelRead::Max), unit.clone())),
            AggregateFn::First => Some((course(LevelRead::First), unit.clone())),
            AggregateFn::Last => Some((course(LevelRead::Last), unit.clone())),
            _ => None,
        };
        if let Some(((keep, read), unit)) = of_level.filter(|_| level.is_some()) {
            return Some((keep, read, unit));
        }
        Some(match function {
            AggregateFn::Count => (Keep::Count, Read::Count, Unit::Count),
            AggregateFn::Distinct => (Keep::Distinct, Read::Distinct, Unit::Count),
            AggregateFn::Sum => (Keep::Sum, Read::Sum, unit),
            AggregateFn::Avg => (Keep::Sum, Read::Avg, averaged),
            AggregateFn::Min => (Keep::Min, Read::Value, unit),
            AggregateFn::Max => (Keep::Max, Read::Value, unit),
            AggregateFn::First => (Keep::First, Read::Value, unit),
            AggregateFn::Last => (Keep::Last, Read::Value, unit),
            AggregateFn::Median => (Keep::Values, Read::Quantile(Decimal::new(5, 1)), averaged),
            AggregateFn::Quantile => (Keep::Values, Read::Quantile(self.fraction(aggregate)?), averaged),
            AggregateFn::Duration | AggregateFn::Rank | AggregateFn::Percentile | AggregateFn::Coverage => return None,
        })
    }

    /// Checks that the course of a level is there to be read, and that the function reads it.
    fn has_course(&mut self, aggregate: &Aggregate, event: EventIdx, level: &str) -> Option<()> {
        let (function, word) = (aggregate.function.value, function_name(aggregate.function.value));
        if matches!(function, AggregateFn::Median | AggregateFn::Quantile) {
            let diagnostic = Diagnostic::new(&nested::LEVEL_READINGS, aggregate.function.span).arg("function", word);
            return self.fail(diagnostic.arg("name", level));
        }
        let decl = self.names.events.get(event)?;
        let is_dimension = |field: &FieldIdx| decl.dims.iter().any(|(_, own)| own == field);
        let replaced = !decl.replaces_by.is_empty() && decl.replaces_by.iter().all(is_dimension);
        if replaced && matches!(function, AggregateFn::Avg | AggregateFn::Duration | AggregateFn::First) {
            let diagnostic = Diagnostic::new(&nested::LEVEL_REPLACED, aggregate.function.span).arg("function", word);
            return self.fail(diagnostic.arg("event", &decl.name).arg("name", level));
        }
        Some(())
    }

    fn fraction(&mut self, aggregate: &Aggregate) -> Option<Decimal> {
        let quantile = aggregate.quantile.as_ref();
        match quantile {
            Some(q) if q.value >= Decimal::ZERO && q.value <= Decimal::ONE => Some(q.value.normalize()),
            _ => {
                let span = quantile.map_or(aggregate.function.span, |q| q.span);
                self.fail(Diagnostic::new(&codes::QUANTILE_RANGE, span))
            }
        }
    }

    /// Checks that the function takes this unit.
    fn takes(&mut self, aggregate: &Aggregate, event: EventIdx, unit: &Unit, level: Option<&str>) -> Option<()> {
        let (function, span) = (aggregate.function.value, aggregate.arg.span);
        let word = function_name(function);
        let is_entity = self.names.events.get(event).is_some_and(|event| event.entity.is_some());
        if is_entity && matches!(function, AggregateFn::First | AggregateFn::Last) {
            let diagnostic = Diagnostic::new(&codes::ENTITY_ORDER, aggregate.function.span).arg("function", word);
            return self.fail(diagnostic.arg("entity", self.event_name(event)));
        }
        match (function, level) {
            (AggregateFn::Sum, Some(level)) => {
                let diagnostic = Diagnostic::new(&codes::SUM_OF_LEVEL, span).arg("name", level);
                return self.fail(diagnostic.fix(aggregate.function.span, "last"));
            }
            (AggregateFn::Sum, None) | (AggregateFn::Avg, None) if *unit == Unit::Percent => {
                return self.fail(Diagnostic::new(&codes::RATE_AGGREGATE, span).arg("function", word));
            }
            (AggregateFn::Count, _) if *unit == Unit::Flag => {
                let diagnostic = Diagnostic::new(&codes::COUNT_OF_FLAG, span).arg("event", self.event_name(event));
                let condition = self.text.get(span.range()).unwrap_or("");
                return self.fail(match aggregate.filter {
                    None => diagnostic.fix(span, format!("{} where {condition}", self.event_name(event))),
                    Some(_) => diagnostic,
                });
            }
            _ => {}
        }
        let (fits, wanted) = match function {
            AggregateFn::Count | AggregateFn::First | AggregateFn::Last | AggregateFn::Duration => (true, ""),
            AggregateFn::Distinct => (matches!(unit, Unit::Text | Unit::Date), "id, dimension, text, date"),
            _ => (is_measure(unit), "number, count, percent, money, duration"),
        };
        if fits {
            return Some(());
        }
        self.fail(Diagnostic::new(&codes::AGGREGATE_UNIT, span).arg("function", word).arg("unit", name(unit)).arg("wanted", wanted))
    }
}

/// What is wrong with a field as a clock, if anything.
pub(super) fn clock_mistake(unit: &Unit, optional: bool, clock: &Ident) -> Option<Diagnostic> {
    let what = match (unit, optional) {
        (Unit::Time | Unit::Date, false) => return None,
        (Unit::Time | Unit::Date, true) => "optional".to_owned(),
        (unit, _) => name(unit),
    };
    Some(Diagnostic::new(&codes::CLOCK_FIELD, clock.span).arg("name", &clock.value).arg("what", what))
}

/// A thing of an entity counts while it has an event: one of its events may have gone over to another thing.
pub(super) fn exists(names: &Names, event: EventIdx, filter: Option<RowExpr>) -> Option<RowExpr> {
    if names.events.get(event).is_none_or(|event| event.entity.is_none()) {
        return filter;
    }
    let exists = RowExpr::Not(Box::new(RowExpr::IsAbsent(Box::new(RowExpr::Field(1)))));
    Some(match filter {
        Some(filter) => RowExpr::And(Box::new(exists), Box::new(filter)),
        None => exists,
    })
}

/// A formula on one line.
pub(super) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The first `event.` in an argument.
pub(super) fn find_event<'e>(expr: &'e Expr, is_table: &mut impl FnMut(&str) -> bool, found: &mut Option<&'e Ident>) {
    if found.is_some() {
        return;
    }
    match &expr.kind {
        ExprKind::Field(table, _) if is_table(&table.value) => {}
        ExprKind::Field(event, _) => *found = Some(event),
        ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::IsUnknown(a, _)
        | ExprKind::Over(a, _)
        | ExprKind::OverOccasion(a, _)
        | ExprKind::StartsWith(a, _)
        | ExprKind::In(a, _)
        | ExprKind::Shift(a, _)
        | ExprKind::Across(a, _)
        | ExprKind::Convert(a, _)
        | ExprKind::Baseline(_, a, _) => {
            find_event(a, is_table, found);
        }
        ExprKind::Adapt(adapt) => find_event(&adapt.inner, is_table, found),
        ExprKind::Binary(_, a, b) => {
            find_event(a, is_table, found);
            find_event(b, is_table, found);
        }
        ExprKind::WorkTime(time) => {
            find_event(&time.from, is_table, found);
            find_event(&time.to, is_table, found);
        }
        ExprKind::Call(_, args) => args.iter().for_each(|arg| find_event(arg, is_table, found)),
        ExprKind::Lookup(lookup) => lookup.keys.iter().for_each(|key| find_event(key, is_table, found)),
        _ => {}
    }
}
