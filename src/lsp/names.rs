//! Where names are declared and used, and giving them other names.
//!
//! 1. All of it is read off the compiler's [`References`](crate::compile::references::References).
//! 2. A rename is tried before it is offered: the text with the new name must mean what it meant ([`keeps_its_meaning`]).

use super::document::Text;
use super::mistakes::edit;
use super::worker::Analysis;
use crate::compile::references::{Kind, Place, SymbolIdx};
use crate::diagnostic::codes::cli as codes;
use crate::diagnostic::{Diagnostic, Fix, Span};
use crate::syntax::ast::ExprKind;
use crate::syntax::parse::parse_expr;
use gen_lsp_types::{DocumentHighlight, DocumentHighlightKind, Location, Position, PrepareRenamePlaceholder, Uri, WorkspaceEdit};
use std::sync::Arc;

/// Where a name is declared.
pub fn definition(analysis: &Analysis, uri: &Uri, at: Position) -> Option<Vec<Location>> {
    if let Some(package) = used(analysis, at) {
        return Some(vec![analysis.location(package, uri)]);
    }
    let (_, symbols) = meant(analysis, at)?;
    let places = analysis.compiled.references.places();
    let declared = places.iter().filter(|place| place.declares && symbols.contains(&place.symbol));
    Some(declared.map(|place| analysis.location(place.span, uri)).collect())
}

/// Where the package begins whose name stands in a `use`.
fn used(analysis: &Analysis, at: Position) -> Option<Span> {
    let offset = analysis.text.offset(at);
    let stands = |span: Span| (span.range().start..=span.range().end).contains(&offset);
    let used = analysis.file.uses.iter().find(|used| stands(used.package.span))?;
    let mut headers = analysis.file.files().filter_map(|file| file.header.as_ref());
    headers.find(|header| header.name.value == used.package.value).map(|header| header.name.span)
}

/// Where a name and those that go with it are used, and declared when that is asked for.
pub fn references(analysis: &Analysis, uri: &Uri, at: Position, declarations: bool) -> Option<Vec<Location>> {
    let places = together(analysis, at)?;
    let mut spans: Vec<Span> = places.iter().filter(|place| declarations || !place.declares).map(|place| place.span).collect();
    spans.dedup();
    Some(spans.into_iter().map(|span| analysis.location(span, uri)).collect())
}

/// The same places, to be marked in the text.
pub fn highlights(analysis: &Analysis, at: Position) -> Option<Vec<DocumentHighlight>> {
    let kind = |place: &Place| if place.declares { DocumentHighlightKind::Write } else { DocumentHighlightKind::Read };
    let mark = |place: Place| DocumentHighlight { range: analysis.text.range(place.span), kind: Some(kind(&place)) };
    Some(together(analysis, at)?.into_iter().filter(|place| analysis.own(place.span).is_some()).map(mark).collect())
}

/// The name that would be renamed.
///
/// # Errors
/// When no name of the ruleset stands there.
pub fn renamed_place(analysis: &Analysis, at: Position) -> Result<PrepareRenamePlaceholder, Diagnostic> {
    let (span, symbols) = meant(analysis, at).ok_or_else(nothing)?;
    ours(analysis, &symbols)?;
    Ok(PrepareRenamePlaceholder::new(analysis.text.range(span), analysis.text.slice(span).to_owned()))
}

/// The edit that gives a name, wherever it stands, another one.
///
/// # Errors
/// When there is no name, when the new one cannot be one, or when it would change what the text means.
pub fn rename(analysis: &Analysis, uri: &Uri, at: Position, name: &str) -> Result<WorkspaceEdit, Diagnostic> {
    let (_, symbols) = meant(analysis, at).ok_or_else(nothing)?;
    ours(analysis, &symbols)?;
    let references = &analysis.compiled.references;
    let is_grade = symbols.iter().any(|symbol| references.symbols().get(*symbol).is_some_and(|symbol| symbol.kind == Kind::Grade));
    if !if is_grade { is_grade_name(name) } else { is_name(name) } {
        return Err(Diagnostic::general(&codes::RENAME_NAME).arg("name", name));
    }
    let mut spans: Vec<Span> = references.together(&symbols).iter().map(|place| place.span).collect();
    spans.dedup();
    let fixes: Vec<Fix> = spans.into_iter().map(|span| Fix { span, replacement: name.to_owned() }).collect();
    if !keeps_its_meaning(analysis, &fixes, name) {
        return Err(Diagnostic::general(&codes::RENAME_TAKEN).arg("name", name));
    }
    Ok(edit(&analysis.text, uri, &fixes))
}

/// Refuses names that packages have too: their files are not changed from here.
fn ours(analysis: &Analysis, symbols: &[SymbolIdx]) -> Result<(), Diagnostic> {
    let places = analysis.compiled.references.together(symbols);
    if places.iter().all(|place| analysis.own(place.span).is_some()) { Ok(()) } else { Err(nothing()) }
}

fn nothing() -> Diagnostic {
    Diagnostic::general(&codes::RENAME_NOTHING)
}

fn meant(analysis: &Analysis, at: Position) -> Option<(Span, Vec<SymbolIdx>)> {
    analysis.compiled.references.at(analysis.text.offset(at))
}

fn together(analysis: &Analysis, at: Position) -> Option<Vec<Place>> {
    let (_, symbols) = meant(analysis, at)?;
    Some(analysis.compiled.references.together(&symbols))
}

/// A name is what a formula of one name is read as.
fn is_name(name: &str) -> bool {
    parse_expr(name).is_ok_and(|expr| matches!(expr.kind, ExprKind::Name(read) if read == name))
}

fn is_grade_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

/// Whether the text with these fixes has no new mistakes, and every name in it means what the one in its place meant.
fn keeps_its_meaning(analysis: &Analysis, fixes: &[Fix], name: &str) -> bool {
    let before = analysis.text.as_str();
    let (mut text, mut at) = (String::with_capacity(before.len()), 0);
    for fix in fixes {
        text += before.get(at..fix.span.range().start).unwrap_or_default();
        text += name;
        at = fix.span.range().end;
    }
    text += before.get(at..).unwrap_or_default();
    let after = Analysis::of(Arc::new(Text::new(text)), Arc::clone(&analysis.behind));
    let errors = |analysis: &Analysis| analysis.compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let meanings = |analysis: &Analysis| {
        let places = analysis.compiled.references.places();
        places.iter().map(|place| (place.symbol, place.declares)).collect::<Vec<_>>()
    };
    errors(&after) <= errors(analysis) && meanings(&after) == meanings(analysis)
}
