//! Where a notification goes, and when: the one order of evaluation, without any store.
//!
//! 1. [`wanted`], for each endpoint: an endpoint that knows of the alert (it was told, or its message waits) gets every
//!    change and the end of it; nobody else gets the end. Otherwise: does it listen to a channel? is it severe enough?
//!    is it about its dimension values? The first no is the reason.
//! 2. [`hold`], for each message: a silence that fits mutes it until its end; otherwise it waits for the hours of the
//!    endpoint, unless its severity does not; otherwise it goes out now. What goes to a disabled endpoint is a dead
//!    letter, which can be sent again.
//! 3. [`settle`], for all that waits of one alert for one endpoint, in order, whenever a message joins it or the time to
//!    look at it has come: what leaves a silence becomes at most one message, or none when the endpoint never heard of
//!    the alert and it is over; what was made before the silence is only delayed by it; what is overtaken by a later
//!    message that goes out now is superseded; a reminder goes out only when there is nothing else to say.
//!
//! Silences and hours go by the clock of the service, at the instant at which the notification is made. The states of
//! alerts, which go by the time of events, know nothing of them.

use crate::compile::program::Severity;
use crate::store::{Binding, DeliveryState, Endpoint, Hold, Matcher, Silence, Subject};
use crate::time::Instant;

/// What a notification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It fires, or fires with another severity.
    Firing,
    /// It still fires.
    Repeat,
    /// Late events changed since when it fires.
    Restated,
    /// It fires, and nobody has acknowledged it.
    Escalated,
    /// It is over.
    Resolved,
}

/// Why an endpoint does not get a notification; the later one got further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unwanted {
    /// There is no endpoint at all.
    NoEndpoint,
    /// It was never told that the alert fires.
    NeverTold,
    /// It listens to other channels.
    Channel,
    /// It wants more severe ones.
    Severity,
    /// It is for other dimension values.
    Scope,
    /// It is disabled.
    Disabled,
}

/// A message of a lane, the new one included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What it says.
    pub tone: Tone,
    /// Why it has waited so far; None for a new one.
    pub was: Option<Hold>,
    /// Why it has to wait now; None when it may go out.
    pub hold: Option<Hold>,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It goes out.
    Send,
    /// It waits.
    Wait(Hold),
    /// It ends without being sent, in this state.
    Drop(DeliveryState),
}

impl Tone {
    /// The tone of a kind of delivery.
    pub fn of(kind: &str) -> Tone {
        match kind {
            "alert.resolved" => Tone::Resolved,
            "alert.repeat" => Tone::Repeat,
            "alert.restated" => Tone::Restated,
            "alert.escalated" => Tone::Escalated,
            _ => Tone::Firing,
        }
    }

    /// It says by itself that the alert fires.
    fn tells_firing(self) -> bool {
        matches!(self, Tone::Firing | Tone::Escalated)
    }
}

impl Unwanted {
    /// The name of the reason.
    pub fn name(self) -> &'static str {
        match self {
            Unwanted::NoEndpoint => "no_endpoint",
            Unwanted::NeverTold => "never_told",
            Unwanted::Channel => "channel",
            Unwanted::Severity => "severity",
            Unwanted::Scope => "scope",
            Unwanted::Disabled => "disabled",
        }
    }
}

/// Whether an endpoint gets a notification to these channels. `known`: it knows of the alert.
pub fn wanted(endpoint: &Endpoint, subject: &Subject, channels: &[String], tone: Tone, known: bool) -> Result<(), Unwanted> {
    match tone {
        Tone::Firing | Tone::Restated | Tone::Resolved if known => return Ok(()),
        Tone::Restated | Tone::Resolved => return Err(Unwanted::NeverTold),
        Tone::Firing | Tone::Repeat | Tone::Escalated => {}
    }
    if !endpoint.listens_to(channels) {
        return Err(Unwanted::Channel);
    }
    if subject.severity < endpoint.binding.severity {
        return Err(Unwanted::Severity);
    }
    if !within(&subject.scope, &endpoint.binding.scope) {
        return Err(Unwanted::Scope);
    }
    Ok(())
}

/// Why a message has to wait; None when it may go out now.
pub fn hold(now: Instant, binding: &Binding, silences: &[Silence], subject: &Subject) -> Option<Hold> {
    silence(now, silences, subject).or_else(|| {
        let hours = binding.hours.as_ref().filter(|hours| !binding.at_once.contains(&subject.severity) && !hours.contain(now))?;
        Some(Hold { silence: None, until: hours.next_open(now) })
    })
}

/// The silence that mutes something now: of several, the one that ends last.
pub fn silence(now: Instant, silences: &[Silence], subject: &Subject) -> Option<Hold> {
    let fitting = silences.iter().filter(|silence| matches(&silence.matcher, subject));
    let holds = fitting.filter_map(|silence| Some(Hold { silence: Some(silence.id.clone()), until: muted_until(silence, now)? }));
    holds.max_by_key(|hold| hold.until)
}

/// Until when a silence mutes without a break, when it does so now.
pub fn muted_until(silence: &Silence, now: Instant) -> Option<Instant> {
    let end = silence.expired_at.into_iter().chain(silence.end).min().unwrap_or(Instant(i64::MAX));
    if now < silence.start || now >= end {
        return None;
    }
    match &silence.weekly {
        Some(hours) => hours.contain(now).then(|| hours.open_until(now).min(end)),
        None => Some(end),
    }
}

