//! What may be written next.
//!
//! 1. The grammar tells which words may come, and whether a name may ([`next`]).
//! 2. The words before the place tell what the name stands for ([`Wish`]), and [`offers`] looks such names up in the latest
//!    check, which may be a little older than the text.

use super::document::Text;
use super::hover::{described, titles};
use super::words::{FUNCTIONS, meaning};
use super::worker::Analysis;
use crate::compile::references::{Kind, Symbol};
use crate::diagnostic::{Lang, Span};
use crate::syntax::ast::Item;
use crate::syntax::parse::next::{Next, Within, next};
use gen_lsp_types::{CompletionItem, CompletionItemKind, MarkupContent, MarkupKind, Position, TextEdit};
use std::collections::BTreeSet;

/// The words that aggregate: behind them stands an event.
const AGGREGATES: &[&str] = &["sum", "count", "distinct", "min", "max", "avg", "first", "last", "median", "quantile"];
/// What messages can say of every alert.
const OWN_PLACEHOLDERS: &[&str] = &["value", "limit", "severity", "state"];

/// What may be written at a position.
pub fn complete(text: &Text, at: Position, known: &Analysis, lang: Lang) -> Vec<CompletionItem> {
    let offset = text.offset(at);
    let next = next(text.as_str(), offset);
    let range = text.range(Span::new(next.start, offset));
    let mut items = offers(&next, text, known, lang);
    if next.within == Within::Statement {
        items.extend(next.words.iter().map(|word| keyword(word, lang)));
    }
    let mut seen = BTreeSet::new();
    items.retain(|item| seen.insert(item.label.clone()));
    for item in &mut items {
        item.text_edit = Some(TextEdit { range, new_text: item.label.clone() }.into());
    }
    items
}

/// The kinds of names that a place asks for.
enum Wish<'n> {
    /// What a formula over metrics is made of.
    Formula,
    /// Names of these kinds.
    Kinds(&'static [Kind]),
    /// The fields of this event or entity, and these of its own.
    Fields(&'n str, &'static [&'static str]),
    /// The fields of any event that have one of these units.
    FieldsOf(&'static [&'static str]),
    /// What a formula is made of inside of an aggregate over this event.
    Row(&'n str),
    /// The fields above, in the entity of this name.
    Entity(&'n str),
    /// The grades of this scorecard.
    Grades(&'n str),
    /// What the package opens that the head of a `use` names.
    Opened(&'n [String]),
    /// Channels that other alerts tell.
    Channels,
    /// What a message can say.
    Placeholders,
    /// A new name, or nothing that could be guessed.
    Nothing,
}

const FOLDED: &[Kind] = &[Kind::Event, Kind::Entity];

fn wish<'n>(next: &'n Next, text: &Text) -> Wish<'n> {
    let before: Vec<&str> = next.before.iter().map(String::as_str).collect();
    let name = next.head.first().map_or("", String::as_str);
    match next.within {
        Within::Other => return Wish::Nothing,
        Within::Columns => return Wish::Fields(before.get(1).copied().unwrap_or_default(), &["time", "id", "source", "revision"]),
        Within::Text => {
            let written = text.as_str().get(..next.start).unwrap_or_default();
            let says = before.first() == Some(&"message") && written.ends_with('{');
            return if says { Wish::Placeholders } else { Wish::Nothing };
        }
        Within::Statement => {}
    }
    if let [.., event, "."] = before.as_slice() {
        return Wish::Fields(event, &["time"]);
    }
    let innermost = next.open.last().and_then(|&open| Some((open, *before.get(open)?)));
    if let Some((_, "[")) = innermost {
        return if matches!(before.last(), Some(&("[" | ","))) { Wish::Kinds(&[Kind::Dimension]) } else { Wish::Nothing };
    }
    if let Some(wish) = governed(next.declaration.as_str(), governing(&before), name) {
        return wish;
    }
    match (next.declaration.as_str(), before.is_empty()) {
        ("use", _) if matches!(before.last(), None | Some(&",")) => Wish::Opened(&next.head),
        ("feed", true) if !name.is_empty() => Wish::Fields(next.head.last().map_or("", String::as_str), &["time", "revision"]),
        (_, true) => Wish::Nothing,
        ("scorecard", _) if next.grade => Wish::Grades(name),
        ("test", _) if next.grade => Wish::Grades(before.get(2).copied().unwrap_or_default()),
        _ if next.formula => formula(next, &before, innermost, name),
        _ => Wish::Nothing,
    }
}

/// The word that a list of names stands behind.
fn governing<'b>(before: &[&'b str]) -> &'b str {
    match before {
        [rest @ .., _, ","] => governing(rest),
        [.., word] => word,
        [] => "",
    }
}

