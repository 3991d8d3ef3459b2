//! The declarations of a text as an outline for editors.

use super::worker::Analysis;
use crate::diagnostic::{Lang, Span};
use crate::syntax::ast::{Ident, Item, Text as Title};
use gen_lsp_types::{DocumentSymbol, DocumentSymbolResponse, SymbolKind};

/// The outline of a text.
pub fn symbols(analysis: &Analysis, lang: Lang) -> DocumentSymbolResponse {
    let outline = Outline { analysis, lang };
    let header =
        analysis.file.header.iter().map(|header| outline.entry("ruleset", &header.name, &header.title, header.span, SymbolKind::Module));
    header.chain(analysis.file.items.iter().map(|item| outline.item(item))).collect::<Vec<_>>().into()
}

struct Outline<'a> {
    analysis: &'a Analysis,
    lang: Lang,
}

impl Outline<'_> {
    fn item(&self, item: &Item) -> DocumentSymbol {
        match item {
            Item::Param(param) => self.entry("param", &param.name, &param.title, param.span, SymbolKind::Constant),
            Item::Event(event) => {
                let fields = event.fields.iter().map(|field| (&field.name, field.name.span.to(field.kind.span), SymbolKind::Field));
                self.parent("event", (&event.name, &event.title, event.span, SymbolKind::Struct), fields)
            }
            Item::Entity(entity) => {
                let fields = entity.fields.iter().map(|field| (&field.name, field.name.span.to(field.value.span), SymbolKind::Field));
                self.parent("entity", (&entity.name, &entity.title, entity.span, SymbolKind::Class), fields)
            }
            Item::Dimension(dimension) => {
                let parents = dimension.told.iter().map(|told| (&told.parent, told.span, SymbolKind::Field));
                self.parent("dimension", (&dimension.name, &Title::default(), dimension.span, SymbolKind::Enum), parents)
            }
            Item::Feed(feed) => {
                let columns =
                    feed.columns.iter().map(|column| (&column.field, column.field.span.to(column.column.span), SymbolKind::Field));
                self.parent("feed", (&feed.name, &Title::default(), feed.span, SymbolKind::Interface), columns)
            }
            Item::Occasion(occasion) => self.entry("occasion", &occasion.name, &occasion.title, occasion.span, SymbolKind::Interface),
            Item::Calendar(calendar) => self.entry("calendar", &calendar.name, &calendar.title, calendar.span, SymbolKind::Interface),
            Item::Table(table) => {
                let columns = table.columns.iter().map(|column| (column, column.span, SymbolKind::Field));
                self.parent("table", (&table.name, &table.title, table.span, SymbolKind::Array), columns)
            }
            Item::Metric(metric) => self.entry("metric", &metric.name, &metric.title, metric.span, SymbolKind::Function),
            Item::Ledger(ledger) => self.entry("ledger", &ledger.name, &ledger.title, ledger.span, SymbolKind::Function),
            Item::Target(target) => self.entry("target", &target.name, &target.title, target.span, SymbolKind::Number),
            Item::Scorecard(card) => {
                let kpis = card.kpis.iter().map(|kpi| (&kpi.metric, kpi.span, SymbolKind::Number));
                self.parent("scorecard", (&card.name, &card.title, card.span, SymbolKind::Object), kpis)
            }
            Item::Alert(alert) => self.entry("alert", &alert.name, &alert.title, alert.span, SymbolKind::Event),
            Item::Test(test) => self.entry("test", &test.name, &Title::default(), test.span, SymbolKind::Method),
        }
    }

    fn parent<'f>(
        &self,
        word: &str,
        (name, title, span, kind): (&Ident, &Title, Span, SymbolKind),
        children: impl Iterator<Item = (&'f Ident, Span, SymbolKind)>,
    ) -> DocumentSymbol {
        let children = children.map(|(name, span, kind)| self.entry("", name, &Title::default(), span, kind)).collect();
        DocumentSymbol { children: Some(children), ..self.entry(word, name, title, span, kind) }
    }

    fn entry(&self, word: &str, name: &Ident, title: &Title, span: Span, kind: SymbolKind) -> DocumentSymbol {
        let (en, zh) = (title.en.as_ref(), title.zh.as_ref());
        let title = if self.lang == Lang::Zh { zh.or(en) } else { en.or(zh) };
        let detail = title.map_or_else(|| word.to_owned(), |title| title.value.clone());
        // Editors refuse an entry without a name, and one whose name stands outside of it.
        let called = if name.value.is_empty() { "…" } else { &name.value };
        DocumentSymbol {
            name: called.to_owned(),
            detail: Some(detail),
            kind,
            tags: None,
            range: self.analysis.text.range(span.to(name.span)),
            selection_range: self.analysis.text.range(name.span),
            children: None,
            #[allow(deprecated)]
            deprecated: None,
        }
    }
}
