//! The compiled ruleset: everything resolved, typed and numbered. `eval` runs it, nothing else is needed.
//!
//! 1. The *cell plan*: [`EventDecl`], [`Leaf`], groupings: how an event becomes mergeable aggregates (cells).
//! 2. The *formula plan*: [`Metric`], [`Scorecard`], [`AlertRule`]: how cells become numbers. No formula looks at
//!    events, no cell knows a formula.

mod adapt;
mod alert;
mod feed;
mod ledger;
mod level;
mod membership;
mod money;
mod nested;
mod occasion;
mod operator;
mod preference;
mod ranking;
mod scored;
mod sheet;
mod table;
mod target;
mod told;
mod within;
mod work;
mod zones;

pub use adapt::Adapt;
pub use alert::{AlertLevel, AlertRule, Hold, Inhibitor, NoData, Severity, is_subject, unwrapped};
pub use feed::{CellFormat, Feed, FeedColumn, FeedIdentity, FeedSkip, FeedTest, NumberForm};
pub use ledger::{Decay, DecayBy, Entry, Ledger, Reset};
pub use level::LevelRead;
pub use membership::{Climb, Membership, UNASSIGNED, below, climb, climbs, unshown};
pub use money::{Conversion, Currencies, Currency, DAYS_DUE, DAYS_WITH, RateAt, RateSource, Rates};
pub use nested::{Across, Gather, Parts, Reach, finer, wider};
pub use occasion::{Occasion, OccasionIdx, OccasionWindow};
pub use operator::{Arith, Compare};
pub use preference::SOURCES_MAX;
pub use ranking::{Grade, PayoutBase, Ranking, Ties};
pub use scored::{CardIdx, Gate, ScorePart, Scored, Verdict, Veto};
pub use sheet::{Asked, Line, LineIdx, Sheet, Slot};
pub use table::{ANY, Effective, Keys, RowLookup, Table, TableRow, ToldRows};
pub use target::{Division, Due, Split, SplitBy, Target, TargetRead, TargetRow, Valued};
pub use told::ToldAmounts;
pub use within::Within;
pub use work::{RowDue, RowWorked, WorkSpan};
pub use zones::{ZoneIdx, Zoned, Zones};

use crate::time::{Day, Grain, Instant, Reckoning, Schedule, Zone};
use rust_decimal::Decimal;
use std::sync::Arc;

/// A text in English and, where the author gave one, in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The text in the author's main language.
    pub en: String,
    /// The Chinese text, when given.
    pub zh: Option<String>,
}

/// The unit of a value; the type of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A plain number.
    Number,
    /// A number of things. In formulas it counts as a number.
    Count,
    /// A share, kept as a fraction.
    Percent,
    /// Money in a currency (ISO 4217).
    Money(String),
    /// Money in the currency that another field of the event says. Only of fields and formulas over rows.
    MoneyIn(String),
    /// A duration, kept in seconds.
    Duration,
    /// An instant.
    Time,
    /// A local day.
    Date,
    /// A text, an id or a dimension value.
    Text,
    /// True or false.
    Flag,
}

/// A constant or a field's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// The field is absent.
    Absent,
    /// Number, count, percent (fraction), money (major units), duration (seconds).
    Number(Decimal),
    /// Text, id, dimension value.
    Text(Box<str>),
    /// An instant.
    Time(Instant),
    /// A local day.
    Date(Day),
    /// True or false.
    Flag(bool),
}

/// Index into [`Program::events`].
pub type EventIdx = usize;
/// Index into [`EventDecl::fields`] and into a row's values.
pub type FieldIdx = usize;
/// Index into [`Program::entities`].
pub type EntityIdx = usize;
/// Index into [`Program::dims`].
pub type DimIdx = usize;
/// Index into [`Program::leaves`].
pub type LeafIdx = usize;
/// Index into [`Program::groupings`].
pub type GroupingIdx = usize;
/// Index into [`Program::metrics`].
pub type MetricIdx = usize;
/// Index into [`Program::tables`].
pub type TableIdx = usize;

/// Index into [`Program::targets`].
pub type TargetIdx = usize;

