//! `steelyard new`: a ruleset to begin with, or the folder of a client.
//!
//! 1. Answers come from flags; on a terminal what is missing is asked for ([`interview`]). Scripts are never asked, and with
//!    roles, platforms or categories nothing is assumed for them.
//! 2. Without any of these the [`starter`] is filled in and written to `<name>.kpi`, which must not exist.
//! 3. Otherwise the [`overlay`] is put together from the [`library`], compiled with its packages, and written into a new folder
//!    with its lock file and a [`readme`]. What cannot be told by the asked level stays as the library has it.

mod interview;
mod library;
mod overlay;
mod readme;
mod starter;

use super::output::{Output, Source};
use super::source::write_new;
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes, codes::compile, codes::engage};
use crate::packages::{Lock, Search, gather};
use crate::syntax::ast::Item;
use crate::time::Zone;
use clap::Args;
use interview::{Choice, Interview};
use library::{Kind, Library, Package};
use overlay::{Card, Client, Cycle, Level};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// The flags of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// The id of the ruleset: small letters, digits and _
    name: Option<String>,
    /// The marketplaces that the client sells on, with commas; makes a client's folder out of the library
    #[arg(long, value_delimiter = ',')]
    platform: Vec<String>,
    /// The roles that are scored, with commas; makes a client's folder out of the library
    #[arg(long, value_delimiter = ',')]
    role: Vec<String>,
    /// The categories that are sold, with commas; makes a client's folder out of the library
    #[arg(long, value_delimiter = ',')]
    category: Vec<String>,
    /// How often people are scored
    #[arg(long, value_enum)]
    cycle: Option<Cycle>,
    /// Who is scored
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// What is paid at coefficient 1, in the currency; without it scorecards tell coefficients
    #[arg(long)]
    base_pay: Option<String>,
    /// The reporting currency, ISO 4217 [default of a single ruleset: USD]
    #[arg(long)]
    currency: Option<String>,
    /// The time zone of days and months, an IANA name [default of a single ruleset: UTC]
    #[arg(long)]
    timezone: Option<String>,
    /// The title, in any language
    #[arg(long)]
    title: Option<String>,
    /// Where to write; `-` prints a single ruleset [default: <name>.kpi, or the folder <name>]
    #[arg(long, short)]
    output: Option<String>,
}

/// Runs `new`. `said` is whether the language was asked for.
pub fn run(mut new: New, packages: &[PathBuf], said: bool, mut output: Output) -> Result<Ended, Stop> {
    let library = Library::of(packages);
    let asking = std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && output.is_human();
    if asking {
        ask(&mut new, &library, said, &mut output);
    }
    let chosen = chosen(&new, &library)?;
    if chosen.is_empty() {
        return single(new, output);
    }
    let client = client(new, chosen, output)?;
    let path = Path::new(&client.1).join(format!("{}.kpi", client.0.name)).display().to_string();
    let (source, cards) = put_together(&client.0, &path, packages, output)?;
    write(&client.0, &client.1, &path, (&source, &cards), packages, output)
}

