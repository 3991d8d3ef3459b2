//! What random texts go through, and what may be said of each.
//!
//! 1. [`Cases::formulas`] puts formulas into one ruleset, leaves out those that are mistakes, and computes the others at
//!    several scopes and windows; [`Cases::program`] makes whole declarations, leaves out the statements that are mistakes,
//!    and runs what remains over a short history; [`Cases::damaged`] changes written rulesets at random ([`crate::damage`]) and
//!    runs their tests.
//! 2. Every mistake has a place inside of the text; the formatter changes nothing the second time; nothing panics.

use crate::damage::{cut_up, little};
use crate::grammar::Grammar;
use crate::random::Random;
use crate::typed;
use rust_decimal::Decimal;
use std::sync::Arc;
use steelyard::compile::program::{DimIdx, Program};
use steelyard::compile::{check, read, window};
use steelyard::diagnostic::{Diagnostic, Span, Spanned};
use steelyard::engine::replay::Replay;
use steelyard::engine::{RawEvent, RawValue};
use steelyard::eval::{Fault, When};
use steelyard::syntax::format::format;
use steelyard::syntax::outline::DECLARATIONS;
use steelyard::syntax::parse::{parse_expr, parse_window};
use steelyard::time::{Instant, Period};

const SHOP: &str = include_str!("shop.kpi");
/// Words that names of the grammar stand for.
const NAMES: &[&str] = &[
    "sale",
    "refund",
    "deal",
    "shop",
    "shop",
    "sku",
    "amount",
    "units",
    "share",
    "wait",
    "due",
    "paid",
    "note",
    "stock",
    "sale_id",
    "late",
    "limits",
    "most",
    "least",
    "revenue",
    "sales",
    "tops",
    "buyers",
    "bound",
    "few",
    "price",
    "time",
    "returned",
    "abs",
    "attainment",
    "growth",
    "previous",
    "fresh",
    "other",
    "fair",
    "hours",
    "card",
    "flood",
    "items",
    "payment",
    "given",
];
/// How many formulas share a ruleset.
pub const TOGETHER: u64 = 50;

/// What came of a text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Formulas, or statements, that were no mistake.
    pub right: u64,
    /// All of them.
    pub all: u64,
}

/// What random texts are put through is told to this first, for those who watch.
pub type Tell<'t> = &'t dyn Fn(&str);

/// Makes and runs random texts.
pub struct Cases {
    grammar: Grammar,
    written: Vec<String>,
    /// Those that compile as they are.
    sound: Vec<String>,
}

