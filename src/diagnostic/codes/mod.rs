//! The registry of diagnostic codes. A code is never reused for another meaning.
//!
//! One file an area: `syntax` (SY01xx, SY2001), `compile` (SY02xx, SY2002, SY2003), `lint` (SY03xx warnings), `event` (SY04xx, a refused
//! event), `event_sources` (SY1648–1655, the sources that events prefer), `api` (SY05xx, a refused request), `notify` (SY06xx),
//! `cli` (SY07xx), `store` (SY08xx), `target` (SY09xx), `data` (SY10xx, tables), `package` (SY11xx, what rulesets use of each
//! other), `money` (SY12xx), `calendar` (SY13xx, time), `early` (SY1346–1379, alerts on running periods),
//! `hierarchy` (SY14xx), `nested` (SY15xx, other scopes and levels), `watch` (SY16xx, alerts on scores and gates),
//! `ledger` (SY17xx), `told` (SY1720–1749 and SY2000, tables and targets that events tell), `close` (SY1801–1850 and SY2005, trials and closed periods), `import` (SY1851–1899, feeds and the files of people),
//! `report` (SY1901–1909, SY1970–1989 and SY2004, reviews), `engage` (SY1910–1949, an engagement: `new`, proposed targets, scheduled reports).

use super::{Lang, Severity};

pub mod api;
pub mod calendar;
pub mod cli;
pub mod close;
pub mod compile;
pub mod data;
pub mod early;
pub mod engage;
pub mod event;
pub mod event_sources;
pub mod hierarchy;
pub mod import;
pub mod ledger;
pub mod lint;
pub mod money;
pub mod nested;
pub mod notify;
pub mod package;
pub mod report;
pub mod store;
pub mod syntax;
pub mod target;
pub mod told;
pub mod watch;

/// A registered mistake and its texts. `{name}` is filled from the diagnostic's arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable id, such as `SY0203`.
    pub id: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in English.
    pub en: &'static str,
    /// What is wrong, in Chinese.
    pub zh: &'static str,
    /// What to do, in English.
    pub help_en: &'static str,
    /// What to do, in Chinese.
    pub help_zh: &'static str,
}

impl Code {
    /// What is wrong, with its placeholders.
    pub fn message(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// What to do, with its placeholders.
    pub fn help(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.help_en,
            Lang::Zh => self.help_zh,
        }
    }
}

/// Declares the codes of one area and the list [`ALL`](self) of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal $severity:ident { en: $en:literal, zh: $zh:literal, help_en: $help_en:literal, help_zh: $help_zh:literal $(,)? })*) => {
        $($(#[$doc])* pub static $name: $crate::diagnostic::Code = $crate::diagnostic::Code {
            id: $id, severity: $crate::diagnostic::Severity::$severity,
            en: $en, zh: $zh, help_en: $help_en, help_zh: $help_zh,
        };)*
        /// Every code of this area, in order.
        pub static ALL: &[&$crate::diagnostic::Code] = &[$(&$name),*];
    };
}
pub(crate) use codes;

/// Every registered code.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [
        syntax::ALL,
        compile::ALL,
        lint::ALL,
        event::ALL,
        api::ALL,
        notify::ALL,
        cli::ALL,
        store::ALL,
        target::ALL,
        calendar::ALL,
        data::ALL,
        package::ALL,
        money::ALL,
        hierarchy::ALL,
        nested::ALL,
        watch::ALL,
        event_sources::ALL,
        early::ALL,
        ledger::ALL,
        told::ALL,
        close::ALL,
        import::ALL,
        report::ALL,
        engage::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The code with this id.
pub fn find(id: &str) -> Option<&'static Code> {
    all().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_unique_and_texts_are_whole() {
        let mut seen = std::collections::BTreeSet::new();
        for code in super::all() {
            assert!(seen.insert(code.id), "{} is used twice", code.id);
            assert!(!code.en.is_empty() && !code.zh.is_empty(), "{} lacks a text", code.id);
            assert_eq!(code.help_en.is_empty(), code.help_zh.is_empty(), "{} has help in one language only", code.id);
        }
    }

    /// A placeholder is filled in the language of the text, so that no text needs one of its own language.
    #[test]
    fn both_languages_have_the_same_placeholders() {
        let names = |text: &'static str| {
            let named = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
            named
                .filter(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
                .collect::<std::collections::BTreeSet<_>>()
        };
        for code in super::all() {
            assert_eq!(names(code.en), names(code.zh), "{}", code.id);
        }
    }
}
