//! The README of a client's folder: its scorecards, and the commands that come next.

use super::overlay::{Card, Client};
use crate::diagnostic::Lang;

/// Writes it; `folder` is the client's, `library` the folders of packages as they were named.
pub fn write(client: &Client<'_>, cards: &[Card], folder: &str, library: &str) -> String {
    let (name, cycle) = (&client.name, client.cycle);
    let (every, own, packages) = match client.lang {
        Lang::En => (cycle.word(), "yes", "the library's"),
        Lang::Zh => (cycle.zh(), "是", "规则库原有"),
    };
    let month = match client.lang {
        Lang::En => "month",
        Lang::Zh => "月度",
    };
    let rows: String = cards
        .iter()
        .map(|card| {
            let every = if card.own { every } else { month };
            let own = if card.own { own } else { packages };
            format!("| `{}` | `{}` | {} | {every} | {own} |\n", card.name, card.package, card.per)
        })
        .collect();
    let file = format!("{folder}/{name}.kpi");
    let first = cards.iter().find(|card| card.own).or(cards.first()).map_or("", |card| card.name.as_str());
    let text = match client.lang {
        Lang::En => include_str!("readme.md"),
        Lang::Zh => include_str!("readme.zh-CN.md"),
    };
    let filled = [
        ("{title}", client.title.as_str()),
        ("{rows}", &rows),
        ("{file}", &file),
        ("{library}", library),
        ("{name}", name),
        ("{card}", first),
    ];
    filled.into_iter().fold(text.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
}
