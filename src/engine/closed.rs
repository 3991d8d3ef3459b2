//! What has come of closed scores: each as it was closed, and as the same version of the ruleset would give it now.
//!
//! 1. The acts about a scorecard and period say which scores are closed, and by which act.
//! 2. The version that was closed with reads the events as they are known now: from its aggregates while it runs, otherwise by
//!    running the stored events through it in memory.
//! 3. Where that differs, the events that came since and stand behind the score are named.

use super::history::{Shelf, Stored, utc_day};
use super::kept::agree;
use super::read::{Which, replay_known};
use super::review::{Review, covers, scores};
use super::workspace::Workspace;
use crate::compile::program::{DimIdx, Program, Scorecard};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::close as codes;
use crate::eval::{Explanation, Reader, RowId};
use crate::store::Log;
use crate::store::record::review::{ActRecord, Deed, KeptScore, ScopeRecord, Standing};
use crate::time::{Instant, Period};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::PoisonError;

/// The most events of each aggregate that are looked at for one score.
const EVENTS_MAX: usize = 1_000;
/// The most changed scores whose events are looked for.
const CHANGED_MAX: usize = 200;

/// A closed score.
#[derive(Debug, Clone)]
pub struct Closed {
    /// The act that closed it.
    pub act: u64,
    /// Whose score.
    pub scope: ScopeRecord,
    /// As it was closed; None when the scope was seen only later.
    pub kept: Option<KeptScore>,
    /// As it would be now; None when the scope is no more.
    pub now: Option<KeptScore>,
    /// The events that came since and stand behind it now, by time.
    pub events: Vec<LateEvent>,
}

impl Closed {
    /// True when later events changed it.
    pub fn is_amended(&self) -> bool {
        match (&self.kept, &self.now) {
            (Some(kept), Some(now)) => !agree(kept, now),
            (kept, now) => kept.is_some() || now.is_some(),
        }
    }
}

/// An event that came after a closing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateEvent {
    /// Who sent it.
    pub source: String,
    /// Its id within the source.
    pub id: String,
    /// When it happened.
    pub time: Instant,
    /// When it came.
    pub received_at: Instant,
}

impl Workspace {
    /// The closed scores among those that acts are about, all of one scorecard and period, which have some dimension values.
    ///
    /// # Errors
    /// When the version that was closed with cannot be read any more, or the store fails.
    pub fn closed_scores(&self, acts: &[ActRecord], within: &[(String, String)]) -> Result<Vec<Closed>, Diagnostic> {
        let mut found = Vec::new();
        for act in acts {
            if let Deed::Close(standing) = &act.deed
                && within.iter().all(|(dim, value)| act.scope.iter().all(|(own, other)| own != dim || other == value))
            {
                found.extend(self.guarded(|| self.closed_by(act, standing, acts, within))?);
            }
        }
        found.sort_by(|a, b| a.scope.cmp(&b.scope));
        Ok(found)
    }

    /// The scores that are closed by one act.
    fn closed_by(
        &self,
        act: &ActRecord,
        standing: &Standing,
        acts: &[ActRecord],
        within: &[(String, String)],
    ) -> Result<Vec<Closed>, Diagnostic> {
        let stands = |scope: &ScopeRecord| Review::of(acts, scope).closed.is_some_and(|by| by.id == act.id);
        let is_meant = |scope: &ScopeRecord| covers(within, scope) && stands(scope);
        let mut pairs: BTreeMap<ScopeRecord, (Option<KeptScore>, Option<KeptScore>)> = BTreeMap::new();
        for kept in self.store().view()?.kept_scores(act.id)? {
            if is_meant(&kept.scope) {
                let scope = kept.scope.clone();
                pairs.entry(scope).or_default().0 = Some(kept);
            }
        }
        // A scope that was seen only later is closed too, while the whole act stands.
        if pairs.is_empty() && !stands(&act.scope) {
            return Ok(Vec::new());
        }
        self.by_version(&act.ruleset, &standing.version, |reader, log| {
            let (card, period) = card_of(reader.program, act)?;
            let fixed = values(reader.program, &act.scope);
            for now in scores(reader, card, period, &fixed)? {
                if is_meant(&now.scope) {
                    let scope = now.scope.clone();
                    pairs.entry(scope).or_default().1 = Some(now);
                }
            }
            let closed = |(scope, (kept, now))| Closed { act: act.id, scope, kept, now, events: Vec::new() };
            let mut found: Vec<Closed> = pairs.into_iter().map(closed).collect();
            name_late(&mut found, reader, (card, period), (log, standing.seq))?;
            Ok(found)
        })?
    }

