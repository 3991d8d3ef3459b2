//! The review of a scorecard (复盘) as blocks.
//!
//! 1. The scores of all scopes, the best first.
//! 2. For each scope: result against goal, why the score changed, where the changes came from, alerts, notes, actions.
//! 3. What to keep, start and stop.
//!
//! Every table adds up as it is shown: what rounding would lose goes to the rows that lost most by it ([`spread`]).

use super::closed::Final;
use super::{Block, Cell, Format};
use crate::compile::program::{DimIdx, Kpi, Program, Scorecard, Severity, Text, Unit, Verdict};
use crate::diagnostic::{Diagnostic, Lang, Words, severity_said};
use crate::engine::changes::{Change, Child, Effect, Noted, Reviewed, over_target};
use crate::engine::show::{bare, payout_zh, reason};
use crate::engine::{Action, Fault, Note, NoteCause, Notes, Number, Reader, Score, evened, severity_name};
use crate::time::{Instant, Period};
use rust_decimal::{Decimal, RoundingStrategy};

/// The decimals of points.
const POINT_DECIMALS: u32 = 2;

/// A line of a change: what it is about, and its points by causes; what is no KPI has none.
type Line = (String, Vec<(Option<Effect>, Decimal)>);

/// What a review is about.
pub struct Subject<'a> {
    /// The ruleset.
    pub program: &'a Program,
    /// The scorecard.
    pub card: &'a Scorecard,
    /// The period.
    pub period: Period,
    /// The period it is compared with, and the version of the ruleset that scored that, when it is another.
    pub before: (Period, Option<String>),
    /// As of when.
    pub at: Instant,
    /// The scopes.
    pub reviewed: &'a [Reviewed],
    /// For each scope what was closed of its score and of the one before; empty when nothing was.
    pub closed: &'a [[Option<Final>; 2]],
    /// For each scope what was decided about its score: closed, approved, appealed. Empty when nothing was.
    pub decided: &'a [Vec<Words>],
    /// For each scope the alerts of the period that are about it.
    pub incidents: &'a [Vec<Incident>],
    /// What people say about it.
    pub notes: &'a Notes,
    /// In which language.
    pub lang: Lang,
}

/// An alert that fired in the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// What people call the rule.
    pub title: Text,
    /// Where.
    pub scope: Vec<(String, String)>,
    /// How bad it was at worst.
    pub severity: Severity,
    /// When it began to fire.
    pub since: Instant,
    /// When it was over.
    pub until: Option<Instant>,
}

/// The alerts that fired in a period, the earliest first. The period of an alert ends with the days of its own scope.
pub fn incidents_of(program: &Program, period: Period, fired: impl IntoIterator<Item = Incident>) -> Vec<Incident> {
    let place = |(name, value): &(String, String)| Some((program.dims.iter().position(|dim| dim == name)?, Box::from(value.as_str())));
    let within = |incident: &Incident| {
        let scope: Vec<(DimIdx, Box<str>)> = incident.scope.iter().filter_map(place).collect();
        let zone = program.zone_in(&scope);
        let (from, until) = (zone.start_of(period.first), zone.end_of(period.last));
        incident.since < until && incident.until.is_none_or(|end| end > from)
    };
    let mut found: Vec<Incident> = fired.into_iter().filter(within).collect();
    found.sort_by(|a, b| (a.since, &a.title.en, &a.scope).cmp(&(b.since, &b.title.en, &b.scope)));
    found
}

