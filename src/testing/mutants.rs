//! The changes that the tests of a ruleset should notice.
//!
//! 1. [`Walk`] visits the rules of a file in the order of the text and offers every place a few small changes: a limit a
//!    tenth up and a tenth down, the next comparison, the other policy, a condition less.
//! 2. The changes are numbered as they are offered. [`mutants`] lists all of them, [`change`] makes one.
//!
//! What no test can see is left alone: texts, channels, reminders, how long rows may be restated, feeds.

mod times;

use crate::diagnostic::{Span, Spanned};
use crate::syntax::ast::{
    Adjustment, Aggregate, AggregateFn, Alert, AlertLevel, BinaryOp, ByVolume, Curve, Duration, DurationUnit, Expr, ExprKind, File, Fold,
    Grain, Hold, Item, Kpi, Ledger, LedgerEach, NoData, Scorecard, SetTo, Ties, UnknownPolicy, Verdict, Veto, Window, WorkSpan, WorkUnit,
};
use rust_decimal::Decimal;

/// A small change of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The text that changes.
    pub span: Span,
    /// That text.
    pub from: String,
    /// What stands there instead; empty when it is left out.
    pub to: String,
}

/// Every change, in the order of the text.
pub fn mutants(file: &File, text: &str) -> Vec<Mutant> {
    let mut walk = Walk { text, wanted: None, list: Vec::new(), stated: Vec::new() };
    walk.file(&mut file.clone());
    walk.list
}

/// Makes the change with this number.
pub fn change(file: &mut File, text: &str, number: usize) {
    Walk { text, wanted: Some(number), list: Vec::new(), stated: Vec::new() }.file(file);
}

/// Visits a file.
struct Walk<'t> {
    text: &'t str,
    /// The number of the change to make; None to make none.
    wanted: Option<usize>,
    /// What has been offered.
    list: Vec<Mutant>,
    /// Where a param stands for a number.
    stated: Vec<Span>,
}

