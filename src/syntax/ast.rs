//! The syntax tree: what stands in a `.kpi` file, with the place of everything.
//!
//! The tree knows no meaning: names are not resolved, units are not checked. `compile` does that.

mod adapt;
mod alert;
mod calendar;
mod compare;
mod feed;
mod fold;
mod gate;
mod hierarchy;
mod inhibition;
mod ledger;
mod money;
mod nested;
mod package;
mod ranking;
mod table;
mod target;

use rust_decimal::Decimal;

pub use crate::diagnostic::{Span, Spanned};
pub use adapt::{Adapt, ByVolume};
pub use alert::{Alert, AlertLevel, AlertSeverity, Hold, Judged, NoData};
pub use calendar::{
    Calendar, Dates, FiscalWeeks, FiscalYear, Occasion, OccasionAt, Schedule, ScheduleDays, ValueZone, Which, Work, WorkSpan, WorkTime,
    WorkUnit, ZonesBy,
};
pub use compare::{BandStep, Bands, BandsFn, Shift, Statistic};
pub use feed::{Feed, FeedColumn, FeedId, FeedSkip, FeedTest};
pub use fold::{AggregateFn, Fold, Within};
pub use gate::Gate;
pub use hierarchy::{Dimension, ToldBy};
pub use inhibition::{Grouped, Inhibition};
pub use ledger::{Ledger, LedgerDecay, LedgerEach, LedgerEntry, LedgerReset};
pub use money::{Conversion, RateAt, Rates};
pub use nested::Parts;
pub use package::{SetTo, Setting, Use};
pub use ranking::{Ranking, Ties};
pub use table::{Lookup, Table, TableCell, Telling};
pub use target::{Division, Split, SplitBy, Target, TargetRow};

/// `cite "Seller Central" zh "卖家平台" checked 2026-03-01`
#[derive(Debug, Clone, PartialEq)]
pub struct Cite {
    /// Where it was published.
    pub text: Text,
    /// When somebody compared it with that.
    pub checked: Option<Spanned<String>>,
}

/// A name: `[a-z_][a-z0-9_]*` in ASCII.
pub type Ident = Spanned<String>;

/// A text in English (or the author's language) and optionally in Chinese: `"Net sales" zh "净销售额"`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The text without a language mark.
    pub en: Option<Spanned<String>>,
    /// The text marked `zh`.
    pub zh: Option<Spanned<String>>,
}

/// A whole `.kpi` file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// `ruleset name 1.0.0 { … }`; None only when the file lacks one (an error was reported).
    pub header: Option<Header>,
    /// What it uses of packages.
    pub uses: Vec<Use>,
    /// The declarations in the order of the text.
    pub items: Vec<Item>,
    /// The packages behind the ruleset, each with a header of its own.
    pub packages: Vec<File>,
}

impl File {
    /// The ruleset and the packages behind it.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        std::iter::once(self).chain(&self.packages)
    }
}

/// `ruleset amazon_apparel 2.1.0 { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// `amazon_apparel`
    pub name: Ident,
    /// `2.1.0`
    pub version: Spanned<String>,
    /// `title "…" zh "…"`
    pub title: Text,
    /// `currency USD`
    pub currency: Option<Spanned<String>>,
    /// `timezone America/Los_Angeles`
    pub timezone: Option<Spanned<String>>,
    /// `timezone by shop { us America/Los_Angeles }`
    pub zones: Option<ZonesBy>,
    /// `week monday`
    pub week: Option<Ident>,
    /// `open odr_limit, late_rate`: what a ruleset that uses this one may change.
    pub open: Vec<Ident>,
    /// `fiscal year starts april`
    pub year: Option<FiscalYear>,
    /// From the keyword to the closing brace.
    pub span: Span,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Item {
    Param(Param),
    Event(Event),
    Entity(Entity),
    Dimension(Dimension),
    Feed(Feed),
    Calendar(Calendar),
    Occasion(Occasion),
    Table(Table),
    Metric(Metric),
    Ledger(Ledger),
    Target(Target),
    Scorecard(Scorecard),
    Alert(Alert),
    Test(Test),
}

