//! From messages to deliveries, in the transaction of what they tell.
//!
//! 1. A [`Desk`] reads the endpoints, silences and escalations once, as the transaction sees them.
//! 2. [`post`] takes what alerts tell: for each endpoint that wants it ([`route::wanted`]) the message joins what waits
//!    there, and [`route::settle`] says what becomes of all of it. What nobody wants is counted and noted in the case.
//! 3. [`Desk::due`] looks again at what has waited long enough, and takes the steps of escalations whose time has come.
//! 4. [`Desk::changed`] does so for everything, after people have changed silences, endpoints or escalations;
//!    [`Desk::catch_up`] tells endpoints that show what stands what they do not show yet.

use super::inhibit::Inhibiting;
use super::notice::Message;
use super::route::{self, Fate, Tone, Unwanted, Waiting};
use crate::store::record::payload::{EscalationPayload, again, body, data_of};
use crate::store::{
    AT_ONCE, Case, DeliveryState, Endpoint, Escalated, Escalation, Held, Hold, Inhibition, NewDelivery, Silence, StoreError, Subject, Tx,
    Unrouted,
};
use crate::time::Instant;

/// The number of notifications that no endpoint wanted.
pub const UNROUTED: &str = "unrouted";
/// How long finished deliveries, and what was told of alerts that are over, can be looked up: 30 days.
const KEPT_S: i64 = 30 * 86_400;
/// How much is looked at in one transaction.
const STEP_MAX: usize = 1_000;

/// Writes the deliveries of the messages; true when there is something to send.
pub fn post(tx: &Tx<'_>, messages: &[Message], now: Instant) -> Result<bool, StoreError> {
    if messages.is_empty() {
        return Ok(false);
    }
    tx.forget_deliveries(now.plus_s(-KEPT_S))?;
    tx.forget_cases(now.plus_s(-KEPT_S))?;
    let mut desk = Desk::open(tx, now)?;
    desk.foresee(messages);
    for message in messages {
        desk.tell(message)?;
    }
    if desk.looks_back(messages) {
        desk.changed()?;
    }
    Ok(desk.wakes)
}

/// Notes what inhibits what in a ruleset, and lets what waits for something else look again; true when there is something to
/// send.
pub fn inhibit(tx: &Tx<'_>, ruleset: &str, inhibitions: &[Inhibition], now: Instant) -> Result<bool, StoreError> {
    if !tx.put_inhibitions(ruleset, inhibitions)? {
        return Ok(false);
    }
    let mut desk = Desk::open(tx, now)?;
    desk.changed()?;
    Ok(desk.wakes)
}

/// Where notifications are sorted, within one transaction.
pub struct Desk<'t> {
    /// The transaction.
    pub tx: &'t Tx<'t>,
    /// The instant.
    pub now: Instant,
    /// There is something to send.
    pub wakes: bool,
    endpoints: Vec<Endpoint>,
    silences: Vec<Silence>,
    escalations: Vec<Escalation>,
    inhibiting: Inhibiting,
}

/// A message on its way to the endpoints.
struct Letter<'a> {
    alert: &'a str,
    /// Nothing has been told of the alert before: no endpoint can know of it.
    is_first: bool,
    kind: &'a str,
    subject: &'a Subject,
    channels: &'a [String],
    payload: &'a [u8],
}

impl<'a> Letter<'a> {
    /// What a case last told, once more.
    fn of_case(alert: &'a str, case: &'a Case, payload: &'a [u8]) -> Letter<'a> {
        Letter { alert, is_first: false, kind: "alert.firing", subject: &case.subject, channels: &case.channels, payload }
    }
}

impl Desk<'_> {
    /// Reads what decides.
    pub fn open<'t>(tx: &'t Tx<'t>, now: Instant) -> Result<Desk<'t>, StoreError> {
        let (endpoints, silences, escalations) = (tx.endpoints()?, tx.silences()?, tx.escalations()?);
        let inhibitions = tx.inhibitions()?;
        // Without any line in a ruleset nobody asks what fires.
        let firing = if inhibitions.is_empty() { Vec::new() } else { tx.open_cases()? };
        let firing = firing.into_iter().map(|(alert, case)| (alert, case.subject)).collect();
        Ok(Desk { tx, now, wakes: false, endpoints, silences, escalations, inhibiting: Inhibiting { inhibitions, firing } })
    }

