//! Random texts of the language, made from its own grammar: what the grammar learns, this learns with it.
//!
//! 1. [`Grammar::read`] reads `grammar/steelyard.pest` with pest's own reader, and how deep every rule goes at the least.
//! 2. [`Grammar::text`] walks a rule and chooses at random; beyond some depth it takes the shortest way out.
//! 3. Tokens come from [`token`]: names that are declared, numbers and days on edges, texts in several scripts.

use crate::random::Random;
use crate::typed;
use pest_meta::ast::{Expr, Rule, RuleType};
use pest_meta::parser;
use std::collections::HashMap;

/// Beyond this depth the shortest alternative is taken.
const DEPTH: u32 = 14;
/// The least depth of a rule that has none: it stands in for an infinite one.
const ENDLESS: u32 = 1_000;

/// The grammar of the language.
pub struct Grammar {
    rules: HashMap<String, Rule>,
    least: HashMap<String, u32>,
}

impl Grammar {
    /// Reads the grammar of the language.
    pub fn read() -> Grammar {
        let pairs = parser::parse(parser::Rule::grammar_rules, include_str!("../grammar/steelyard.pest")).unwrap();
        let rules = parser::consume_rules(pairs).unwrap();
        let rules: HashMap<String, Rule> = rules.into_iter().map(|rule| (rule.name.clone(), rule)).collect();
        let mut grammar = Grammar { rules, least: HashMap::new() };
        loop {
            let least = grammar.rules.iter().map(|(name, rule)| (name.clone(), 1 + grammar.least_of(&rule.expr))).collect();
            if grammar.least == least {
                return grammar;
            }
            grammar.least = least;
        }
    }

    /// Whether there is a rule of this name.
    pub fn has(&self, rule: &str) -> bool {
        self.rules.contains_key(rule)
    }

    /// A random text that a rule reads, as far as lookahead allows.
    pub fn text(&self, rule: &str, names: &[&str], random: &mut Random) -> String {
        let mut walk = Walk { grammar: self, names, random, text: String::new(), atomic: false, within: Vec::new() };
        walk.rule(rule, 0);
        walk.text
    }

    fn least_of(&self, expr: &Expr) -> u32 {
        match expr {
            Expr::Ident(name) if is_token(name) => 0,
            Expr::Ident(name) => self.least.get(name).copied().unwrap_or(if self.has(name) { ENDLESS } else { 0 }),
            Expr::Seq(a, b) => self.least_of(a).max(self.least_of(b)),
            Expr::Choice(a, b) => self.least_of(a).min(self.least_of(b)),
            Expr::RepOnce(a) => self.least_of(a),
            _ => 0,
        }
    }
}

/// A text in the making.
struct Walk<'w> {
    grammar: &'w Grammar,
    names: &'w [&'w str],
    random: &'w mut Random,
    text: String,
    /// Inside a token: no white space.
    atomic: bool,
    /// The rules under way, outermost first.
    within: Vec<String>,
}

impl Walk<'_> {
    fn rule(&mut self, name: &str, depth: u32) {
        if is_token(name) {
            let token = match name {
                // Inside of declarations, formulas mostly mean something.
                "expr" if depth == 0 || self.random.chance(20) => return self.inside(name, depth),
                "expr" => self.formula(),
                "name" => (*self.random.pick(self.within.iter().rev().find_map(|rule| expected(rule)).unwrap_or(self.names))).to_owned(),
                _ => token(name, self.random),
            };
            return self.text.push_str(&token);
        }
        self.inside(name, depth);
    }

    /// What the grammar says of a rule.
    fn inside(&mut self, name: &str, depth: u32) {
        let grammar = self.grammar;
        let Some(rule) = grammar.rules.get(name) else { return };
        let outer = self.atomic;
        self.atomic |= matches!(rule.ty, RuleType::Atomic | RuleType::CompoundAtomic);
        self.within.push(name.to_owned());
        self.walk(&rule.expr, depth + 1);
        self.atomic = outer;
        self.within.pop();
    }

    /// A formula that fits where it stands.
    fn formula(&mut self) -> String {
        let inner = self.within.last().map(String::as_str);
        match inner {
            Some("when" | "filter") => typed::condition(self.random),
            Some("for_each") => typed::number(self.random),
            _ => typed::formula(self.random),
        }
    }

    fn walk(&mut self, expr: &Expr, depth: u32) {
        match expr {
            Expr::Str(text) => self.text.push_str(text),
            Expr::Range(from, _) => self.text.push_str(from),
            Expr::Ident(name) => self.rule(name, depth),
            Expr::Seq(a, b) => {
                self.walk(a, depth);
                if !self.atomic && !self.text.ends_with(' ') {
                    self.text.push(' ');
                }
                self.walk(b, depth);
            }
            Expr::Choice(..) => {
                let choice = self.choose(expr, depth);
                self.walk(choice, depth);
            }
            Expr::Opt(inner) if depth < DEPTH && self.random.chance(40) => self.walk(inner, depth),
            Expr::Rep(inner) if depth < DEPTH && self.random.chance(50) => self.repeat(inner, depth),
            Expr::RepOnce(inner) => self.repeat(inner, depth),
            Expr::RepExact(inner, n) => (0..*n).for_each(|_| self.walk(inner, depth)),
            _ => {}
        }
    }

    fn repeat(&mut self, inner: &Expr, depth: u32) {
        self.walk(inner, depth);
        while depth < DEPTH && self.random.chance(30) {
            if !self.atomic {
                self.text.push(' ');
            }
            self.walk(inner, depth);
        }
    }

    /// One of the alternatives; the shortest when it is deep already.
    fn choose<'e>(&mut self, expr: &'e Expr, depth: u32) -> &'e Expr {
        let mut all = Vec::new();
        let mut rest = expr;
        while let Expr::Choice(first, others) = rest {
            all.push(first.as_ref());
            rest = others;
        }
        all.push(rest);
        if depth >= DEPTH {
            let least = all.iter().map(|one| self.grammar.least_of(one)).min();
            all.retain(|one| Some(self.grammar.least_of(one)) == least);
        }
        all[self.random.index(all.len())]
    }
}

