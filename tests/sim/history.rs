//! What should have been told, and whether it was.
//!
//! 1. Each lever event turns a lamp: the model knows which endpoints must hear of it, in which words.
//! 2. What the engine committed is read from its outbox right after each acknowledgement and after each start.
//! 3. In the end the model, what was committed, what is recorded of it, and what the receivers got must agree.

use crate::plan::SHOPS;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use steelyard::engine::{RawEvent, RawValue, Workspace};
use steelyard::notify::schedule::DELAYS_S;
use steelyard::store::{Delivery, DeliveryFilter, DeliveryState};
use steelyard::time::Instant;

/// An event of a lever.
struct Lever {
    event: RawEvent,
    shop: usize,
    on: bool,
    /// The endpoints that listened when it was sent last, and the time before.
    listening: [BTreeSet<String>; 2],
}

#[derive(Default)]
pub struct History {
    levers: Vec<Lever>,
    /// How the lamps stand.
    on: [bool; SHOPS.len()],
    last_us: i64,
    /// What the engine wrote into its outbox, by number.
    committed: BTreeMap<u64, Delivery>,
    /// Endpoints that were seen disabled.
    disabled: BTreeSet<String>,
}

/// What became of a simulation.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub lost: usize,
    pub reordered: usize,
    pub duplicates: usize,
}

impl History {
    /// The next event of a shop's lever. It happened a second ago, or later than all before.
    pub fn lever(&mut self, shop: usize, now: Instant) -> usize {
        self.last_us = (self.last_us + 1).max(now.0 - 1_000_000);
        self.on[shop] = !self.on[shop];
        let event = RawEvent {
            source: "sim".to_owned(),
            id: format!("lever-{}", self.levers.len()),
            kind: "lever".to_owned(),
            time: Some(Instant(self.last_us)),
            revision: 0,
            data: vec![
                ("shop".to_owned(), RawValue::Text(SHOPS[shop].to_owned())),
                ("on".to_owned(), RawValue::Number(i64::from(self.on[shop]).into())),
            ],
        };
        self.levers.push(Lever { event, shop, on: self.on[shop], listening: Default::default() });
        self.levers.len() - 1
    }

    pub fn event(&self, lever: usize) -> RawEvent {
        self.levers[lever].event.clone()
    }

    /// The events are sent, for the first time or again.
    pub fn sending(&mut self, levers: &[usize], workspace: &Workspace) {
        let endpoints = workspace.store().endpoints().unwrap_or_default();
        let listening: BTreeSet<String> =
            endpoints.into_iter().filter(|endpoint| endpoint.disabled.is_none()).map(|endpoint| endpoint.id).collect();
        for lever in levers {
            let slot = &mut self.levers[*lever].listening;
            slot.swap(0, 1);
            slot[0].clone_from(&listening);
        }
    }

    /// The events turned out to be known: the time before last had counted.
    pub fn were_known(&mut self, levers: &[usize]) {
        for lever in levers {
            self.levers[*lever].listening.swap(0, 1);
        }
    }

    /// Reads what has been committed since it was last read.
    pub fn look(&mut self, world: &World, workspace: &Workspace) {
        let store = workspace.store();
        let last = self.committed.keys().next_back().copied().unwrap_or(0);
        let mut fresh: Vec<Delivery> = Vec::new();
        loop {
            let before = fresh.last().map(|delivery| delivery.id);
            let page = store.deliveries(&DeliveryFilter { before, limit: 8, ..DeliveryFilter::default() }).unwrap();
            let n_known = fresh.len();
            fresh.extend(page.into_iter().filter(|delivery| delivery.id > last));
            if fresh.len() == n_known {
                break;
            }
        }
        for delivery in fresh.into_iter().rev() {
            world.say(&format!("{} {} of {} for {}", delivery.message_id, delivery.kind, delivery.alert, delivery.endpoint));
            self.committed.insert(delivery.id, delivery);
        }
        let endpoints = store.endpoints().unwrap();
        self.disabled.extend(endpoints.into_iter().filter(|endpoint| endpoint.disabled.is_some()).map(|endpoint| endpoint.id));
    }