/// For each score the alerts that are about it: a dimension that both have is the same in both, and whoever belongs to somebody
/// belongs to the score's.
///
/// # Errors
/// When the store cannot be read.
pub fn by_scope(reader: &Reader<'_>, period: Period, reviewed: &[Reviewed], incidents: &[Incident]) -> Result<Vec<Vec<Incident>>, Fault> {
    let dims = &reader.program.dims;
    let belongs = |incident: &Incident, scope: &[(DimIdx, Box<str>)]| -> Result<bool, Fault> {
        for (name, value) in &incident.scope {
            let Some(dim) = dims.iter().position(|dim| dim == name) else { continue };
            let members = reader.members(dim, scope, (period.first, period.last))?;
            if !members.is_empty() && members.iter().all(|member| **member != **value) {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let about = |one: &Reviewed| {
        let found = incidents.iter().map(|incident| Ok(belongs(incident, &one.scope)?.then(|| incident.clone())));
        Ok(found.collect::<Result<Vec<_>, Fault>>()?.into_iter().flatten().collect())
    };
    reviewed.iter().map(about).collect()
}

impl Subject<'_> {
    /// The page, written.
    ///
    /// # Errors
    /// When there is more than a workbook can hold.
    pub fn write(&self, format: Format) -> Result<Vec<u8>, Diagnostic> {
        format.write(&self.title(), &self.blocks(), self.lang)
    }

    /// The page.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = self.head();
        for (index, one) in self.reviewed.iter().enumerate() {
            blocks.push(Block::Heading(2, self.scope(&one.scope)));
            blocks.extend(self.decided.get(index).into_iter().flatten().map(|words| Block::Text(words.get(self.lang).to_owned())));
            let closed = self.closed_at(index);
            match closed[0].filter(|closed| closed.moved) {
                Some(closed) => blocks.extend(self.as_closed(closed)),
                None => blocks.extend(self.verdict(&one.score).into_iter().chain(self.results(one))),
            }
            let causes: Vec<Block> = self.changes(one).into_iter().chain(self.told_by_children(one)).collect();
            blocks.extend(self.causes_of_now(closed).filter(|_| !causes.is_empty()));
            blocks.extend(causes);
            blocks.extend(self.alerts(one, self.incidents.get(index).map_or(&[][..], Vec::as_slice)));
            blocks.extend(self.notes(one));
        }
        let ends = [("Keep", "保持", &self.notes.keep), ("Start", "开始", &self.notes.start), ("Stop", "停止", &self.notes.stop)];
        if ends.iter().any(|(.., lines)| !lines.is_empty()) {
            blocks.push(Block::Heading(2, self.say("Keep, start, stop", "保持、开始、停止")));
        }
        for (en, zh, lines) in ends.into_iter().filter(|(.., lines)| !lines.is_empty()) {
            blocks.push(Block::Heading(3, self.say(en, zh)));
            blocks.push(Block::List(lines.clone()));
        }
        blocks
    }

    /// What people call it: the card and its period.
    pub fn title(&self) -> String {
        format!("{} {}", self.text(&self.card.title, &self.card.name), self.period)
    }

    /// The notes that are still missing, each as a sentence.
    pub fn missing(&self) -> Vec<String> {
        self.reviewed.iter().flat_map(|one| self.missing_of(one)).collect()
    }

    pub(super) fn say(&self, en: &str, zh: &str) -> String {
        match self.lang {
            Lang::En => en.to_owned(),
            Lang::Zh => zh.to_owned(),
        }
    }

    pub(super) fn text(&self, text: &Text, name: &str) -> String {
        let text = match (self.lang, &text.zh) {
            (Lang::Zh, Some(zh)) => zh,
            _ => &text.en,
        };
        if text.is_empty() { name.to_owned() } else { text.clone() }
    }

    pub(super) fn header(&self, names: &[(&str, &str)]) -> Vec<String> {
        names.iter().map(|(en, zh)| self.say(en, zh)).collect()
    }

    fn scope(&self, scope: &[(DimIdx, Box<str>)]) -> String {
        let name = |dim: DimIdx| self.program.dims.get(dim).map_or("", String::as_str);
        match scope {
            [] => self.say("All", "全部"),
            scope => scope.iter().map(|(dim, value)| format!("{} {value}", name(*dim))).collect::<Vec<_>>().join(", "),
        }
    }

    fn number(&self, number: &Number, unit: &Unit) -> Cell {
        match number {
            Number::Known(value) => match number.decimal() {
                Some(decimal) => Cell::of(decimal, unit, &self.program.zone, self.lang),
                None => Cell::Text(crate::engine::show::human(value, unit, &self.program.zone, self.lang)),
            },
            Number::Unknown(why) => Cell::Text(format!("{} ({})", self.say("unknown", "未知"), reason(why, self.lang))),
        }
    }

    pub(super) fn amount(&self, value: Decimal, unit: &Unit) -> Cell {
        Cell::of(value, unit, &self.program.zone, self.lang)
    }

    fn kpi(&self, index: usize) -> String {
        let Some(kpi) = self.card.kpis.get(index) else { return String::new() };
        self.program.metrics.get(kpi.metric).map_or(kpi.name.clone(), |metric| self.text(&metric.title, &metric.name))
    }

    fn head(&self) -> Vec<Block> {
        let (before, other) = &self.before;
        let version = format!("{} {}", self.program.name, self.program.version);
        let against = other.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
        let at = self.program.zone.format(self.at);
        let mut blocks = vec![Block::Heading(1, self.title())];
        blocks.push(Block::Text(match self.lang {
            Lang::En => format!("Ruleset {version}. Compared with {before}{against}. As of {at} ({}).", self.program.zone.name()),
            Lang::Zh => format!("规则集 {version}。对比 {before}{against}。数据截至 {at}（{}）。", self.program.zone.name()),
        }));
        let open = |index: usize| self.closed_at(index)[0].is_none();
        if self.reviewed.iter().enumerate().any(|(index, one)| open(index) && one.score.provisional) {
            blocks.push(Block::Warning(self.say("Provisional: later events may still change it.", "暂定：后续数据仍可能改变结果。")));
        }
        let missing = self.missing().len();
        if missing > 0 {
            blocks.push(Block::Warning(match self.lang {
                Lang::En => format!("Draft: {missing} {} missing.", if missing == 1 { "note is" } else { "notes are" }),
                Lang::Zh => format!("草稿：缺少 {missing} 条说明。"),
            }));
        }
        let row = |(index, one): (usize, &Reviewed)| {
            let [closed, closed_before] = self.closed_at(index);
            let total = closed.map_or_else(|| one.score.total.decimal(), Final::total);
            let before = closed_before.map_or_else(|| one.before.total.decimal(), Final::total);
            let change = total.zip(before).map(|(now, before)| two(now).saturating_sub(two(before)));
            let (grade, payout) = match closed {
                Some(closed) => {
                    let grade = closed.kept.as_ref().and_then(|kept| kept.grade.clone());
                    (grade.unwrap_or_else(|| "-".to_owned()), self.closed_payout(closed))
                }
                None => (self.grade(one.score.grade), self.payout(one.score.paid(), &self.card.payout_unit)),
            };
            let (total, before, change) = (self.points(total), self.points(before), self.points(change));
            vec![Cell::Text(self.scope(&one.scope)), total, before, change, Cell::Text(grade), payout]
        };
        let payout = ("Payout", payout_zh(&self.card.payout_unit));
        let names = [("Scope", "范围"), ("Score", "得分"), ("Before", "上期"), ("Change", "变化"), ("Grade", "等级"), payout];
        blocks.push(Block::Heading(2, self.say("Scores", "得分")));
        blocks.push(Block::Table(self.header(&names), self.reviewed.iter().enumerate().map(row).collect()));
        blocks
    }

    fn points(&self, points: Option<Decimal>) -> Cell {
        points.map_or_else(dash, Cell::points)
    }

    fn grade(&self, grade: Option<usize>) -> String {
        grade.and_then(|grade| self.card.grades.get(grade)).map_or_else(|| "-".to_owned(), |grade| grade.name.clone())
    }

    /// Red lines, and why there is no score.
    fn verdict(&self, score: &Score) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Number::Unknown(why) = &score.total {
            blocks.push(Block::Warning(format!("{}: {}", self.say("No score", "没有得分"), reason(why, self.lang))));
        }
        for (held, gate) in score.marks(self.card) {
            let [en, zh] = held.told(self.program, gate);
            blocks.push(Block::Warning(self.say(&format!("Marked: {en}"), &format!("标记：{zh}"))));
        }
        for veto in score.vetoes(self.card) {
            let title = self.text(&veto.title, &veto.text);
            blocks.push(match (veto.then, self.lang) {
                (Verdict::Score(points), _) => self.at_most(&title, &bare(points)),
                (Verdict::Grade(_), Lang::En) => {
                    Block::Warning(format!("Red line: {title}. Grade {} instead of {}.", self.grade(score.grade), self.grade(score.earned)))
                }
                (Verdict::Grade(_), Lang::Zh) => {
                    Block::Warning(format!("红线：{title}。等级 {}（原为 {}）。", self.grade(score.grade), self.grade(score.earned)))
                }
            });
        }
        blocks
    }

    /// Result against goal, and how the score is made up.
    fn results(&self, one: &Reviewed) -> Vec<Block> {
        let score = &one.score;
        let added = score.adjustments.iter().map(|adjusted| adjusted.points);
        let earned = score.parts.iter().map(|part| part.contribution.unwrap_or_default());
        let lines: Vec<Decimal> = earned.chain(added).collect();
        let whole = lines.iter().fold(Decimal::ZERO, |sum, line| sum.saturating_add(*line));
        let total = score.total.decimal();
        let cap = total.map(|total| two(total).saturating_sub(two(whole))).filter(|cap| !cap.is_zero());
        let shown = spread(&lines, two(whole), POINT_DECIMALS);
        let mut shown = shown.into_iter();
        let mut rows = Vec::new();
        for (index, ((part, goal), kpi)) in score.parts.iter().zip(&one.goals).zip(&self.card.kpis).enumerate() {
            let unit = self.unit_of(kpi);
            let earned = shown.next();
            rows.push(vec![
                Cell::Text(self.kpi(index)),
                self.number(&goal.result, unit),
                goal.goal.map_or_else(dash, |value| self.amount(value, unit)),
                goal.attainment.map_or_else(dash, |value| self.amount(value, &Unit::Percent)),
                self.points(part.points),
                Cell::points(part.effective_weight),
                if part.contribution.is_some() { self.points(earned) } else { dash() },
            ]);
        }
        let line = |name: String, points: Decimal| {
            let gap = || Cell::Text(String::new());
            vec![Cell::Text(name), gap(), gap(), gap(), gap(), gap(), Cell::points(points)]
        };
        for (declared, points) in self.card.adjustments.iter().zip(shown) {
            rows.push(line(self.text(&declared.title, &declared.text), points));
        }
        rows.extend(cap.map(|cap| line(self.limit_name(score.score_veto.is_some()), cap)));
        rows.extend(total.map(|total| line(self.say("Score", "得分"), two(total))));
        let names = [
            ("KPI", "指标"),
            ("Result", "结果"),
            ("Goal", "目标"),
            ("Attainment", "达成率"),
            ("Points", "分数"),
            ("Weight", "权重"),
            ("Contribution", "贡献"),
        ];
        let mut blocks = vec![Block::Heading(3, self.say("Result against goal", "结果与目标")), Block::Table(self.header(&names), rows)];
        if let Some((declared, base)) = self.card.payout_base.as_ref().zip(score.base.as_ref()) {
            let value = match base {
                Number::Unknown(why) => Err(reason(why, self.lang)),
                known => known.decimal().ok_or_else(String::new),
            };
            let coefficient = score.grade.and_then(|grade| self.card.grades.get(grade)?.payout);
            blocks.extend(self.paid((self.card, &declared.text), value, coefficient, score.paid()));
        }
        blocks
    }

    /// The unit of a result: that of the metric when it is scored by what it attains of a target, else that of the curve.
    fn unit_of<'u>(&'u self, kpi: &'u Kpi) -> &'u Unit {
        let metric = self.program.metrics.get(kpi.metric).filter(|_| over_target(kpi).is_some());
        metric.map_or(&kpi.unit, |metric| &metric.unit)
    }

    /// Why the score changed: KPIs by causes.
    fn changes(&self, one: &Reviewed) -> Vec<Block> {
        let Some(change) = &one.change else { return Vec::new() };
        let lines = self.lines(change);
        let mut effects: Vec<Option<Effect>> = lines.iter().flat_map(|(_, cells)| cells.iter().map(|(effect, _)| *effect)).collect();
        // What is no KPI comes last.
        effects.sort_unstable_by_key(|effect| (effect.is_none(), *effect));
        effects.dedup();
        let total = two(change.to).saturating_sub(two(change.from));
        let all: Vec<Decimal> = lines.iter().flat_map(|(_, cells)| cells.iter().map(|(_, points)| *points)).collect();
        let mut shown = spread(&all, total, POINT_DECIMALS).into_iter();
        let mut sums = vec![Decimal::ZERO; effects.len() + 1];
        let mut rows = Vec::new();
        for (name, cells) in &lines {
            let mut row = vec![Decimal::ZERO; effects.len() + 1];
            for (effect, _) in cells {
                let points = shown.next().unwrap_or_default();
                let place = effects.iter().position(|one| one == effect);
                for place in place.into_iter().chain([effects.len()]) {
                    add(&mut row, place, points);
                    add(&mut sums, place, points);
                }
            }
            rows.push(std::iter::once(Cell::Text(name.clone())).chain(row.into_iter().map(nothing_or)).collect());
        }
        rows.push(std::iter::once(Cell::Text(self.say("Score", "得分"))).chain(sums.into_iter().map(nothing_or)).collect());
        let mut header = self.header(&[("Points", "分数")]);
        header.extend(effects.iter().map(|effect| self.effect(*effect)));
        header.push(self.say("Change", "变化"));
        let (from, to) = (Cell::points(change.from), Cell::points(change.to));
        let sentence = match self.lang {
            Lang::En => format!("From {} to {}.", from.text(), to.text()),
            Lang::Zh => format!("从 {} 到 {}。", from.text(), to.text()),
        };
        vec![Block::Heading(3, self.say("Why the score changed", "得分变化的原因")), Block::Text(sentence), Block::Table(header, rows)]
    }

    /// The lines of a change, each with its causes; what is no KPI has none.
    fn lines(&self, change: &Change) -> Vec<Line> {
        let kpis = change.kpis.iter().enumerate();
        let kpis =
            kpis.map(|(index, effects)| (self.kpi(index), effects.iter().map(|(effect, points)| (Some(*effect), *points)).collect()));
        let gone = change.gone.iter().map(|(name, points)| (name.clone(), vec![(Some(Effect::Definition), *points)]));
        let adjusted = self.card.adjustments.iter().zip(&change.adjustments);
        let adjusted = adjusted.map(|(declared, points)| (self.text(&declared.title, &declared.text), *points));
        let left = (self.say("Lines that are gone", "已取消的加减分"), change.adjustments_gone);
        let lowers = self.card.vetoes.iter().any(|veto| matches!(veto.then, Verdict::Score(_)));
        let cap = (if lowers { self.say("Cap and red lines", "封顶与红线") } else { self.say("Cap", "封顶") }, change.cap);
        let others = adjusted.chain([left, cap]).filter(|(_, points)| !points.is_zero());
        kpis.chain(gone).chain(others.map(|(name, points)| (name, vec![(None, points)]))).collect()
    }

    fn effect(&self, effect: Option<Effect>) -> String {
        let (en, zh) = match effect {
            Some(Effect::Definition) => ("Definition", "口径"),
            Some(Effect::Weight) => ("Weight", "权重"),
            Some(Effect::Known) => ("Data", "数据有无"),
            Some(Effect::Value) => ("Value", "数值"),
            Some(Effect::Mix) => ("Mix", "结构"),
            Some(Effect::Rates) => ("Exchange rates", "汇率"),
            Some(Effect::Target) => ("Target", "目标"),
            None => ("Additions and cap", "加减分与封顶"),
        };
        self.say(en, zh)
    }

    /// Where the changes of metrics came from.
    fn told_by_children(&self, one: &Reviewed) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (index, children) in one.children.iter().enumerate().filter(|(_, children)| !children.is_empty()) {
            let Some(metric) = self.card.kpis.get(index).and_then(|kpi| self.program.metrics.get(kpi.metric)) else { continue };
            blocks.push(Block::Heading(3, self.kpi(index)));
            blocks.push(self.children(children, &metric.unit));
        }
        blocks
    }

    fn children(&self, children: &[Child], unit: &Unit) -> Block {
        let mixed = children.iter().any(|child| !child.mix.is_zero());
        let decimals = if *unit == Unit::Percent { 4 } else { 2 };
        let all: Vec<Decimal> = children.iter().flat_map(|child| [child.own, child.mix]).collect();
        let total = all.iter().fold(Decimal::ZERO, |sum, one| sum.saturating_add(*one));
        let total = total.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
        let shown = spread(&all, total, decimals);
        let mut rows = Vec::new();
        for (child, pair) in children.iter().zip(shown.chunks(2)) {
            let mut row = vec![Cell::Text(child.name.to_string()), self.number(&child.before, unit), self.number(&child.now, unit)];
            row.extend(pair.iter().take(if mixed { 2 } else { 1 }).map(|points| self.amount(*points, unit)));
            rows.push(row);
        }
        let sum = |place: usize| shown.iter().skip(place).step_by(2).fold(Decimal::ZERO, |sum, one| sum.saturating_add(*one));
        let gap = || Cell::Text(String::new());
        let mut last = vec![Cell::Text(self.say("Sum", "合计")), gap(), gap()];
        last.extend((0..if mixed { 2 } else { 1 }).map(|place| self.amount(sum(place), unit)));
        rows.push(last);
        let mut names = vec![("Part", "部分"), ("Before", "上期"), ("Now", "本期"), ("By itself", "自身变化")];
        names.extend(mixed.then_some(("By its weight", "占比变化")));
        Block::Table(self.header(&names), rows)
    }

    fn alerts(&self, one: &Reviewed, incidents: &[Incident]) -> Vec<Block> {
        if incidents.is_empty() {
            return Vec::new();
        }
        // Where, when that says more than the heading.
        let is_own = |name: &String| one.scope.iter().any(|(dim, _)| self.dim(*dim) == name);
        let narrower = |incident: &Incident| {
            let parts = incident.scope.iter().filter(|(name, _)| !is_own(name)).map(|(name, value)| format!("{name} {value}"));
            parts.collect::<Vec<_>>().join(", ")
        };
        let places: Vec<String> = incidents.iter().map(narrower).collect();
        let placed = places.iter().any(|place| !place.is_empty());
        let row = |(incident, place): (&Incident, String)| {
            let until = incident.until.map_or_else(|| self.say("still firing", "仍在触发"), |until| self.program.zone.format(until));
            let severity = severity_said(severity_name(incident.severity), self.lang).to_owned();
            let mut cells = vec![self.text(&incident.title, "")];
            cells.extend(placed.then_some(place));
            cells.extend([severity, self.program.zone.format(incident.since), until]);
            cells.into_iter().map(Cell::Text).collect()
        };
        let rows: Vec<Vec<Cell>> = incidents.iter().zip(places).map(row).collect();
        let mut names = vec![("Alert", "预警")];
        names.extend(placed.then_some(("Scope", "范围")));
        names.extend([("Severity", "级别"), ("From", "开始"), ("Until", "结束")]);
        vec![Block::Heading(3, self.say("Alerts", "预警")), Block::Table(self.header(&names), rows)]
    }

    fn dim(&self, dim: DimIdx) -> &str {
        self.program.dims.get(dim).map_or("", String::as_str)
    }

    /// What people said about a scope, and what they still have to.
    fn notes(&self, one: &Reviewed) -> Vec<Block> {
        let mut blocks = Vec::new();
        let cause = |cause: Option<NoteCause>| match cause {
            Some(NoteCause::Subjective) => self.say("subjective", "主观"),
            Some(NoteCause::Objective) => self.say("objective", "客观"),
            None => String::new(),
        };
        let about = |note: &Note| note.kpi.as_ref().map_or_else(|| self.say("Score", "得分"), |name| self.named(name));
        let said = self.notes.notes.iter().filter(|note| self.is_of(&note.scope, one));
        let rows: Vec<Vec<Cell>> =
            said.map(|note| [about(note), note.text.clone(), cause(note.cause)].into_iter().map(Cell::Text).collect()).collect();
        let missing = self.missing_of(one);
        if !rows.is_empty() || !missing.is_empty() {
            blocks.push(Block::Heading(3, self.say("Notes", "说明")));
        }
        if !rows.is_empty() {
            blocks.push(Block::Table(self.header(&[("About", "关于"), ("Note", "说明"), ("Cause", "原因")]), rows));
        }
        blocks.extend(missing.into_iter().map(Block::Warning));
        let to_do = self.notes.actions.iter().filter(|action| self.is_of(&action.scope, one));
        let due = |action: &Action| action.due.map(|day| day.to_string()).unwrap_or_default();
        let rows: Vec<Vec<Cell>> =
            to_do.map(|action| [action.text.clone(), action.owner.clone(), due(action)].into_iter().map(Cell::Text).collect()).collect();
        if !rows.is_empty() {
            blocks.push(Block::Heading(3, self.say("Actions", "行动项")));
            blocks.push(Block::Table(self.header(&[("Action", "行动"), ("Owner", "负责人"), ("Due", "截止")]), rows));
        }
        blocks
    }

    /// The KPI of a name on the card, as people call it.
    fn named(&self, name: &str) -> String {
        self.card.kpis.iter().position(|kpi| kpi.name == name).map_or_else(|| name.to_owned(), |index| self.kpi(index))
    }

    fn is_of(&self, scope: &[(String, String)], one: &Reviewed) -> bool {
        let has = |(dim, value): &(String, String)| one.scope.iter().any(|(own, other)| self.dim(*own) == dim && **other == **value);
        scope.iter().all(has)
    }

    fn missing_of(&self, one: &Reviewed) -> Vec<String> {
        let told = |noted: &Noted| {
            let kpi = match noted {
                Noted::Score => None,
                Noted::Kpi(index) => self.card.kpis.get(*index).map(|kpi| kpi.name.as_str()),
            };
            self.notes.notes.iter().any(|note| self.is_of(&note.scope, one) && note.kpi.as_deref() == kpi)
        };
        let missing = one.noted.iter().filter(|noted| !told(noted)).map(|noted| {
            let what = match noted {
                Noted::Score => self.say("the score", "得分"),
                Noted::Kpi(index) => self.kpi(*index),
            };
            let scope = self.scope(&one.scope);
            match self.lang {
                Lang::En => format!("A note is missing: {scope}, {what}."),
                Lang::Zh => format!("缺少说明：{scope}，{what}。"),
            }
        });
        missing.collect()
    }
}

