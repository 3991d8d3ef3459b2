//! What becomes of the deliveries of an endpoint that fails for good, and how they are sent again.
//!
//! 1. [`Store::disable_endpoint`] makes dead letters of all that is pending or waits for it, and tells the endpoints that
//!    listen to everything or to `operators`, in one transaction.
//! 2. [`Store::redeliver`] sends one delivery again, [`Store::redeliver_since`] all of an endpoint, each under its first
//!    `webhook-id`.

use super::outbox::{Delivery, DeliveryState, Endpoint, NewDelivery, Outbox, add_delivery, buried, edit_endpoint, endpoints_in};
use super::record::outbox::DeliveryRecord;
use super::routing::{held_of, let_go};
use super::table::Scan;
use super::{Store, StoreError};
use crate::diagnostic::Thing;
use crate::time::Instant;

/// The channel of messages about the service itself.
pub const OPERATORS: &str = "operators";

/// How far apart the order of numbers and that of times may be: they come from threads that do not wait for each other.
const DISORDER_S: i64 = 3_600;

impl Store {
    /// Disables an endpoint; `message` makes the body of the message about it, from the endpoint and the number of its
    /// dead letters. False when it is gone or disabled already.
    pub fn disable_endpoint(
        &self,
        id: &str,
        reason: &str,
        now: Instant,
        message: impl FnOnce(&Endpoint, usize) -> Vec<u8>,
    ) -> Result<bool, StoreError> {
        self.file.write(|txn| {
            let all = endpoints_in(txn)?;
            let Some(endpoint) = all.iter().find(|endpoint| endpoint.id == id && endpoint.disabled.is_none()) else { return Ok(false) };
            let endpoint = edit_endpoint(txn, &endpoint.id, |endpoint| endpoint.disabled = Some(reason.to_owned()))?;
            let mut n_dead = 0;
            for mut delivery in held_of(txn, id)? {
                let_go(txn, &mut delivery)?;
                delivery.state = DeliveryState::Dead;
                Outbox::edit(txn)?.put(&delivery)?;
                n_dead += 1;
            }
            n_dead += buried(txn, id)?;
            let payload = message(&endpoint, n_dead);
            let listens = |other: &&Endpoint| other.id != id && other.disabled.is_none() && other.listens_to(&[OPERATORS.to_owned()]);
            for other in all.iter().filter(listens) {
                let delivery = NewDelivery {
                    endpoint: other.id.clone(),
                    alert: String::new(),
                    kind: "endpoint.disabled".to_owned(),
                    payload: payload.clone(),
                    created_at: now,
                    state: DeliveryState::Pending,
                    hold: None,
                };
                add_delivery(txn, self.file.identity(), delivery)?;
            }
            Ok(true)
        })
    }

    /// Sends a delivery again, with its first `webhook-id`. One that had ended begins a whole new schedule.
    pub fn redeliver(&self, id: u64) -> Result<Delivery, StoreError> {
        self.file.write(|txn| {
            let mut delivery = Outbox::edit(txn)?.get(id)?.ok_or_else(|| StoreError::Unknown(Thing::Delivery, id.to_string()))?;
            let_go(txn, &mut delivery)?;
            Outbox::edit(txn)?.requeue(&mut delivery)?;
            Ok(delivery)
        })
    }

    /// Sends the deliveries of an endpoint again that were written since an instant, have higher numbers than the given one
    /// and are in one of these states, the oldest first, at most `limit`. Gives how many, and the number to go on from when
    /// there are more. What is pending is left alone.
    pub fn redeliver_since(
        &self,
        endpoint: &str,
        (since, after): (Instant, u64),
        states: &[DeliveryState],
        limit: usize,
    ) -> Result<(usize, Option<u64>), StoreError> {
        let mut ids = Vec::new();
        let fits = |delivery: &Delivery| delivery.endpoint == endpoint && states.contains(&delivery.state);
        self.scan_deliveries_back(|record: DeliveryRecord| {
            let delivery = Delivery::from(record);
            if delivery.created_at < since.plus_s(-DISORDER_S) || delivery.id <= after {
                return Ok(Scan::Stop);
            }
            if delivery.created_at >= since && fits(&delivery) {
                ids.push(delivery.id);
            }
            Ok(Scan::On)
        })?;
        ids.reverse();
        let next = ids.get(limit).and_then(|_| ids.get(limit.checked_sub(1)?).copied());
        let n_sent = self.file.write(|txn| {
            let mut outbox = Outbox::edit(txn)?;
            let mut n_sent = 0;
            for id in ids.iter().take(limit) {
                if let Some(mut delivery) = outbox.get(*id)?.filter(&fits) {
                    outbox.requeue(&mut delivery)?;
                    n_sent += 1;
                }
            }
            Ok(n_sent)
        })?;
        Ok((n_sent, next))
    }
}
