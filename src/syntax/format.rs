//! The formatter: one canonical layout; keeps every comment.
//!
//! 1. The text must parse; its [`outline`](crate::syntax::outline) gives declarations, statements and tokens.
//! 2. Each piece becomes [`rows`]: an indent, cells that line up with those of the rows around, perhaps a comment.
//!    Line breaks inside brackets stay where the author put them; between pieces at most one blank line stays.
//! 3. [`spacing`] decides where a blank stands between two tokens.
//! 4. The result must hold the same tokens in the same pieces, and the same comments; otherwise it is thrown away.

mod rows;
mod spacing;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::syntax as codes;
use crate::syntax::outline::{Block, Declaration, Outline, Range};
use crate::syntax::parse::parse;
use crate::syntax::tokens::{Kind, Token, cells};
use rows::{Page, Row};

/// Lays out a `.kpi` text. A text that does not parse is left alone and its mistakes are given instead.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let outline = Outline::new(text);
    let mut writer = Writer { text, outline: &outline, page: Page::default() };
    writer.file();
    let formatted = writer.page.draw();
    let after = Outline::new(&formatted);
    if shape(text, &outline) != shape(&formatted, &after) || !parse(&formatted).diagnostics.is_empty() {
        return Err(vec![Diagnostic::general(&codes::FORMAT_UNSAFE)]);
    }
    Ok(formatted)
}

/// Everything the tree is built from: the tokens and where pieces begin and end. Comments count, blanks do not.
fn shape<'t>(text: &'t str, outline: &Outline) -> Vec<Vec<&'t str>> {
    let words = |range: &Range| -> Vec<&'t str> {
        let tokens = outline.tokens.get(range.clone()).unwrap_or_default();
        tokens.iter().filter(|token| token.is_solid()).flat_map(|token| parts(token, text)).collect()
    };
    let mut shape = Vec::new();
    for declaration in &outline.declarations {
        shape.push(words(&declaration.head));
        shape.extend(declaration.block.iter().flat_map(|block| &block.statements).map(words));
    }
    let comments = outline.tokens.iter().filter(|token| token.kind == Kind::Comment);
    shape.push(comments.map(|token| text[token.start..token.end].trim_end()).collect());
    shape
}

/// A token as its text, a row of a table as its cells.
fn parts<'t>(token: &Token, text: &'t str) -> Vec<&'t str> {
    let whole = &text[token.start..token.end];
    match token.kind {
        Kind::Row => cells(whole).into_iter().map(|(start, end)| &whole[start..end]).collect(),
        _ => vec![whole],
    }
}

/// How the first line of a piece stands among its neighbours.
#[derive(Default)]
struct Columns {
    /// The tokens that begin a new cell.
    splits: Vec<usize>,
    /// The group that it lines up with.
    group: Option<usize>,
}

/// Walks the outline and writes rows.
struct Writer<'t> {
    text: &'t str,
    outline: &'t Outline,
    page: Page,
}

impl<'t> Writer<'t> {
    fn file(&mut self) {
        let (mut at, mut group) = (0, None);
        for declaration in &self.outline.declarations {
            let apart = self.between(at, declaration.head.start, 0, at == 0);
            let equals = self.equals(&declaration.head);
            // Neighbouring metrics and params line up at their `=`.
            group = match (equals, group) {
                (Some(_), Some(open)) if !apart => Some(open),
                (Some(_), _) => Some(self.page.open_group(" ")),
                (None, _) => None,
            };
            at = self.declaration(declaration, Columns { splits: equals.into_iter().collect(), group });
        }
        self.between(at, self.outline.tokens.len(), 0, at == 0);
    }

    /// The `=` of a head that has one.
    fn equals(&self, head: &Range) -> Option<usize> {
        let at = head.start + 2;
        (matches!(self.word(head.start), "metric" | "param") && self.word(at) == "=").then_some(at)
    }

