//! Numbers and where they come from.

use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The dimension values that a number is for.
pub type Scope = BTreeMap<String, String>;

/// The values of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct Metric {
    /// The metric's id.
    pub metric: String,
    /// What people call it.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// Which ruleset and exactly which text gave the numbers.
    #[serde(flatten)]
    pub ruleset: RulesetRef,
    /// `GBP`, `percent` (values are fractions), `count`, `number`, `duration` (seconds), …
    #[schema(example = "GBP")]
    pub unit: String,
    /// The instant that the values are for: later events do not exist for them.
    pub at: String,
    /// Only what was known at this instant, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// One value, or one for each scope and period.
    pub values: Vec<Value>,
}

/// Which ruleset gave a result.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RulesetRef {
    /// The ruleset's id.
    pub ruleset: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of its text.
    pub hash: String,
}

/// A value of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct Value {
    /// The dimension values it is for; empty for everything.
    pub scope: Scope,
    /// The period, for a period or a series.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-03")]
    pub period: Option<String>,
    /// The stretch of time it covers.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// The number, exactly, and why there is none.
    #[serde(flatten)]
    pub number: Number,
    /// It may still change: the time is not over, or its events may be restated.
    pub provisional: bool,
    /// The stretch before, when a comparison was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// How it came about, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// A stretch of time, from an instant up to, but without, another one. Absent ends: everything.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Stretch {
    /// The first instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The instant after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A number, or why there is none.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Number {
    /// The value as text, so that no reader turns it into a binary fraction; null when unknown.
    #[schema(example = "1461756.25")]
    pub value: Option<String>,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Why a number is unknown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Reason {
    /// A word for programs.
    #[schema(example = "zero_denominator")]
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// For people, in Chinese.
    pub message_zh: String,
}

/// The stretch of time before, and the change since.
#[derive(Debug, Serialize, ToSchema)]
pub struct Previous {
    /// The stretch.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// Its number.
    #[serde(flatten)]
    pub number: Number,
    /// The value less the previous one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// The change as a fraction of the previous value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_ratio: Option<String>,
}

/// How a number came about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// The formula as written.
    pub formula: String,
    /// In which zone its days run, where values of a dimension have their own; of several zones the last decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The metrics in it, each before those that it uses itself.
    pub metrics: Vec<ExplainedMetric>,
    /// The aggregates in it.
    pub parts: Vec<ExplainedPart>,
    /// The values of tables in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<ExplainedLookup>,
    /// The amounts of targets in it of which events tell some, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amounts: Vec<ExplainedAmount>,
    /// The numbers of other scopes in it: those made of the parts of the scope, and those of a wider one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_scopes: Vec<ExplainedNested>,
    /// The exchange rates in it, each once for every currency that it converts; the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ExplainedRate>,
    /// How many there are, when not all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_rates: Option<usize>,
    /// At most so many events of each aggregate are named: the parameter `ids`.
    pub ids_limit: usize,
}

/// An exchange rate in an explained number.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedRate {
    /// One unit of this currency…
    #[schema(example = "EUR")]
    pub base: String,
    /// … is `rate` units of this one.
    #[schema(example = "CNY")]
    pub quote: String,
    /// The day of the rate.
    pub day: String,
    /// The rate.
    #[schema(example = "7.8123")]
    pub rate: String,
    /// The sum that was converted with it, in its own currency.
    pub amount: String,
    /// The currency of the sum.
    pub currency: String,
    /// The event that gave the rate.
    pub event: EventRef,
}

/// A value of a table in an explained number.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedLookup {
    /// The table, its column, the keys and the day.
    #[schema(example = "limits.odr [platform: amazon] on 2026-03-01")]
    pub text: String,
    /// Its unit.
    pub unit: String,
    /// The value, never rounded.
    #[serde(flatten)]
    pub number: Number,
    /// From which day the row counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The event that told the row; absent for rows of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventRef>,
    /// When it was compared with where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// Where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A line of a target in an explained number.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedAmount {
    /// The metric of the target.
    #[schema(example = "gmv")]
    pub metric: String,
    /// The dimension values that the line names.
    pub scope: Scope,
    /// The period.
    #[schema(example = "2026-03")]
    pub period: String,
    /// The amount, exactly.
    pub value: String,
    /// Its unit.
    pub unit: String,
    /// From which day on it counts; absent for always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The event that told it; absent for a line of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventRef>,
}

