//! Stored messages, read back, and the words that people get.
//!
//! 1. [`read`] gives the alert or the note that a stored body tells.
//! 2. [`text`] makes of one message a headline, lines and a link, and of many a digest: one line each.
//! 3. Whatever people or events have written passes [`clean`]: it names nobody, links to nothing and stays on its line.
//!    What the markup of a service would read otherwise is up to its kind.

use crate::diagnostic::{self, severity_said};
use crate::store::record::payload::{AlertPayload, TextPayload};
use crate::store::settings::Languages;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most characters of a headline.
const HEADLINE_CHARS_MAX: usize = 100;

/// A stored message.
pub struct Told {
    /// `alert.firing`, `endpoint.test`, …
    pub kind: String,
    /// When it was written.
    pub timestamp: String,
    /// What it tells.
    pub about: About,
}

/// What a message tells.
pub enum About {
    /// How it stands with an alert.
    Alert(Box<AlertPayload>),
    /// Anything else: a sentence, lines in each language, and the path of what it is about.
    Note(Note),
}

/// What is no alert.
pub struct Note {
    /// The sentence.
    pub said: TextPayload,
    /// What follows it, in English and in Chinese.
    pub lines: [Vec<String>; 2],
    /// Where it leads.
    pub path: Option<String>,
}

/// How a message shall look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Something is over.
    Good,
    /// To be known.
    Info,
    /// To be looked at.
    Warning,
    /// To be acted on.
    Critical,
}

/// A message for people, without any markup.
pub struct Text {
    /// How it shall look.
    pub tone: Tone,
    /// What it is about.
    pub headline: String,
    /// The rest, one statement a line.
    pub body: String,
    /// What the link is called, and where it leads.
    pub link: Option<(&'static str, String)>,
}

/// Reads a stored body. One of a shape that is not known is told by its kind alone.
pub fn read(payload: &[u8]) -> Told {
    let mut body: Value = serde_json::from_slice(payload).unwrap_or_default();
    let word = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, timestamp) = (word("type"), word("timestamp"));
    let data = body.get_mut("data").map(Value::take).unwrap_or_default();
    let note = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    let lines = |name: &str| {
        let lines = data.get(name).and_then(Value::as_array).into_iter().flatten();
        lines.filter_map(Value::as_str).map(clean).collect::<Vec<_>>()
    };
    let said = TextPayload { en: note("message").unwrap_or_else(|| kind.clone()), zh: note("message_zh") };
    let note = Note { said, lines: [lines("lines"), lines("lines_zh")], path: note("link") };
    let about = serde_json::from_value(data).map_or(About::Note(note), |alert| About::Alert(Box::new(alert)));
    Told { kind, timestamp, about }
}

/// True when a stored body says that an alert fires.
pub fn fires(payload: &[u8]) -> bool {
    matches!(read(payload).about, About::Alert(alert) if alert.state == "firing")
}

/// What the messages have in common that a stored body goes out together with; None when it goes out by itself.
pub fn group(payload: &[u8]) -> Option<String> {
    const MEMBER: &[u8] = b"\"group\":{";
    // Most bodies have none, and are not read for that.
    payload.windows(MEMBER.len()).any(|part| part == MEMBER).then(|| read(payload))?.group()
}

/// The words for one message, or the digest of many.
pub fn text(messages: &[Told], languages: Languages, public_url: Option<&str>) -> Text {
    let languages = match languages {
        Languages::En => &[Lang::En][..],
        Languages::Zh => &[Lang::Zh],
        Languages::Both => &[Lang::Zh, Lang::En],
    };
    let tone = messages.iter().map(tone).max().unwrap_or(Tone::Info);
    let label = languages.first().map_or("", |lang| lang.of("View", "查看"));
    let (headline, body, path) = match messages {
        [one] => {
            let path = match &one.about {
                About::Alert(alert) => Some(format!("/v1/alerts/{}", alert.id)),
                About::Note(note) => note.path.clone(),
            };
            let (headline, body) = several(languages, |lang| single(one, lang));
            (headline, body, path)
        }
        many => {
            let (headline, body) = several(languages, |lang| digest(many, lang));
            (headline, body, Some("/v1/alerts".to_owned()))
        }
    };
    let link = public_url.zip(path).map(|(base, path)| (label, format!("{}{path}", base.trim_end_matches('/'))));
    Text { tone, headline: cut(&headline, HEADLINE_CHARS_MAX), body, link }
}

impl Told {
    /// What it has in common with what it is told together with.
    fn group(&self) -> Option<String> {
        match &self.about {
            About::Alert(alert) => serde_json::to_string(&(&alert.ruleset, &alert.rule, alert.group.as_ref()?)).ok(),
            About::Note(_) => None,
        }
    }
}