impl Item {
    /// The whole declaration.
    pub fn span(&self) -> Span {
        match self {
            Item::Param(param) => param.span,
            Item::Event(event) => event.span,
            Item::Entity(entity) => entity.span,
            Item::Dimension(dimension) => dimension.span,
            Item::Feed(feed) => feed.span,
            Item::Occasion(occasion) => occasion.span,
            Item::Calendar(calendar) => calendar.span,
            Item::Table(table) => table.span,
            Item::Metric(metric) => metric.span,
            Item::Ledger(ledger) => ledger.span,
            Item::Target(target) => target.span,
            Item::Scorecard(card) => card.span,
            Item::Alert(alert) => alert.span,
            Item::Test(test) => test.span,
        }
    }
}

/// `param return_limit = 12% "Returns tolerated" zh "…"`
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// `return_limit`
    pub name: Ident,
    /// `12%`, a literal or a constant expression.
    pub value: Expr,
    /// The texts behind it.
    pub title: Text,
    /// The whole declaration.
    pub span: Span,
}

/// `event ad_day replaces by campaign, day clock day settles 14 days { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// `ad_day`
    pub name: Ident,
    /// `replaces by campaign, day`; empty when later events add to earlier ones.
    pub replaces_by: Vec<Ident>,
    /// `prefer source "amazon_ads", "erp"`, the best first; empty when none is preferred.
    pub prefer: Vec<Spanned<String>>,
    /// `clock day`: the field that places the event in a window instead of its time.
    pub clock: Option<Ident>,
    /// `settles 14 days`: how long rows may still be restated.
    pub settles: Option<Spanned<Duration>>,
    /// `rates for 7 days`: its rows are exchange rates.
    pub rates: Option<Rates>,
    /// `title "…" zh "…"` inside the braces.
    pub title: Text,
    /// The fields.
    pub fields: Vec<Field>,
    /// The whole declaration.
    pub span: Span,
}

/// `amount money USD optional`
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// `amount`
    pub name: Ident,
    /// `level` in `on_hand level count`: never summed over time.
    pub level: bool,
    /// `money`
    pub kind: Spanned<FieldKind>,
    /// `USD` in `amount money USD`; the ruleset's currency when absent.
    pub currency: Option<Spanned<String>>,
    /// `currency` in `amount money in currency`: the field that says in which currency each event is.
    pub in_field: Option<Ident>,
    /// `optional`: the event may lack it.
    pub optional: bool,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `id`: a text that names a thing (an order, a parcel).
    Id,
    /// `dimension`: a text to group by.
    Dimension,
    /// `text`
    Text,
    /// `number`
    Number,
    /// `count`: a whole number of things.
    Count,
    /// `percent`
    Percent,
    /// `money`
    Money,
    /// `duration`
    Duration,
    /// `time`: an instant.
    Time,
    /// `date`: a local day.
    Date,
    /// `flag`: true or false.
    Flag,
}

/// `entity order by order_id { … }`: what several events say about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// `order`
    pub name: Ident,
    /// `order_id`: the field, of each of its events, that names the thing.
    pub by: Ident,
    /// `title "…" zh "…"`
    pub title: Text,
    /// The fields in the order of the text.
    pub fields: Vec<EntityField>,
    /// The whole declaration.
    pub span: Span,
}

/// `shipped = first order_shipped.time`
#[derive(Debug, Clone, PartialEq)]
pub struct EntityField {
    /// `shipped`
    pub name: Ident,
    /// The formula: folds over events, the fields above, `now`.
    pub value: Expr,
}

/// `metric late_rate = … clock placed { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// `late_rate`
    pub name: Ident,
    /// The formula.
    pub formula: Expr,
    /// `clock day`: the field of the formula's events that places them in windows.
    pub clock: Option<Ident>,
    /// `title "…" zh "…"`
    pub title: Text,
    /// `better lower`
    pub better: Option<Spanned<Better>>,
    /// `kind process`
    pub kind: Option<Spanned<MetricKind>>,
    /// `cite "…" checked 2026-03-01`
    pub cite: Option<Cite>,
    /// The whole declaration.
    pub span: Span,
}

/// Which direction of a metric is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Better {
    Higher,
    Lower,
}

/// Whether a metric is an outcome or an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum MetricKind {
    Result,
    Process,
}

