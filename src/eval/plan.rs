//! What [`super::State`] derives once from a program: which scopes and leaves a row touches, which rules a scope wakes.

use super::Scope;
use super::above::Ways;
use super::closed::Closed;
use super::watch::Watches;
use super::window::days;
use crate::compile::program::{
    ANY, AlertLevel, AlertRule, CardIdx, DimIdx, Due, EventIdx, FieldIdx, Formula, GroupingIdx, Hold, LeafIdx, Ledger, LevelRead, Lookup,
    MetricIdx, Program, RateAt, Read, Reset, Scored, Shift, SplitBy, TargetIdx, TargetRead, Window,
};
use crate::time::{Day, Grain, Period};
use std::collections::{BTreeSet, HashSet};

/// The derived indexes of a program.
#[derive(Debug)]
pub(super) struct Plan {
    /// For each event type, the groupings that its rows belong to.
    pub(super) events: Vec<Vec<Belongs>>,
    /// For each event type, its leaves.
    pub(super) event_leaves: Vec<Vec<LeafIdx>>,
    /// For each grouping, its leaves; a scope keeps one series for each, in this order.
    pub(super) leaves: Vec<Vec<LeafIdx>>,
    /// For each grouping, its alert rules.
    pub(super) rules: Vec<Vec<usize>>,
    /// For each rule, the leaves and windows that it reads; all time for what it reads in some other way.
    pub(super) reads: Vec<Vec<(LeafIdx, Window)>>,
    /// For each rule, the leaves whose rows it depends on. Where it looks back these are all of the event types that it reads:
    /// any of their rows may show that a scope had begun.
    pub(super) sources: Vec<BTreeSet<LeafIdx>>,
    /// For each rule, when the turn of a day alone changes what it reads.
    pub(super) turning: Vec<Turning>,
    /// For each rule, at which rates it converts money.
    pub(super) rates: Vec<BTreeSet<RateAt>>,
    /// For each rule, the days from which rows of the tables count in which it looks something up.
    pub(super) dated: Vec<BTreeSet<Day>>,
    /// For each rule, the leaves of what events tell of these tables and of its targets, each with its event type.
    pub(super) told: Vec<BTreeSet<(EventIdx, LeafIdx)>>,
    /// For each event type, whether it tells anything of these.
    pub(super) tells: Vec<bool>,
    /// For each rule, its targets of which events tell amounts, and for how many days after their periods these matter.
    pub(super) told_targets: Vec<(Vec<TargetIdx>, i32)>,
    /// Which rules look at other scopes, and where.
    pub(super) watches: Watches,
    /// How the scopes of rules lie above those of cells.
    pub(super) above: Ways,
    /// For each grouping, the places of the dimensions by which events tell of tables and targets.
    open: Vec<Vec<usize>>,
    /// For each leaf, its place in the groupings that keep it.
    slots: Vec<Vec<(GroupingIdx, usize)>>,
}

/// A grouping that the rows of an event type belong to.
#[derive(Debug)]
pub(super) struct Belongs {
    pub(super) grouping: GroupingIdx,
    /// The field of each dimension, and the dimension.
    pub(super) fields: Vec<(DimIdx, FieldIdx)>,
    /// The leaves of this event that the grouping keeps.
    pub(super) leaves: Vec<Kept>,
    /// The rules of the grouping that read a leaf of this event.
    pub(super) rules: Vec<usize>,
}

/// A leaf that a grouping keeps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) leaf: LeafIdx,
    /// Its place among the series of the grouping's scopes.
    pub(super) slot: usize,
    /// Its place among the leaves of its event.
    pub(super) ordinal: usize,
}

impl Plan {
    /// Whether a rule reads windows of days that lie behind: of a scope that began later they say nothing.
    pub(super) fn looks_back(&self, rule: usize) -> bool {
        let behind = |window: &Window| is_past(window) || matches!(window, Window::Days { ending: 1.., .. } | Window::Occasion(_));
        self.reads.get(rule).into_iter().flatten().any(|(_, window)| behind(window))
    }

