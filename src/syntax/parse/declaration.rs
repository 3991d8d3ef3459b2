//! Declarations of one shape: ruleset, use, param, event, feed, metric.
//!
//! A declaration whose head does not parse keeps its name and statements ([`begin`](super::begin)).

use super::calendar::fiscal_year;
use super::formula::{Place, moment};
use super::node::Node;
use super::{Builder, Rule, Seen};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{
    Better, Cite, Entity, EntityField, Event, Expr, ExprKind, Feed, FeedColumn, FeedId, FeedSkip, FeedTest, Field, FieldKind, Header,
    Metric, MetricKind, Param, SetTo, Setting, Use,
};
use crate::syntax::outline::Declaration;

impl<'t> Builder<'t> {
    pub(super) fn header(&mut self, declaration: &Declaration) -> Header {
        let head = self.head(Rule::ruleset_head, declaration);
        let block = self.needs_block(declaration);
        let part = |rule: Rule| head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == rule)).map(|node| node.word());
        let version = part(Rule::version);
        let name = part(Rule::ruleset_name).unwrap_or_else(|| self.named(head.as_deref(), declaration));
        let span = self.whole(declaration);
        let version = version.unwrap_or(Spanned { value: "0.0.0".to_owned(), span: name.span });
        let mut header = Header {
            name,
            version,
            title: Default::default(),
            currency: None,
            timezone: None,
            zones: None,
            week: None,
            open: Vec::new(),
            year: None,
            span,
        };
        let mut seen = Seen::default();
        self.statements(block, Rule::ruleset_line, |builder, line| {
            let span = line.span();
            match line.rule() {
                Rule::title if builder.once(&mut seen, "title", span) => header.title = builder.texts_in(&line),
                Rule::currency_line if builder.once(&mut seen, "currency", span) => {
                    header.currency = line.find(Rule::currency).map(|node| node.word())
                }
                Rule::timezone if builder.once(&mut seen, "timezone", span) => {
                    header.timezone = line.find(Rule::zone).map(|node| node.word())
                }
                Rule::timezone_by if builder.once(&mut seen, "timezone by", span) => header.zones = builder.zones_by(&line),
                Rule::fiscal if builder.once(&mut seen, "fiscal year", span) => header.year = fiscal_year(&line),
                Rule::week if builder.once(&mut seen, "week", span) => header.week = line.find(Rule::weekday).map(|node| node.word()),
                Rule::open => header.open.extend(line.names()),
                _ => {}
            }
        });
        header
    }

    pub(super) fn usage(&mut self, declaration: &Declaration) -> Use {
        let head = self.head(Rule::use_head, declaration);
        let part = |rule: Rule| head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == rule)).map(|node| node.word());
        let package = part(Rule::ruleset_name).unwrap_or_else(|| self.named(head.as_deref(), declaration));
        let major = part(Rule::major);
        if part(Rule::kw_with).is_some() {
            self.needs_block(declaration);
        } else if let (Some(_), Some(block)) = (&head, &declaration.block) {
            let brace = self.outline.token(block.open).map_or(package.span, |token| token.span());
            let at = Span::new(brace.range().start, brace.range().start);
            self.report(Diagnostic::new(&codes::USE_WITH, brace).fix(at, "with "));
        }
        let mut settings = Vec::new();
        self.statements(declaration.block.as_ref(), Rule::use_line, |builder, line| {
            for setting in line.all(Rule::setting) {
                let to = match (setting.find(Rule::expr), setting.find(Rule::title)) {
                    (Some(value), _) => SetTo::Value(builder.formula(&value, Place::Plain)),
                    (None, Some(title)) => SetTo::Title(builder.texts_in(&title)),
                    (None, None) => SetTo::Message(setting.find(Rule::message).map(|text| builder.texts_in(&text)).unwrap_or_default()),
                };
                settings.extend(setting.name().map(|name| Setting { name, to }));
            }
        });
        Use { package, major, settings, span: self.whole(declaration) }
    }

    pub(super) fn param(&mut self, declaration: &Declaration) -> Param {
        let head = self.head(Rule::param_head, declaration);
        self.refuse_block(declaration);
        let name = self.named(head.as_deref(), declaration);
        let value = self.formula_of(head.as_deref(), name.span, Place::Plain);
        let title = head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == Rule::texts));
        let title = title.map(|texts| self.texts(texts)).unwrap_or_default();
        Param { name, value, title, span: self.whole(declaration) }
    }

    pub(super) fn event(&mut self, declaration: &Declaration) -> Event {
        let head = self.head(Rule::event_head, declaration);
        let block = self.needs_block(declaration);
        let mut seen = Seen::default();
        let (mut replaces_by, mut prefer, mut clock, mut settles, mut rates) = (Vec::new(), Vec::new(), None, None, None);
        for part in head.iter().flatten() {
            let span = part.span();
            match part.rule() {
                Rule::replaces_by if self.once(&mut seen, "replaces by", span) => {
                    replaces_by = part.names();
                    let sources: Vec<Node> = part.find(Rule::prefer).map(|prefer| prefer.all(Rule::text).collect()).unwrap_or_default();
                    prefer = sources.iter().map(|source| self.string(source)).collect();
                }
                Rule::clock if self.once(&mut seen, "clock", span) => clock = part.name(),
                Rule::settles if self.once(&mut seen, "settles", span) => settles = self.duration_in(part),
                Rule::rates if self.once(&mut seen, "rates", span) => rates = Some(self.rates(part)),
                _ => {}
            }
        }
        let (mut title, mut fields) = (Default::default(), Vec::new());
        let mut seen_fields = Seen::default();
        self.statements(block, Rule::event_line, |builder, line| match line.rule() {
            Rule::title => {
                if builder.once(&mut seen, "title", line.span()) {
                    title = builder.texts_in(&line);
                }
            }
            _ => {
                if let Some(field) = builder.field(&line)
                    && builder.once(&mut seen_fields, &field.name.value, field.name.span)
                {
                    fields.push(field);
                }
            }
        });
        let name = self.named(head.as_deref(), declaration);
        Event { name, replaces_by, prefer, clock, settles, rates, title, fields, span: self.whole(declaration) }
    }

    fn field(&mut self, line: &Node) -> Option<Field> {
        let kind = line.find(Rule::field_kind)?;
        let (currency, in_field) = (line.find(Rule::currency), line.find(Rule::in_field));
        let value = field_kind(kind.text())?;
        if let Some(currency) = currency.as_ref().or(in_field.as_ref()).filter(|_| value != FieldKind::Money) {
            self.report(Diagnostic::new(&codes::CURRENCY_WITHOUT_MONEY, currency.span()).arg("kind", kind.text()));
        }
        Some(Field {
            name: line.name()?,
            level: line.has(Rule::kw_level),
            kind: Spanned { value, span: kind.span() },
            currency: currency.map(|node| node.word()),
            in_field: in_field.and_then(|node| node.name()),
            optional: line.has(Rule::kw_optional),
        })
    }

    pub(super) fn entity(&mut self, declaration: &Declaration) -> Entity {
        let head = self.head(Rule::entity_head, declaration);
        let block = self.needs_block(declaration);
        let by = head.as_deref().and_then(|head| head.iter().rev().find(|node| node.rule() == Rule::name));
        let by = by.map_or_else(|| self.last_name(declaration), |by| by.word());
        let (mut title, mut fields) = (Default::default(), Vec::new());
        let (mut seen, mut seen_fields) = (Seen::default(), Seen::default());
        self.statements(block, Rule::entity_line, |builder, line| match line.rule() {
            Rule::title => {
                if builder.once(&mut seen, "title", line.span()) {
                    title = builder.texts_in(&line);
                }
            }
            _ => {
                if let (Some(name), Some(value)) = (line.name(), line.find(Rule::expr))
                    && builder.once(&mut seen_fields, &name.value, name.span)
                {
                    let value = builder.formula(&value, Place::Plain);
                    fields.push(EntityField { name, value });
                }
            }
        });
        let name = self.named(head.as_deref(), declaration);
        Entity { name, by, title, fields, span: self.whole(declaration) }
    }

    pub(super) fn feed(&mut self, declaration: &Declaration) -> Feed {
        let head = self.head(Rule::feed_head, declaration);
        let block = self.needs_block(declaration);
        let name = self.named(head.as_deref(), declaration);
        let event = head.as_deref().and_then(|head| head.iter().rev().find(|node| node.rule() == Rule::name));
        let event = event.map_or_else(|| self.last_name(declaration), |event| event.word());
        let (mut timezone, mut source, mut id, mut each) = (None, None, None, None);
        let (mut skips, mut columns, mut fixed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut seen, mut seen_columns) = (Seen::default(), Seen::default());
        self.statements(block, Rule::feed_line, |builder, line| {
            let span = line.span();
            match line.rule() {
                Rule::timezone if builder.once(&mut seen, "timezone", span) => timezone = line.find(Rule::zone).map(|node| node.word()),
                Rule::source if builder.once(&mut seen, "source", span) => source = line.find(Rule::text).map(|text| builder.string(&text)),
                Rule::feed_id if builder.once(&mut seen, "id", span) => {
                    id = Some(match line.find(Rule::kw_row) {
                        Some(row) => FeedId::Row(row.span()),
                        None => FeedId::Columns(line.all(Rule::text).map(|text| builder.string(&text)).collect()),
                    });
                }
                Rule::feed_each if builder.once(&mut seen, "each", span) => {
                    each = line.find(Rule::text).map(|text| builder.string(&text));
                }
                Rule::feed_skip => skips.extend(builder.feed_skip(&line)),
                Rule::feed_column => {
                    let mut texts = line.all(Rule::text).map(|text| builder.string(&text)).collect::<Vec<_>>().into_iter();
                    let currency = line.find(Rule::in_column).and_then(|part| part.find(Rule::text)).map(|text| builder.string(&text));
                    if let (Some(field), Some(text)) = (line.name(), texts.next())
                        && builder.once(&mut seen_columns, &field.value, field.span)
                    {
                        match line.find(Rule::equals) {
                            Some(_) => fixed.push((field, text)),
                            None => columns.push(FeedColumn { field, column: text, currency, format: texts.next() }),
                        }
                    }
                }
                _ => {}
            }
        });
        Feed { name, event, timezone, source, id, each, skips, columns, fixed, span: self.whole(declaration) }
    }

    /// `skip when "Status" is not "Paid"`
    fn feed_skip(&mut self, line: &Node<'_>) -> Option<FeedSkip> {
        let column = line.find(Rule::text).map(|text| self.string(&text))?;
        let test = if let Some(part) = line.find(Rule::is_text) {
            FeedTest::Is(part.has(Rule::op_not), part.all(Rule::text).map(|text| self.string(&text)).collect())
        } else if let Some(part) = line.find(Rule::is_unknown) {
            FeedTest::Unknown(part.has(Rule::op_not))
        } else {
            FeedTest::Starts(line.find(Rule::starts_with)?.find(Rule::text).map(|text| self.string(&text))?)
        };
        Some(FeedSkip { column, test })
    }

    pub(super) fn metric(&mut self, declaration: &Declaration) -> Metric {
        let head = self.head(Rule::metric_head, declaration);
        let mut seen = Seen::default();
        let (mut title, mut better, mut kind, mut cite) = (Default::default(), None, None, None);
        self.statements(declaration.block.as_ref(), Rule::metric_line, |builder, line| {
            let span = line.span();
            match line.rule() {
                Rule::title if builder.once(&mut seen, "title", span) => title = builder.texts_in(&line),
                Rule::better if builder.once(&mut seen, "better", span) => better = line.find(Rule::direction).map(|word| direction(&word)),
                Rule::metric_kind if builder.once(&mut seen, "kind", span) => {
                    kind = line.find(Rule::result_or_process).map(|word| metric_kind(&word))
                }
                Rule::cite if builder.once(&mut seen, "cite", span) => cite = builder.cite(&line),
                _ => {}
            }
        });
        let name = self.named(head.as_deref(), declaration);
        let formula = self.formula_of(head.as_deref(), name.span, Place::Plain);
        let clock = head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == Rule::clock)).and_then(|clock| clock.name());
        Metric { name, formula, clock, title, better, kind, cite, span: self.whole(declaration) }
    }

    /// The formula of a head, or a broken one at `span` when the head did not parse.
    pub(super) fn formula_of(&mut self, head: Option<&[Node<'t>]>, span: Span, place: Place) -> Expr {
        match head.and_then(|head| head.iter().find(|node| node.rule() == Rule::expr)) {
            Some(node) => self.formula(node, place),
            None => Expr { kind: ExprKind::Broken, span },
        }
    }

    fn refuse_block(&mut self, declaration: &Declaration) {
        if let Some(token) = declaration.block.as_ref().and_then(|block| self.outline.token(block.open)) {
            let mistake = Diagnostic::new(&codes::UNWANTED_BLOCK, token.span()).arg("what", self.word(&declaration.head));
            self.report(mistake);
        }
    }

    /// The `"…" zh "…"` below a statement.
    pub(super) fn texts_in(&mut self, node: &Node) -> crate::syntax::ast::Text {
        node.find(Rule::texts).map(|texts| self.texts(&texts)).unwrap_or_default()
    }

    /// `cite "…" zh "…" checked 2026-03-01`
    pub(super) fn cite(&mut self, line: &Node) -> Option<Cite> {
        let checked = line.find(Rule::checked).and_then(|checked| Self::moment_in(&checked));
        line.has(Rule::text).then(|| Cite { text: self.texts(line), checked })
    }

    /// The first date or time below.
    pub(super) fn moment_in(node: &Node) -> Option<Spanned<String>> {
        node.children().find(|child| matches!(child.rule(), Rule::time | Rule::date)).map(|found| moment(&found))
    }
}

fn field_kind(word: &str) -> Option<FieldKind> {
    Some(match word {
        "id" => FieldKind::Id,
        "dimension" => FieldKind::Dimension,
        "text" => FieldKind::Text,
        "number" => FieldKind::Number,
        "count" => FieldKind::Count,
        "percent" => FieldKind::Percent,
        "money" => FieldKind::Money,
        "duration" => FieldKind::Duration,
        "time" => FieldKind::Time,
        "date" => FieldKind::Date,
        "flag" => FieldKind::Flag,
        _ => return None,
    })
}

pub(super) fn direction(word: &Node) -> Spanned<Better> {
    Spanned { value: if word.text() == "higher" { Better::Higher } else { Better::Lower }, span: word.span() }
}

pub(super) fn metric_kind(word: &Node) -> Spanned<MetricKind> {
    Spanned { value: if word.text() == "result" { MetricKind::Result } else { MetricKind::Process }, span: word.span() }
}
