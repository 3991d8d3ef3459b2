//! Slack: blocks of plain text for an incoming webhook; only the link of our own is markup.

use super::{Call, Parcel, Rate, Reply, Verdict, by_status};
use serde_json::json;

/// One a second.
pub(super) const RATE: Rate = Rate::new(Some(60), 1_000);

/// The most characters of a section.
const CHARS_MAX: usize = 3_000;

pub(super) fn call(parcel: &Parcel) -> Call {
    let text = parcel.text();
    let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
    let (body, whole) = text.fit(CHARS_MAX, |body| body.chars().count());
    let mut blocks = vec![json!({ "type": "header", "text": plain(&text.headline) })];
    if !body.is_empty() {
        blocks.push(json!({ "type": "section", "text": plain(&body) }));
    }
    if let Some((label, url)) = &text.link {
        let link = format!("<{}|{label}>", escaped(url));
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": link, "verbatim": true } }));
    }
    let message = json!({ "text": escaped(&text.headline), "blocks": blocks, "unfurl_links": false, "unfurl_media": false });
    Call::new(parcel, message.to_string().into_bytes(), whole)
}

/// The three characters that Slack reads as control.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    match by_status(reply, &[400, 401, 403, 404]) {
        Some(verdict) => verdict,
        None if reply.body.trim_ascii() == b"ok" => Verdict::Taken,
        None => Verdict::Failed(format!("answered {} without saying that it took the message", reply.status)),
    }
}