    pub(super) fn new(program: &Program) -> Plan {
        let mut leaves = vec![Vec::new(); program.groupings.len()];
        let mut slots = vec![Vec::new(); program.leaves.len()];
        for (leaf, (decl, slots)) in program.leaves.iter().zip(&mut slots).enumerate() {
            for grouping in &decl.groupings {
                if let Some(list) = leaves.get_mut(*grouping) {
                    slots.push((*grouping, list.len()));
                    list.push(leaf);
                }
            }
        }
        let mut rules = vec![Vec::new(); program.groupings.len()];
        for (rule, decl) in program.alerts.iter().enumerate() {
            if let Some(list) = rules.get_mut(decl.grouping) {
                list.push(rule);
            }
        }
        let reads = program.alerts.iter().map(|rule| reads_of(program, rule)).collect();
        let turning = program.alerts.iter().map(|rule| turning_of(program, rule)).collect();
        let rates = program.alerts.iter().map(|rule| rates_of(program, rule)).collect();
        let dated = program.alerts.iter().map(|rule| dated_of(program, rule)).collect();
        let told: Vec<BTreeSet<_>> = program.alerts.iter().map(|rule| told_of(program, rule)).collect();
        let tells = (0..program.events.len()).map(|event| told.iter().flatten().any(|(own, _)| *own == event)).collect();
        let told_targets = program.alerts.iter().map(|rule| told_targets_of(program, rule)).collect();
        let of_event = |event| (0..).zip(&program.leaves).filter(|(_, leaf)| leaf.event == event).map(|(leaf, _)| leaf).collect();
        let event_leaves = (0..program.events.len()).map(of_event).collect();
        let watches = Watches::new(program);
        let above = Ways::new(program, &watches);
        let mut plan = Plan {
            events: Vec::new(),
            event_leaves,
            leaves,
            rules,
            reads,
            sources: Vec::new(),
            turning,
            rates,
            dated,
            told,
            tells,
            told_targets,
            watches,
            above,
            open: program.groupings.iter().map(|dims| open_of(program, dims)).collect(),
            slots,
        };
        plan.events = (0..program.events.len()).map(|event| plan.belongs(program, event)).collect();
        plan.sources = (0..).zip(&program.alerts).map(|(index, rule)| plan.sources_of(program, (index, rule))).collect();
        plan
    }

    fn sources_of(&self, program: &Program, (index, rule): (usize, &AlertRule)) -> BTreeSet<LeafIdx> {
        let own = rule.leaves.iter().copied();
        if !self.looks_back(index) && self.turning.get(index).is_none_or(|turning| turning.reach == 0) {
            return own.collect();
        }
        let events = own.filter_map(|leaf| self.event_leaves.get(program.leaves.get(leaf)?.event));
        events.flatten().copied().collect()
    }

    /// Whether all that a rule reads lies in the cells of its own scope.
    pub(super) fn is_alone(&self, program: &Program, index: usize) -> bool {
        let Some(rule) = program.alerts.get(index) else { return false };
        let is_own = |leaf: &LeafIdx| {
            let above = program.leaves.get(*leaf).and_then(|leaf| self.above.of_event.get(leaf.event));
            self.slot(*leaf, rule.grouping).is_some() && above.is_none_or(|above| above.iter().all(|one| one.grouping != rule.grouping))
        };
        self.sources.get(index).is_none_or(|leaves| leaves.iter().all(is_own))
            && self.above.elsewhere.get(index).is_none_or(BTreeSet::is_empty)
            && self.rates.get(index).is_none_or(BTreeSet::is_empty)
            && self.told.get(index).is_none_or(BTreeSet::is_empty)
            && !self.watches.any_of(index)
    }

    /// The place of a leaf's series in the scopes of a grouping.
    pub(super) fn slot(&self, leaf: LeafIdx, grouping: GroupingIdx) -> Option<usize> {
        self.slots.get(leaf)?.iter().find(|(one, _)| *one == grouping).map(|(_, slot)| *slot)
    }

    /// Whether a scope names no part of the business: one of its values is [`ANY`], with which an event tells something of all.
    pub(super) fn is_open(&self, scope: &Scope) -> bool {
        let open = self.open.get(scope.grouping).into_iter().flatten();
        open.filter_map(|place| scope.values.get(*place)?.as_deref()).any(|value| value == ANY)
    }

