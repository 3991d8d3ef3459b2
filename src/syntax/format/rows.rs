//! The page: rows whose cells line up by display width, where a Chinese character takes two columns.

use unicode_width::UnicodeWidthStr;

/// A line to be written.
pub(super) struct Row {
    /// Blanks before it.
    pub(super) indent: usize,
    /// What stands on it, in columns.
    pub(super) cells: Vec<String>,
    /// The group whose columns line up.
    pub(super) group: Option<usize>,
    /// The comment at its end, or alone.
    pub(super) comment: Option<String>,
}

impl Row {
    /// Nothing was written on it yet, not even a comment.
    pub(super) fn is_empty(&self) -> bool {
        self.comment.is_none() && self.cells.iter().all(String::is_empty)
    }
}

/// A group of rows whose columns line up.
struct Group {
    /// What stands between its columns.
    between: &'static str,
    /// The widths of its columns.
    widths: Vec<usize>,
}

/// The rows written so far.
#[derive(Default)]
pub(super) struct Page {
    rows: Vec<Row>,
    groups: Vec<Group>,
}

impl Page {
    pub(super) fn blank(&mut self) {
        self.rows.push(Row { indent: 0, cells: Vec::new(), group: None, comment: None });
    }

    /// Puts a comment at the end of the last row.
    pub(super) fn comment(&mut self, comment: &str) {
        if let Some(row) = self.rows.last_mut() {
            row.comment = Some(comment.to_owned());
        }
    }

    /// Opens a group of rows whose cells stand in columns with `between` between them.
    pub(super) fn open_group(&mut self, between: &'static str) -> usize {
        self.groups.push(Group { between, widths: Vec::new() });
        self.groups.len() - 1
    }

    /// Writes a row, in its group when it has one.
    pub(super) fn push(&mut self, mut row: Row) {
        match row.group.and_then(|group| self.groups.get_mut(group)) {
            Some(group) => {
                // The last cell needs no width: nothing stands behind it.
                let inner = row.cells.len().saturating_sub(1);
                group.widths.resize(group.widths.len().max(inner), 0);
                for (width, cell) in group.widths.iter_mut().zip(row.cells.iter().take(inner)) {
                    *width = (*width).max(cell.width());
                }
            }
            None => row.cells.retain(|cell| !cell.is_empty()),
        }
        self.rows.push(row);
    }

    /// The text of all rows. Comments at the ends of neighbouring rows of a group line up.
    pub(super) fn draw(&self) -> String {
        let lines: Vec<String> = self.rows.iter().map(|row| self.line(row)).collect();
        let mut text = String::new();
        let mut at = 0;
        while at < lines.len() {
            let group = self.rows[at].group;
            let joins = |row: &&Row| row.comment.is_some() && group.is_some() && row.group == group;
            let run = self.rows[at..].iter().take_while(joins).count().max(1);
            let widest = lines[at..at + run].iter().map(|line| line.width()).max().unwrap_or(0);
            for (row, line) in self.rows[at..at + run].iter().zip(&lines[at..at + run]) {
                text.push_str(line);
                if let Some(comment) = &row.comment {
                    let blanks = if row.cells.is_empty() { row.indent } else { widest - line.width() + 2 };
                    text.extend(std::iter::repeat_n(' ', blanks));
                    text.push_str(comment);
                }
                text.push('\n');
            }
            at += run;
        }
        text
    }

    fn line(&self, row: &Row) -> String {
        let mut line = if row.cells.is_empty() { String::new() } else { " ".repeat(row.indent) };
        let group = row.group.and_then(|group| self.groups.get(group));
        for (column, cell) in row.cells.iter().enumerate() {
            line.push_str(cell);
            if let (Some(group), true) = (group, column + 1 < row.cells.len()) {
                let width = group.widths.get(column).copied().unwrap_or(0);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
                line.push_str(group.between);
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}