impl Text {
    /// The body, whole when its `size` is at most `max`; otherwise as much as fits, saying so. True when it is whole.
    pub fn fit(&self, max: usize, size: impl Fn(&str) -> usize) -> (String, bool) {
        if size(&self.body) <= max {
            return (self.body.clone(), true);
        }
        let ends: Vec<usize> = self.body.char_indices().map(|(at, _)| at).collect();
        let shortened = |n: usize| {
            let kept = ends.get(n).and_then(|at| self.body.get(..*at)).unwrap_or_default();
            format!("{}…\n(cut short / 内容已截断)", kept.trim_end())
        };
        // Longer texts are never smaller: the longest that fits lies where the sizes pass the limit.
        let (mut fits, mut too_long) = (0, ends.len());
        while fits + 1 < too_long {
            let middle = fits.midpoint(too_long);
            if size(&shortened(middle)) <= max { fits = middle } else { too_long = middle }
        }
        (shortened(fits), false)
    }
}

/// One language of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lang {
    En,
    Zh,
}

impl Lang {
    fn of(self, en: &'static str, zh: &'static str) -> &'static str {
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn pick(self, text: &TextPayload) -> String {
        let zh = text.zh.as_ref().filter(|_| self == Lang::Zh);
        clean(zh.unwrap_or(&text.en))
    }
}

/// The parts in each language: the first language gives the headline, the headlines of the others open their part.
fn several(languages: &[Lang], part: impl Fn(Lang) -> (String, Vec<String>)) -> (String, String) {
    let mut parts = languages.iter().map(|lang| part(*lang));
    let (headline, mut lines) = parts.next().unwrap_or_default();
    for (headline, more) in parts {
        lines.push(headline);
        lines.extend(more);
    }
    (headline, lines.join("\n"))
}

fn single(told: &Told, lang: Lang) -> (String, Vec<String>) {
    let alert = match &told.about {
        About::Alert(alert) => alert,
        About::Note(note) => {
            let [en, zh] = &note.lines;
            let lines = if lang == Lang::Zh && !zh.is_empty() { zh } else { en };
            return (lang.pick(&note.said), lines.clone());
        }
    };
    let title = lang.pick(&alert.title);
    let headline = format!("{}{title} — {}", severity(&alert.severity, lang), state(told, alert, lang));
    let message = Some(lang.pick(&alert.message)).filter(|message| !message.is_empty() && *message != title);
    let scope = Some(scope(&alert.scope)).filter(|scope| !scope.is_empty());
    let since = format!("{} {}", lang.of("since", "开始于"), clean(&alert.shown.since));
    let value = format!("{} {}", lang.of("value", "当前值"), numbers(alert, lang));
    (headline, [message, scope, Some(value), Some(since)].into_iter().flatten().collect())
}

/// What a group is about: its worst severity, the title of its rule and the values that its members share.
fn common(messages: &[Told], lang: Lang) -> Option<String> {
    let group = messages.first()?.group()?;
    let worst = messages.iter().max_by_key(|told| tone(told))?;
    let About::Alert(alert) = &worst.about else { return None };
    let values = alert.group.as_ref().map(scope).filter(|values| !values.is_empty()).map(|values| format!(" ({values})"));
    let title = cut(&lang.pick(&alert.title), HEADLINE_CHARS_MAX / 2);
    let all = messages.iter().all(|told| told.group().as_ref() == Some(&group));
    all.then(|| format!("{}{title}{} — ", severity(&alert.severity, lang), cut(&values.unwrap_or_default(), HEADLINE_CHARS_MAX / 4)))
}

/// A digest: the counts, and a line a message, what burns first.
fn digest(messages: &[Told], lang: Lang) -> (String, Vec<String>) {
    let alerts = || messages.iter().filter_map(|told| if let About::Alert(alert) = &told.about { Some(alert) } else { None });
    let (n, n_firing) = (alerts().count(), alerts().filter(|alert| alert.state == "firing").count());
    let n_over = n - n_firing;
    let headline = match lang {
        _ if n == 0 => format!("{}{}", messages.len(), lang.of(" messages", " 条消息")),
        Lang::En => format!("{n} {}: {n_firing} firing, {n_over} resolved", if n == 1 { "alert" } else { "alerts" }),
        Lang::Zh => format!("{n} 条预警：{n_firing} 条预警中，{n_over} 条已恢复"),
    };
    let headline = format!("{}{headline}", common(messages, lang).unwrap_or_default());
    let mut sorted: Vec<&Told> = messages.iter().collect();
    sorted.sort_by_key(|told| std::cmp::Reverse(tone(told)));
    (headline, sorted.into_iter().map(|told| line(told, lang)).collect())
}

