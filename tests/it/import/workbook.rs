//! Workbooks as spreadsheet programs write them, by hand: a test must know every byte that it reads.

use std::io::Write as _;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A cell: its content, its type and its style. None is an empty one.
pub type Cell = Option<(String, &'static str, usize)>;

/// A sheet: its rows with their numbers, and what is merged.
pub struct Sheet {
    pub name: String,
    pub rows: Vec<(u32, Vec<Cell>)>,
    pub merged: Vec<&'static str>,
}

/// A workbook of sheets.
pub struct Book(pub Vec<Sheet>);

/// A text.
pub fn text(text: &str) -> Cell {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    Some((format!("<is><t>{escaped}</t></is>"), "inlineStr", 0))
}

/// A number as it stands in the file, in one of the styles of [`STYLES`].
pub fn cell(number: &str, style: usize) -> Cell {
    Some((format!("<v>{number}</v>"), "n", style))
}

/// A plain number.
pub fn number(number: &str) -> Cell {
    cell(number, 0)
}

/// A day, with the time as its fraction.
pub fn date(serial: &str) -> Cell {
    cell(serial, 1)
}

/// A share shown as a percentage.
pub fn percent(share: &str) -> Cell {
    cell(share, 2)
}

/// General, a time, a percentage, a date, a duration.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/></numFmts><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="10"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>"#;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

impl Book {
    /// Writes the workbook.
    pub fn write(&self, path: &Path) {
        let mut zip = ZipWriter::new(std::fs::File::create(path).unwrap());
        let mut part = |name: &str, text: String| {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(format!("{HEAD}{text}").as_bytes()).unwrap();
        };
        let numbers = 1..=self.0.len();
        let types: String = numbers
            .clone()
            .map(|n| format!(r#"<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#))
            .collect();
        part(
            "[Content_Types].xml",
            format!(
                r#"<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{types}</Types>"#
            ),
        );
        part(
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        );
        let relations: String = numbers
            .clone()
            .map(|n| format!(r#"<Relationship Id="rId{n}" Type="{RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>"#))
            .collect();
        part(
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="{PACKAGE}/relationships">{relations}<Relationship Id="rId99" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>"#
            ),
        );
        let sheets: String =
            self.0.iter().zip(1..).map(|(sheet, n)| format!(r#"<sheet name="{}" sheetId="{n}" r:id="rId{n}"/>"#, sheet.name)).collect();
        part("xl/workbook.xml", format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{sheets}</sheets></workbook>"#));
        part("xl/styles.xml", STYLES.to_owned());
        for (sheet, n) in self.0.iter().zip(1..) {
            part(&format!("xl/worksheets/sheet{n}.xml"), sheet.xml());
        }
        zip.finish().unwrap();
    }
}

impl Sheet {
    fn xml(&self) -> String {
        let cell = |row: u32, (cell, column): (&Cell, u8)| {
            let (content, kind, style) = cell.as_ref()?;
            let column = char::from(b'A' + column);
            Some(format!(r#"<c r="{column}{row}" t="{kind}" s="{style}">{content}</c>"#))
        };
        let row = |(number, cells): &(u32, Vec<Cell>)| {
            let cells: String = cells.iter().zip(0..).filter_map(|one| cell(*number, one)).collect();
            format!(r#"<row r="{number}">{cells}</row>"#)
        };
        let rows: String = self.rows.iter().map(row).collect();
        let merged: String = self.merged.iter().map(|range| format!(r#"<mergeCell ref="{range}"/>"#)).collect();
        let merged = if merged.is_empty() { String::new() } else { format!("<mergeCells>{merged}</mergeCells>") };
        format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{merged}</worksheet>"#)
    }
}