    fn belongs(&self, program: &Program, event: EventIdx) -> Vec<Belongs> {
        let mut list = Vec::new();
        for (grouping, dims) in program.groupings.iter().enumerate() {
            let field = |dim: &DimIdx| program.events.get(event)?.dims.iter().find(|(one, _)| one == dim).copied();
            let Some(fields) = dims.iter().map(field).collect::<Option<Vec<_>>>() else { continue };
            let kept = self.leaves.get(grouping).into_iter().flatten().enumerate();
            let ordinal = |leaf: LeafIdx| self.event_leaves.get(event)?.iter().position(|one| *one == leaf);
            let leaves: Vec<Kept> = kept.filter_map(|(slot, leaf)| Some(Kept { leaf: *leaf, slot, ordinal: ordinal(*leaf)? })).collect();
            let reads = |rule: &&usize| {
                self.reads.get(**rule).is_some_and(|reads| reads.iter().any(|read| leaves.iter().any(|leaf| leaf.leaf == read.0)))
            };
            let rules = self.rules.get(grouping).into_iter().flatten().filter(reads).copied().collect();
            list.push(Belongs { grouping, fields, leaves, rules });
        }
        list
    }
}

/// The places among some dimensions of those by which events tell of tables and targets.
fn open_of(program: &Program, dims: &[DimIdx]) -> Vec<usize> {
    dims.iter().enumerate().filter(|(_, dim)| program.told_by(**dim)).map(|(place, _)| place).collect()
}

/// The leaves and windows that an alert rule reads.
fn reads_of(program: &Program, rule: &AlertRule) -> Vec<(LeafIdx, Window)> {
    let mut reads = Vec::new();
    for used in framed(program, formulas_of(rule)).uses {
        let read = (used.leaf, window_of(rule.window, &used.frame).unwrap_or(Window::All));
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
    reads
}

/// A window within a frame. What came before it matters only where it moves the anchor.
fn over(frame: &[Move], window: Window) -> Frame {
    let stays = |step: &Move| matches!(step, Move::Over(_) | Move::Elsewhere);
    if !frame.iter().all(stays) {
        return [frame, &[Move::Over(window)]].concat();
    }
    let elsewhere = is_elsewhere(frame).then_some(Move::Elsewhere);
    elsewhere.into_iter().chain([Move::Over(window)]).collect()
}

/// The formulas of a rule, each with the periods in which it is read beside the rule's window.
fn formulas_of(rule: &AlertRule) -> Vec<(&Formula, Frame)> {
    let mut formulas: Vec<(&Formula, Frame)> = [&rule.subject]
        .into_iter()
        .chain(&rule.clear)
        .chain(rule.exempts.iter().map(|exempt| &exempt.when))
        .map(|formula| (formula, Frame::new()))
        .collect();
    for level in &rule.levels {
        formulas.extend(parts_of(rule, level));
    }
    formulas
}

/// The condition of a line, with the subject that it may leave out wherever that is read elsewhere than at home.
pub(super) fn parts_of<'r>(rule: &'r AlertRule, level: &'r AlertLevel) -> Vec<(&'r Formula, Frame)> {
    let periods = Closed::of(level, rule.window).map(|period| vec![Move::Closed(period)]);
    let mut parts: Vec<(&Formula, Frame)> = periods.flat_map(|frame| [(&rule.subject, frame.clone()), (&level.when, frame)]).collect();
    if parts.is_empty() || level.early {
        parts.push((&level.when, Frame::new()));
    }
    parts
}

/// At which rates a rule converts money.
fn rates_of(program: &Program, rule: &AlertRule) -> BTreeSet<RateAt> {
    let at = |used: Used| match used.read {
        Read::SumIn(conversion) | Read::AvgIn(conversion) => Some(conversion.at),
        _ => None,
    };
    framed(program, formulas_of(rule)).uses.into_iter().filter_map(at).collect()
}

/// The leaves of what events tell of the tables and targets that a rule reads, each with its event type.
fn told_of(program: &Program, rule: &AlertRule) -> BTreeSet<(EventIdx, LeafIdx)> {
    let found = framed(program, formulas_of(rule));
    let tables = found.lookups.iter().chain(&found.lookups_elsewhere).filter_map(|lookup| program.tables.get(lookup.table)?.told.as_ref());
    let rows = tables.flat_map(|told| told.leaves.iter().flatten().map(|leaf| (told.event, *leaf)));
    let targets = found.targets.iter().filter_map(|target| program.targets.get(*target)?.told.as_ref());
    rows.chain(targets.map(|told| (told.event, told.leaf))).collect()
}