/// A compiled ruleset. Immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// The ruleset's id.
    pub name: String,
    /// The ruleset's version, as written.
    pub version: String,
    /// BLAKE3 of the text, hex: names this exact ruleset in results.
    pub hash: String,
    /// What people call it.
    pub title: Text,
    /// The reporting currency (ISO 4217).
    pub currency: String,
    /// The time zone of days and periods, and of times that are written without one.
    pub zone: Zone,
    /// The zones of the values of a dimension, where they have their own.
    pub zones: Option<Arc<Zones>>,
    /// How days are gathered into weeks, months, quarters and years.
    pub reckoning: Reckoning,
    /// Declared parameters (for the handbook and explanations; formulas hold their values inlined).
    pub params: Vec<Param>,
    /// Data that formulas look up.
    pub tables: Vec<Arc<Table>>,
    /// Events with a name that come again.
    pub occasions: Vec<Occasion>,
    /// Every dimension that an event declares, by name.
    pub dims: Vec<String>,
    /// The event types.
    pub events: Vec<EventDecl>,
    /// Where exchange rates come from.
    pub rates: Rates,
    /// The entities, in an order in which every one stands after those it folds.
    pub entities: Vec<Entity>,
    /// The steps of hierarchies, in the order of the text.
    pub memberships: Vec<Membership>,
    /// Mappings from file columns to events.
    pub feeds: Vec<Feed>,
    /// The leaf aggregates of all formulas, each once.
    pub leaves: Vec<Leaf>,
    /// Sets of dimensions (sorted, without repeats) for which cells and existence are kept. Index 0 is always the
    /// empty set, the whole workspace. Every event type's full set of dimensions is among them.
    pub groupings: Vec<Vec<DimIdx>>,
    /// The metrics, in an order in which every metric stands after those it uses.
    pub metrics: Vec<Metric>,
    /// What is expected of metrics, one target a metric.
    pub targets: Vec<Target>,
    /// The scorecards.
    pub scorecards: Vec<Scorecard>,
    /// The alert rules.
    pub alerts: Vec<AlertRule>,
}

impl Text {
    /// What is the same in every language: a formula as written.
    pub fn written(text: String) -> Text {
        Text { en: text, zh: None }
    }
}

impl Program {
    /// The event type of this name that may arrive; the states of entities do not.
    pub fn event_named(&self, name: &str) -> Option<EventIdx> {
        self.events.iter().position(|event| event.name == name && event.entity.is_none())
    }

    /// The names of the event types that may arrive.
    pub fn event_names(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter(|event| event.entity.is_none()).map(|event| event.name.as_str())
    }
}

/// `param return_limit = 12%`
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Param {
    pub name: String,
    pub title: Text,
    pub unit: Unit,
    pub value: Scalar,
}

/// An event type.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDecl {
    /// The CloudEvents type.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// The fields; a row's values stand in this order.
    pub fields: Vec<Field>,
    /// The dimension fields: which dimension, in which field. Sorted by dimension.
    pub dims: Vec<(DimIdx, FieldIdx)>,
    /// The fields of the business key; empty when events add up instead of replacing one another.
    pub replaces_by: Vec<FieldIdx>,
    /// Whose rows of one key count, the best first, before their revisions decide; empty when no source is preferred.
    pub prefers: Vec<Box<str>>,
    /// The field that places an event in windows; its time when None.
    pub clock: Option<FieldIdx>,
    /// For how many days after its clock a row may still be restated.
    pub settles_days: u32,
    /// The entity whose states these rows are; None for events that arrive.
    pub entity: Option<EntityIdx>,
}

/// `entity order by order_id { … }`: what several events say about one thing, folded by its id.
///
/// Each state of a thing is a row of an event type of the entity's own, replaced by the next state. Its fields are the
/// id, the time of the first event, then the declared ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// The event type of its states.
    pub event: EventIdx,
    /// The event types it folds, each with the field that holds the id.
    pub sources: Vec<(EventIdx, FieldIdx)>,
    /// What is gathered from the events.
    pub folds: Vec<Fold>,
    /// The declared fields, in order. They see the fields above them by their index in the row, the folds behind all
    /// fields, and `now` as the time of the row.
    pub fields: Vec<RowExpr>,
}

/// `first order_shipped.time where …`: one value gathered from the events of a thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// The event type.
    pub event: EventIdx,
    /// [`Keep::Count`], [`Keep::Sum`], [`Keep::Min`], [`Keep::Max`], [`Keep::First`] or [`Keep::Last`].
    pub keep: Keep,
    /// The value of an event; None for a count of events.
    pub arg: Option<RowExpr>,
    /// Events for which this is not true do not count.
    pub filter: Option<RowExpr>,
    /// Only events so near to a time of the thing count.
    pub within: Option<Within>,
}

