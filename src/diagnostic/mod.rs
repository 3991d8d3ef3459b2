//! Diagnostics: what is wrong, where, and what to write instead, in English and Chinese.
//!
//! 1. A module finds a mistake and builds a [`Diagnostic`] from a [`Code`] of the registry
//!    ([`codes`]), a [`Span`] and named arguments.
//! 2. The texts of the code are filled in with the arguments, in the asked [`Lang`].
//! 3. [`render`] draws it under the source text for people; `http` and `cli` write it as JSON.

pub mod codes;
pub mod render;
mod words;

pub use codes::Code;
pub use words::{Thing, Words, severity_said};

/// A half-open range of byte offsets into a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, but without, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span as a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value together with the place it was written at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// The language of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The text or request cannot be used.
    Error,
    /// It can be used, but the trade knows this to be wrong.
    Warning,
}

/// A replacement that would mend the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The text to replace; empty to insert.
    pub span: Span,
    /// What to write there.
    pub replacement: String,
}

/// One mistake: a code of the registry, its place and its arguments.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The registered code; it carries the texts.
    pub code: &'static Code,
    /// Where, in the text it was raised for. None for mistakes that are not about a text.
    pub span: Option<Span>,
    /// Values for the `{placeholders}` of the texts.
    pub args: Vec<(&'static str, Words)>,
    /// Other places that matter, each with a short text (already in both languages: en, zh).
    pub related: Vec<(Span, &'static str, &'static str)>,
    /// Replacements that would mend it.
    pub fixes: Vec<Fix>,
    /// The parts of the text that it was concluded from, the nearest first; empty for what is wrong by itself.
    pub grounds: Box<[Span]>,
}

impl Diagnostic {
    /// A diagnostic of `code` at `span`.
    pub fn new(code: &'static Code, span: Span) -> Self {
        Diagnostic { code, span: Some(span), args: Vec::new(), related: Vec::new(), fixes: Vec::new(), grounds: Box::default() }
    }

    /// A diagnostic of `code` that is not about a place in a text.
    pub fn general(code: &'static Code) -> Self {
        Diagnostic { code, span: None, args: Vec::new(), related: Vec::new(), fixes: Vec::new(), grounds: Box::default() }
    }

    /// Sets the placeholder `{name}` to a value that is written alike in every language: a name, a number, a quotation.
    #[must_use]
    pub fn arg(self, name: &'static str, value: impl ToString) -> Self {
        debug_assert!(name != "reason", "a reason is told in both languages");
        self.words(name, Words::verbatim(value.to_string()))
    }

    /// Sets the placeholder `{name}` to a text.
    #[must_use]
    pub fn words(mut self, name: &'static str, words: impl Into<Words>) -> Self {
        self.args.push((name, words.into()));
        self
    }

    /// Sets the placeholder `{reason}`.
    #[must_use]
    pub fn reason(self, reason: impl Into<Words>) -> Self {
        self.words("reason", reason)
    }

    /// Sets the placeholder `{what}`: the kind of thing that it is about.
    #[must_use]
    pub fn what(self, what: impl Into<Words>) -> Self {
        self.words("what", what)
    }

    /// Offers a replacement.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fixes.push(Fix { span, replacement: replacement.into() });
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, en: &'static str, zh: &'static str) -> Self {
        self.related.push((span, en, zh));
        self
    }

    /// Says what it was concluded from.
    #[must_use]
    pub fn concluded_from(mut self, grounds: impl IntoIterator<Item = Span>) -> Self {
        self.grounds = self.grounds.into_iter().chain(grounds).collect();
        self
    }

    /// What is wrong.
    pub fn message(&self, lang: Lang) -> String {
        self.fill(self.code.message(lang), lang)
    }

    /// What is wrong, in both languages.
    pub fn messages(&self) -> Words {
        Words::new(self.message(Lang::En), self.message(Lang::Zh))
    }

    /// What to do about it; empty when the message already says so.
    pub fn help(&self, lang: Lang) -> String {
        self.fill(self.code.help(lang), lang)
    }

    /// What to do about it, in both languages.
    pub fn helps(&self) -> Words {
        Words::new(self.help(Lang::En), self.help(Lang::Zh))
    }

    /// True for errors, false for warnings.
    pub fn is_error(&self) -> bool {
        self.code.severity == Severity::Error
    }

    fn fill(&self, template: &str, lang: Lang) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let named = after.split_once('}').and_then(|(name, after)| Some((self.value(name, lang)?, after)));
            // What was filled in is not looked at again: a value from outside may hold braces of its own.
            rest = match named {
                Some((value, after)) => {
                    text.push_str(value);
                    after
                }
                None => {
                    text.push('{');
                    after
                }
            };
        }
        text + rest
    }

    /// What stands for the placeholder `{name}`, in English.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.value(name, Lang::En)
    }

    fn value(&self, name: &str, lang: Lang) -> Option<&str> {
        self.args.iter().find(|(known, _)| *known == name).map(|(_, words)| words.get(lang))
    }
}

/// The closest of `candidates` to `word`, for "did you mean", or None when nothing is near: a word with another letter in every
/// place is not, as `E` for `D`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = (length / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (if word.eq_ignore_ascii_case(candidate) { 0 } else { edit_distance(word, candidate) }, candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < length.max(candidate.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: inserts, deletes, substitutions and swaps of neighbours.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        assert_eq!(nearest("metrc", ["metric", "alert"]), Some("metric"));
        assert_eq!(nearest("whn", ["when", "then"]), Some("when"));
        assert_eq!(nearest("xyz", ["metric", "alert"]), None);
        assert_eq!(nearest("E", ["A", "B"]), None);
        assert_eq!(nearest("a", ["B", "A"]), Some("A"));
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        let source = "{id}".repeat(100);
        let conflict = Diagnostic::general(&codes::event::CONFLICT).arg("source", &source).arg("id", "x".repeat(500));
        assert!(conflict.message(Lang::En).contains(&source));
        let lost = Diagnostic::general(&codes::api::NOT_FOUND).what(Thing::Endpoint).arg("name", "{what}");
        assert_eq!(lost.message(Lang::En), "there is no endpoint `{what}`");
        assert_eq!(lost.message(Lang::Zh), "不存在端点 `{what}`");
    }
}
