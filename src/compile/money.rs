//! Money in several currencies: the events that give rates, and `sum(order.amount) in CNY at transaction day`.
//!
//! 1. `amount money in currency` names the field that says the currency of each event.
//! 2. An event with `rates for …` gets a leaf of its own that keeps the rates by day and pair.
//! 3. `in CNY at …` around a formula converts every sum of money in it. Their type is the currency asked for, so that all
//!    other rules of units hold as they do everywhere.

use super::Compiler;
use super::aggregate::{AggregatePlace, function_name};
use super::expr::{Typed, is_currency, seconds, unknown_currency, walk};
use super::formula::FormulaPlace;
use super::program::{
    Conversion, Currencies, Currency, EventIdx, Field, FieldIdx, FieldRole, Formula, Keep, Leaf, RateAt, RateSource, Read, RowExpr, Unit,
};
use super::units::{Type, name};
use crate::diagnostic::codes::{compile, money as codes};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{self, Aggregate, AggregateFn, Expr};

/// The longest time for which a rate may count, in days.
const LASTS_DAYS_MAX: u64 = 366;
/// The fields of an event that gives rates.
const FIELDS: [(&str, &str); 4] = [("base", "text"), ("quote", "text"), ("day", "date"), ("rate", "number")];

/// What an aggregate keeps, how it is read, the unit of the result and the currencies of the values.
type Kept = (Keep, Read, Unit, Option<Currencies>);

impl Compiler<'_> {
    /// Checks the fields that say the currencies of others.
    pub(super) fn currency_fields(&mut self, event: &ast::Event, idx: EventIdx) {
        for said_by in event.fields.iter().filter_map(|field| field.in_field.as_ref()) {
            let found = self.names.field(idx, &said_by.value);
            let field = found.and_then(|found| self.names.events.get(idx)?.fields.get(found));
            match field.filter(|field| field.unit == Unit::Text && field.role != FieldRole::Id) {
                Some(field) => self.names.uses.saw_field(&event.name.value, field, said_by.span),
                None => {
                    let diagnostic = Diagnostic::new(&codes::CURRENCY_FIELD, said_by.span).arg("name", &said_by.value);
                    self.errors.push(diagnostic.arg("event", &event.name.value));
                }
            }
        }
    }

    /// Compiles `rates for 7 days through USD` of an event.
    pub(super) fn rates(&mut self, event: &ast::Event, idx: EventIdx, rates: &ast::Rates) {
        let fields = FIELDS.map(|(word, kind)| self.rates_field(event, idx, word, kind));
        let lasts_days = rates.lasts.as_ref().map(|lasts| self.lasts_days(lasts));
        let through = rates.through.as_ref().and_then(|through| {
            if !is_currency(&through.value) {
                self.errors.push(unknown_currency(&through.value, through.span, Some(through.span)));
            }
            Currency::of(&through.value)
        });
        let known = if lasts_days.is_some() { &self.names.rates.daily } else { &self.names.rates.budget };
        if let Some(first) = known.as_ref().and_then(|known| self.names.events.get(known.event)) {
            self.errors.push(Diagnostic::new(&codes::RATES_TWICE, rates.span).arg("first", &first.name));
            return;
        }
        let [Some(base), Some(quote), Some(day), Some(rate)] = fields else { return };
        if let Some(field) = self.names.events.get_mut(idx).and_then(|event| event.fields.get_mut(rate)) {
            field.role = FieldRole::Rate;
        }
        let leaf = Leaf {
            event: idx,
            keep: Keep::Rates,
            arg: Some(RowExpr::Field(rate)),
            filter: None,
            clock: Some(day),
            currencies: Some(Currencies::Pair(base, quote)),
            unit: Unit::Number,
            groupings: Vec::new(),
            text: event.name.value.clone(),
        };
        let Some(leaf) = self.leaves.intern(leaf) else { return };
        let source = Some(RateSource { event: idx, leaf, lasts_days, through });
        let place = if lasts_days.is_some() { &mut self.names.rates.daily } else { &mut self.names.rates.budget };
        *place = source;
    }

    fn rates_field(&mut self, event: &ast::Event, idx: EventIdx, word: &str, kind: &str) -> Option<FieldIdx> {
        let found = self.names.field(idx, word);
        let field = found.and_then(|found| self.names.events.get(idx)?.fields.get(found));
        let fits = field.is_some_and(|field| {
            let unit = match kind {
                "text" => field.unit == Unit::Text && field.role != FieldRole::Id,
                "date" => field.unit == Unit::Date,
                _ => field.unit == Unit::Number && field.role == FieldRole::Flow,
            };
            unit && !field.optional
        });
        if !fits {
            let written = event.fields.iter().find(|field| field.name.value == word).map(|field| field.name.span);
            let diagnostic = Diagnostic::new(&codes::RATES_FIELD, written.unwrap_or(event.name.span)).arg("event", &event.name.value);
            self.errors.push(diagnostic.arg("name", word).arg("kind", kind));
        }
        found.filter(|_| fits)
    }

    fn lasts_days(&mut self, lasts: &Spanned<ast::Duration>) -> u32 {
        let length_s = seconds(lasts.value);
        let days = length_s / 86_400;
        if !length_s.is_multiple_of(86_400) || days == 0 || days > LASTS_DAYS_MAX {
            self.errors.push(Diagnostic::new(&codes::RATES_LAST, lasts.span));
        }
        u32::try_from(days).unwrap_or(1)
    }
}