/// How many fields a state of an entity has before the declared ones: the id and the time of the first event.
pub const ENTITY_OWN_FIELDS: usize = 2;

/// A field of an event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its unit; money carries its currency.
    pub unit: Unit,
    /// What it is for.
    pub role: FieldRole,
    /// The event may lack it.
    pub optional: bool,
}

/// What a field is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldRole {
    /// Names a thing.
    Id,
    /// Groups.
    Dimension,
    /// A measure that adds up over time, or any other plain value.
    Flow,
    /// A measure that does not add up over time.
    Level,
    /// An exchange rate.
    Rate,
}

/// A mergeable aggregate over the rows of one event type.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The event type.
    pub event: EventIdx,
    /// What is kept of the rows.
    pub keep: Keep,
    /// The value of a row; None for a count of events.
    pub arg: Option<RowExpr>,
    /// Rows for which this is not true do not count.
    pub filter: Option<RowExpr>,
    /// The field that places rows in windows; the event's time when None.
    pub clock: Option<FieldIdx>,
    /// In which currencies the values are, of [`Keep::Money`] and [`Keep::Rates`].
    pub currencies: Option<Currencies>,
    /// The unit of `arg`; [`Unit::Count`] for counts. Money in several currencies has its unit from how it is read.
    pub unit: Unit,
    /// The groupings for which cells of this leaf are kept: the event's full set of dimensions, and every declared
    /// `per` (and the whole workspace) whose dimensions the event has. Of a `per` with dimensions to which the event must
    /// [`Climb`], the dimensions below.
    pub groupings: Vec<GroupingIdx>,
    /// The source text, for explanations: `sum(order_placed.amount)`.
    pub text: String,
}

/// What a leaf keeps of its rows. All states are exact and mergeable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keep {
    /// The number of rows (rows whose `arg` is absent do not count).
    Count,
    /// The exact sum and the number of rows with a value. Also serves averages.
    Sum,
    /// The set of distinct values.
    Distinct,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The value of the earliest row by (time, identity).
    First,
    /// The value of the latest row by (time, identity).
    Last,
    /// All values with their multiplicities, for quantiles.
    Values,
    /// The exact sum and the number of values, by day and currency.
    Money,
    /// The latest rate by day and pair of currencies.
    Rates,
    /// The readings of a level: what it was at every instant.
    Course,
}

/// A formula over the fields of one row.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum RowExpr {
    Const(Scalar),
    Field(FieldIdx),
    /// The row's own time; in the formulas of an entity, `now`.
    Time,
    Negate(Box<RowExpr>),
    Arith(Arith, Box<RowExpr>, Box<RowExpr>),
    Compare(Compare, Box<RowExpr>, Box<RowExpr>),
    And(Box<RowExpr>, Box<RowExpr>),
    Or(Box<RowExpr>, Box<RowExpr>),
    Not(Box<RowExpr>),
    StartsWith(Box<RowExpr>, Box<str>),
    In(Box<RowExpr>, Vec<Scalar>),
    IsAbsent(Box<RowExpr>),
    Else(Box<RowExpr>, Box<RowExpr>),
    /// A value of a table; absent when no row of it matches.
    Lookup(Box<RowLookup>),
    /// A deadline so much working time after a time; absent when a calendar does not know, as the working time between two.
    Due(Box<RowDue>),
    Worked(Box<RowWorked>),
}

/// How a formula reads a leaf's merged state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Read {
    /// The number of rows, or of rows with a value.
    Count,
    /// The sum.
    Sum,
    /// Sum over count.
    Avg,
    /// The number of distinct values.
    Distinct,
    /// Least, greatest, first or last value, as the leaf keeps it.
    Value,
    /// The quantile at this fraction, linear between neighbours (Hyndman-Fan type 7).
    Quantile(Decimal),
    /// The sum of money in one currency: each day's sum in each currency at its rate.
    SumIn(Conversion),
    /// The same over the number of values.
    AvgIn(Conversion),
    /// What the course of a level says.
    Level(LevelRead),
    /// On how many of the days on which events are expected there are any.
    DaysWith,
    /// On how many days events are expected.
    DaysDue,
}

