//! Refusals as they go out.

use crate::diagnostic::render::Lines;
use crate::diagnostic::{Diagnostic, Lang, Severity};
use serde::Serialize;
use utoipa::ToSchema;

/// A refused request (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; the code is its last segment.
    #[serde(rename = "type")]
    #[schema(example = "/docs/errors/SY0575")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    #[schema(example = "SY0575")]
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// What is wrong, in Chinese.
    pub detail_zh: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What to do about it, in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_zh: Option<String>,
    /// The mistakes of a ruleset.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Mistake>,
    /// The tests of a ruleset that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestResult>,
    /// How many events of the request were taken, when it was one with events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<usize>,
    /// How many of them had been taken before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<usize>,
    /// Why each of the others was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<super::Refused>,
}

/// A mistake or warning in a ruleset's text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Mistake {
    /// The stable code.
    pub code: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// What is wrong, in Chinese.
    pub message_zh: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// What to write instead, in Chinese.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help_zh: String,
    /// Where it stands; absent for mistakes that are not about a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Replacements that would mend it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}

/// A place in a text. Lines and columns count from 1, columns in characters; offsets are bytes of UTF-8.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub start: u32,
    pub end: u32,
}

/// A replacement.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fix {
    /// What to replace.
    pub place: Place,
    /// What to write there.
    pub replacement: String,
}

/// A test of a ruleset that failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TestResult {
    /// The name of the test.
    pub name: String,
    /// Every expectation that was not met, with both values.
    pub failures: Vec<Mistake>,
}

impl Mistake {
    /// The mistakes as they go out; `text` is what their spans point into.
    pub fn all<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>, text: &str) -> Vec<Mistake> {
        let lines = Lines::new(text);
        diagnostics.into_iter().map(|diagnostic| Mistake::new(diagnostic, &lines)).collect()
    }

    fn new(diagnostic: &Diagnostic, lines: &Lines) -> Mistake {
        Mistake {
            code: diagnostic.code.id.to_owned(),
            severity: match diagnostic.code.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: diagnostic.message(Lang::En),
            message_zh: diagnostic.message(Lang::Zh),
            help: diagnostic.help(Lang::En),
            help_zh: diagnostic.help(Lang::Zh),
            place: diagnostic.span.map(|span| Place::new(span.range(), lines)),
            fixes: diagnostic
                .fixes
                .iter()
                .map(|fix| Fix { place: Place::new(fix.span.range(), lines), replacement: fix.replacement.clone() })
                .collect(),
        }
    }
}

impl Place {
    fn new(range: std::ops::Range<usize>, lines: &Lines) -> Place {
        let (line, column) = lines.line_column(range.start);
        let (end_line, end_column) = lines.line_column(range.end);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Place { line, column, end_line, end_column, start: offset(range.start), end: offset(range.end) }
    }
}

/// A registered code.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ErrorCode {
    pub code: &'static str,
    pub severity: &'static str,
    pub message: &'static str,
    pub message_zh: &'static str,
    pub help: &'static str,
    pub help_zh: &'static str,
}
