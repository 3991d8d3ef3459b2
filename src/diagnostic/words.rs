//! Texts that exist in both languages: what a message is filled with when it is more than a value.
//!
//! 1. [`Words`] are made of an English and a Chinese text; there is no way to make them of one.
//! 2. [`Thing`] names the kinds of things that messages are about.
//! 3. [`severity_said`] names the severities of alerts, wherever people read them.

use std::borrow::Cow;
use std::fmt;

use super::Lang;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    en: Cow<'static, str>,
    zh: Cow<'static, str>,
}

impl Words {
    /// A text of ours.
    pub fn new(en: impl Into<Cow<'static, str>>, zh: impl Into<Cow<'static, str>>) -> Words {
        Words { en: en.into(), zh: zh.into() }
    }

    /// What a library or the operating system says: as it is in English, quoted behind our own phrase in Chinese.
    pub fn foreign(zh: &str, said: impl fmt::Display) -> Words {
        let said = said.to_string();
        let zh = format!("{zh}（原文：{said}）");
        Words::new(said, zh)
    }

    /// A value or the user's own words, which are the same in every language.
    pub fn verbatim(text: impl fmt::Display) -> Words {
        let text = text.to_string();
        Words::new(text.clone(), text)
    }

    /// The text in a language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// The parts of a list, with commas between them; None when there are none.
    pub fn list(parts: impl Iterator<Item = Words>) -> Option<Words> {
        parts.reduce(|list, part| list.then(", ", "，").and(&part))
    }

    /// Both texts behind a value.
    #[must_use]
    pub fn after(self, value: &str) -> Words {
        Words::new(format!("{value}{}", self.en), format!("{value}{}", self.zh))
    }

    /// Both texts with others behind them.
    #[must_use]
    pub fn then(self, en: &str, zh: &str) -> Words {
        Words::new(self.en.into_owned() + en, self.zh.into_owned() + zh)
    }

    /// Both texts with those of others behind them.
    #[must_use]
    pub fn and(self, more: &Words) -> Words {
        self.then(&more.en, &more.zh)
    }
}

/// Builds [`Thing`] and its names.
macro_rules! things {
    ($($(#[$doc:meta])* $name:ident: $en:literal $zh:literal,)*) => {
        /// A kind of thing that a message can be about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Thing { $($(#[$doc])* $name,)* }

        impl From<Thing> for Words {
            fn from(thing: Thing) -> Words {
                match thing { $(Thing::$name => Words::new($en, $zh),)* }
            }
        }

        impl fmt::Display for Thing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Thing::$name => $en,)* })
            }
        }
    };
}

things! {
    /// An alert.
    Alert: "alert" "预警",
    /// An objection to a score.
    Appeal: "appeal" "申诉",
    /// A code of the registry.
    Code: "code" "诊断编号",
    /// A delivery of a webhook.
    Delivery: "delivery" "投递",
    /// A receiver of webhooks.
    Endpoint: "endpoint" "端点",
    /// All receivers of webhooks.
    Endpoints: "endpoints" "端点数",
    /// The escalation of a channel.
    Escalation: "escalation" "升级规则",
    /// All escalations.
    Escalations: "escalations" "升级规则数",
    /// An API key.
    Key: "key" "密钥",
    /// A metric.
    Metric: "metric" "指标",
    /// More than a bound key opens.
    ForeignRows: "more than the rows of its scope" "其范围以外的内容",
    /// A report that is sent by a schedule.
    ReportSchedule: "report schedule" "报告计划",
    /// All of these.
    ReportSchedules: "report schedules" "报告计划数",
    /// A route of the service.
    Route: "route" "路由",
    /// A ruleset.
    Ruleset: "ruleset" "规则集",
    /// A scorecard.
    Scorecard: "scorecard" "记分卡",
    /// Planned muting.
    Silence: "silence" "静默",
    /// All silences.
    Silences: "silences" "静默数",
    /// The body of a request.
    Body: "the body" "请求体",
    /// What stands before the body of a request.
    Head: "the head of the request" "请求头部",
    /// A whole request.
    Request: "the request" "请求",
    /// A workspace.
    Workspace: "workspace" "工作区",
}

/// The name of a severity of alerts, for people who read a language; any other word is itself.
pub fn severity_said(name: &str, lang: Lang) -> &str {
    match (lang, name) {
        (Lang::Zh, "info") => "提醒",
        (Lang::Zh, "warning") => "警告",
        (Lang::Zh, "critical") => "严重",
        _ => name,
    }
}
