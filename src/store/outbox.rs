//! Endpoints, and what is to be delivered to them.
//!
//! 1. The writer of a workspace adds a [`Delivery`] in the transaction that changes the alert ([`add_delivery`]).
//! 2. Deliveries of one alert to one endpoint form a lane: only the first that is pending is ever due, so that a later
//!    one never overtakes it.
//! 3. What has to wait ([`super::routing`]) is no part of a lane until it is let out.
//! 4. `notify` asks for what is due, sends it, and records the attempt together with what follows from it.

use super::record::outbox::{DeliveryRecord, EndpointRecord};
use super::redo::Transaction;
use super::routing::{Binding, Hold, forget_told};
use super::settings::{Kind, Settings};
use super::table::{Edit, Key, Scan, Table, part_i64, part_u64, text_part};
use super::{Store, StoreError};
use crate::diagnostic::{Thing, Words};
use crate::time::Instant;
use redb::ReadTransaction;
use std::fmt;

const ENDPOINTS: Table = Table::fixed("endpoints");
const DELIVERIES: Table = Table::fixed("deliveries");
/// (endpoint, next_at, id): what is pending or stands, and is first of its lane. By endpoint, so that a slow one hides no other.
const DUE: Table = Table::fixed("due");
/// (endpoint, alert, id): all that is pending.
const LANES: Table = Table::fixed("lanes");
const COUNTERS: Table = Table::fixed("counters");

/// The most live secrets of an endpoint: the new one and the one it replaces.
const SECRETS_MAX: usize = 2;

/// When a delivery falls due that has not been tried yet: at once, whatever a clock says that was set meanwhile.
pub const AT_ONCE: Instant = Instant(0);

/// A receiver of webhooks.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The id.
    pub id: String,
    /// Where to post.
    pub url: String,
    /// The channels it listens to; empty for all.
    pub channels: Vec<String>,
    /// What signs or proves who sends, newest first: every live `whsec_…` of a standard endpoint signs; of the other
    /// kinds the first one counts, and some have none.
    pub secrets: Vec<String>,
    /// Its kind, and what was chosen for it.
    pub settings: Settings,
    /// Why nothing is sent to it; None while it is enabled.
    pub disabled: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// Since when every attempt failed.
    pub failing_since: Option<Instant>,
    /// What it gets of its channels.
    pub binding: Binding,
}

impl Endpoint {
    /// True when it listens to one of these channels.
    pub fn listens_to(&self, channels: &[String]) -> bool {
        self.channels.is_empty() || self.channels.iter().any(|channel| channels.contains(channel))
    }

    /// True when it shows what was last told of an alert, told again from time to time, rather than messages about it.
    pub fn shows_what_stands(&self) -> bool {
        self.settings.kind == Kind::Alertmanager
    }
}

impl fmt::Debug for Endpoint {
    /// Leaves the secrets out, and the URL: that of a chat service is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("settings", &self.settings)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be sent, at the first time or again.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// Given up.
    Dead,
    /// Waits for the end of a silence, or for the hours of its endpoint.
    Held,
    /// Not sent: the alert was over before its silence was.
    Silenced,
    /// Not sent: a later delivery about the alert, which waited too, says more.
    Superseded,
}

/// One try to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Instant,
    /// The status of the answer; None when there was none.
    pub status: Option<u16>,
    /// What went wrong; None when it succeeded.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: u32,
    /// The `webhook-id` of the message that carried several deliveries at once; None when this one went out by itself.
    pub carried_by: Option<String>,
}

