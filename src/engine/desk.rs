//! What people change about notifications: silences, escalations, acknowledgements; and how alerts stand with them.
//!
//! 1. Each change is one transaction, and what follows from it for what waits is part of it ([`Desk`]).
//! 2. Then the writer looks at the clock, so that it learns when something is due next.

use super::alerts::{AlertState, AlertView};
use super::inhibit::Inhibiting;
use super::post::{Desk, UNROUTED};
use super::route;
use super::workspace::Workspace;
use crate::diagnostic::codes::{api, notify as codes};
use crate::diagnostic::{Diagnostic, Thing};
use crate::store::{Ack, Case, Escalation, Notes, Silence, StoreError, Subject, Tx};
use crate::time::{Instant, Period};

/// The most silences of a workspace, and escalations.
const SILENCES_MAX: usize = 1_000;
const ESCALATIONS_MAX: usize = 100;
/// How long silences that are over can be looked up: 90 days.
const KEPT_S: i64 = 90 * 86_400;

/// How an alert stands with its notifications.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What has been told of it, and what people did about it; None when nothing was told.
    pub case: Option<Case>,
    /// The silences that mute it now.
    pub silences: Vec<String>,
    /// The alert that inhibits it now.
    pub inhibited_by: Option<String>,
    /// The disabled endpoints that should have been told.
    pub undelivered: Vec<String>,
}

