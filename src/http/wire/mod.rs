//! The outside shapes of the HTTP API, version 1. Domain types never leave the house; each is turned into one of these.

mod alert;
mod dated;
mod diff;
mod endpoint;
mod event;
mod manage;
mod number;
mod problem;
mod report;
mod review;
mod routing;
mod schedule;

pub use alert::{Alert, AlertExplanation, AlertTransition};
pub use dated::{MemberOn, PutMember, PutRate, PutTableRow, PutTarget, RateOn, Table, TableRow, TargetRow};
pub use diff::{Diff, Moved, MovedAlert, Side};
pub use endpoint::{EndpointKind, EndpointLang};
pub use event::{Ingested, PlainEvent, Refused};
pub use manage::{
    Activate, Activated, Attempt, Checked, Delivery, Endpoint, EndpointPatch, Key, List, NewEndpoint, NewKey, Rotate, Ruleset, Trial,
    TrialStarted, Version, Workspace,
};
pub use number::{
    AccountLine, CurvePoint, EventRef, ExplainedAmount, ExplainedCondition, ExplainedLookup, ExplainedMember, ExplainedMetric,
    ExplainedNested, ExplainedPart, ExplainedRate, ExplainedScope, Explanation, Lacking, LackingDays, MemberDays, Metric, Number,
    PayoutBase, Previous, Reason, RulesetRef, Scope, Score, ScoreAdjustment, ScoreHeld, ScorePart, ScoreVeto, Scorecard, Stretch, Value,
};
pub use problem::{ErrorCode, Fix, Mistake, Place, Problem, TestResult};
pub use report::{Action, Cause, Note, Notes};
pub use review::{
    Act, Amended, Appeal, Approval, AuditEntry, Close, ClosedScore, Decision, Granted, Judge, KeptScore, LateEvent, NewAppeal, Period,
    Review,
};
pub use routing::{
    Ack, AckInput, Escalated, Escalation, EscalationInput, EscalationStep, Hold, HourRange, NewSilence, Notifications, RedeliverSince,
    Redelivered, ScopeFilter, Silence, Unrouted, Weekly, WorkingHours, given,
};
pub use schedule::{ReportSchedule, ReportScheduleInput};
