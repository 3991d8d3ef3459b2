//! What people decide about scores, as it is stored: acts, in the order in which they were done, and the scores that they
//! were done about.

use serde::{Deserialize, Serialize};

/// Dimensions with their values, sorted.
pub type ScopeRecord = Vec<(String, String)>;

/// Something that somebody did about the scores of a scorecard in a period.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct ActRecord {
    /// Its number, ascending.
    pub id: u64,
    /// The ruleset's name.
    pub ruleset: String,
    /// The scorecard.
    pub card: String,
    /// The period.
    pub period: String,
    /// The dimensions of the scorecard.
    pub dims: Vec<String>,
    /// The scores that it is about: all that have these dimension values.
    pub scope: ScopeRecord,
    /// When.
    pub at: i64,
    /// The id of the key.
    pub by: String,
    /// Who, in words.
    pub author: Option<String>,
    /// What was said about it.
    pub note: String,
    /// What was done.
    pub deed: Deed,
}

/// What was done.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// The scores are final from now on.
    Close(Standing),
    /// What was closed or approved is so no longer.
    Reopen,
    /// The scores were found right.
    Approve(Standing),
    /// A score was objected to.
    Appeal {
        /// The change that is asked for.
        wanted: String,
    },
    /// An appeal was decided.
    Decide {
        /// The number of the appeal.
        appeal: u64,
        /// The points that it was granted, as text; None when it was rejected.
        points: Option<String>,
    },
}

/// What the scores stood on when they were closed or approved.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version of the ruleset.
    pub version: String,
    /// BLAKE3 of its text.
    pub hash: String,
    /// The number of the first event that was not in them.
    pub seq: u64,
    /// Some of them might still have changed.
    pub provisional: bool,
}

/// A score as it was, in words and exact numbers: it can be read without its ruleset.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptScore {
    /// Whose score.
    pub scope: ScopeRecord,
    /// The score; None when unknown.
    pub total: Option<String>,
    /// Why it was unknown, or what marked it, in English and Chinese.
    pub reason: Option<[String; 2]>,
    /// The weighted sum of the KPIs.
    pub weighted: Option<String>,
    /// The grade.
    pub grade: Option<String>,
    /// The grade that the score reached by itself.
    pub earned_grade: Option<String>,
    /// The payout of the grade.
    pub payout: Option<String>,
    /// The unit of the payout, when it is an amount.
    pub payout_unit: Option<String>,
    /// What the coefficient of the grade was multiplied with, when that was a formula.
    pub payout_base: Option<KeptBase>,
    /// The rank, of how many ranked, and the percentile, when ranks decided the grade.
    pub rank: Option<(u64, u64, String)>,
    /// It might still have changed.
    pub provisional: bool,
    /// The KPIs.
    pub parts: Vec<KeptPart>,
    /// Additions and deductions.
    pub adjustments: Vec<KeptAdjustment>,
    /// The red line that was crossed: its title in English and Chinese, and the grade it forced.
    pub veto: Option<(String, Option<String>, String)>,
    /// The red line that sets the most the score may be: its title in English and Chinese, and the score it lowered it to.
    pub score_veto: Option<(String, Option<String>, String)>,
}

/// The base of a payout.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct KeptBase {
    /// The formula as written.
    pub formula: String,
    /// Its value; None when unknown.
    pub value: Option<String>,
    /// Why it was unknown, in English and Chinese.
    pub reason: Option<[String; 2]>,
}

/// A KPI of a kept score.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct KeptPart {
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Its value; None when unknown.
    pub value: Option<String>,
    /// Its points.
    pub points: Option<String>,
    /// Its weight as declared.
    pub weight: String,
    /// Its weight after the weights of unknown KPIs had been spread.
    pub effective_weight: String,
    /// What it added to the score.
    pub contribution: Option<String>,
}

/// An addition or deduction of a kept score.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct KeptAdjustment {
    /// What it is called.
    pub title: String,
    /// The same in Chinese.
    pub title_zh: Option<String>,
    /// The points.
    pub points: String,
    /// The line as written.
    pub line: String,
}
