//! Pages as Markdown, or as one HTML file.

use super::{Block, Cell, Drawn};
use crate::diagnostic::Lang;
use crate::engine::show::bare;
use rust_decimal::Decimal;

/// Writes Markdown. Curves stand in the tables already and are not drawn.
pub fn markdown(blocks: &[Block]) -> String {
    let mut page = String::new();
    for block in blocks {
        match block {
            Block::Heading(depth, text) => page += &format!("{} {}\n\n", "#".repeat(*depth), plain(text)),
            Block::Text(text) => page += &format!("{}\n\n", plain(text)),
            Block::Warning(text) => page += &format!("> **{}**\n\n", plain(text)),
            Block::Code(text) => page += &format!("~~~kpi\n{text}\n~~~\n\n"),
            Block::List(lines) => page += &format!("{}\n", lines.iter().map(|line| format!("- {}\n", plain(line))).collect::<String>()),
            Block::Table(header, rows) => {
                let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
                let rule: String = columns(header, rows).map(|is_number| if is_number { "---:|" } else { "---|" }).collect();
                let head = line(header.iter().map(|cell| plain(cell)).collect());
                let body: String = rows.iter().map(|row| line(row.iter().map(|cell| plain(cell.text())).collect())).collect();
                page += &format!("{head}|{rule}\n{body}\n");
            }
            Block::Curve(_) => {}
        }
    }
    page.trim_end().to_owned() + "\n"
}

/// A text without what Markdown would take for its own.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '|' | '*' | '_' | '`' | '<' | '\\' | '[') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

const STYLE: &str = "body{font:15px/1.5 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:76em;margin:2em auto;padding:0 1em;color:#222}\
p,ul,pre{max-width:60em}h2{border-bottom:1px solid #ccc;margin-top:2em}table{border-collapse:collapse}th,td{border:1px solid #ccc;padding:.2em .6em;text-align:left}\
th{background:#f3f3f3}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.warning{color:#b00020;font-weight:600}pre{background:#f6f6f6;padding:.5em;white-space:pre-wrap}figure{display:inline-block;margin:.5em 1em .5em 0}\
figcaption{font-size:13px}svg{max-width:100%}svg text{font-size:10px;fill:#444}.wide{overflow-x:auto;margin:.5em 0 1em}td:first-child{min-width:7em}.short{white-space:nowrap}.long{min-width:18em}\
@media print{body{margin:0;max-width:none;font-size:12px}td{overflow-wrap:anywhere}h2,h3{break-after:avoid}tr,figure,pre{break-inside:avoid}.wide{overflow:visible}.long,td:first-child{min-width:0}}";

/// Texts up to so many bytes stand on one line of a cell; those of more than the second many get room.
const CELL_BYTES: (usize, usize) = (20, 60);

/// Writes one HTML file without anything from elsewhere.
pub fn html(title: &str, blocks: &[Block], lang: Lang) -> String {
    let language = match lang {
        Lang::En => "en",
        Lang::Zh => "zh-CN",
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        escaped(title)
    );
    for block in blocks {
        page += &match block {
            Block::Heading(depth, text) => format!("<h{depth}>{}</h{depth}>\n", escaped(text)),
            Block::Text(text) => format!("<p>{}</p>\n", escaped(text)),
            Block::Warning(text) => format!("<p class=\"warning\">{}</p>\n", escaped(text)),
            Block::Code(text) => format!("<pre>{}</pre>\n", escaped(text)),
            Block::List(lines) => {
                format!("<ul>\n{}</ul>\n", lines.iter().map(|line| format!("<li>{}</li>\n", escaped(line))).collect::<String>())
            }
            Block::Table(header, rows) => {
                // A wide table scrolls by itself on a narrow screen; on paper it is broken into lines.
                let tag = |tag: &str, is_number: bool, text: &str| {
                    let class = match text.len() {
                        _ if is_number => " class=\"n\"",
                        1.. if text.len() <= CELL_BYTES.0 => " class=\"short\"",
                        _ if text.len() > CELL_BYTES.1 => " class=\"long\"",
                        _ => "",
                    };
                    format!("<{tag}{class}>{}</{tag}>", escaped(text))
                };
                let numbers: Vec<bool> = columns(header, rows).collect();
                let head: String = header.iter().zip(&numbers).map(|(text, is_number)| tag("th", *is_number, text)).collect();
                let row = |cells: &Vec<Cell>| {
                    // What stands in the place of a number stands where the numbers do.
                    let cells: String = cells.iter().zip(&numbers).map(|(cell, is_number)| tag("td", *is_number, cell.text())).collect();
                    format!("<tr>{cells}</tr>\n")
                };
                let body = rows.iter().map(row).collect::<String>();
                format!("<div class=\"wide\"><table>\n<tr>{head}</tr>\n{body}</table></div>\n")
            }
            Block::Curve(curve) => figure(curve),
        };
    }
    page + "</body>\n</html>\n"
}

/// For each column of a table whether numbers stand in it.
fn columns(header: &[String], rows: &[Vec<Cell>]) -> impl Iterator<Item = bool> {
    (0..header.len()).map(|column| rows.iter().any(|row| matches!(row.get(column), Some(Cell::Number(..)))))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Draws a curve: its points, and how it goes on beyond them.
fn figure(curve: &Drawn) -> String {
    let (left, right, top, bottom) = (Decimal::from(40), Decimal::from(250), Decimal::from(16), Decimal::from(84));
    let (Some(first), Some(last)) = (curve.points.first(), curve.points.last()) else { return String::new() };
    let all = || curve.points.iter().map(|(_, _, points)| *points).chain([curve.below, curve.above]);
    let (low, high) = (all().min().unwrap_or_default(), all().max().unwrap_or_default());
    let scale = |value: Decimal, from: Decimal, to: Decimal, start: Decimal, end: Decimal| {
        let share = (value - from).checked_div(to - from).unwrap_or(Decimal::new(5, 1));
        (start + share * (end - start)).round_dp(1).normalize()
    };
    let x = |value: Decimal| scale(value, first.0, last.0, left, right);
    let y = |points: Decimal| scale(points, low, high, bottom, top);
    let edge = |from: Decimal, to: Decimal, points: Decimal| {
        format!("<path d=\"M{from} {0}H{to}\" stroke=\"#888\" stroke-dasharray=\"3 2\" fill=\"none\"/>", y(points))
    };
    let line: Vec<String> = curve.points.iter().map(|(value, _, points)| format!("{},{}", x(*value), y(*points))).collect();
    let marks = curve.points.iter().map(|(value, text, points)| {
        let (cx, cy) = (x(*value), y(*points));
        let label = format!("<text x=\"{cx}\" y=\"{}\" text-anchor=\"middle\">{}</text>", cy - Decimal::from(5), bare(*points));
        let axis = format!("<text x=\"{cx}\" y=\"100\" text-anchor=\"middle\">{}</text>", escaped(text));
        format!("<circle cx=\"{cx}\" cy=\"{cy}\" r=\"2.5\" fill=\"#1a5fb4\"/>{label}{axis}")
    });
    format!(
        "<figure><svg viewBox=\"0 0 290 106\" width=\"290\" height=\"106\" role=\"img\">{}{}<polyline points=\"{}\" fill=\"none\" stroke=\"#1a5fb4\" stroke-width=\"1.5\"/>{}</svg><figcaption>{}</figcaption></figure>\n",
        edge(Decimal::from(10), left, curve.below),
        edge(right, Decimal::from(280), curve.above),
        line.join(" "),
        marks.collect::<String>(),
        escaped(&curve.title)
    )
}