/// A formula over aggregates. Unknown is the absence of a value; arithmetic with unknown is unknown.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Formula {
    Const(Scalar),
    Unknown,
    Leaf(LeafIdx, Read),
    Metric(MetricIdx),
    /// The alert's subject, which `> 4%` leaves out.
    Subject,
    Negate(Box<Formula>),
    Arith(Arith, Box<Formula>, Box<Formula>),
    Compare(Compare, Box<Formula>, Box<Formula>),
    /// Three-valued: false and unknown is false.
    And(Box<Formula>, Box<Formula>),
    /// Three-valued: true or unknown is true.
    Or(Box<Formula>, Box<Formula>),
    Not(Box<Formula>),
    Else(Box<Formula>, Box<Formula>),
    IsUnknown(Box<Formula>),
    Abs(Box<Formula>),
    /// Half-even to this many decimals.
    Round(Box<Formula>, u32),
    /// The greatest whole number that is not greater.
    Floor(Box<Formula>),
    /// The least whole number that is not less.
    Ceil(Box<Formula>),
    Least(Vec<Formula>),
    Greatest(Vec<Formula>),
    /// What is expected of a metric in the surrounding period.
    Target(TargetRead),
    /// How many days of the surrounding period follow today.
    DaysLeft,
    /// Evaluates the inner formula as many periods earlier.
    Shift(Shift, Box<Formula>),
    /// A statistic of the inner formula, 1, 2, … periods earlier.
    Baseline(Statistic, Shift, Box<Formula>),
    /// Turns a value into another one.
    Bands(Bands, Box<Formula>),
    /// Evaluates the inner formula over this window instead of the surrounding one.
    Over(Window, Box<Formula>),
    /// Evaluates the inner formula over one of two windows, by what a condition says of the first.
    Adapt(Box<Adapt>),
    /// Makes one value of those of the parts of the scope.
    Parts(Box<Parts>),
    /// Looks at the scope without a dimension.
    Across(Box<Across>),
    /// A value of a table, for the scope and the day at which the formula is used.
    Lookup(Lookup),
    /// The balance of an account at the end of the surrounding range of time, or now.
    Ledger(Box<Ledger>),
    /// What a scorecard says in the surrounding period, at the scope at which the formula is used.
    Score(Scored),
}

/// `limits.odr`, `limits[platform, "clothes"].odr`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lookup {
    /// The table.
    pub table: TableIdx,
    /// Its column.
    pub column: usize,
    /// One for each key of the table.
    pub keys: Vec<Key>,
}

/// A key of a lookup.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The value that the scope has for a dimension.
    Dim(DimIdx),
    /// Always this text.
    Text(Box<str>),
}

/// `8 weeks` of `8 weeks before`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shift {
    /// How many; at least 1.
    pub count: u32,
    /// Of what; of the surrounding period or window itself when None.
    pub grain: Option<Grain>,
}

/// What is made of earlier values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum over their number.
    Mean,
    /// The one in the middle, or the mean of the two in the middle.
    Median,
    /// 1.4826 times the median distance from the median: of normal values about their standard deviation, and not moved
    /// by a few wild ones.
    Deviation,
}

/// How a value is turned into another one.
#[derive(Debug, Clone, PartialEq)]
pub enum Bands {
    /// The result of the last step that the value has reached.
    Steps {
        /// The result of a value under all steps.
        below: Decimal,
        /// From which value (without it, when true) to which result, ascending.
        steps: Vec<(Decimal, bool, Decimal)>,
    },
    /// Each part of the value times the rate of its tier.
    Tiers {
        /// The rate of the part under all tiers.
        below: Decimal,
        /// From which value which rate, ascending.
        tiers: Vec<(Decimal, Decimal)>,
    },
    /// Linear between points.
    Curve(Curve),
}

/// Which part of time a number is about, relative to where it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// Whole local days: `over 28 days ending 7 days ago` is D-34 ..= D-7 from the anchor day D.
    Days {
        /// How many days; at least 1.
        length: u32,
        /// How many days before the anchor the last day lies.
        ending: u32,
    },
    /// Elapsed time that ends at `now` (less `ending_s`): `(now - ending - length, now - ending]`.
    Elapsed {
        /// The length in seconds.
        length_s: u64,
        /// The offset in seconds.
        ending_s: u64,
    },
    /// The calendar period that holds the anchor day, to date; or the whole period before it.
    Period {
        /// Which calendar.
        grain: Grain,
        /// The period before.
        previous: bool,
    },
    /// So many calendar periods in a row: the last one holds the anchor day, to date, or lies some periods before that one.
    Periods {
        /// Which calendar.
        grain: Grain,
        /// How many; at least 2, or 1 that lies further back than the period before.
        count: u32,
        /// How many periods before the running one the last one lies.
        back: u32,
    },
    /// The days of a named event, to date while it runs.
    Occasion(OccasionWindow),
    /// Everything so far.
    All,
}

