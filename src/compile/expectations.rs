//! `test` blocks: the names, columns, units and times in them. `testing` runs them.
//!
//! 1. Each `given` table: its event, its columns, and that every row can carry what the event must carry.
//! 2. Each `expect`: what it looks at, its scope, and that it asks for a value of a like unit.

use super::events::OWN_FIELDS;
use super::expr::{Sides, Typed};
use super::formula::FormulaPlace;
use super::money::told_by_amount;
use super::program::{DimIdx, Formula, Unit};
use super::references::Kind;
use super::units::{Type, like};
use super::window::window;
use super::{Compiler, Rules};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Code, Diagnostic, Spanned, Thing, nearest};
use crate::syntax::ast::{self, Expect, ExpectSubject, Expr, Given, Ident, Item, Outcome, TestStep};
use crate::time::{Period, Reckoning};

impl Compiler<'_> {
    /// Checks the `test` blocks.
    pub(super) fn expectations(&mut self, rules: &Rules<'_>, reckoning: Reckoning) {
        for item in &rules.file.items {
            let Item::Test(test) = item else { continue };
            for step in &test.steps {
                match step {
                    TestStep::Given(given) => self.given(given),
                    TestStep::At(time) => self.moment(time),
                    TestStep::Expect(expect) => self.expect(expect, rules, reckoning),
                }
            }
        }
    }

    fn moment(&mut self, time: &Spanned<String>) {
        if self.names.zone.parse_local(&time.value).is_none() {
            self.errors.push(Diagnostic::new(&codes::BAD_DATE, time.span).arg("text", &time.value));
        }
    }

    fn given(&mut self, given: &Given) {
        let Some(event) = self.names.arriving(&given.event.value) else {
            let known = self.names.arriving_names();
            self.errors.push(self.names.unknown(&codes::UNKNOWN_EVENT, &given.event.value, given.event.span, known));
            return;
        };
        self.names.uses_event(event, given.event.span);
        let own = OWN_FIELDS.iter().copied().filter(|name| *name != "type").chain(["times"]);
        let mut misspelt = Vec::new();
        for column in &given.columns {
            if let Some(field) = self.names.field(event, &column.value) {
                self.names.uses_field(event, field, column.span);
            }
            if self.names.field(event, &column.value).is_none() && !own.clone().any(|name| name == column.value) {
                let known = self.names.field_names(event).chain(own.clone());
                let diagnostic = self.names.unknown(&codes::UNKNOWN_FIELD, &column.value, column.span, known);
                self.errors.push(diagnostic.arg("event", &given.event.value));
                misspelt.push(column.value.as_str());
            }
        }
        let has = |name: &str| given.columns.iter().any(|column| column.value == name) || nearest(name, misspelt.iter().copied()).is_some();
        let fields = self.names.events.get(event).map(|event| event.fields.as_slice()).unwrap_or_default();
        let lacking = fields
            .iter()
            .filter(|field| !field.optional && !told_by_amount(fields, &field.name, has))
            .map(|field| field.name.as_str())
            .chain(["time"])
            .find(|name| !has(name));
        if let Some(lacking) = lacking {
            let diagnostic = Diagnostic::new(&codes::TABLE_LACKS, given.event.span).arg("event", &given.event.value);
            self.errors.push(diagnostic.arg("name", lacking));
        }
    }

    fn expect(&mut self, expect: &Expect, rules: &Rules<'_>, reckoning: Reckoning) {
        for (dimension, _) in &expect.scope {
            self.names.uses.saw(Kind::Dimension, &dimension.value, dimension.span);
            if self.names.dims.binary_search(&dimension.value).is_err() {
                let known = self.names.dims.iter().map(String::as_str);
                self.errors.push(self.names.unknown(&codes::UNKNOWN_DIMENSION, &dimension.value, dimension.span, known));
            }
        }
        match &expect.subject {
            ExpectSubject::Metric { value, window: over, period } => {
                if let Some(Err(diagnostic)) = over.as_ref().map(window) {
                    self.errors.push(diagnostic);
                }
                self.period(period.as_ref(), reckoning);
                self.value(expect, value, rules);
            }
            ExpectSubject::Score(card, period)
            | ExpectSubject::Payout(card, period)
            | ExpectSubject::Rank(card, period)
            | ExpectSubject::Marked(card, period)
            | ExpectSubject::Grade(card, period) => {
                self.period(period.as_ref(), reckoning);
                self.card_outcome(expect, card, rules);
            }
            ExpectSubject::Alert(alert) => self.alert_outcome(expect, alert, rules),
        }
    }

    fn period(&mut self, period: Option<&Spanned<String>>, reckoning: Reckoning) {
        if let Some(period) = period
            && Period::parse(&period.value, reckoning).is_err()
        {
            self.errors.push(Diagnostic::new(&codes::BAD_DATE, period.span).arg("text", &period.value));
        }
    }

    /// `expect net_sales over 7 days [shop: us] is 20 USD`
    fn value(&mut self, expect: &Expect, value: &Expr, rules: &Rules<'_>) {
        let mut place = FormulaPlace::constants(&self.names, &mut self.errors, self.text);
        place.constant = false;
        let subject = place.formula(value);
        if let Some(Typed { node, .. }) = &subject {
            self.told_at(node, expect, rules);
        }
        let Outcome::Value(wanted) = &expect.outcome.value else { return };
        let mut place = FormulaPlace::constants(&self.names, &mut self.errors, self.text);
        let wanted_ty = match &wanted.kind {
            ast::ExprKind::Unknown => Some(Type::Unknown),
            _ => place.constant(wanted).map(|(_, ty)| ty),
        };
        let (Some(subject), Some(wanted_ty)) = (subject, wanted_ty) else { return };
        if like(&subject.ty, &wanted_ty).is_none() {
            let sides = Sides { op: "is", span: expect.outcome.span, left: value, right: wanted };
            sides.mismatch::<_, ()>(&mut place, &subject.ty, &wanted_ty);
        }
    }

    /// A scope of dimensions that the metric's events have.
    fn told_at(&mut self, formula: &Formula, expect: &Expect, rules: &Rules<'_>) {
        let dims: Vec<DimIdx> = expect.scope.iter().filter_map(|(dim, _)| self.names.dims.binary_search(&dim.value).ok()).collect();
        if let Formula::Metric(metric) = formula
            && rules.metrics.get(*metric).is_some_and(|metric| dims.iter().all(|dim| metric.dims.binary_search(dim).is_ok()))
        {
            return;
        }
        let mut scope = super::plan::Scope::within(dims);
        if let ExpectSubject::Metric { value, .. } = &expect.subject {
            self.within_scope(&mut scope, formula, rules.metrics, value.span);
        }
    }

    fn card_outcome(&mut self, expect: &Expect, name: &Ident, rules: &Rules<'_>) {
        self.names.uses.saw(Kind::Scorecard, &name.value, name.span);
        let Some(card) = rules.scorecards.iter().find(|card| card.name == name.value) else {
            let known = rules
                .file
                .items
                .iter()
                .filter_map(|item| if let Item::Scorecard(card) = item { Some(card.name.value.as_str()) } else { None });
            self.unknown_rule(&codes::UNKNOWN_RULE, name, known, Thing::Scorecard);
            return;
        };
        if let Outcome::Grade(grade) = &expect.outcome.value {
            self.names.uses.saw_grade(&name.value, grade, expect.outcome.span);
        }
        match &expect.outcome.value {
            Outcome::Grade(grade) if !card.grades.iter().any(|band| band.name == *grade) => {
                let known = card.grades.iter().map(|grade| grade.name.as_str());
                let diagnostic = self.names.unknown(&codes::UNKNOWN_GRADE, grade, expect.outcome.span, known);
                self.errors.push(diagnostic.arg("card", &name.value));
            }
            Outcome::Value(wanted) if !matches!(wanted.kind, ast::ExprKind::Unknown) => {
                let typed = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(wanted);
                let unit = match expect.subject {
                    ExpectSubject::Payout(..) => card.payout_unit.clone(),
                    ExpectSubject::Marked(..) => Unit::Flag,
                    _ => Unit::Number,
                };
                if let Some((_, ty)) = typed
                    && like(&Type::Is(unit), &ty).is_none()
                {
                    let diagnostic = match expect.subject {
                        ExpectSubject::Marked(..) => {
                            let text = self.text.get(wanted.span.range()).unwrap_or_default();
                            Diagnostic::new(&codes::NOT_A_FLAG, wanted.span).arg("text", text)
                        }
                        _ => Diagnostic::new(&codes::NUMBER_NEEDED, wanted.span).arg("what", format!("`{}`", name.value)),
                    };
                    self.errors.push(diagnostic.arg("unit", ty.name()));
                }
            }
            _ => {}
        }
    }

    fn alert_outcome(&mut self, expect: &Expect, name: &Ident, rules: &Rules<'_>) {
        self.names.uses.saw(Kind::Alert, &name.value, name.span);
        let alerts = || {
            rules.file.items.iter().filter_map(|item| if let Item::Alert(alert) = item { Some(alert.name.value.as_str()) } else { None })
        };
        if !alerts().any(|alert| alert == name.value) {
            self.unknown_rule(&codes::UNKNOWN_RULE, name, alerts(), Thing::Alert);
            return;
        }
        let Outcome::Alert { severity: Some(wanted), since, .. } = &expect.outcome.value else {
            if let Outcome::Alert { since: Some(since), .. } = &expect.outcome.value {
                self.moment(since);
            }
            return;
        };
        if let Some(since) = since {
            self.moment(since);
        }
        let wanted = super::alerts::severity(*wanted);
        if let Some(rule) = rules.alerts.iter().find(|rule| rule.name == name.value)
            && !rule.levels.iter().any(|level| level.severity == wanted)
        {
            let diagnostic = Diagnostic::new(&codes::NO_SUCH_SEVERITY, expect.outcome.span).arg("name", &name.value);
            self.errors.push(diagnostic.arg("severity", super::alerts::severity_name(wanted)));
        }
    }

    fn unknown_rule<'k>(&mut self, code: &'static Code, name: &Ident, known: impl IntoIterator<Item = &'k str>, kind: Thing) {
        self.errors.push(self.names.unknown(code, &name.value, name.span, known).words("kind", kind));
    }
}