impl Cases {
    /// Reads the grammar, and the rulesets that are damaged at random.
    pub fn new() -> Cases {
        let mut written = vec![SHOP.to_owned()];
        for folder in ["tests/it/histories", "rulesets", "src/cli"] {
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|ext| ext == "kpi")).collect();
            files.sort();
            written.extend(files.iter().map(|path| filled(&std::fs::read_to_string(path).unwrap())));
        }
        let sound = written.iter().filter(|text| check(text).program.is_some()).cloned().collect();
        Cases { grammar: Grammar::read(), written, sound }
    }

    /// Formulas of one ruleset.
    pub fn formulas(&self, random: &mut Random, tell: Tell<'_>) -> Result<Tally, String> {
        let mut lines: Vec<String> = (0..TOGETHER)
            .map(|_| if random.chance(50) { self.grammar.text("expr", NAMES, random) } else { typed::formula(random) })
            .collect();
        for line in &lines {
            within(line, &parse_expr(line).err().unwrap_or_default())?;
        }
        let text = |lines: &[String]| {
            let metrics = lines.iter().enumerate().map(|(at, line)| format!("metric fuzz_{at} = {line}\n"));
            SHOP.to_owned() + &metrics.collect::<String>()
        };
        let (all, mut program) = (lines.len() as u64, None);
        while program.is_none() && !lines.is_empty() {
            let whole = text(&lines);
            tell(&whole);
            let compiled = check(&whole);
            within(&whole, &compiled.diagnostics)?;
            program = compiled.program;
            if program.is_none() && !drop_wrong(&mut lines, SHOP.matches('\n').count(), &whole, &compiled.diagnostics) {
                return Err("a mistake that stands in no line".to_owned());
            }
        }
        laid_out(&text(&lines))?;
        if let Some(program) = program {
            run(&Arc::new(program), random)?;
        }
        Ok(Tally { right: lines.len() as u64, all })
    }

    /// Declarations with random heads and statements.
    pub fn program(&self, random: &mut Random, tell: Tell<'_>) -> Result<Tally, String> {
        let mut blocks: Vec<Vec<String>> = (0..random.within(1, 6)).map(|_| self.declaration(random)).collect();
        let all = blocks.iter().map(Vec::len).sum::<usize>() as u64;
        let text = |blocks: &[Vec<String>]| {
            let closed =
                |block: &Vec<String>| block.concat() + if block.first().is_some_and(|head| head.contains('{')) { "}\n" } else { "" };
            SHOP.to_owned() + &blocks.iter().map(closed).collect::<String>()
        };
        let program = loop {
            let whole = text(&blocks);
            tell(&whole);
            let compiled = check(&whole);
            within(&whole, &compiled.diagnostics)?;
            let line_of = |at: usize| whole[..at].matches('\n').count();
            let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
            let wrong: Vec<usize> = errors.filter_map(|error| Some(line_of(error.span?.range().start))).collect();
            if compiled.program.is_some() || !leave_out(&mut blocks, &wrong) {
                break compiled.program;
            }
        };
        laid_out(&text(&blocks))?;
        if let Some(program) = program {
            run(&Arc::new(program), random)?;
        }
        Ok(Tally { right: blocks.iter().map(Vec::len).sum::<usize>() as u64, all })
    }

    /// A declaration: its head, then its statements, each a line.
    fn declaration(&self, random: &mut Random) -> Vec<String> {
        let word = *random.pick(DECLARATIONS);
        let (head, line) = (format!("{word}_head"), format!("{word}_line"));
        if !self.grammar.has(&head) || word == "ruleset" && !random.chance(5) {
            return Vec::new();
        }
        let head = renamed(word, self.grammar.text(&head, NAMES, random).trim(), random);
        let comment = if random.chance(10) { " # 注" } else { "" };
        if !self.grammar.has(&line) || random.chance(10) {
            return vec![format!("{word} {head}{comment}\n")];
        }
        let mut lines = vec![format!("{word} {head} {{{comment}\n")];
        lines.extend(needed(word).iter().map(|line| format!("  {line}\n")));
        for _ in 0..random.within(0, 9) {
            let statement = format!("  {}\n", self.grammar.text(&line, NAMES, random).trim());
            let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
            let repeats = lines.iter().any(|line| first(line) == first(&statement));
            if !repeats || ["kpi", "add", "deduct", "veto", "expect", "at"].contains(&first(&statement).unwrap_or_default().as_str()) {
                lines.push(statement);
            }
        }
        lines
    }

    fn one(&self, random: &mut Random) -> &str {
        &self.written[random.index(self.written.len())]
    }

    /// A written ruleset with parts removed, repeated, moved and replaced; most of the time no more than a word or a line, so
    /// that what lies behind the compiler is reached too.
    pub fn damaged(&self, random: &mut Random, tell: Tell<'_>) -> Result<Tally, String> {
        let mild = random.chance(60);
        let mut text = if mild { self.sound[random.index(self.sound.len())].clone() } else { self.one(random).to_owned() };
        for _ in 0..if mild { 1 } else { random.within(1, 3) } {
            text = if mild { little(&text, random) } else { cut_up(&text, self.one(random), random) };
        }
        tell(&text);
        let (file, compiled) = read(&text);
        within(&text, &compiled.diagnostics)?;
        laid_out(&text)?;
        let right = u64::from(compiled.program.is_some());
        if let Some(program) = compiled.program {
            let program = Arc::new(program);
            steelyard::testing::run(&program, &file, &text);
            run(&program, random)?;
        }
        Ok(Tally { right, all: 1 })
    }
}