/// The targets of a rule of which events tell amounts, and for how many days after their periods they matter.
fn told_targets_of(program: &Program, rule: &AlertRule) -> (Vec<TargetIdx>, i32) {
    let found = framed(program, formulas_of(rule));
    let told = |target: &TargetIdx| program.targets.get(*target).is_some_and(|target| target.told.is_some());
    let mut targets: Vec<TargetIdx> = found.targets.iter().copied().filter(told).collect();
    targets.sort_unstable();
    (targets, matters_for(rule, &found))
}

/// For how many days after its end a period may still matter to a rule.
fn matters_for(rule: &AlertRule, found: &Found<'_>) -> i32 {
    let window = found.windows.iter().chain([&rule.window]).map(|window| reach_days(*window)).max().unwrap_or(0);
    window.saturating_add(closed_days(rule))
}

/// The days of the periods that are over at which a rule looks.
fn closed_days(rule: &AlertRule) -> i32 {
    let of_line = |hold| match hold {
        Hold::Periods { count, grain } => days(count + 1).saturating_mul(reach_days(Window::Period { grain, previous: false })),
        Hold::Unbroken(_) | Hold::Working(_) | Hold::SomeOf { .. } => 0,
    };
    rule.levels.iter().map(|level| of_line(level.hold)).max().unwrap_or(0)
}

/// The days from which rows of the tables count in which a rule looks something up.
fn dated_of(program: &Program, rule: &AlertRule) -> BTreeSet<Day> {
    let found = framed(program, formulas_of(rule));
    let tables = found.lookups.iter().chain(&found.lookups_elsewhere).filter_map(|lookup| program.tables.get(lookup.table));
    tables.flat_map(|table| &table.rows).filter_map(|row| row.from).collect()
}

/// More days than anybody counts: the course of a level matters for ever.
const EVER_DAYS: i32 = 1_000_000;

/// When the turn of a day alone changes what a rule reads.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turning {
    /// Up to this day targets and named events do.
    pub(super) targets: Option<Day>,
    /// So many days after something happened, or a row of a table began to count, it still matters to a ledger, to a
    /// comparison with the past or to a period that is over; 0 without any.
    pub(super) reach: i32,
    /// What a level was once matters until the next reading.
    pub(super) carries: bool,
    /// Scores of periods that are over are read.
    pub(super) past_scores: bool,
}

/// Whether a window is one of periods that are over.
fn is_past(window: &Window) -> bool {
    matches!(window, Window::Period { previous: true, .. } | Window::Periods { back: 1.., .. })
}

fn turning_of(program: &Program, rule: &AlertRule) -> Turning {
    let found = framed(program, formulas_of(rule));
    let last_day = |target: &TargetIdx| program.targets.get(*target)?.rows.iter().map(|row| row.period.last).max();
    let window = found.windows.iter().chain([&rule.window]).map(|window| reach_days(*window)).max().unwrap_or(0);
    let back = |shift: &Shift| {
        days(shift.count).saturating_mul(shift.grain.map_or(window, |grain| reach_days(Window::Period { grain, previous: false })))
    };
    // Comparisons may stand within one another.
    let shifts: i32 = found.shifts.iter().map(back).fold(0, i32::saturating_add);
    let closed = closed_days(rule);
    let back = shifts.saturating_add(closed);
    let targets = found.targets.iter().filter_map(last_day).max().map(|last| last.plus(window.saturating_add(closed)));
    let ended = |window: &Window| match window {
        Window::Occasion(window) => program.occasions.get(window.occasion)?.days.last().map(|(_, last)| last.plus(1).plus(closed)),
        _ => None,
    };
    let targets = found.windows.iter().filter_map(ended).chain(targets).max();
    // A score of a period that is over has windows that end with it.
    let past_scores = !found.cards.is_empty() && found.windows.iter().chain([&rule.window]).any(is_past);
    let moved = back > 0 || past_scores;
    let compared = if moved { back.saturating_add(window).saturating_mul(2) } else { 0 };
    let rests = found.ledgers.iter().max().map_or(0, |rests| rests.saturating_add(window).saturating_add(back));
    // Days expect events for ever, whether or not anything happens; and what has a level may move on any day.
    let moves = !program.memberships.is_empty();
    let course = found.uses.iter().any(|used| match used.read {
        Read::Level(read) => moves || read != LevelRead::Last,
        read => matches!(read, Read::DaysWith | Read::DaysDue),
    });
    let carries = found.uses.iter().any(|used| matches!(used.read, Read::Level(_)));
    let reach = if course { EVER_DAYS } else { compared.max(rests) };
    Turning { targets, reach, carries, past_scores }
}

