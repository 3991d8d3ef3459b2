//! What is remembered of alert rules, found without hashing.
//!
//! 1. A scope has a rank among those of its grouping, in the order of first sight ([`Places::rank`]).
//! 2. For each rule, whose scopes are all of one grouping, there is a list by rank. What it holds of a scope lies in one
//!    piece: the track, and what a glance keeps ([`Standing`]).

use super::bundle::grow;
use super::glance::Standing;
use super::places::Places;
use super::step::Key;
use super::{ScopeId, Track};

/// What is remembered of all alert rules.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    rules: Vec<Vec<Option<Box<Remembered>>>>,
}

/// What is remembered of one alert rule at one scope.
#[derive(Debug)]
pub(super) struct Remembered {
    scope: ScopeId,
    pub(super) track: Track,
    /// What a glance reads, while it is held.
    pub(super) standing: Option<Standing>,
}

impl Tracks {
    /// What is remembered of a rule at a scope.
    pub(super) fn get(&self, places: &Places, (rule, scope): Key) -> Option<&Remembered> {
        self.rules.get(rule)?.get(places.rank(scope)?)?.as_deref()
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, places: &Places, (rule, scope): Key) -> Option<&mut Remembered> {
        self.rules.get_mut(rule)?.get_mut(places.rank(scope)?)?.as_deref_mut()
    }

    /// The same; it is made when there is none. None for a scope that has no number.
    pub(super) fn entry(&mut self, places: &Places, (rule, scope): Key) -> Option<&mut Remembered> {
        let rank = places.rank(scope)?;
        if self.rules.len() <= rule {
            self.rules.resize_with(rule + 1, Vec::new);
        }
        let list = self.rules.get_mut(rule)?;
        if list.len() <= rank {
            grow(list, rank + 1 - list.len());
            list.resize_with(rank + 1, || None);
        }
        let made = || Box::new(Remembered { scope, track: Track::default(), standing: None });
        Some(list.get_mut(rank)?.get_or_insert_with(made))
    }

    /// All tracks, by rule and scope.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, ScopeId, &Track)> {
        let lists = self.rules.iter().enumerate();
        lists.flat_map(|(rule, list)| list.iter().flatten().map(move |one| (rule, one.scope, &one.track)))
    }

    /// Lets go of all that glances read.
    pub(super) fn forget_standings(&mut self) {
        self.rules.iter_mut().flatten().flatten().for_each(|one| one.standing = None);
    }
}
