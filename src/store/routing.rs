//! What decides where a notification goes and when: bindings of endpoints, silences, acknowledgements, escalations.
//!
//! 1. An endpoint has a [`Binding`]: how bad an alert must be, for which dimension values, and during which hours.
//! 2. A [`Silence`] mutes what fits its [`Matcher`]; with `weekly` hours it is a maintenance window.
//! 3. Each alert that was told has a [`Case`]: its last notification, who took it on, how far it has been escalated.
//! 4. A delivery that has to wait has a [`Hold`]; the table of holds says when to look at it again, and as what. An
//!    endpoint that was told that an alert fires is noted, so that it hears of the end.
//! 5. All of this is read and written in the transaction of what causes it; [`Tx::routing_due`] is the next instant at
//!    which time alone does.

use super::StoreError;
use super::outbox::{Delivery, DeliveryState, Outbox};
use super::record::routing::{CaseRecord, EscalationRecord, InhibitionRecord, SilenceRecord, SubjectRecord};
use super::redo::Transaction;
use super::table::{Key, Scan, Table, part_i64, part_u64, text_part};
use super::tx::{StoreView, Tx};
use crate::compile::program::Severity;
use crate::diagnostic::Words;
use crate::time::{Hours, Instant};

const SILENCES: Table = Table::fixed("silences");
/// By the ruleset's name: rule, the rule that inhibits it, and the dimensions that must agree, of each.
const INHIBITIONS: Table = Table::fixed("inhibitions");
const ESCALATIONS: Table = Table::fixed("escalations");
/// By the alert's id: those of alerts that are over.
const CASES: Table = Table::fixed("cases");
/// By the alert's id: those of alerts that fire. They say more, and change.
const CASES_OPEN: Table = Table::fixed("cases_open");
/// (instant, alert): those that are over, and since when, so that they can be forgotten.
const CASES_OVER: Table = Table::fixed("cases_over");
/// (endpoint, alert): the endpoint was told that the alert fires, and not yet that it is over.
const TOLD: Table = Table::fixed("told");
/// (endpoint, alert, delivery): what waits, and as what.
const HELD: Table = Table::fixed("held");
/// (instant, delivery): when to look at it again; with endpoint and alert.
const HELD_DUE: Table = Table::fixed("held_due");
/// (instant, alert): the next step of an escalation.
const STEPS_DUE: Table = Table::fixed("steps_due");

/// What an endpoint gets of the channels it listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Nothing less severe.
    pub severity: Severity,
    /// Only with one of these values of each named dimension; empty for all.
    pub scope: Vec<(String, Vec<String>)>,
    /// Only during these hours: what comes outside of them waits for the next; None for always.
    pub hours: Option<Hours>,
    /// These severities do not wait for the hours.
    pub at_once: Vec<Severity>,
}

impl Default for Binding {
    fn default() -> Self {
        Binding { severity: Severity::Info, scope: Vec::new(), hours: None, at_once: vec![Severity::Critical] }
    }
}

/// Which alerts a silence is about. Every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matcher {
    /// Only of this ruleset.
    pub ruleset: Option<String>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only of these severities; empty for all.
    pub severities: Vec<Severity>,
    /// Only with one of these values of each named dimension; empty for all.
    pub scope: Vec<(String, Vec<String>)>,
}

/// Planned muting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// The id.
    pub id: String,
    /// What it mutes.
    pub matcher: Matcher,
    /// From when on.
    pub start: Instant,
    /// Until when, exclusive; None for a maintenance window without an end.
    pub end: Option<Instant>,
    /// Only during these hours of every week.
    pub weekly: Option<Hours>,
    /// Who wants it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub created_at: Instant,
    /// The key that made it.
    pub created_by: String,
    /// When it was ended before its time.
    pub expired_at: Option<Instant>,
}

/// What a notification is about, for matchers and bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The ruleset's name.
    pub ruleset: String,
    /// The rule's id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// The dimension values.
    pub scope: Vec<(String, Option<String>)>,
}

/// Why a delivery waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The silence, or the alert that inhibits it, that mutes it; None when it is outside the hours of its endpoint.
    pub silence: Option<String>,
    /// When that ends, as far as is known.
    pub until: Instant,
}

