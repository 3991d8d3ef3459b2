//! What stands under the pointer.
//!
//! 1. A name: what it is, its unit, its title in both languages, its formula.
//! 2. A word of the language: its sentence. Inside of quotes and comments no word is one, but a code is explained.
//! 3. The mistakes of that place, with their codes and what to do.

use super::words::meaning;
use super::worker::Analysis;
use crate::compile::references::{Kind, Symbol};
use crate::diagnostic::{Diagnostic, Lang, Span, codes};
use crate::syntax::tokens::{self, Kind as TokenKind};
use gen_lsp_types::{Hover, MarkupContent, MarkupKind, Position};

/// What is known of a place; None when nothing is.
pub fn hover(analysis: &Analysis, at: Position, lang: Lang) -> Option<Hover> {
    let offset = analysis.text.offset(at);
    let (mut span, mut parts) = (None, Vec::new());
    if let Some((place, symbols)) = analysis.compiled.references.at(offset) {
        let known = analysis.compiled.references.symbols();
        parts.extend(symbols.iter().filter_map(|symbol| known.get(*symbol)).map(|symbol| described(symbol, analysis, lang)));
        span = Some(place);
    } else if let Some((place, text)) =
        word_at(analysis, offset).and_then(|(place, quoted)| Some((place, said(analysis, place, quoted, lang)?)))
    {
        parts.push(text);
        span = Some(place);
    }
    let touches = |found: &&Diagnostic| found.span.is_some_and(|span| span.range().start <= offset && offset <= span.range().end);
    for found in analysis.compiled.diagnostics.iter().filter(touches) {
        span = span.or(found.span);
        parts.push(told(found.code.id, &found.message(lang), &found.help(lang)));
    }
    let range = analysis.text.range(span?);
    Some(Hover { contents: MarkupContent::new(MarkupKind::Markdown, parts.join("\n\n---\n\n")).into(), range: Some(range) })
}

/// A kind of thing, for people.
pub fn kind_name(kind: Kind, lang: Lang) -> &'static str {
    let (en, zh) = match kind {
        Kind::Param => ("param", "参数"),
        Kind::Event => ("event", "事件"),
        Kind::Entity => ("entity", "实体"),
        Kind::Field => ("field", "字段"),
        Kind::Dimension => ("dimension", "维度"),
        Kind::Feed => ("feed", "导入"),
        Kind::Occasion => ("occasion", "活动"),
        Kind::Calendar => ("calendar", "日历"),
        Kind::Table => ("table", "表"),
        Kind::Column => ("column", "列"),
        Kind::Metric => ("metric", "指标"),
        Kind::Scorecard => ("scorecard", "记分卡"),
        Kind::Grade => ("grade", "等级"),
        Kind::Alert => ("alert", "预警"),
    };
    if lang == Lang::Zh { zh } else { en }
}

/// The titles of a symbol: both languages, the asked one first.
pub fn titles(symbol: &Symbol, lang: Lang) -> Vec<&str> {
    let (en, zh) = (symbol.title.en.as_ref(), symbol.title.zh.as_ref());
    let both = if lang == Lang::Zh { [zh, en] } else { [en, zh] };
    both.into_iter().flatten().map(|text| text.value.as_str()).collect()
}

/// A symbol in a few lines of Markdown.
pub fn described(symbol: &Symbol, analysis: &Analysis, lang: Lang) -> String {
    let owner = if symbol.owner.is_empty() { String::new() } else { format!("{}.", symbol.owner) };
    let unit = symbol.unit.as_ref().filter(|unit| symbol.kind != Kind::Dimension || *unit != "dimension");
    let mut text = format!("**{}** `{owner}{}`", kind_name(symbol.kind, lang), symbol.name);
    text += &unit.map(|unit| format!(" · {unit}")).unwrap_or_default();
    let titles = titles(symbol, lang);
    if !titles.is_empty() {
        text += &format!("\n\n{}", titles.join("  \n"));
    }
    if let Some(formula) = symbol.formula {
        text += &format!("\n\n```steelyard\n{} = {}\n```", symbol.name, analysis.written(formula));
    }
    text
}

/// The word or quoted text around a byte, and whether it is quoted or a comment.
fn word_at(analysis: &Analysis, offset: usize) -> Option<(Span, bool)> {
    let text = analysis.text.as_str();
    let is_word = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let start = text.get(..offset)?.trim_end_matches(is_word).len();
    let rest = text.get(start..)?;
    let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    if length == 0 {
        return None;
    }
    let tokens = tokens::tokens(text).tokens;
    let around = tokens.get(tokens.partition_point(|token| token.end <= start));
    let quoted = around.is_none_or(|token| token.start > start || token.kind != TokenKind::Word);
    Some((Span::new(start, start + length), quoted))
}

fn said(analysis: &Analysis, place: Span, quoted: bool, lang: Lang) -> Option<String> {
    let word = analysis.text.slice(place);
    if let Some(code) = codes::find(word) {
        return Some(told(code.id, code.message(lang), code.help(lang)));
    }
    // `seconds` is the word `second`.
    let singular = word.strip_suffix('s').unwrap_or(word);
    let meaning = meaning(word, lang).or_else(|| meaning(singular, lang)).filter(|_| !quoted)?;
    Some(format!("`{word}`\n\n{meaning}"))
}

fn told(id: &str, message: &str, help: &str) -> String {
    if help.is_empty() { format!("**{id}** {message}") } else { format!("**{id}** {message}\n\n{help}") }
}