/// Asks a person for what no flag says.
fn ask(new: &mut New, library: &Library, said: bool, output: &mut Output) {
    let (stdin, stderr) = (std::io::stdin(), std::io::stderr());
    let mut person = Interview { input: &mut stdin.lock(), out: &mut stderr.lock(), lang: output.lang };
    if !said {
        let languages: [Choice; 2] = [("en".to_owned(), "English".to_owned()), ("zh".to_owned(), "简体中文".to_owned())];
        let found = person.one(("Language / 语言", "语言 / Language"), &languages);
        output.lang = if found == 1 { Lang::Zh } else { Lang::En };
        person.lang = output.lang;
    }
    let taken = |text: &str| Some(text.to_owned());
    new.name = new
        .name
        .take()
        .or_else(|| person.text(("Id of the ruleset", "规则集标识"), "my_shop", |name| is_name(name).then(|| name.to_owned())));
    let listed = !(new.platform.is_empty() && new.role.is_empty() && new.category.is_empty());
    if !listed && !library.is_empty() {
        new.platform =
            several(&mut person, library, Kind::Platform, ("Which marketplaces does the client sell on?", "客户在哪些平台销售？"));
        new.role = several(&mut person, library, Kind::Role, ("Which roles are scored?", "考核哪些岗位？"));
        new.category = several(&mut person, library, Kind::Category, ("Which categories are sold?", "销售哪些品类？"));
    }
    if !(new.platform.is_empty() && new.role.is_empty() && new.category.is_empty()) {
        let cycles = [("month", "monthly", "每月"), ("week", "weekly", "每周"), ("quarter", "quarterly", "每季度")];
        let levels = [
            ("shop", "each shop", "每个店铺"),
            ("person", "each person", "每个人"),
            ("team", "each team, by who belongs to it", "每个团队（按成员归属）"),
        ];
        let named = |(id, en, zh): (&str, &str, &str)| (id.to_owned(), output.text(en, zh).to_owned());
        let (cycles, levels) = (cycles.map(named), levels.map(named));
        new.cycle = new
            .cycle
            .or_else(|| [Cycle::Month, Cycle::Week, Cycle::Quarter].get(person.one(("How often?", "考核周期？"), &cycles)).copied());
        new.level = new
            .level
            .or_else(|| [Level::Shop, Level::Person, Level::Team].get(person.one(("Who is scored?", "考核到哪一级？"), &levels)).copied());
        let (question, none) = (("Pay at coefficient 1", "系数为 1 时的绩效工资"), output.text("none", "无"));
        let pay =
            new.base_pay.take().or_else(|| person.text(question, none, |text| (text == none || is_amount(text)).then(|| text.to_owned())));
        new.base_pay = pay.filter(|pay| pay != none);
    }
    new.currency = new.currency.take().or_else(|| person.text(("Currency", "货币"), "USD", taken));
    new.timezone =
        new.timezone.take().or_else(|| person.text(("Time zone", "时区"), "UTC", |zone| Zone::named(zone).map(|_| zone.to_owned())));
}

fn several(person: &mut Interview<'_>, library: &Library, kind: Kind, question: interview::Question) -> Vec<String> {
    let all = library.all(kind);
    let choices: Vec<Choice> = all.iter().map(|package| (package.short().to_owned(), package.title(person.lang).to_owned())).collect();
    let found = if choices.is_empty() { Vec::new() } else { person.several(question, &choices) };
    found.into_iter().filter_map(|place| Some(choices.get(place)?.0.clone())).collect()
}

/// The packages that were named.
fn chosen<'l>(new: &New, library: &'l Library) -> Result<Vec<&'l Package>, Stop> {
    let mut found: Vec<&Package> = Vec::new();
    let lists = [
        (Kind::Platform, &new.platform, Words::new("platform", "平台")),
        (Kind::Role, &new.role, Words::new("role", "岗位")),
        (Kind::Category, &new.category, Words::new("category", "品类")),
    ];
    for (kind, names, word) in lists {
        for name in names {
            if library.is_empty() {
                return Err(Stop::usage(Diagnostic::general(&engage::NO_LIBRARY)));
            }
            let all = library.all(kind);
            let Some(package) = all.iter().find(|package| package.short() == name) else {
                let names = all.iter().map(|package| package.short()).collect::<Vec<_>>().join(", ");
                let wrong = Diagnostic::general(&engage::NOT_IN_LIBRARY).words("kind", word).arg("name", name).arg("names", names);
                return Err(Stop::usage(wrong));
            };
            if !found.iter().any(|known| known.name == package.name) {
                found.push(package);
            }
        }
    }
    Ok(found)
}

