//! What the handbook says, block by block.
//!
//! 1. The ruleset, its parameters, what arrives, tables, things, metrics.
//! 2. Each scorecard with its KPIs, curves, additions, red lines, grades, and an example that the evaluation computed from
//!    a test of the ruleset.
//! 3. Each alert in sentences.
//!
//! What packages declare stands among them, or is left to the handbooks of the packages ([`Whose`]).

use super::speak::Speaker;
use super::tables;
use crate::compile::program::{DimIdx, Metric, MetricIdx, Program, Ranking, Scalar, Scorecard, Text, Ties, Unit, Verdict};
use crate::diagnostic::{Lang, severity_said};
use crate::engine::show::{self, bare, human, ledger_of, payout_zh, unit_name};
use crate::engine::{Number, Score};
use crate::report::{Block, Cell, Drawn};
use crate::syntax::ast::{self, Alert, Event, Expect, ExpectSubject, File, Item, NoData, Test, TestStep, UnknownPolicy};
use crate::testing;
use crate::time::Period;
use rust_decimal::Decimal;
use std::collections::HashSet;
use std::sync::Arc;

/// Dimension values.
type Place = Vec<(DimIdx, Box<str>)>;

/// Whose declarations a handbook tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of the ruleset and of all packages.
    All,
    /// Those of the ruleset alone.
    Own,
}

/// The handbook of a ruleset. `program` comes from `text`.
pub fn book(program: &Arc<Program>, text: &str, whose: Whose, lang: Lang) -> Vec<Block> {
    let ruleset = crate::syntax::parse::parse(text).file;
    let file = crate::compile::joined(&ruleset);
    let own = match whose {
        Whose::All => None,
        Whose::Own => Some(ruleset.items.iter().filter_map(name).collect()),
    };
    let speaker = Speaker { program, text, lang };
    let mut book = Book { program, file: &file, own, text, speaker, blocks: Vec::new() };
    book.head();
    book.packages(&ruleset);
    book.params();
    book.events();
    book.tables();
    book.calendars();
    book.occasions();
    book.entities();
    book.metrics();
    book.targets();
    book.scorecards();
    book.alerts();
    book.blocks
}

/// The name that a declaration gives.
fn name(item: &Item) -> Option<&str> {
    let ident = match item {
        Item::Param(param) => &param.name,
        Item::Event(event) => &event.name,
        Item::Table(table) => &table.name,
        Item::Calendar(calendar) => &calendar.name,
        Item::Occasion(occasion) => &occasion.name,
        Item::Entity(entity) => &entity.name,
        Item::Metric(metric) => &metric.name,
        Item::Ledger(ledger) => &ledger.name,
        Item::Target(target) => &target.name,
        Item::Scorecard(card) => &card.name,
        Item::Alert(alert) => &alert.name,
        Item::Dimension(_) | Item::Feed(_) | Item::Test(_) => return None,
    };
    Some(&ident.value)
}

struct Book<'a> {
    program: &'a Arc<Program>,
    file: &'a File,
    /// The names to tell of; None for all.
    own: Option<HashSet<&'a str>>,
    text: &'a str,
    speaker: Speaker<'a>,
    blocks: Vec<Block>,
}

