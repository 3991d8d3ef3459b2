//! What can be chosen for an endpoint.

use crate::engine::{Kind, Languages};
use serde::Deserialize;
use utoipa::ToSchema;

/// The service that listens at an endpoint.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum EndpointKind {
    #[default]
    Standard,
    Alertmanager,
    Feishu,
    Dingtalk,
    Wecom,
    Slack,
    Teams,
    Pagerduty,
    Ntfy,
}

impl From<EndpointKind> for Kind {
    fn from(kind: EndpointKind) -> Kind {
        match kind {
            EndpointKind::Standard => Kind::Standard,
            EndpointKind::Alertmanager => Kind::Alertmanager,
            EndpointKind::Feishu => Kind::Feishu,
            EndpointKind::Dingtalk => Kind::Dingtalk,
            EndpointKind::Wecom => Kind::Wecom,
            EndpointKind::Slack => Kind::Slack,
            EndpointKind::Teams => Kind::Teams,
            EndpointKind::Pagerduty => Kind::Pagerduty,
            EndpointKind::Ntfy => Kind::Ntfy,
        }
    }
}

/// The languages of texts for people.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum EndpointLang {
    En,
    Zh,
    /// Chinese, then English.
    Both,
}

impl From<EndpointLang> for Languages {
    fn from(lang: EndpointLang) -> Languages {
        match lang {
            EndpointLang::En => Languages::En,
            EndpointLang::Zh => Languages::Zh,
            EndpointLang::Both => Languages::Both,
        }
    }
}