    /// Compares everything.
    pub fn judge(&self, world: &World, workspace: &Workspace) -> Tally {
        let mut tally = Tally::default();
        self.judge_model(world, &mut tally);
        let mut dead = BTreeSet::new();
        for committed in self.committed.values() {
            let Some(delivery) = workspace.store().delivery(committed.id).unwrap() else {
                world.state().fault(format!("{} is no longer recorded", committed.message_id));
                tally.lost += 1;
                continue;
            };
            let mut state = world.state();
            let receiver = state.receivers.iter().find(|receiver| receiver.id == delivery.endpoint).unwrap();
            let (got, accepted) = (receiver.bodies.get(&delivery.message_id), receiver.accepted.contains(&delivery.message_id));
            let gone = delivery.attempts.last().is_some_and(|attempt| attempt.status == Some(410));
            let by_schedule = delivery.attempts.len() >= DELAYS_S.len() || gone || self.disabled.contains(&delivery.endpoint);
            let wrong = match delivery.state {
                DeliveryState::Delivered if !accepted => "delivered without success",
                DeliveryState::Delivered if got != Some(&committed.payload) => "delivered with another body",
                DeliveryState::Dead if !by_schedule => "given up too soon",
                DeliveryState::Pending => "still pending",
                _ => "",
            };
            if delivery.state == DeliveryState::Dead {
                dead.insert(delivery.message_id.clone());
            }
            if !wrong.is_empty() {
                state.fault(format!("{} is {wrong}", delivery.message_id));
                tally.lost += 1;
            }
        }
        tally.reordered = self.reordered(world, &dead);
        tally.duplicates = world.state().duplicates;
        tally
    }

    /// Every turn of a lever is in the outbox once for every endpoint that listened.
    fn judge_model(&self, world: &World, tally: &mut Tally) {
        let mut told: BTreeMap<(String, String, String, String), usize> = BTreeMap::new();
        for delivery in self.committed.values() {
            let body: serde_json::Value = serde_json::from_slice(&delivery.payload).unwrap();
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            if body["data"]["rule"] == "lit" {
                let key = (delivery.endpoint.clone(), text(&body["data"]["scope"]["shop"]), text(&body["data"]["at"]), text(&body["type"]));
                *told.entry(key).or_default() += 1;
            }
        }
        for lever in &self.levers {
            let at = lever.event.time.unwrap().to_string();
            let kind = if lever.on { "alert.firing" } else { "alert.resolved" };
            for endpoint in &lever.listening[0] {
                let key = (endpoint.clone(), SHOPS[lever.shop].to_owned(), at.clone(), kind.to_owned());
                if told.remove(&key) != Some(1) {
                    world.state().fault(format!("{key:?} was not committed once"));
                    tally.lost += 1;
                }
            }
        }
        // What a disabled endpoint would have got is written as a dead letter.
        let disabled = |endpoint: &String| self.disabled.contains(endpoint);
        for (key, n) in told.into_iter().filter(|(key, n)| *n > 1 || !disabled(&key.0)) {
            world.state().fault(format!("{key:?} was committed {n} times without a reason"));
        }
    }

    /// How many messages came before an earlier one of their alert. What was given up is in nobody's way, and nothing orders
    /// what is about no alert: the word of a disabled endpoint goes out by itself.
    fn reordered(&self, world: &World, dead: &BTreeSet<String>) -> usize {
        let numbers: BTreeMap<&str, &Delivery> = self.committed.values().map(|one| (one.message_id.as_str(), one)).collect();
        let mut state = world.state();
        let mut wrong = Vec::new();
        for receiver in &state.receivers {
            let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
            for id in receiver.order.iter().filter(|id| !dead.contains(*id)) {
                let Some(delivery) = numbers.get(id.as_str()) else {
                    wrong.push(format!("{} got {id}, which was never committed", receiver.id));
                    continue;
                };
                if delivery.alert.is_empty() {
                    continue;
                }
                let last = latest.entry(delivery.alert.as_str()).or_default();
                if *last > delivery.id {
                    wrong.push(format!("{} got {id} after a later message of {}", receiver.id, delivery.alert));
                }
                *last = delivery.id.max(*last);
            }
        }
        let n = wrong.len();
        wrong.into_iter().for_each(|what| state.fault(what));
        n
    }
}