/// A step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EscalationStep {
    /// How long after the notification.
    pub after_s: u32,
    /// Who is told then.
    pub channels: Vec<String>,
}

/// Who is told when nobody acknowledges what was told to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The channel.
    pub channel: String,
    /// The steps, in order of time.
    pub steps: Vec<EscalationStep>,
}

/// Somebody takes care of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Who.
    pub author: String,
    /// More, in words.
    pub note: String,
    /// When.
    pub at: Instant,
    /// The key.
    pub by: String,
    /// How bad it was then: a rise above is told again.
    pub severity: Severity,
}

/// A notification that no endpoint wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrouted {
    /// When.
    pub at: Instant,
    /// What kept the endpoints from it.
    pub reason: String,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalated {
    /// When.
    pub at: Instant,
    /// Who was told.
    pub channels: Vec<String>,
    /// No endpoint listens to them.
    pub unrouted: bool,
}

/// What has been told of an alert, and what people did about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is about, as last told.
    pub subject: Subject,
    /// When it was told to be over; None while it fires.
    pub over: Option<Instant>,
    /// The channels of its rule.
    pub channels: Vec<String>,
    /// `data` of the last notification that it fires, as JSON; empty when it is over.
    pub data: String,
    /// From when on an escalation counts.
    pub since: Instant,
    /// The silence, or the alert that inhibits it, after which it counts.
    pub silence: Option<String>,
    /// Who took it on.
    pub ack: Option<Ack>,
    /// The last notification went nowhere.
    pub unrouted: Option<Unrouted>,
    /// The steps that were taken since then.
    pub escalated: Vec<Escalated>,
    /// Up to which delay, in seconds, the steps have been taken.
    pub escalated_s: u32,
    /// When the next one is due.
    pub next_step: Option<Instant>,
}

/// While an alert of a rule fires, those of another one are not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inhibition {
    /// The rule that is not told.
    pub rule: String,
    /// The rule that keeps it from that.
    pub by: String,
    /// The dimensions whose values must agree.
    pub dims: Vec<String>,
}

/// A delivery that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The delivery.
    pub delivery: Delivery,
    /// What it is about.
    pub subject: Subject,
}

impl Case {
    /// It fires, as far as was told.
    pub fn fires(&self) -> bool {
        self.over.is_none()
    }
}

