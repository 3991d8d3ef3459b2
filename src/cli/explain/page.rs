//! An explained number, for people and as JSON.
//!
//! 1. Its formula as written and its value.
//! 2. Its window, its scope, the instant it is for and the exact ruleset.
//! 3. The metrics in it, each with its own formula, value and window.
//! 4. The accounts of ledgers in it, line by line.
//! 5. The aggregates in it, each with its value, its window, the number of events behind it and the first ids of these.
//! 6. Who counted for them on which days, at a scope above that of the events.
//! 7. The values of tables in it, each with where it was published.
//! 8. The numbers of other scopes in it, each with its first parts.

use super::super::Stop;
use super::super::output::{Output, table};
use crate::compile::program::{DimIdx, MetricIdx, Program, Scalar, Text, Unit};
use crate::diagnostic::{Diagnostic, Lang, codes::cli as codes};
use crate::engine::Number;
use crate::engine::replay::Replay;
use crate::engine::show::{bare, human, ledger_of, moved, plain, reason, unit_name};
use crate::eval::{Aggregate, Cause, Explanation, Member, Nested, Range};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The characters of the ruleset's hash that people are shown.
const HASH_SHOWN: usize = 12;

/// What every explanation of a replay shares.
pub struct Page<'a> {
    /// The ruleset.
    pub program: &'a Program,
    /// The replay with the events.
    pub replay: &'a Replay,
    /// The dimension values that the number is for.
    pub scope: &'a [(DimIdx, Box<str>)],
    /// The instant up to which time was read.
    pub at: Instant,
    /// At most so many ids of each aggregate.
    pub ids: usize,
    /// Where to.
    pub output: Output,
}