impl FormulaPlace<'_> {
    /// `x in CNY at transaction day`
    pub(super) fn convert_money(&mut self, inner: &Expr, to: &Spanned<ast::Conversion>) -> Option<Typed<Formula>> {
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, to.span));
        }
        if self.conversion.is_some() {
            return self.fail(Diagnostic::new(&codes::CONVERTED_TWICE, to.span));
        }
        let currency = match &to.value.to {
            Some(word) if !is_currency(&word.value) => {
                return self.fail(unknown_currency(&word.value, word.span, Some(word.span)));
            }
            Some(word) => word.value.clone(),
            // A header without its currency was told of.
            None => self.names.currency.clone()?,
        };
        let conversion = Conversion { to: Currency::of(&currency)?, at: rate_at(to.value.at) };
        if self.names.rates.source(conversion.at).is_none() {
            // What is wrong with the formula itself is told all the same.
            self.conversion = Some(conversion);
            walk(self, inner);
            self.conversion = None;
            let lasts = if conversion.at == RateAt::Budget { "budget" } else { "7 days" };
            let diagnostic = Diagnostic::new(&codes::NO_RATES, to.span).arg("at", at_word(to.value.at)).arg("lasts", lasts);
            return self.fail(diagnostic);
        }
        let before = self.errors.len();
        self.conversion = Some(conversion);
        let typed = walk(self, inner);
        self.conversion = None;
        let typed = typed?;
        if self.errors.len() == before && typed.ty != Type::Broken && !self.has_money(&typed.node, conversion) {
            let text = self.text.get(inner.span.range()).unwrap_or("…");
            let diagnostic = Diagnostic::new(&codes::NOTHING_CONVERTED, inner.span).arg("text", text);
            return self.fail(diagnostic.arg("currency", conversion.to));
        }
        Some(typed)
    }

    /// Whether a formula sums money that a conversion is about, be it in that currency already.
    fn has_money(&self, formula: &Formula, conversion: Conversion) -> bool {
        let leaves = self.leaves.as_deref();
        let mut found = false;
        super::metrics::visit(formula, &mut |part| {
            found |= match part {
                Formula::Leaf(_, Read::SumIn(own) | Read::AvgIn(own)) => *own == conversion,
                Formula::Leaf(leaf, _) => {
                    leaves.and_then(|leaves| leaves.list.get(*leaf)).is_some_and(|leaf| leaf.unit == conversion.unit())
                }
                _ => false,
            }
        });
        found
    }

    /// Within a conversion a metric must not be money of another currency: as a whole it has no day.
    pub(super) fn keeps_its_currency(&mut self, metric: &str, span: Span) -> Option<()> {
        let (Some(conversion), Some(Some((_, unit)))) = (self.conversion, self.names.metrics.get(metric)) else { return Some(()) };
        if !matches!(unit, Unit::Money(_)) || *unit == conversion.unit() {
            return Some(());
        }
        let diagnostic = Diagnostic::new(&codes::CONVERTED_METRIC, span).arg("name", metric).arg("unit", name(unit));
        self.fail(diagnostic.arg("currency", conversion.to))
    }
}

