//! What becomes of the rows of files, without sending them.
//!
//! 1. The columns of each file are told with what they become ([`Columns`]).
//! 2. Its rows are judged as a server with the same ruleset and nothing stored judges them; refusals of one kind are told
//!    together, with the first places ([`Verdicts`]).
//! 3. The days without rows follow, over all files ([`super::days`]).

use super::days::{Days, Hole};
use crate::cli::feed::{Events, Pick, Table};
use crate::cli::lines::ScopeText;
use crate::cli::output::{Output, table};
use crate::cli::replay::dims;
use crate::cli::sending::left_out;
use crate::cli::{Ended, Stop};
use crate::compile::program::{EventDecl, Feed, FeedIdentity, Program};
use crate::diagnostic::{Diagnostic, Lang, Words};
use crate::engine::show::unit_name;
use crate::engine::{Clock, RawEvent, Replay, SystemClock, row_id, shape};
use crate::eval::RowId;
use crate::time::Instant;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Events judged at once.
const BATCH: usize = 10_000;
/// The places of refused rows that are told for each reason.
const PLACES: usize = 5;
/// The lines of a table that people are shown.
const SHOWN: usize = 40;

/// A column of a file.
#[derive(Debug, Serialize)]
struct Column {
    column: String,
    field: Option<String>,
    unit: Option<String>,
    sample: String,
}

/// What the columns of a file become.
#[derive(Debug, Serialize)]
struct Columns {
    feed: String,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    columns: Vec<Column>,
    /// What every row says, whatever its cells are.
    fixed: ScopeText,
    /// Fields of the event that no column fills.
    without_column: Vec<String>,
}

/// Refusals of one kind.
#[derive(Debug)]
struct Reason {
    code: &'static str,
    count: usize,
    lines: Vec<u64>,
    message: Words,
    help: Words,
}

