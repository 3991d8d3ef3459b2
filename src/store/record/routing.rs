//! Bindings, silences, cases and escalations as they are stored.

use super::alert::{number, severity};
use crate::compile::program::Severity;
use crate::diagnostic::Words;
use crate::store::StoreError;
use crate::store::routing::{
    Ack, Binding, Case, Escalated, Escalation, EscalationStep, Hold, Inhibition, Matcher, Silence, Subject, Unrouted,
};
use crate::time::{Hours, Instant, Range, Zone};
use serde::{Deserialize, Serialize};

/// [`Hours`]: the zone's name; of each range the days as bits, Monday lowest, and the minutes.
#[derive(Serialize, Deserialize)]
struct HoursRecord(String, Vec<(u8, u16, u16)>);

impl From<&Hours> for HoursRecord {
    fn from(hours: &Hours) -> Self {
        let bits = |days: &[bool; 7]| days.iter().rev().fold(0, |bits, on| bits << 1 | u8::from(*on));
        let ranges = hours.ranges.iter().map(|range| (bits(&range.days), range.from_min, range.to_min));
        HoursRecord(hours.zone.name().to_owned(), ranges.collect())
    }
}

impl HoursRecord {
    fn hours(self) -> Result<Hours, StoreError> {
        let HoursRecord(zone, ranges) = self;
        let zone = Zone::named(&zone)
            .ok_or_else(|| StoreError::Damaged(Words::new(format!("there is no zone {zone}"), format!("没有时区 {zone}"))))?;
        let days = |bits: u8| std::array::from_fn(|day| bits >> day & 1 == 1);
        let ranges = ranges.into_iter().map(|(bits, from_min, to_min)| Range { days: days(bits), from_min, to_min });
        Ok(Hours { zone, ranges: ranges.collect() })
    }
}

fn severities(numbers: Vec<u8>) -> Result<Vec<Severity>, StoreError> {
    numbers.into_iter().map(severity).collect()
}

fn numbers(severities: &[Severity]) -> Vec<u8> {
    severities.iter().map(|severity| number(*severity)).collect()
}

/// A [`Binding`].
#[derive(Serialize, Deserialize)]
pub struct BindingRecord {
    severity: u8,
    scope: Vec<(String, Vec<String>)>,
    hours: Option<HoursRecord>,
    at_once: Vec<u8>,
}

impl From<&Binding> for BindingRecord {
    fn from(binding: &Binding) -> Self {
        BindingRecord {
            severity: number(binding.severity),
            scope: binding.scope.clone(),
            hours: binding.hours.as_ref().map(HoursRecord::from),
            at_once: numbers(&binding.at_once),
        }
    }
}

impl BindingRecord {
    /// The binding.
    pub fn binding(self) -> Result<Binding, StoreError> {
        Ok(Binding {
            severity: severity(self.severity)?,
            scope: self.scope,
            hours: self.hours.map(HoursRecord::hours).transpose()?,
            at_once: severities(self.at_once)?,
        })
    }
}

/// A [`Silence`].
#[derive(Serialize, Deserialize)]
pub struct SilenceRecord {
    id: String,
    ruleset: Option<String>,
    rule: Option<String>,
    severities: Vec<u8>,
    scope: Vec<(String, Vec<String>)>,
    start: i64,
    end: Option<i64>,
    weekly: Option<HoursRecord>,
    author: String,
    reason: String,
    created_at: i64,
    created_by: String,
    expired_at: Option<i64>,
}

impl From<&Silence> for SilenceRecord {
    fn from(silence: &Silence) -> Self {
        SilenceRecord {
            id: silence.id.clone(),
            ruleset: silence.matcher.ruleset.clone(),
            rule: silence.matcher.rule.clone(),
            severities: numbers(&silence.matcher.severities),
            scope: silence.matcher.scope.clone(),
            start: silence.start.0,
            end: silence.end.map(|at| at.0),
            weekly: silence.weekly.as_ref().map(HoursRecord::from),
            author: silence.author.clone(),
            reason: silence.reason.clone(),
            created_at: silence.created_at.0,
            created_by: silence.created_by.clone(),
            expired_at: silence.expired_at.map(|at| at.0),
        }
    }
}

impl SilenceRecord {
    /// The silence.
    pub fn silence(self) -> Result<Silence, StoreError> {
        let severities = severities(self.severities)?;
        Ok(Silence {
            id: self.id,
            matcher: Matcher { ruleset: self.ruleset, rule: self.rule, severities, scope: self.scope },
            start: Instant(self.start),
            end: self.end.map(Instant),
            weekly: self.weekly.map(HoursRecord::hours).transpose()?,
            author: self.author,
            reason: self.reason,
            created_at: Instant(self.created_at),
            created_by: self.created_by,
            expired_at: self.expired_at.map(Instant),
        })
    }
}

/// A [`Subject`].
#[derive(Serialize, Deserialize)]
pub struct SubjectRecord {
    ruleset: String,
    rule: String,
    severity: u8,
    scope: Vec<(String, Option<String>)>,
}

