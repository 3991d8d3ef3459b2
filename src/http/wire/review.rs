//! What people decide about scores: closings, approvals, appeals; and the audit log.

use super::{Number, PayoutBase, Scope, ScoreAdjustment, ScoreHeld, ScorePart, ScoreVeto};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Closes the scores of a scorecard in a period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// The scorecard.
    pub scorecard: String,
    /// The ruleset, when several declare the scorecard.
    pub ruleset: Option<String>,
    /// Only the scores with these dimension values; all when left out.
    #[serde(default)]
    pub scope: BTreeMap<String, String>,
    /// Closes scores that may still change, too; needs a reason.
    #[serde(default)]
    pub force: bool,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Who closes it, in words.
    pub author: Option<String>,
}

/// Approves scores, or opens again what was closed or approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// The scorecard.
    pub scorecard: String,
    /// The ruleset, when several declare the scorecard.
    pub ruleset: Option<String>,
    /// Only the scores with these dimension values; all when left out.
    #[serde(default)]
    pub scope: BTreeMap<String, String>,
    /// What is to be said about it; to open scores again it must be given.
    #[serde(default)]
    pub note: String,
    /// Who does it, in words.
    pub author: Option<String>,
}

/// An objection to a score.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppeal {
    /// The scorecard.
    pub scorecard: String,
    /// The ruleset, when several declare the scorecard.
    pub ruleset: Option<String>,
    /// Whose score: all dimensions of the scorecard.
    pub scope: BTreeMap<String, String>,
    /// What is objected to.
    pub text: String,
    /// The change that is asked for.
    pub wanted: String,
    /// Who objects, in words.
    pub author: Option<String>,
}

/// The decision about an appeal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Accepted, with `points`; otherwise rejected.
    pub accept: bool,
    /// The points that are added to the score (negative: taken), as text.
    #[schema(example = "2.5")]
    pub points: Option<String>,
    /// Why.
    pub reason: String,
    /// Who decides, in words.
    pub author: Option<String>,
}

/// Something that was decided about scores.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Act {
    /// Its number, ascending.
    pub id: u64,
    /// `close`, `reopen`, `approve`, `appeal` or `decide`.
    pub act: &'static str,
    /// The ruleset.
    pub ruleset: String,
    /// The scorecard.
    pub scorecard: String,
    /// The period.
    pub period: String,
    /// The scores that it is about: all with these dimension values.
    pub scope: Scope,
    /// When.
    pub at: String,
    /// The id of the key.
    pub by: String,
    /// Who, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// What was said about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The version that the scores were closed or approved with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// BLAKE3 of its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Some of them might still have changed when they were closed or approved.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
    /// Of an appeal, the change that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// Of a decision, the number of the appeal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal: Option<u64>,
    /// Of a decision, the points that were granted; absent when the appeal was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<String>,
}

/// An appeal and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Appeal {
    /// Its number.
    pub id: u64,
    /// `open`, `accepted` or `rejected`.
    pub state: &'static str,
    /// What is objected to.
    pub text: String,
    /// The change that is asked for.
    pub wanted: String,
    /// When.
    pub at: String,
    /// The id of the key.
    pub by: String,
    /// Who, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The points that were granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<String>,
    /// The decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Act>,
}

/// How a score stands with the people who decide about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Review {
    /// `draft`, `approved` or `closed`.
    pub state: &'static str,
    /// How it was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approval>,
    /// How it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Act>,
    /// What later events would have made of the closed score, by the version that it was closed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amended: Option<Amended>,
    /// The objections to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub appeals: Vec<Appeal>,
    /// The score with the points that appeals granted: a line of its own, the score itself stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<Granted>,
}

/// An approval.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approval {
    /// The act.
    #[serde(flatten)]
    pub act: Act,
    /// The score at that moment; null when it was unknown.
    pub value: Option<String>,
    /// The score is another one by now.
    pub changed: bool,
}

/// What later events would have made of a closed score: never part of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Amended {
    /// The score as it was closed; null when it was unknown or not there.
    pub old: Option<String>,
    /// The score as it would be now; null when it is unknown or no more.
    pub new: Option<String>,
    /// The new one less the old one, when both are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// The grade as it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_grade: Option<String>,
    /// The grade as it would be now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_grade: Option<String>,
    /// The payout as it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_payout: Option<String>,
    /// The payout as it would be now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_payout: Option<String>,
    /// The events that came after the closing and stand behind the score now: at most 1,000 of each aggregate. An event that
    /// took another one out of the score, and is itself in none, is not among them.
    pub events: Vec<LateEvent>,
}

/// An event that came after a closing.
#[derive(Debug, Serialize, ToSchema)]
pub struct LateEvent {
    /// Who sent it.
    pub source: String,
    /// Its id within the source.
    pub id: String,
    /// When it happened.
    pub time: String,
    /// When it came.
    pub received_at: String,
}

/// A score with the points that appeals granted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Granted {
    /// The points of all accepted appeals.
    pub points: String,
    /// The score with them, within the cap of the card; null while it is unknown.
    pub value: Option<String>,
    /// The grade that it then reaches; absent when ranks decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// The payout of that grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout: Option<String>,
}

/// A score as it was closed, exactly.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedScore {
    /// Whose score.
    pub scope: Scope,
    /// The number of the act that closed it.
    pub closing: u64,
    /// The score, and why there was none. Absent when the scope was seen only later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<KeptScore>,
    /// What later events would have made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amended: Option<Amended>,
    /// The objections to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub appeals: Vec<Appeal>,
}

/// A score as it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptScore {
    /// The score.
    #[serde(flatten)]
    pub number: Number,
    /// The grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// The payout of the grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout: Option<String>,
    /// The unit of the payout, when it is an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_unit: Option<String>,
    /// What the coefficient of the grade was multiplied with, when that was a formula.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_base: Option<PayoutBase>,
    /// It might still have changed.
    pub provisional: bool,
    /// What marked it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<ScoreHeld>,
    /// The KPIs.
    pub parts: Vec<ScorePart>,
    /// The weighted sum of the KPIs.
    pub weighted: Option<String>,
    /// Additions and deductions.
    pub adjustments: Vec<ScoreAdjustment>,
    /// The red line that was crossed and forced a grade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub veto: Option<ScoreVeto>,
    /// The red line that sets the most the score may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_veto: Option<ScoreVeto>,
}

/// A scorecard in a period about which something was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct Period {
    /// The period.
    #[schema(example = "2026-03")]
    pub period: String,
    /// The ruleset.
    pub ruleset: String,
    /// The scorecard.
    pub scorecard: String,
    /// What was decided, in its order.
    pub acts: Vec<Act>,
    /// How many appeals are open.
    pub n_open_appeals: usize,
    /// The closed scores; only when one period is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Vec<ClosedScore>>,
    /// Why what later events would have made of them cannot be told: the code and the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<super::Reason>,
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number, ascending without gaps over all workspaces.
    pub id: u64,
    /// When.
    pub at: String,
    /// The id of the key; `local` without keys, `cli` for the command line.
    pub by: String,
    /// `period.close`, `score.approve`, `ruleset.activate`, `key.create`, …
    pub action: String,
    /// What was changed.
    pub target: String,
    /// More, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// BLAKE3 over the entry before and this one, hex.
    pub chain: String,
}
