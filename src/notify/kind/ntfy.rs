//! ntfy: a plain text for a topic, posted to the root of the server.

use super::message::Tone;
use super::{Call, Parcel, Rate, Reply, Verdict, by_status};
use base64::Engine as _;
use serde_json::json;

/// The public server gives back one message in five seconds.
pub(super) const RATE: Rate = Rate::new(Some(24), 0);

/// The most bytes of a message; a longer one would become a file.
const BYTES_MAX: usize = 4_000;

pub(super) fn call(parcel: &Parcel) -> Call {
    let text = parcel.text();
    let (priority, tag) = match text.tone {
        Tone::Critical => (5, "rotating_light"),
        Tone::Warning => (4, "warning"),
        Tone::Info => (3, "information_source"),
        Tone::Good => (3, "white_check_mark"),
    };
    let (body, whole) = text.fit(BYTES_MAX, str::len);
    let message = if body.is_empty() { &text.headline } else { &body };
    let mut message = json!({
        "topic": parcel.endpoint.settings.topic,
        "title": text.headline,
        "message": message,
        "priority": priority,
        "tags": [tag],
    });
    if let (Some((_, url)), Some(members)) = (&text.link, message.as_object_mut()) {
        members.insert("click".to_owned(), url.as_str().into());
    }
    let mut call = Call::new(parcel, message.to_string().into_bytes(), whole);
    call.headers.extend(parcel.secret().map(|token| ("authorization", authorization(token))));
    call
}

/// An access token, or a user and a password with a colon between them.
fn authorization(token: &str) -> String {
    if token.contains(':') {
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(token))
    } else {
        format!("Bearer {token}")
    }
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    by_status(reply, &[400, 401, 403, 404, 413]).unwrap_or(Verdict::Taken)
}
