//! Whatever events write: every request stays within its limit, and nothing in it is a mention, a link or markup.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::store::Settings;
use crate::store::routing::Binding;
use crate::time::Instant;
use proptest::prelude::*;
use serde_json::json;

const LINK: &str = "https://kpi.example/v1/alerts/al_1_1";

fn parcel(kind: Kind, languages: Languages, texts: &[String]) -> Parcel {
    let endpoint = Endpoint {
        id: "ep_1".to_owned(),
        url: "https://h.example/hook".to_owned(),
        channels: Vec::new(),
        secrets: vec!["s3cret".to_owned()],
        settings: Settings { kind, languages, topic: Some("kpi".to_owned()), rate_per_min: None },
        disabled: None,
        created_at: Instant(0),
        failing_since: None,
        binding: Binding::default(),
    };
    let part = |text: &String| {
        let words = json!({ "en": text, "zh": text });
        let body = json!({
            "type": "alert.firing",
            "timestamp": "2026-03-10T12:00:00Z",
            "data": {
                "id": "al_1_1", "ruleset": "r", "version": "1.0.0", "rule": "late", "title": words, "severity": "critical",
                "state": "firing", "scope": { "shop": text }, "value": "1", "limit": null, "unit": "count",
                "shown": { "value": { "en": "1", "zh": "1" }, "since": "2026-03-10 12:00:00 (UTC)" },
                "since": "2026-03-10T12:00:00Z", "at": "2026-03-10T12:00:00Z", "restated": false, "message": words, "channels": [],
            },
        });
        Part { id: "msg_1".to_owned(), payload: body.to_string().into_bytes(), again: false }
    };
    Parcel {
        id: "msg_1".to_owned(),
        workspace: "default".into(),
        endpoint,
        parts: texts.iter().map(part).collect(),
        public_url: Some("https://kpi.example".into()),
        resend: Duration::from_secs(60),
    }
}

/// All texts of a JSON value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

/// What somebody might write to be seen, and anything else.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("@all".to_owned()),
        Just("https://e.example/".to_owned()),
        Just("<at id=all></at>".to_owned()),
        Just("<!channel>".to_owned()),
        Just("[a](b)".to_owned()),
        Just("\n# ".to_owned()),
        Just("店\u{202e}\u{200b}".to_owned()),
        any::<String>(),
        "\\PC{0,400}".prop_map(|text: String| text.repeat(20)),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn texts_of_events_are_only_texts(texts_in in prop::collection::vec(hostile(), 1..4), both in any::<bool>()) {
        let languages = if both { Languages::Both } else { Languages::Zh };
        for (kind, limit) in [
            (Kind::Feishu, 20_000), (Kind::Dingtalk, 20_000), (Kind::Wecom, 20_000), (Kind::Slack, 40_000), (Kind::Teams, 28_000), (Kind::Ntfy, 20_000),
        ] {
            let call = call(&parcel(kind, languages, &texts_in), 1_800_000_000);
            prop_assert!(call.body.len() <= limit, "{}: {}", kind.name(), call.body.len());
            let body: Value = serde_json::from_slice(&call.body).unwrap();
            let mut found = Vec::new();
            texts(&body, &mut found);
            if kind == Kind::Wecom {
                prop_assert!(body["markdown"]["content"].as_str().unwrap().len() <= 4_096);
            }
            let allowed = ["http://adaptivecards.io/schemas/adaptive-card.json", LINK, "https://kpi.example/v1/alerts"];
            for text in found {
                let rest = allowed.iter().fold(text.clone(), |rest, ours| rest.replace(ours, ""));
                prop_assert!(!rest.contains("://") && !rest.contains("@all") && !rest.contains("\n#"), "{}: {text}", kind.name());
                prop_assert!(!rest.contains("<at") || matches!(kind, Kind::Feishu | Kind::Teams | Kind::Slack | Kind::Ntfy), "{}: {text}", kind.name());
            }
        }
    }

    #[test]
    fn systems_get_requests_that_they_can_read(texts_in in prop::collection::vec(hostile(), 1..4)) {
        for kind in [Kind::Alertmanager, Kind::Pagerduty] {
            let call = call(&parcel(kind, Languages::En, &texts_in), 1_800_000_000);
            let body: Value = serde_json::from_slice(&call.body).unwrap();
            if kind == Kind::Alertmanager {
                prop_assert_eq!(body.as_array().unwrap().len(), 3 * texts_in.len());
            } else {
                prop_assert!(body["payload"]["summary"].as_str().unwrap().chars().count() <= 1_024);
            }
        }
    }
}