    /// Takes in what begins to fire with some messages, before any of them is told: what it inhibits may come before it.
    fn foresee(&mut self, messages: &[Message]) {
        for message in messages.iter().filter(|message| Tone::of(message.kind) != Tone::Resolved) {
            self.inhibiting.begins(&message.alert.id, || subject(message));
        }
    }

    /// Takes in what is over with some messages, once they have been told: what it inhibited leaves all together. True when
    /// there may be such.
    fn looks_back(&mut self, messages: &[Message]) -> bool {
        let over = messages.iter().filter(|message| Tone::of(message.kind) == Tone::Resolved);
        let ended: Vec<bool> = over.map(|message| self.inhibiting.ends(&message.alert.id)).collect();
        ended.contains(&true)
    }

    /// What mutes something now: an alert that inhibits it, or a silence.
    fn mute(&self, subject: &Subject) -> Option<Hold> {
        self.inhibiting.hold(subject).or_else(|| route::silence(self.now, &self.silences, subject))
    }

    /// Looks at what is due by now, a bounded part of it at a time.
    pub fn due(&mut self) -> Result<(), StoreError> {
        for (endpoint, alert) in self.tx.lanes_held(Some(self.now), STEP_MAX)? {
            self.settle(&endpoint, &alert, None)?;
        }
        for alert in self.tx.steps_due(self.now, STEP_MAX)? {
            self.escalate(&alert)?;
        }
        Ok(())
    }

    /// Looks at everything again, because people changed what decides.
    pub fn changed(&mut self) -> Result<(), StoreError> {
        for (endpoint, alert) in self.tx.lanes_held(None, usize::MAX)? {
            self.settle(&endpoint, &alert, None)?;
        }
        for (alert, mut case) in self.tx.open_cases()? {
            if case.since > self.now && self.mute(&case.subject).is_none() {
                (case.since, case.silence) = (self.now, None);
            }
            if case.unrouted.is_some() {
                let payload = again("alert.firing", self.now.to_string(), &case.data, None)?;
                if self.find(&Letter::of_case(&alert, &case, &payload))? {
                    case.unrouted = None;
                }
            }
            self.save(&alert, case)?;
        }
        Ok(())
    }

    /// Tells the endpoints that show what stands of the alerts that fire and that they do not show: they were made, changed
    /// or enabled since.
    pub fn catch_up(&mut self) -> Result<(), StoreError> {
        let shows = |endpoint: &&Endpoint| endpoint.disabled.is_none() && endpoint.shows_what_stands();
        let showing: Vec<Endpoint> = self.endpoints.iter().filter(shows).cloned().collect();
        if showing.is_empty() {
            return Ok(());
        }
        for (alert, case) in self.tx.open_cases()? {
            let payload = again("alert.firing", self.now.to_string(), &case.data, None)?;
            let letter = Letter::of_case(&alert, &case, &payload);
            for endpoint in &showing {
                let known = self.tx.told(&endpoint.id, &alert)?;
                let is_wanted = route::wanted(endpoint, &case.subject, &case.channels, Tone::Firing, known).is_ok();
                if is_wanted && !self.tx.is_queued(&endpoint.id, &alert)? && self.tx.held(&endpoint.id, &alert)?.is_empty() {
                    self.settle(&endpoint.id, &alert, Some(&letter))?;
                }
            }
        }
        Ok(())
    }

    /// Writes a case, with the instant of its next step.
    pub fn save(&self, alert: &str, mut case: Case) -> Result<(), StoreError> {
        let waits = case.fires() && case.ack.is_none();
        let next = self.next_delay(&case).filter(|_| waits);
        case.next_step = next.map(|after_s| case.since.plus_s(i64::from(after_s)));
        self.tx.put_case(alert, &case)
    }