/// One message to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The number, ascending.
    pub id: u64,
    /// The `webhook-id`: the same for every attempt, and for no other delivery.
    pub message_id: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// The alert's id; empty for a test message.
    pub alert: String,
    /// `alert.firing`, …
    pub kind: String,
    /// The exact body.
    pub payload: Vec<u8>,
    /// When it was written.
    pub created_at: Instant,
    /// How far it is.
    pub state: DeliveryState,
    /// All tries, oldest first.
    pub attempts: Vec<Attempt>,
    /// How many of them belong to schedules that have ended: sending a finished delivery again begins a new one.
    pub tried_before: u32,
    /// When to try next, while pending; when to tell it again, while it stands.
    pub next_at: Instant,
    /// It was taken, and is told again from time to time until the next delivery about its alert.
    pub stands: bool,
    /// Why it waits, or why it was not sent in the end.
    pub hold: Option<Hold>,
}

/// A delivery that has no number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct NewDelivery {
    pub endpoint: String,
    pub alert: String,
    pub kind: String,
    pub payload: Vec<u8>,
    pub created_at: Instant,
    /// Pending for what is to be sent now.
    pub state: DeliveryState,
    /// Why it waits.
    pub hold: Option<Hold>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The delivery.
    pub id: u64,
    /// The try; None when it is given up without one, because its endpoint is gone or disabled.
    pub attempt: Option<Attempt>,
    /// How far the delivery is now.
    pub state: DeliveryState,
    /// When to try next, while pending; when to tell it again, while it stands.
    pub next_at: Instant,
    /// It is to be told again from time to time, unless there is a later delivery about its alert.
    pub stands: bool,
}

/// Which deliveries to list. Every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only to this endpoint.
    pub endpoint: Option<String>,
    /// Only about this alert.
    pub alert: Option<String>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only numbers below this one: where the page before ended.
    pub before: Option<u64>,
    /// At most so many, newest first.
    pub limit: usize,
}

impl Delivery {
    /// How many tries the running schedule has had.
    pub fn tried(&self) -> usize {
        self.attempts.len().saturating_sub(usize::try_from(self.tried_before).unwrap_or(usize::MAX))
    }

    /// True while it has a place in its lane.
    fn queued(&self) -> bool {
        self.state == DeliveryState::Pending || self.stands
    }
}