impl Tx<'_> {
    /// All silences, by id.
    pub fn silences(&self) -> Result<Vec<Silence>, StoreError> {
        let mut found = Vec::new();
        SILENCES.edit(self.txn)?.scan_prefix(&Key::new(), |_, record: SilenceRecord| {
            found.push(record.silence()?);
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Makes or replaces a silence.
    pub fn put_silence(&self, silence: &Silence) -> Result<(), StoreError> {
        SILENCES.edit(self.txn)?.put(&Key::new().text(&silence.id), &SilenceRecord::from(silence))
    }

    /// Removes a silence.
    pub fn remove_silence(&self, id: &str) -> Result<bool, StoreError> {
        SILENCES.edit(self.txn)?.remove(&Key::new().text(id))
    }

    /// What inhibits what, by ruleset.
    pub fn inhibitions(&self) -> Result<Vec<(String, Inhibition)>, StoreError> {
        let mut found = Vec::new();
        INHIBITIONS.edit(self.txn)?.scan_prefix(&Key::new(), |key, records: Vec<InhibitionRecord>| {
            let ruleset = text_part(key)?;
            found.extend(records.into_iter().map(|record| (ruleset.clone(), record.into())));
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Notes what inhibits what in a ruleset; false when it did so already.
    pub fn put_inhibitions(&self, ruleset: &str, inhibitions: &[Inhibition]) -> Result<bool, StoreError> {
        let (mut table, key) = (INHIBITIONS.edit(self.txn)?, Key::new().text(ruleset));
        let known: Vec<InhibitionRecord> = table.get(&key)?.unwrap_or_default();
        let known: Vec<Inhibition> = known.into_iter().map(Inhibition::from).collect();
        if known == inhibitions {
            return Ok(false);
        }
        if inhibitions.is_empty() {
            return table.remove(&key);
        }
        table.put(&key, &inhibitions.iter().map(InhibitionRecord::from).collect::<Vec<_>>())?;
        Ok(true)
    }

    /// All escalations, by channel.
    pub fn escalations(&self) -> Result<Vec<Escalation>, StoreError> {
        let mut found = Vec::new();
        ESCALATIONS.edit(self.txn)?.scan_prefix(&Key::new(), |_, record: EscalationRecord| {
            found.push(record.into());
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Makes or replaces the escalation of a channel.
    pub fn put_escalation(&self, escalation: &Escalation) -> Result<(), StoreError> {
        ESCALATIONS.edit(self.txn)?.put(&Key::new().text(&escalation.channel), &EscalationRecord::from(escalation))
    }

    /// Removes the escalation of a channel; false when there was none.
    pub fn remove_escalation(&self, channel: &str) -> Result<bool, StoreError> {
        ESCALATIONS.edit(self.txn)?.remove(&Key::new().text(channel))
    }

    /// The case of an alert.
    pub fn case(&self, alert: &str) -> Result<Option<Case>, StoreError> {
        let key = alert_key(alert);
        let open: Option<CaseRecord> = CASES_OPEN.edit(self.txn)?.get(&key)?;
        let record = if open.is_some() { open } else { CASES.edit(self.txn)?.get(&key)? };
        record.map(CaseRecord::case).transpose()
    }

    /// The cases of alerts that fire, by id.
    pub fn open_cases(&self) -> Result<Vec<(String, Case)>, StoreError> {
        let mut found = Vec::new();
        CASES_OPEN.edit(self.txn)?.scan_prefix(&Key::new(), |key, record: CaseRecord| {
            found.push((alert_part(key)?, record.case()?));
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Forgets the cases of alerts that were over before an instant, a few at a time.
    pub fn forget_cases(&self, before: Instant) -> Result<(), StoreError> {
        const FORGOTTEN: usize = 64;
        let (mut over, mut cases) = (CASES_OVER.edit(self.txn)?, CASES.edit(self.txn)?);
        let mut gone = Vec::new();
        over.scan_prefix(&Key::new(), |key, ()| {
            let at = Instant(part_i64(key, 0)?);
            if gone.len() == FORGOTTEN || at >= before {
                return Ok(Scan::Stop);
            }
            gone.push((at, text_part(key.get(8..).unwrap_or_default())?));
            Ok(Scan::On)
        })?;
        for (at, alert) in gone {
            over.remove(&Key::new().i64(at.0).text(&alert))?;
            cases.remove(&alert_key(&alert))?;
        }
        Ok(())
    }

    /// Writes the case of an alert, whether it fires, and when its next step is due.
    pub fn put_case(&self, alert: &str, case: &Case) -> Result<(), StoreError> {
        let key = alert_key(alert);
        let timed = |at: Instant| Key::new().i64(at.0).text(alert);
        let (mut open, mut over) = (CASES_OPEN.edit(self.txn)?, CASES_OVER.edit(self.txn)?);
        let mut steps = STEPS_DUE.edit(self.txn)?;
        let mut cases = CASES.edit(self.txn)?;
        let mut before: Option<CaseRecord> = open.get(&key)?;
        if before.is_none() {
            before = cases.get(&key)?;
        }
        if let Some(step) = before.as_ref().and_then(CaseRecord::next_step) {
            steps.remove(&timed(step))?;
        }
        if let Some(ended) = before.as_ref().and_then(CaseRecord::over) {
            over.remove(&timed(ended))?;
        }
        match case.over {
            Some(ended) => {
                open.remove(&key)?;
                over.put(&timed(ended), &())?;
                cases.put(&key, &CaseRecord::from(case))?;
            }
            None => {
                open.put(&key, &CaseRecord::from(case))?;
                if before.is_some_and(|before| before.over().is_some()) {
                    cases.remove(&key)?;
                }
            }
        }
        match case.next_step {
            Some(next) => steps.put(&timed(next), &()),
            None => Ok(()),
        }
    }

    /// The alerts whose next step is due, at most so many.
    pub fn steps_due(&self, now: Instant, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        STEPS_DUE.edit(self.txn)?.scan_prefix(&Key::new(), |key, ()| {
            if found.len() == limit || part_i64(key, 0)? > now.0 {
                return Ok(Scan::Stop);
            }
            found.push(text_part(key.get(8..).unwrap_or_default())?);
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Whether the endpoint was told that the alert fires.
    pub fn told(&self, endpoint: &str, alert: &str) -> Result<bool, StoreError> {
        Ok(TOLD.edit(self.txn)?.get::<()>(&Key::new().text(endpoint).text(alert))?.is_some())
    }

    /// Notes what the endpoint was told.
    pub fn put_told(&self, endpoint: &str, alert: &str, told: bool) -> Result<(), StoreError> {
        let (mut table, key) = (TOLD.edit(self.txn)?, Key::new().text(endpoint).text(alert));
        if told {
            return table.put(&key, &());
        }
        table.remove(&key).map(|_| ())
    }

    /// What waits of an alert for an endpoint, in order.
    pub fn held(&self, endpoint: &str, alert: &str) -> Result<Vec<Held>, StoreError> {
        let prefix = Key::new().text(endpoint).text(alert);
        let mut found: Vec<(u64, Subject)> = Vec::new();
        HELD.edit(self.txn)?.scan_prefix(&prefix, |key, record: SubjectRecord| {
            found.push((part_u64(key, prefix.0.len())?, record.subject()?));
            Ok(Scan::On)
        })?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let outbox = Outbox::edit(self.txn)?;
        let lost =
            |id: u64| StoreError::Damaged(Words::new(format!("delivery {id} waits but is lost"), format!("投递 {id} 在等待，但已丢失")));
        let held = |(id, subject)| Ok(Held { delivery: outbox.get(id)?.ok_or_else(|| lost(id))?, subject });
        found.into_iter().map(held).collect()
    }

    /// The endpoints and alerts for which something waits: those to be looked at by `now`, or all.
    pub fn lanes_held(&self, now: Option<Instant>, limit: usize) -> Result<Vec<(String, String)>, StoreError> {
        let mut found: Vec<(String, String)> = Vec::new();
        HELD_DUE.edit(self.txn)?.scan_prefix(&Key::new(), |key, lane: (String, String)| {
            let due = part_i64(key, 0)?;
            if now.is_some_and(|now| due > now.0) || found.len() == limit {
                return Ok(Scan::Stop);
            }
            found.push(lane);
            Ok(Scan::On)
        })?;
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Writes a delivery that waits, or waits no longer.
    pub fn hold(&self, held: &Held) -> Result<(), StoreError> {
        let delivery = &held.delivery;
        let written = Outbox::edit(self.txn)?.get(delivery.id)?;
        if let Some(hold) = written.and_then(|written| written.hold) {
            unhold(self.txn, delivery, &hold)?;
        }
        if let (DeliveryState::Held, Some(hold)) = (delivery.state, &delivery.hold) {
            let lane = Key::new().text(&delivery.endpoint).text(&delivery.alert);
            HELD.edit(self.txn)?.put(&lane.u64(delivery.id), &SubjectRecord::from(&held.subject))?;
            HELD_DUE.edit(self.txn)?.put(&due(hold, delivery.id), &(&delivery.endpoint, &delivery.alert))?;
        }
        let mut outbox = Outbox::edit(self.txn)?;
        if delivery.state == DeliveryState::Pending {
            outbox.end_standing(delivery)?;
        }
        outbox.put(delivery)
    }
}

impl StoreView {
    /// All silences, by id.
    pub fn silences(&self) -> Result<Vec<Silence>, StoreError> {
        self.all(&SILENCES)?.into_iter().map(SilenceRecord::silence).collect()
    }

    /// All escalations, by channel.
    pub fn escalations(&self) -> Result<Vec<Escalation>, StoreError> {
        Ok(self.all::<EscalationRecord>(&ESCALATIONS)?.into_iter().map(Escalation::from).collect())
    }

    /// The case of an alert.
    pub fn case(&self, alert: &str) -> Result<Option<Case>, StoreError> {
        let key = alert_key(alert);
        let open: Option<CaseRecord> = CASES_OPEN.view(&self.tables.txn)?.get(&key)?;
        let record = if open.is_some() { open } else { CASES.view(&self.tables.txn)?.get(&key)? };
        record.map(CaseRecord::case).transpose()
    }

    /// What inhibits what, by ruleset.
    pub fn inhibitions(&self) -> Result<Vec<(String, Inhibition)>, StoreError> {
        let mut found = Vec::new();
        INHIBITIONS.view(&self.tables.txn)?.scan(&[], None, |key, records: Vec<InhibitionRecord>| {
            let ruleset = text_part(key)?;
            found.extend(records.into_iter().map(|record| (ruleset.clone(), record.into())));
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// The alerts that fire, as far as was told, and what they are about.
    pub fn firing(&self) -> Result<Vec<(String, Subject)>, StoreError> {
        let mut found = Vec::new();
        CASES_OPEN.view(&self.tables.txn)?.scan(&[], None, |key, record: CaseRecord| {
            found.push((alert_part(key)?, record.case()?.subject));
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// Whether the endpoint was told that the alert fires, and not yet that it is over.
    pub fn told(&self, endpoint: &str, alert: &str) -> Result<bool, StoreError> {
        Ok(TOLD.view(&self.tables.txn)?.get::<()>(&Key::new().text(endpoint).text(alert))?.is_some())
    }

    /// The earliest instant at which something that waits, or an escalation, is to be looked at.
    pub fn routing_due(&self) -> Result<Option<Instant>, StoreError> {
        let mut first = Vec::new();
        for table in [&HELD_DUE, &STEPS_DUE] {
            table.view(&self.tables.txn)?.scan_keys(&[], &mut |key| {
                first.push(Instant(part_i64(key, 0)?));
                Ok(Scan::Stop)
            })?;
        }
        Ok(first.into_iter().min())
    }
}

/// Shorter ids come first, so that numbers in them sort as such, and what is new stands at the end.
fn alert_key(alert: &str) -> Key {
    Key::new().u32(u32::try_from(alert.len()).unwrap_or(u32::MAX)).text(alert)
}

/// The id that [`alert_key`] wrote.
fn alert_part(key: &[u8]) -> Result<String, StoreError> {
    text_part(key.get(4..).unwrap_or_default())
}

fn due(hold: &Hold, id: u64) -> Key {
    Key::new().i64(hold.until.0).u64(id)
}

/// All that waits for an endpoint, in order.
pub(super) fn held_of(txn: &Transaction, endpoint: &str) -> Result<Vec<Delivery>, StoreError> {
    let mut ids = Vec::new();
    HELD.edit(txn)?.scan_prefix(&Key::new().text(endpoint), |key, _: SubjectRecord| {
        ids.push(part_u64(key, key.len().saturating_sub(8))?);
        Ok(Scan::On)
    })?;
    ids.sort_unstable();
    let outbox = Outbox::edit(txn)?;
    ids.into_iter().filter_map(|id| outbox.get(id).transpose()).collect()
}

/// Ends the wait of a delivery that goes out, or ends, although it should wait: its endpoint counts as told.
pub(super) fn let_go(txn: &Transaction, delivery: &mut Delivery) -> Result<(), StoreError> {
    let Some(hold) = delivery.hold.take().filter(|_| delivery.state == DeliveryState::Held) else { return Ok(()) };
    unhold(txn, delivery, &hold)?;
    let (mut told, key) = (TOLD.edit(txn)?, Key::new().text(&delivery.endpoint).text(&delivery.alert));
    match delivery.kind.as_str() {
        "alert.resolved" => told.remove(&key).map(|_| ()),
        _ => told.put(&key, &()),
    }
}

/// Forgets what an endpoint was told.
pub(super) fn forget_told(txn: &Transaction, endpoint: &str) -> Result<(), StoreError> {
    let (mut told, mut keys) = (TOLD.edit(txn)?, Vec::new());
    told.scan_prefix(&Key::new().text(endpoint), |key, ()| {
        keys.push(Key::new().bytes(key));
        Ok(Scan::On)
    })?;
    keys.iter().try_for_each(|key| told.remove(key).map(|_| ()))
}

/// Takes a delivery out of the tables of what waits.
fn unhold(txn: &Transaction, delivery: &Delivery, hold: &Hold) -> Result<(), StoreError> {
    let lane = Key::new().text(&delivery.endpoint).text(&delivery.alert);
    HELD.edit(txn)?.remove(&lane.u64(delivery.id))?;
    HELD_DUE.edit(txn)?.remove(&due(hold, delivery.id))?;
    Ok(())
}
