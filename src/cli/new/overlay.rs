//! The ruleset of a client: what the library opens, with the client's own in its place.
//!
//! 1. Every chosen package is used; each limit that it opens is set to what the package says, to be changed in place.
//! 2. A scorecard of the cycle, of the level or with the pay that was asked for is a copy of the package's one ([`Card::own`]).
//! 3. Targets speak of nobody but `example`, as in the package, in the client's currency.
//! 4. Tests hold what was agreed. The formatter lays the text out.

use super::library::{Kind, Package, words};
use crate::diagnostic::{Lang, Span};
use crate::syntax::ast::{Item, Scorecard, Text};
use clap::ValueEnum;
use std::collections::BTreeSet;

/// How often people are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cycle {
    /// Every month.
    Month,
    /// Every week.
    Week,
    /// Every quarter.
    Quarter,
}

/// Who is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Shops.
    Shop,
    /// Who does the work.
    Person,
    /// Teams of those.
    Team,
}

impl Cycle {
    /// `week`
    pub fn word(self) -> &'static str {
        match self {
            Cycle::Month => "month",
            Cycle::Week => "week",
            Cycle::Quarter => "quarter",
        }
    }

    /// 周
    pub fn zh(self) -> &'static str {
        match self {
            Cycle::Month => "月度",
            Cycle::Week => "周度",
            Cycle::Quarter => "季度",
        }
    }

    /// A period that is over at [`TESTED_AT`].
    fn past(self) -> &'static str {
        match self {
            Cycle::Month => "2025-12",
            Cycle::Week => "2025-W50",
            Cycle::Quarter => "2025-Q4",
        }
    }
}

/// When the tests of a new ruleset look.
const TESTED_AT: &str = "2026-01-15 00:00";

/// What a consultant answered.
#[derive(Debug)]
pub struct Client<'l> {
    /// The id of the ruleset.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The reporting currency.
    pub currency: String,
    /// The IANA name of the zone.
    pub zone: String,
    /// What is used of the library.
    pub packages: Vec<&'l Package>,
    /// How often people are scored.
    pub cycle: Cycle,
    /// Who is scored.
    pub level: Level,
    /// What is paid at coefficient 1.
    pub base_pay: Option<String>,
    /// The language of comments.
    pub lang: Lang,
}

/// A scorecard of a client.
#[derive(Debug, PartialEq, Eq)]
pub struct Card {
    /// The package that it comes from.
    pub package: String,
    /// Its id.
    pub name: String,
    /// `operator`
    pub per: String,
    /// Whether it is the client's own copy.
    pub own: bool,
}