/// A ruleset of the generated histories with what their seeds say filled in.
fn filled(text: &str) -> String {
    let given = [
        ("@ZONE@", "Europe/London"),
        ("@WEEK@", "monday"),
        ("@NEAR@", "2026-03-29"),
        ("@NEXT@", "2026-03-31"),
        ("@EVE@", "2026-03-26"),
        ("@TIMES@", "2025-03-26 to 2025-03-28\n  2026-03-26 to 2026-03-29"),
        ("@COVERED@", "2026-02-27 to 2026-04-23"),
        ("@CALENDAR@", "2026"),
        ("@MONTH@", "2026-03"),
        ("@AFTER@", "2026-04"),
        ("@YEAR@", "2026"),
        ("@BEFORE@", "2025"),
    ];
    given.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
}

/// The statements without which a declaration is none.
fn needed(word: &str) -> &'static [&'static str] {
    match word {
        "event" => &["shop dimension"],
        "entity" => &["shop = first sale.shop", "amount = last refund.amount where amount > 3 USD", "open = now > first sale.due"],
        "scorecard" => &["kpi sales weight 40 score { 0 -> 0, 2 -> 100, 9 -> 120 }", "grades { A >= 80, B }"],
        "alert" => &["warning when sales > 1", "critical when revenue < 0 USD for 2 days"],
        "occasion" => &["2026-01-30 to 2026-02-03"],
        "calendar" => &["work monday to friday"],
        "feed" => &["source \"fuzz\"", "id from row", "time from \"t\"", "sale_id from \"i\"", "shop from \"s\"", "amount from \"a\""],
        "target" => &["2026-01 5"],
        _ => &[],
    }
}

/// The head of a declaration with a name that is new, or of a target with a metric, most of the time.
fn renamed(word: &str, head: &str, random: &mut Random) -> String {
    let named = head.split_once(' ').filter(|(first, _)| !first.starts_with('"') && random.chance(95));
    let Some((first, rest)) = named else { return head.to_owned() };
    match word {
        "ruleset" => format!("{first} {rest}"),
        "target" => format!("{} {rest}", random.pick::<&str>(&["sales", "paid", "late"])),
        _ => format!("new_{} {rest}", random.below(1_000_000)),
    }
}

/// Every mistake stands inside of the text, on whole characters, and can be told.
fn within(text: &str, diagnostics: &[Diagnostic]) -> Result<(), String> {
    for diagnostic in diagnostics {
        let spans = diagnostic.span.iter().chain(diagnostic.related.iter().map(|(span, ..)| span));
        for span in spans.chain(diagnostic.fixes.iter().map(|fix| &fix.span)) {
            if text.get(span.range()).is_none() {
                return Err(format!("{}: a place outside of the text", diagnostic.code.id));
            }
        }
    }
    Ok(())
}

/// Leaves out the lines in which mistakes stand; false when there is none.
fn drop_wrong(lines: &mut Vec<String>, before: usize, text: &str, diagnostics: &[Diagnostic]) -> bool {
    let line_of = |at: usize| text[..at].matches('\n').count().checked_sub(before);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let wrong: Vec<usize> = errors.filter_map(|error| line_of(error.span?.range().start)).collect();
    let mut at = 0;
    let had = lines.len();
    lines.retain(|_| {
        at += 1;
        !wrong.contains(&(at - 1))
    });
    lines.len() < had
}

/// Leaves out the statements, and the blocks of the heads, that stand on these lines; false when there is none.
fn leave_out(blocks: &mut [Vec<String>], wrong: &[usize]) -> bool {
    let (mut line, mut left_out) = (SHOP.matches('\n').count(), false);
    for block in blocks.iter_mut() {
        let first = line;
        line += block.len() + usize::from(block.first().is_some_and(|head| head.contains('{')));
        let closing = first + block.len();
        if wrong.contains(&first) || (closing < line && wrong.contains(&closing)) {
            left_out |= !block.is_empty();
            block.clear();
        }
        let had = block.len();
        let mut at = first;
        block.retain(|_| {
            at += 1;
            !wrong.contains(&(at - 1))
        });
        left_out |= block.len() < had;
    }
    left_out
}