/// After how many days without an event nothing moves a ledger any more.
fn rests_after(ledger: &Ledger) -> i32 {
    let reset = ledger.reset.map(|reset| reach_days(Window::Period { grain: reset.every, previous: false }));
    let expires = ledger.entries.iter().filter_map(|entry| entry.expires_days).map(days).max();
    let moves = if ledger.decay.is_some() { i32::MAX } else { expires.unwrap_or(0) };
    let judged = ledger.entries.iter().filter_map(|entry| entry.every);
    let judged = judged.map(|every| reach_days(Window::Period { grain: every, previous: false })).max().unwrap_or(0);
    // Events may be placed on a day ahead, which then turns.
    reset.unwrap_or(moves).saturating_add(judged).saturating_add(1)
}

/// How many days back a window reaches at the most.
fn reach_days(window: Window) -> i32 {
    match window {
        Window::Days { length, ending } => days(length).saturating_add(days(ending)),
        Window::Period { grain: Grain::Day, .. } => 2,
        Window::Period { grain: Grain::Week, .. } => 14,
        Window::Period { grain: Grain::Month, .. } => 84,
        Window::Period { grain: Grain::Quarter, .. } => 196,
        Window::Period { grain: Grain::Year, .. } => 742,
        Window::Periods { grain, count, back } => {
            reach_days(Window::Period { grain, previous: false }).saturating_mul(days(count.saturating_add(back)))
        }
        Window::Elapsed { .. } | Window::Occasion(_) | Window::All => 1,
    }
}

/// The window that moves lead to; None when they lead to none that could be written.
fn window_of(home: Window, frame: &[Move]) -> Option<Window> {
    let (mut window, mut shifted) = (home, false);
    for step in frame {
        window = match *step {
            // A window behind a move is anchored where the move led to.
            Move::Over(_) if shifted => return None,
            Move::Over(own) => own,
            Move::Shift(shift) => {
                shifted = true;
                earlier(window, shift)?
            }
            Move::Card(_) if shifted => return None,
            Move::Card(every) => match window {
                Window::Period { grain, previous } if grain == every => {
                    shifted |= previous;
                    window
                }
                _ => Window::Period { grain: every, previous: false },
            },
            Move::Within(_) | Move::Account(..) | Move::Closed(_) | Move::Told => return None,
            Move::Elsewhere => continue,
        };
    }
    Some(window)
}

/// The window so much earlier.
fn earlier(window: Window, shift: Shift) -> Option<Window> {
    let n_days = match shift.grain {
        Some(Grain::Day) => Some(shift.count),
        Some(Grain::Week) => Some(shift.count.saturating_mul(7)),
        Some(Grain::Month | Grain::Quarter | Grain::Year) => return None,
        None => None,
    };
    let today = Window::Days { length: 1, ending: 0 };
    match window {
        Window::Days { length, ending } => {
            Some(Window::Days { length, ending: ending.saturating_add(n_days.unwrap_or(shift.count.saturating_mul(length))) })
        }
        Window::Elapsed { length_s, ending_s } => {
            let back_s = n_days.map_or(length_s.saturating_mul(shift.count.into()), |days| u64::from(days) * 86_400);
            Some(Window::Elapsed { length_s, ending_s: ending_s.saturating_add(back_s) })
        }
        Window::Period { grain: Grain::Day, previous: false } => earlier(today, shift),
        Window::Period { .. } | Window::Periods { .. } | Window::Occasion(_) | Window::All => None,
    }
}