impl Client<'_> {
    /// The ruleset, and its scorecards. `kept` names the cards of packages that know nothing of the asked level.
    pub fn overlay(&self, kept: &BTreeSet<String>) -> (String, Vec<Card>) {
        let mut text = self.head();
        for (kind, en, zh) in [
            (
                Kind::Platform,
                "Platforms: their limits are the platforms'; say how early to warn",
                "平台：限值由平台规定，可设定提前多少预警",
            ),
            (
                Kind::Role,
                "Roles: every limit is an example of the library until you set it",
                "岗位：以下界限均为规则库的示例，请逐项改为约定的数值",
            ),
            (Kind::Category, "Categories", "品类"),
        ] {
            let chosen: Vec<&&Package> = self.packages.iter().filter(|package| package.kind == kind).collect();
            if !chosen.is_empty() {
                text += &self.rule(en, zh);
                chosen.iter().for_each(|package| text += &self.used(package));
            }
        }
        let cards: Vec<(&Package, &Scorecard)> =
            self.packages.iter().flat_map(|package| package.cards().map(move |card| (*package, card))).collect();
        text += &self.teams(&cards);
        let mut shown = Vec::new();
        let mut own = String::new();
        for (package, card) in cards {
            let (line, copy) = self.card(package, card, kept);
            own += &copy;
            shown.push(line);
        }
        if !own.is_empty() {
            text += &self.rule("Scorecards: copies of the library's, yours to change", "记分卡：复制自规则库，权重与曲线可直接修改");
            // Not every card pays.
            if let Some(pay) = self.base_pay.as_ref().filter(|_| own.contains("\n  payout base_pay ")) {
                text += &format!("param base_pay = {pay} {} \"Pay at coefficient 1\" zh \"系数为 1 时的绩效工资\"\n\n", self.currency);
            }
            text += &own;
        }
        text += &self.targets(kept);
        text += &self.tests(&shown);
        (crate::syntax::format::format(&text).unwrap_or(text), shown)
    }

    fn say<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn rule(&self, en: &str, zh: &str) -> String {
        format!("\n# {} {}\n\n", self.say(en, zh), "-".repeat(12))
    }

    fn head(&self) -> String {
        let comment = self.say(
            "# A client: packages of the library, and only what is the client's own. Everything else stays as the packages say.\n\
             # README.md beside this file says which commands come next.\n",
            "# 客户规则集：引用规则库的包，只写客户自己的内容，其余以规则库为准。\n# 后续命令见旁边的 README.md。\n",
        );
        let (title, currency, zone) = (self.title.replace('\\', "\\\\").replace('"', "\\\""), &self.currency, &self.zone);
        format!(
            "{comment}\nruleset {} 1.0.0 {{\n  title \"{title}\"\n  currency {currency}\n  timezone {zone}\n  week monday\n}}\n",
            self.name
        )
    }

    /// `use role.operator 1 with { … }`
    fn used(&self, package: &Package) -> String {
        let lines: Vec<String> = self
            .agreed(package)
            .map(|(name, value, title)| format!("  {name}: {value}  # {}\n", words(title, self.lang).unwrap_or(name)))
            .collect();
        match lines.is_empty() {
            true => format!("use {} {}\n", package.name, package.major),
            false => format!("use {} {} with {{\n{}}}\n", package.name, package.major, lines.concat()),
        }
    }

    /// The limits that a package opens: name, value in the client's currency, title.
    fn agreed<'p>(&self, package: &'p Package) -> impl Iterator<Item = (&'p str, String, &'p Text)> {
        let open = package.file.header.iter().flat_map(|header| &header.open);
        let open: BTreeSet<&str> = open.map(|name| name.value.as_str()).collect();
        let params = package.file.items.iter().filter_map(move |item| match item {
            Item::Param(param) if open.contains(param.name.value.as_str()) => Some(param),
            _ => None,
        });
        params.map(|param| (param.name.value.as_str(), self.money(package, param.value.span), &param.title))
    }

    /// A part of a package's text, with money in the client's currency.
    fn money(&self, package: &Package, span: Span) -> String {
        let text = package.text.get(span.range()).unwrap_or_default();
        let currency = package.file.header.as_ref().and_then(|header| header.currency.as_ref());
        currency.map_or_else(|| text.to_owned(), |currency| text.replace(&format!(" {}", currency.value), &format!(" {}", self.currency)))
    }

    /// Who belongs to which team.
    fn teams(&self, cards: &[(&Package, &Scorecard)]) -> String {
        let people: BTreeSet<&str> = match self.level {
            Level::Team => cards.iter().filter(|(package, _)| package.kind == Kind::Role).filter_map(|(_, card)| person(card)).collect(),
            Level::Shop | Level::Person => BTreeSet::new(),
        };
        // What is a team already belongs to none.
        let people: BTreeSet<&str> = people.into_iter().filter(|dim| *dim != "team").collect();
        if people.is_empty() {
            return String::new();
        }
        let declared = people.iter().map(|dim| {
            format!(
                "event {dim}_joined replaces by {dim}, first_day {{\n  title \"{} joins a team\" zh \"{dim} 加入团队\"\n  {dim} dimension\n  team dimension optional\n  \
                 first_day date\n}}\n\ndimension {dim} in team {{\n  team by {dim}_joined since first_day\n}}\n\n",
                capital(dim)
            )
        });
        self.rule("Teams: who belongs to which, from a day on", "团队：谁从哪一天起属于哪个团队") + &declared.collect::<String>()
    }

    /// What a card of a package is told by: the asked level, where it can be.
    fn per<'c>(&self, package: &Package, card: &'c Scorecard, kept: &BTreeSet<String>) -> Option<&'c str> {
        let own = person(card)?;
        Some(match self.level {
            _ if package.kind == Kind::Category || kept.contains(&card.name.value) => own,
            Level::Person => own,
            Level::Shop => "shop",
            Level::Team => "team",
        })
    }

    /// The line of a card, and the client's copy of it when it differs from the package's.
    fn card(&self, package: &Package, card: &Scorecard, kept: &BTreeSet<String>) -> (Card, String) {
        let own_per: Vec<&str> = card.per.iter().map(|dim| dim.value.as_str()).collect();
        let (per, own_per) = (self.per(package, card, kept), own_per.join(", "));
        let per = per.unwrap_or(&own_per);
        let paid = self.base_pay.is_some() && !card.payout.is_empty() && card.payout_base.is_none();
        let name = &card.name.value;
        let line = |name: String, own| Card { package: package.name.clone(), name, per: per.to_owned(), own };
        if per == own_per && self.cycle == Cycle::Month && !paid {
            return (line(name.clone(), false), String::new());
        }
        let level = if per == own_per { String::new() } else { format!("_{per}") };
        let cycle = match self.cycle == Cycle::Month && level.is_empty() {
            true => "month_paid",
            false => self.cycle.word(),
        };
        let ending = format!("{level}_{cycle}");
        let named = if name.contains("_month") { name.replacen("_month", &ending, 1) } else { format!("{name}{ending}") };
        let per_words = if per.is_empty() { String::new() } else { format!(" per {per}") };
        let copy = format!("scorecard {named}{per_words} every {} {}\n\n", self.cycle.word(), self.body(package, card, per, &own_per));
        (line(named, true), copy)
    }

    /// What stands in the braces of a card, told by the client's level and cycle.
    fn body(&self, package: &Package, card: &Scorecard, per: &str, own_per: &str) -> String {
        let text = self.money(package, card.span);
        let mut body = text.get(text.find('{').unwrap_or_default()..).unwrap_or_default().to_owned();
        if let (Some(en), Some(zh)) = (&card.title.en, &card.title.zh) {
            let same = per == own_per;
            let level = if same { String::new() } else { format!(", per {per}") };
            let level_zh = if same { String::new() } else { format!("·按{}", self.level_zh()) };
            body = body.replacen(&format!("{:?}", en.value), &format!("\"{}{level}\"", en.value.replace("month", self.cycle.word())), 1);
            body = body.replacen(&format!("\"{}\"", zh.value), &format!("\"{}{level_zh}\"", zh.value.replace("月度", self.cycle.zh())), 1);
        }
        match self.base_pay.is_some() && card.payout_base.is_none() {
            true => body.replacen("\n  payout ", "\n  payout base_pay ", 1),
            false => body,
        }
    }

    fn level_zh(&self) -> &'static str {
        match self.level {
            Level::Shop => "店铺",
            Level::Person => "个人",
            Level::Team => "团队",
        }
    }

    /// The targets of the packages, stated anew for `example`.
    fn targets(&self, kept: &BTreeSet<String>) -> String {
        let mut text = String::new();
        for package in &self.packages {
            for item in &package.file.items {
                let Item::Target(target) = item else { continue };
                let mut stated = self.money(package, target.span);
                let told_by = |card: &&Scorecard| card.kpis.iter().any(|kpi| kpi.metric.value == target.name.value);
                let level = package.cards().find(told_by).and_then(|card| self.per(package, card, kept));
                let [per] = target.per.as_slice() else { continue };
                // A team is due what its members are, each as a member of it.
                let (dims, example) = match level {
                    Some("shop") => ("shop".to_owned(), "[shop:".to_owned()),
                    Some("team") => (format!("team, {}", per.value), format!("[team: example, {}:", per.value)),
                    _ => (per.value.clone(), format!("[{}:", per.value)),
                };
                stated = stated.replacen(&format!("per {} ", per.value), &format!("per {dims} "), 1);
                stated = stated.replace(&format!("[{}:", per.value), &example);
                text += &format!("{stated}\n\n{}", self.pace(package, &target.name.value, level.unwrap_or(&per.value)));
            }
        }
        if text.is_empty() {
            return text;
        }
        let title = self.rule("Targets: examples, which count for nobody but `example`", "目标：示例，仅对 `example` 有效");
        let how = self.say(
            "# `steelyard propose` proposes yours from history; without a target nobody has a score by attainment.\n",
            "# `steelyard propose` 由历史数据提出目标；没有目标就没有达成率得分。\n",
        );
        title.trim_end().to_owned() + "\n" + how + "\n" + &text
    }

    /// How far a target is along its year, and an alert on whoever falls behind.
    fn pace(&self, package: &Package, metric: &str, per: &str) -> String {
        let declared = package.file.items.iter().find_map(|item| match item {
            Item::Metric(declared) if declared.name.value == metric => Some(&declared.title),
            _ => None,
        });
        let title = |lang| declared.and_then(|title| words(title, lang)).unwrap_or(metric).replace('"', "\\\"");
        let (en, zh, cycle) = (title(Lang::En), title(Lang::Zh), self.cycle.word());
        format!(
            "metric {metric}_pace = pace({metric}) {{\n  title \"Pace: {en}\" zh \"进度：{zh}\"\n  better higher\n}}\n\n\
             alert {metric}_behind on {metric}_pace over {cycle} per {per} {{\n  title \"Behind: {en}\" zh \"进度落后：{zh}\"\n  \
             warning when < 90% for 2 days\n  clear when >= 95%\n  \
             message \"{{{per}}}: {{value}} of what is due by now\" zh \"{{{per}}}：完成应有进度的 {{value}}\"\n  notify managers\n}}\n\n"
        )
    }

    fn tests(&self, cards: &[Card]) -> String {
        let mut text =
            self.rule("Tests: what was agreed, and that nothing is scored out of nothing", "测试：约定的数值；没有数据就没有得分");
        let agreed: Vec<String> = self.packages.iter().flat_map(|package| self.agreed(package)).map(expected).collect();
        if !agreed.is_empty() {
            let name = self.say("the limits that were agreed", "约定的界限");
            text += &format!("test \"{name}\" {{\n  at {TESTED_AT}\n{}}}\n\n", agreed.concat());
        }
        let scored: Vec<String> = cards
            .iter()
            .map(|card| {
                let scope = if card.per.is_empty() {
                    String::new()
                } else {
                    format!(" [{}]", card.per.split(", ").map(nobody).collect::<Vec<_>>().join(", "))
                };
                let period = if card.own { self.cycle } else { Cycle::Month }.past();
                format!("  expect score {}{scope} in {period} is unknown\n", card.name)
            })
            .collect();
        if !scored.is_empty() {
            let name = self.say("nobody has a score before anything has happened", "没有数据就没有得分");
            text += &format!("test \"{name}\" {{\n  at {TESTED_AT}\n{}}}\n", scored.concat());
        }
        text
    }
}

fn expected((name, value, _): (&str, String, &Text)) -> String {
    format!("  expect {name} over all time is {value}\n")
}

fn nobody(dim: &str) -> String {
    format!("{dim}: nobody")
}

/// The dimension of a card about people, or shops.
fn person(card: &Scorecard) -> Option<&str> {
    match card.per.as_slice() {
        [dim] => Some(&dim.value),
        _ => None,
    }
}

/// `Operator`
fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
