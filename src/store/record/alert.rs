//! Alert tracks as they are stored.

use super::cell::DecimalRecord;
use crate::compile::program::Severity;
use crate::diagnostic::Words;
use crate::eval::{Episode, Machine, Step, Track};
use crate::store::StoreError;
use crate::time::{Day, Instant};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A [`Step`]; its instant stands in the key.
#[derive(Serialize, Deserialize)]
pub struct StepRecord {
    held_since: Vec<Option<i64>>,
    held_days: Vec<Vec<i32>>,
    clear: bool,
    clear_since: Option<i64>,
    firing: Option<(u8, i64)>,
    value: Option<DecimalRecord>,
}

/// An [`Episode`]; its id stands in the key.
#[derive(Serialize, Deserialize)]
pub struct EpisodeRecord {
    from: i64,
    until: Option<i64>,
    worst: u8,
    restated: bool,
    withdrawn: bool,
}

/// A [`Track`] without its steps and episodes.
#[derive(Serialize, Deserialize)]
pub struct TrackRecord {
    frontier: Option<i64>,
    due: Option<i64>,
    told: Option<(u64, u8, i64)>,
}

/// The stored number of a severity.
pub(super) fn number(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

/// The severity of a stored number.
pub(super) fn severity(number: u8) -> Result<Severity, StoreError> {
    match number {
        0 => Ok(Severity::Info),
        1 => Ok(Severity::Warning),
        2 => Ok(Severity::Critical),
        _ => Err(StoreError::Damaged(Words::new(format!("there is no severity {number}"), format!("没有级别 {number}")))),
    }
}

impl From<&Step> for StepRecord {
    fn from(step: &Step) -> Self {
        StepRecord {
            held_since: step.machine.held_since.iter().map(|since| since.map(|at| at.0)).collect(),
            held_days: step.machine.held_days.iter().map(|days| days.iter().map(|day| day.0).collect()).collect(),
            clear: step.machine.clear,
            clear_since: step.machine.clear_since.map(|at| at.0),
            firing: step.machine.firing.map(|(severity, since)| (number(severity), since.0)),
            value: step.value.map(Into::into),
        }
    }
}

impl StepRecord {
    /// The step at this instant.
    pub fn step(self, at: Instant) -> Result<Step, StoreError> {
        let firing = self.firing.map(|(worst, since)| Ok::<_, StoreError>((severity(worst)?, Instant(since)))).transpose()?;
        Ok(Step {
            at,
            machine: Machine {
                held_since: self.held_since.into_iter().map(|since| since.map(Instant)).collect(),
                held_days: self.held_days.into_iter().map(|days| days.into_iter().map(Day).collect()).collect(),
                clear: self.clear,
                clear_since: self.clear_since.map(Instant),
                firing,
            },
            value: self.value.map(Decimal::try_from).transpose()?,
        })
    }
}

impl From<&Episode> for EpisodeRecord {
    fn from(episode: &Episode) -> Self {
        EpisodeRecord {
            from: episode.from.0,
            until: episode.until.map(|at| at.0),
            worst: number(episode.worst),
            restated: episode.restated,
            withdrawn: episode.withdrawn,
        }
    }
}

impl EpisodeRecord {
    /// The episode of this id.
    pub fn episode(self, id: u64) -> Result<Episode, StoreError> {
        Ok(Episode {
            id,
            from: Instant(self.from),
            until: self.until.map(Instant),
            worst: severity(self.worst)?,
            restated: self.restated,
            withdrawn: self.withdrawn,
        })
    }
}

impl From<&Track> for TrackRecord {
    fn from(track: &Track) -> Self {
        TrackRecord {
            frontier: track.frontier.map(|at| at.0),
            due: track.due.map(|at| at.0),
            told: track.told.map(|(episode, severity, at)| (episode, number(severity), at.0)),
        }
    }
}

impl TryFrom<TrackRecord> for Track {
    type Error = StoreError;

    fn try_from(record: TrackRecord) -> Result<Self, StoreError> {
        Ok(Track {
            steps: Vec::new(),
            episodes: Vec::new(),
            frontier: record.frontier.map(Instant),
            due: record.due.map(Instant),
            told: record.told.map(|(episode, worst, at)| Ok::<_, StoreError>((episode, severity(worst)?, Instant(at)))).transpose()?,
        })
    }
}
