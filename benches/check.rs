//! Checking a ruleset of one megabyte, and next to it the least that reading it by its grammar costs: pest over the same
//! pieces, and nothing else.
//!
//! 1. [`ordinary`] writes a ruleset of the shape that people write: events, feeds, metrics, scorecards and alerts.
//! 2. Both sides read it in turn, so that whatever else the machine does happens to both.
//! 3. The last line is the ratio of the medians. It fails above [`RATIO_MAX`].
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use pest::Parser;
use std::fmt::Write;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use steelyard::compile::check;
use steelyard::syntax::outline::{Outline, Range};

#[allow(missing_docs)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/steelyard.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

const ROUNDS: usize = 15;
const BYTES: usize = 1_000_000;
/// How much more than bare reading a check may cost.
const RATIO_MAX: f64 = 3.0;

fn main() -> ExitCode {
    let text = ordinary();
    let checked = check(&text);
    let errors = checked.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    assert!(checked.program.is_some(), "{errors} mistakes, the first: {:?}", checked.diagnostics.iter().find(|one| one.is_error()));
    let outline = Outline::new(&text);
    let pieces = pieces(&outline);
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(|| pieces.iter().for_each(|(rule, piece)| drop(black_box(Grammar::parse(*rule, piece).unwrap())))));
        ours.push(timed(|| drop(black_box(check(&text)))));
    }
    let (bare, ours) = (median(bare), median(ours));
    let ratio = ours.as_secs_f64() / bare.as_secs_f64();
    println!("check of {} bytes in {} pieces: {} ms, bare pest {} ms", text.len(), pieces.len(), ours.as_millis(), bare.as_millis());
    println!("check ratio={ratio:.2} goal={RATIO_MAX:.1}");
    if ratio <= RATIO_MAX { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Every head and statement of a text with the rule that reads it.
fn pieces(outline: &Outline) -> Vec<(Rule, String)> {
    let piece = |range: &Range| outline.text[outline.span(range).range()].to_owned();
    let mut pieces = Vec::new();
    for declaration in &outline.declarations {
        let word = piece(&(declaration.head.start..declaration.head.start + 1));
        let (head, line) = match word.as_str() {
            "ruleset" => (Rule::ruleset_head, Rule::ruleset_line),
            "param" => (Rule::param_head, Rule::EOI),
            "event" => (Rule::event_head, Rule::event_line),
            "feed" => (Rule::feed_head, Rule::feed_line),
            "metric" => (Rule::metric_head, Rule::metric_line),
            "scorecard" => (Rule::scorecard_head, Rule::scorecard_line),
            "alert" => (Rule::alert_head, Rule::alert_line),
            _ => unreachable!("{word}"),
        };
        pieces.push((head, piece(&(declaration.head.start + 1..declaration.head.end))));
        let statements = declaration.block.iter().flat_map(|block| &block.statements);
        pieces.extend(statements.map(|range| (line, piece(range))));
    }
    pieces
}

/// A ruleset as people write it, only longer.
fn ordinary() -> String {
    let mut text = String::from(
        "ruleset ordinary 1.0.0 {\n  title    \"Ordinary\" zh \"平常\"\n  currency USD\n  timezone America/Los_Angeles\n  week     monday\n}\n",
    );
    let mut number = 0;
    while text.len() < BYTES {
        group(&mut text, number);
        judgement(&mut text, number);
        number += 1;
    }
    text
}

/// What a category adds to a ruleset: its data and what is measured of it.
fn group(text: &mut String, n: usize) {
    writeln!(
        text,
        r#"
# Category {n} ---------------------------------------------------------------

param return_limit_{n} = 12% "Returns this category tolerates" zh "品类可接受退货率"

event order_{n} {{
  title    "Order" zh "订单"
  order_id id
  shop     dimension
  sku      dimension optional   # as the shop calls it
  amount   money
  units    count optional
  late     flag
}}

feed orders_{n} to order_{n} {{
  source   "orders of category {n}"
  timezone Asia/Shanghai
  id       from "订单号", "行号"
  time     from "下单时间" format "%Y-%m-%d %H:%M:%S"
  order_id from "订单号"
  shop     from "店铺"
  sku      from "商品编码"
  amount   from "实付金额"
  units    from "数量"
  late     from "是否迟发"
}}

metric gmv_{n} = sum(order_{n}.amount) {{
  title  "Gross merchandise value"  zh "成交总额"
  better higher
  kind   result
  cite   "Finance handbook, chapter 2"
}}
metric orders_{n} = count(order_{n}) {{
  title  "Orders"  zh "订单数"
  better higher
}}
metric late_{n}   = count(order_{n} where late) / orders_{n} {{
  title  "Late shipment rate"  zh "迟发率"
  better lower
  kind   result
  cite   "Seller Central, shipping performance"
}}
metric basket_{n} = gmv_{n} / orders_{n}
"#
    )
    .unwrap();
}

/// What is made of the metrics of a category: a role's scorecard and an alert.
fn judgement(text: &mut String, n: usize) {
    writeln!(
        text,
        r#"
scorecard manager_{n} per shop every month {{
  title "Shop manager"  zh "店铺经理"
  kpi gmv_{n}     weight 50  score {{ below 0, 400 USD -> 60, 500 USD -> 100, 600 USD -> 120 }}
  kpi late_{n}    weight 30  score {{ 0% -> 120, 2% -> 100, 4% -> 60, above 0 }}
  kpi basket_{n}  weight 20  score {{ below 0, 18 USD -> 60, 22 USD -> 100, 25 USD -> 120 }}
  add     5  when orders_{n} >= 2_000              "Launch bonus" zh "上新奖励"
  deduct  2  for each orders_{n}, at most 10       "Late reports" zh "迟交报告"
  veto    when late_{n} > return_limit_{n} then grade D  "Red line" zh "红线"
  unknown reweight
  cap     120
  grades  {{ S >= 110, A >= 100, B >= 85, C >= 70, D }}
  payout  {{ S 1.5, A 1.2, B 1.0, C 0.8, D 0 }}
}}

alert late_shipments_{n} on late_{n} over 10 days per shop {{
  warning  when > 3% for 1 day
  critical when > 4% for 2 days and orders_{n} >= 30
  clear    when < 2.5%
  no data  keep
  message  "{{shop}} ships late: {{value}}, limit {{limit}}"  zh "{{shop}} 迟发率 {{value}}，上限 {{limit}}"
  notify   operations
  repeat   every 1 day
}}"#
    )
    .unwrap();
}
