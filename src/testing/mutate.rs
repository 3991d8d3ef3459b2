//! Changes a ruleset in one place at a time and runs its tests again: what none of them notices is not tested.
//!
//! 1. [`mutants`](super::mutants) lists the changes.
//! 2. Each is compiled; one that does not compile is no ruleset, and is left out.
//! 3. The tests run until the first failure. Several threads share the list; the result is in the order of the text.

use super::Runner;
use super::mutants::{Mutant, change, mutants};
use crate::compile::compile;
use crate::syntax::ast::{File, Item, Test};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What became of the changes.
#[derive(Debug, Clone, Default)]
pub struct Mutation {
    /// How many changes a test noticed.
    pub noticed: usize,
    /// Those that no test noticed.
    pub unnoticed: Vec<Mutant>,
    /// How many did not compile.
    pub skipped: usize,
}

/// What became of one change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Noticed,
    Unnoticed,
    Skipped,
}

/// Tries every change of a file whose tests pass. `file` comes from `text`.
pub fn mutate(file: &File, text: &str) -> Mutation {
    let is_test = |item: &Item| matches!(item, Item::Test(_));
    let rules = File { items: file.items.iter().filter(|item| !is_test(item)).cloned().collect(), ..file.clone() };
    let tests: Vec<&Test> = file.items.iter().filter_map(|item| if let Item::Test(test) = item { Some(test) } else { None }).collect();
    let list = mutants(&rules, text);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut found, mut tests) = (Vec::new(), tests.clone());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= list.len() {
                return found;
            }
            found.push((number, fate(&rules, &mut tests, text, number)));
        }
    };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut fates: Vec<(usize, Fate)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    fates.sort_unstable_by_key(|(number, _)| *number);
    let count = |wanted: Fate| fates.iter().filter(|(_, fate)| *fate == wanted).count();
    let unnoticed = fates.iter().filter(|(_, fate)| *fate == Fate::Unnoticed).filter_map(|(number, _)| list.get(*number).cloned());
    Mutation { noticed: count(Fate::Noticed), unnoticed: unnoticed.collect(), skipped: count(Fate::Skipped) }
}

/// What becomes of a change. The test that notices it comes to the front: it is likely to notice the next one too.
fn fate(rules: &File, tests: &mut [&Test], text: &str, number: usize) -> Fate {
    let mut changed = rules.clone();
    change(&mut changed, text, number);
    let Some(program) = compile(&changed, text).program.map(Arc::new) else { return Fate::Skipped };
    let fails = |test: &&Test| !Runner { brief: true, ..Runner::new(&program, text) }.run(test).passed();
    let Some(place) = tests.iter().position(fails) else { return Fate::Unnoticed };
    tests.get_mut(..=place).into_iter().for_each(|tests| tests.rotate_right(1));
    Fate::Noticed
}