/// Writes the starter.
fn single(new: New, output: Output) -> Result<Ended, Stop> {
    let about = [("--cycle", new.cycle.is_some()), ("--level", new.level.is_some()), ("--base-pay", new.base_pay.is_some())];
    if let Some((flag, _)) = about.into_iter().find(|(_, given)| *given) {
        return Err(Stop::usage(Diagnostic::general(&engage::NOTHING_CHOSEN).arg("flag", flag)));
    }
    let name = checked_name(new.name.unwrap_or_else(|| "my_shop".to_owned()))?;
    let currency = checked_currency(new.currency.as_deref().unwrap_or("USD"))?;
    let zone = checked_zone(new.timezone.as_deref().unwrap_or("UTC"))?;
    let title = new.title.unwrap_or_else(|| name.replace('_', " "));
    let title = title.replace('\\', "\\\\").replace('"', "\\\"");
    let text = starter::fill(&name, &title, &currency, &zone, output.lang);
    let path = new.output.unwrap_or_else(|| format!("{name}.kpi"));
    if path == "-" {
        output.line(text.trim_end());
        return Ok(Ended::Fine);
    }
    write_new(&path, &text)?;
    output.document(&serde_json::json!({"file": path}));
    output.note(&match output.lang {
        Lang::En => format!("wrote {path}\ntry: steelyard check {path}\n     steelyard test {path}"),
        Lang::Zh => format!("已写入 {path}\n可运行：steelyard check {path}\n        steelyard test {path}"),
    });
    Ok(Ended::Fine)
}

/// What was answered, and the folder; nothing is assumed.
fn client<'l>(new: New, packages: Vec<&'l Package>, output: Output) -> Result<(Client<'l>, String), Stop> {
    let missing = |flag: &str| Stop::usage(Diagnostic::general(&engage::ANSWER_MISSING).arg("flag", flag));
    let name = checked_name(new.name.ok_or_else(|| missing("NAME"))?)?;
    let cycle = new.cycle.ok_or_else(|| missing("--cycle"))?;
    let level = new.level.ok_or_else(|| missing("--level"))?;
    let currency = checked_currency(&new.currency.ok_or_else(|| missing("--currency"))?)?;
    let zone = checked_zone(&new.timezone.ok_or_else(|| missing("--timezone"))?)?;
    if let Some(text) = new.base_pay.as_ref().filter(|text| !is_amount(text)) {
        return Err(Stop::usage(Diagnostic::general(&engage::BAD_BASE_PAY).arg("text", text)));
    }
    let title = new.title.unwrap_or_else(|| name.replace('_', " "));
    let folder = new.output.unwrap_or_else(|| name.clone());
    Ok((Client { name, title, currency, zone, packages, cycle, level, base_pay: new.base_pay, lang: output.lang }, folder))
}

/// The ruleset with its packages, without a mistake. Cards that cannot be told by the asked level stay as the library has them.
fn put_together(client: &Client<'_>, path: &str, packages: &[PathBuf], output: Output) -> Result<(Source, Vec<Card>), Stop> {
    let mut kept = BTreeSet::new();
    loop {
        let (text, cards) = client.overlay(&kept);
        let found = gather(&text, &Search::of(Path::new(path), packages), None);
        let source = Source { name: path.to_owned(), own: text.len(), text: found.text, parts: found.parts };
        let compiled = super::source::checked(source, found.diagnostics);
        let foreign: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|one| one.code.id == compile::SCOPE_LACKS.id).collect();
        let known = kept.len();
        kept.extend(cards_at(&compiled.source, &foreign, client));
        if kept.len() > known {
            continue;
        }
        if compiled.program.is_some() {
            return Ok((compiled.source, cards));
        }
        let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        output.diagnostics(errors.clone(), &compiled.source);
        output.records(&output.diagnostics_json(errors, &compiled.source));
        return Err(Stop::told());
    }
}