impl Book<'_> {
    fn say(&self, en: &str, zh: &str) -> String {
        self.speaker.pick(en, zh).to_owned()
    }

    fn title(&self, title: &Text) -> String {
        self.speaker.pick(&title.en, title.zh.as_deref().unwrap_or(&title.en)).to_owned()
    }

    /// The title of something, and its name when that is another.
    fn heading(&mut self, title: &Text, name: &str) {
        let title = self.title(title);
        let text = if title == name { title } else { format!("{title} ({name})") };
        self.blocks.push(Block::Heading(3, text));
    }

    fn section(&mut self, en: &str, zh: &str) {
        let text = self.say(en, zh);
        self.blocks.push(Block::Heading(2, text));
    }

    fn text(&mut self, text: String) {
        self.blocks.push(Block::Text(text));
    }

    fn table(&mut self, header: &[(&str, &str)], rows: Vec<Vec<String>>) {
        let header = header.iter().map(|(en, zh)| self.say(en, zh)).collect();
        let rows = rows.into_iter().map(|row| row.into_iter().map(Cell::from).collect()).collect();
        self.blocks.push(Block::Table(header, rows));
    }

    fn items<T>(&self, pick: impl Fn(&Item) -> Option<&T>) -> Vec<&T> {
        self.file.items.iter().filter_map(pick).collect()
    }

    /// Whether the handbook tells of what is called so.
    fn tells(&self, name: &str) -> bool {
        self.own.as_ref().is_none_or(|own| own.contains(name))
    }

    fn unit(&self, unit: &Unit) -> String {
        let (en, zh) = match unit {
            Unit::Number => ("number", "数"),
            Unit::Count => ("count", "个数"),
            Unit::Percent => ("percent", "百分比"),
            Unit::Money(_) => return format!("{} {}", self.say("money in", "金额，货币"), unit_name(unit)),
            Unit::MoneyIn(field) => return format!("{} {field}", self.say("money in the currency that is said by", "金额，货币见")),
            Unit::Duration => ("duration", "时长"),
            Unit::Time => ("time", "时刻"),
            Unit::Date => ("date", "日期"),
            Unit::Text => ("text", "文本"),
            Unit::Flag => ("yes or no", "是或否"),
        };
        self.say(en, zh)
    }

    fn decimal(&self, value: Decimal, unit: &Unit) -> String {
        human(&Scalar::Number(value), unit, &self.program.zone, self.speaker.lang)
    }

    fn head(&mut self) {
        let program = Arc::clone(self.program);
        self.blocks.push(Block::Heading(1, self.title(&program.title)));
        let mut text = format!("{} {}, {}, {}", program.name, program.version, program.currency, program.zone.name());
        let zones = program.zones.iter().flat_map(|zones| zones.by_value());
        zones.for_each(|(value, zone)| text += &format!(", {value} {}", zone.name()));
        text += &self.say(". This handbook was made from the ruleset itself.", "。本手册由规则集自动生成。");
        self.text(text);
        if let Some(year) = self.file.header.as_ref().and_then(|header| header.year.as_ref()) {
            let written = self.text.get(year.span.range()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            let text = format!("{}{written}", self.say("The years in force: ", "采用的年度："));
            self.text(text);
        }
    }

    fn params(&mut self) {
        let program = Arc::clone(self.program);
        let params: Vec<_> = program.params.iter().filter(|param| self.tells(&param.name)).collect();
        if params.is_empty() {
            return;
        }
        self.section("Parameters", "参数");
        let row = |param: &crate::compile::program::Param| {
            let value = human(&param.value, &param.unit, &program.zone, self.speaker.lang);
            vec![self.title(&param.title), param.name.clone(), value]
        };
        let rows = params.into_iter().map(row).collect();
        self.table(&[("parameter", "参数"), ("name", "标识"), ("value", "取值")], rows);
    }

    /// Where the rest stands, when the handbook tells of the ruleset alone.
    fn packages(&mut self, ruleset: &File) {
        if self.own.is_none() || ruleset.uses.is_empty() {
            return;
        }
        let used = ruleset.uses.iter().map(|used| used.package.value.as_str());
        let used = used.collect::<Vec<_>>().join(self.speaker.pick(", ", "、"));
        self.text(format!(
            "{}{used}",
            self.say("What it takes from packages stands in their own handbooks: ", "来自包的内容见各包的手册：")
        ));
    }

    fn events(&mut self) {
        let program = Arc::clone(self.program);
        let events: Vec<_> = program.events.iter().filter(|decl| decl.entity.is_none() && self.tells(&decl.name)).collect();
        if events.is_empty() {
            return;
        }
        self.section("What arrives", "接收的事件");
        for decl in events {
            self.heading(&decl.title, &decl.name);
            let written = self.items(|item| if let Item::Event(event) = item { Some(event) } else { None });
            let notes = written.into_iter().find(|event| event.name.value == decl.name).map(|event| self.notes(event)).unwrap_or_default();
            if !notes.is_empty() {
                self.text(notes);
            }
            let rows = decl.fields.iter().map(|field| {
                use crate::compile::program::FieldRole;
                let kind = match field.role {
                    FieldRole::Id => self.say("names a thing", "标识某个对象"),
                    FieldRole::Dimension => self.say("dimension", "维度"),
                    FieldRole::Level => format!("{}{}", self.unit(&field.unit), self.say(", a level", "，存量")),
                    FieldRole::Rate => self.say("exchange rate", "汇率"),
                    FieldRole::Flow => self.unit(&field.unit),
                };
                let optional = if field.optional { self.say("may be missing", "可缺") } else { String::new() };
                vec![field.name.clone(), kind, optional]
            });
            let rows = rows.collect();
            self.table(&[("field", "字段"), ("kind", "类型"), ("", "")], rows);
        }
    }

    /// How an event replaces others and where it stands in time.
    fn notes(&self, event: &Event) -> String {
        let mut notes = Vec::new();
        if !event.replaces_by.is_empty() {
            let keys = event.replaces_by.iter().map(|key| key.value.as_str()).collect::<Vec<_>>().join(self.speaker.pick(", ", "、"));
            notes.push(match self.speaker.lang {
                Lang::En => format!("A later row replaces the one with the same {keys}."),
                Lang::Zh => format!("{keys} 相同时，新的一行取代旧的一行。"),
            });
        }
        if !event.prefer.is_empty() {
            let sources = event.prefer.iter().map(|source| source.value.as_str()).collect::<Vec<_>>();
            notes.push(match self.speaker.lang {
                Lang::En => format!("Of several sources the first one counts of {}, then any other.", sources.join(", ")),
                Lang::Zh => format!("多个来源同时存在时，依次采用 {}，最后才是其他来源。", sources.join("、")),
            });
        }
        if let Some(clock) = &event.clock {
            notes.push(match self.speaker.lang {
                Lang::En => format!("It counts at its {}.", clock.value),
                Lang::Zh => format!("按 {} 归入时间窗口。", clock.value),
            });
        }
        if let Some(settles) = &event.settles {
            let settles = self.speaker.duration(settles.value);
            notes.push(match self.speaker.lang {
                Lang::En => format!("Rows may still change for {settles}."),
                Lang::Zh => format!("{settles}内仍可能更正。"),
            });
        }
        notes.join(self.speaker.pick(" ", ""))
    }

    /// What rules look up, row by row with its source.
    fn tables(&mut self) {
        let program = Arc::clone(self.program);
        let written = self.items(|item| if let Item::Table(table) = item { Some(table) } else { None });
        let written: Vec<ast::Table> = written.into_iter().filter(|one| self.tells(&one.name.value)).cloned().collect();
        if !written.is_empty() {
            self.section("Limits and other tables", "限值与对照表");
        }
        let found = |one: &ast::Table| program.tables.iter().find(|table| table.name == one.name.value);
        for (table, compiled) in written.iter().filter_map(|one| Some((one, found(one)?))) {
            self.heading(&compiled.title, &compiled.name);
            self.blocks.extend(tables::rows(table, &self.speaker));
        }
    }

    /// When people work, line by line as it is written.
    fn calendars(&mut self) {
        let calendars = self.items(|item| if let Item::Calendar(calendar) = item { Some(calendar) } else { None });
        let calendars: Vec<ast::Calendar> = calendars.into_iter().filter(|one| self.tells(&one.name.value)).cloned().collect();
        if calendars.is_empty() {
            return;
        }
        self.section("Calendars", "日历");
        for calendar in calendars {
            let title = calendar.title.en.as_ref().map_or(calendar.name.value.as_str(), |en| en.value.as_str()).to_owned();
            let text = Text { zh: calendar.title.zh.as_ref().map(|zh| zh.value.clone()), en: title };
            self.heading(&text, &calendar.name.value);
            let lines = self.text.get(calendar.span.range()).unwrap_or_default().lines().map(str::trim);
            let lines: Vec<String> = lines
                .filter(|line| ["timezone", "work", "closed", "open", "covers"].iter().any(|word| line.starts_with(word)))
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            self.text(lines.join(self.speaker.pick("; ", "；")));
        }
    }

    /// The days of every named event.
    fn occasions(&mut self) {
        let program = Arc::clone(self.program);
        let occasions: Vec<_> = program.occasions.iter().filter(|occasion| self.tells(&occasion.name)).collect();
        if !occasions.is_empty() {
            self.section("Events with a name", "活动");
        }
        for occasion in occasions {
            self.heading(&occasion.title, &occasion.name);
            let days = occasion.days.iter().map(|(first, last)| format!("{first} – {last}")).collect::<Vec<_>>();
            self.text(days.join(self.speaker.pick("; ", "；")));
        }
    }

    fn entities(&mut self) {
        let program = Arc::clone(self.program);
        let entities = self.items(|item| if let Item::Entity(entity) = item { Some(entity) } else { None });
        let entities: Vec<ast::Entity> = entities.into_iter().cloned().collect();
        let entities: Vec<_> = entities.iter().zip(&program.entities).filter(|(one, _)| self.tells(&one.name.value)).collect();
        if entities.is_empty() {
            return;
        }
        self.section("Things", "对象");
        for (entity, compiled) in entities {
            let Some(decl) = program.events.get(compiled.event) else { continue };
            self.heading(&decl.title, &decl.name);
            self.text(match self.speaker.lang {
                Lang::En => format!("What the events say together about one thing, known by its {}.", entity.by.value),
                Lang::Zh => format!("以 {} 识别，由相关事件汇总而成。", entity.by.value),
            });
            let rows = entity.fields.iter().map(|field| {
                let formula = self.text.get(field.value.span.range()).unwrap_or_default();
                let unit = decl.fields.iter().find(|one| one.name == field.name.value).map(|one| self.unit(&one.unit));
                vec![field.name.value.clone(), formula.split_whitespace().collect::<Vec<_>>().join(" "), unit.unwrap_or_default()]
            });
            let rows = rows.collect();
            self.table(&[("field", "字段"), ("formula", "公式"), ("kind", "类型")], rows);
        }
    }

    fn metrics(&mut self) {
        let program = Arc::clone(self.program);
        let declared = self.items(|item| match item {
            Item::Metric(metric) => Some(&metric.name),
            Item::Ledger(ledger) => Some(&ledger.name),
            _ => None,
        });
        let names: Vec<String> = declared.into_iter().map(|name| name.value.clone()).filter(|name| self.tells(name)).collect();
        if names.is_empty() {
            return;
        }
        self.section("What is measured", "指标");
        for metric in names.iter().filter_map(|name| program.metrics.iter().find(|metric| metric.name == *name)) {
            self.heading(&metric.title, &metric.name);
            self.blocks.push(Block::Code(format!("{} = {}", metric.name, metric.text)));
            if ledger_of(metric).is_some() {
                self.text(self.say(
                    "An account, moved day by day: first the reset, then the decay, what expires, and the entries in this order.",
                    "台账：逐日变动，依次为清零、衰减、失效，再按上列顺序记入各项。",
                ));
            }
            let mut facts = vec![format!("{}{}", self.say("Unit: ", "单位："), self.unit(&metric.unit))];
            match metric.higher_is_better {
                Some(true) => facts.push(self.say("Higher is better", "越高越好")),
                Some(false) => facts.push(self.say("Lower is better", "越低越好")),
                None => {}
            }
            facts.extend(self.clocks(metric));
            if metric.process {
                facts.push(self.say("An activity, not an outcome", "过程指标"));
            }
            if let Some(cite) = &metric.cite {
                let checked = cite.checked.map(|day| format!("{}{day}", self.say(", checked on ", "，核对于 "))).unwrap_or_default();
                facts.push(format!("{}{}{checked}", self.say("Defined in: ", "定义出处："), self.title(&cite.text)));
            }
            self.blocks.push(Block::List(facts));
        }
    }

    /// By which times the events of a metric are counted.
    fn clocks(&self, metric: &Metric) -> Option<String> {
        let mut clocks: Vec<String> = Vec::new();
        for leaf in metric.leaves.iter().filter_map(|leaf| self.program.leaves.get(*leaf)) {
            let event = self.program.events.get(leaf.event)?;
            let field = leaf.clock.and_then(|clock| event.fields.get(clock)).map_or("time", |field| field.name.as_str());
            let clock = format!("{}.{field}", event.name);
            if !clocks.contains(&clock) {
                clocks.push(clock);
            }
        }
        let by = self.say("Counted by: ", "归入时间：");
        (!clocks.is_empty()).then(|| by + &clocks.join(self.speaker.pick(", ", "、")))
    }

    /// Targets, line by line as they are written.
    fn targets(&mut self) {
        let targets = self.items(|item| if let Item::Target(target) = item { Some(target) } else { None });
        let targets: Vec<ast::Target> = targets.into_iter().filter(|one| self.tells(&one.name.value)).cloned().collect();
        if targets.is_empty() {
            return;
        }
        self.section("Targets", "目标");
        for target in &targets {
            let metric = self.program.metrics.iter().find(|metric| metric.name == target.name.value);
            let title = metric.map_or_else(|| target.name.value.clone(), |metric| self.title(&metric.title));
            self.blocks.push(Block::Heading(3, title));
            let rows = target.rows.iter().map(|row| {
                let scope =
                    show::scope(row.scope.iter().map(|(dim, value)| (dim.value.as_str(), value.value.as_str()))).unwrap_or_default();
                let from = row.from.as_ref().map(|from| from.value.clone()).unwrap_or_default();
                vec![row.period.value.clone(), scope, self.speaker.expr(&row.value, ""), from]
            });
            let rows: Vec<_> = rows.collect();
            if !rows.is_empty() {
                self.table(&[("period", "周期"), ("scope", "范围"), ("target", "目标值"), ("counts from", "生效日期")], rows);
            }
            if let Some((every, told)) = &target.told {
                let (grain, event) = (self.speaker.grain(every.value), &told.event.value);
                self.text(match self.speaker.lang {
                    Lang::En => format!("Events `{event}` tell amounts of a {grain}, each from its day on."),
                    Lang::Zh => format!("各{grain}的数额由事件 `{event}` 说明，各自从其日期起生效。"),
                });
            }
            let splits = target.splits.iter().map(|split| self.text.get(split.span.range()).unwrap_or_default().to_owned());
            let lines: Vec<String> = splits.collect();
            if !lines.is_empty() {
                self.blocks.push(Block::Code(lines.join("\n")));
            }
        }
    }

    fn scorecards(&mut self) {
        let program = Arc::clone(self.program);
        let cards = self.items(|item| if let Item::Scorecard(card) = item { Some(card) } else { None });
        let cards: Vec<ast::Scorecard> = cards.into_iter().cloned().collect();
        let cards: Vec<_> = cards.iter().zip(&program.scorecards).filter(|(one, _)| self.tells(&one.name.value)).collect();
        if !cards.is_empty() {
            self.section("What is expected", "记分卡");
        }
        for (written, card) in cards {
            self.heading(&card.title, &card.name);
            let per = names(&written.per, self.speaker.lang);
            let grain = self.speaker.grain(written.every.value);
            self.text(match (self.speaker.lang, per.is_empty()) {
                (Lang::En, true) => format!("Once every {grain}."),
                (Lang::En, false) => format!("For each {per}, every {grain}."),
                (Lang::Zh, true) => format!("每{grain}一次。"),
                (Lang::Zh, false) => format!("按 {per}，每{grain}一次。"),
            });
            self.kpis(card, written);
            self.rules(card, written);
            self.grades(card, written);
            self.example(card, written);
        }
    }

    fn kpis(&mut self, card: &Scorecard, written: &ast::Scorecard) {
        let (mut rows, mut curves) = (Vec::new(), Vec::new());
        for (kpi, line) in card.kpis.iter().zip(&written.kpis) {
            let name = self.kpi(line);
            let points: Vec<_> =
                kpi.curve.points.iter().map(|(value, points)| (*value, self.decimal(*value, &kpi.unit), *points)).collect();
            let (Some(first), Some(last)) = (points.first(), points.last()) else { continue };
            let (below, above) = (kpi.curve.below.unwrap_or(first.2), kpi.curve.above.unwrap_or(last.2));
            let colon = self.speaker.pick(": ", "：");
            let mut parts = vec![format!("{} {}{colon}{}", self.say("below", "低于"), first.1, bare(below))];
            parts.extend(points.iter().map(|(_, text, points)| format!("{text}{colon}{}", bare(*points))));
            parts.push(format!("{} {}{colon}{}", self.say("above", "高于"), last.1, bare(above)));
            rows.push(vec![name.clone(), bare(kpi.weight), parts.join(self.speaker.pick("; ", "；"))]);
            curves.push(Block::Curve(Drawn { title: name, points, below, above }));
        }
        self.table(&[("KPI", "指标"), ("weight", "权重"), ("points, linear in between", "得分（两点之间线性插值）")], rows);
        self.blocks.extend(curves);
    }

    /// What a KPI measures.
    fn kpi(&self, line: &ast::Kpi) -> String {
        let metric = self.program.metrics.iter().find(|metric| metric.name == line.metric.value);
        let title = metric.map_or_else(|| line.metric.value.clone(), |metric| self.title(&metric.title));
        let attained = line.attainment.map(|_| self.say(", share of its target", "，目标完成率")).unwrap_or_default();
        let window = line
            .window
            .as_ref()
            .map(|window| format!("{}{}", self.speaker.pick(" ", ""), self.speaker.window(window.value)))
            .unwrap_or_default();
        let named = line.occasion.as_ref().and_then(|at| self.text.get(at.span.range()));
        let window = named.map_or(window, |named| format!("{}over {named}", self.speaker.pick(" ", "")));
        format!("{title}{window}{attained}")
    }

    /// Additions, deductions, red lines, the unknown and the cap.
    fn rules(&mut self, card: &Scorecard, written: &ast::Scorecard) {
        let mut lines = Vec::new();
        for (line, compiled) in written.adjustments.iter().zip(&card.adjustments) {
            let points = bare(compiled.points.abs());
            let mut text = format!("{}{}{points}", self.title(&compiled.title), self.say(": ", "："));
            text = text.replace(&points, &if line.deduct { format!("-{points}") } else { format!("+{points}") });
            if let Some(each) = &line.for_each {
                text += &format!("{}{}", self.say(" for each of: ", "，每个："), self.speaker.expr(each, ""));
            }
            if let Some(most) = compiled.at_most {
                text += &format!("{}{}", self.say(", at most ", "，最多 "), bare(most));
            }
            if let Some(when) = &line.when {
                text += &format!("{}{}", self.say(" when ", "，条件："), self.speaker.expr(when, ""));
            }
            lines.push(text);
        }
        for (line, compiled) in written.vetoes.iter().zip(&card.vetoes) {
            let (title, when) = (self.title(&compiled.title), self.speaker.expr(&line.when, ""));
            let forced = |then: &ast::Verdict| then.grade().map(|grade| grade.value.clone()).unwrap_or_default();
            lines.push(match (&line.then, compiled.then, self.speaker.lang) {
                (_, Verdict::Score(most), Lang::En) => format!("{title}: when {when} the score is {} at most", bare(most)),
                (_, Verdict::Score(most), Lang::Zh) => format!("{title}：{when} 时，总分最高为 {}", bare(most)),
                (then, Verdict::Grade(_), Lang::En) => format!("{title}: when {when} the grade is {} at best", forced(then)),
                (then, Verdict::Grade(_), Lang::Zh) => format!("{title}：{when} 时，等级最高为 {}", forced(then)),
            });
        }
        for (line, compiled) in written.gates.iter().zip(&card.gates) {
            let (title, when) = (self.title(&compiled.title), self.speaker.expr(&line.when, ""));
            lines.push(match (self.speaker.lang, line.marks) {
                (Lang::En, false) => format!("{title}: when {when} there is no score"),
                (Lang::En, true) => format!("{title}: when {when} the score is marked"),
                (Lang::Zh, false) => format!("{title}：{when} 时不出分"),
                (Lang::Zh, true) => format!("{title}：{when} 时为得分加标记"),
            });
        }
        if let Some(cap) = card.cap {
            lines.push(format!("{}{}", self.say("The score is at most ", "总分上限："), bare(cap)));
        }
        if card.schedule.is_some() {
            lines.push(format!("{}{}", self.say("Looked at only then: ", "仅在此时评分："), self.speaker.schedule(&card.schedule_text)));
        }
        if let Some(policy) = &written.unknown {
            lines.push(match policy.value {
                UnknownPolicy::Reweight => {
                    self.say("The weight of a KPI without a value is spread over the others", "指标数值未知时，其权重分摊到其他指标")
                }
                UnknownPolicy::Zero => self.say("A KPI without a value scores 0", "指标数值未知时，得 0 分"),
                UnknownPolicy::Withhold => self.say("A KPI without a value leaves the score unknown", "任一指标数值未知时，不出总分"),
            });
        }
        if !lines.is_empty() {
            self.blocks.push(Block::List(lines));
        }
    }

    /// Grades by rank: shares, peers and who is level.
    fn shares(&mut self, card: &Scorecard, ranking: &Ranking) {
        let rows = card
            .grades
            .iter()
            .zip(&ranking.shares)
            .map(|(grade, share)| vec![grade.name.clone(), self.decimal(*share, &Unit::Percent), self.pay(card, grade.payout)]);
        let rows = rows.collect();
        self.table(&[("grade", "等级"), ("share of the ranked", "占比"), self.listed(card)], rows);
        let name = |metric: &MetricIdx| self.program.metrics.get(*metric).map(|metric| self.title(&metric.title)).unwrap_or_default();
        self.text(match (&ranking.ties, self.speaker.lang) {
            (Ties::Better, Lang::En) => "Who is level gets the better grade.".to_owned(),
            (Ties::Better, Lang::Zh) => "并列者取较好的等级。".to_owned(),
            (Ties::Worse, Lang::En) => "Who is level gets the worse grade.".to_owned(),
            (Ties::Worse, Lang::Zh) => "并列者取较差的等级。".to_owned(),
            (Ties::By(metric, _), Lang::En) => format!("Of those who are level, {} decides; then the better grade is given.", name(metric)),
            (Ties::By(metric, _), Lang::Zh) => format!("并列时比较{}；仍并列者取较好的等级。", name(metric)),
        });
    }

    fn grades(&mut self, card: &Scorecard, written: &ast::Scorecard) {
        if card.grades.is_empty() {
            return;
        }
        if let Some(ranking) = &card.ranking {
            self.shares(card, ranking);
            return self.base(card, written);
        }
        let rows = card.grades.iter().map(|grade| {
            let least = grade.at_least.map_or_else(|| self.say("any other", "其他"), bare);
            vec![grade.name.clone(), least, self.pay(card, grade.payout)]
        });
        let rows = rows.collect();
        self.table(&[("grade", "等级"), ("from", "最低得分"), self.listed(card)], rows);
        self.base(card, written);
    }

    /// What the last column of the grades is called: their payouts, or coefficients of a base that each scope has its own of.
    fn listed(&self, card: &Scorecard) -> (&'static str, &'static str) {
        if card.payout_base.is_some() { ("coefficient", "系数") } else { ("payout", payout_zh(&card.payout_unit)) }
    }

    /// What a grade pays: an amount where the card has a constant base, else a coefficient.
    fn pay(&self, card: &Scorecard, payout: Option<Decimal>) -> String {
        let said = |payout| if *card.listed_unit() == Unit::Number { bare(payout) } else { self.decimal(payout, card.listed_unit()) };
        payout.map(said).unwrap_or_default()
    }

    /// How pay is made of a base.
    fn base(&mut self, card: &Scorecard, written: &ast::Scorecard) {
        let Some(base) = &written.payout_base else { return };
        let each = |payout: &ast::Payout| {
            let coefficient = self.text.get(payout.coefficient.span.range()).unwrap_or_default();
            format!("{} {coefficient}", payout.grade.value)
        };
        let coefficients = written.payout.iter().map(each).collect::<Vec<_>>().join(self.speaker.pick(", ", "，"));
        let (base, what) = (self.speaker.expr(base, ""), payout_zh(&card.payout_unit));
        if card.payout_base.is_some() {
            return self.text(match self.speaker.lang {
                Lang::En => {
                    format!("Each payout is the coefficient of the grade times {base} of the scope in the period; less than 0 counts as 0.")
                }
                Lang::Zh => format!("{what}为等级系数乘以各自在该周期的 {base}；低于 0 按 0 计。"),
            });
        }
        self.text(match self.speaker.lang {
            Lang::En => format!("Each payout is {base} times the coefficient of the grade: {coefficients}."),
            Lang::Zh => format!("{what}为基数 {base} 乘以等级的系数：{coefficients}。"),
        });
    }

    /// The first score that a test expects and that is known.
    fn example(&mut self, card: &Scorecard, written: &ast::Scorecard) {
        let tests = self.items(|item| if let Item::Test(test) = item { Some(test) } else { None });
        let Some((period, scope, score)) = tests.into_iter().find_map(|test| self.scored(card, test)) else { return };
        let name = |dim: DimIdx| self.program.dims.get(dim).map_or("", String::as_str);
        let scope = show::scope(scope.iter().map(|(dim, value)| (name(*dim), &**value))).unwrap_or_default();
        self.text(match self.speaker.lang {
            Lang::En => format!("An example, from a test of the ruleset: {scope} in {period}."),
            Lang::Zh => format!("示例（取自规则集的测试）：{scope}，{period}。"),
        });
        let dash = || "-".to_owned();
        let rows = score.parts.iter().zip(card.kpis.iter().zip(&written.kpis)).map(|(part, (kpi, line))| {
            let title = self.kpi(line);
            let value = part.value.decimal().map_or_else(|| self.say("unknown", "未知"), |value| self.decimal(value, &kpi.unit));
            let numbers = [part.points, Some(part.effective_weight), part.contribution];
            let numbers = numbers.map(|number| number.map_or_else(dash, |number| bare(number.round_dp(4))));
            [title, value].into_iter().chain(numbers).collect()
        });
        let rows = rows.collect();
        self.table(&[("KPI", "指标"), ("value", "数值"), ("points", "得分"), ("weight", "权重"), ("adds", "贡献")], rows);
        let mut lines = vec![format!("{}{}", self.say("Weighted sum: ", "加权合计："), shown(&score.weighted))];
        let adjusted = card.adjustments.iter().zip(&score.adjustments).filter(|(_, adjusted)| !adjusted.points.is_zero());
        lines.extend(
            adjusted.map(|(line, adjusted)| format!("{}{}{}", self.title(&line.title), self.say(": ", "："), bare(adjusted.points))),
        );
        lines.push(format!("{}{}", self.say("Score: ", "总分："), shown(&score.total)));
        if let Some(grade) = score.grade.and_then(|grade| card.grades.get(grade)) {
            let payout = score.paid().map(|payout| {
                format!(
                    "{}{}",
                    self.say(", payout ", &format!("，{} ", payout_zh(&card.payout_unit))),
                    self.decimal(payout, &card.payout_unit)
                )
            });
            let payout = payout.unwrap_or_default();
            lines.push(format!("{}{}{payout}", self.say("Grade: ", "等级："), grade.name));
        }
        self.blocks.push(Block::List(lines));
    }

    fn scored(&self, card: &Scorecard, test: &Test) -> Option<(Period, Place, Score)> {
        let asked = test.steps.iter().filter_map(|step| match step {
            TestStep::Expect(Expect { subject: ExpectSubject::Score(name, period), scope, .. }) if name.value == card.name => {
                Some((period, scope))
            }
            _ => None,
        });
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() {
            return None;
        }
        let played = testing::play(self.program, test, self.text, None)?;
        let reader = played.replay.reader(played.at);
        asked.into_iter().find_map(|(period, scope)| {
            let scope = scope.iter().map(|(name, value)| {
                let dim = self.program.dims.iter().position(|dim| *dim == name.value)?;
                Some((dim, value.value.clone().into_boxed_str()))
            });
            let scope = scope.collect::<Option<Vec<_>>>()?;
            let period = match period {
                Some(label) => Period::parse(&label.value, self.program.reckoning).ok()?,
                None => Period::holding(card.every, self.program.zone_in(&scope).day_of(played.at), self.program.reckoning),
            };
            let score = reader.score(card, period, &scope).ok()?;
            score.total.decimal().map(|_| (period, scope, score))
        })
    }

    fn alerts(&mut self) {
        let program = Arc::clone(self.program);
        let alerts = self.items(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
        let alerts: Vec<Alert> = alerts.into_iter().cloned().collect();
        let alerts: Vec<_> = alerts.iter().zip(&program.alerts).filter(|(one, _)| self.tells(&one.name.value)).collect();
        if !alerts.is_empty() {
            self.section("What must not happen", "预警");
        }
        for (written, rule) in alerts {
            self.heading(&rule.title, &rule.name);
            let subject = self.speaker.expr(&written.subject, "");
            let window = written
                .window
                .as_ref()
                .map(|window| format!("{}{}", self.speaker.pick(" ", ""), self.speaker.window(window.value)))
                .unwrap_or_default();
            let per = names(&written.per, self.speaker.lang);
            self.text(match (self.speaker.lang, per.is_empty()) {
                (Lang::En, true) => format!("Watches {subject}{window}."),
                (Lang::En, false) => format!("Watches {subject}{window} for each {per}."),
                (Lang::Zh, true) => format!("监控 {subject}{window}。"),
                (Lang::Zh, false) => format!("按 {per} 监控 {subject}{window}。"),
            });
            let mut lines = self.sentences(written, &subject);
            if rule.schedule.is_some() {
                let when = self.speaker.schedule(&rule.schedule_text);
                lines.push(format!("{}{when}", self.say("Looked at only then: ", "仅在此时判断：")));
            }
            self.blocks.push(Block::List(lines));
        }
    }

    fn sentences(&self, alert: &Alert, subject: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for level in &alert.levels {
            let (word, en) = match level.severity.value {
                ast::AlertSeverity::Info => ("info", "Informs"),
                ast::AlertSeverity::Warning => ("warning", "Warns"),
                ast::AlertSeverity::Critical => ("critical", "Is critical"),
            };
            let severity = self.say(en, &format!("{}（{word}）", severity_said(word, Lang::Zh)));
            let hold = level.hold.as_ref().map(|hold| self.speaker.hold(&hold.value)).unwrap_or_default();
            let judged = match level.judged.as_ref().map(|judged| judged.value) {
                Some(ast::Judged::Early) => {
                    self.say(", as soon as it is certain, before the period is over", "，一旦确定即触发，不等周期结束")
                }
                Some(ast::Judged::SoFar) => self.say(", as it stands so far", "，按截至目前的数值"),
                None => String::new(),
            };
            lines.push(format!("{severity}{}{}{hold}{judged}", self.say(" when ", "："), self.speaker.expr(&level.when, subject)));
        }
        match &alert.clear {
            Some(clear) => lines.push(format!("{}{}", self.say("Is over when ", "恢复条件："), self.speaker.expr(clear, subject))),
            None => lines.push(self.say("Is over when no condition holds any more", "条件都不再满足时恢复")),
        }
        for line in &alert.exempts {
            lines.push(format!("{}{}", self.say("Is not judged when ", "不参与判断的条件："), self.speaker.expr(&line.when, subject)));
        }
        for line in &alert.inhibited {
            let by = names(&line.by, self.speaker.lang);
            lines.push(format!("{}{by}", self.say("Tells nobody while this fires: ", "以下预警触发期间不通知：")));
        }
        if let Some(grouped) = &alert.grouped {
            lines.push(match names(&grouped.by, self.speaker.lang) {
                none if none.is_empty() => self.say("What is due at the same time is told in one message", "同时到期的通知合并为一条"),
                by => format!(
                    "{}{by}",
                    self.say("What is due at the same time is told in one message for each ", "同时到期的通知合并为一条，分组维度：")
                ),
            });
        }
        if let Some(policy) = &alert.no_data {
            lines.push(match policy.value {
                NoData::Keep => self.say("Without data it stays as it is", "没有数据时保持原状"),
                NoData::Alert => self.say("Without data its first condition counts as met", "没有数据时视为满足第一个条件"),
                NoData::Clear => self.say("Without data it is over", "没有数据时恢复"),
            });
        }
        if !alert.notify.is_empty() {
            lines.push(format!("{}{}", self.say("Tells: ", "通知："), names(&alert.notify, self.speaker.lang)));
        }
        if let Some(repeat) = &alert.repeat {
            let every = self.speaker.duration(repeat.value);
            lines.push(format!("{}{every}", self.say("Reminds every ", "持续期间再次提醒，间隔 ")));
        }
        lines
    }
}

/// Names with commas between them.
fn names(names: &[ast::Ident], lang: Lang) -> String {
    let comma = match lang {
        Lang::En => ", ",
        Lang::Zh => "、",
    };
    names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(comma)
}

fn shown(number: &Number) -> String {
    number.decimal().map_or_else(|| "-".to_owned(), |number| bare(number.round_dp(4)))
}
