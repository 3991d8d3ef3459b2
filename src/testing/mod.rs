//! Runs the `test` blocks of a ruleset on a virtual clock.
//!
//! 1. Each test has a [`Replay`] of its own: the same evaluation as live, over events in memory.
//! 2. `given` tables become events ([`given`]); they wait until the clock reaches them, as they would in life.
//! 3. `at` moves the clock, never backwards.
//! 4. Each `expect` is compared with what came out ([`expect`]); a failure says both and how the number came about.
//! 5. [`cover`] also tells what the tests reach, [`mutate`] which changes of the ruleset they do not notice.

mod coverage;
mod expect;
mod given;
mod mutants;
mod mutate;
mod seen;

pub use coverage::{Coverage, Point, cover};
pub use mutants::Mutant;
pub use mutate::{Mutation, mutate};

use crate::compile::program::Program;
use crate::diagnostic::{Diagnostic, Span, Spanned, codes::cli as codes};
use crate::engine::replay::Replay;
use crate::engine::{Fault, Reader, Refusal};
use crate::syntax::ast::{File, Given, Item, Test, TestStep};
use crate::time::Instant;
use given::Placed;
use seen::Seen;
use std::sync::Arc;

/// What became of the tests of a file.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The tests, in the order of the text.
    pub tests: Vec<TestResult>,
}

impl Report {
    /// True when no expectation failed.
    pub fn passed(&self) -> bool {
        self.tests.iter().all(TestResult::passed)
    }
}

/// What became of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// What it shows.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Each with its place, what was expected, what came out, and how.
    pub failures: Vec<Diagnostic>,
}

impl TestResult {
    /// True when every expectation was met.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs every `test` of a file. `program` and `file` come from the same `text`.
pub fn run(program: &Arc<Program>, file: &File, text: &str) -> Report {
    let tests = file.items.iter().filter_map(|item| match item {
        Item::Test(test) => Some(Runner::new(program, text).run(test)),
        _ => None,
    });
    Report { tests: tests.collect() }
}

/// The events of a test, read for more than its expectations.
#[derive(Debug)]
pub struct Played {
    /// The replay that has read them; it knows their names.
    pub replay: Replay,
    /// The instant up to which time has been read.
    pub at: Instant,
    /// What is wrong with the events.
    pub failures: Vec<Diagnostic>,
}

/// Plays the steps of a test without its expectations, up to its end or to an instant. None when it never sets its clock.
pub fn play(program: &Arc<Program>, test: &Test, text: &str, until: Option<Instant>) -> Option<Played> {
    let mut runner = Runner { replay: Replay::with_names(Arc::clone(program)), ..Runner::new(program, text) };
    for (number, step) in test.steps.iter().enumerate() {
        match step {
            TestStep::At(_) if runner.clock.is_some() && runner.clock == until => break,
            TestStep::Given(given) => runner.given(number, given),
            TestStep::At(time) => runner.at(time, until),
            TestStep::Expect(_) => {}
        }
    }
    if let Some(until) = until.filter(|until| runner.clock < Some(*until)) {
        runner.read_to(until);
    }
    let Runner { replay, clock, failures, .. } = runner;
    clock.map(|at| Played { replay, at, failures })
}

/// One running test.
struct Runner<'a> {
    program: &'a Program,
    text: &'a str,
    replay: Replay,
    clock: Option<Instant>,
    /// Events that the clock has not reached.
    waiting: Vec<Placed<'a>>,
    failures: Vec<Diagnostic>,
    /// Stop at the first failure.
    brief: bool,
    /// What the test reaches, when that is wanted.
    seen: Option<Seen>,
}

impl<'a> Runner<'a> {
    fn new(program: &'a Arc<Program>, text: &'a str) -> Self {
        let replay = Replay::new(Arc::clone(program));
        Runner { program, text, replay, clock: None, waiting: Vec::new(), failures: Vec::new(), brief: false, seen: None }
    }

    fn run(&mut self, test: &'a Test) -> TestResult {
        for (number, step) in test.steps.iter().enumerate() {
            if self.brief && !self.failures.is_empty() {
                break;
            }
            match step {
                TestStep::Given(given) => self.given(number, given),
                TestStep::At(time) => {
                    self.at(time, None);
                    self.see(Seen::instant);
                }
                TestStep::Expect(expect) => match self.clock {
                    Some(at) => {
                        let found = expect::check(self.program, self.text, &self.replay, expect, at, self.seen.as_mut());
                        self.failures.extend(found.err());
                    }
                    None => self.failures.push(Diagnostic::new(&codes::NO_CLOCK, expect.span)),
                },
            }
        }
        self.see(Seen::end);
        TestResult { name: test.name.value.clone(), span: test.span, failures: std::mem::take(&mut self.failures) }
    }

    /// Notes what is reached now, when that is wanted.
    fn see(&mut self, look: impl FnOnce(&mut Seen, &Program, &Replay, Reader<'_>) -> Result<(), Fault>) {
        if let (Some(seen), Some(at)) = (&mut self.seen, self.clock) {
            let looked = look(seen, self.program, &self.replay, self.replay.reader(at));
            self.failures.extend(looked.err().map(|fault| Diagnostic::general(&codes::TEST_FAULT).reason(&fault)));
        }
    }

    fn given(&mut self, number: usize, given: &'a Given) {
        let read = given::events(self.program, number, given, self.clock);
        self.failures.extend(read.failures);
        self.waiting.extend(read.events);
        if let Some(clock) = self.clock {
            self.read_to(clock);
        }
    }

    /// Moves the clock, at most to `until`.
    fn at(&mut self, time: &Spanned<String>, until: Option<Instant>) {
        match self.program.zone.parse_local(&time.value) {
            Some(instant) if self.clock.is_none_or(|clock| clock <= instant) => {
                self.read_to(until.map_or(instant, |until| until.min(instant)));
            }
            Some(_) => self.failures.push(Diagnostic::new(&codes::CLOCK_BACK, time.span)),
            None => self.failures.push(given::no_time(time, &self.program.zone)),
        }
    }

    /// Hands over what the clock reaches now, and reads time forward.
    fn read_to(&mut self, now: Instant) {
        self.clock = Some(now);
        let is_due = |placed: &Placed| placed.event.time.is_none_or(|time| time <= now);
        let (due, waiting): (Vec<Placed>, _) = std::mem::take(&mut self.waiting).into_iter().partition(is_due);
        self.waiting = waiting;
        match self.replay.add(due.iter().map(|placed| placed.event.clone()).collect(), now) {
            Ok(report) => {
                let placed = |refusal: Refusal| Some(due.get(refusal.index)?.blame(refusal.diagnostic));
                self.failures.extend(report.refused.into_iter().filter_map(placed));
            }
            Err(fault) => self.failures.push(fault),
        }
        if let Err(fault) = self.replay.advance(now) {
            self.failures.push(fault);
        }
    }
}
