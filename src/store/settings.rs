//! What an endpoint is, and how it wants its messages.
//!
//! 1. A [`Kind`] says which service listens at its URL; `notify` knows what each of them wants.
//! 2. [`Settings`] hold what can be chosen for it.

/// The service that listens at an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// A receiver of Standard Webhooks.
    #[default]
    Standard,
    /// Prometheus Alertmanager.
    Alertmanager,
    /// A group bot of Feishu or Lark.
    Feishu,
    /// A group bot of DingTalk.
    Dingtalk,
    /// A group bot of WeCom.
    Wecom,
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams.
    Teams,
    /// PagerDuty, events version 2.
    Pagerduty,
    /// An ntfy server.
    Ntfy,
}

impl Kind {
    /// All kinds; a kind is stored as its place in this list.
    pub const ALL: [Kind; 9] = [
        Kind::Standard,
        Kind::Alertmanager,
        Kind::Feishu,
        Kind::Dingtalk,
        Kind::Wecom,
        Kind::Slack,
        Kind::Teams,
        Kind::Pagerduty,
        Kind::Ntfy,
    ];

    /// The name of the kind.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Standard => "standard",
            Kind::Alertmanager => "alertmanager",
            Kind::Feishu => "feishu",
            Kind::Dingtalk => "dingtalk",
            Kind::Wecom => "wecom",
            Kind::Slack => "slack",
            Kind::Teams => "teams",
            Kind::Pagerduty => "pagerduty",
            Kind::Ntfy => "ntfy",
        }
    }
}

/// The languages of messages for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Languages {
    /// English.
    #[default]
    En,
    /// Chinese.
    Zh,
    /// Chinese, then English.
    Both,
}

impl Languages {
    /// All choices; a choice is stored as its place in this list.
    pub const ALL: [Languages; 3] = [Languages::En, Languages::Zh, Languages::Both];

    /// `en`, `zh`, `both`.
    pub fn name(self) -> &'static str {
        match self {
            Languages::En => "en",
            Languages::Zh => "zh",
            Languages::Both => "both",
        }
    }
}

/// What can be chosen for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The service that listens there.
    pub kind: Kind,
    /// The languages of its texts.
    pub languages: Languages,
    /// The topic on an ntfy server.
    pub topic: Option<String>,
    /// The most messages a minute; the kind's own limit when not given.
    pub rate_per_min: Option<u32>,
}