impl Walk<'_> {
    /// Offers values for a place.
    fn offer<T>(&mut self, place: &mut T, span: Span, values: Vec<(T, String)>) {
        for (value, to) in values {
            if self.wanted == Some(self.list.len()) {
                *place = value;
            }
            self.list.push(Mutant { span, from: self.text.get(span.range()).unwrap_or_default().to_owned(), to });
        }
    }

    fn file(&mut self, file: &mut File) {
        for setting in file.uses.iter_mut().flat_map(|used| &mut used.settings) {
            if let SetTo::Value(value) = &mut setting.to {
                self.expr(value);
            }
        }
        for item in &mut file.items {
            match item {
                Item::Param(param) => self.expr(&mut param.value),
                Item::Table(table) => {
                    table.rows.iter_mut().flatten().filter_map(|cell| cell.value.as_mut()).for_each(|value| self.expr(value));
                }
                Item::Entity(entity) => entity.fields.iter_mut().for_each(|field| self.expr(&mut field.value)),
                Item::Metric(metric) => {
                    self.expr(&mut metric.formula);
                    if let Some(span) = metric.clock.as_ref().map(|clock| clock.span) {
                        self.offer(&mut metric.clock, span, vec![(None, String::new())]);
                    }
                }
                Item::Ledger(ledger) => self.ledger(ledger),
                Item::Target(target) => target.rows.iter_mut().for_each(|row| self.expr(&mut row.value)),
                Item::Scorecard(card) => self.scorecard(card),
                Item::Alert(alert) => self.alert(alert),
                Item::Event(_) | Item::Dimension(_) | Item::Feed(_) | Item::Calendar(_) | Item::Occasion(_) | Item::Test(_) => {}
            }
        }
    }

    fn ledger(&mut self, ledger: &mut Ledger) {
        ledger.start.iter_mut().for_each(|start| self.expr(start));
        for entry in &mut ledger.entries {
            let word = Span { end: entry.span.start + if entry.deduct { 6 } else { 3 }, ..entry.span };
            let other = (!entry.deduct, if entry.deduct { "add" } else { "deduct" }.to_owned());
            self.offer(&mut entry.deduct, word, vec![other]);
            self.expr(&mut entry.amount);
            if let Some(LedgerEach { step, of }) = &mut entry.each {
                self.expr(step);
                self.expr(of);
            }
            if let Some(Spanned { value, span }) = &mut entry.every {
                let other = if *value == Grain::Week { Grain::Month } else { Grain::Week };
                self.offer(value, *span, vec![(other, grain_text(other).to_owned())]);
            }
            if let Some(Spanned { value, span }) = entry.expires.clone() {
                let others = durations(value).into_iter().map(|length| (Some(Spanned { value: length, span }), duration_text(length)));
                self.offer(&mut entry.expires, span, others.chain([(None, String::new())]).collect());
            }
        }
        if let Some(decay) = &mut ledger.decay {
            self.expr(&mut decay.by);
        }
        if let Some(span) = ledger.reset.as_ref().map(|reset| reset.span) {
            self.offer(&mut ledger.reset, span, vec![(None, String::new())]);
        }
        self.condition(&mut ledger.at_least);
        self.condition(&mut ledger.at_most);
    }

    fn scorecard(&mut self, card: &mut Scorecard) {
        // A param in place of a number changes where it is declared.
        self.stated = card.stated.iter().map(|name| name.span).collect();
        for Kpi { window, occasion, weight, curve, .. } in &mut card.kpis {
            self.window(window);
            occasion.iter_mut().for_each(|occasion| self.occasion(occasion));
            self.decimal(weight);
            self.curve(curve);
        }
        card.adjustments.iter_mut().for_each(|line| self.adjustment(line));
        let grades: Vec<String> = card.grades.iter().map(|band| band.grade.value.clone()).collect();
        for Veto { when, then, .. } in &mut card.vetoes {
            self.expr(when);
            match then {
                Verdict::Grade(grade) => {
                    let better = grades.iter().position(|one| *one == grade.value).and_then(|place| grades.get(place.checked_sub(1)?));
                    self.offer(&mut grade.value, grade.span, better.map(|better| (better.clone(), better.clone())).into_iter().collect());
                }
                Verdict::Score(score) => self.decimal(score),
            }
        }
        card.gates.iter_mut().for_each(|gate| self.expr(&mut gate.when));
        if let Some(policy) = &mut card.unknown {
            let all = [(UnknownPolicy::Reweight, "reweight"), (UnknownPolicy::Zero, "zero"), (UnknownPolicy::Withhold, "withhold")];
            self.word(policy, &all);
        }
        self.optional(&mut card.cap);
        card.grades.iter_mut().filter_map(|band| band.at_least.as_mut()).for_each(|limit| self.decimal(limit));
        if let Some(ranking) = &mut card.ranking {
            self.shares(ranking);
            let other = match ranking.ties.value {
                Ties::Worse => (Ties::Better, "better".to_owned()),
                Ties::Better | Ties::By(_) => (Ties::Worse, "worse".to_owned()),
            };
            self.offer(&mut ranking.ties.value, ranking.ties.span, vec![other]);
        }
        card.payout_base.iter_mut().for_each(|base| self.expr(base));
        card.payout.iter_mut().for_each(|payout| self.decimal(&mut payout.coefficient));
        self.schedule(&mut card.evaluated);
    }

    fn curve(&mut self, curve: &mut Curve) {
        self.optional(&mut curve.below);
        for point in &mut curve.points {
            self.expr(&mut point.value);
            self.decimal(&mut point.points);
        }
        self.optional(&mut curve.above);
    }

    fn adjustment(&mut self, line: &mut Adjustment) {
        let word = Span { end: line.span.start + if line.deduct { 6 } else { 3 }, ..line.span };
        let other = (!line.deduct, if line.deduct { "add" } else { "deduct" }.to_owned());
        self.offer(&mut line.deduct, word, vec![other]);
        self.decimal(&mut line.points);
        line.for_each.iter_mut().for_each(|each| self.expr(each));
        self.optional(&mut line.at_most);
        self.condition(&mut line.when);
    }

    fn alert(&mut self, alert: &mut Alert) {
        self.expr(&mut alert.subject);
        self.window(&mut alert.window);
        self.volume(&mut alert.volume);
        alert.exempts.iter_mut().for_each(|line| self.expr(&mut line.when));
        for AlertLevel { when, hold, .. } in &mut alert.levels {
            self.expr(when);
            if let Some(Spanned { value, span }) = hold.clone() {
                let holds = holds(value).into_iter().map(|hold| {
                    let text = hold_text(&hold);
                    (Some(Spanned { value: hold, span }), text)
                });
                self.offer(hold, span, holds.chain([(None, String::new())]).collect());
            }
        }
        self.condition(&mut alert.clear);
        if let Some(policy) = &mut alert.no_data {
            self.word(policy, &[(NoData::Keep, "keep"), (NoData::Alert, "alert"), (NoData::Clear, "clear")]);
        }
        self.schedule(&mut alert.evaluated);
    }

    /// Another word of a few.
    fn word<T: Copy + PartialEq>(&mut self, place: &mut Spanned<T>, all: &[(T, &str)]) {
        let others = all.iter().filter(|(one, _)| *one != place.value).map(|(one, word)| (*one, (*word).to_owned())).collect();
        self.offer(&mut place.value, place.span, others);
    }

    /// A condition that may be left out.
    fn condition(&mut self, place: &mut Option<Expr>) {
        if let Some(expr) = place {
            self.expr(expr);
            let span = expr.span;
            self.offer(place, span, vec![(None, String::new())]);
        }
    }

    /// A number that may be left out.
    fn optional(&mut self, place: &mut Option<Spanned<Decimal>>) {
        if let Some(number) = place {
            self.decimal(number);
            let span = number.span;
            self.offer(place, span, vec![(None, String::new())]);
        }
    }

    fn decimal(&mut self, number: &mut Spanned<Decimal>) {
        if self.stated.contains(&number.span) {
            return;
        }
        let values = shifted(number.value).into_iter().map(|value| (value, value.to_string())).collect();
        self.offer(&mut number.value, number.span, values);
    }

    fn window(&mut self, place: &mut Option<Spanned<Window>>) {
        if let Some(window) = place {
            let values = windows(window.value).into_iter().map(|value| (value, window_text(value))).collect();
            self.offer(&mut window.value, window.span, values);
        }
    }

    /// What stands before the `else` of a window that depends on a volume.
    fn volume(&mut self, place: &mut Option<Box<ByVolume>>) {
        if let Some(by) = place {
            let values = windows(by.then.value).into_iter().map(|value| (value, window_text(value))).collect();
            self.offer(&mut by.then.value, by.then.span, values);
            self.expr(&mut by.when);
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Binary(op, left, right) => {
                let gap = Span { start: left.span.end.max(expr.span.start), end: right.span.start };
                let others = operators(*op).iter().map(|other| (*other, other.symbol().to_owned())).collect();
                let place = self.word_in(gap, op.symbol());
                self.offer(op, place, others);
            }
            ExprKind::Over(_, window) => {
                let values = windows(window.value).into_iter().map(|value| (value, window_text(value))).collect();
                self.offer(&mut window.value, window.span, values);
            }
            ExprKind::OverOccasion(_, occasion) => self.occasion(occasion),
            ExprKind::Adapt(adapt) => {
                for window in [&mut adapt.by.then, &mut adapt.otherwise] {
                    let values = windows(window.value).into_iter().map(|value| (value, window_text(value))).collect();
                    self.offer(&mut window.value, window.span, values);
                }
            }
            ExprKind::Call(function, _) => {
                let other = match function.value.as_str() {
                    "least" => Some("greatest"),
                    "greatest" => Some("least"),
                    _ => None,
                };
                let values = other.map(|other| (other.to_owned(), other.to_owned())).into_iter().collect();
                self.offer(&mut function.value, function.span, values);
            }
            ExprKind::In(_, list) if list.len() > 1 => {
                for place in 0..list.len() {
                    let span = list.get(place).map_or(expr.span, |one| one.span);
                    let fewer = list.iter().enumerate().filter(|(one, _)| *one != place).map(|(_, one)| one.clone()).collect();
                    self.offer(list, span, vec![(fewer, String::new())]);
                }
            }
            _ => {}
        }
        self.inner(expr);
        let others = self.others(expr);
        let span = expr.span;
        self.offer(expr, span, others);
    }

    fn inner(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Negate(a) | ExprKind::Not(a) | ExprKind::StartsWith(a, _) | ExprKind::IsUnknown(a, _) | ExprKind::Over(a, _) => {
                self.expr(a);
            }
            ExprKind::Shift(a, _) | ExprKind::Convert(a, _) | ExprKind::Baseline(_, a, _) | ExprKind::OverOccasion(a, _) => self.expr(a),
            ExprKind::Bands(bands) => {
                self.expr(&mut bands.value);
                for step in &mut bands.steps {
                    self.expr(&mut step.value);
                    self.expr(&mut step.result);
                }
            }
            ExprKind::Binary(_, a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::WorkTime(time) => {
                self.expr(&mut time.from);
                self.expr(&mut time.to);
            }
            ExprKind::In(a, _) => self.expr(a),
            ExprKind::Call(_, list) => list.iter_mut().for_each(|one| self.expr(one)),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate),
            ExprKind::Across(a, _) => self.expr(a),
            ExprKind::Parts(parts) => {
                self.function(&mut parts.function);
                self.expr(&mut parts.part);
                self.condition(&mut parts.filter);
            }
            ExprKind::Adapt(adapt) => {
                self.expr(&mut adapt.by.when);
                self.expr(&mut adapt.inner);
            }
            ExprKind::Fold(fold) => self.fold(fold),
            _ => {}
        }
    }

    /// What may stand in place of a whole formula: another literal, or a part of it.
    fn others(&self, expr: &Expr) -> Vec<(Expr, String)> {
        let span = expr.span;
        let literal = |kind: ExprKind, text: String| (Expr { kind, span }, text);
        let part = |part: &Expr| (part.clone(), self.text.get(part.span.range()).unwrap_or_default().to_owned());
        match &expr.kind {
            ExprKind::Number(number) => shifted(*number).into_iter().map(|n| literal(ExprKind::Number(n), n.to_string())).collect(),
            ExprKind::Percent(share) => {
                let percents = [Decimal::new(11, 1), Decimal::new(9, 1)].map(|times| *share * times);
                let percents = if share.is_zero() { [Decimal::new(1, 2), Decimal::new(-1, 2)] } else { percents };
                let text = |share: Decimal| format!("{}%", (share * Decimal::ONE_HUNDRED).normalize());
                percents.into_iter().map(|share| literal(ExprKind::Percent(share), text(share))).collect()
            }
            ExprKind::Money(amount, currency) => {
                let text = |n: Decimal| format!("{n} {currency}");
                shifted(*amount).into_iter().map(|n| literal(ExprKind::Money(n, currency.clone()), text(n))).collect()
            }
            ExprKind::Duration(duration) => {
                durations(*duration).into_iter().map(|d| literal(ExprKind::Duration(d), duration_text(d))).collect()
            }
            ExprKind::Flag(flag) => vec![literal(ExprKind::Flag(!flag), (!flag).to_string())],
            ExprKind::Not(inner) => vec![part(inner)],
            ExprKind::IsUnknown(inner, not) => {
                let (_, name) = part(inner);
                let text = if *not { format!("{name} is unknown") } else { format!("{name} is not unknown") };
                vec![literal(ExprKind::IsUnknown(inner.clone(), !not), text)]
            }
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, left, right) => vec![part(left), part(right)],
            ExprKind::Binary(BinaryOp::Else, left, _) => vec![part(left)],
            _ => Vec::new(),
        }
    }

    fn aggregate(&mut self, aggregate: &mut Aggregate) {
        self.function(&mut aggregate.function);
        if let Some(quantile) = &mut aggregate.quantile {
            let tenth = Decimal::new(1, 1);
            let values = [quantile.value - tenth, quantile.value + tenth].into_iter().filter(|q| *q >= Decimal::ZERO && *q <= Decimal::ONE);
            let values = values.map(|q| (q, format!("{}%", (q * Decimal::ONE_HUNDRED).normalize()))).collect();
            self.offer(&mut quantile.value, quantile.span, values);
        }
        self.expr(&mut aggregate.arg);
        self.condition(&mut aggregate.filter);
    }

    fn fold(&mut self, fold: &mut Fold) {
        self.function(&mut fold.function);
        self.condition(&mut fold.filter);
        if let Some(within) = &mut fold.within {
            let others = durations(within.length.value).into_iter().map(|length| (length, duration_text(length))).collect();
            self.offer(&mut within.length.value, within.length.span, others);
            let (side, other) = if within.before { ("before", "after") } else { ("after", "before") };
            let gap = Span { start: within.length.span.end, end: within.field.span.start };
            let place = self.word_in(gap, side);
            self.offer(&mut within.before, place, vec![(side == "after", other.to_owned())]);
        }
    }

    fn function(&mut self, function: &mut Spanned<AggregateFn>) {
        let others = match function.value {
            AggregateFn::Sum => &[(AggregateFn::Avg, "avg"), (AggregateFn::Max, "max")][..],
            AggregateFn::Avg => &[(AggregateFn::Median, "median"), (AggregateFn::Sum, "sum")],
            AggregateFn::Median => &[(AggregateFn::Avg, "avg")],
            AggregateFn::Quantile => &[],
            AggregateFn::Count => &[(AggregateFn::Distinct, "distinct")],
            AggregateFn::Distinct => &[(AggregateFn::Count, "count")],
            AggregateFn::Min => &[(AggregateFn::Max, "max")],
            AggregateFn::Max => &[(AggregateFn::Min, "min")],
            AggregateFn::First => &[(AggregateFn::Last, "last")],
            AggregateFn::Duration | AggregateFn::Rank | AggregateFn::Percentile | AggregateFn::Coverage => &[],
            AggregateFn::Last => &[(AggregateFn::First, "first")],
        };
        let others = others.iter().map(|(other, word)| (*other, (*word).to_owned())).collect();
        self.offer(&mut function.value, function.span, others);
    }

    /// Where a word stands between two places; the whole when it does not.
    fn word_in(&self, gap: Span, word: &str) -> Span {
        let between = self.text.get(gap.range()).unwrap_or_default();
        let mut from = 0;
        for line in between.split_inclusive('\n') {
            let code = line.split('#').next().unwrap_or_default();
            if let Some(at) = code.find(word) {
                let start = gap.range().start + from + at;
                return Span::new(start, start + word.len());
            }
            from += line.len();
        }
        gap
    }
}