impl Workspace {
    /// All silences, the latest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn silences(&self) -> Result<Vec<Silence>, Diagnostic> {
        let mut found = self.store().view()?.silences()?;
        found.sort_by(|a, b| (b.start, &a.id).cmp(&(a.start, &b.id)));
        Ok(found)
    }

    /// Adds a silence. It mutes what is told from now on.
    ///
    /// # Errors
    /// When there are too many, or the store fails.
    pub fn add_silence(&self, silence: &Silence) -> Result<(), Diagnostic> {
        let known = self.store().view()?.silences()?;
        let (over, live): (Vec<_>, Vec<_>) = known.iter().partition(|known| ended(known).is_some_and(|end| end < self.now()));
        if live.len() >= SILENCES_MAX {
            return Err(Diagnostic::general(&api::TOO_MANY).arg("limit", SILENCES_MAX).what(Thing::Silences));
        }
        let before = self.now().plus_s(-KEPT_S);
        self.desk(|desk| {
            for old in over.iter().filter(|old| ended(old).is_some_and(|end| end < before)) {
                desk.tx.remove_silence(&old.id)?;
            }
            desk.tx.put_silence(silence)
        })
    }

    /// Ends a silence now. What it held and is still true goes out. One that is over stays as it is.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub fn expire_silence(&self, id: &str) -> Result<Silence, Diagnostic> {
        let mut found = None;
        self.desk(|desk| {
            let now = desk.now;
            let silence = desk.tx.silences()?.into_iter().find(|silence| silence.id == id);
            let mut silence = silence.ok_or_else(|| StoreError::Unknown(Thing::Silence, id.to_owned()))?;
            if ended(&silence).is_none_or(|end| end > now) {
                silence.expired_at = Some(now);
                desk.tx.put_silence(&silence)?;
            }
            found = Some(silence);
            Ok(())
        })?;
        found.ok_or_else(|| StoreError::Unknown(Thing::Silence, id.to_owned()).into())
    }

    /// What people say about a period of a scorecard.
    ///
    /// # Errors
    /// When the store fails.
    pub fn notes(&self, (ruleset, card): (&str, &str), period: Period) -> Result<Notes, Diagnostic> {
        Ok(self.store().view()?.notes((ruleset, card, &period.to_string()))?)
    }

    /// Replaces what people say about a period of a scorecard.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_notes(&self, (ruleset, card): (&str, &str), period: Period, notes: &Notes) -> Result<(), Diagnostic> {
        Ok(self.store().commit(|tx| tx.put_notes((ruleset, card, &period.to_string()), notes))?)
    }

    /// All escalations, by channel.
    ///
    /// # Errors
    /// When the store fails.
    pub fn escalations(&self) -> Result<Vec<Escalation>, Diagnostic> {
        Ok(self.store().view()?.escalations()?)
    }

    /// Makes or replaces the escalation of a channel. It counts for the alerts that fire already, too.
    ///
    /// # Errors
    /// When there are too many, or the store fails.
    pub fn put_escalation(&self, escalation: &Escalation) -> Result<(), Diagnostic> {
        let known = self.escalations()?;
        if known.len() >= ESCALATIONS_MAX && known.iter().all(|known| known.channel != escalation.channel) {
            return Err(Diagnostic::general(&api::TOO_MANY).arg("limit", ESCALATIONS_MAX).what(Thing::Escalations));
        }
        self.desk(|desk| desk.tx.put_escalation(escalation))
    }

    /// Removes the escalation of a channel; false when there was none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn remove_escalation(&self, channel: &str) -> Result<bool, Diagnostic> {
        let mut existed = false;
        self.desk(|desk| {
            existed = desk.tx.remove_escalation(channel)?;
            Ok(())
        })?;
        Ok(existed)
    }

    /// Notes that somebody takes care of an alert that fires, or with None that nobody does any more. Its reminders and
    /// its escalation stop, or begin anew.
    ///
    /// # Errors
    /// When there is no such alert, it does not fire, or the store fails.
    pub fn acknowledge(&self, alert: &str, by: Option<(String, String, String)>) -> Result<(), Diagnostic> {
        self.tick()?;
        let case = self.store().view()?.case(alert)?;
        let not_firing = || Diagnostic::general(&codes::ALERT_NOT_FIRING).arg("id", alert);
        case.ok_or_else(|| StoreError::Unknown(Thing::Alert, alert.to_owned()))?.fires().then_some(()).ok_or_else(not_firing)?;
        self.change(|tx, now| {
            let Some(mut case) = tx.case(alert)?.filter(Case::fires) else { return Ok(false) };
            case.ack = match by {
                Some((author, note, key)) => Some(Ack { author, note, at: now, by: key, severity: case.subject.severity }),
                None => {
                    // The steps that were taken stay taken; the next ones count from now.
                    case.since = if case.ack.is_some() { case.since.max(now) } else { case.since };
                    None
                }
            };
            Desk::open(tx, now)?.save(alert, case)?;
            Ok(false)
        })
    }

    /// Looks again at what waits, at what went nowhere, and at what endpoints show: they have changed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn reroute(&self) -> Result<(), Diagnostic> {
        self.change(|tx, now| {
            let mut desk = Desk::open(tx, now)?;
            desk.changed()?;
            desk.catch_up()?;
            Ok(desk.wakes)
        })
    }

    /// How many notifications no endpoint wanted, ever.
    ///
    /// # Errors
    /// When the store fails.
    pub fn unrouted(&self) -> Result<u64, Diagnostic> {
        Ok(self.store().view()?.counted(UNROUTED)?)
    }

    /// How alerts stand with their notifications.
    ///
    /// # Errors
    /// When the store fails.
    pub fn standings(&self, alerts: &[AlertView]) -> Result<Vec<Standing>, Diagnostic> {
        let (view, now) = (self.store().view()?, self.now());
        let silences = view.silences()?;
        let inhibitions = view.inhibitions()?;
        let firing = if inhibitions.is_empty() { Vec::new() } else { view.firing()? };
        let inhibiting = Inhibiting { inhibitions, firing };
        let disabled: Vec<String> =
            self.store().endpoints()?.into_iter().filter(|endpoint| endpoint.disabled.is_some()).map(|endpoint| endpoint.id).collect();
        let mut standings = Vec::with_capacity(alerts.len());
        for alert in alerts {
            let mut standing = Standing { case: view.case(&alert.id)?, ..Standing::default() };
            if let (AlertState::Firing, Some(subject)) = (alert.state, subject(alert)) {
                let mute = silences.iter().filter(|silence| route::silence(now, std::slice::from_ref(silence), &subject).is_some());
                standing.inhibited_by = inhibiting.by(&subject).map(str::to_owned);
                standing.silences = mute.map(|silence| silence.id.clone()).collect();
            }
            for endpoint in &disabled {
                if view.told(endpoint, &alert.id)? {
                    standing.undelivered.push(endpoint.clone());
                }
            }
            standings.push(standing);
        }
        Ok(standings)
    }

    /// Changes what decides, and looks at everything again, in one transaction.
    fn desk(&self, change: impl FnOnce(&Desk<'_>) -> Result<(), StoreError>) -> Result<(), Diagnostic> {
        self.change(|tx, now| {
            change(&Desk::open(tx, now)?)?;
            let mut desk = Desk::open(tx, now)?;
            desk.changed()?;
            Ok(desk.wakes)
        })
    }

    /// Changes something in one transaction that says whether there is something to send.
    pub(super) fn change(&self, change: impl FnOnce(&Tx<'_>, Instant) -> Result<bool, StoreError>) -> Result<(), Diagnostic> {
        // What was due before comes before.
        self.tick()?;
        let now = self.now();
        if self.store().commit(|tx| change(tx, now))? {
            self.shared.wake();
        }
        self.tick().map(|_| ())
    }
}

/// When a silence is over for good.
pub fn ended(silence: &Silence) -> Option<Instant> {
    silence.expired_at.into_iter().chain(silence.end).min()
}

fn subject(alert: &AlertView) -> Option<Subject> {
    let scope = alert.scope.iter().map(|(dim, value)| (dim.clone(), value.clone())).collect();
    Some(Subject { ruleset: alert.ruleset.clone(), rule: alert.rule.clone(), severity: alert.severity?, scope })
}
