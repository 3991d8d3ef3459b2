//! Microsoft Teams: an adaptive card for a workflow. Its runs of text are no Markdown; a text block would be.

use super::message::{Text, Tone};
use super::{Call, Parcel, Rate, Reply, Verdict, by_status};
use serde_json::{Value, json};

/// The service bears four a second; people do not.
pub(super) const RATE: Rate = Rate::new(Some(60), 250);

/// The service takes 28 KB.
const BYTES_MAX: usize = 27_000;

pub(super) fn call(parcel: &Parcel) -> Call {
    let text = parcel.text();
    let build = |body: &str| {
        let attachment = json!({
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card(&text, body),
        });
        json!({ "type": "message", "attachments": [attachment] }).to_string().into_bytes()
    };
    let (body, whole) = text.fit(BYTES_MAX, |body| build(body).len());
    Call::new(parcel, build(&body), whole)
}

fn card(text: &Text, body: &str) -> Value {
    let color = match text.tone {
        Tone::Critical => "attention",
        Tone::Warning => "warning",
        Tone::Info => "accent",
        Tone::Good => "good",
    };
    let block = |run: Value| json!({ "type": "RichTextBlock", "inlines": [run] });
    let headline = json!({ "type": "TextRun", "text": text.headline, "weight": "bolder", "size": "medium", "color": color });
    let mut blocks = vec![block(headline)];
    blocks.extend(body.lines().map(|line| block(json!({ "type": "TextRun", "text": line }))));
    let actions: Vec<Value> =
        text.link.iter().map(|(label, url)| json!({ "type": "Action.OpenUrl", "title": label, "url": url })).collect();
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": blocks,
        "actions": actions,
    })
}

/// Old connectors answer 200 whatever happens, and write what happened into the body.
pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    let body = String::from_utf8_lossy(reply.body);
    match by_status(reply, &[400, 401, 403, 404, 413]) {
        Some(verdict) => verdict,
        None if body.contains("HTTP error 429") => Verdict::Busy("answered 429 inside a success: too many messages".to_owned(), 60),
        None if body.contains("HTTP error") => Verdict::Failed("answered an error inside a success".to_owned()),
        None => Verdict::Taken,
    }
}