/// How a range of time follows from the surrounding one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Move {
    /// To a window.
    Over(Window),
    /// To the same so much earlier.
    Shift(Shift),
    /// To a period, to date while it runs.
    Within(Period),
    /// To the days of a ledger's account, up to the end of the range; of an entry that is judged once a period, to its periods.
    Account(Option<Reset>, Option<Grain>),
    /// To the period of a scorecard.
    Card(Grain),
    /// To a period that is over.
    Closed(Closed),
    /// To periods that events tell.
    Told,
    /// To the same at another scope.
    Elsewhere,
}

/// Whether moves lead to another scope.
pub(super) fn is_elsewhere(frame: &[Move]) -> bool {
    frame.contains(&Move::Elsewhere)
}

/// From the surrounding range of time to that of a part of a formula; empty for the surrounding one itself.
pub(super) type Frame = Vec<Move>;

/// A leaf as a formula reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Used {
    pub(super) leaf: LeafIdx,
    pub(super) read: Read,
    pub(super) frame: Frame,
}

/// The leaves that formulas read, through their metrics too, each once.
pub(super) fn uses<'f>(program: &'f Program, formulas: impl Iterator<Item = &'f Formula>) -> Vec<Used> {
    within(program, formulas).uses
}

/// The leaves and metrics that formulas read, through their metrics too, each once.
pub(super) fn within<'f>(program: &'f Program, formulas: impl Iterator<Item = &'f Formula>) -> Found<'f> {
    framed(program, formulas.map(|formula| (formula, Frame::new())))
}

