//! WeCom: a Markdown message for the group bot. The key in its URL is all the proof it wants.

use super::{Call, Codes, Parcel, Rate, Reply, Verdict, by_code, without_marks};
use serde_json::json;

/// 20 a minute.
pub(super) const RATE: Rate = Rate::new(Some(20), 0);

/// The most bytes of the text.
const BYTES_MAX: usize = 4_096;

const CODES: Codes = Codes {
    member: "errcode",
    busy: &[(45009, 60), (45033, 10)],
    refused: &[
        (40008, "it cannot read the message"),
        (40058, "it cannot read the message"),
        (44004, "it wants a text"),
        (93000, "there is no bot at this URL: check the key in it"),
        (93004, "the bot has been stopped"),
        (93008, "the bot is not in the group any more"),
    ],
};

pub(super) fn call(parcel: &Parcel) -> Call {
    let text = parcel.text();
    let build = |body: &str| {
        let mut lines = vec![format!("**{}**", without_marks(&text.headline))];
        lines.extend(body.lines().map(without_marks));
        lines.extend(text.link.iter().map(|(label, url)| format!("[{label}]({url})")));
        lines.join("\n")
    };
    let (body, whole) = text.fit(BYTES_MAX, |body| build(body).len());
    let message = json!({ "msgtype": "markdown", "markdown": { "content": build(&body) } });
    Call::new(parcel, message.to_string().into_bytes(), whole)
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    by_code(reply, &CODES)
}
