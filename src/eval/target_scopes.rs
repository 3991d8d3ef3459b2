//! Which scopes of a target make up a scope, and on which days.
//!
//! 1. Dimensions of the target that the scope does not name take every value of which a line speaks ([`Target::scopes`]).
//! 2. Dimensions that the target lacks are climbed to from its own: each of its scopes counts on the days on which it lay below
//!    the values asked for, so that what moves from one team to another counts for both, each for its days.

use super::Fault;
use super::formula::{Aggregates, Evaluation};
use super::lineage::{Days, common};
use super::nested::Named;
use crate::compile::program::Target;
use crate::time::Day;

impl<A: Aggregates> Evaluation<'_, A> {
    /// The scopes of a target that make up one, each with its days of a range; None when it cannot be told which they are.
    pub(super) fn target_scopes(
        &mut self,
        target: &Target,
        wanted: &Named,
        range: (Day, Day),
    ) -> Result<Option<Vec<(Named, Days)>>, Fault> {
        let program = self.program;
        let (own, above): (Named, Named) = wanted.iter().cloned().partition(|(dim, _)| target.dims.contains(dim));
        let up = |(dim, value)| Some((target.climb(&program.memberships, dim)?, value));
        let Some(climbs) = above.into_iter().map(up).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut found = Vec::new();
        for scope in target.scopes(&own).unwrap_or_default() {
            let mut days = vec![range];
            for (climb, value) in &climbs {
                let Some((_, child)) = scope.iter().find(|(dim, _)| *dim == climb.child) else { return Ok(None) };
                days = common(&days, &self.source.lay_below(&climb.steps, child, value)?);
            }
            if !days.is_empty() {
                found.push((scope, days));
            }
        }
        Ok(Some(found).filter(|found| !found.is_empty()))
    }
}