/// A number of other scopes in an explained number.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedNested {
    /// The formula as written.
    #[schema(example = "max(late_rate per shop)")]
    pub formula: String,
    /// Its unit.
    pub unit: String,
    /// Its stretch of time.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// Its value, never rounded.
    #[serde(flatten)]
    pub number: Number,
    /// How many parts take part.
    pub n_parts: usize,
    /// Of how many of them the value is unknown: these do not count.
    pub n_unknown: usize,
    /// The first of them, the largest first.
    pub parts: Vec<ExplainedScope>,
}

/// A part of a scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedScope {
    /// Its dimension values.
    pub scope: Scope,
    /// Its unit.
    pub unit: String,
    /// Its value, never rounded.
    #[serde(flatten)]
    pub number: Number,
}

/// A metric within an explained number.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedMetric {
    /// The metric.
    pub metric: String,
    /// Its formula as written.
    pub formula: String,
    /// Its unit.
    pub unit: String,
    /// Its stretch of time.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// Its value, never rounded.
    #[serde(flatten)]
    pub number: Number,
    /// Of a ledger, the last lines of the account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub account: Vec<AccountLine>,
}

/// A line of an account of a ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountLine {
    /// The local day; absent for the beginning of an account that is never reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// `start`, `decay`, `expired: …` or the line of the ledger.
    #[schema(example = "add sum(penalty_point.points)")]
    pub moved_by: String,
    /// By how much, within the bounds; never rounded.
    pub change: String,
    /// What it then was.
    pub balance: String,
}

/// A condition that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedCondition {
    /// The line as written.
    pub line: String,
    /// Whether it holds; null when that is unknown.
    pub holds: Option<bool>,
    /// What it reads.
    pub explanation: Explanation,
}

/// An aggregate in an explained number.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedPart {
    /// The aggregate as written.
    #[schema(example = "sum(order_placed.amount)")]
    pub text: String,
    /// Its unit.
    pub unit: String,
    /// Its stretch of time.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// Its value, never rounded.
    #[serde(flatten)]
    pub number: Number,
    /// The type of the events behind it.
    pub event: String,
    /// How many events stand behind it.
    pub n_events: u64,
    /// Who counted for it, where its events lack a dimension of the scope and a hierarchy leads to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<ExplainedMember>,
    /// The first of them by time; those that decide a last, least or greatest value come before the others.
    pub events: Vec<EventRef>,
}

/// A dimension value that counted for a scope above it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedMember {
    /// The dimension.
    #[schema(example = "shop")]
    pub dimension: String,
    /// The value.
    pub value: String,
    /// On which days of the stretch of time it belonged there.
    pub days: Vec<MemberDays>,
}

/// A range of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberDays {
    /// The first day; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The last day; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// An event behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventRef {
    /// Who sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its id within the source; the identity hash when the event itself cannot be found.
    pub id: String,
    /// When it happened.
    pub time: String,
}

/// The scores of a scorecard in one period, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scorecard {
    /// The scorecard's id.
    pub scorecard: String,
    /// What people call it.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// Which ruleset and exactly which text gave the scores.
    #[serde(flatten)]
    pub ruleset: RulesetRef,
    /// The period.
    #[schema(example = "2026-03")]
    pub period: String,
    /// Its time.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// The instant that the scores are for.
    pub at: String,
    /// Only what was known at this instant, when it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// The scores; unknown ones last.
    pub scores: Vec<Score>,
}