fn line(told: &Told, lang: Lang) -> String {
    let alert = match &told.about {
        About::Alert(alert) => alert,
        About::Note(note) => return lang.pick(&note.said),
    };
    let title = format!("{}{}", severity(&alert.severity, lang), cut(&lang.pick(&alert.title), HEADLINE_CHARS_MAX));
    let scope = cut(&scope(&alert.scope), HEADLINE_CHARS_MAX);
    let parts = [title, scope, numbers(alert, lang), state(told, alert, lang)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn tone(told: &Told) -> Tone {
    match &told.about {
        About::Alert(alert) if alert.state == "resolved" => Tone::Good,
        About::Alert(alert) if alert.severity == "critical" => Tone::Critical,
        About::Alert(alert) if alert.severity == "warning" => Tone::Warning,
        _ => Tone::Info,
    }
}

fn severity(name: &str, lang: Lang) -> String {
    match (lang, name) {
        (Lang::En, name) => format!("[{name}] "),
        (Lang::Zh, name) => format!("【{}】", severity_said(name, diagnostic::Lang::Zh)),
    }
}

fn state(told: &Told, alert: &AlertPayload, lang: Lang) -> String {
    let word = match (told.kind.as_str(), &*alert.state) {
        ("alert.repeat", "firing") => lang.of("still firing", "仍在预警"),
        ("alert.escalated", "firing") => lang.of("firing, and nobody has acknowledged it", "预警中，无人确认"),
        ("alert.restated", "firing") => lang.of("restated", "已更正"),
        (_, "firing") => lang.of("firing", "预警中"),
        (_, "resolved") => lang.of("resolved", "已恢复"),
        (_, other) => other,
    };
    word.to_owned()
}

fn numbers(alert: &AlertPayload, lang: Lang) -> String {
    let value = lang.pick(&alert.shown.value);
    match alert.shown.limit.as_ref().map(|limit| lang.pick(limit)) {
        Some(limit) if lang == Lang::Zh => format!("{value}（阈值 {limit}）"),
        Some(limit) => format!("{value} (limit {limit})"),
        None => value,
    }
}

fn scope(values: &BTreeMap<String, Option<String>>) -> String {
    let pairs = values.iter().map(|(dim, value)| format!("{}: {}", clean(dim), clean(value.as_deref().unwrap_or("-"))));
    pairs.collect::<Vec<_>>().join(", ")
}

/// A text at most so many characters long.
pub fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What people or events have written, on one line, without characters that hide or turn text, and so that no service
/// sees a mention or an address to link to in it: an invisible space stands behind `@` and inside `://` and `www.`.
pub fn clean(text: &str) -> String {
    const BREAK: char = '\u{200b}';
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            '/' if out.ends_with(':') => out.extend([BREAK, '/']),
            '.' if ends_with_www(&out) => out.extend([BREAK, '.']),
            '@' | '＠' => out.extend([c, BREAK]),
            c => out.push(c),
        }
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_events_wrote_names_nobody_and_links_to_nothing() {
        assert_eq!(clean("旗舰店 A-1"), "旗舰店 A-1");
        assert_eq!(clean("@all"), "@\u{200b}all");
        assert_eq!(clean("http://e.example"), "http:\u{200b}//e.example");
        assert_eq!(clean("WWW.e.example"), "WWW\u{200b}.e.example");
        assert_eq!(clean("a\nb\r\u{2028}c\u{202e}\u{200b}d"), "a b  cd");
        assert_eq!(clean("1:2 w.w"), "1:2 w.w");
    }

    #[test]
    fn texts_are_cut_between_characters_and_say_so() {
        let text = Text { tone: Tone::Info, headline: String::new(), body: "店".repeat(100), link: None };
        assert_eq!(text.fit(300, str::len), (text.body.clone(), true));
        let (short, whole) = text.fit(299, str::len);
        assert!(!whole && short.len() <= 299 && short.len() > 290, "{}", short.len());
        assert!(short.starts_with("店店") && short.ends_with("内容已截断)"));
        // Even nothing of it may be too much: then nothing of it is left.
        assert!(text.fit(1, str::len).0.starts_with('…'));
    }

    #[test]
    fn an_unknown_body_is_told_by_its_kind() {
        let told = read(br#"{"type":"endpoint.note"}"#);
        assert!(matches!(&told.about, About::Note(note) if note.said.en == "endpoint.note"));
        let text = text(&[told], Languages::Both, Some("https://k.example"));
        assert_eq!((text.headline.as_str(), text.body.as_str(), text.link), ("endpoint.note", "endpoint.note", None));
    }
}
