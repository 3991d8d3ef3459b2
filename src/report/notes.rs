//! Notes and actions that say nothing, or are about nothing: they would pass for the explanation that is required.
//!
//! 1. Without the numbers: texts and owners are not blank, KPIs and dimensions are those of the card ([`flaw`]).
//! 2. With them: the dimension values have a score ([`unseen`]).

use crate::compile::program::{DimIdx, Program, Scorecard};
use crate::diagnostic::codes::report as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::engine::{Fault, Notes, Reader};

/// The first mistake of some notes that the card alone shows.
pub fn flaw(file: &str, notes: &Notes, program: &Program, card: &Scorecard) -> Option<Diagnostic> {
    let blank = |en: &str, zh: &str| {
        Some(Diagnostic::general(&codes::NOTE_BLANK).arg("file", file).words("what", Words::new(en.to_owned(), zh.to_owned())))
    };
    if let Some(place) = notes.notes.iter().position(|note| is_blank(&note.text)) {
        return blank(&format!("the text of note {}", place + 1), &format!("第 {} 条说明的 text", place + 1));
    }
    for (index, action) in notes.actions.iter().enumerate() {
        if let Some((name, _)) = [("text", &action.text), ("owner", &action.owner)].into_iter().find(|(_, text)| is_blank(text)) {
            return blank(&format!("the {name} of action {}", index + 1), &format!("第 {} 条行动项的 {name}", index + 1));
        }
    }
    let named = notes.notes.iter().filter_map(|note| note.kpi.as_deref());
    if let Some(name) = named.into_iter().find(|name| card.kpis.iter().all(|kpi| kpi.name != *name)) {
        let names: Vec<&str> = card.kpis.iter().map(|kpi| kpi.name.as_str()).collect();
        return Some(Diagnostic::general(&codes::NOTE_ABOUT).arg("file", file).arg("name", name).arg("names", names.join(", ")));
    }
    let dims = dims(program, card);
    let known = |name: &str| dims.iter().any(|(_, own)| *own == name);
    let (name, _) = scopes(notes).flatten().find(|(name, _)| !known(name))?;
    let names = if dims.is_empty() { "-".to_owned() } else { dims.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ") };
    Some(Diagnostic::general(&codes::NOTE_DIMENSION).arg("file", file).arg("name", name).arg("names", names))
}

/// The first dimension values of some notes that have no score.
///
/// # Errors
/// When the numbers cannot be read.
pub fn unseen(file: &str, notes: &Notes, reader: &Reader<'_>, card: &Scorecard) -> Result<Option<Diagnostic>, Fault> {
    let dims = dims(reader.program, card);
    if dims.is_empty() {
        return Ok(None);
    }
    let indexes: Vec<DimIdx> = dims.iter().map(|(dim, _)| *dim).collect();
    let seen = reader.scopes(&indexes, &[])?;
    let has = |values: &[Box<str>], (name, wanted): &(String, String)| {
        dims.iter().zip(values).any(|((_, own), value)| *own == name && **value == **wanted)
    };
    let missing = scopes(notes).find(|scope| !seen.iter().any(|values| scope.iter().all(|one| has(values, one))));
    Ok(missing.map(|scope| {
        let told: Vec<String> = scope.iter().map(|(name, value)| format!("{name} {value}")).collect();
        Diagnostic::general(&codes::NOTE_SCOPE).arg("file", file).arg("scope", told.join(", "))
    }))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// What the notes and actions are about.
fn scopes(notes: &Notes) -> impl Iterator<Item = &Vec<(String, String)>> {
    let (said, to_do) = (notes.notes.iter().map(|note| &note.scope), notes.actions.iter().map(|action| &action.scope));
    said.chain(to_do).filter(|scope| !scope.is_empty())
}

/// The dimensions of a card.
fn dims<'p>(program: &'p Program, card: &Scorecard) -> Vec<(DimIdx, &'p str)> {
    let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    dims.iter().filter_map(|dim| Some((*dim, program.dims.get(*dim)?.as_str()))).collect()
}