impl Store {
    /// All endpoints, by id.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let mut found = Vec::new();
        ENDPOINTS.view(&self.file.read()?)?.scan(&[], None, |_, record: EndpointRecord| {
            found.push(record.try_into()?);
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// One endpoint.
    pub fn endpoint(&self, id: &str) -> Result<Option<Endpoint>, StoreError> {
        let record: Option<EndpointRecord> = ENDPOINTS.view(&self.file.read()?)?.get(&Key::new().text(id))?;
        record.map(Endpoint::try_from).transpose()
    }

    /// Makes or replaces an endpoint.
    pub fn put_endpoint(&self, endpoint: &Endpoint) -> Result<(), StoreError> {
        self.file.write(|txn| ENDPOINTS.edit(txn)?.put(&Key::new().text(&endpoint.id), &EndpointRecord::from(endpoint)))
    }

    /// Changes an endpoint in place; what another thread wrote in between is not lost.
    pub fn update_endpoint(&self, id: &str, change: impl FnOnce(&mut Endpoint)) -> Result<Endpoint, StoreError> {
        self.file.write(|txn| edit_endpoint(txn, id, change))
    }

    /// Signs with `secret` from now on, and with the one before it too until the next rotation.
    pub fn rotate_secret(&self, id: &str, secret: String) -> Result<Endpoint, StoreError> {
        self.update_endpoint(id, |endpoint| {
            endpoint.secrets.insert(0, secret);
            endpoint.secrets.truncate(SECRETS_MAX);
        })
    }

    /// Removes an endpoint; false when there was none. What was pending for it is given up when it falls due.
    pub fn delete_endpoint(&self, id: &str) -> Result<bool, StoreError> {
        self.file.write(|txn| {
            forget_told(txn, id)?;
            ENDPOINTS.edit(txn)?.remove(&Key::new().text(id))
        })
    }

    /// Adds one delivery outside of the writer: a test message.
    pub fn enqueue(&self, delivery: NewDelivery) -> Result<Delivery, StoreError> {
        self.file.write(|txn| add_delivery(txn, self.file.identity(), delivery))
    }

    /// The endpoints for which something is pending, each with the instant at which the next falls due.
    pub fn due_endpoints(&self) -> Result<Vec<(String, Instant)>, StoreError> {
        let due = DUE.view(&self.file.read()?)?;
        let mut found: Vec<(String, Instant)> = Vec::new();
        let mut from = Vec::new();
        loop {
            let known = found.len();
            due.scan(&from, None, |key, ()| {
                let at = key.len().saturating_sub(16);
                found.push((text_part(key.get(..at).unwrap_or_default())?, Instant(part_i64(key, at)?)));
                Ok(Scan::Stop)
            })?;
            // One step an endpoint, however much is pending for it.
            match found.get(known).and_then(|(endpoint, _)| Key::new().text(endpoint).after()) {
                Some(after) => from = after,
                None => return Ok(found),
            }
        }
    }

    /// Makes due at once what would be tried later than `latest`: no schedule waits so long, so the clock that wrote it
    /// has been set back since.
    pub fn hasten_deliveries(&self, latest: Instant) -> Result<(), StoreError> {
        let mut far = Vec::new();
        DUE.view(&self.file.read()?)?.scan(&[], None, |key, ()| {
            let at = key.len().saturating_sub(16);
            if part_i64(key, at)? > latest.0 {
                far.push(part_u64(key, at + 8)?);
            }
            Ok(Scan::On)
        })?;
        if far.is_empty() {
            return Ok(());
        }
        self.file.write(|txn| {
            let mut outbox = Outbox::edit(txn)?;
            for id in far {
                if let Some(mut delivery) = outbox.get(id)? {
                    outbox.unqueue(&delivery)?;
                    delivery.next_at = AT_ONCE;
                    outbox.put(&delivery)?;
                }
            }
            Ok(())
        })
    }

    /// The deliveries to send to an endpoint at `now`, the longest due first.
    pub fn due_deliveries(&self, endpoint: &str, now: Instant, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let txn = self.file.read()?;
        let mut ids = Vec::new();
        let prefix = Key::new().text(endpoint);
        let to = prefix.clone().i64(now.0).after();
        DUE.view(&txn)?.scan(&prefix.0, to.as_deref(), |key, ()| {
            if ids.len() == limit {
                return Ok(Scan::Stop);
            }
            ids.push(part_u64(key, prefix.0.len() + 8)?);
            Ok(Scan::On)
        })?;
        deliveries_of(&txn, ids)
    }

    /// What is pending in the lane of a delivery, in order, at most so many.
    pub fn lane(&self, head: &Delivery, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let txn = self.file.read()?;
        let (prefix, mut ids) = (lane(head), Vec::new());
        let to = prefix.after();
        LANES.view(&txn)?.scan(&prefix.0, to.as_deref(), |key, ()| {
            if ids.len() == limit {
                return Ok(Scan::Stop);
            }
            ids.push(part_u64(key, prefix.0.len())?);
            Ok(Scan::On)
        })?;
        deliveries_of(&txn, ids)
    }

    /// Records attempts and what follows from them, all or none. A delivery that has been removed is passed over.
    pub fn record_attempts(&self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        self.file.write(|txn| {
            let mut outbox = Outbox::edit(txn)?;
            for outcome in outcomes {
                if let Some(mut delivery) = outbox.get(outcome.id)? {
                    outbox.unqueue(&delivery)?;
                    delivery.attempts.extend(outcome.attempt.clone());
                    delivery.state = outcome.state;
                    delivery.next_at = outcome.next_at;
                    // Telling it again does not bring back what has ended meanwhile.
                    let stood = delivery.stands || outcome.attempt.is_some();
                    delivery.stands = outcome.stands && stood && outbox.is_last(&delivery)?;
                    outbox.put(&delivery)?;
                }
            }
            Ok(())
        })
    }

    /// One delivery.
    pub fn delivery(&self, id: u64) -> Result<Option<Delivery>, StoreError> {
        let record: Option<DeliveryRecord> = DELIVERIES.view(&self.file.read()?)?.get(&Key::new().u64(id))?;
        Ok(record.map(Delivery::from))
    }

    /// Deliveries, newest first.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        let fits = |delivery: &Delivery| {
            filter.endpoint.as_ref().is_none_or(|id| *id == delivery.endpoint)
                && filter.alert.as_ref().is_none_or(|id| *id == delivery.alert)
                && filter.state.is_none_or(|state| state == delivery.state)
        };
        let to = filter.before.map(|id| Key::new().u64(id).0);
        DELIVERIES.view(&self.file.read()?)?.scan_back(to.as_deref(), |_, record: DeliveryRecord| {
            if found.len() == filter.limit {
                return Ok(Scan::Stop);
            }
            let delivery = Delivery::from(record);
            if fits(&delivery) {
                found.push(delivery);
            }
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Visits all deliveries, newest first.
    pub(super) fn scan_deliveries_back(&self, mut visit: impl FnMut(DeliveryRecord) -> Result<Scan, StoreError>) -> Result<(), StoreError> {
        DELIVERIES.view(&self.file.read()?)?.scan_back(None, |_, record| visit(record))
    }
}

/// The deliveries of these numbers, which tables of the outbox name.
fn deliveries_of(txn: &ReadTransaction, ids: Vec<u64>) -> Result<Vec<Delivery>, StoreError> {
    let table = DELIVERIES.view(txn)?;
    let read = |id: u64| {
        let record: Option<DeliveryRecord> = table.get(&Key::new().u64(id))?;
        record
            .map(Delivery::from)
            .ok_or_else(|| StoreError::Damaged(Words::new(format!("delivery {id} is due but lost"), format!("到期的投递 {id} 已丢失"))))
    };
    ids.into_iter().map(read).collect()
}

/// Adds a delivery within the transaction of what it tells.
pub fn add_delivery(txn: &Transaction, identity: [u8; 16], new: NewDelivery) -> Result<Delivery, StoreError> {
    let id = next_number(txn, "delivery")?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&identity).update(&id.to_be_bytes());
    let mut name = [0; 16];
    hasher.finalize_xof().fill(&mut name);
    let delivery = Delivery {
        id,
        message_id: format!("msg_{:032x}", u128::from_be_bytes(name)),
        endpoint: new.endpoint,
        alert: new.alert,
        kind: new.kind,
        payload: new.payload,
        created_at: new.created_at,
        state: new.state,
        attempts: Vec::new(),
        tried_before: 0,
        next_at: AT_ONCE,
        stands: false,
        hold: new.hold,
    };
    let mut outbox = Outbox::edit(txn)?;
    // A dead letter for a disabled endpoint too: what stands would be told again as if nothing had happened since.
    if delivery.state != DeliveryState::Held {
        outbox.end_standing(&delivery)?;
    }
    outbox.put(&delivery)?;
    Ok(delivery)
}

/// Removes the oldest finished deliveries that were written before an instant, a few at a time.
pub fn forget_deliveries(txn: &Transaction, before: Instant) -> Result<(), StoreError> {
    const LOOKED_AT: usize = 64;
    let mut table = DELIVERIES.edit(txn)?;
    let (mut looked, mut gone) = (0, Vec::new());
    table.scan_prefix(&Key::new(), |_, record: DeliveryRecord| {
        let delivery = Delivery::from(record);
        // What stands may be old, and hides nothing behind it.
        looked += usize::from(!delivery.stands);
        if looked > LOOKED_AT || delivery.created_at >= before {
            return Ok(Scan::Stop);
        }
        if !delivery.queued() && delivery.state != DeliveryState::Held {
            gone.push(delivery.id);
        }
        Ok(Scan::On)
    })?;
    gone.into_iter().try_for_each(|id| table.remove(&Key::new().u64(id)).map(|_| ()))
}

/// Changes an endpoint in place.
pub(super) fn edit_endpoint(txn: &Transaction, id: &str, change: impl FnOnce(&mut Endpoint)) -> Result<Endpoint, StoreError> {
    let mut table = ENDPOINTS.edit(txn)?;
    let key = Key::new().text(id);
    let record: Option<EndpointRecord> = table.get(&key)?;
    let mut endpoint = Endpoint::try_from(record.ok_or_else(|| StoreError::Unknown(Thing::Endpoint, id.to_owned()))?)?;
    change(&mut endpoint);
    table.put(&key, &EndpointRecord::from(&endpoint))?;
    Ok(endpoint)
}

/// Makes dead letters of all that is pending for an endpoint, and says how many.
pub(super) fn buried(txn: &Transaction, endpoint: &str) -> Result<usize, StoreError> {
    let mut outbox = Outbox::edit(txn)?;
    let mut ids = Vec::new();
    outbox.lanes.scan_prefix(&Key::new().text(endpoint), |key, ()| {
        ids.push(part_u64(key, key.len().saturating_sub(8))?);
        Ok(Scan::On)
    })?;
    let mut n_dead = 0;
    for id in ids {
        if let Some(mut delivery) = outbox.get(id)?.filter(|delivery| delivery.state == DeliveryState::Pending) {
            outbox.unqueue(&delivery)?;
            delivery.state = DeliveryState::Dead;
            outbox.put(&delivery)?;
            n_dead += 1;
        }
    }
    Ok(n_dead)
}

/// All endpoints, as the transaction sees them.
pub fn endpoints_in(txn: &Transaction) -> Result<Vec<Endpoint>, StoreError> {
    let mut found = Vec::new();
    ENDPOINTS.edit(txn)?.scan_prefix(&Key::new(), |_, record: EndpointRecord| {
        found.push(record.try_into()?);
        Ok(Scan::On)
    })?;
    Ok(found)
}

/// Whether something of an alert is pending for an endpoint, or stands there.
pub fn is_queued(txn: &Transaction, endpoint: &str, alert: &str) -> Result<bool, StoreError> {
    let mut found = false;
    LANES.edit(txn)?.scan_prefix(&Key::new().text(endpoint).text(alert), |_, ()| {
        found = true;
        Ok(Scan::Stop)
    })?;
    Ok(found)
}

/// Counts up, never giving a number twice.
pub fn next_number(txn: &Transaction, name: &str) -> Result<u64, StoreError> {
    let mut table = COUNTERS.edit(txn)?;
    let key = Key::new().text(name);
    let number = table.get::<u64>(&key)?.unwrap_or(1);
    table.put(&key, &number.saturating_add(1))?;
    Ok(number)
}

/// How many numbers [`next_number`] has given.
pub fn counted(txn: &ReadTransaction, name: &str) -> Result<u64, StoreError> {
    let next: Option<u64> = COUNTERS.view(txn)?.get(&Key::new().text(name))?;
    Ok(next.unwrap_or(1).saturating_sub(1))
}

/// The tables of the outbox within one transaction.
pub(super) struct Outbox<'t> {
    deliveries: Edit<'t>,
    due: Edit<'t>,
    lanes: Edit<'t>,
}

impl<'t> Outbox<'t> {
    pub(super) fn edit(txn: &'t Transaction) -> Result<Self, StoreError> {
        Ok(Outbox { deliveries: DELIVERIES.edit(txn)?, due: DUE.edit(txn)?, lanes: LANES.edit(txn)? })
    }