/// The layout of a text stays as it is the second time, and means the same.
fn laid_out(text: &str) -> Result<(), String> {
    let Ok(once) = format(text) else { return Ok(()) };
    match format(&once) {
        Ok(twice) if twice == once => {}
        Ok(_) => return Err("the formatter changed its own layout".to_owned()),
        Err(_) => return Err("the formatter made a mistake".to_owned()),
    }
    let comments = |text: &str| text.matches('#').count();
    if comments(text) != comments(&once) {
        return Err("the formatter lost a comment".to_owned());
    }
    Ok(())
}

/// Runs a ruleset over a short history and asks for all its numbers.
fn run(program: &Arc<Program>, random: &mut Random) -> Result<(), String> {
    let broken = |fault: Diagnostic| format!("the evaluation broke off: {}", fault.code.id);
    let mut replay = Replay::new(Arc::clone(program));
    let mut at = start();
    for _ in 0..4 {
        let events = (0..random.within(0, 4)).map(|_| event(at, random)).collect();
        at = Instant(at.0 + random.within(1, 40) * 3_600_000_000);
        replay.add(events, at).map_err(broken)?;
        replay.advance(at).map_err(broken)?;
    }
    at = Instant(at.0 + 70 * 86_400_000_000);
    replay.advance(at).map_err(broken)?;
    let reader = replay.reader(at);
    let fault = |fault: Fault| format!("the evaluation broke off: {fault:?}");
    let shop = program.dims.iter().position(|dim| dim == "shop");
    let scopes: Vec<Vec<(DimIdx, Box<str>)>> = vec![vec![], shop.map(|dim| (dim, "a".into())).into_iter().collect()];
    let month = Period::parse("2026-02", program.reckoning).map_err(|_| "a period")?;
    for (card, scope) in program.scorecards.iter().zip(scopes.iter().cycle()) {
        reader.score(card, month, scope).map_err(fault)?;
    }
    for metric in &program.metrics {
        for scope in &scopes {
            for text in ["7 days", "month", "all time", "36 hours"] {
                let parsed = parse_window(text).map_err(|_| "a window")?;
                let window = window(&Spanned { value: parsed, span: Span::new(0, 0) });
                reader.number(&metric.formula, When::Window(window.map_err(|_| "a window")?), scope).map_err(fault)?;
            }
        }
    }
    Ok(())
}

fn start() -> Instant {
    // 2026-01-30 12:00 UTC
    Instant(1_769_774_400_000_000)
}

fn event(at: Instant, random: &mut Random) -> RawEvent {
    let number = |n: i64, scale: u32| RawValue::Number(Decimal::new(n, scale));
    let text = |text: &str| RawValue::Text(text.to_owned());
    let data = [
        ("sale_id", text(random.pick::<&str>(&["1", "2", "3"]))),
        ("shop", text(random.pick::<&str>(&["a", "b", "亚马逊"]))),
        ("sku", text(random.pick::<&str>(&["x", "y"]))),
        ("amount", number(*random.pick(&[1, 0, -325, 1_000_000_000_000]), 2)),
        ("units", number(random.within(0, 9), 0)),
        ("share", number(25, 2)),
        ("wait", text("90 seconds")),
        ("day", text("2026-02-01")),
        ("due", text("2026-02-03T00:00:00Z")),
        ("paid", RawValue::Flag(random.chance(50))),
        ("stock", number(random.within(0, 2), 0)),
    ];
    RawEvent {
        source: "fuzz".to_owned(),
        id: random.next().to_string(),
        kind: (*random.pick(&["sale", "sale", "refund"])).to_owned(),
        time: Some(at),
        revision: 0,
        data: data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}
