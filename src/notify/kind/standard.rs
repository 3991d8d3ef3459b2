//! Standard Webhooks: the stored body as it is, signed with every live secret.

use super::{Call, Parcel, Reply, Verdict, by_status};
use crate::notify::sign;

pub(super) fn call(parcel: &Parcel, now_s: i64) -> Call {
    let body = parcel.parts.first().map(|part| part.payload.clone()).unwrap_or_default();
    let signature = sign::sign(&parcel.endpoint.secrets, &parcel.id, now_s, &body);
    let headers = vec![("webhook-timestamp", now_s.to_string()), ("webhook-signature", signature)];
    Call { headers, ..Call::new(parcel, body, true) }
}

/// Every message has a schedule of its own, and so has its Retry-After: one 429 holds up no other message.
pub(super) fn judge(reply: Reply<'_>) -> Verdict {
    match by_status(reply, &[]) {
        Some(Verdict::Busy(why, _)) => Verdict::Failed(why),
        Some(verdict) => verdict,
        None => Verdict::Taken,
    }
}
