//! What is wrong with a text, and how to mend it.
//!
//! 1. [`published`] gives every diagnostic its place, code, help and related places. What is wrong with a package is told at
//!    the first `use` of the document, with the place in its file.
//! 2. [`mends`] offers the fixes of those that lie in a range.

use super::document::Text;
use super::worker::Analysis;
use crate::diagnostic::{Diagnostic, Fix, Lang, Span};
use gen_lsp_types as protocol;
use gen_lsp_types::{CodeAction, CodeActionKind, CodeActionResponse, DiagnosticSeverity, Range, TextEdit, Uri, WorkspaceEdit};
use std::collections::HashMap;

/// Every diagnostic of a text.
pub fn published(analysis: &Analysis, uri: &Uri, lang: Lang) -> Vec<protocol::Diagnostic> {
    analysis.compiled.diagnostics.iter().map(|diagnostic| shown(diagnostic, analysis, uri, lang)).collect()
}

/// The fixes of the diagnostics in a range.
pub fn mends(analysis: &Analysis, uri: &Uri, range: Range, lang: Lang) -> Vec<CodeActionResponse> {
    let asked = analysis.text.span(range);
    let touches = |span: Span| analysis.own(span).is_some() && span.start <= asked.end && asked.start <= span.end;
    let near = analysis.compiled.diagnostics.iter().filter(|diagnostic| diagnostic.span.is_some_and(touches));
    let mendable = near.filter(|diagnostic| !diagnostic.fixes.is_empty());
    mendable.map(|diagnostic| mend(diagnostic, analysis, uri, lang).into()).collect()
}

/// The edit that replaces these parts of a document.
pub fn edit(text: &Text, uri: &Uri, fixes: &[Fix]) -> WorkspaceEdit {
    let edits = fixes.iter().map(|fix| TextEdit { range: text.range(fix.span), new_text: fix.replacement.clone() }).collect();
    WorkspaceEdit { changes: Some(HashMap::from([(uri.clone(), edits)])), ..WorkspaceEdit::default() }
}

fn shown(diagnostic: &Diagnostic, analysis: &Analysis, uri: &Uri, lang: Lang) -> protocol::Diagnostic {
    let (mut message, help) = (diagnostic.message(lang), diagnostic.help(lang));
    let mut range = analysis.text.range(diagnostic.span.unwrap_or_default());
    if let Some((file, text, place)) = diagnostic.span.and_then(|span| analysis.elsewhere(span)) {
        let at = text.position(place.range().start);
        message = format!("{file}:{}:{}: {message}", at.line + 1, at.character + 1);
        range = analysis.text.range(analysis.file.uses.first().map(|used| used.package.span).unwrap_or_default());
    }
    let related = diagnostic.related.iter().map(|(span, en, zh)| {
        let said = if lang == Lang::Zh { zh } else { en };
        protocol::DiagnosticRelatedInformation::new(analysis.location(*span, uri), (*said).to_owned())
    });
    protocol::Diagnostic {
        range,
        severity: Some(if diagnostic.is_error() { DiagnosticSeverity::Error } else { DiagnosticSeverity::Warning }),
        code: Some(diagnostic.code.id.to_owned().into()),
        source: Some("steelyard".to_owned()),
        message: if help.is_empty() { message } else { format!("{message}\n{help}") }.into(),
        related_information: Some(related.collect()),
        code_description: None,
        tags: None,
        data: None,
    }
}

/// All fixes of a diagnostic together mend it.
fn mend(diagnostic: &Diagnostic, analysis: &Analysis, uri: &Uri, lang: Lang) -> CodeAction {
    let parts = diagnostic.fixes.iter().map(|fix| match (fix.replacement.as_str(), lang) {
        ("", Lang::En) => format!("remove `{}`", analysis.text.slice(fix.span)),
        ("", Lang::Zh) => format!("删除 `{}`", analysis.text.slice(fix.span)),
        (written, Lang::En) => format!("write `{written}`"),
        (written, Lang::Zh) => format!("改写为 `{written}`"),
    });
    CodeAction {
        title: parts.collect::<Vec<_>>().join(if lang == Lang::Zh { "，" } else { ", " }),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![shown(diagnostic, analysis, uri, lang)]),
        is_preferred: Some(true),
        edit: Some(edit(&analysis.text, uri, &diagnostic.fixes)),
        ..CodeAction::default()
    }
}
