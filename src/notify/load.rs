//! What goes to an endpoint in one request, and what is recorded of it.
//!
//! 1. A [`Load`] is made of one delivery, of all that are due for a kind that takes many, or of a digest: whole lanes,
//!    of which the newest message is told; or of a group. Neither takes more than it can tell without cutting.
//! 2. [`Load::outcomes`] says for each of its deliveries how it stands after the attempt.

use super::dispatch::Shared;
use super::kind::{self, Parcel, Part};
use super::schedule::next_try;
use super::send::Outcome as Sent;
use crate::store::{Attempt, Delivery, DeliveryState, Endpoint, Outcome, Store, StoreError};
use crate::time::Instant;
use std::sync::Arc;
use std::time::Duration;

/// The most deliveries of one alert that a digest takes.
const LANE_MAX: usize = 64;

/// Deliveries that go out together.
pub(super) struct Load {
    pub(super) parcel: Parcel,
    pub(super) deliveries: Vec<Delivery>,
}

/// For whom loads are made.
#[derive(Clone)]
pub(super) struct Packer {
    workspace: Arc<str>,
    endpoint: Endpoint,
    public_url: Option<Arc<str>>,
    resend: Duration,
}

impl Packer {
    pub(super) fn new(workspace: &Arc<str>, endpoint: Endpoint, shared: &Shared) -> Packer {
        Packer { workspace: Arc::clone(workspace), endpoint, public_url: shared.public_url.clone(), resend: shared.limits.resend }
    }

    /// Everything in one request, each message told.
    pub(super) fn all(&self, mut deliveries: Vec<Delivery>) -> Load {
        deliveries.sort_by_key(|delivery| delivery.id);
        let parts = deliveries.iter().map(part).collect();
        Load { parcel: self.parcel(&deliveries, parts), deliveries }
    }

    /// A group in one request, each message told, or as many of it as fit into one.
    pub(super) fn group(&self, mut deliveries: Vec<Delivery>) -> Load {
        loop {
            let load = self.all(deliveries);
            let n = load.deliveries.len();
            if n <= 1 || kind::call(&load.parcel, 0).whole {
                return load;
            }
            deliveries = load.deliveries;
            deliveries.truncate((n * 3 / 4).max(1));
        }
    }

    /// The lanes of these deliveries in one text, or as many of them as it can tell.
    pub(super) fn digest(&self, store: &Store, heads: &[Delivery]) -> Result<Load, StoreError> {
        let mut lanes = heads.iter().map(|head| store.lane(head, LANE_MAX)).collect::<Result<Vec<_>, _>>()?;
        loop {
            let parts = lanes.iter().filter_map(|lane| lane.last()).map(part).collect();
            let deliveries: Vec<Delivery> = lanes.iter().flatten().cloned().collect();
            let load = Load { parcel: self.parcel(&deliveries, parts), deliveries };
            // The time does not change the size.
            if lanes.len() <= 1 || kind::call(&load.parcel, 0).whole {
                return Ok(load);
            }
            lanes.truncate((lanes.len() * 3 / 4).max(1));
        }
    }

    fn parcel(&self, deliveries: &[Delivery], parts: Vec<Part>) -> Parcel {
        Parcel {
            id: id(deliveries),
            workspace: Arc::clone(&self.workspace),
            endpoint: self.endpoint.clone(),
            parts,
            public_url: self.public_url.clone(),
            resend: self.resend,
        }
    }
}

fn part(delivery: &Delivery) -> Part {
    Part { id: delivery.message_id.clone(), payload: delivery.payload.clone(), again: delivery.stands }
}

/// The id of a message that carries several: the same whenever it carries the same ones.
fn id(deliveries: &[Delivery]) -> String {
    if let [one] = deliveries {
        return one.message_id.clone();
    }
    let mut hasher = blake3::Hasher::new();
    deliveries.iter().for_each(|delivery| {
        hasher.update(delivery.message_id.as_bytes());
    });
    let mut name = [0; 16];
    hasher.finalize_xof().fill(&mut name);
    format!("msg_{:032x}", u128::from_be_bytes(name))
}

impl Load {
    /// What is recorded of an attempt that began at `at` and ended at `now`.
    pub(super) fn outcomes(&self, at: Instant, now: Instant, sent: &Sent) -> Vec<Outcome> {
        self.deliveries.iter().map(|delivery| self.outcome(delivery, at, now, sent)).collect()
    }

    fn outcome(&self, delivery: &Delivery, at: Instant, now: Instant, sent: &Sent) -> Outcome {
        let resend_s = i64::try_from(self.parcel.resend.as_secs()).unwrap_or(i64::MAX);
        let again_at = now.plus_s(resend_s.max(sent.retry_after_s.unwrap_or(0)));
        if delivery.stands {
            // It was taken long ago: whatever comes of telling it again, it is told again.
            return Outcome { id: delivery.id, attempt: None, state: DeliveryState::Delivered, next_at: again_at, stands: true };
        }
        let attempt = Attempt {
            at,
            status: sent.status,
            error: sent.error.clone(),
            duration_ms: u32::try_from(sent.duration_ms).unwrap_or(u32::MAX),
            carried_by: (self.deliveries.len() > 1).then(|| self.parcel.id.clone()),
        };
        // Those that went out together are tried again together.
        let wait_ms = next_try(&self.parcel.id, delivery.tried() + 1, sent.retry_after_s);
        let stands = sent.delivered() && kind::stands(self.parcel.endpoint.settings.kind, delivery);
        // Of several that were refused together, one may be to blame.
        let hopeless = sent.gone() || (sent.refused && self.deliveries.len() == 1);
        let (state, next_at) = match wait_ms {
            _ if stands => (DeliveryState::Delivered, again_at),
            _ if sent.delivered() => (DeliveryState::Delivered, now),
            Some(wait_ms) if !hopeless => (DeliveryState::Pending, Instant(now.0.saturating_add(wait_ms.saturating_mul(1_000)))),
            _ => (DeliveryState::Dead, now),
        };
        Outcome { id: delivery.id, attempt: Some(attempt), state, next_at, stands }
    }
}

/// Gives a delivery up without an attempt. What stands for a disabled endpoint waits until it is enabled.
pub(super) fn given_up(delivery: &Delivery, removed: bool, later: Instant) -> Outcome {
    let stands = delivery.stands && !removed;
    let state = if delivery.stands { DeliveryState::Delivered } else { DeliveryState::Dead };
    Outcome { id: delivery.id, attempt: None, state, next_at: if stands { later } else { delivery.next_at }, stands }
}
