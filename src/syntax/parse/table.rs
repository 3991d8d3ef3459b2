//! Tables: data in rows, cells between `|`.

use super::node::Node;
use super::{Builder, Rule};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{Ident, Table, TableCell, Telling};
use crate::syntax::outline::{Block, Declaration};
use crate::syntax::tokens::Kind;

/// The columns that every table may have beside its keys and values.
pub(super) const OWN_COLUMNS: [&str; 3] = ["from", "checked", "source"];

impl<'t> Builder<'t> {
    pub(super) fn table(&mut self, declaration: &Declaration) -> Table {
        let head = self.head(Rule::table_head, declaration);
        let block = self.needs_block(declaration);
        let part = |rule: Rule| head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == rule));
        let by = part(Rule::by).map(|by| by.names()).unwrap_or_default();
        let told = part(Rule::told).and_then(telling);
        let title = part(Rule::texts).map(|texts| self.texts(texts)).unwrap_or_default();
        let mut rows = block.map(|block| self.table_rows(block)).unwrap_or_default().into_iter();
        let header = rows.next();
        let columns = header.map(|header| self.columns(header)).unwrap_or_default();
        if let Some(block) = block.filter(|_| header.is_none()) {
            let place = self.outline.token(block.close).or_else(|| self.outline.token(block.open)).map(|token| token.span());
            self.report(Diagnostic::new(&codes::EMPTY_TABLE, place.unwrap_or_default()));
        }
        let is_value = |column: &Ident| !OWN_COLUMNS.contains(&column.value.as_str()) && !by.iter().any(|key| key.value == column.value);
        let values: Vec<bool> = columns.iter().map(is_value).collect();
        // Of rows without a header nothing can be said.
        let rows = rows.filter(|_| !values.is_empty()).map(|row| self.table_row(row, &values)).collect();
        let name = self.named(head.as_deref(), declaration);
        Table { name, by, told, title, columns, rows, span: self.whole(declaration) }
    }

    fn table_rows(&self, block: &Block) -> Vec<Span> {
        let tokens = self.outline.tokens.get(block.open..block.close).unwrap_or_default();
        tokens.iter().filter(|token| token.kind == Kind::Row).map(|token| token.span()).collect()
    }

    fn table_row(&mut self, row: Span, values: &[bool]) -> Vec<TableCell> {
        let cells = self.row_of(row, values.len());
        let mut built = Vec::with_capacity(cells.len());
        for (text, is_value) in cells.into_iter().zip(values) {
            let filled = *is_value && text.span.start < text.span.end;
            let value = if filled { self.cell(text.span) } else { None };
            if filled && value.is_none() {
                self.report(Diagnostic::new(&codes::CELL_VALUE, text.span).arg("found", &text.value));
            }
            built.push(TableCell { text, value });
        }
        built
    }
}

/// `told by limit_told since day`
pub(super) fn telling(part: &Node) -> Option<Telling> {
    let since = part.find(Rule::since_field).and_then(|since| since.name());
    Some(Telling { event: part.name()?, since, span: part.span() })
}