    pub(super) fn get(&self, id: u64) -> Result<Option<Delivery>, StoreError> {
        let record: Option<DeliveryRecord> = self.deliveries.get(&Key::new().u64(id))?;
        Ok(record.map(Delivery::from))
    }

    /// Takes a delivery out of its lane; the next one in the lane becomes due.
    pub(super) fn unqueue(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        self.lanes.remove(&lane(delivery).u64(delivery.id))?;
        self.due.remove(&due(delivery))?;
        match self.head(delivery)? {
            Some(head) => self.schedule(head),
            None => Ok(()),
        }
    }

    /// Writes a delivery; when it is pending or stands, it enters its lane.
    pub(super) fn put(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        self.deliveries.put(&Key::new().u64(delivery.id), &DeliveryRecord::from(delivery))?;
        if !delivery.queued() {
            return Ok(());
        }
        if let Some(head) = self.head(delivery)?
            && let Some(head) = self.get(head)?
        {
            self.due.remove(&due(&head))?;
        }
        self.lanes.put(&lane(delivery).u64(delivery.id), &())?;
        match self.head(delivery)? {
            Some(head) => self.schedule(head),
            None => Ok(()),
        }
    }

    /// What stands in the lane of a new delivery is told no more.
    pub(super) fn end_standing(&mut self, new: &Delivery) -> Result<(), StoreError> {
        let Some(head) = self.head(new)? else { return Ok(()) };
        match self.get(head)? {
            Some(mut standing) if standing.stands => {
                self.unqueue(&standing)?;
                standing.stands = false;
                self.put(&standing)
            }
            _ => Ok(()),
        }
    }