fn matches(matcher: &Matcher, subject: &Subject) -> bool {
    matcher.ruleset.as_ref().is_none_or(|name| *name == subject.ruleset)
        && matcher.rule.as_ref().is_none_or(|name| *name == subject.rule)
        && (matcher.severities.is_empty() || matcher.severities.contains(&subject.severity))
        && within(&subject.scope, &matcher.scope)
}

/// One of the values of every named dimension. What lacks the dimension does not fit.
fn within(scope: &[(String, Option<String>)], wanted: &[(String, Vec<String>)]) -> bool {
    let value = |dim: &String| scope.iter().find(|(name, _)| name == dim).and_then(|(_, value)| value.as_ref());
    wanted.iter().all(|(dim, values)| value(dim).is_some_and(|value| values.contains(value)))
}

/// What becomes of all that waits of one alert for one endpoint. `told`: the endpoint was told that the alert fires.
pub fn settle(told: bool, waiting: &[Waiting]) -> Vec<Fate> {
    let mut fates: Vec<Fate> = waiting.iter().map(first_fate).collect();
    end_silence(told, waiting, &mut fates);
    keep_order(told, waiting, &mut fates);
    drop_reminders(waiting, &mut fates);
    fates
}

/// What was made outside of any silence is only delayed by a later one, never dropped with it: it goes on waiting as what
/// waits for the hours.
fn first_fate(one: &Waiting) -> Fate {
    let Some(mut hold) = one.hold.clone() else { return Fate::Send };
    if one.was.as_ref().is_some_and(|was| was.silence.is_none()) {
        hold.silence = None;
    }
    Fate::Wait(hold)
}

/// What leaves a silence becomes at most one message.
fn end_silence(told: bool, waiting: &[Waiting], fates: &mut [Fate]) {
    let muted = |hold: &Option<Hold>| hold.as_ref().is_some_and(|hold| hold.silence.is_some());
    let leaves = |one: &Waiting| muted(&one.was) && !muted(&one.hold);
    let Some(first) = waiting.iter().position(leaves) else { return };
    let mut earlier = waiting.iter().take(first).filter(|one| one.tone.tells_firing() || one.tone == Tone::Resolved);
    let told = earlier.next_back().map_or(told, |one| one.tone.tells_firing());
    let last = waiting.iter().rposition(|one| leaves(one) && (one.tone.tells_firing() || one.tone == Tone::Resolved));
    let over = last.and_then(|last| waiting.get(last)).is_some_and(|one| one.tone == Tone::Resolved);
    for (at, (one, fate)) in waiting.iter().zip(fates).enumerate().filter(|(_, (one, _))| leaves(one)) {
        let kept = match (over, one.tone) {
            (true, _) => told && Some(at) == last,
            (false, Tone::Restated) => Some(at) > last,
            (false, Tone::Repeat) => last.is_none(),
            (false, _) => Some(at) == last,
        };
        if !kept {
            *fate = Fate::Drop(if over && !told { DeliveryState::Silenced } else { DeliveryState::Superseded });
        }
    }
}

/// A message that goes out ends the wait of those before it; but the end of an alert never comes before its beginning.
fn keep_order(told: bool, waiting: &[Waiting], fates: &mut [Fate]) {
    let (mut told, mut beginning) = (told, None::<Hold>);
    for at in 0..fates.len() {
        let (Some(one), Some(fate)) = (waiting.get(at), fates.get(at).cloned()) else { return };
        match (one.tone, fate) {
            (Tone::Firing | Tone::Escalated, Fate::Wait(hold)) => beginning = Some(hold),
            (Tone::Firing | Tone::Escalated, Fate::Send) => {
                supersede(fates, at);
                (told, beginning) = (true, None);
            }
            (Tone::Resolved, Fate::Send) if told || beginning.is_none() => {
                supersede(fates, at);
                (told, beginning) = (false, None);
            }
            (Tone::Resolved | Tone::Repeat | Tone::Restated, Fate::Send) => {
                if let (Some(hold), Some(fate)) = (&beginning, fates.get_mut(at)) {
                    *fate = Fate::Wait(hold.clone());
                }
            }
            (_, Fate::Wait(_) | Fate::Drop(_)) => {}
        }
    }
}

fn supersede(fates: &mut [Fate], before: usize) {
    let waits = fates.iter_mut().take(before).filter(|fate| matches!(fate, Fate::Wait(_)));
    waits.for_each(|fate| *fate = Fate::Drop(DeliveryState::Superseded));
}

/// Of several reminders the last one is enough, and none is needed beside anything else.
fn drop_reminders(waiting: &[Waiting], fates: &mut [Fate]) {
    let alive = |(one, fate): (&Waiting, &Fate)| !matches!(fate, Fate::Drop(_)) && one.tone != Tone::Repeat;
    let other = waiting.iter().zip(fates.iter()).any(alive);
    let last = waiting.iter().rposition(|one| one.tone == Tone::Repeat);
    for (at, (one, fate)) in waiting.iter().zip(fates).enumerate() {
        if one.tone == Tone::Repeat && !matches!(fate, Fate::Drop(_)) && (other || Some(at) != last) {
            *fate = Fate::Drop(DeliveryState::Superseded);
        }
    }
}

/// The severity that a text names.
pub fn severity_named(text: &str) -> Option<Severity> {
    let known = [Severity::Info, Severity::Warning, Severity::Critical];
    known.into_iter().find(|severity| super::notice::severity_name(*severity) == text)
}