    /// Reads any version of a ruleset that was ever put, as of now.
    ///
    /// # Errors
    /// When there is no such version, or the store fails.
    pub fn read_version<R>(&self, name: &str, version: &str, answer: impl FnOnce(&Reader<'_>) -> R) -> Result<R, Diagnostic> {
        self.guarded(|| self.by_version(name, version, |reader, _| answer(reader)))
    }

    /// Reads a version as of now: from its aggregates while it runs, otherwise by running the stored events through it.
    fn by_version<R>(&self, name: &str, version: &str, answer: impl FnOnce(&Reader<'_>, &Log) -> R) -> Result<R, Diagnostic> {
        let at = self.settle();
        let (view, shelf) = (self.store().view()?, RefCell::new(Shelf::default()));
        let (program, log) = (self.shared.program(&view, name, version)?, view.log()?);
        let running = Which::Version(version).running(&view)?.into_iter().find(|running| running.name == name);
        if let Some(running) = running {
            let history = Stored { program: &program, number: running.program, log: &log, pending: &[], shelf: &shelf };
            let cells = view.snapshot(running);
            return Ok(answer(&Reader { program: &program, cells: &cells, history: &history, at }, &log));
        }
        let _alone = self.shared.replaying.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, history) = replay_known(&view, &program, at, self.shared.options.replayed_max)?;
        Ok(answer(&Reader { program: &program, cells: &state, history: &history, at }, &log))
    }
}

/// The card and period of an act, in the version that it was done with.
fn card_of<'p>(program: &'p Program, act: &ActRecord) -> Result<(&'p Scorecard, Period), Diagnostic> {
    let card = program.scorecards.iter().find(|card| card.name == act.card);
    let period = Period::parse(&act.period, program.reckoning).ok();
    let wrong = || Diagnostic::general(&codes::PERIOD_WRONG).arg("period", &act.period).arg("card", &act.card).arg("every", "?");
    card.zip(period).ok_or_else(wrong)
}

/// Dimension values by index, sorted.
fn values(program: &Program, scope: &[(String, String)]) -> Vec<(DimIdx, Box<str>)> {
    let find = |name: &String| program.dims.iter().position(|dim| dim == name);
    let mut found: Vec<_> = scope.iter().filter_map(|(name, value)| Some((find(name)?, value.as_str().into()))).collect();
    found.sort();
    found
}

/// Adds to the scores that changed the events that came since.
fn name_late(
    found: &mut [Closed],
    reader: &Reader<'_>,
    (card, period): (&Scorecard, Period),
    (log, seq): (&Log, u64),
) -> Result<(), Diagnostic> {
    let mut behind: Vec<(usize, BTreeSet<(Instant, RowId)>)> = Vec::new();
    for (place, closed) in found.iter().enumerate().filter(|(_, closed)| closed.is_amended()).take(CHANGED_MAX) {
        let told = reader.explain_score(card, period, &values(reader.program, &closed.scope), EVENTS_MAX)?;
        behind.push((place, told.all().flat_map(events_of).collect()));
    }
    let days: BTreeSet<i32> = behind.iter().flat_map(|(_, events)| events).map(|(at, _)| utc_day(*at)).collect();
    let mut late: HashMap<RowId, LateEvent> = HashMap::new();
    for day in days {
        log.events(day, day, |_, record| {
            if record.seq >= seq {
                let (time, received_at) = (Instant(record.time), Instant(record.received_at));
                let event = LateEvent { source: record.source.to_string(), id: record.id.to_string(), time, received_at };
                late.insert(super::event::row_id(&record.source, &record.id), event);
            }
            Ok(())
        })?;
    }
    for (place, events) in behind {
        if let Some(closed) = found.get_mut(place) {
            closed.events = events.iter().filter_map(|(_, id)| late.get(id).cloned()).collect();
        }
    }
    Ok(())
}

/// The events behind a number, and those of the rates and the told rows of tables in it.
fn events_of(explained: &Explanation) -> impl Iterator<Item = (Instant, RowId)> {
    let parts = explained.parts.iter().flat_map(|part| part.events.iter().copied());
    let told = explained.lookups.iter().filter_map(|looked| looked.told.as_ref()).map(|told| told.event);
    let amounts = explained.amounts.iter().filter_map(|amount| amount.event);
    parts.chain(explained.rates.iter().map(|rate| rate.event)).chain(told).chain(amounts)
}