/// The score of one scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct Score {
    /// Whose score.
    pub scope: Scope,
    /// From 1; equal scores share a rank. Absent when the score is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// How many are ranked, when ranks decide the grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranked: Option<usize>,
    /// The share of the ranked, itself included, that stand no better, when ranks decide the grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentile: Option<String>,
    /// The score, and why there is none.
    #[serde(flatten)]
    pub number: Number,
    /// The grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// The payout of the grade: a coefficient, or an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout: Option<String>,
    /// The unit of the payout, when it is an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_unit: Option<String>,
    /// What the coefficient of the grade is multiplied with, when that is a formula. While it is unknown there is no payout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_base: Option<PayoutBase>,
    /// It may still change.
    pub provisional: bool,
    /// When it was looked at last, of a scorecard with a schedule: it is the score of that instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluated_at: Option<String>,
    /// A line of the scorecard marks it: the score stands, and is to be read with care.
    pub marked: bool,
    /// The lines that mark it, or the one that withholds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<ScoreHeld>,
    /// The KPIs.
    pub parts: Vec<ScorePart>,
    /// The weighted sum of the KPIs, before additions and deductions.
    pub weighted: Option<String>,
    /// Additions and deductions.
    pub adjustments: Vec<ScoreAdjustment>,
    /// The most that the score may be, after additions and deductions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
    /// The grade that the score reaches by itself, before any red line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earned_grade: Option<String>,
    /// The red line that was crossed and forces a grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub veto: Option<ScoreVeto>,
    /// The red line that sets the most the score may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_veto: Option<ScoreVeto>,
    /// Every red line, when an explanation was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vetoes: Option<Vec<ExplainedCondition>>,
    /// Every line that may withhold the score, when an explanation was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withholds: Option<Vec<ExplainedCondition>>,
    /// What people decided about it. A closed score is shown as it was closed. Absent for scores of another time, another
    /// knowledge or a named version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<super::Review>,
}

/// A line of a scorecard that marks a score, or withholds it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreHeld {
    /// The line as written; absent for a score that was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What it says, and what is lacking.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// True when there is no score because of it.
    pub withholds: bool,
    /// What is lacking of the events whose coverage it asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<Lacking>,
}

/// What is lacking of an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lacking {
    /// The event.
    pub event: String,
    /// On how many days it came.
    pub days: usize,
    /// Of how many that expect it.
    pub of_days: usize,
    /// In how many scopes it is lacking.
    pub scopes: usize,
    /// The first of them with the days that lack it.
    pub missing: Vec<LackingDays>,
}

/// The days that lack an event in a scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct LackingDays {
    /// The scope; empty for the scope of the score.
    pub scope: Scope,
    /// Ranges of days, both ends included.
    pub days: Vec<[String; 2]>,
}

/// A KPI of a score.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScorePart {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Its value.
    #[serde(flatten)]
    pub number: Number,
    /// The part of the curve that the value falls on: one point, the two around the value, or the last one before it.
    pub curve: Vec<CurvePoint>,
    /// The points of the value on the curve.
    pub points: Option<String>,
    /// The weight as declared.
    pub weight: String,
    /// The weight after those of unknown KPIs were spread.
    pub effective_weight: String,
    /// What it adds to the score.
    pub contribution: Option<String>,
    /// How its value came about, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// A point of a curve.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurvePoint {
    /// Whether the value lies `below` or `above` it; absent at or between points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    /// The value.
    pub value: String,
    /// Its points; on a side, those of every value there.
    pub points: String,
}

/// An addition or deduction.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreAdjustment {
    /// What it is called.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// The points; negative for a deduction.
    pub points: String,
    /// The line as written.
    pub line: String,
    /// Why it does not apply although it might.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Its condition, when it has one and an explanation was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Explanation>,
    /// What its points are multiplied with, when there is such a number and an explanation was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_each: Option<Explanation>,
}

/// A red line that was crossed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreVeto {
    /// What it is called.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// The grade it forces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// The score it lowers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
}

/// The base of a payout.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutBase {
    /// The formula as written.
    pub formula: String,
    /// Its unit.
    pub unit: String,
    /// Its value, and why there is none. A value below 0 counts as 0.
    #[serde(flatten)]
    pub number: Number,
    /// How the value came about, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}
