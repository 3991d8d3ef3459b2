//! Pages as a workbook: one sheet for each heading of the second depth.
//!
//! Numbers become cells that can be calculated with, lengths of time become texts. A workbook knows binary floats only: of a number, 15 digits arrive.

use super::{Block, Cell, Shown};
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// The most characters of a sheet's name, as workbooks have it.
const NAME_CHARS_MAX: usize = 31;

/// Writes a workbook.
///
/// # Errors
/// When there is more than a workbook can hold.
pub fn xlsx(title: &str, blocks: &[Block]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let mut sheets: Vec<(String, Vec<&Block>)> = vec![(title.to_owned(), Vec::new())];
    for block in blocks {
        if let Block::Heading(2, text) = block {
            sheets.push((text.clone(), Vec::new()));
        }
        if let Some((_, blocks)) = sheets.last_mut() {
            blocks.push(block);
        }
    }
    let mut taken = Vec::new();
    for (name, blocks) in sheets.iter().filter(|(_, blocks)| !blocks.is_empty()) {
        let name = free_name(name, &taken);
        let sheet = workbook.add_worksheet();
        sheet.set_name(&name)?;
        fill(sheet, blocks)?;
        taken.push(name.to_lowercase());
    }
    workbook.save_to_buffer()
}

/// A name that a sheet may have and none has yet.
fn free_name(name: &str, taken: &[String]) -> String {
    let allowed: String = name.chars().map(|c| if "[]:*?/\\'".contains(c) { ' ' } else { c }).collect();
    let cut = |n: usize| allowed.trim().chars().take(n).collect::<String>();
    let numbered = (2..).map(|n| format!("{} {n}", cut(NAME_CHARS_MAX - 5)));
    let first = if allowed.trim().is_empty() { "-".to_owned() } else { cut(NAME_CHARS_MAX) };
    std::iter::once(first).chain(numbered).find(|name| !taken.contains(&name.to_lowercase())).unwrap_or_default()
}

fn fill(sheet: &mut Worksheet, blocks: &[&Block]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let head = Format::new().set_bold().set_background_color("F3F3F3").set_text_wrap();
    let warning = Format::new().set_bold().set_font_color("B00020");
    let mut row = 0;
    for block in blocks {
        match block {
            Block::Heading(_, text) => {
                sheet.write_string_with_format(row, 0, text, &bold)?;
            }
            Block::Text(text) | Block::Code(text) => {
                sheet.write_string(row, 0, text)?;
            }
            Block::Warning(text) => {
                sheet.write_string_with_format(row, 0, text, &warning)?;
            }
            Block::List(lines) => {
                for line in lines {
                    sheet.write_string(row, 0, line)?;
                    row += 1;
                }
            }
            Block::Table(header, rows) => {
                for (column, text) in (0..).zip(header) {
                    sheet.write_string_with_format(row, column, text, &head)?;
                }
                for cells in rows {
                    row += 1;
                    for (column, cell) in (0..).zip(cells) {
                        write(sheet, (row, column), cell)?;
                    }
                }
                row += 1;
            }
            Block::Curve(_) => continue,
        }
        row += 1;
    }
    sheet.set_column_width(0, 36)?;
    for column in 1..12 {
        sheet.set_column_width(column, 16)?;
    }
    Ok(())
}

fn write(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string(row, column, text)?,
        Cell::Number(text, value, shown) => match value.to_f64().zip(pattern(*shown)) {
            Some((number, pattern)) => sheet.write_number_with_format(row, column, number, &Format::new().set_num_format(pattern))?,
            None => sheet.write_string(row, column, text)?,
        },
    };
    Ok(())
}

/// How a workbook writes a number; none of what is written as a text.
fn pattern(shown: Shown) -> Option<String> {
    match shown {
        Shown::Percent => Some("0.00%".to_owned()),
        Shown::Decimals(0) => Some("#,##0".to_owned()),
        Shown::Decimals(n) => Some(format!("#,##0.{}", "0".repeat(n as usize))),
        Shown::Text => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::compile::program::Unit;
    use crate::diagnostic::Lang;
    use crate::time::Zone;
    use calamine::{Data, Reader, Xlsx};

    #[test]
    fn lengths_of_time_have_their_units() {
        let cell = |unit| Cell::of(rust_decimal::Decimal::from(4_469_686), &unit, &Zone::utc(), Lang::En);
        let (time, count) = (cell(Unit::Duration), cell(Unit::Count));
        let table = Block::Table(vec!["time".to_owned(), "count".to_owned()], vec![vec![time.clone(), count]]);
        let mut read: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(xlsx("page", &[table]).unwrap())).unwrap();
        let sheet = read.worksheet_range("page").unwrap();
        assert!(time.text().contains("51 days"), "{}", time.text());
        assert_eq!(sheet.get_value((1, 0)), Some(&Data::String(time.text().to_owned())));
        assert_eq!(sheet.get_value((1, 1)), Some(&Data::Float(4_469_686.0)));
    }
}
