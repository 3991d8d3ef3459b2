//! `steelyard new`: a commented ruleset to begin with.
//!
//! 1. The name, currency and zone come from flags; on a terminal what is missing is asked for.
//! 2. The starter is filled in and written to `<name>.kpi`, which must not exist.

use super::output::Output;
use super::source::write_new;
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, codes::cli as codes};
use crate::time::Zone;
use clap::Args;
use std::io::{BufRead, IsTerminal, Write};

/// The flags of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// The id of the ruleset: small letters, digits and _
    name: Option<String>,
    /// The reporting currency, ISO 4217 [default: USD]
    #[arg(long)]
    currency: Option<String>,
    /// The time zone of days and months, an IANA name [default: UTC]
    #[arg(long)]
    timezone: Option<String>,
    /// The title, in any language
    #[arg(long)]
    title: Option<String>,
    /// Where to write; `-` prints it [default: <name>.kpi]
    #[arg(long, short)]
    output: Option<String>,
}

const STARTER: &str = include_str!("starter.kpi");

/// Runs `new`.
pub fn run(new: New, output: Output) -> Result<Ended, Stop> {
    let asking = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && output.is_human();
    let pick = |given: Option<String>, question: (&str, &str), default: &str| match given {
        Some(given) => given,
        None if asking => ask(output.text(question.0, question.1), default),
        None => default.to_owned(),
    };
    let name = pick(new.name, ("Id of the ruleset", "规则集标识"), "my_shop");
    let currency = pick(new.currency, ("Currency", "货币"), "USD").to_ascii_uppercase();
    let zone = pick(new.timezone, ("Time zone", "时区"), "UTC");
    check_name(&name)?;
    if iso_currency::Currency::from_code(&currency).is_none() {
        return Err(Stop::usage(Diagnostic::general(&codes::BAD_CURRENCY).arg("text", currency)));
    }
    let Some(zone) = Zone::named(&zone) else { return Err(Stop::usage(Diagnostic::general(&codes::BAD_ZONE).arg("text", zone))) };
    let title = new.title.unwrap_or_else(|| name.replace('_', " "));
    let title = title.replace('\\', "\\\\").replace('"', "\\\"");
    let text = fill(&name, &title, &currency, zone.name());
    let path = new.output.unwrap_or_else(|| format!("{name}.kpi"));
    if path == "-" {
        output.line(text.trim_end());
        return Ok(Ended::Fine);
    }
    write_new(&path, &text)?;
    output.document(&serde_json::json!({"file": path}));
    output.note(&match output.lang {
        crate::diagnostic::Lang::En => format!("wrote {path}\ntry: steelyard check {path}\n     steelyard test {path}"),
        crate::diagnostic::Lang::Zh => format!("已写入 {path}\n可运行：steelyard check {path}\n        steelyard test {path}"),
    });
    Ok(Ended::Fine)
}

/// The starter is a ruleset itself; its name, title, currency and zone give way to the asked ones.
fn fill(name: &str, title: &str, currency: &str, zone: &str) -> String {
    let text = STARTER.replace("USD", currency).replace("timezone UTC", &format!("timezone {zone}"));
    text.replace("\"My shop\"", &format!("\"{title}\"")).replace("ruleset my_shop ", &format!("ruleset {name} "))
}

fn ask(question: &str, default: &str) -> String {
    let _ = write!(std::io::stderr(), "{question} [{default}]: ");
    let mut line = String::new();
    let _ = std::io::stdin().lock().read_line(&mut line);
    if line.trim().is_empty() { default.to_owned() } else { line.trim().to_owned() }
}

fn check_name(name: &str) -> Result<(), Stop> {
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if begins && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return Ok(());
    }
    Err(Stop::usage(Diagnostic::general(&codes::BAD_NAME).arg("text", name)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_starter_has_no_mistake_and_the_canonical_layout() {
        let text = fill("shop_1", "店铺", "CNY", "Asia/Shanghai");
        let checked = crate::compile::check(&text);
        assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
        let program = checked.program.unwrap();
        assert_eq!((program.name.as_str(), program.currency.as_str(), program.zone.name()), ("shop_1", "CNY", "Asia/Shanghai"));
        assert_eq!(crate::syntax::format::format(STARTER).unwrap(), STARTER);
    }
}
