//! Which deliveries of an endpoint go out together because their rule says `group by`.
//!
//! 1. [`groups`] sorts what is due by the group that its stored body names. What went out together before is tried again
//!    together, and with nothing else: the message stays the same one, under the same id.
//! 2. Of every alert only the first message that is pending is due, so that a group tells each alert once and in its order.

use super::kind::group_of;
use crate::store::Delivery;
use crate::store::settings::Kind;
use std::collections::HashMap;

/// The most alerts of one message.
const MEMBERS_MAX: usize = 64;

/// What is due for an endpoint of a kind, in its order: each message by itself, or with all that belongs to it.
pub(super) fn groups(kind: Kind, due: Vec<Delivery>) -> Vec<Vec<Delivery>> {
    let mut found: Vec<Vec<Delivery>> = Vec::with_capacity(due.len());
    let mut places = HashMap::new();
    for delivery in due {
        let key = group_of(kind, &delivery).map(|group| (group, carrier(&delivery)));
        let place = key.as_ref().and_then(|key| places.get(key)).and_then(|place: &usize| found.get_mut(*place));
        match (place.filter(|members| members.len() < MEMBERS_MAX), key) {
            (Some(members), _) => members.push(delivery),
            (None, key) => {
                if let Some(key) = key {
                    places.insert(key, found.len());
                }
                found.push(vec![delivery]);
            }
        }
    }
    found
}

/// The id under which a delivery was tried last; None when it was not.
fn carrier(delivery: &Delivery) -> Option<String> {
    let last = delivery.attempts.last()?;
    Some(last.carried_by.as_ref().unwrap_or(&delivery.message_id).clone())
}
