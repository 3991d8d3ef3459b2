//! Alerts as they are listed.

use super::{ExplainedCondition, Explanation, Notifications, Scope};
use serde::Serialize;
use utoipa::ToSchema;

/// One alert of a rule at a scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alert {
    /// The id, the same in every webhook about it.
    pub id: String,
    /// The ruleset's id.
    pub ruleset: String,
    /// The version that counts now, or is on trial.
    pub version: String,
    /// It is an alert of a trial: nobody is told of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
    /// The rule's id.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// `pending`, `firing` or `resolved`.
    pub state: &'static str,
    /// How bad: now, or at worst when it is over. Null while pending.
    pub severity: Option<&'static str>,
    /// The dimension values it is for.
    pub scope: Scope,
    /// Since when it fires, or is pending, in event time.
    pub since: String,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<String>,
    /// The watched number at its last change; null when unknown.
    pub value: Option<String>,
    /// What it is compared with, when that is a constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The unit of both.
    pub unit: String,
    /// Late events changed what had been told.
    pub restated: bool,
    /// Late events took it away: as is known now, it never fired.
    pub withdrawn: bool,
    /// How its notifications stand.
    pub notifications: Notifications,
    /// Its changes, oldest first.
    pub transitions: Vec<AlertTransition>,
}

/// A change of an alert, in event time.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertTransition {
    /// When.
    pub at: String,
    /// The state from then on.
    pub state: &'static str,
    /// How bad, while it fires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<&'static str>,
    /// The watched number at that instant; null when unknown.
    pub value: Option<String>,
    /// What the rule saw at that instant, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<AlertExplanation>,
}

/// What an alert rule saw at a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertExplanation {
    /// The watched number.
    pub watched: Explanation,
    /// The conditions of the severities, in the order of the rule, with what they read beside the watched number.
    pub conditions: Vec<ExplainedCondition>,
    /// The conditions under which the scope is not judged, in the order of the rule.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exempts: Vec<ExplainedCondition>,
    /// The condition under which the alert clears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear: Option<ExplainedCondition>,
}