    /// Tells what an alert has to say.
    fn tell(&mut self, message: &Message) -> Result<(), StoreError> {
        let (alert, tone) = (&message.alert.id, Tone::of(message.kind));
        let before = self.tx.case(alert)?;
        if tone == Tone::Repeat && before.as_ref().is_some_and(|case| case.ack.is_some()) {
            return Ok(());
        }
        let payload = body(message.kind, self.now.to_string(), message.alert.clone())?;
        let subject = subject(message);
        let channels = &message.alert.channels;
        let is_first = before.is_none();
        let unwanted = self.spread(&Letter { alert, is_first, kind: message.kind, subject: &subject, channels, payload: &payload })?;
        let Some(mut case) = self.next_case(before, tone, subject, channels) else { return Ok(()) };
        case.data = if case.fires() { data_of(&payload)? } else { String::new() };
        match (tone, unwanted) {
            (Tone::Firing | Tone::Repeat, Some(unwanted)) => {
                self.tx.next_number(UNROUTED)?;
                case.unrouted = Some(Unrouted { at: self.now, reason: unwanted.name().to_owned() });
                tracing::warn!(alert, kind = message.kind, reason = unwanted.name(), "no endpoint gets a notification");
            }
            (Tone::Firing | Tone::Repeat, None) => case.unrouted = None,
            _ => {}
        }
        self.save(alert, case)
    }

    /// The case after a message. A beginning or a rise makes it a new one, which somebody has to acknowledge anew.
    fn next_case(&self, before: Option<Case>, tone: Tone, subject: Subject, channels: &[String]) -> Option<Case> {
        let rises = |case: &Case| subject.severity > case.ack.as_ref().map_or(case.subject.severity, |ack| ack.severity);
        match before {
            Some(case) if tone == Tone::Resolved => Some(Case { over: Some(self.now), ..case }),
            None if tone == Tone::Resolved => None,
            Some(case) if case.fires() && !rises(&case) => Some(Case { subject, channels: channels.to_vec(), ..case }),
            _ => {
                let hold = self.mute(&subject);
                Some(Case {
                    since: hold.as_ref().map_or(self.now, |hold| hold.until),
                    silence: hold.and_then(|hold| hold.silence),
                    subject,
                    over: None,
                    channels: channels.to_vec(),
                    data: String::new(),
                    ack: None,
                    unrouted: None,
                    escalated: Vec::new(),
                    escalated_s: 0,
                    next_step: None,
                })
            }
        }
    }

    /// Gives a message to every endpoint that wants it; when there is none, the reason that came nearest.
    fn spread(&mut self, letter: &Letter<'_>) -> Result<Option<Unwanted>, StoreError> {
        let (mut nearest, mut routed) = (Unwanted::NoEndpoint, false);
        for endpoint in self.endpoints.clone() {
            let known =
                !letter.is_first && (self.tx.told(&endpoint.id, letter.alert)? || !self.tx.held(&endpoint.id, letter.alert)?.is_empty());
            match route::wanted(&endpoint, letter.subject, letter.channels, Tone::of(letter.kind), known) {
                Ok(()) => {
                    self.settle(&endpoint.id, letter.alert, Some(letter))?;
                    match endpoint.disabled {
                        Some(_) => nearest = Unwanted::Disabled,
                        None => routed = true,
                    }
                }
                Err(unwanted) => nearest = nearest.max(unwanted),
            }
        }
        Ok((!routed).then_some(nearest))
    }

    /// Gives a message that went nowhere to the enabled endpoints that want it by now; true when there is one.
    fn find(&mut self, letter: &Letter<'_>) -> Result<bool, StoreError> {
        let wants = |endpoint: &&Endpoint| {
            endpoint.disabled.is_none() && route::wanted(endpoint, letter.subject, letter.channels, Tone::Firing, false).is_ok()
        };
        let found: Vec<String> = self.endpoints.iter().filter(wants).map(|endpoint| endpoint.id.clone()).collect();
        for id in &found {
            self.settle(id, letter.alert, Some(letter))?;
        }
        Ok(!found.is_empty())
    }