/// A tenth up and down; of a whole number at least 1.
fn shifted(number: Decimal) -> Vec<Decimal> {
    let tenth = (number.abs() / Decimal::TEN).normalize();
    let step = if number.fract().is_zero() { tenth.round().max(Decimal::ONE) } else { tenth };
    [number.checked_add(step), number.checked_sub(step)].into_iter().flatten().map(|number| number.normalize()).collect()
}

/// The operators to try instead.
fn operators(op: BinaryOp) -> &'static [BinaryOp] {
    match op {
        BinaryOp::Lt => &[BinaryOp::Le, BinaryOp::Gt],
        BinaryOp::Le => &[BinaryOp::Lt, BinaryOp::Ge],
        BinaryOp::Gt => &[BinaryOp::Ge, BinaryOp::Lt],
        BinaryOp::Ge => &[BinaryOp::Gt, BinaryOp::Le],
        BinaryOp::Eq => &[BinaryOp::Ne],
        BinaryOp::Ne => &[BinaryOp::Eq],
        BinaryOp::Add => &[BinaryOp::Sub],
        BinaryOp::Sub => &[BinaryOp::Add],
        BinaryOp::Mul => &[BinaryOp::Div],
        BinaryOp::Div => &[BinaryOp::Mul],
        BinaryOp::And => &[BinaryOp::Or],
        BinaryOp::Or => &[BinaryOp::And],
        BinaryOp::Else => &[],
    }
}