/// What became of the rows of a file.
#[derive(Debug, Default)]
struct Verdicts {
    accepted: usize,
    repeated: usize,
    refused: usize,
    /// Rows that are no events, as the feed says.
    left_out: usize,
    /// By code, and the column or field that it is about.
    reasons: BTreeMap<(&'static str, String), Reason>,
}

impl Verdicts {
    fn refuse(&mut self, line: u64, diagnostic: &Diagnostic) {
        self.refused += 1;
        let about = diagnostic.argument("column").or_else(|| diagnostic.argument("field")).unwrap_or_default().to_owned();
        let reason = self.reasons.entry((diagnostic.code.id, about)).or_insert_with(|| Reason {
            code: diagnostic.code.id,
            count: 0,
            lines: Vec::new(),
            message: diagnostic.messages(),
            help: diagnostic.helps(),
        });
        reason.count += 1;
        if reason.lines.len() < PLACES {
            reason.lines.push(line);
        }
    }
}

/// Runs `import --preview`.
pub fn run(files: &[String], per: &[String], program: &Arc<Program>, pick: Pick<'_>, output: Output) -> Result<Ended, Stop> {
    let mut days = Days::new(program, dims(program, per, &[])?);
    let mut replay = Replay::new(Arc::clone(program));
    let (mut told, mut refused, mut seen) = (Vec::new(), 0, HashSet::new());
    for path in files {
        let mut events = Events::open(path, Some(program), pick, output)?;
        let columns = events.table.as_ref().and_then(|table| columns(program, &events, table, output));
        let verdicts = judge(&mut events, program, &mut replay, (&mut days, &mut seen))?;
        events.progress.finish_and_clear();
        refused += verdicts.refused;
        if output.is_human() {
            show(path, columns.as_ref(), &verdicts, output);
        }
        told.push(document(path, columns, &verdicts, output));
    }
    let holes = days.holes();
    output.document(&json!({"files": told, "completeness": holes}));
    if output.is_human() {
        show_days(&holes, output);
    }
    Ok(if refused > 0 { Ended::Wrong } else { Ended::Fine })
}

/// What the columns of a table become.
fn columns(program: &Program, events: &Events<'_>, table: &Table, output: Output) -> Option<Columns> {
    let feed = program.feeds.iter().find(|feed| feed.name == table.feed)?;
    let event = program.events.get(feed.event)?;
    let mapped = events.mapped();
    let column = |(at, name): (usize, &String)| {
        let fields: Vec<_> = mapped.iter().filter(|(_, index, _)| *index == at).collect();
        let names: Vec<&str> = fields.iter().map(|(name, _, _)| name.as_str()).collect();
        let units: Vec<&str> = fields
            .iter()
            .map(|(name, _, field)| match field {
                Some(field) => unit_name(&field.unit),
                None if name == "time" => "time",
                None => "number",
            })
            .collect();
        let field = if names.is_empty() { unmapped(feed, event, name, output) } else { Some(names.join(", ")) };
        let unit = (!units.is_empty()).then(|| units.join(", "));
        Column { column: name.clone(), field, unit, sample: table.samples.get(at).cloned().unwrap_or_default() }
    };
    let without = event
        .fields
        .iter()
        .map(|field| &field.name)
        .filter(|name| !mapped.iter().any(|(mapped, _, _)| mapped == *name) && !table.fixed.iter().any(|(fixed, _)| fixed == *name));
    Some(Columns {
        feed: feed.name.clone(),
        event: event.name.clone(),
        sheet: table.sheet.clone(),
        columns: table.header.iter().enumerate().map(column).collect(),
        fixed: ScopeText(table.fixed.clone()),
        without_column: without.cloned().collect(),
    })
}

/// What a column is good for that fills no field by itself.
fn unmapped(feed: &Feed, event: &EventDecl, column: &str, output: Output) -> Option<String> {
    if matches!(&feed.identity, FeedIdentity::Columns(columns) if columns.iter().any(|id| id == column)) {
        return Some("id".to_owned());
    }
    let amounts = feed.columns.iter().filter(|(_, amount)| amount.currency.as_deref() == Some(column));
    let amounts: Vec<&str> = amounts.filter_map(|(field, _)| Some(event.fields.get(*field)?.name.as_str())).collect();
    if !amounts.is_empty() {
        return Some(match output.lang {
            Lang::En => format!("currency of {}", amounts.join(", ")),
            Lang::Zh => format!("{} 的币种", amounts.join("、")),
        });
    }
    feed.skips.iter().any(|skip| skip.column == column).then(|| "skip".to_owned())
}

/// Judges the rows of a file; those of the files before are known.
fn judge(
    events: &mut Events<'_>,
    program: &Program,
    replay: &mut Replay,
    (days, seen): (&mut Days<'_>, &mut HashSet<RowId>),
) -> Result<Verdicts, Stop> {
    let now = SystemClock.now();
    let mut verdicts = Verdicts::default();
    loop {
        let mut batch: Vec<(u64, RawEvent)> = Vec::new();
        for numbered in events.by_ref().take(BATCH) {
            match numbered.event.and_then(|event| possible(program, event, now)) {
                Ok(event) => batch.push((numbered.line, event)),
                Err(diagnostic) => verdicts.refuse(numbered.line, &diagnostic),
            }
        }
        if batch.is_empty() {
            break;
        }
        let report = replay.add(batch.iter().map(|(_, event)| event.clone()).collect(), Instant(i64::MIN)).map_err(Stop::input)?;
        verdicts.accepted += report.accepted;
        verdicts.repeated += report.duplicates;
        let refused: BTreeMap<usize, Diagnostic> = report.refused.into_iter().map(|refusal| (refusal.index, refusal.diagnostic)).collect();
        for (index, (line, event)) in batch.iter().enumerate() {
            match refused.get(&index) {
                Some(diagnostic) => verdicts.refuse(*line, diagnostic),
                // A repeated row counts once.
                None if seen.insert(row_id(&event.source, &event.id)) => days.add(event, now),
                None => {}
            }
        }
    }
    verdicts.left_out = events.left_out;
    Ok(verdicts)
}

/// An event with its time, if a server would take it now.
fn possible(program: &Program, event: RawEvent, now: Instant) -> Result<RawEvent, Diagnostic> {
    let event = RawEvent { time: event.time.or(Some(now)), ..event };
    match program.event_named(&event.kind) {
        Some(kind) => shape(program, kind, &event, now).map(|_| event),
        None => Ok(event),
    }
}

fn document(path: &str, columns: Option<Columns>, verdicts: &Verdicts, output: Output) -> serde_json::Value {
    let reason = |reason: &Reason| {
        json!({
            "code": reason.code,
            "count": reason.count,
            "lines": reason.lines,
            "message": reason.message.get(output.lang),
            "help": reason.help.get(output.lang),
        })
    };
    let reasons: Vec<_> = verdicts.reasons.values().map(reason).collect();
    json!({
        "file": path,
        "table": columns,
        "accepted": verdicts.accepted,
        "repeated": verdicts.repeated,
        "refused": verdicts.refused,
        "left_out": verdicts.left_out,
        "reasons": reasons,
    })
}

/// Tells people about a file.
fn show(path: &str, columns: Option<&Columns>, verdicts: &Verdicts, output: Output) {
    if let Some(columns) = columns {
        let Columns { feed, event, sheet, .. } = columns;
        let sheet = sheet.as_ref().map(|sheet| format!(" [{sheet}]")).unwrap_or_default();
        output.line(&match output.lang {
            Lang::En => format!("{path}{sheet}: feed {feed}, event {event}"),
            Lang::Zh => format!("{path}{sheet}：feed {feed}，事件 {event}"),
        });
        let header = [("column", "列"), ("becomes", "字段"), ("unit", "单位"), ("sample", "样例")].map(|(en, zh)| output.text(en, zh));
        let unused = output.text("(not used)", "（未使用）");
        let row = |column: &Column| {
            let field = column.field.as_deref().unwrap_or(unused).to_owned();
            vec![column.column.clone(), field, column.unit.clone().unwrap_or_default(), column.sample.chars().take(SHOWN).collect()]
        };
        let fixed = |(field, text): &(String, String)| vec![format!("= {text}"), field.clone(), "text".to_owned(), text.clone()];
        let rows: Vec<Vec<String>> = columns.columns.iter().map(row).chain(columns.fixed.0.iter().map(fixed)).collect();
        output.line(&table(&header, &rows, &[]));
        if !columns.without_column.is_empty() {
            let fields = columns.without_column.join(output.text(", ", "、"));
            output.line(&format!("{}{fields}", output.text("fields without a column: ", "没有对应列的字段：")));
        }
        output.line("");
    }
    let Verdicts { accepted, repeated, refused, .. } = verdicts;
    let left_out = left_out(verdicts.left_out).get(output.lang).to_owned();
    output.line(&match output.lang {
        Lang::En => format!("{path}: {accepted} would be accepted, {repeated} repeated, {refused} refused{left_out}"),
        Lang::Zh => format!("{path}：将接收 {accepted} 行，重复 {repeated} 行，拒绝 {refused} 行{left_out}"),
    });
    for reason in verdicts.reasons.values() {
        let lines: Vec<String> = reason.lines.iter().map(u64::to_string).collect();
        let more = if reason.count > reason.lines.len() { ", …" } else { "" };
        let (code, count, lines) = (reason.code, reason.count, lines.join(", "));
        output.line(&match output.lang {
            Lang::En => format!("  {count} × {code}, line {lines}{more}: {}", reason.message.get(output.lang)),
            Lang::Zh => format!("  {count} × {code}，第 {lines}{more} 行：{}", reason.message.get(output.lang)),
        });
        output.line(&format!("    {}", reason.help.get(output.lang)));
    }
    output.line("");
}

/// Tells people on which days no row stands.
fn show_days(holes: &[Hole], output: Output) {
    let header = [
        ("event", "事件"),
        ("scope", "范围"),
        ("first", "最早"),
        ("last", "最晚"),
        ("days", "天数"),
        ("rows", "行数"),
        ("missing", "缺失"),
    ];
    let header = header.map(|(en, zh)| output.text(en, zh));
    let to = output.text(" to ", " 至 ");
    let row = |hole: &Hole| {
        let run = |(first, last): &(crate::time::Day, crate::time::Day)| {
            if first == last { first.to_string() } else { format!("{first}{to}{last}") }
        };
        let mut runs: Vec<String> = hole.runs.iter().take(PLACES).map(run).collect();
        if hole.runs.len() > PLACES {
            runs.push("…".to_owned());
        }
        let missing = match hole.missing.len() {
            0 => String::new(),
            days => format!("{days}: {}", runs.join(", ")),
        };
        let (days, rows) = (hole.days.to_string(), hole.rows.to_string());
        vec![hole.event.clone(), hole.scope.human(), hole.first.clone(), hole.last.clone(), days, rows, missing]
    };
    let rows: Vec<Vec<String>> = holes.iter().take(SHOWN).map(row).collect();
    if rows.is_empty() {
        return;
    }
    output.line(&table(&header, &rows, &[false, false, false, false, true, true]));
    if holes.len() > SHOWN {
        let more = holes.len() - SHOWN;
        output.line(&match output.lang {
            Lang::En => format!("… and {more} more; --format json has all of them"),
            Lang::Zh => format!("……另有 {more} 行；完整内容请用 --format json"),
        });
    }
}
