//! Standard Webhooks: the stored body as it is, signed with every live secret. A group is one body that holds the others as
//! they are, each with the `webhook-id` under which it would have come by itself.

use super::message::{self, About, Told};
use super::{Call, Parcel, Part, Reply, Verdict, by_status};
use crate::notify::sign;
use crate::store::record::payload::{AlertPayload, TextPayload};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub(super) fn call(parcel: &Parcel, now_s: i64) -> Call {
    let body = match parcel.parts.as_slice() {
        [one] => one.payload.clone(),
        many => group(many).unwrap_or_default(),
    };
    let whole = body.len() <= GROUP_BYTES_MAX;
    let signature = sign::sign(&parcel.endpoint.secrets, &parcel.id, now_s, &body);
    let headers = vec![("webhook-timestamp", now_s.to_string()), ("webhook-signature", signature)];
    Call { headers, ..Call::new(parcel, body, whole) }
}

/// The most bytes of a group.
const GROUP_BYTES_MAX: usize = 200_000;

#[derive(Serialize)]
struct Group<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: &'a str,
    data: GroupData<'a>,
}

#[derive(Serialize)]
struct GroupData<'a> {
    ruleset: &'a str,
    rule: &'a str,
    title: &'a TextPayload,
    group: &'a BTreeMap<String, Option<String>>,
    firing: usize,
    resolved: usize,
    alerts: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    webhook_id: &'a str,
    message: &'a RawValue,
}

fn alert(told: &Told) -> Option<&AlertPayload> {
    if let About::Alert(alert) = &told.about { Some(alert) } else { None }
}

/// The body of a group, in the order of its messages.
fn group(parts: &[Part]) -> Option<Vec<u8>> {
    let told: Vec<Told> = parts.iter().map(|part| message::read(&part.payload)).collect();
    let alerts: Vec<&AlertPayload> = told.iter().filter_map(alert).collect();
    let members = parts.iter().map(|part| Some(Member { webhook_id: &part.id, message: serde_json::from_slice(&part.payload).ok()? }));
    let members = members.collect::<Option<Vec<_>>>()?;
    let first = alerts.first()?;
    let firing = alerts.iter().filter(|alert| alert.state == "firing").count();
    let data = GroupData {
        ruleset: &first.ruleset,
        rule: &first.rule,
        title: &first.title,
        group: first.group.as_ref()?,
        firing,
        resolved: alerts.len() - firing,
        alerts: members,
    };
    let timestamp = told.iter().map(|told| told.timestamp.as_str()).max().unwrap_or_default();
    serde_json::to_vec(&Group { kind: "alert.group", timestamp, data }).ok()
}

/// Every message has a schedule of its own, and so has its Retry-After: one 429 holds up no other message.
pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    match by_status(reply, &[]) {
        Some(Verdict::Busy(why, _)) => Verdict::Failed(why),
        Some(verdict) => verdict,
        None => Verdict::Taken,
    }
}
