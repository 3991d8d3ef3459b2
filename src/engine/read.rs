//! Reading numbers: from a snapshot of the store, never through the writer.
//!
//! 1. A [`Question`] names what it is about; the active program that declares it is found.
//! 2. When something has become due that nothing has announced, the writer is asked to read the clock first. All readers
//!    ask together, and none waits long: when the writer is busy, the answer is as of the last commit.
//! 3. A snapshot is taken and handed over as a [`Reader`]. `known_at` instead replays the events received until then.

use super::history::{Shelf, Stored, raw, utc_day};
use super::workspace::Workspace;
use crate::compile::program::Program;
use crate::diagnostic::codes::{api, close, store};
use crate::diagnostic::{Diagnostic, Thing, Words, nearest};
use crate::eval::{MemoryHistory, Reader, RowId, State};
use crate::store::record::rules::ActiveRecord;
use crate::store::{StoreError, StoreView};
use crate::time::{EARLIEST, Instant, LATEST};
use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// A metric.
    Metric(&'a str),
    /// A scorecard.
    Scorecard(&'a str),
    /// An alert rule.
    Alert(&'a str),
    /// The ruleset as a whole.
    Ruleset,
}

/// A question for numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// What it is about.
    pub about: About<'a>,
    /// The ruleset, when it is named.
    pub ruleset: Option<&'a str>,
    /// Which running version answers.
    pub which: Which<'a>,
    /// The instant to read at; now when None, and never later.
    pub at: Option<Instant>,
    /// Only events that had been received then exist; all when None.
    pub known_at: Option<Instant>,
}

/// Which of the versions that run answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which<'a> {
    /// The one that counts.
    #[default]
    Active,
    /// The one on trial.
    Trial,
    /// This one, which counts or is on trial.
    Version(&'a str),
}

impl Which<'_> {
    /// The programs that may answer.
    pub(super) fn running(self, view: &StoreView) -> Result<Vec<ActiveRecord>, StoreError> {
        let trials = || Ok::<_, StoreError>(view.trials()?.into_iter().map(|trial| trial.running));
        Ok(match self {
            Which::Active => view.active()?,
            Which::Trial => trials()?.collect(),
            Which::Version(version) => view.active()?.into_iter().chain(trials()?).filter(|one| one.version == version).collect(),
        })
    }
}

impl<'a> About<'a> {
    fn is_in(self, program: &Program) -> bool {
        match self {
            About::Metric(name) => program.metrics.iter().any(|metric| metric.name == name),
            About::Scorecard(name) => program.scorecards.iter().any(|card| card.name == name),
            About::Alert(name) => program.alerts.iter().any(|rule| rule.name == name),
            About::Ruleset => true,
        }
    }

    fn words(self) -> (Thing, &'a str) {
        match self {
            About::Metric(name) => (Thing::Metric, name),
            About::Scorecard(name) => (Thing::Scorecard, name),
            About::Alert(name) => (Thing::Alert, name),
            About::Ruleset => (Thing::Ruleset, ""),
        }
    }

    fn names(self, program: &Program) -> Vec<&str> {
        match self {
            About::Metric(_) => program.metrics.iter().map(|metric| metric.name.as_str()).collect(),
            About::Scorecard(_) => program.scorecards.iter().map(|card| card.name.as_str()).collect(),
            About::Alert(_) => program.alerts.iter().map(|rule| rule.name.as_str()).collect(),
            About::Ruleset => vec![program.name.as_str()],
        }
    }
}

