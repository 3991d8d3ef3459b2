//! Which of several sources is believed about the same thing.
//!
//! The order of the sources stands above that of revisions: the rank of a source and the revision that it gives become one
//! number ([`EventDecl::standing`]), by which the rows of one business key replace one another as by any revision.

use super::EventDecl;

/// The most sources that an event can prefer.
pub const SOURCES_MAX: usize = 7;
/// How many revisions each rank has room for: beyond those of a clock in nanoseconds.
const REVISIONS: i64 = 1 << 61;
/// What stands below every named source, and its first revision.
const LOWEST: i64 = i64::MIN;

impl EventDecl {
    /// Where a row of a source stands among those of its business key; None when the revision has no room. It is the revision
    /// itself where no source is preferred.
    pub fn standing(&self, source: &str, revision: i64) -> Option<i64> {
        if self.prefers.is_empty() {
            return Some(revision);
        }
        if !(0..REVISIONS).contains(&revision) {
            return None;
        }
        let place = self.prefers.iter().take(SOURCES_MAX).position(|one| **one == *source);
        let rank = place.map_or(0, |place| SOURCES_MAX.saturating_sub(place));
        let below = i64::try_from(rank).ok()?.checked_mul(REVISIONS / 2)?;
        // Twice, because eight ranks span more than one i64 can count from zero.
        LOWEST.checked_add(below)?.checked_add(below)?.checked_add(revision)
    }
}
