//! DingTalk: a Markdown message for the group bot. It names nobody: `at` is empty.
//!
//! A bot with a secret wants `timestamp`, in milliseconds, and `sign` in the query: the base64 of HMAC-SHA256 with the
//! secret over `timestamp\nsecret`.

use super::{Call, Codes, Parcel, Rate, Reply, Verdict, by_code, hmac, without_marks};
use reqwest::Url;
use serde_json::json;

/// 20 a minute; who sends more is shut out for ten minutes.
pub(super) const RATE: Rate = Rate::new(Some(20), 0);

/// The service takes 20 000 bytes.
const BYTES_MAX: usize = 19_000;

const CODES: Codes = Codes {
    member: "errcode",
    busy: &[(130101, 600), (410100, 600), (90030, 600)],
    refused: &[
        (300001, "there is no bot at this URL"),
        (300005, "there is no bot at this URL"),
        (310000, "check `secret`, the clock of this machine, and the keywords and addresses that the bot asks for"),
        (400013, "the group is gone"),
        (400101, "there is no bot at this URL"),
        (400102, "the bot has been stopped"),
        (400105, "it cannot read the message"),
        (400106, "there is no bot at this URL"),
        (430101, "it dislikes a link in the message"),
        (430102, "it dislikes the text of the message"),
        (430103, "it dislikes a picture in the message"),
        (430104, "it dislikes the text of the message"),
    ],
};

pub(super) fn call(parcel: &Parcel, now_s: i64) -> Call {
    let text = parcel.text();
    let headline = without_marks(&text.headline);
    let build = |body: &str| {
        let mut lines = vec![format!("### {headline}")];
        lines.extend(body.lines().map(without_marks));
        lines.extend(text.link.iter().map(|(label, url)| format!("[{label}]({url})")));
        let markdown = json!({ "title": headline, "text": lines.join("\n\n") });
        let at = json!({ "atMobiles": [], "atUserIds": [], "isAtAll": false });
        json!({ "msgtype": "markdown", "markdown": markdown, "at": at }).to_string().into_bytes()
    };
    let (body, whole) = text.fit(BYTES_MAX, |body| build(body).len());
    let mut call = Call::new(parcel, build(&body), whole);
    if let (Some(secret), Ok(mut url)) = (parcel.secret(), Url::parse(&call.url)) {
        let timestamp = now_s.saturating_mul(1_000).to_string();
        let sign = hmac(secret.as_bytes(), format!("{timestamp}\n{secret}").as_bytes());
        url.query_pairs_mut().append_pair("timestamp", &timestamp).append_pair("sign", &sign);
        call.url = url.into();
    }
    call
}

pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    by_code(reply, &CODES)
}