impl Workspace {
    /// Reads numbers in a consistent snapshot.
    ///
    /// # Errors
    /// When no or several active rulesets declare what is asked for, or the store fails.
    pub fn read<R>(&self, question: &Question<'_>, answer: impl FnOnce(&Reader<'_>) -> R) -> Result<R, Diagnostic> {
        self.guarded(|| self.answer(question, answer))
    }

    fn answer<R>(&self, question: &Question<'_>, answer: impl FnOnce(&Reader<'_>) -> R) -> Result<R, Diagnostic> {
        let now = self.settle();
        let view = self.store().view()?;
        let (active, program) = self.choose(&view, question)?;
        let at = question.at.unwrap_or(now).min(now);
        if let Some(known_at) = question.known_at {
            let _alone = self.shared.replaying.lock().unwrap_or_else(PoisonError::into_inner);
            let (state, history) = replay_known(&view, &program, known_at.min(now), self.shared.options.replayed_max)?;
            return Ok(answer(&Reader { program: &program, cells: &state, history: &history, at: at.min(known_at) }));
        }
        let log = view.log()?;
        let shelf = RefCell::new(Shelf::default());
        let number = active.program;
        let snapshot = view.snapshot(active);
        let history = Stored { program: &program, number, log: &log, pending: &[], shelf: &shelf };
        Ok(answer(&Reader { program: &program, cells: &snapshot, history: &history, at }))
    }

    /// Runs a read. Over damaged pages the database can panic instead of failing: that ends the read and nothing else.
    /// A panic can also leave locks of the database behind that nobody can take any more; then the file is opened anew.
    pub(super) fn guarded<R>(&self, read: impl FnOnce() -> Result<R, Diagnostic>) -> Result<R, Diagnostic> {
        if let Ok(answer) = catch_unwind(AssertUnwindSafe(read)) {
            return answer;
        }
        tracing::error!(workspace = self.name(), "a read panicked");
        let works = catch_unwind(AssertUnwindSafe(|| self.store().view()?.active().map(|_| ())));
        if works.is_ok_and(|works| works.is_ok()) {
            return Err(Diagnostic::general(&api::NOT_DONE).reason(Words::new("an internal fault", "内部错误")));
        }
        self.store().reopen()?;
        Err(Diagnostic::general(&store::DAMAGED).reason(Words::new("a page cannot be read", "有一页无法读取")))
    }

    /// The source and id of stored events, by identity and time. Events that are not stored are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn names_of(&self, events: &[(RowId, Instant)]) -> Result<Vec<(RowId, String, String)>, Diagnostic> {
        let log = self.store().view()?.log()?;
        let mut days: Vec<i32> = events.iter().map(|(_, at)| utc_day(*at)).collect();
        days.sort_unstable();
        days.dedup();
        let wanted: HashSet<RowId> = events.iter().map(|(id, _)| *id).collect();
        let mut found = Vec::new();
        for day in days {
            log.events(day, day, |_, record| {
                let id = super::event::row_id(&record.source, &record.id);
                if wanted.contains(&id) {
                    found.push((id, record.source.to_string(), record.id.to_string()));
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Lets the writer read the clock when something is due, and returns the instant up to which numbers are right.
    pub(super) fn settle(&self) -> Instant {
        let now = self.now();
        if !self.shared.is_due(now) {
            return now;
        }
        match self.tick_soon() {
            Some(ticked) => ticked.max(now),
            // The writer is busy or in trouble: what has been committed can still be read, as of then.
            None => self.shared.committed(),
        }
    }

    /// The one running program that the question is about.
    pub(super) fn choose(&self, view: &StoreView, question: &Question<'_>) -> Result<(ActiveRecord, Arc<Program>), Diagnostic> {
        let mut fitting = Vec::new();
        let mut names = Vec::new();
        for active in question.which.running(view)? {
            if question.ruleset.is_some_and(|name| name != active.name) {
                continue;
            }
            let program = self.shared.program(view, &active.name, &active.version)?;
            if question.about.is_in(&program) {
                fitting.push((active, program));
            } else {
                names.extend(question.about.names(&program).into_iter().map(str::to_owned));
            }
        }
        let (what, name) = question.about.words();
        if fitting.len() > 1 {
            let rulesets: Vec<&str> = fitting.iter().map(|(active, _)| active.name.as_str()).collect();
            return Err(Diagnostic::general(&api::AMBIGUOUS_NAME).what(what).arg("name", name).arg("rulesets", rulesets.join(", ")));
        }
        let hint = nearest(name, names.iter().map(String::as_str))
            .map(|near| Words::new(format!(" (did you mean `{near}`?)"), format!("（是否指 `{near}`？）")))
            .unwrap_or_default();
        let absent = || match (question.which, question.ruleset) {
            (Which::Version(version), _) => Diagnostic::general(&close::NOT_RUNNING).what(what).arg("name", name).arg("version", version),
            (Which::Trial, _) => Diagnostic::general(&close::NO_TRIAL).what(what).arg("name", name).words("hint", hint.clone()),
            (Which::Active, Some(ruleset)) if names.is_empty() => Diagnostic::general(&api::NOT_ACTIVE).arg("name", ruleset),
            (Which::Active, _) => Diagnostic::general(&api::UNKNOWN_NAME).what(what).arg("name", name).words("hint", hint.clone()),
        };
        fitting.pop().ok_or_else(|| self.why_absent(absent()))
    }

    /// Why something is not there: lost, when the files are damaged, of which nobody knows before all of them have been loaded.
    fn why_absent(&self, absent: Diagnostic) -> Diagnostic {
        let failed = if self.shared.is_loaded() { None } else { self.tick().err() };
        self.damage().or(failed).unwrap_or(absent)
    }
}

/// The state after the events that had been received at an instant, at most so many, and those events.
pub(super) fn replay_known(
    view: &StoreView,
    program: &Arc<Program>,
    known_at: Instant,
    most: usize,
) -> Result<(State, MemoryHistory), Diagnostic> {
    let (mut state, mut history) = (State::new(Arc::clone(program)), MemoryHistory::default());
    let (mut rows, mut too_many) = (Vec::new(), false);
    view.log()?.events(utc_day(EARLIEST), utc_day(LATEST), |_, record| {
        if record.received_at <= known_at.0
            && let Some(event) = program.event_named(&record.kind)
            && let Ok(row) =
                super::shape::fields(program, event, &raw(&record)?, super::event::row_id(&record.source, &record.id), Instant(record.time))
        {
            if rows.len() < most {
                history.push(row.clone());
                rows.push(row);
            } else {
                too_many = true;
            }
        }
        Ok(())
    })?;
    if too_many {
        return Err(Diagnostic::general(&api::TOO_MUCH_TO_REPLAY).arg("limit", most));
    }
    state.step(rows, known_at, &history)?;
    Ok((state, history))
}
