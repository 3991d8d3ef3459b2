//! Grades by rank: a card's scopes compared with one another.
//!
//! 1. The score of every scope of the card in the period is composed; unknown scores are not ranked.
//! 2. Each pool of peers is ordered by score, then by the second criterion.
//! 3. The places of a pool are divided over the grades by the largest remainder ([`places`]).
//! 4. Those who are level get one grade: the best or the worst that one of them would get.

use super::formula::Evaluation;
use super::query::{Reader, Source, When};
use super::straight::Straight;
use super::window::Anchor;
use super::{Fault, Score};
use crate::compile::program::{DimIdx, Formula, Ranking, Scorecard, Ties};
use crate::time::Period;
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The most scopes that are compared; of more no grade is told.
const PEERS_MAX: usize = 10_000;

/// Where a score stands among those of its peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// From 1; who is level shares a rank.
    pub rank: usize,
    /// How many are ranked.
    pub ranked: usize,
    /// The share of the ranked, itself included, that stand no better.
    pub percentile: Decimal,
}

/// What is the same for all scopes of a card in a period, worked out once: what their scores read, and how they stand.
#[derive(Debug, Default)]
pub struct Peers {
    straight: Option<Straight>,
    standings: BTreeMap<Named, (Standing, usize)>,
}

/// The dimension values of a scope.
type Named = Vec<(DimIdx, Box<str>)>;

/// What decides who is ahead: the score, then the second criterion, an unknown one last.
type Order = (Reverse<Decimal>, bool, Reverse<Decimal>);

impl Reader<'_> {
    /// How all scopes of a card stand in a period; nobody stands anywhere on a card whose grades have limits.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn peers(&self, card: &Scorecard, period: Period) -> Result<Peers, Fault> {
        let mut peers = Peers { straight: Straight::of(self, card, period), ..Peers::default() };
        let Some(ranking) = &card.ranking else { return Ok(peers) };
        let dims = self.program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
        let scopes = self.scopes(dims, &[])?;
        if scopes.len() > PEERS_MAX {
            return Ok(peers);
        }
        let mut pools: BTreeMap<Named, Vec<(Order, Named)>> = BTreeMap::new();
        for values in scopes {
            let scope: Named = dims.iter().copied().zip(values).collect();
            let Some(total) = self.composed(card, period, &scope, peers.straight.as_ref())?.total.decimal() else { continue };
            let second = self.looked(card, &scope).second(ranking, period, &scope)?;
            let order = (Reverse(total), second.is_none(), Reverse(second.unwrap_or_default()));
            pools.entry(pool(ranking, &scope)).or_default().push((order, scope));
        }
        for mut pool in pools.into_values() {
            pool.sort();
            stand(ranking, &pool, &mut peers);
        }
        Ok(peers)
    }

    /// The score of a scope among its peers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn score_among(&self, card: &Scorecard, period: Period, scope: &[(DimIdx, Box<str>)], peers: &Peers) -> Result<Score, Fault> {
        let mut score = self.composed(card, period, scope, peers.straight.as_ref())?;
        if card.ranking.is_some() {
            let mut scope = scope.to_vec();
            scope.sort();
            let found = peers.standings.get(&scope).copied();
            score.standing = found.map(|(standing, _)| standing);
            score.graded(card, found.map(|(_, grade)| grade));
        }
        Ok(score)
    }

    /// The second criterion, greater for better; None without one, or when it is unknown.
    fn second(&self, ranking: &Ranking, period: Period, scope: &[(DimIdx, Box<str>)]) -> Result<Option<Decimal>, Fault> {
        let Ties::By(metric, higher) = ranking.ties else { return Ok(None) };
        let (anchor, home) = Anchor::of(self.program, self.zone(scope), When::Period(period), self.at);
        let mut source = Source::new(*self, scope);
        let value = Evaluation::new(self.program, &mut source, anchor, home).value(&Formula::Metric(metric))?;
        Ok(value.decimal().map(|value| if higher { value } else { -value }))
    }
}

/// The part of a scope that its peers share.
pub(super) fn pool(ranking: &Ranking, scope: &[(DimIdx, Box<str>)]) -> Vec<(DimIdx, Box<str>)> {
    scope.iter().filter(|(dim, _)| ranking.within.contains(dim)).cloned().collect()
}

/// Notes where each of a pool stands; it is in order.
fn stand(ranking: &Ranking, pool: &[(Order, Named)], peers: &mut Peers) {
    let grades = grades_of(&places(&ranking.shares, pool.len()));
    let mut first = 0;
    for level in pool.chunk_by(|a, b| a.0 == b.0) {
        let decides = if ranking.ties == Ties::Worse { first + level.len() - 1 } else { first };
        let no_better = Decimal::from(pool.len() - first).checked_div(Decimal::from(pool.len())).unwrap_or_default();
        let standing = Standing { rank: first + 1, ranked: pool.len(), percentile: no_better };
        let grade = grades.get(decides).copied().unwrap_or_default();
        peers.standings.extend(level.iter().map(|(_, scope)| (scope.clone(), (standing, grade))));
        first += level.len();
    }
}

/// How many of so many each share gets: the whole parts, then one more each by the largest remainder, the better grade
/// first among equal ones.
fn places(shares: &[Decimal], ranked: usize) -> Vec<usize> {
    let exact: Vec<Decimal> = shares.iter().map(|share| *share * Decimal::from(ranked)).collect();
    let mut places: Vec<usize> = exact.iter().map(|part| usize::try_from(part.floor().mantissa()).unwrap_or(0)).collect();
    let mut by_rest: Vec<usize> = (0..shares.len()).collect();
    by_rest.sort_by_key(|index| Reverse(exact.get(*index).map(Decimal::fract)));
    let missing = ranked.saturating_sub(places.iter().sum());
    for index in by_rest.into_iter().take(missing) {
        if let Some(place) = places.get_mut(index) {
            *place += 1;
        }
    }
    places
}

/// The grade of each place, from the best on.
fn grades_of(places: &[usize]) -> Vec<usize> {
    places.iter().enumerate().flat_map(|(grade, n)| std::iter::repeat_n(grade, *n)).collect()
}

#[cfg(test)]
mod tests {
    use super::places;
    use rust_decimal::Decimal;

    #[test]
    fn places_are_divided_by_the_largest_remainder() {
        let shares = [10, 20, 60, 10].map(|share| Decimal::new(share, 2));
        assert_eq!(places(&shares, 0), [0, 0, 0, 0]);
        assert_eq!(places(&shares, 1), [0, 0, 1, 0]);
        assert_eq!(places(&shares, 5), [1, 1, 3, 0]);
        assert_eq!(places(&shares, 7), [1, 1, 4, 1]);
        assert_eq!(places(&shares, 10), [1, 2, 6, 1]);
        let halves = [Decimal::new(25, 2), Decimal::new(25, 2), Decimal::new(50, 2)];
        assert_eq!(places(&halves, 3), [1, 1, 1]);
    }
}