impl Page<'_> {
    /// Prints a metric.
    pub fn metric(&self, index: usize, explained: &Explanation) {
        let Some(metric) = self.program.metrics.get(index) else { return };
        let mut document = self.head(explained.at);
        document.extend([("metric".to_owned(), json!(metric.name))]);
        document.extend(self.json(Some(index), &metric.text, &metric.unit, explained));
        self.output.document(&Value::Object(document));
        if self.output.is_human() {
            self.draw(&metric.name, &metric.text, &metric.unit, explained);
            self.facts(&[(self.output.text("title", "名称"), self.title(&metric.title, &metric.name))], &explained.range, explained.at);
            self.tables(Some(index), explained);
        }
    }

    /// Draws the formula and the value.
    pub fn draw(&self, name: &str, text: &str, unit: &Unit, explained: &Explanation) {
        self.output.line(&format!("{name} = {text}"));
        self.output.line(&format!("{name} = {}", self.show(&explained.value, unit)));
    }

    /// Draws what is known of the number beside its formula; empty facts are left out.
    pub fn facts(&self, first: &[(&str, String)], range: &Range, at: Instant) {
        let text = |en, zh| self.output.text(en, zh);
        let hash: String = self.program.hash.chars().take(HASH_SHOWN).collect();
        let mut facts = first.to_vec();
        facts.push((text("window", "窗口"), self.range(range)));
        facts.push((text("scope", "范围"), self.scope_text(self.scope)));
        facts.push((text("as of", "截至"), format!("{} {}", self.clocks().format(at), self.clocks().name())));
        if self.program.zones.is_some() {
            facts.push((text("days of", "日期按"), self.program.zone_in(self.scope).name().to_owned()));
        }
        facts.push((text("ruleset", "规则集"), format!("{} {} {hash}", self.program.name, self.program.version)));
        let mut rows = facts.into_iter().filter(|(_, fact)| !fact.is_empty()).map(|(label, fact)| vec![label.to_owned(), fact]);
        let first = rows.next().unwrap_or_default();
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        self.output.line(&table(&first, &rows.collect::<Vec<_>>(), &[]));
    }

    /// The zone whose clocks people of the scope read.
    pub fn clocks(&self) -> &Zone {
        self.program.clocks_of(self.scope.iter().map(|(dim, value)| (*dim, Some(&**value))))
    }

    /// Draws the metrics and the aggregates in a number; `index` is the metric that it is.
    pub fn tables(&self, index: Option<MetricIdx>, explained: &Explanation) {
        let text = |en, zh| self.output.text(en, zh);
        let metrics = explained.others(index).filter_map(|inner| {
            let metric = self.program.metrics.get(inner.metric)?;
            Some(vec![metric.name.clone(), metric.text.clone(), self.show(&inner.value, &metric.unit), self.range(&inner.range)])
        });
        let header = [text("metric", "指标"), text("formula", "公式"), text("value", "数值"), text("window", "窗口")];
        self.rows(&header, metrics.collect(), &[false, false, true]);
        self.accounts(explained);
        let aggregates = explained.parts.iter().filter_map(|part| {
            let leaf = self.program.leaves.get(part.leaf)?;
            let value = self.show(&part.value, &leaf.unit_as(part.read));
            Some(vec![self.title(&leaf.text_as(part.read), ""), value, self.range(&part.range), part.rows.to_string(), self.ids(part)])
        });
        let header =
            [text("aggregate", "聚合"), text("value", "数值"), text("window", "窗口"), text("events", "事件数"), text("ids", "事件编号")];
        self.rows(&header, aggregates.collect(), &[false, true, false, true]);
        let members = explained.parts.iter().flat_map(|part| part.members.iter().map(move |member| (part, member)));
        let members = members.filter_map(|(part, member)| {
            let leaf = self.program.leaves.get(part.leaf)?;
            let name = self.program.dims.get(member.dim).map_or("", String::as_str);
            Some(vec![leaf.text.clone(), format!("{name} {}", member.value), self.member_days(member)])
        });
        self.rows(&[text("aggregate", "聚合"), text("member", "成员"), text("days", "日期")], members.collect(), &[]);
        let lookups = explained.lookups.iter().map(|looked| {
            let row = looked.found(self.program);
            let value = match looked.value(self.program) {
                Number::Unknown(_) => text("unknown", "未知").to_owned(),
                known => self.show(&known, looked.unit(self.program)),
            };
            let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
            let told = looked.told.as_ref().map(|told| format!("{} {}", text("event", "事件"), self.name_of(told.event.1)));
            let source = told.or_else(|| row.and_then(|row| row.source.clone())).unwrap_or_default();
            let name = match self.output.lang {
                Lang::En => looked.text(self.program),
                Lang::Zh => format!("{}，{}", looked.name(self.program), looked.on),
            };
            vec![name, value, day(looked.from(self.program)), day(row.and_then(|row| row.checked)), source]
        });
        let header =
            [text("looked up", "查表"), text("value", "数值"), text("from", "生效"), text("checked", "核对"), text("source", "来源")];
        self.rows(&header, lookups.collect(), &[false, true]);
        self.amounts(explained);
        self.rates(explained);
        for nested in &explained.nested {
            self.nested(nested);
        }
    }

    /// Draws a number of other scopes with its parts.
    fn nested(&self, nested: &Nested) {
        let mut rows = vec![vec![self.title(&nested.text, ""), self.show(&nested.value, &nested.unit), self.range(&nested.range)]];
        let part = |(scope, value): &(Vec<_>, _)| vec![format!("  {}", self.scope_text(scope)), self.show(value, &nested.part_unit)];
        rows.extend(nested.parts.iter().map(part));
        let counted = [(nested.n_parts.saturating_sub(nested.parts.len()), "more", "另有"), (nested.n_unknown, "unknown", "其中未知")];
        rows.extend(counted.into_iter().filter(|(n, _, _)| *n > 0).map(|(n, en, zh)| match self.output.lang {
            Lang::En => vec![format!("  {n} {en}")],
            Lang::Zh => vec![format!("  {zh} {n} 个")],
        }));
        let text = |en, zh| self.output.text(en, zh);
        self.rows(&[text("other scopes", "其他范围"), text("value", "数值"), text("window", "窗口")], rows, &[false, true]);
    }

    /// Draws the accounts of the ledgers in a number, line by line.
    fn accounts(&self, explained: &Explanation) {
        let text = |en, zh| self.output.text(en, zh);
        for inner in &explained.metrics {
            let metric = self.program.metrics.get(inner.metric);
            let Some((metric, ledger)) = metric.and_then(|metric| Some((metric, ledger_of(metric)?))) else { continue };
            let rows = inner.account.iter().map(|posting| {
                let day = posting.day.map(|day| day.to_string()).unwrap_or_default();
                let change = if posting.cause == Cause::Start { String::new() } else { self.decimal(Some(posting.change), &metric.unit) };
                vec![day, moved(ledger, posting.cause, self.output.lang), change, self.decimal(Some(posting.balance), &metric.unit)]
            });
            let header = [metric.name.as_str(), text("moved by", "变动"), text("change", "增减"), text("balance", "余额")];
            self.rows(&header, rows.collect(), &[false, false, true, true]);
        }
    }

    /// Draws a table behind an empty line; nothing when it has no rows.
    pub fn rows(&self, header: &[&str], rows: Vec<Vec<String>>, right: &[bool]) {
        if !rows.is_empty() {
            self.output.line(&format!("\n{}", table(header, &rows, right)));
        }
    }

    /// A range of time.
    pub fn range(&self, range: &Range) -> String {
        let local = |instant: &Instant| self.clocks().format(*instant);
        match (range, self.output.lang) {
            (Range::Days(first, last), Lang::En) if first.0 == i32::MIN => format!("up to {last}"),
            (Range::Days(first, last), Lang::Zh) if first.0 == i32::MIN => format!("截至 {last}"),
            (Range::Days(first, last), _) if first == last => first.to_string(),
            (Range::Days(first, last), _) => format!("{first} .. {last}"),
            (Range::Elapsed(after, until), Lang::En) => format!("after {} up to {}", local(after), local(until)),
            (Range::Elapsed(after, until), Lang::Zh) => format!("{} 之后至 {}", local(after), local(until)),
            (Range::All, _) => self.output.text("all time", "全部时间").to_owned(),
        }
    }

    /// The days on which a member counts.
    fn member_days(&self, member: &Member) -> String {
        let ranges = member.days.iter().map(|(first, last)| match (first, last, self.output.lang) {
            (Some(first), Some(last), _) if first == last => first.to_string(),
            (Some(first), Some(last), _) => format!("{first} .. {last}"),
            (Some(first), None, Lang::En) => format!("from {first} on"),
            (Some(first), None, Lang::Zh) => format!("自 {first} 起"),
            (None, Some(last), Lang::En) => format!("up to {last}"),
            (None, Some(last), Lang::Zh) => format!("截至 {last}"),
            (None, None, _) => self.output.text("always", "始终").to_owned(),
        });
        ranges.collect::<Vec<_>>().join(", ")
    }

    /// A number, or why there is none.
    pub fn show(&self, number: &Number, unit: &Unit) -> String {
        match (number, self.output.lang) {
            (Number::Known(value), lang) => human(value, unit, self.clocks(), lang),
            (Number::Unknown(why), Lang::En) => format!("unknown ({})", reason(why, Lang::En)),
            (Number::Unknown(why), Lang::Zh) => format!("未知（{}）", reason(why, Lang::Zh)),
        }
    }

    /// Yes, no, or why that cannot be told.
    pub fn truth(&self, number: &Number) -> String {
        self.show(number, &Unit::Flag)
    }

    /// Whether the scope names exactly these dimensions; otherwise it says what to give.
    pub fn scope_is(&self, name: &str, dims: &[DimIdx]) -> Result<(), Stop> {
        let mut given: Vec<DimIdx> = self.scope.iter().map(|(dim, _)| *dim).collect();
        given.sort_unstable();
        if given == dims {
            return Ok(());
        }
        let wanted: Vec<&str> = dims.iter().filter_map(|dim| self.program.dims.get(*dim)).map(String::as_str).collect();
        let wanted = if wanted.is_empty() { "workspace".to_owned() } else { wanted.join(", ") };
        Err(Stop::usage(Diagnostic::general(&codes::SCOPE_WANTED).arg("name", name).arg("dimensions", wanted)))
    }

    /// A decimal in a unit; unknown without one.
    pub fn decimal(&self, number: Option<Decimal>, unit: &Unit) -> String {
        let show = |number| human(&Scalar::Number(number), unit, self.clocks(), self.output.lang);
        number.map_or_else(|| self.output.text("unknown", "未知").to_owned(), show)
    }

    /// The title in the language of the page; nothing when it is the name.
    pub fn title(&self, text: &Text, name: &str) -> String {
        match (self.output.lang, &text.zh) {
            (Lang::Zh, Some(zh)) => zh.clone(),
            _ if text.en == name => String::new(),
            _ => text.en.clone(),
        }
    }

    pub fn scope_text(&self, scope: &[(DimIdx, Box<str>)]) -> String {
        let named = |(dim, value): &(DimIdx, Box<str>)| format!("{} {value}", self.program.dims.get(*dim).map_or("", String::as_str));
        match scope {
            [] => self.output.text("everything", "全部").to_owned(),
            scope => scope.iter().map(named).collect::<Vec<_>>().join(", "),
        }
    }

    /// The first ids of the events behind an aggregate, each source named once in a row, and how many more there are.
    fn ids(&self, part: &Aggregate) -> String {
        let mut text = String::new();
        let mut last = None;
        for (_, id) in &part.events {
            let hash = format!("{:032x}", id.0);
            let (source, name) = self.replay.name_of(*id).unwrap_or(("?", &hash));
            let between = if text.is_empty() { "" } else { ", " };
            text += between;
            if last != Some(source.to_owned()) {
                text += &format!("{source}: ");
            }
            text += name;
            last = Some(source.to_owned());
        }
        let more = part.rows.saturating_sub(part.events.len() as u64);
        match (more, self.output.lang) {
            (0, _) => text,
            (_, Lang::En) => format!("{text} and {more} more").trim_start().to_owned(),
            (_, Lang::Zh) => format!("{text}，另有 {more} 个").trim_start_matches('，').to_owned(),
        }
    }

    /// What every document begins with.
    pub fn head(&self, at: Instant) -> serde_json::Map<String, Value> {
        let scope = self.scope_json(self.scope);
        let ruleset = json!({"name": self.program.name, "version": self.program.version, "hash": self.program.hash});
        [("ruleset", ruleset), ("scope", scope), ("at", json!(at.to_string())), ("ids_limit", json!(self.ids))]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    /// A number as JSON.
    pub fn number(&self, number: &Number, unit: &Unit) -> Value {
        match number {
            Number::Known(value) => json!({"value": plain(value, unit, true), "unit": unit_name(unit)}),
            Number::Unknown(why) => json!({"value": null, "unit": unit_name(unit), "reason": reason(why, self.output.lang)}),
        }
    }

    /// The accounts of the ledgers in a number as JSON.
    fn accounts_json(&self, explained: &Explanation) -> Value {
        let accounts = explained.metrics.iter().filter_map(|inner| {
            let metric = self.program.metrics.get(inner.metric)?;
            let ledger = ledger_of(metric)?;
            let lines = inner.account.iter().map(|posting| {
                let (change, balance) = (bare(posting.change), bare(posting.balance));
                let what = moved(ledger, posting.cause, self.output.lang);
                json!({"day": posting.day.map(|day| day.to_string()), "moved_by": what, "change": change, "balance": balance})
            });
            Some(json!({"ledger": metric.name, "window": self.range(&inner.range), "lines": lines.collect::<Vec<_>>()}))
        });
        accounts.collect()
    }

    pub fn scope_json(&self, scope: &[(DimIdx, Box<str>)]) -> Value {
        scope.iter().filter_map(|(dim, value)| Some((self.program.dims.get(*dim)?.clone(), json!(value)))).collect()
    }

    /// Who counted, as JSON.
    fn member(&self, member: &Member) -> Value {
        let day = |day: &Option<Day>| day.map(|day| day.to_string());
        let days: Vec<_> = member.days.iter().map(|(first, last)| json!({"first": day(first), "last": day(last)})).collect();
        json!({"dimension": self.program.dims.get(member.dim), "value": member.value, "days": days})
    }

    /// An explanation as JSON; `index` is the metric that it explains.
    pub fn json(&self, index: Option<MetricIdx>, formula: &str, unit: &Unit, explained: &Explanation) -> serde_json::Map<String, Value> {
        let metrics = explained.others(index).filter_map(|inner| {
            let metric = self.program.metrics.get(inner.metric)?;
            let (result, window) = (self.number(&inner.value, &metric.unit), self.range(&inner.range));
            Some(json!({"metric": metric.name, "formula": metric.text, "result": result, "window": window}))
        });
        let parts = explained.parts.iter().filter_map(|part| {
            let leaf = self.program.leaves.get(part.leaf)?;
            let events = part.events.iter().map(|(time, id)| match self.replay.name_of(*id) {
                Some((source, name)) => json!({"time": time.to_string(), "source": source, "id": name}),
                None => json!({"time": time.to_string(), "identity": format!("{:032x}", id.0)}),
            });
            let mut shown = json!({
                "aggregate": leaf.text_as(part.read).en,
                "result": self.number(&part.value, &leaf.unit_as(part.read)),
                "window": self.range(&part.range),
                "n_events": part.rows,
                "events": events.collect::<Vec<_>>(),
            });
            if let (Some(shown), false) = (shown.as_object_mut(), part.members.is_empty()) {
                shown.insert("members".to_owned(), part.members.iter().map(|member| self.member(member)).collect());
            }
            Some(shown)
        });
        let lookups = explained.lookups.iter().map(|looked| {
            let row = looked.found(self.program);
            json!({
                "lookup": looked.text(self.program),
                "result": self.number(&looked.value(self.program), looked.unit(self.program)),
                "from": looked.from(self.program).map(|day| day.to_string()),
                "checked": row.and_then(|row| row.checked).map(|day| day.to_string()),
                "source": row.and_then(|row| row.source.clone()),
                "event": looked.told.as_ref().map(|told| self.name_of(told.event.1)),
            })
        });
        let nested = explained.nested.iter().map(|nested| {
            let parts = nested.parts.iter();
            let parts =
                parts.map(|(scope, value)| json!({"scope": self.scope_json(scope), "result": self.number(value, &nested.part_unit)}));
            json!({
                "formula": nested.text.en,
                "result": self.number(&nested.value, &nested.unit),
                "window": self.range(&nested.range),
                "n_parts": nested.n_parts,
                "n_unknown": nested.n_unknown,
                "parts": parts.collect::<Vec<_>>(),
            })
        });
        let document = [
            ("formula", json!(formula)),
            ("result", self.number(&explained.value, unit)),
            ("window", json!(self.range(&explained.range))),
            ("timezone", json!(self.program.zone_at(explained.zone).name())),
            ("metrics", metrics.collect()),
            ("parts", parts.collect()),
            ("accounts", self.accounts_json(explained)),
            ("lookups", lookups.collect()),
            ("other_scopes", nested.collect()),
            ("rates", self.rates_json(explained)),
        ];
        let amounts = (!explained.amounts.is_empty()).then(|| ("amounts", self.amounts_json(explained)));
        let document = document.into_iter().chain(amounts);
        document.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
