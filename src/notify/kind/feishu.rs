//! Feishu and Lark: a card for the group bot, of plain texts alone, so that nothing in it is markup or a mention.
//!
//! A bot with a secret wants `timestamp` and `sign`: the base64 of HMAC-SHA256 with the key `timestamp\nsecret` over
//! nothing.

use super::message::{Text, Tone};
use super::{Call, Codes, Parcel, Rate, Reply, Verdict, by_code, hmac};
use serde_json::{Value, json};

/// 100 a minute and 5 a second.
pub(super) const RATE: Rate = Rate::new(Some(100), 200);

/// The service takes 20 KB.
const BYTES_MAX: usize = 19_000;

const CODES: Codes = Codes {
    member: "code",
    busy: &[(11232, 60), (9499, 60)],
    refused: &[
        (19001, "there is no bot at this URL"),
        (19002, "it cannot read the message"),
        (19021, "the signature does not fit: check `secret`, and that the clock of this machine is right"),
        (19022, "the bot takes nothing from the address of this machine"),
        (19024, "the bot wants a keyword that the message does not have"),
    ],
};

pub(super) fn call(parcel: &Parcel, now_s: i64) -> Call {
    let text = parcel.text();
    let build = |body: &str| {
        let mut message = json!({ "msg_type": "interactive", "card": card(&text, body) });
        if let (Some(secret), Some(members)) = (parcel.secret(), message.as_object_mut()) {
            members.insert("timestamp".to_owned(), now_s.to_string().into());
            members.insert("sign".to_owned(), hmac(format!("{now_s}\n{secret}").as_bytes(), b"").into());
        }
        message.to_string().into_bytes()
    };
    let (body, whole) = text.fit(BYTES_MAX, |body| build(body).len());
    Call::new(parcel, build(&body), whole)
}

fn card(text: &Text, body: &str) -> Value {
    let template = match text.tone {
        Tone::Critical => "red",
        Tone::Warning => "orange",
        Tone::Info => "blue",
        Tone::Good => "green",
    };
    let mut elements = Vec::new();
    if !body.is_empty() {
        elements.push(json!({ "tag": "div", "text": { "tag": "plain_text", "content": body } }));
    }
    if let Some((label, url)) = &text.link {
        let button = json!({ "tag": "button", "type": "default", "text": { "tag": "plain_text", "content": label }, "url": url });
        elements.push(json!({ "tag": "action", "actions": [button] }));
    }
    let title = json!({ "tag": "plain_text", "content": text.headline });
    json!({ "config": { "wide_screen_mode": true }, "header": { "template": template, "title": title }, "elements": elements })
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    by_code(reply, &CODES)
}