    /// Decides about all that waits of an alert for an endpoint, a new message included.
    fn settle(&mut self, id: &str, alert: &str, new: Option<&Letter<'_>>) -> Result<(), StoreError> {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.id == id).cloned();
        let hold = |tone: Tone, subject: &Subject| {
            // What shows what stands would go on showing what is over: the end does not wait.
            let endpoint = endpoint.as_ref().filter(|endpoint| tone != Tone::Resolved || !endpoint.shows_what_stands())?;
            self.inhibiting.hold(subject).or_else(|| route::hold(self.now, &endpoint.binding, &self.silences, subject))
        };
        let held = self.tx.held(id, alert)?;
        let waits = |kind: &str, was: Option<Hold>, subject: &Subject| {
            let tone = Tone::of(kind);
            Waiting { tone, was, hold: hold(tone, subject) }
        };
        let old = held.iter().map(|held| waits(&held.delivery.kind, held.delivery.hold.clone(), &held.subject));
        let new_one = new.map(|letter| waits(letter.kind, None, letter.subject));
        let waiting: Vec<Waiting> = old.chain(new_one).collect();
        let told = self.tx.told(id, alert)?;
        // Nothing waits for an endpoint that is disabled or gone.
        let dead = endpoint.as_ref().is_none_or(|endpoint| endpoint.disabled.is_some());
        let mut believes = told;
        for (at, (fate, one)) in route::settle(told, &waiting).into_iter().zip(&waiting).enumerate() {
            let (state, hold) = match fate {
                Fate::Send | Fate::Wait(_) if dead => (DeliveryState::Dead, None),
                Fate::Send => (DeliveryState::Pending, None),
                Fate::Wait(hold) => (DeliveryState::Held, Some(hold)),
                Fate::Drop(state) => (state, one.was.clone().or_else(|| one.hold.clone())),
            };
            if matches!(state, DeliveryState::Pending | DeliveryState::Dead) {
                believes = one.tone != Tone::Resolved;
            }
            self.wakes |= state == DeliveryState::Pending;
            match (held.get(at), new) {
                (Some(held), _) if held.delivery.state == state && held.delivery.hold == hold => {}
                (Some(held), _) => {
                    let mut held = held.clone();
                    (held.delivery.state, held.delivery.hold, held.delivery.next_at) = (state, hold, AT_ONCE);
                    self.tx.hold(&held)?;
                }
                (None, Some(letter)) => {
                    let delivery = self.tx.add_delivery(NewDelivery {
                        endpoint: id.to_owned(),
                        alert: alert.to_owned(),
                        kind: letter.kind.to_owned(),
                        payload: letter.payload.to_vec(),
                        created_at: self.now,
                        state,
                        hold,
                    })?;
                    if state == DeliveryState::Held {
                        self.tx.hold(&Held { delivery, subject: letter.subject.clone() })?;
                    }
                }
                (None, None) => {}
            }
        }
        if believes != told && endpoint.is_some() {
            self.tx.put_told(id, alert, believes)?;
        }
        Ok(())
    }

    /// Takes the next step of an alert that nobody has acknowledged. A silence puts it off: it counts anew from its end.
    fn escalate(&mut self, alert: &str) -> Result<(), StoreError> {
        let Some(mut case) = self.tx.case(alert)? else { return Ok(()) };
        if let Some(hold) = self.mute(&case.subject) {
            (case.since, case.silence) = (hold.until, hold.silence);
            return self.save(alert, case);
        }
        let Some(after_s) = self.next_delay(&case) else { return self.save(alert, case) };
        let mut steps: Vec<(String, Vec<String>)> = Vec::new();
        for escalation in self.escalations.iter().filter(|escalation| case.channels.contains(&escalation.channel)) {
            let now = escalation.steps.iter().filter(|step| step.after_s == after_s);
            steps.extend(now.map(|step| (escalation.channel.clone(), step.channels.clone())));
        }
        for (channel, channels) in steps {
            let escalation = EscalationPayload { channel, after_s };
            let payload = again("alert.escalated", self.now.to_string(), &case.data, Some(escalation))?;
            let letter =
                Letter { alert, is_first: false, kind: "alert.escalated", subject: &case.subject, channels: &channels, payload: &payload };
            let unwanted = self.spread(&letter)?;
            if let Some(unwanted) = unwanted {
                self.tx.next_number(UNROUTED)?;
                tracing::warn!(alert, reason = unwanted.name(), "no endpoint gets an escalation");
            }
            case.escalated.push(Escalated { at: self.now, channels, unrouted: unwanted.is_some() });
        }
        case.escalated_s = after_s;
        self.save(alert, case)
    }

    /// The delay of the first step that has not been taken.
    fn next_delay(&self, case: &Case) -> Option<u32> {
        let fitting = self.escalations.iter().filter(|escalation| case.channels.contains(&escalation.channel));
        fitting.flat_map(|escalation| &escalation.steps).map(|step| step.after_s).filter(|after_s| *after_s > case.escalated_s).min()
    }
}

/// What a message is about.
fn subject(message: &Message) -> Subject {
    Subject {
        ruleset: message.alert.ruleset.clone(),
        rule: message.alert.rule.clone(),
        severity: message.severity,
        scope: message.alert.scope.iter().map(|(dim, value)| (dim.clone(), value.clone())).collect(),
    }
}