/// A tenth longer and shorter, at least by one.
fn durations(duration: Duration) -> Vec<Duration> {
    let step = (duration.amount / 10).max(1);
    let amounts = [duration.amount.checked_add(step), duration.amount.checked_sub(step).filter(|amount| *amount > 0)];
    amounts.into_iter().flatten().map(|amount| Duration { amount, ..duration }).collect()
}

fn windows(window: Window) -> Vec<Window> {
    match window {
        Window::Trailing { length, ending } => {
            let lengths = durations(length).into_iter().map(|length| Window::Trailing { length, ending });
            let moved = ending.map(durations).into_iter().flatten().map(|ending| Window::Trailing { length, ending: Some(ending) });
            let to_date = ending.map(|_| Window::Trailing { length, ending: None });
            lengths.chain(moved).chain(to_date).collect()
        }
        Window::Period { grain, previous } => vec![Window::Period { grain, previous: !previous }],
        Window::Periods { count, grain, ending } => {
            let counts = [count.checked_add(1), count.checked_sub(1).filter(|count| *count > 0)].into_iter().flatten();
            let moved = if ending.is_some() { None } else { Some((1, grain)) };
            counts.map(|count| Window::Periods { count, grain, ending }).chain([Window::Periods { count, grain, ending: moved }]).collect()
        }
        Window::All => Vec::new(),
    }
}