/// The same, of formulas that are each read in a frame.
pub(super) fn framed<'f>(program: &'f Program, formulas: impl IntoIterator<Item = (&'f Formula, Frame)>) -> Found<'f> {
    let mut found = Found::default();
    formulas.into_iter().for_each(|(formula, frame)| found.formula(program, formula, &frame));
    // Metrics are visited from a list, so that long chains of them cost no stack, and each once.
    while let Some((metric, frame)) = found.open.pop() {
        if let Some(metric) = program.metrics.get(metric) {
            found.formula(program, &metric.formula, &frame);
        }
    }
    found
}

/// What formulas read.
#[derive(Default)]
pub(super) struct Found<'f> {
    open: Vec<(MetricIdx, Frame)>,
    /// The metrics.
    pub(super) metrics: HashSet<(MetricIdx, Frame)>,
    /// The scorecards.
    cards: HashSet<(CardIdx, Frame)>,
    /// The windows.
    windows: HashSet<Window>,
    /// How far back is looked.
    shifts: HashSet<Shift>,
    /// The targets.
    pub(super) targets: HashSet<TargetIdx>,
    /// After how many days without an event each ledger rests.
    ledgers: Vec<i32>,
    /// The leaves.
    pub(super) uses: Vec<Used>,
    /// The values of tables.
    pub(super) lookups: Vec<Lookup>,
    /// Those that are looked up at other scopes.
    lookups_elsewhere: Vec<Lookup>,
    /// What looks at other scopes: [`Formula::Parts`] and [`Formula::Across`], where they are not within one another.
    pub(super) nested: Vec<(&'f Formula, Frame)>,
}

impl<'f> Found<'f> {
    fn formula(&mut self, program: &'f Program, formula: &'f Formula, frame: &[Move]) {
        match formula {
            Formula::Const(_) | Formula::Unknown | Formula::Subject | Formula::DaysLeft => {}
            Formula::Target(read) => self.target(program, read),
            Formula::Score(read) => self.score(program, *read, frame),
            Formula::Lookup(lookup) => {
                let lookups = if is_elsewhere(frame) { &mut self.lookups_elsewhere } else { &mut self.lookups };
                if !lookups.contains(lookup) {
                    lookups.push(lookup.clone());
                }
            }
            Formula::Leaf(leaf, read) => {
                let used = Used { leaf: *leaf, read: *read, frame: frame.to_vec() };
                if !self.uses.contains(&used) {
                    self.uses.push(used);
                }
            }
            Formula::Metric(metric) => self.metric(*metric, frame.to_vec()),
            Formula::Negate(a)
            | Formula::Not(a)
            | Formula::IsUnknown(a)
            | Formula::Abs(a)
            | Formula::Round(a, _)
            | Formula::Floor(a)
            | Formula::Ceil(a)
            | Formula::Bands(_, a) => self.formula(program, a, frame),
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
                self.formula(program, a, frame);
                self.formula(program, b, frame);
            }
            Formula::Least(list) | Formula::Greatest(list) => list.iter().for_each(|one| self.formula(program, one, frame)),
            Formula::Over(window, inner) => {
                self.windows.insert(*window);
                self.formula(program, inner, &over(frame, *window));
            }
            Formula::Adapt(adapt) => {
                let read = [(adapt.then, &adapt.when), (adapt.then, &adapt.inner), (adapt.otherwise, &adapt.inner)];
                for (window, inner) in read {
                    self.windows.insert(window);
                    self.formula(program, inner, &over(frame, window));
                }
            }
            Formula::Ledger(ledger) => {
                self.ledgers.push(rests_after(ledger));
                for entry in &ledger.entries {
                    let account = [frame, &[Move::Account(ledger.reset, entry.every)]].concat();
                    self.formula(program, &entry.formula, &account);
                }
            }
            Formula::Parts(parts) => {
                if let Some((leaf, _)) = parts.of_days() {
                    self.formula(program, leaf, frame);
                }
                let inside = self.elsewhere(formula, frame);
                parts.filter.iter().chain([&parts.part]).for_each(|part| self.formula(program, part, &inside));
            }
            Formula::Across(across) => {
                let inside = self.elsewhere(formula, frame);
                self.formula(program, &across.of, &inside);
            }
            Formula::Shift(shift, inner) => self.shifted(program, inner, frame, *shift),
            Formula::Baseline(_, shift, inner) => {
                (1..=shift.count).for_each(|count| self.shifted(program, inner, frame, Shift { count, ..*shift }));
            }
        }
    }

    /// Notes a formula that looks at other scopes; the frame of what is inside of it.
    fn elsewhere(&mut self, formula: &'f Formula, frame: &[Move]) -> Frame {
        if is_elsewhere(frame) {
            return frame.to_vec();
        }
        let found = (formula, frame.to_vec());
        if !self.nested.contains(&found) {
            self.nested.push(found);
        }
        [frame, &[Move::Elsewhere]].concat()
    }

    fn metric(&mut self, metric: MetricIdx, frame: Frame) {
        if self.metrics.insert((metric, frame.clone())) {
            self.open.push((metric, frame));
        }
    }

    /// A score reads all that its card does.
    fn score(&mut self, program: &'f Program, read: Scored, frame: &[Move]) {
        let Some(card) = program.scorecards.get(read.card) else { return };
        let frame = [frame, &[Move::Card(card.every)]].concat();
        if !self.cards.insert((read.card, frame.clone())) {
            return;
        }
        self.windows.insert(Window::Period { grain: card.every, previous: false });
        let own = card.kpis.iter().filter_map(|kpi| Some((&kpi.formula, kpi.window?)));
        for (formula, window) in own {
            self.windows.insert(window);
            self.formula(program, formula, &over(&frame, window));
        }
        let in_period = card.kpis.iter().filter(|kpi| kpi.window.is_none()).map(|kpi| &kpi.formula).chain(card.conditions());
        in_period.for_each(|formula| self.formula(program, formula, &frame));
    }

    fn shifted(&mut self, program: &'f Program, inner: &'f Formula, frame: &[Move], shift: Shift) {
        self.shifts.insert(shift);
        self.formula(program, inner, &[frame, &[Move::Shift(shift)]].concat());
    }

    /// A target reads the years whose history it follows, and when it is planned anew what has come in its own periods.
    fn target(&mut self, program: &Program, read: &TargetRead) {
        self.targets.insert(read.target);
        let Some(target) = program.targets.get(read.target) else { return };
        if target.told.is_some() {
            target.likes().into_iter().chain([target.metric]).for_each(|metric| self.metric(metric, vec![Move::Told]));
        }
        for period in target.rows.iter().map(|row| row.period) {
            for split in &target.splits {
                if let SplitBy::Like(metric, year) = split.by {
                    let before = || period.whole_year(-1, program.reckoning);
                    self.metric(metric, vec![Move::Within(year.unwrap_or_else(before))]);
                }
            }
            if matches!(read.due, Due::Replanned | Due::Forecast(_)) {
                self.metric(target.metric, vec![Move::Within(period)]);
            }
        }
    }
}
