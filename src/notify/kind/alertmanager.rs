//! Prometheus Alertmanager: everything that is due in one POST to `/api/v2/alerts`.
//!
//! 1. What fires is told again while it fires, well before `endsAt`: Alertmanager takes what nobody tells of as over.
//! 2. Severity is a label there, so a change of it makes another alert; in the same POST the alerts of the other
//!    severities end.
//! 3. Names of labels are ASCII; values may be anything.

use super::message::{About, Told};
use super::{Call, Parcel, Reply, Verdict, by_status};
use crate::store::record::payload::{AlertPayload, TextPayload};
use crate::time::Instant;
use reqwest::Url;
use serde_json::{Map, Value, json};

const PATH: &str = "/api/v2/alerts";

/// So many times as long as the time until it is told again, an alert is believed to fire.
const RESENDS: u32 = 4;

/// The labels of our own.
const RESERVED: [&str; 4] = ["alertname", "severity", "ruleset", "workspace"];
const SEVERITIES: [&str; 3] = ["info", "warning", "critical"];

pub(super) fn call(parcel: &Parcel, now_s: i64) -> Call {
    let now = Instant(now_s.saturating_mul(1_000_000));
    let believed = now.plus_s(i64::try_from(parcel.resend.saturating_mul(RESENDS).as_secs().max(1)).unwrap_or(i64::MAX));
    let mut alerts = Vec::new();
    for (part, told) in parcel.parts.iter().zip(parcel.told()) {
        match &told.about {
            About::Alert(alert) => {
                alerts.push(entry(parcel, alert, &alert.severity, if alert.state == "firing" { believed } else { ended(alert, now) }, now));
                let others = SEVERITIES.iter().filter(|severity| !part.again && **severity != alert.severity);
                alerts.extend(others.map(|severity| entry(parcel, alert, severity, now, now)));
            }
            About::Note(note) => alerts.push(trial(parcel, &told, &note.said, believed)),
        }
    }
    let mut call = Call::new(parcel, Value::Array(alerts).to_string().into_bytes(), true);
    if let Ok(mut url) = Url::parse(&call.url) {
        let path = url.path().trim_end_matches('/');
        let path = if path.ends_with(PATH) { path.to_owned() } else { format!("{path}{PATH}") };
        url.set_path(&path);
        call.url = url.into();
    }
    call.headers.extend(parcel.secret().map(|token| ("authorization", format!("Bearer {token}"))));
    call
}

/// When it was over, in event time, but not later than now.
fn ended(alert: &AlertPayload, now: Instant) -> Instant {
    Instant::parse_rfc3339(&alert.at).map_or(now, |at| at.min(now))
}

fn entry(parcel: &Parcel, alert: &AlertPayload, severity: &str, until: Instant, now: Instant) -> Value {
    let since = Instant::parse_rfc3339(&alert.since).map_or(now, |since| since.min(until));
    let mut labels = Map::new();
    for (dim, value) in &alert.scope {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            labels.insert(label(dim), value.as_str().into());
        }
    }
    let own = [("alertname", alert.rule.as_str()), ("severity", severity), ("ruleset", &alert.ruleset), ("workspace", &parcel.workspace)];
    labels.extend(own.map(|(name, value)| (name.to_owned(), value.into())));
    let mut entry = json!({
        "labels": labels,
        "annotations": annotations(&alert.title, &alert.message, Some(alert)),
        "startsAt": since.to_string(),
        "endsAt": until.to_string(),
    });
    if let (Some(link), Some(members)) = (parcel.link(&alert.id), entry.as_object_mut()) {
        members.insert("generatorURL".to_owned(), link.into());
    }
    entry
}

fn annotations(title: &TextPayload, message: &TextPayload, alert: Option<&AlertPayload>) -> Value {
    let zh = |text: &TextPayload| text.zh.clone().unwrap_or_default();
    let mut texts = vec![
        ("summary", title.en.clone()),
        ("summary_zh", zh(title)),
        ("description", message.en.clone()),
        ("description_zh", zh(message)),
    ];
    if let Some(alert) = alert {
        texts.push(("value", alert.shown.value.en.clone()));
        texts.push(("limit", alert.shown.limit.as_ref().map(|limit| limit.en.clone()).unwrap_or_default()));
    }
    texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), text.into())).collect::<Map<_, _>>().into()
}

/// A message that is about no alert, such as a test, as an alert that ends by itself.
fn trial(parcel: &Parcel, told: &Told, note: &TextPayload, until: Instant) -> Value {
    let labels = json!({ "alertname": told.kind, "severity": "info", "workspace": &*parcel.workspace });
    json!({ "labels": labels, "annotations": annotations(note, note, None), "startsAt": told.timestamp, "endsAt": until.to_string() })
}

/// A name of a label for a dimension: letters that are not ASCII become their numbers.
fn label(dim: &str) -> String {
    let mut out = String::new();
    for c in dim.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            out.push(c);
        } else {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            out.push_str(&format!("u{:x}", u32::from(c)));
        }
    }
    if RESERVED.contains(&out.as_str()) || out.starts_with(|c: char| c.is_ascii_digit()) || out.is_empty() {
        out.insert_str(0, "dim_");
    }
    out
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    by_status(reply, &[400, 401, 403]).unwrap_or(Verdict::Taken)
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn names_of_labels_are_ascii() {
        assert_eq!(label("shop"), "shop");
        assert_eq!(label("门店"), "u95e8_u5e97");
        assert_eq!(label("severity"), "dim_severity");
        assert_eq!(label("1st"), "dim_1st");
    }
}