/// `scorecard shop_manager per shop every month { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Scorecard {
    /// `shop_manager`
    pub name: Ident,
    /// `per shop`; empty for the whole workspace.
    pub per: Vec<Ident>,
    /// `every month`
    pub every: Spanned<Grain>,
    /// `title "…" zh "…"`
    pub title: Text,
    /// The weighted metrics.
    pub kpis: Vec<Kpi>,
    /// `add …` and `deduct …` in the order of the text.
    pub adjustments: Vec<Adjustment>,
    /// `veto when … then grade D "…"`, `veto when … then score 0 "…"`
    pub vetoes: Vec<Veto>,
    /// `withhold when … "…"`, `mark when … "…"`
    pub gates: Vec<Gate>,
    /// `unknown reweight`
    pub unknown: Option<Spanned<UnknownPolicy>>,
    /// `cap 120`
    pub cap: Option<Spanned<Decimal>>,
    /// `grades { S >= 110, …, D }`; those of `grades by rank` have no limits.
    pub grades: Vec<GradeBand>,
    /// `grades by rank { S 10%, … } ties better`
    pub ranking: Option<Ranking>,
    /// `salary * 10%` in `payout salary * 10% { S 1.5, … }`: what the coefficients multiply.
    pub payout_base: Option<Expr>,
    /// `payout { S 1.5, … }`
    pub payout: Vec<Payout>,
    /// `evaluated every monday`
    pub evaluated: Option<Schedule>,
    /// The params that stand in place of points, weights, limits and coefficients. The number in such a place has no meaning.
    pub stated: Vec<Ident>,
    /// The whole declaration.
    pub span: Span,
}

impl Scorecard {
    /// Every number that a param may stand for.
    pub fn amounts(&mut self) -> impl Iterator<Item = &mut Spanned<Decimal>> {
        let kpis = self.kpis.iter_mut().flat_map(|Kpi { weight, curve, .. }| {
            let points = curve.points.iter_mut().map(|point| &mut point.points);
            points.chain(&mut curve.below).chain(&mut curve.above).chain([weight])
        });
        let lines = self.adjustments.iter_mut().flat_map(|line| [Some(&mut line.points), line.at_most.as_mut()]).flatten();
        let vetoes = self.vetoes.iter_mut().filter_map(|veto| match &mut veto.then {
            Verdict::Score(score) => Some(score),
            Verdict::Grade(_) => None,
        });
        let limits = self.grades.iter_mut().filter_map(|band| band.at_least.as_mut());
        let coefficients = self.payout.iter_mut().map(|payout| &mut payout.coefficient);
        kpis.chain(lines).chain(vetoes).chain(limits).chain(coefficients).chain(&mut self.cap)
    }
}

/// A calendar interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// `kpi odr over 60 days weight 10 score { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Kpi {
    /// `odr`
    pub metric: Ident,
    /// `over 60 days`; the card's period when absent.
    pub window: Option<Spanned<Window>>,
    /// `3 months if transactions >= 400`, when the window is only what stands behind `else`.
    pub volume: Option<Box<ByVolume>>,
    /// `over latest prime_day`: the days of a named event instead.
    pub occasion: Option<Spanned<OccasionAt>>,
    /// `weight 10`
    pub weight: Spanned<Decimal>,
    /// `attainment` in `score attainment { … }`: the curve is about value / target.
    pub attainment: Option<Span>,
    /// `score { … }`
    pub curve: Curve,
    /// The whole line.
    pub span: Span,
}

/// `{ below 0, 18% -> 60, 22% -> 100, above 0 }`
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// `below 0`: the points of a value under every point's value.
    pub below: Option<Spanned<Decimal>>,
    /// `18% -> 60`, in the order of the text.
    pub points: Vec<CurvePoint>,
    /// `above 0`: the points of a value over every point's value.
    pub above: Option<Spanned<Decimal>>,
    /// The braces.
    pub span: Span,
}

/// `18% -> 60`
#[derive(Debug, Clone, PartialEq)]
pub struct CurvePoint {
    /// `18%`, a constant.
    pub value: Expr,
    /// `60`
    pub points: Spanned<Decimal>,
}

/// `add 5 when new_listings >= 20 "Launch bonus" zh "…"`, `deduct 2 for each late_reports, at most 10 "…"`
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    /// True for `deduct`.
    pub deduct: bool,
    /// `5`
    pub points: Spanned<Decimal>,
    /// `for each late_reports`
    pub for_each: Option<Expr>,
    /// `at most 10`
    pub at_most: Option<Spanned<Decimal>>,
    /// `when …`
    pub when: Option<Expr>,
    /// What it is called.
    pub title: Text,
    /// The whole line.
    pub span: Span,
}

/// `veto when odr > odr_limit then grade D "Account health red line"`, `veto when frauds > 0 then score 0 "Fraud"`
#[derive(Debug, Clone, PartialEq)]
pub struct Veto {
    /// The condition.
    pub when: Expr,
    /// What stands behind `then`.
    pub then: Verdict,
    /// What it is called.
    pub title: Text,
    /// The whole line.
    pub span: Span,
}