/// Rules whose texts are made here.
fn is_token(name: &str) -> bool {
    const TOKENS: &[&str] = &[
        "name",
        "field",
        "lookup",
        "expr",
        "curve",
        "grade",
        "currency",
        "version",
        "zone",
        "text",
        "whole",
        "number",
        "date",
        "time",
        "period",
        "share_value",
        "bare_value",
        "flag",
    ];
    TOKENS.contains(&name)
}

/// The names that a rule mostly wants, so that many texts mean something.
fn expected(rule: &str) -> Option<&'static [&'static str]> {
    Some(match rule {
        "per" | "scope" => &["shop", "shop", "shop", "sku"],
        "kpi" => &["sales", "sales", "paid", "revenue"],
        "by" => &["sale_id", "shop"],
        "entity_head" => &["sale_id"],
        "feed_head" => &["sale", "refund"],
        "amount" => &["few", "bound"],
        "inhibited" => &["flood", "watched", "shop"],
        "over_occasion" | "hold_work" | "work_span" | "work_time" => &["fair", "hours"],
        "timezone_by" => &["shop"],
        "expect_alert" | "expect_no_alert" | "expect_score" | "expect_grade" => &["shop"],
        _ => return None,
    })
}

fn token(name: &str, random: &mut Random) -> String {
    let of = |random: &mut Random, list: &[&str]| (*random.pick(list)).to_owned();
    match name {
        "field" => {
            of(random, &["sale.amount", "sale.units", "sale.share", "sale.paid", "sale.wait", "refund.amount", "deal.late", "sale.no"])
        }
        "lookup" => of(random, &["limits.most", "limits.least", "limits[shop].most", "limits[\"a\"].least", "limits.no"]),
        "curve" => of(
            random,
            &[
                "{ 0 -> 0, 10 -> 100 }",
                "{ below 0, 1% -> 60, 5% -> 100, 9% -> 120, above 0 }",
                "{ 0 USD -> 100, 50 USD -> 0 }",
                "{ 9 -> 0, 3.5 -> 70.25, 1 -> 100 }",
                "{ 1 -> 1, 1 -> 2 }",
            ],
        ),
        "grade" => of(random, &["A", "B", "S", "Good"]),
        "currency" => of(random, &["USD", "USD", "USD", "EUR", "JPY", "XXX"]),
        "version" => of(random, &["1.0.0", "0.9.12", "99999999999.0.0"]),
        "zone" => of(random, &["UTC", "Asia/Shanghai", "America/Sao_Paulo", "Mars/Olympus"]),
        "text" => of(random, &["\"us\"", "\"\"", "\"亚马逊\"", "\"{value} {shop}\"", "\"a\\\"b\"", "\"🧥\u{200d}é\""]),
        "whole" => of(random, &["1", "2", "3", "7", "28", "0", "400", "4000000000", "99999999999999999999"]),
        "number" => of(
            random,
            &["0", "1", "2", "3", "10", "0.5", "100", "1_000", "0.000000001", "79228162514264337593543950335", "123456789.987654321"],
        ),
        "date" => of(random, &["2026-02-28", "2026-03-01", "2024-02-29", "2026-02-30", "0001-01-01", "9999-12-31"]),
        "time" => of(random, &["2026-03-01 09:00", "2018-11-04 00:00", "2018-11-04 00:30:59", "2026-03-01 24:00"]),
        "period" => of(random, &["2026", "2026-03", "2026-Q1", "2026-W09", "2026-03-01", "2026-13", "2026-W54", "9999-12", "0000"]),
        "share_value" | "bare_value" => of(random, &["us", "de", "亚马逊", "0", "-"]),
        _ => of(random, &["true", "false"]),
    }
}
