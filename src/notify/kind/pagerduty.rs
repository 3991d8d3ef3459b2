//! PagerDuty: events version 2. One alert is one incident, from trigger to resolve.

use super::message::{About, Told, clean, cut};
use super::{Call, Parcel, Rate, Reply, Verdict, by_status};
use crate::store::record::payload::AlertPayload;
use serde_json::{Value, json};

/// An integration takes 120 a minute.
pub(super) const RATE: Rate = Rate::new(Some(120), 0);

/// The most characters of a summary and of a key.
const SUMMARY_MAX: usize = 1_000;
const KEY_MAX: usize = 255;

pub(super) fn call(parcel: &Parcel) -> Call {
    let text = parcel.text();
    let told = parcel.told().into_iter().next();
    let mut event = json!({
        "routing_key": parcel.secret(),
        "event_action": "trigger",
        "client": "Steelyard",
        "payload": { "summary": cut(&text.headline, SUMMARY_MAX), "source": format!("steelyard/{}", parcel.workspace), "severity": "info" },
    });
    match told {
        Some(Told { about: About::Alert(alert), .. }) => fill(&mut event, parcel, &alert, &text.body),
        Some(told) => put(&mut event, "dedup_key", key(parcel, &told.kind).into()),
        None => {}
    }
    Call::new(parcel, event.to_string().into_bytes(), true)
}

fn fill(event: &mut Value, parcel: &Parcel, alert: &AlertPayload, body: &str) {
    put(event, "dedup_key", key(parcel, &alert.id).into());
    if alert.state == "resolved" {
        put(event, "event_action", "resolve".into());
    }
    if let Some(link) = parcel.link(&alert.id) {
        put(event, "client_url", link.clone().into());
        put(event, "links", json!([{ "href": link, "text": "Steelyard" }]));
    }
    let Some(payload) = event.get_mut("payload") else { return };
    put(payload, "severity", severity(&alert.severity).into());
    put(payload, "timestamp", alert.at.as_str().into());
    put(payload, "component", alert.rule.as_str().into());
    put(payload, "group", alert.ruleset.as_str().into());
    put(payload, "custom_details", details(alert, body));
}

fn details(alert: &AlertPayload, body: &str) -> Value {
    let scope = alert.scope.iter().map(|(dim, value)| (clean(dim), value.as_deref().map(clean).into()));
    let scope: serde_json::Map<String, Value> = scope.collect();
    json!({ "text": body, "scope": scope, "value": alert.value, "limit": alert.limit, "unit": alert.unit, "since": alert.since })
}

fn severity(name: &str) -> &'static str {
    match name {
        "critical" => "critical",
        "warning" => "warning",
        _ => "info",
    }
}

/// The key under which PagerDuty knows the incident.
fn key(parcel: &Parcel, alert: &str) -> String {
    format!("{alert}/{}", parcel.workspace).chars().take(KEY_MAX).collect()
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    match by_status(reply, &[400, 401, 413]) {
        Some(verdict) => verdict,
        None if reply.status == 202 => Verdict::Taken,
        None => Verdict::Failed(format!("answered {} instead of 202", reply.status)),
    }
}
