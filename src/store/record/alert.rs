//! Alert tracks as they are stored.

use super::cell::DecimalRecord;
use crate::compile::program::Severity;
use crate::eval::{Episode, Machine, Step, Track};
use crate::store::StoreError;
use crate::time::Instant;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct StepRecord {
    at: i64,
    held_since: Vec<Option<i64>>,
    clear: bool,
    firing: Option<(u8, i64)>,
    value: Option<DecimalRecord>,
}

#[derive(Serialize, Deserialize)]
struct EpisodeRecord {
    id: u64,
    from: i64,
    until: Option<i64>,
    worst: u8,
    restated: bool,
    withdrawn: bool,
}

/// A [`Track`].
#[derive(Serialize, Deserialize)]
pub struct TrackRecord {
    steps: Vec<StepRecord>,
    episodes: Vec<EpisodeRecord>,
    frontier: Option<i64>,
    due: Option<i64>,
    told: Option<(u64, u8, i64)>,
}

fn number(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

fn severity(number: u8) -> Result<Severity, StoreError> {
    match number {
        0 => Ok(Severity::Info),
        1 => Ok(Severity::Warning),
        2 => Ok(Severity::Critical),
        _ => Err(StoreError::Damaged(format!("there is no severity {number}"))),
    }
}

impl From<&Step> for StepRecord {
    fn from(step: &Step) -> Self {
        StepRecord {
            at: step.at.0,
            held_since: step.machine.held_since.iter().map(|since| since.map(|at| at.0)).collect(),
            clear: step.machine.clear,
            firing: step.machine.firing.map(|(severity, since)| (number(severity), since.0)),
            value: step.value.map(Into::into),
        }
    }
}

impl TryFrom<StepRecord> for Step {
    type Error = StoreError;

    fn try_from(record: StepRecord) -> Result<Self, StoreError> {
        let firing = record.firing.map(|(worst, since)| Ok::<_, StoreError>((severity(worst)?, Instant(since)))).transpose()?;
        Ok(Step {
            at: Instant(record.at),
            machine: Machine {
                held_since: record.held_since.into_iter().map(|since| since.map(Instant)).collect(),
                clear: record.clear,
                firing,
            },
            value: record.value.map(Decimal::try_from).transpose()?,
        })
    }
}

impl From<&Track> for TrackRecord {
    fn from(track: &Track) -> Self {
        let episode = |episode: &Episode| EpisodeRecord {
            id: episode.id,
            from: episode.from.0,
            until: episode.until.map(|at| at.0),
            worst: number(episode.worst),
            restated: episode.restated,
            withdrawn: episode.withdrawn,
        };
        TrackRecord {
            steps: track.steps.iter().map(Into::into).collect(),
            episodes: track.episodes.iter().map(episode).collect(),
            frontier: track.frontier.map(|at| at.0),
            due: track.due.map(|at| at.0),
            told: track.told.map(|(episode, severity, at)| (episode, number(severity), at.0)),
        }
    }
}

impl TryFrom<TrackRecord> for Track {
    type Error = StoreError;

    fn try_from(record: TrackRecord) -> Result<Self, StoreError> {
        let episode = |record: EpisodeRecord| -> Result<Episode, StoreError> {
            Ok(Episode {
                id: record.id,
                from: Instant(record.from),
                until: record.until.map(Instant),
                worst: severity(record.worst)?,
                restated: record.restated,
                withdrawn: record.withdrawn,
            })
        };
        Ok(Track {
            steps: record.steps.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            episodes: record.episodes.into_iter().map(episode).collect::<Result<_, _>>()?,
            frontier: record.frontier.map(Instant),
            due: record.due.map(Instant),
            told: record.told.map(|(episode, worst, at)| Ok::<_, StoreError>((episode, severity(worst)?, Instant(at)))).transpose()?,
        })
    }
}
