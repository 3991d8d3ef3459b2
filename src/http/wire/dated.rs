//! Data that has a first day.

use super::{EventRef, RulesetRef, Scope};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A membership, to be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutMember {
    /// The dimension.
    #[schema(example = "shop")]
    pub dimension: String,
    /// Its value.
    pub value: String,
    /// The dimension that it lies in, when it lies in several.
    pub parent_dimension: Option<String>,
    /// The value that it belongs to; nowhere when left out.
    pub parent: Option<String>,
    /// From which day on.
    #[schema(example = "2026-03-01")]
    pub from: String,
    /// The ruleset, when several declare it.
    pub ruleset: Option<String>,
}

/// An exchange rate, to be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutRate {
    /// One unit of this currency…
    #[schema(example = "EUR")]
    pub base: String,
    /// … is `rate` units of this one.
    #[schema(example = "CNY")]
    pub quote: String,
    /// The day of the rate; of a planned one, a day of its year.
    pub day: String,
    /// The rate, as text.
    #[schema(example = "7.81")]
    pub rate: String,
    /// A planned rate of the year.
    #[serde(default)]
    pub budget: bool,
    /// The ruleset, when several declare rates.
    pub ruleset: Option<String>,
}

/// A row of a table, to be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutTableRow {
    /// The table.
    #[schema(example = "limits")]
    pub table: String,
    /// Its keys; what is left out, null or `*` matches anything.
    #[serde(default)]
    pub keys: BTreeMap<String, Option<String>>,
    /// Its values as text, such as `0.08`, `8%` or `20 USD`; of what is left out or null the row says nothing.
    pub values: BTreeMap<String, Option<String>>,
    /// From which day on.
    #[schema(example = "2026-04-01")]
    pub from: String,
    /// The ruleset, when several declare the table.
    pub ruleset: Option<String>,
}

/// An amount of a target, to be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutTarget {
    /// The metric.
    #[schema(example = "gmv")]
    pub metric: String,
    /// The dimension values; what is left out, null or `*` is for all of them.
    #[serde(default)]
    pub scope: BTreeMap<String, Option<String>>,
    /// The period, of the length of which the ruleset lets amounts be told.
    #[schema(example = "2026-03")]
    pub period: String,
    /// The amount as text; null takes back what was told for the same day, where the event's amount is optional.
    #[schema(example = "300000")]
    pub value: Option<String>,
    /// From which day on: the first day of the period, or a later one for a revision.
    #[schema(example = "2026-03-01")]
    pub from: String,
    /// The ruleset, when several declare the target.
    pub ruleset: Option<String>,
}

/// A table with the rows that count on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Table {
    /// The table's id.
    pub table: String,
    /// What people call it.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// The ruleset that declares it.
    #[serde(flatten)]
    pub ruleset: RulesetRef,
    /// The day.
    pub at: String,
    /// The units of its columns.
    pub units: BTreeMap<String, String>,
    /// The rows that give at least one column on the day: those of the text in its order, then those that events told.
    pub rows: Vec<TableRow>,
}

/// A row of a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableRow {
    /// Its keys; null matches anything.
    pub keys: BTreeMap<String, Option<String>>,
    /// Its values, exactly; null where it says nothing.
    pub values: BTreeMap<String, Option<String>>,
    /// From which day on it counts; absent for always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// When it was compared with where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// Where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The events that told it; absent for a row of the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventRef>,
}

/// An amount of a target, as it is written or told.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetRow {
    /// The metric.
    pub metric: String,
    /// The ruleset that declares it.
    #[serde(flatten)]
    pub ruleset: RulesetRef,
    /// The dimension values that it names; others share in it as the ruleset divides it.
    pub scope: Scope,
    /// The period.
    #[schema(example = "2026")]
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

/// Who something belongs to on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberOn {
    /// The ruleset that declares the hierarchy.
    #[serde(flatten)]
    pub ruleset: RulesetRef,
    /// The dimension.
    #[schema(example = "shop")]
    pub dimension: String,
    /// Its value.
    pub value: String,
    /// The dimension that it lies in.
    #[schema(example = "team")]
    pub parent_dimension: String,
    /// The value that it belongs to.
    pub parent: String,
    /// Since which day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// An exchange rate that counts on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct RateOn {
    /// The ruleset that declares the rates.
    #[serde(flatten)]
    pub ruleset: RulesetRef,
    /// `day` for a rate of a day, `budget` for a planned one.
    pub kind: &'static str,
    /// One unit of this currency…
    #[schema(example = "EUR")]
    pub base: String,
    /// … is `rate` units of this one.
    #[schema(example = "CNY")]
    pub quote: String,
    /// The day of the rate.
    pub day: String,
    /// The rate.
    pub rate: String,
    /// The event that gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventRef>,
}
