//! Events in, verdicts out.

use crate::diagnostic::{Diagnostic, Lang};
use serde::Serialize;
use utoipa::ToSchema;

/// What became of the events of a request.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Ingested {
    /// How many were taken, durably.
    pub accepted: usize,
    /// How many had been taken before, with the same content.
    pub duplicates: usize,
    /// How many rows were no events, as their feed says.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: usize,
    /// The ones that were refused; the others are not affected.
    pub refused: Vec<Refused>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A refused event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refused {
    /// Its place in the request, from 0.
    pub index: usize,
    /// The line it begins on, for NDJSON and CSV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Its id, when that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The stable code.
    #[schema(example = "SY0559")]
    pub code: String,
    /// Why.
    pub message: String,
    /// Why, in Chinese.
    pub message_zh: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// What to do about it, in Chinese.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help_zh: String,
}

impl Refused {
    /// The verdict about one event.
    pub fn new(index: usize, line: Option<usize>, id: Option<String>, diagnostic: &Diagnostic) -> Refused {
        Refused {
            index,
            line,
            id,
            code: diagnostic.code.id.to_owned(),
            message: diagnostic.message(Lang::En),
            message_zh: diagnostic.message(Lang::Zh),
            help: diagnostic.help(Lang::En),
            help_zh: diagnostic.help(Lang::Zh),
        }
    }
}

/// An event in the plain form (`application/json`). With `specversion` it is a CloudEvent.
#[derive(Debug, ToSchema)]
#[allow(missing_docs)]
pub struct PlainEvent {
    /// The event type, as the ruleset declares it.
    #[schema(rename = "type", example = "order_placed")]
    pub kind: String,
    /// Unique within the source; the same id again with the same content counts once.
    #[schema(example = "o-1001")]
    pub id: String,
    /// Who sent it: ids are told apart by it. Events without one share the source `unnamed`, whatever key sends them.
    pub source: Option<String>,
    /// When it happened (RFC 3339); now when left out.
    pub time: Option<String>,
    /// A higher revision replaces a lower one of the same business key.
    pub revision: Option<i64>,
    /// The fields. Numbers are read as decimals; money is 20, "20", "20 USD" or {"amount":20,"currency":"USD"}.
    pub data: std::collections::BTreeMap<String, serde_json::Value>,
}
