//! The lines that `replay` prints, with their keys in a fixed order: scripts read them.

use crate::engine::show::scope;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Dimension values, as an object.
#[derive(Debug, Clone, Default)]
pub struct ScopeText(pub Vec<(String, String)>);

impl Serialize for ScopeText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (dimension, value) in &self.0 {
            map.serialize_entry(dimension, value)?;
        }
        map.end()
    }
}

impl ScopeText {
    /// For people: `us`, or `shop us, sku mug`.
    pub fn human(&self) -> String {
        scope(self.0.iter().map(|(dim, value)| (dim.as_str(), value.as_str()))).unwrap_or_else(|| "*".to_owned())
    }
}

/// The value of a metric.
#[derive(Debug, Clone, Serialize)]
pub struct MetricLine {
    pub metric: String,
    pub scope: ScopeText,
    pub period: String,
    pub value: Option<String>,
    pub unit: String,
    /// Why the value is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The score of a scope in a period.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreLine {
    pub scorecard: String,
    pub scope: ScopeText,
    pub period: String,
    pub score: Option<String>,
    pub grade: Option<String>,
    pub payout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_unit: Option<String>,
    /// What the coefficient of the grade is multiplied with, when that is a formula.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payout_base: Option<BaseLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranked: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentile: Option<String>,
    pub provisional: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
    pub parts: Vec<PartLine>,
    pub adjustments: Vec<AdjustmentLine>,
    pub veto: Option<String>,
}

/// The base of a payout.
#[derive(Debug, Clone, Serialize)]
pub struct BaseLine {
    pub value: Option<String>,
    /// Why the value is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A KPI of a score.
#[derive(Debug, Clone, Serialize)]
pub struct PartLine {
    pub kpi: String,
    pub value: Option<String>,
    pub unit: String,
    pub points: Option<String>,
    pub weight: String,
    pub contribution: Option<String>,
}

/// An addition or deduction of a score.
#[derive(Debug, Clone, Serialize)]
pub struct AdjustmentLine {
    pub title: String,
    pub points: String,
}

/// A transition of an alert.
#[derive(Debug, Clone, Serialize)]
pub struct AlertLine {
    pub alert: String,
    pub scope: ScopeText,
    pub at: String,
    pub state: &'static str,
    pub severity: Option<&'static str>,
    pub since: Option<String>,
    pub value: Option<String>,
    pub limit: Option<String>,
}