/// What a veto forces.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// `grade D`
    Grade(Ident),
    /// `score 0`
    Score(Spanned<Decimal>),
}

impl Verdict {
    /// `D` in `grade D`
    pub fn grade(&self) -> Option<&Ident> {
        match self {
            Verdict::Grade(grade) => Some(grade),
            Verdict::Score(_) => None,
        }
    }

    /// Where the grade or the score stands.
    pub fn span(&self) -> Span {
        match self {
            Verdict::Grade(grade) => grade.span,
            Verdict::Score(score) => score.span,
        }
    }
}

/// What a scorecard does with a KPI that is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownPolicy {
    /// `reweight`: its weight is spread over the others.
    Reweight,
    /// `zero`: it scores 0.
    Zero,
    /// `withhold`: the whole score is unknown.
    Withhold,
}

/// `S >= 110`, or the last one, `D`, without a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct GradeBand {
    /// `S`
    pub grade: Ident,
    /// `>= 110`
    pub at_least: Option<Spanned<Decimal>>,
}

/// `S 1.5`
#[derive(Debug, Clone, PartialEq)]
pub struct Payout {
    /// `S`
    pub grade: Ident,
    /// `1.5`
    pub coefficient: Spanned<Decimal>,
}

/// `10 days`, `36 hours`, `90 minutes`, `30 seconds`, `2 weeks`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: DurationUnit,
}

/// The unit of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DurationUnit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
}

/// Which part of time a number is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// `over 28 days ending 7 days ago`
    Trailing {
        /// `28 days`
        length: Duration,
        /// `7 days`
        ending: Option<Duration>,
    },
    /// `over month` (to date), `over previous month`
    Period {
        /// `month`
        grain: Grain,
        /// `previous`
        previous: bool,
    },
    /// `over 3 months` (to date), `over previous 3 months`, `over 3 months ending 1 month ago`
    Periods {
        /// `3`
        count: u32,
        /// `months`
        grain: Grain,
        /// `1 month`; one period of the same length for `previous`.
        ending: Option<(u32, Grain)>,
    },
    /// `over all time`
    All,
}

/// A formula or condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `3_600_000`, `0.5`
    Number(Decimal),
    /// `12%`, as a fraction: 0.12
    Percent(Decimal),
    /// `20 USD`
    Money(Decimal, String),
    /// `75 days`
    Duration(Duration),
    /// `"C"`
    Text(String),
    /// `true`, `false`
    Flag(bool),
    /// `2026-03-01`
    Date(String),
    /// `2026-03-01 09:00`, `2026-03-01 09:00:30`
    Time(String),
    /// `unknown`
    Unknown,
    /// `net_sales`, `return_limit`: a metric, a param or, inside an aggregate, a field
    Name(String),
    /// `order_placed.amount`
    Field(Ident, Ident),
    /// The left side that `> 4%` leaves out in an alert.
    Subject,
    /// `sum(order_placed.amount where …)`, `count(order_placed)`, `quantile(x.y, 90%)`
    Aggregate(Box<Aggregate>),
    /// `first order_placed.shop`, `count refund where amount > 0`: only in an entity
    Fold(Box<Fold>),
    /// `unit_cost[sku]`, `limits[platform, category].odr`
    Lookup(Box<Lookup>),
    /// `abs(x)`, `round(x, 2)`, `least(a, b)`, `greatest(a, b)`
    Call(Ident, Vec<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `not x`
    Not(Box<Expr>),
    /// `a + b`, `a >= b`, `a and b`, `a else b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `invoice starts with "C"`
    StartsWith(Box<Expr>, Spanned<String>),
    /// `country in ("France", "Germany")`
    In(Box<Expr>, Vec<Expr>),
    /// `x is unknown`; `x is not unknown` when the flag is true
    IsUnknown(Box<Expr>, bool),
    /// `net_sales over 28 days ending 1 day ago`
    Over(Box<Expr>, Spanned<Window>),
    /// `tdr over 3 months if transactions >= 400 else 12 months`
    Adapt(Box<Adapt>),
    /// `net_sales over latest prime_day`
    OverOccasion(Box<Expr>, Spanned<OccasionAt>),
    /// `net_sales 1 year before`
    Shift(Box<Expr>, Spanned<Shift>),
    /// `median of net_sales in 8 weeks before`
    Baseline(Spanned<Statistic>, Box<Expr>, Spanned<Shift>),
    /// `sum(last(stock.on_hand) per sku)`
    Parts(Box<Parts>),
    /// `storage_cost across sku`
    Across(Box<Expr>, Ident),
    /// `sum(order.amount) in CNY at transaction day`
    Convert(Box<Expr>, Spanned<Conversion>),
    /// `steps(x, > 80% -> 3%)`, `tiers(x, 10_000 USD -> 3%)`, `curve(x, 80% -> 60, 100% -> 100)`
    Bands(Box<Bands>),
    /// `2 working days in us_market`: only behind a time and `+`
    WorkSpan(WorkSpan),
    /// `working time from asked to answered in support`
    WorkTime(Box<WorkTime>),
    /// Something that did not parse; an error was reported.
    Broken,
}