impl From<&Subject> for SubjectRecord {
    fn from(subject: &Subject) -> Self {
        SubjectRecord {
            ruleset: subject.ruleset.clone(),
            rule: subject.rule.clone(),
            severity: number(subject.severity),
            scope: subject.scope.clone(),
        }
    }
}

impl SubjectRecord {
    /// The subject.
    pub fn subject(self) -> Result<Subject, StoreError> {
        Ok(Subject { ruleset: self.ruleset, rule: self.rule, severity: severity(self.severity)?, scope: self.scope })
    }
}

/// A [`Hold`].
#[derive(Serialize, Deserialize)]
pub struct HoldRecord(Option<String>, i64);

impl From<&Hold> for HoldRecord {
    fn from(hold: &Hold) -> Self {
        HoldRecord(hold.silence.clone(), hold.until.0)
    }
}

impl From<HoldRecord> for Hold {
    fn from(HoldRecord(silence, until): HoldRecord) -> Self {
        Hold { silence, until: Instant(until) }
    }
}

/// An [`Inhibition`].
#[derive(Serialize, Deserialize)]
pub struct InhibitionRecord(String, String, Vec<String>);

impl From<&Inhibition> for InhibitionRecord {
    fn from(one: &Inhibition) -> Self {
        InhibitionRecord(one.rule.clone(), one.by.clone(), one.dims.clone())
    }
}

impl From<InhibitionRecord> for Inhibition {
    fn from(InhibitionRecord(rule, by, dims): InhibitionRecord) -> Self {
        Inhibition { rule, by, dims }
    }
}

/// An [`Escalation`].
#[derive(Serialize, Deserialize)]
pub struct EscalationRecord(String, Vec<(u32, Vec<String>)>);

impl From<&Escalation> for EscalationRecord {
    fn from(escalation: &Escalation) -> Self {
        let steps = escalation.steps.iter().map(|step| (step.after_s, step.channels.clone()));
        EscalationRecord(escalation.channel.clone(), steps.collect())
    }
}

impl From<EscalationRecord> for Escalation {
    fn from(EscalationRecord(channel, steps): EscalationRecord) -> Self {
        let steps = steps.into_iter().map(|(after_s, channels)| EscalationStep { after_s, channels });
        Escalation { channel, steps: steps.collect() }
    }
}

/// An [`Ack`].
#[derive(Serialize, Deserialize)]
struct AckRecord {
    author: String,
    note: String,
    at: i64,
    by: String,
    severity: u8,
}

impl From<&Ack> for AckRecord {
    fn from(ack: &Ack) -> Self {
        let Ack { author, note, at, by, severity } = ack.clone();
        AckRecord { author, note, at: at.0, by, severity: number(severity) }
    }
}

impl AckRecord {
    fn ack(self) -> Result<Ack, StoreError> {
        Ok(Ack { author: self.author, note: self.note, at: Instant(self.at), by: self.by, severity: severity(self.severity)? })
    }
}

/// A [`Case`].
#[derive(Serialize, Deserialize)]
pub struct CaseRecord {
    subject: SubjectRecord,
    over: Option<i64>,
    channels: Vec<String>,
    data: String,
    since: i64,
    silence: Option<String>,
    ack: Option<AckRecord>,
    unrouted: Option<(i64, String)>,
    escalated: Vec<(i64, Vec<String>, bool)>,
    escalated_s: u32,
    next_step: Option<i64>,
}

impl From<&Case> for CaseRecord {
    fn from(case: &Case) -> Self {
        CaseRecord {
            subject: SubjectRecord::from(&case.subject),
            over: case.over.map(|at| at.0),
            channels: case.channels.clone(),
            data: case.data.clone(),
            since: case.since.0,
            silence: case.silence.clone(),
            ack: case.ack.as_ref().map(AckRecord::from),
            unrouted: case.unrouted.as_ref().map(|unrouted| (unrouted.at.0, unrouted.reason.clone())),
            escalated: case.escalated.iter().map(|step| (step.at.0, step.channels.clone(), step.unrouted)).collect(),
            escalated_s: case.escalated_s,
            next_step: case.next_step.map(|at| at.0),
        }
    }
}

impl CaseRecord {
    /// When the next step is due.
    pub fn next_step(&self) -> Option<Instant> {
        self.next_step.map(Instant)
    }

    /// When it was told to be over.
    pub fn over(&self) -> Option<Instant> {
        self.over.map(Instant)
    }

    /// The case.
    pub fn case(self) -> Result<Case, StoreError> {
        let escalated = self.escalated.into_iter().map(|(at, channels, unrouted)| Escalated { at: Instant(at), channels, unrouted });
        Ok(Case {
            subject: self.subject.subject()?,
            over: self.over.map(Instant),
            channels: self.channels,
            data: self.data,
            since: Instant(self.since),
            silence: self.silence,
            ack: self.ack.map(AckRecord::ack).transpose()?,
            unrouted: self.unrouted.map(|(at, reason)| Unrouted { at: Instant(at), reason }),
            escalated: escalated.collect(),
            escalated_s: self.escalated_s,
            next_step: self.next_step.map(Instant),
        })
    }
}
