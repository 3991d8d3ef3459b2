//! The deterministic state machine: rows in, cells, numbers, scores and alert transitions out. No I/O, no clock.
//!
//! 1. [`State::step`] takes typed [`Row`]s (new truth, in any order) and `now`. Rows later than `now` wait.
//! 2. Rows that an entity folds bring forth rows of its own, its states ([`Thing`]).
//! 3. Rows pass the cell plan: business-key replacement, filters, and then every cell they touch
//!    ([`Cell`]: leaf x scope x local day) is updated; what cannot be subtracted is rebuilt from [`History`].
//! 4. Alert rules of touched scopes are walked through event time, instant by instant, from the first instant whose truth
//!    changed up to `now` ([`Track`]); the difference to what was told before becomes [`Notice`]s. That nothing changes,
//!    which is so most of the time, is seen at a glance where the rule allows it (`glance`).
//! 5. [`State::take_changes`] hands out what must be saved in the same transaction as the rows.
//! 6. [`Reader`] turns cells into numbers: metrics, series, scorecards, explanations; it reads any [`Cells`], the
//!    writer's state and a stored snapshot alike.

mod above;
mod acc;
mod adapt;
mod alarm;
mod aligned;
mod answers;
mod apply;
mod apportion;
mod bands;
mod before;
mod bulk;
mod bundle;
mod calendar;
mod cell;
mod climbed;
mod closed;
mod columns;
mod convert;
mod course;
mod coverage;
mod daily;
mod dated;
mod explain;
mod fold;
mod forecast;
mod formula;
mod glance;
mod grow;
mod ledger;
mod lineage;
mod looks;
mod lookup;
mod members;
mod memory;
mod nested;
mod number;
mod places;
mod plan;
mod provisional;
mod query;
mod quick;
mod ranking;
mod recent;
mod row;
mod rows;
mod run;
mod score;
mod sheet;
mod sight;
mod sliding;
mod source;
mod state;
mod step;
mod straight;
mod target;
mod target_scopes;
mod tell;
mod timers;
mod told;
mod told_target;
mod track;
mod tracks;
mod value;
mod walk;
mod watch;
mod window;
mod work;

pub use apportion::{apportion, evened};
pub use bulk::Bulk;
pub use bundle::Bundle;
pub use cell::{Acc, Cell, FIXED_SCALE, from_fixed, to_fixed};
pub use columns::{Column, Columns, NO_TEXT, Texts, Words};
pub use convert::{Amounts, Quotes, RateUsed};
pub use course::{Mark, Readings};
pub use coverage::{Held, Lacking};
pub use dated::{Belonging, RateOn};
pub use explain::{Aggregate, AlertExplanation, Explanation, Inner, Nested, Range, ScoreExplanation};
pub use fold::{THING_EVENTS_MAX, Thing};
pub use ledger::{Cause, Posting};
pub use lookup::LookedUp;
pub use members::Member;
pub use memory::MemoryHistory;
pub use number::{Number, Why};
pub use query::{Reader, When};
pub use ranking::{Peers, Standing};
pub use row::{Row, RowId};
pub use rows::passes;
pub use score::{Adjusted, Part, Score, Segment, payout, points, regraded};
pub use source::{AskedOf, Cells, Fault, History, Scope, ScopeId, Sighted, UntilBreak, Version, VersionKey, Visit, days_asked};
pub use state::{Changes, Saved, State};
pub use told::{ToldRow, ToldValue};
pub use told_target::{AmountUsed, ToldLine};
pub use track::{Alarm, Episode, Machine, Notice, NoticeKind, Step, Track};

#[cfg(test)]
mod tests;