fn governed<'n>(declaration: &str, word: &str, name: &'n str) -> Option<Wish<'n>> {
    Some(match (declaration, word) {
        (_, "per") => Wish::Kinds(&[Kind::Dimension]),
        ("scorecard", "kpi") | ("target", "like") => Wish::Kinds(&[Kind::Metric]),
        ("target", "divide") => Wish::Kinds(&[Kind::Dimension]),
        ("feed", "to") | ("test", "given") => Wish::Kinds(&[Kind::Event]),
        ("test", "alert") => Wish::Kinds(&[Kind::Alert]),
        ("test", "score" | "grade" | "payout" | "rank") => Wish::Kinds(&[Kind::Scorecard]),
        ("event", "by" | "clock") => Wish::Fields(name, &["time"]),
        ("entity", "by") => Wish::FieldsOf(&["id", "text", "dimension"]),
        ("metric", "clock") => Wish::FieldsOf(&["time", "date"]),
        ("alert", "notify") => Wish::Channels,
        ("scorecard", "then") => Wish::Nothing,
        _ => return None,
    })
}

fn formula<'n>(next: &'n Next, before: &[&str], innermost: Option<(usize, &str)>, name: &'n str) -> Wish<'n> {
    let last = before.last().copied().unwrap_or_default();
    if next.declaration == "entity" {
        return if AGGREGATES.contains(&last) { Wish::Kinds(FOLDED) } else { Wish::Entity(name) };
    }
    if next.declaration == "param" || before.contains(&"score") || next.declaration == "test" && before.contains(&"is") {
        return Wish::Kinds(&[Kind::Param]);
    }
    // The innermost aggregate around the place, and the first word in it.
    let aggregate =
        next.open.iter().rev().find(|&&open| open > 0 && AGGREGATES.contains(&before.get(open - 1).copied().unwrap_or_default()));
    match (aggregate, innermost) {
        (Some(&open), _) if open + 1 == before.len() => Wish::Kinds(FOLDED),
        (Some(&open), _) => Wish::Row(next.before.get(open + 1).map_or("", String::as_str)),
        (None, _) => Wish::Formula,
    }
}

/// The names that a place may take.
fn offers(next: &Next, text: &Text, known: &Analysis, lang: Lang) -> Vec<CompletionItem> {
    let symbols = known.compiled.references.symbols();
    let of = |wanted: &dyn Fn(&Symbol) -> bool| {
        symbols.iter().filter(|symbol| wanted(symbol)).map(|symbol| named(symbol, known, lang)).collect::<Vec<_>>()
    };
    let owned = |owner: &str, own: &[&str]| {
        let mut items: Vec<_> = fields_of(known, owner).iter().flat_map(|field| of(&|symbol| is_field(symbol, owner, field))).collect();
        items.extend(own.iter().map(|word| keyword(word, lang)));
        items
    };
    match wish(next, text) {
        Wish::Formula => {
            let mut items = of(&|symbol| matches!(symbol.kind, Kind::Metric | Kind::Param | Kind::Table));
            items.extend(FUNCTIONS.iter().map(|word| keyword(word, lang)));
            items
        }
        Wish::Kinds(kinds) => of(&|symbol| kinds.contains(&symbol.kind)),
        Wish::Fields(owner, own) => owned(owner, own),
        Wish::FieldsOf(units) => of(&|symbol| {
            matches!(symbol.kind, Kind::Field | Kind::Dimension) && symbol.unit.as_deref().is_some_and(|unit| units.contains(&unit))
        }),
        Wish::Row(event) => {
            let mut items = owned(event, &["time"]);
            items.extend(of(&|symbol| symbol.kind == Kind::Param || symbol.name == event && FOLDED.contains(&symbol.kind)));
            items
        }
        Wish::Entity(entity) => {
            let mut items = owned(entity, &["now"]);
            items.extend(of(&|symbol| symbol.kind == Kind::Param));
            items
        }
        Wish::Grades(card) => of(&|symbol| symbol.kind == Kind::Grade && symbol.owner == card),
        Wish::Opened(head) => {
            let opened = opened_by(known, head);
            of(&|symbol| symbol.owner.is_empty() && opened.contains(&symbol.name.as_str()))
        }
        Wish::Channels => channels(known).into_iter().map(|name| plain(name, CompletionItemKind::Reference)).collect(),
        Wish::Placeholders => {
            let mut items: Vec<_> = OWN_PLACEHOLDERS.iter().map(|word| plain((*word).to_owned(), CompletionItemKind::Keyword)).collect();
            items.extend(of(&|symbol| matches!(symbol.kind, Kind::Dimension | Kind::Metric | Kind::Param)));
            items
        }
        Wish::Nothing => Vec::new(),
    }
}

