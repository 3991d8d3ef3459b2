//! Test blocks: events given as tables, instants, expectations.

use super::adapt::whole;
use super::alert::severity;
use super::node::Node;
use super::{Builder, Rule, Seen};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned, Words};
use crate::syntax::ast::{Expect, ExpectSubject, Expr, ExprKind, Given, Ident, Outcome, Test, TestStep};
use crate::syntax::outline::{Declaration, Range};
use crate::syntax::tokens::{Kind, cells};

impl<'t> Builder<'t> {
    pub(super) fn test(&mut self, declaration: &Declaration) -> Test {
        let head = self.head(Rule::test_head, declaration);
        let name = head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == Rule::text)).map(|text| self.string(text));
        let block = self.needs_block(declaration);
        let mut steps = Vec::new();
        for range in block.iter().flat_map(|block| &block.statements) {
            if self.word(range) == "given" {
                steps.extend(self.given(range).map(TestStep::Given));
            } else {
                self.statement(range, Rule::test_line, &mut |builder, line| steps.extend(builder.step(&line)));
            }
        }
        let span = self.whole(declaration);
        Test { name: name.unwrap_or(Spanned { value: String::new(), span }), steps, span }
    }

    fn step(&mut self, line: &Node) -> Option<TestStep> {
        match line.rule() {
            Rule::at => Self::moment_in(line).map(TestStep::At),
            _ => self.expect(line).map(TestStep::Expect),
        }
    }

    fn given(&mut self, range: &Range) -> Option<Given> {
        let open = range.clone().find(|&at| self.outline.token(at).is_some_and(|token| token.kind == Kind::Open));
        let head = self.piece(Rule::given_head, &(range.start..open.unwrap_or(range.end)));
        let span = self.outline.span(range);
        let Some(open) = open else {
            let end = span.range().end;
            self.report(Diagnostic::new(&codes::NO_BLOCK, Span::new(end, end)).arg("what", "given"));
            return None;
        };
        let close = self.outline.token(open).and_then(|token| token.partner)?;
        // A bracket that closes nothing was reported.
        let is_stray = |at: &usize| self.outline.token(*at).is_some_and(|token| token.kind == Kind::Close && token.partner.is_none());
        if let Some(rest) = self.outline.next_solid(close + 1, range.end).filter(|at| !is_stray(at)) {
            let rest = self.outline.span(&(rest..range.end));
            self.report(Diagnostic::new(&codes::AFTER_BLOCK, rest));
        }
        let within = self.outline.tokens.get(open + 1..close).unwrap_or_default();
        // A step ends a table whose brace is forgotten. Where the brace comes later, what lies between must not be lost.
        let mut rows: Vec<Span> = within.iter().filter(|token| token.kind == Kind::Row).map(|token| token.span()).collect();
        if let Some(step) = within.iter().find(|token| token.is_solid() && token.kind != Kind::Row).map(|token| token.span()) {
            let found = self.text.get(step.range()).unwrap_or_default();
            self.report(Diagnostic::new(&codes::STEP_IN_TABLE, step).arg("found", found));
            return None;
        }
        let event = head?.iter().find(|node| node.rule() == Rule::name).map(|name| name.word())?;
        if rows.is_empty() {
            let place = self.outline.token(close).map_or(span, |token| token.span());
            self.report(Diagnostic::new(&codes::EMPTY_TABLE, place));
            return None;
        }
        let header = rows.remove(0);
        let columns = self.columns(header);
        // Of rows without a header nothing can be said.
        let rows = rows.into_iter().filter(|_| !columns.is_empty()).map(|row| self.row_of(row, columns.len())).collect();
        Some(Given { event, columns, rows, span })
    }

    pub(super) fn columns(&mut self, header: Span) -> Vec<Ident> {
        let mut seen = Seen::default();
        if let Some(habit) = self.row_habit(header, None) {
            // What was meant names the columns all the same.
            let meant = habit.fixes.first().map_or("", |fix| &fix.replacement).split(" | ");
            let columns = meant.filter(|name| !name.is_empty()).map(|name| Ident { value: name.to_owned(), span: header }).collect();
            self.report(habit);
            return columns;
        }
        if let Some(mistake) = self.data_first(header) {
            self.report(mistake);
            return Vec::new();
        }
        let columns: Vec<Ident> = self.cells(header);
        for column in &columns {
            // Any word will do here: whether the event has such a field is seen where names are looked up.
            let is_name = !column.value.is_empty() && column.value.chars().all(|c| c == '_' || c.is_alphanumeric());
            if !is_name {
                self.report(Diagnostic::new(&codes::COLUMN_NAME, column.span).arg("found", &column.value));
            } else {
                self.once(&mut seen, &column.value, column.span);
            }
        }
        columns
    }

    pub(super) fn row_of(&mut self, row: Span, columns: usize) -> Vec<Spanned<String>> {
        let mut cells = self.cells(row);
        let mistake = match cells.get(columns) {
            Some(extra) => Some(extra.span),
            None if cells.len() < columns => Some(Span { start: row.end, end: row.end }),
            None => None,
        };
        let wrong = mistake.is_some() || self.text.get(row.range()).is_some_and(|text| text.starts_with(['|', '-', ':']));
        if let Some(habit) = wrong.then(|| self.row_habit(row, Some(columns))).flatten() {
            self.report(habit);
            return Vec::new();
        }
        if let Some(span) = mistake {
            self.report(Diagnostic::new(&codes::ROW_LENGTH, span).arg("found", cells.len()).arg("wanted", columns));
        }
        cells.truncate(columns);
        cells
    }

    fn cells(&mut self, row: Span) -> Vec<Spanned<String>> {
        let text = self.text;
        let mut built = Vec::new();
        for (start, end) in cells(&text[row.range()]) {
            let span = Span::new(row.start as usize + start, row.start as usize + end);
            let raw = &text[span.range()];
            let quoted = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let value = match quoted {
                Some(inside) => self.unescape(inside, span.start as usize + 1),
                None if raw.starts_with('"') => {
                    self.report(Diagnostic::new(&codes::CELL_QUOTE, span));
                    raw.to_owned()
                }
                None => raw.to_owned(),
            };
            built.push(Spanned { value, span });
        }
        built
    }

    fn expect(&mut self, line: &Node) -> Option<Expect> {
        let period = line.find(Rule::in_period).and_then(|part| part.find(Rule::period)).map(|period| period.word());
        for rule in [Rule::scope, Rule::in_period] {
            if let [first, second, ..] = line.all(rule).collect::<Vec<_>>().as_slice() {
                let what = if rule == Rule::scope { "[ ]" } else { "in" };
                let mistake =
                    Diagnostic::new(&codes::DUPLICATE, second.span()).arg("what", what).related(first.span(), "the first one", "第一处");
                self.report(mistake);
            }
        }
        let scope = line.find(Rule::scope).map(|scope| self.scope(&scope)).unwrap_or_default();
        let subject = match line.rule() {
            Rule::expect_metric => {
                let (value, window, volume) = self.formula_with_window(&line.find(Rule::value)?);
                let (value, window) = whole(value, window, volume);
                ExpectSubject::Metric { value, window, period }
            }
            Rule::expect_score if line.find(Rule::score_part)?.text() == "payout" => ExpectSubject::Payout(line.name()?, period),
            Rule::expect_score if line.find(Rule::score_part)?.text() == "rank" => ExpectSubject::Rank(line.name()?, period),
            Rule::expect_score if line.find(Rule::score_part)?.text() == "marked" => ExpectSubject::Marked(line.name()?, period),
            Rule::expect_score => ExpectSubject::Score(line.name()?, period),
            Rule::expect_grade => ExpectSubject::Grade(line.name()?, period),
            _ => ExpectSubject::Alert(line.name()?),
        };
        let outcome = self.outcome(line)?;
        Some(Expect { subject, scope, outcome, span: line.span() })
    }

    pub(super) fn scope(&mut self, scope: &Node) -> Vec<(Ident, Spanned<String>)> {
        let mut seen = Seen::default();
        let mut entries = Vec::new();
        for entry in scope.all(Rule::scope_entry) {
            let quoted = entry.find(Rule::text).map(|text| self.string(&text));
            let value = quoted.or_else(|| entry.find(Rule::bare_value).map(|value| value.word()));
            if let (Some(name), Some(value)) = (entry.name(), value)
                && self.once(&mut seen, &name.value, name.span)
            {
                entries.push((name, value));
            }
        }
        entries
    }

    fn outcome(&mut self, line: &Node) -> Option<Spanned<Outcome>> {
        if let Some(no) = line.find(Rule::kw_no) {
            return Some(Spanned { value: Outcome::NoAlert, span: no.span() });
        }
        let last = line.children().next_back()?;
        let span = last.span();
        let value = match last.rule() {
            Rule::ask => Outcome::Ask,
            Rule::grade => Outcome::Grade(last.text().to_owned()),
            Rule::unknown => Outcome::Value(Expr { kind: ExprKind::Unknown, span }),
            Rule::expr if matches!(last.text(), "null" | "none" | "nil" | "nan") => {
                let advice = Words::new("Write `unknown`.", "请写 `unknown`。");
                self.report(Diagnostic::new(&codes::HABIT, span).arg("found", last.text()).words("advice", advice).fix(span, "unknown"));
                Outcome::Value(Expr { kind: ExprKind::Unknown, span })
            }
            Rule::expr => Outcome::Value(self.formula(&last, super::formula::Place::Plain)),
            _ => {
                let state = line.find(Rule::alert_state)?;
                let severity = line.find(Rule::severity).map(|word| severity(word.text()));
                let since = line.find(Rule::since).and_then(|since| Self::moment_in(&since));
                let outcome = Outcome::Alert { state: state.text().to_owned(), severity, since };
                return Some(Spanned { value: outcome, span: state.span().to(span) });
            }
        };
        Some(Spanned { value, span })
    }
}