pub(super) fn dash() -> Cell {
    Cell::Text("-".to_owned())
}

fn nothing_or(points: Decimal) -> Cell {
    if points.is_zero() { Cell::Text(String::new()) } else { Cell::points(points) }
}

fn add(sums: &mut [Decimal], place: usize, points: Decimal) {
    if let Some(sum) = sums.get_mut(place) {
        *sum = sum.saturating_add(points);
    }
}

pub(super) fn two(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(POINT_DECIMALS, RoundingStrategy::MidpointNearestEven)
}

/// Rounds values so that they add up to a total, which is about their sum, as parts of targets do ([`evened`]).
pub(super) fn spread(values: &[Decimal], total: Decimal, decimals: u32) -> Vec<Decimal> {
    let one = Decimal::new(1, decimals);
    let floor = |value: Decimal| value.round_dp_with_strategy(decimals, RoundingStrategy::ToNegativeInfinity);
    let units = |value: Decimal| value.checked_div(one).and_then(|units| i128::try_from(units).ok());
    let parts: Option<Vec<(i128, Decimal)>> =
        values.iter().map(|value| Some((units(floor(*value))?, value.saturating_sub(floor(*value))))).collect();
    let shares = parts.zip(units(total)).and_then(|(parts, whole)| evened(whole, &parts));
    let shown = |share: i128| Decimal::try_from_i128_with_scale(share, decimals).ok().map(|value| value.normalize());
    let shown = shares.and_then(|shares| shares.into_iter().map(shown).collect::<Option<Vec<_>>>());
    // What is further off than rounding can be stays what it is.
    shown.unwrap_or_else(|| values.iter().map(|value| floor(*value)).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn spread_text(values: &[&str], total: &str) -> Vec<String> {
        let values: Vec<Decimal> = values.iter().map(|value| value.parse().unwrap()).collect();
        spread(&values, total.parse().unwrap(), 2).iter().map(Decimal::to_string).collect()
    }

    #[test]
    fn what_is_shown_adds_up() {
        assert_eq!(
            spread_text(&["25.2", "23.75", "18.4", "16.6", "10.8"], "94.75"),
            ["25.20", "23.75", "18.40", "16.60", "10.80"].map(|t| {
                let value: Decimal = t.parse().unwrap();
                value.normalize().to_string()
            })
        );
        assert_eq!(spread_text(&["0.333", "0.333", "0.334"], "1.00"), ["0.33", "0.33", "0.34"]);
        assert_eq!(spread_text(&["0.5049", "-0.5051"], "0.00"), ["0.51", "-0.51"]);
        assert_eq!(spread_text(&["1.001", "1.001"], "1.99"), ["1", "0.99"]);
    }

    #[test]
    fn the_period_of_an_alert_ends_with_the_days_of_its_scope() {
        let text = "ruleset zones 1.0.0 {\n  currency USD\n  timezone Asia/Shanghai\n  timezone by shop { us America/Los_Angeles }\n}\n\n\
                    event sale {\n  shop dimension\n}\n\nmetric sales = count(sale)\n";
        let program = crate::compile::check(text).program.unwrap();
        let march = Period::parse("2026-03", program.reckoning).unwrap();
        let fired = |shop: &str| Incident {
            title: Text::default(),
            scope: vec![("shop".to_owned(), shop.to_owned())],
            severity: Severity::Warning,
            since: Instant::parse_rfc3339("2026-04-01T02:00:00Z").unwrap(),
            until: Instant::parse_rfc3339("2026-04-01T03:00:00Z"),
        };
        let found = incidents_of(&program, march, [fired("us"), fired("cn")]);
        assert_eq!(found, [fired("us")]);
    }
}