/// The names of the fields of an event or entity.
fn fields_of<'a>(known: &'a Analysis, owner: &str) -> Vec<&'a str> {
    let fields = known.file.files().flat_map(|file| &file.items).find_map(|item| match item {
        Item::Event(event) if event.name.value == owner => Some(event.fields.iter().map(|field| field.name.value.as_str()).collect()),
        Item::Entity(entity) if entity.name.value == owner => {
            let own = entity.fields.iter().map(|field| field.name.value.as_str());
            Some(std::iter::once(entity.by.value.as_str()).chain(own).collect())
        }
        _ => None,
    });
    fields.unwrap_or_default()
}

/// What a package opens to those who use it; `a.b` are three tokens of the head.
fn opened_by<'a>(known: &'a Analysis, head: &[String]) -> Vec<&'a str> {
    let package: String = head.iter().take_while(|token| !token.starts_with(|c: char| c.is_ascii_digit())).map(String::as_str).collect();
    let mut headers = known.file.files().filter_map(|file| file.header.as_ref());
    let header = headers.find(|header| header.name.value == package);
    header.map(|header| header.open.iter().map(|name| name.value.as_str()).collect()).unwrap_or_default()
}

fn is_field(symbol: &Symbol, owner: &str, name: &str) -> bool {
    symbol.name == name && (symbol.kind == Kind::Dimension || symbol.kind == Kind::Field && symbol.owner == owner)
}

fn channels(known: &Analysis) -> BTreeSet<String> {
    let items = known.file.files().flat_map(|file| &file.items);
    let alerts = items.filter_map(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
    alerts.flat_map(|alert| alert.notify.iter().map(|channel| channel.value.clone())).collect()
}

fn named(symbol: &Symbol, known: &Analysis, lang: Lang) -> CompletionItem {
    let kind = match symbol.kind {
        Kind::Param => CompletionItemKind::Constant,
        Kind::Event => CompletionItemKind::Struct,
        Kind::Entity => CompletionItemKind::Class,
        Kind::Field => CompletionItemKind::Field,
        Kind::Dimension => CompletionItemKind::Property,
        Kind::Feed => CompletionItemKind::Interface,
        Kind::Calendar | Kind::Occasion => CompletionItemKind::Interface,
        Kind::Table => CompletionItemKind::Struct,
        Kind::Column => CompletionItemKind::Field,
        Kind::Metric => CompletionItemKind::Function,
        Kind::Scorecard => CompletionItemKind::Module,
        Kind::Grade => CompletionItemKind::EnumMember,
        Kind::Alert => CompletionItemKind::Event,
    };
    let detail = symbol.unit.iter().map(String::as_str).chain(titles(symbol, lang).into_iter().take(1)).collect::<Vec<_>>();
    CompletionItem {
        detail: Some(detail.join(" · ")).filter(|detail| !detail.is_empty()),
        documentation: Some(MarkupContent::new(MarkupKind::Markdown, described(symbol, known, lang)).into()),
        sort_text: Some(format!("0{}", symbol.name)),
        ..plain(symbol.name.clone(), kind)
    }
}

/// A word of the language.
fn keyword(word: &str, lang: Lang) -> CompletionItem {
    let is_function = AGGREGATES.contains(&word) || FUNCTIONS.contains(&word);
    let meaning = meaning(word, lang).or_else(|| meaning(word.strip_suffix('s')?, lang));
    CompletionItem {
        documentation: meaning.map(|meaning| MarkupContent::new(MarkupKind::Markdown, meaning.to_owned()).into()),
        sort_text: Some(format!("1{word}")),
        ..plain(word.to_owned(), if is_function { CompletionItemKind::Function } else { CompletionItemKind::Keyword })
    }
}

fn plain(label: String, kind: CompletionItemKind) -> CompletionItem {
    CompletionItem { label, kind: Some(kind), ..CompletionItem::default() }
}