/// Where a definition was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cite {
    /// What it is called.
    pub text: Text,
    /// When somebody compared the definition with it.
    pub checked: Option<Day>,
}

/// A metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its id.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// The formula.
    pub formula: Formula,
    /// The unit of its value.
    pub unit: Unit,
    /// True when more is better; None when the file does not say.
    pub higher_is_better: Option<bool>,
    /// True when the values of the parts of a time add up to the value of the whole: sums and counts do, ratios and levels do not.
    pub adds_up: bool,
    /// True for an activity, false for an outcome.
    pub process: bool,
    /// Where the definition was published.
    pub cite: Option<Cite>,
    /// The formula as written.
    pub text: String,
    /// Every leaf it needs, its metrics' leaves included. Sorted.
    pub leaves: Vec<LeafIdx>,
    /// The dimensions that every one of its events has or can climb to: the scopes it may be asked for. Sorted.
    pub dims: Vec<DimIdx>,
}

/// A scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    /// Its id.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// The grouping of its scopes.
    pub grouping: GroupingIdx,
    /// The length of its periods.
    pub every: Grain,
    /// The weighted metrics.
    pub kpis: Vec<Kpi>,
    /// Additions and deductions.
    pub adjustments: Vec<Adjustment>,
    /// Red lines.
    pub vetoes: Vec<Veto>,
    /// What withholds the score, or marks it.
    pub gates: Vec<Gate>,
    /// What an unknown KPI does.
    pub unknown: UnknownPolicy,
    /// The cap of the total, after additions.
    pub cap: Option<Decimal>,
    /// Best first; the last one takes the rest. Empty when the card has none.
    pub grades: Vec<Grade>,
    /// Who gets which grade, when not their limits but ranks decide.
    pub ranking: Option<Ranking>,
    /// What the coefficients of the grades multiply, when it has a value of its own at each scope.
    pub payout_base: Option<PayoutBase>,
    /// The unit of the payouts.
    pub payout_unit: Unit,
    /// When it is looked at; whenever it is asked for, if None.
    pub schedule: Option<Schedule>,
    /// The same as written; empty without one.
    pub schedule_text: String,
    /// Every leaf that its formulas need, and those of the cards that they read. Sorted.
    pub leaves: Vec<LeafIdx>,
    /// What it asks of cells.
    pub sheet: Sheet,
}

/// A metric on a scorecard.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpi {
    /// The metric.
    pub metric: MetricIdx,
    /// What the curve is about: the metric, or its attainment.
    pub formula: Formula,
    /// The unit of that.
    pub unit: Unit,
    /// What it is called: the metric's name, or `attainment(gmv)`.
    pub name: String,
    /// The formula as written.
    pub text: String,
    /// Its own window; the card's period when None.
    pub window: Option<Window>,
    /// Its weight.
    pub weight: Decimal,
    /// Value to points.
    pub curve: Curve,
}

/// Value to points: linear between points, the point's value at a point, flat beyond the last point unless
/// `below` or `above` says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The points for a value under the least point.
    pub below: Option<Decimal>,
    /// (value, points), ascending by value, at least one.
    pub points: Vec<(Decimal, Decimal)>,
    /// The points for a value over the greatest point.
    pub above: Option<Decimal>,
}

/// Points added or deducted.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    /// Signed: negative for a deduction.
    pub points: Decimal,
    /// Multiplies the points, when given.
    pub for_each: Option<Formula>,
    /// The most that it adds or deducts, as a positive number.
    pub at_most: Option<Decimal>,
    /// Applies only when true, when given.
    pub when: Option<Formula>,
    /// The line as written.
    pub text: String,
    /// What it is called.
    pub title: Text,
}

/// What an unknown KPI does to the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownPolicy {
    /// Its weight is spread over the known ones.
    Reweight,
    /// It scores 0.
    Zero,
    /// The score is unknown.
    Withhold,
}