fn holds(hold: Hold) -> Vec<Hold> {
    match hold {
        Hold::Unbroken(duration) => durations(duration).into_iter().map(Hold::Unbroken).collect(),
        Hold::Working(span) => {
            let amounts = [span.amount.checked_add(1), span.amount.checked_sub(1).filter(|amount| *amount > 0)].into_iter().flatten();
            amounts.map(|amount| Hold::Working(WorkSpan { amount, ..span.clone() })).collect()
        }
        Hold::Periods(count, grain) => {
            let counts = [count.checked_add(1), count.checked_sub(1)].into_iter().flatten().filter(|count| *count > 0);
            counts.map(|count| Hold::Periods(count, grain)).collect()
        }
        Hold::SomeOf(at_least, of) => {
            let counts = [at_least.checked_add(1), at_least.checked_sub(1)].into_iter().flatten();
            counts.map(|count| Hold::SomeOf(count, of)).chain(durations(of).into_iter().map(|of| Hold::SomeOf(at_least, of))).collect()
        }
    }
}

fn duration_text(duration: Duration) -> String {
    let unit = match duration.unit {
        DurationUnit::Second => "second",
        DurationUnit::Minute => "minute",
        DurationUnit::Hour => "hour",
        DurationUnit::Day => "day",
        DurationUnit::Week => "week",
    };
    format!("{} {unit}{}", duration.amount, if duration.amount == 1 { "" } else { "s" })
}