/// `sum(order_placed.amount where channel = "ads")`
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// `sum`
    pub function: Spanned<AggregateFn>,
    /// What is aggregated: an event's name for `count(order_placed)`, else a row formula such as `line.quantity * line.price`.
    pub arg: Expr,
    /// `where …`
    pub filter: Option<Expr>,
    /// `90%` in `quantile(x.y, 90%)`
    pub quantile: Option<Spanned<Decimal>>,
    /// Further arguments, which no aggregate takes.
    pub surplus: Vec<Expr>,
}

/// The operators between two formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Else,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Eq => "=",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
            BinaryOp::Else => "else",
        }
    }
}

/// `test "one late order in four warns after a day" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it shows.
    pub name: Spanned<String>,
    /// The steps in order.
    pub steps: Vec<TestStep>,
    /// The whole declaration.
    pub span: Span,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum TestStep {
    /// `given order_placed { table }`
    Given(Given),
    /// `at 2026-03-01 12:00`: moves the virtual clock, in the ruleset's zone.
    At(Spanned<String>),
    /// `expect …`
    Expect(Expect),
}

/// `given order_placed { … }`: rows of a table, `|` between cells, the first line names the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// `order_placed`
    pub event: Ident,
    /// The column names. `time`, `id`, `source` and `revision` are the event's own; `times` says how many events a row
    /// stands for; a `*` in an id is the number of each.
    pub columns: Vec<Ident>,
    /// The cells, trimmed; an empty one is absent. A row may be shorter than the header (an error was reported).
    pub rows: Vec<Vec<Spanned<String>>>,
    /// The whole step.
    pub span: Span,
}

/// `expect … is …`
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// What is looked at.
    pub subject: ExpectSubject,
    /// `[shop: us, sku: "A 1"]`
    pub scope: Vec<(Ident, Spanned<String>)>,
    /// What it must be.
    pub outcome: Spanned<Outcome>,
    /// The whole line.
    pub span: Span,
}

/// What an expectation looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectSubject {
    /// `expect late_rate over 10 days`, `expect net_sales in 2026-02`
    Metric {
        /// A metric or any formula.
        value: Expr,
        /// `over 10 days`; all time when neither is given.
        window: Option<Spanned<Window>>,
        /// `in 2026-02`
        period: Option<Spanned<String>>,
    },
    /// `expect score shop_manager [shop: us] in 2026-02 is 94.75`
    Score(Ident, Option<Spanned<String>>),
    /// `expect grade shop_manager …  is B`
    Grade(Ident, Option<Spanned<String>>),
    /// `expect marked shop_manager … is true`
    Marked(Ident, Option<Spanned<String>>),
    /// `expect rank shop_manager … is 2`
    Rank(Ident, Option<Spanned<String>>),
    /// `expect payout shop_manager … is 1.0`
    Payout(Ident, Option<Spanned<String>>),
    /// `expect alert late_shipments [shop: us] is pending`, `expect no alert late_shipments`
    Alert(Ident),
}

/// What an expectation asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// `is 25%`: equal when the value, rounded half-even to the decimals written, is this; `is unknown` too.
    Value(Expr),
    /// `is B`
    Grade(String),
    /// `is pending`, `is firing warning since 2026-03-03 09:00`, `is resolved`
    Alert {
        /// `pending`, `firing`, `resolved`, `inactive`
        state: String,
        /// `warning`
        severity: Option<AlertSeverity>,
        /// `since …`
        since: Option<Spanned<String>>,
    },
    /// `expect no alert …`: neither pending nor firing.
    NoAlert,
    /// `is ?`: to be filled in.
    Ask,
}