    fn token(&self, index: usize) -> Option<&'t Token> {
        self.outline.tokens.get(index)
    }

    fn word(&self, index: usize) -> &'t str {
        self.token(index).map_or("", |token| &self.text[token.start..token.end])
    }

    /// Comments on lines of their own, and a blank line where the author left one. The tokens `at..end` hold nothing
    /// else. Nothing blank follows an opening brace, so `first` says that nothing stands before. True when a blank
    /// line was written.
    fn between(&mut self, at: usize, end: usize, indent: usize, first: bool) -> bool {
        let (mut newlines, mut first, mut apart) = (0, first, false);
        for index in at..end {
            let is_comment = self.token(index).is_some_and(|token| token.kind == Kind::Comment);
            if !is_comment {
                newlines += 1;
                continue;
            }
            if newlines > 1 && !first {
                self.page.blank();
                apart = true;
            }
            let comment = self.word(index).trim_end().to_owned();
            self.page.push(Row { indent, cells: Vec::new(), group: None, comment: Some(comment) });
            (newlines, first) = (0, false);
        }
        let is_last = self.outline.next_solid(end, end + 1).is_none() || self.token(end).is_some_and(|token| token.kind == Kind::Close);
        if newlines > 1 && !first && !is_last {
            self.page.blank();
            apart = true;
        }
        apart
    }

    /// Writes a declaration and gives the index of the first token behind it and its comment.
    fn declaration(&mut self, declaration: &Declaration, columns: Columns) -> usize {
        let start = declaration.head.start;
        let Some(block) = &declaration.block else {
            let end = self.trimmed(&declaration.head);
            self.piece(&(start..end), 0, columns);
            return self.comment(end);
        };
        if self.fits_on_a_line(block) {
            self.piece(&(start..block.close + 1), 0, columns);
        } else {
            self.piece(&(start..block.open + 1), 0, columns);
            self.block(block, self.word(start));
        }
        self.comment(block.close + 1)
    }

    /// The end of a range without the newlines and comments behind its last solid token.
    fn trimmed(&self, range: &Range) -> usize {
        range.clone().rev().find(|&index| self.token(index).is_some_and(Token::is_solid)).map_or(range.start, |last| last + 1)
    }

    /// Puts a comment at `at`, when there is one, behind the row just written.
    fn comment(&mut self, at: usize) -> usize {
        match self.token(at) {
            Some(token) if token.kind == Kind::Comment => {
                self.page.comment(self.word(at).trim_end());
                at + 1
            }
            _ => at,
        }
    }

    /// Whether a block stays on the line of its head: one statement at most, written so by the author.
    fn fits_on_a_line(&self, block: &Block) -> bool {
        let inside = self.outline.tokens.get(block.open..block.close).unwrap_or_default();
        block.statements.len() <= 1 && inside.iter().all(|token| !matches!(token.kind, Kind::Newline | Kind::Comment | Kind::Row))
    }

    fn block(&mut self, block: &Block, owner: &str) {
        let mut at = self.comment(block.open + 1);
        let (mut first, mut group) = (true, None);
        for statement in &block.statements {
            let apart = self.between(at, statement.start, 2, first);
            let end = self.trimmed(statement);
            let keyword = self.word(statement.start);
            if keyword == "given" {
                self.given(statement, end);
            } else if owner == "table" {
                let (_, columns) = *group.get_or_insert_with(|| (false, self.page.open_group(" | ")));
                self.row(statement.start, 2, Some(columns));
            } else {
                let is_kpi = keyword == "kpi";
                let open = group.filter(|(kpis, _)| *kpis == is_kpi && !apart);
                let (_, columns) = *group.insert(open.unwrap_or_else(|| (is_kpi, self.page.open_group(if is_kpi { "  " } else { " " }))));
                let splits = self.splits(&(statement.start..end), owner);
                self.piece(&(statement.start..end), 2, Columns { splits, group: (owner != "test").then_some(columns) });
            }
            at = self.comment(end);
            first = false;
        }
        self.between(at, block.close, 2, first);
        self.close(0);
    }

    fn close(&mut self, indent: usize) {
        self.page.push(Row { indent, cells: vec!["}".to_owned()], group: None, comment: None });
    }

    /// Where the cells of a statement begin.
    fn splits(&self, range: &Range, owner: &str) -> Vec<usize> {
        match (owner, self.word(range.start)) {
            ("test", _) | (_, "[") => Vec::new(),
            (_, "kpi") => range.clone().filter(|&index| matches!(self.word(index), "weight" | "score")).take(2).collect(),
            ("alert", "no") => vec![range.start + 2],
            ("use", _) if self.word(range.start + 1) == ":" => vec![range.start + 2],
            _ => vec![range.start + 1],
        }
    }

    /// A table, its columns lined up.
    fn given(&mut self, statement: &Range, end: usize) {
        let is_open = |&index: &usize| self.token(index).is_some_and(|token| token.kind == Kind::Open);
        let Some(open) = statement.clone().find(is_open) else { return };
        self.piece(&(statement.start..open + 1), 2, Columns::default());
        let mut at = self.comment(open + 1);
        let mut first = true;
        let group = Some(self.page.open_group(" | "));
        for index in open + 1..end {
            if self.token(index).is_none_or(|token| token.kind != Kind::Row) {
                continue;
            }
            self.between(at, index, 4, first);
            self.row(index, 4, group);
            at = self.comment(index + 1);
            first = false;
        }
        self.between(at, end - 1, 4, first);
        self.close(2);
    }

    /// A row of a table.
    fn row(&mut self, index: usize, indent: usize, group: Option<usize>) {
        let cells = self.token(index).map(|token| parts(token, self.text)).unwrap_or_default();
        self.page.push(Row { indent, cells: cells.into_iter().map(str::to_owned).collect(), group, comment: None });
    }

    /// Writes the tokens of a piece, breaking lines where the author did. Only its first line has columns.
    fn piece(&mut self, range: &Range, indent: usize, columns: Columns) {
        let mut line = Row { indent, cells: vec![String::new()], group: columns.group, comment: None };
        let mut depth = 0usize;
        let mut before: Option<usize> = None;
        for index in range.clone() {
            let Some(token) = self.token(index) else { break };
            match token.kind {
                Kind::Newline => {
                    // A block opens on the line of its head unless a comment stands between.
                    let opens =
                        self.outline.next_solid(index, range.end).is_some_and(|next| next + 1 == range.end && self.word(next) == "{");
                    if !line.is_empty() && (!opens || line.comment.is_some()) {
                        let deeper = if opens { 0 } else { 2 * self.depth_of_line(index + 1, range.end, depth) };
                        let next = Row { indent: indent + deeper, cells: vec![String::new()], group: None, comment: None };
                        self.page.push(std::mem::replace(&mut line, next));
                        before = None;
                    }
                    continue;
                }
                Kind::Comment => {
                    line.comment = Some(self.word(index).trim_end().to_owned());
                    continue;
                }
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            let splits_here = line.group.is_some() && columns.splits.contains(&index);
            if splits_here {
                line.cells.push(String::new());
            }
            let spaced = before.is_some_and(|before| spacing::between(self.outline, self.text, range.start, before, index));
            if let Some(cell) = line.cells.last_mut() {
                if spaced && !splits_here {
                    cell.push(' ');
                }
                cell.push_str(self.word(index));
            }
            before = Some(index);
        }
        self.page.push(line);
    }

    /// How deep the line that begins at `at` stands: the open brackets without those it closes at once, at least one.
    fn depth_of_line(&self, at: usize, end: usize, depth: usize) -> usize {
        let mut closes = 0;
        for index in at..end {
            match self.token(index).map(|token| token.kind) {
                Some(Kind::Newline) if closes == 0 => {}
                Some(Kind::Close) => closes += 1,
                _ => break,
            }
        }
        if closes > 0 { depth.saturating_sub(closes) } else { depth.max(1) }
    }
}