/// The cards of packages whose copies these mistakes are about.
fn cards_at(source: &Source, mistakes: &[&Diagnostic], client: &Client<'_>) -> Vec<String> {
    let file = crate::syntax::parse::parse(source.own()).file;
    let copies = file.items.iter().filter_map(|item| match item {
        Item::Scorecard(card) => Some(card),
        _ => None,
    });
    let wrong = copies.filter(|card| {
        mistakes.iter().filter_map(|mistake| mistake.span).any(|span| card.span.start <= span.start && span.end <= card.span.end)
    });
    let wrong: Vec<_> = wrong.map(|card| card.kpis.iter().map(|kpi| kpi.metric.value.as_str()).collect::<Vec<_>>()).collect();
    let cards = client.packages.iter().flat_map(|package| package.cards());
    let same = cards.filter(|card| wrong.iter().any(|kpis| kpis.iter().eq(card.kpis.iter().map(|kpi| &kpi.metric.value))));
    same.map(|card| card.name.value.clone()).collect()
}

/// Writes the folder of a client.
fn write(
    client: &Client<'_>,
    folder: &str,
    path: &str,
    (source, cards): (&Source, &[Card]),
    packages: &[PathBuf],
    output: Output,
) -> Result<Ended, Stop> {
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::WRITE_FILE).arg("file", folder).reason(&error));
    std::fs::create_dir_all(folder).map_err(fail)?;
    let library = packages.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":");
    let lock = Lock::file(Path::new(path)).display().to_string();
    let readme = Path::new(folder).join("README.md").display().to_string();
    write_new(path, source.own())?;
    write_new(&lock, &Lock::text(&format!("{}.kpi", client.name), &source.parts))?;
    write_new(&readme, &readme::write(client, cards, folder, &library))?;
    output.document(&serde_json::json!({"files": [path, lock, readme]}));
    output.note(&match output.lang {
        Lang::En => format!("wrote {path}, {lock}, {readme}\nthe next commands stand in {readme}"),
        Lang::Zh => format!("已写入 {path}、{lock}、{readme}\n后续命令见 {readme}"),
    });
    Ok(Ended::Fine)
}

fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    begins && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn checked_name(name: String) -> Result<String, Stop> {
    if is_name(&name) { Ok(name) } else { Err(Stop::usage(Diagnostic::general(&codes::BAD_NAME).arg("text", name))) }
}

fn checked_currency(currency: &str) -> Result<String, Stop> {
    let code = currency.to_ascii_uppercase();
    let known = iso_currency::Currency::from_code(&code).is_some();
    if known { Ok(code) } else { Err(Stop::usage(Diagnostic::general(&codes::BAD_CURRENCY).arg("text", code))) }
}

fn checked_zone(zone: &str) -> Result<String, Stop> {
    let known = Zone::named(zone).map(|zone| zone.name().to_owned());
    known.ok_or_else(|| Stop::usage(Diagnostic::general(&codes::BAD_ZONE).arg("text", zone)))
}

