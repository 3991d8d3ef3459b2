//! Two versions of a ruleset, compared.

use super::{Scope, Stretch};
use serde::Serialize;
use utoipa::ToSchema;

/// What differs between two running versions of a ruleset in a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diff {
    /// The ruleset's id.
    pub ruleset: String,
    /// The first version.
    pub a: Side,
    /// The second version.
    pub b: Side,
    /// The period.
    #[schema(example = "2026-03")]
    pub period: String,
    /// Its time.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// The instant that both were read at.
    pub at: String,
    /// The numbers that differ, of what both versions declare.
    pub numbers: Vec<Moved>,
    /// The changes of alerts in the period that only one version has, or that came at another instant.
    pub alerts: Vec<MovedAlert>,
    /// What only the first version declares.
    pub only_a: Vec<String>,
    /// What only the second version declares.
    pub only_b: Vec<String>,
}

/// A version that is compared.
#[derive(Debug, Serialize, ToSchema)]
pub struct Side {
    /// The version.
    pub version: String,
    /// BLAKE3 of its text.
    pub hash: String,
}

/// A number that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moved {
    /// `metric`, `score`, `grade` or `payout`.
    pub kind: &'static str,
    /// The metric or scorecard.
    pub name: String,
    /// Whose number; empty for everything.
    pub scope: Scope,
    /// Its unit, when it has one; both when it has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `a` or `b`: the version that alone has the number. Left out when both have it, so that null is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<&'static str>,
    /// In the first version; null when unknown, or not there.
    pub a: Option<String>,
    /// In the second version.
    pub b: Option<String>,
}

/// A change of an alert that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedAlert {
    /// The alert rule.
    pub rule: String,
    /// Its dimension values.
    pub scope: Scope,
    /// The state from then on.
    pub state: &'static str,
    /// How bad, while it fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// `gained` (only the second version has it), `lost` (only the first) or `moved`.
    pub change: &'static str,
    /// When, in the first version.
    pub a: Option<String>,
    /// When, in the second version.
    pub b: Option<String>,
}