fn window_text(window: Window) -> String {
    match window {
        Window::Trailing { length, ending: None } => duration_text(length),
        Window::Trailing { length, ending: Some(ending) } => format!("{} ending {} ago", duration_text(length), duration_text(ending)),
        Window::Period { grain, previous } => format!("{}{}", if previous { "previous " } else { "" }, grain_text(grain)),
        Window::Periods { count, grain, ending } => {
            let ending = ending.map_or(String::new(), |(back, grain)| format!(" ending {back} {}s ago", grain_text(grain)));
            format!("{count} {}s{ending}", grain_text(grain))
        }
        Window::All => "all time".to_owned(),
    }
}

fn grain_text(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

fn hold_text(hold: &Hold) -> String {
    match hold {
        Hold::Periods(count, grain) => format!("for {count} {}{}", grain_text(*grain), if *count == 1 { "" } else { "s" }),
        Hold::Unbroken(duration) => format!("for {}", duration_text(*duration)),
        Hold::Working(span) => {
            let unit = match span.unit {
                WorkUnit::Days => "days",
                WorkUnit::Hours => "hours",
                WorkUnit::Minutes => "minutes",
            };
            format!("for {} working {unit} in {}", span.amount, span.calendar.value)
        }
        Hold::SomeOf(at_least, of) => format!("for {at_least} of {}", duration_text(*of)),
    }
}