/// A number above 0 as the language writes it.
fn is_amount(text: &str) -> bool {
    text.replace('_', "").parse::<rust_decimal::Decimal>().is_ok_and(|amount| amount > rust_decimal::Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::cli::output::Format;

    fn rulesets() -> Vec<PathBuf> {
        vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("rulesets")]
    }

    /// What is written for these packages compiles, is laid out, and passes its tests.
    fn holds(
        packages: Vec<&Package>,
        (cycle, level): (Cycle, Level),
        (currency, zone, lang): (&str, &str, Lang),
        pay: Option<&str>,
    ) -> Vec<Card> {
        let about = format!("{:?} {cycle:?} {level:?} {currency}", packages.iter().map(|package| &package.name).collect::<Vec<_>>());
        let (currency, zone, base_pay) = (currency.to_owned(), zone.to_owned(), pay.map(str::to_owned));
        let client =
            Client { name: "acme".to_owned(), title: "A \"client\"".to_owned(), currency, zone, packages, cycle, level, base_pay, lang };
        let output = Output { format: Format::Human, lang: Lang::En };
        let (source, cards) = put_together(&client, "nowhere/acme.kpi", &rulesets(), output).unwrap_or_else(|_| panic!("{about}"));
        assert_eq!(crate::syntax::format::format(source.own()).unwrap(), source.own(), "{about}");
        let compiled = crate::cli::source::checked(source.clone(), Vec::new());
        let warnings: Vec<String> = compiled.diagnostics.iter().map(|one| one.message(Lang::En)).collect();
        assert!(warnings.is_empty(), "{about}: {warnings:?}");
        let (file, _) = crate::compile::read(&source.text);
        for done in crate::testing::run(&compiled.program.unwrap(), &file, &source.text).tests {
            assert!(done.failures.is_empty(), "{about} {}: {:?}", done.name, done.failures);
        }
        let readme = readme::write(&client, &cards, "acme", "rulesets");
        let forgotten = ["{title}", "{rows}", "{file}", "{library}", "{name}", "{card}"].into_iter().find(|one| readme.contains(one));
        assert_eq!(forgotten, None);
        cards
    }

    #[test]
    fn every_package_of_the_library_makes_a_client() {
        let library = Library::of(&rulesets());
        let ways = [Cycle::Month, Cycle::Week, Cycle::Quarter]
            .into_iter()
            .flat_map(|cycle| [Level::Shop, Level::Person, Level::Team].map(|level| (cycle, level)));
        let ways: Vec<(Cycle, Level)> = ways.collect();
        let places = [("USD", "America/Los_Angeles", Lang::En), ("CNY", "Asia/Shanghai", Lang::Zh), ("JPY", "Asia/Tokyo", Lang::En)];
        let all = [Kind::Role, Kind::Category, Kind::Platform].into_iter().flat_map(|kind| library.all(kind));
        for (number, package) in all.enumerate() {
            let pay = (number % 2 == 0).then_some("3000");
            holds(vec![package], ways[(number * 4) % ways.len()], places[number % places.len()], pay);
        }
    }

    #[test]
    fn packages_of_all_kinds_go_together_at_every_level_and_cycle() {
        let library = Library::of(&rulesets());
        let named = |names: &[&str]| -> Vec<&Package> {
            let all = [Kind::Platform, Kind::Role, Kind::Category].into_iter().flat_map(|kind| library.all(kind));
            all.filter(|package| names.contains(&package.name.as_str())).collect()
        };
        let cny = ("CNY", "Asia/Shanghai", Lang::Zh);
        let some = ["amazon", "tiktok_shop", "role.operator", "role.service", "role.advertising", "category.apparel"];
        let names = |cards: &[Card]| cards.iter().map(|card| format!("{} per {}", card.name, card.per)).collect::<Vec<_>>();
        let team = holds(named(&some), (Cycle::Quarter, Level::Team), cny, Some("3_000.50"));
        assert_eq!(
            names(&team),
            [
                "advertising_team_quarter per team",
                "operator_team_quarter per team",
                "service_team_quarter per team",
                "apparel_quarter per shop"
            ]
        );
        // What an agent does is told of no shop: the card stays as the library has it.
        let shop = holds(named(&some), (Cycle::Month, Level::Shop), cny, None);
        assert_eq!(
            names(&shop),
            ["advertising_shop_month per shop", "operator_shop_month per shop", "service_month per agent", "apparel_month per shop"]
        );
        assert_eq!(shop.iter().filter(|card| card.own).count(), 2);
        holds(named(&some), (Cycle::Week, Level::Person), ("USD", "UTC", Lang::En), None);
        let every: Vec<&Package> = [Kind::Platform, Kind::Role, Kind::Category].into_iter().flat_map(|kind| library.all(kind)).collect();
        holds(every, (Cycle::Week, Level::Team), ("EUR", "Europe/Berlin", Lang::En), Some("250"));
    }
}