impl AggregatePlace<'_> {
    /// What an aggregate becomes within a conversion; money in several currencies must stand in one.
    pub(super) fn converted(
        &mut self,
        aggregate: &Aggregate,
        event: EventIdx,
        span: Span,
        (keep, read, result, unit): (Keep, Read, Unit, Unit),
    ) -> Option<Kept> {
        let currencies = match (&unit, self.conversion) {
            (Unit::MoneyIn(said_by), _) => Currencies::Field(self.names.field(event, said_by)?),
            (Unit::Money(code), Some(conversion)) if code != conversion.to.code() => Currencies::Always(Currency::of(code)?),
            _ => return Some((keep, read, result, None)),
        };
        if !matches!(aggregate.function.value, AggregateFn::Sum | AggregateFn::Avg) {
            let diagnostic = Diagnostic::new(&codes::CONVERTED_FUNCTION, aggregate.function.span);
            let function = function_name(aggregate.function.value);
            self.errors.push(diagnostic.arg("function", function).arg("unit", name(&unit)));
            return None;
        }
        let Some(conversion) = self.conversion else {
            let text = super::aggregate::one_line(self.text.get(span.range()).unwrap_or(""));
            let currency = self.names.currency.clone().unwrap_or_else(|| "USD".to_owned());
            let behind = Span { start: span.end, end: span.end };
            let diagnostic = Diagnostic::new(&codes::SEVERAL_CURRENCIES, span).arg("text", text).arg("currency", &currency);
            self.errors.push(diagnostic.fix(behind, format!(" in {currency} at transaction day")));
            return None;
        };
        let read = if aggregate.function.value == AggregateFn::Sum { Read::SumIn(conversion) } else { Read::AvgIn(conversion) };
        Some((Keep::Money, read, conversion.unit(), Some(currencies)))
    }

    /// Whether a value is an exchange rate.
    pub(super) fn is_rate(&self, value: &RowExpr, event: EventIdx) -> bool {
        let RowExpr::Field(field) = value else { return false };
        let field = self.names.events.get(event).and_then(|event| event.fields.get(*field));
        field.is_some_and(|field| field.role == FieldRole::Rate)
    }
}

/// Whether amounts that are given may say the currency that a field says.
pub(super) fn told_by_amount(fields: &[Field], said_by: &str, has: impl Fn(&str) -> bool) -> bool {
    fields.iter().any(|field| matches!(&field.unit, Unit::MoneyIn(own) if own == said_by) && has(&field.name))
}

/// A conversion in a formula over one row.
pub(super) fn in_row(to: &Spanned<ast::Conversion>) -> Diagnostic {
    Diagnostic::new(&codes::CONVERTED_ROW, to.span)
        .arg("currency", to.value.to.as_ref().map_or("own currency", |to| &to.value))
        .arg("at", at_word(to.value.at))
}

fn rate_at(at: ast::RateAt) -> RateAt {
    match at {
        ast::RateAt::TransactionDay => RateAt::TransactionDay,
        ast::RateAt::MonthEnd => RateAt::MonthEnd,
        ast::RateAt::Budget => RateAt::Budget,
    }
}

fn at_word(at: ast::RateAt) -> &'static str {
    match at {
        ast::RateAt::TransactionDay => "transaction day",
        ast::RateAt::MonthEnd => "month end",
        ast::RateAt::Budget => "budget",
    }
}