    /// True when no later delivery tells more about the alert. The lane holds what is pending; only what was sent again
    /// by hand can be older than what has ended.
    fn is_last(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        if self.head(delivery)?.is_some() {
            return Ok(false);
        }
        let mut last = true;
        if delivery.tried_before > 0 {
            let from = Key::new().u64(delivery.id.saturating_add(1));
            self.deliveries.scan_from(&from, |_, record: DeliveryRecord| {
                let later = Delivery::from(record);
                let same = later.endpoint == delivery.endpoint && later.alert == delivery.alert;
                last = !same || later.state == DeliveryState::Held;
                Ok(if last { Scan::On } else { Scan::Stop })
            })?;
        }
        Ok(last)
    }

    /// Makes a delivery due at once. One that had ended begins a whole new schedule.
    pub(super) fn requeue(&mut self, delivery: &mut Delivery) -> Result<(), StoreError> {
        self.unqueue(delivery)?;
        if delivery.state != DeliveryState::Pending {
            delivery.tried_before = u32::try_from(delivery.attempts.len()).unwrap_or(u32::MAX);
        }
        (delivery.state, delivery.next_at, delivery.hold) = (DeliveryState::Pending, AT_ONCE, None);
        delivery.stands = false;
        self.put(delivery)
    }

    /// The first pending delivery of the lane of this one.
    fn head(&self, delivery: &Delivery) -> Result<Option<u64>, StoreError> {
        let lane = lane(delivery);
        let mut head = None;
        self.lanes.scan_prefix(&lane, |key, ()| {
            head = Some(part_u64(key, lane.0.len())?);
            Ok(Scan::Stop)
        })?;
        Ok(head)
    }

    fn schedule(&mut self, id: u64) -> Result<(), StoreError> {
        match self.get(id)? {
            Some(delivery) => self.due.put(&due(&delivery), &()),
            None => Ok(()),
        }
    }
}

/// Test messages have a lane each: nothing orders them.
fn lane(delivery: &Delivery) -> Key {
    let own = if delivery.alert.is_empty() { delivery.message_id.as_str() } else { delivery.alert.as_str() };
    Key::new().text(&delivery.endpoint).text(own)
}

fn due(delivery: &Delivery) -> Key {
    Key::new().text(&delivery.endpoint).i64(delivery.next_at.0).u64(delivery.id)
}
