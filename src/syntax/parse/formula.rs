//! Formulas and the literals in them.
//!
//! 1. The grammar gives an expression as a flat row: operands, operators between them, suffixes behind them.
//! 2. [`Climber`] folds the row into a tree by precedence, without recursion, so that no input can exhaust the stack.
//! 3. Only brackets recurse, and the outline has bounded those.

use std::str::FromStr;

use pest::Parser;
use rust_decimal::Decimal;

use super::adapt::over;
use super::money::conversion;
use super::node::Node;
use super::{Builder, Grammar, Rule};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{
    Aggregate, AggregateFn, BandStep, Bands, BandsFn, BinaryOp, ByVolume, Duration, DurationUnit, Expr, ExprKind, Fold, Grain, Hold, Ident,
    Lookup, Parts, Shift, Statistic, Window, Within,
};
use crate::syntax::outline::DEPTH_MAX;

/// Where a formula stands: it decides what may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    Plain,
    /// A condition of an alert: the subject may be left out.
    Condition,
    /// The condition of a severity: `for 2 days` may stand in it too.
    Level,
}

/// How tightly an operator binds; more binds tighter.
type Binding = u8;
const NOT: Binding = 4;
const COMPARISON: Binding = 5;
const NEGATE: Binding = 8;

fn binding(op: BinaryOp) -> Binding {
    match op {
        BinaryOp::Else => 1,
        BinaryOp::Or => 2,
        BinaryOp::And => 3,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => COMPARISON,
        BinaryOp::Add | BinaryOp::Sub => 6,
        BinaryOp::Mul | BinaryOp::Div => 7,
    }
}

fn binary_op(rule: Rule) -> Option<BinaryOp> {
    Some(match rule {
        Rule::op_else => BinaryOp::Else,
        Rule::op_or => BinaryOp::Or,
        Rule::op_and => BinaryOp::And,
        Rule::op_eq => BinaryOp::Eq,
        Rule::op_ne => BinaryOp::Ne,
        Rule::op_lt => BinaryOp::Lt,
        Rule::op_le => BinaryOp::Le,
        Rule::op_gt => BinaryOp::Gt,
        Rule::op_ge => BinaryOp::Ge,
        Rule::op_plus => BinaryOp::Add,
        Rule::op_minus => BinaryOp::Sub,
        Rule::op_times => BinaryOp::Mul,
        Rule::op_divide => BinaryOp::Div,
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Operator {
    Binary(BinaryOp),
    Not(Span),
    Negate(Span),
}

impl Operator {
    fn binding(self) -> Binding {
        match self {
            Operator::Binary(op) => binding(op),
            Operator::Not(_) => NOT,
            Operator::Negate(_) => NEGATE,
        }
    }
}

/// A part of the tree.
pub(super) struct Operand {
    pub(super) expr: Expr,
    pub(super) depth: usize,
    /// The right side of a comparison without brackets: it may not be compared again.
    compared: Option<Span>,
}

impl Operand {
    /// What no part is compared in.
    pub(super) fn of(kind: ExprKind, span: Span, depth: usize) -> Operand {
        Operand { expr: Expr { kind, span }, depth, compared: None }
    }

    fn leaf(kind: ExprKind, span: Span) -> Operand {
        Operand { expr: Expr { kind, span }, depth: 0, compared: None }
    }
}

/// Folds a flat row into a tree.
#[derive(Default)]
struct Climber {
    operands: Vec<Operand>,
    operators: Vec<Operator>,
    /// The place where the tree grew too deep.
    too_deep: Option<Span>,
}

impl Climber {
    /// Puts a tree over its parts, unless it grows too deep.
    fn push(&mut self, kind: ExprKind, span: Span, depth: usize, compared: Option<Span>) {
        let fits = depth <= DEPTH_MAX;
        if !fits {
            self.too_deep.get_or_insert(span);
        }
        let (kind, depth) = if fits { (kind, depth) } else { (ExprKind::Broken, 0) };
        self.operands.push(Operand { expr: Expr { kind, span }, depth, compared });
    }

    /// Applies the waiting operators that bind at least as tightly as `least`.
    fn reduce(&mut self, least: Binding) {
        while let Some(operator) = self.operators.pop_if(|operator| operator.binding() >= least) {
            let Some(Operand { expr: right, depth, .. }) = self.operands.pop() else { return };
            let end = right.span;
            match operator {
                Operator::Not(span) => self.push(ExprKind::Not(Box::new(right)), span.to(end), depth + 1, None),
                Operator::Negate(span) => self.push(ExprKind::Negate(Box::new(right)), span.to(end), depth + 1, None),
                Operator::Binary(op) => {
                    let Some(left) = self.operands.pop() else { return };
                    let span = left.expr.span.to(end);
                    let compared = (binding(op) == COMPARISON).then_some(end);
                    self.push(ExprKind::Binary(op, Box::new(left.expr), Box::new(right)), span, left.depth.max(depth) + 1, compared);
                }
            }
        }
    }

    /// Wraps the last operand, once what binds at least as tightly as `least` is applied.
    fn suffix(&mut self, least: Binding, end: Span, depth_inside: usize, wrap: impl FnOnce(Box<Expr>) -> ExprKind) {
        self.reduce(least);
        let Some(Operand { expr, depth, .. }) = self.operands.pop() else { return };
        let span = expr.span.to(end);
        let compared = (least == COMPARISON).then_some(end);
        self.push(wrap(Box::new(expr)), span, depth.max(depth_inside) + 1, compared);
    }
}

impl Builder<'_> {
    /// Builds the tree of an `expr` or `value` node.
    pub(super) fn formula(&mut self, node: &Node, place: Place) -> Expr {
        self.operand_of(node, place).expr
    }

    /// Builds a formula that has a line to itself, as in `alert x on a / b over 10 days`. When its only `over` outside
    /// brackets stands at the end, that window is the line's and holds for the whole formula.
    pub(super) fn formula_with_window(&mut self, node: &Node) -> (Expr, Option<Spanned<Window>>, Option<Box<ByVolume>>) {
        let mut parts: Vec<Node> = node.children().collect();
        let one = parts.iter().filter(|part| part.rule() == Rule::over).count() == 1;
        let last = parts.pop_if(|part| one && part.rule() == Rule::over);
        let (window, volume, _) = last.map_or((None, None, 0), |over| self.windows_in(&over));
        let span = parts.first().zip(parts.last()).map_or(node.span(), |(first, last)| first.span().to(last.span()));
        (self.row(parts.into_iter(), span, Place::Plain).expr, window, volume)
    }

    pub(super) fn operand_of(&mut self, node: &Node, place: Place) -> Operand {
        self.row(node.children(), node.span(), place)
    }

    pub(super) fn row<'t>(&mut self, parts: impl Iterator<Item = Node<'t>>, span: Span, place: Place) -> Operand {
        let mut climber = Climber::default();
        let mut wants_operand = true;
        let whole = span;
        for part in parts {
            let span = part.span();
            match part.rule() {
                Rule::op_not => climber.operators.push(Operator::Not(span)),
                Rule::op_minus if wants_operand => climber.operators.push(Operator::Negate(span)),
                Rule::hold => self.hold(&part, place),
                // It is about the whole row: see [`Builder::aggregate`].
                Rule::per => {}
                Rule::over
                | Rule::over_occasion
                | Rule::shift
                | Rule::across
                | Rule::convert
                | Rule::is_unknown
                | Rule::is_grade
                | Rule::starts_with
                | Rule::in_list => {
                    self.suffix(&mut climber, &part, place);
                }
                rule => match binary_op(rule) {
                    Some(op) => {
                        self.infix(&mut climber, op, span);
                        wants_operand = true;
                    }
                    None => {
                        let operand = self.primary(&part, place);
                        climber.operands.push(operand);
                        wants_operand = false;
                    }
                },
            }
        }
        climber.reduce(0);
        if let Some(span) = climber.too_deep {
            self.report(Diagnostic::new(&codes::TOO_DEEP, span).arg("limit", DEPTH_MAX));
        }
        climber.operands.pop().unwrap_or_else(|| Operand::leaf(ExprKind::Broken, whole))
    }

    fn infix(&mut self, climber: &mut Climber, op: BinaryOp, span: Span) {
        climber.reduce(binding(op));
        if binding(op) == COMPARISON {
            self.refuse_chain(climber, span);
        }
        climber.operators.push(Operator::Binary(op));
    }

    /// Reports `1 < x < 3` and offers `1 < x and x < 3`. What was compared is broken then, so that its unit is no second
    /// mistake.
    fn refuse_chain(&mut self, climber: &mut Climber, span: Span) {
        let Some(left) = climber.operands.last_mut() else { return };
        let Some(middle) = left.compared else { return };
        left.expr.kind = ExprKind::Broken;
        let repeated = format!("and {} ", self.text.get(middle.range()).unwrap_or_default());
        let place = Span { start: span.start, end: span.start };
        self.report(Diagnostic::new(&codes::CHAINED, span).fix(place, repeated));
    }

    pub(super) fn hold(&mut self, part: &Node, place: Place) {
        let mistake = match (place, &self.hold) {
            (Place::Level, Some(first)) => {
                Diagnostic::new(&codes::DUPLICATE, part.span()).arg("what", "for").related(first.span, "the first one", "第一处")
            }
            (Place::Level, None) => {
                self.hold = self.length(part).map(|value| Spanned { value, span: part.span() });
                return;
            }
            _ => Diagnostic::new(&codes::HOLD_PLACE, part.span()),
        };
        self.report(mistake);
    }

    fn length(&mut self, part: &Node) -> Option<Hold> {
        if let Some(periods) = part.find(Rule::hold_periods) {
            let (whole, word) = (periods.find(Rule::whole)?, periods.find(Rule::long_grains)?);
            return Some(Hold::Periods(self.count(&whole)?, grain(word.text().trim_end_matches('s'))?));
        }
        if let Some(work) = part.find(Rule::hold_work) {
            return match self.work_span(&work).expr.kind {
                ExprKind::WorkSpan(span) => Some(Hold::Working(span)),
                _ => None,
            };
        }
        let Some(days) = part.find(Rule::hold_days) else {
            return Some(Hold::Unbroken(self.duration_in(part)?.value));
        };
        let at_least = self.count(&days.find(Rule::whole)?)?;
        Some(Hold::SomeOf(at_least, self.duration_in(&days)?.value))
    }

    /// A whole number; None, and a report, when it is too long.
    pub(super) fn count(&mut self, whole: &Node) -> Option<u32> {
        let count = u32::from_str(&whole.text().replace('_', "")).ok();
        if count.is_none() {
            self.report(Diagnostic::new(&codes::NUMBER_TOO_LONG, whole.span()));
        }
        count
    }

    fn suffix(&mut self, climber: &mut Climber, part: &Node, place: Place) {
        let span = part.span();
        match part.rule() {
            Rule::over => {
                let (window, volume, depth) = self.windows_in(part);
                climber.suffix(u8::MAX, span, depth, |inner| over(inner, window, volume));
            }
            Rule::over_occasion => {
                let at = self.occasion_at(part);
                climber.suffix(u8::MAX, span, 0, |inner| at.map_or(ExprKind::Broken, |at| ExprKind::OverOccasion(inner, at)));
            }
            Rule::shift => {
                let shift = self.shift(part);
                climber.suffix(u8::MAX, span, 0, |inner| shift.map_or(ExprKind::Broken, |shift| ExprKind::Shift(inner, shift)));
            }
            Rule::across => {
                let dimension = part.name();
                climber
                    .suffix(u8::MAX, span, 0, |inner| dimension.map_or(ExprKind::Broken, |dimension| ExprKind::Across(inner, dimension)));
            }
            Rule::convert => {
                let conversion = conversion(part);
                climber.suffix(u8::MAX, span, 0, |inner| conversion.map_or(ExprKind::Broken, |to| ExprKind::Convert(inner, to)));
            }
            Rule::is_unknown => climber.suffix(COMPARISON, span, 0, |inner| ExprKind::IsUnknown(inner, part.has(Rule::op_not))),
            Rule::is_grade => {
                let op = if part.has(Rule::op_not) { BinaryOp::Ne } else { BinaryOp::Eq };
                let word = part.find(Rule::grade_letter).map(|word| (word.text().to_owned(), word.span()));
                climber.suffix(COMPARISON, span, 0, |inner| match word {
                    Some((grade, span)) => ExprKind::Binary(op, inner, Box::new(Expr { kind: ExprKind::Text(grade), span })),
                    None => ExprKind::Broken,
                });
            }
            Rule::starts_with => {
                let prefix = part.find(Rule::text).map(|text| self.string(&text)).unwrap_or(Spanned { value: String::new(), span });
                climber.suffix(COMPARISON, span, 0, |inner| ExprKind::StartsWith(inner, prefix));
            }
            _ => {
                let (list, depth) = self.list(part, place);
                climber.suffix(COMPARISON, span, depth, |inner| ExprKind::In(inner, list));
            }
        }
    }

    /// The expressions directly below, and the depth of the deepest.
    fn list(&mut self, node: &Node, place: Place) -> (Vec<Expr>, usize) {
        let mut deepest = 0;
        let mut list = Vec::new();
        for expr in node.all(Rule::expr) {
            let operand = self.operand_of(&expr, inner(place));
            deepest = deepest.max(operand.depth);
            list.push(operand.expr);
        }
        (list, deepest)
    }

    fn primary(&mut self, node: &Node, place: Place) -> Operand {
        let span = node.span();
        match node.rule() {
            Rule::paren => {
                let Some(inside) = node.find(Rule::expr) else { return Operand::leaf(ExprKind::Broken, span) };
                let operand = self.operand_of(&inside, inner(place));
                Operand { expr: Expr { kind: operand.expr.kind, span }, depth: operand.depth, compared: None }
            }
            Rule::aggregate => self.aggregate(node),
            Rule::fold => self.fold(node),
            Rule::lookup => self.lookup(node),
            Rule::baseline => self.baseline(node, place),
            Rule::work_span => self.work_span(node),
            Rule::work_time => self.work_time(node),
            Rule::bands => self.bands(node),
            Rule::call => {
                let (arguments, depth) = self.list(node, Place::Plain);
                let kind = node.name().map_or(ExprKind::Broken, |name| ExprKind::Call(name, arguments));
                Operand { expr: Expr { kind, span }, depth: depth + 1, compared: None }
            }
            Rule::subject if place == Place::Plain => {
                self.report(Diagnostic::new(&codes::NO_LEFT_SIDE, Span { start: span.start, end: span.start }));
                Operand::leaf(ExprKind::Broken, span)
            }
            _ => Operand::leaf(self.literal(node), span),
        }
    }

    /// `8 weeks` of a `… before`.
    fn shift(&mut self, node: &Node) -> Option<Spanned<Shift>> {
        let (whole, word) = (node.find(Rule::whole)?, node.find(Rule::grains)?);
        let shift = Shift { count: self.count(&whole)?, grain: grain(word.text().trim_end_matches('s'))? };
        Some(Spanned { value: shift, span: whole.span().to(word.span()) })
    }

    fn baseline(&mut self, node: &Node, place: Place) -> Operand {
        let span = node.span();
        let statistic = node.find(Rule::statistic).map(|word| Spanned { value: statistic(word.text()), span: word.span() });
        let outside = [Rule::statistic, Rule::kw_of, Rule::kw_in, Rule::whole, Rule::grains, Rule::kw_before];
        let inside = node.children().filter(|child| !outside.contains(&child.rule()));
        let operand = self.row(inside, span, inner(place));
        let kind = match (statistic, self.shift(node)) {
            (Some(statistic), Some(shift)) => ExprKind::Baseline(statistic, Box::new(operand.expr), shift),
            _ => ExprKind::Broken,
        };
        Operand { expr: Expr { kind, span }, depth: operand.depth + 1, compared: None }
    }

    fn bands(&mut self, node: &Node) -> Operand {
        let span = node.span();
        let function = node.find(Rule::bands_fn).map(|word| Spanned { value: bands_fn(word.text()), span: word.span() });
        let value = node.find(Rule::expr).map(|value| self.operand_of(&value, Place::Plain));
        let depth = value.as_ref().map_or(0, |value| value.depth) + 1;
        let mut seen = super::Seen::default();
        let (mut below, mut above, mut steps) = (None, None, Vec::new());
        let of_bands = |part: &Node| matches!(part.rule(), Rule::band_below | Rule::band_above | Rule::band_step);
        for part in node.children().filter(of_bands) {
            let mut parts = part.all(Rule::expr).map(|expr| self.formula(&expr, Place::Plain)).collect::<Vec<_>>().into_iter();
            match part.rule() {
                Rule::band_below if self.once(&mut seen, "below", part.span()) => below = parts.next(),
                Rule::band_above if self.once(&mut seen, "above", part.span()) => above = parts.next(),
                Rule::band_step => {
                    let strict = part.has(Rule::op_gt).then_some(true).or_else(|| part.has(Rule::op_ge).then_some(false));
                    if let (Some(value), Some(result)) = (parts.next(), parts.next()) {
                        steps.push(BandStep { strict, value, result });
                    }
                }
                _ => {}
            }
        }
        let kind = match (function, value) {
            (Some(function), Some(value)) => ExprKind::Bands(Box::new(Bands { function, value: value.expr, below, above, steps })),
            _ => ExprKind::Broken,
        };
        Operand { expr: Expr { kind, span }, depth, compared: None }
    }

    fn fold(&mut self, node: &Node) -> Operand {
        let span = node.span();
        let filter =
            node.find(Rule::filter).and_then(|filter| filter.find(Rule::expr)).map(|filter| self.operand_of(&filter, Place::Plain));
        let depth = filter.as_ref().map_or(0, |filter| filter.depth) + 1;
        let filter = filter.map(|filter| filter.expr);
        let function =
            node.find(Rule::aggregate_fn).and_then(|name| Some(Spanned { value: aggregate_fn(name.text())?, span: name.span() }));
        let within = node.find(Rule::within).and_then(|within| {
            Some(Within { length: self.duration_in(&within)?, before: within.has(Rule::kw_before), field: within.name()? })
        });
        let mut names = node.find(Rule::field).map_or_else(|| node.names(), |field| field.names()).into_iter();
        let kind = match (function, names.next()) {
            (Some(function), Some(event)) => ExprKind::Fold(Box::new(Fold { function, event, field: names.next(), filter, within })),
            _ => ExprKind::Broken,
        };
        Operand { expr: Expr { kind, span }, depth, compared: None }
    }

    fn lookup(&mut self, node: &Node) -> Operand {
        let (keys, depth) = self.list(node, Place::Plain);
        let table = node.find(Rule::looked_up).and_then(|name| name.name());
        let column = node.find(Rule::column).and_then(|column| column.name());
        let kind = table.map_or(ExprKind::Broken, |table| ExprKind::Lookup(Box::new(Lookup { table, keys, column })));
        Operand { expr: Expr { kind, span: node.span() }, depth: depth + 1, compared: None }
    }

    /// The literal in a cell of a table, perhaps with a minus; None when it is none.
    pub(super) fn cell(&mut self, span: Span) -> Option<Expr> {
        let pairs = Grammar::parse(Rule::only_value, &self.text[span.range()]).ok()?;
        let nodes = pairs.filter(|pair| pair.as_rule() != Rule::EOI);
        let nodes: Vec<Node> = nodes.map(|pair| Node::new(pair, span.start as usize, self.source)).collect();
        Some(self.row(nodes.into_iter(), span, Place::Plain).expr)
    }

    fn aggregate(&mut self, node: &Node) -> Operand {
        let span = node.span();
        let part = node.find(Rule::part);
        let argument = part.as_ref().map(|part| self.operand_of(part, Place::Plain));
        let filter =
            node.find(Rule::filter).and_then(|filter| filter.find(Rule::expr)).map(|filter| self.operand_of(&filter, Place::Plain));
        let (mut surplus, deepest) = self.list(node, Place::Plain);
        let depth = [&argument, &filter].into_iter().flatten().map(|operand| operand.depth).fold(deepest, usize::max) + 1;
        let filter = filter.map(|filter| filter.expr);
        let word = node.find(Rule::aggregate_fn).or_else(|| node.find(Rule::ranking_fn));
        let function = word.and_then(|name| Some(Spanned { value: aggregate_fn(name.text())?, span: name.span() }));
        let quantile = match (&function, surplus.first()) {
            (
                Some(Spanned { value: AggregateFn::Quantile, .. }),
                Some(&Expr { kind: ExprKind::Percent(value) | ExprKind::Number(value), span }),
            ) => {
                surplus.remove(0);
                Some(Spanned { value, span })
            }
            _ => None,
        };
        let per = part.and_then(|part| self.per_of(&part));
        let kind = match (function, argument.map(|argument| argument.expr), per) {
            (Some(function), Some(part), Some(per)) => ExprKind::Parts(Box::new(Parts { function, part, per, filter, quantile, surplus })),
            (Some(function), Some(arg), None) => ExprKind::Aggregate(Box::new(Aggregate { function, arg, filter, quantile, surplus })),
            _ => ExprKind::Broken,
        };
        Operand { expr: Expr { kind, span }, depth, compared: None }
    }

    /// The dimensions of the one `per` in a row.
    fn per_of(&mut self, row: &Node) -> Option<Vec<Ident>> {
        let mut found = row.all(Rule::per);
        let first = found.next()?;
        for other in found {
            let mistake = Diagnostic::new(&codes::DUPLICATE, other.span()).arg("what", "per");
            self.report(mistake.related(first.span(), "the first one", "第一处"));
        }
        Some(first.names())
    }

    fn literal(&mut self, node: &Node) -> ExprKind {
        let number = |builder: &mut Self| node.find(Rule::number).and_then(|number| builder.number(&number));
        let built = match node.rule() {
            Rule::number => self.number(node).map(ExprKind::Number),
            Rule::percent => number(self).and_then(|value| self.hundredth(value, node.span())).map(ExprKind::Percent),
            Rule::money => {
                number(self).zip(node.find(Rule::currency)).map(|(value, currency)| ExprKind::Money(value, currency.text().to_owned()))
            }
            Rule::duration => self.duration(node).map(ExprKind::Duration),
            Rule::text => Some(ExprKind::Text(self.string(node).value)),
            Rule::flag => Some(ExprKind::Flag(node.text() == "true")),
            Rule::date => Some(ExprKind::Date(node.text().to_owned())),
            Rule::time => Some(ExprKind::Time(moment(node).value)),
            Rule::unknown => Some(ExprKind::Unknown),
            Rule::name => Some(ExprKind::Name(node.text().to_owned())),
            Rule::field => match <[Ident; 2]>::try_from(node.names()) {
                Ok([event, field]) => Some(ExprKind::Field(event, field)),
                Err(_) => None,
            },
            Rule::subject => Some(ExprKind::Subject),
            _ => None,
        };
        built.unwrap_or(ExprKind::Broken)
    }

    /// A number without sign. None, and a report, when it has more digits than a decimal can hold.
    pub(super) fn number(&mut self, node: &Node) -> Option<Decimal> {
        let digits = node.text().replace('_', "");
        let value = Decimal::from_str_exact(&digits).ok();
        if value.is_none() {
            self.report(Diagnostic::new(&codes::NUMBER_TOO_LONG, node.span()));
        }
        value
    }

    fn hundredth(&mut self, value: Decimal, span: Span) -> Option<Decimal> {
        let mut fraction = value;
        let exact = fraction.set_scale(value.scale() + 2).is_ok();
        if !exact {
            self.report(Diagnostic::new(&codes::NUMBER_TOO_LONG, span));
        }
        exact.then_some(fraction)
    }

    /// A number with or without a minus.
    pub(super) fn signed(&mut self, node: &Node) -> Option<Spanned<Decimal>> {
        let value = self.number(&node.find(Rule::number)?)?;
        Some(Spanned { value: if node.has(Rule::op_minus) { -value } else { value }, span: node.span() })
    }

    /// The first `amount` below. A param stands for a number that is filled in when the params are known.
    pub(super) fn amount_in(&mut self, node: &Node) -> Option<Spanned<Decimal>> {
        let amount = node.find(Rule::amount)?;
        match amount.find(Rule::signed) {
            Some(signed) => self.signed(&signed),
            None => {
                let name = amount.name()?;
                let place = name.span;
                self.stated.push(name);
                Some(Spanned { value: Decimal::ONE, span: place })
            }
        }
    }

    pub(super) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let whole = node.find(Rule::whole)?;
        let unit = match node.find(Rule::duration_unit)?.text().trim_end_matches('s') {
            "second" => DurationUnit::Second,
            "minute" => DurationUnit::Minute,
            "hour" => DurationUnit::Hour,
            "day" => DurationUnit::Day,
            _ => DurationUnit::Week,
        };
        match u32::from_str(&whole.text().replace('_', "")) {
            Ok(amount) => Some(Duration { amount, unit }),
            Err(_) => {
                self.report(Diagnostic::new(&codes::NUMBER_TOO_LONG, whole.span()));
                None
            }
        }
    }

    /// The first `duration` below, with its place.
    pub(super) fn duration_in(&mut self, node: &Node) -> Option<Spanned<Duration>> {
        let duration = node.find(Rule::duration)?;
        Some(Spanned { value: self.duration(&duration)?, span: duration.span() })
    }

    pub(super) fn window(&mut self, node: &Node) -> Option<Window> {
        if node.has(Rule::all_time) {
            return Some(Window::All);
        }
        if let Some(found) = node.find(Rule::grain) {
            return Some(Window::Period { grain: grain(found.text())?, previous: node.has(Rule::kw_previous) });
        }
        if let Some(whole) = node.find(Rule::whole) {
            return self.periods(node, &whole);
        }
        let length = self.duration_in(node)?.value;
        let ending = match node.find(Rule::ending) {
            Some(ending) => Some(self.duration_in(&ending)?.value),
            None => None,
        };
        Some(Window::Trailing { length, ending })
    }

    pub(super) fn window_in(&mut self, over: &Node) -> Option<Spanned<Window>> {
        let window = over.find(Rule::window)?;
        Some(Spanned { value: self.window(&window)?, span: window.span() })
    }

    /// A quoted text, its escapes resolved.
    pub(super) fn string(&mut self, node: &Node) -> Spanned<String> {
        let raw = node.text();
        let inside = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
        let value = self.unescape(inside, node.start() + 1);
        Spanned { value, span: node.span() }
    }

    /// Resolves `\"`, `\\` and `\n`; `base` is the place of `raw` in the text.
    pub(super) fn unescape(&mut self, raw: &str, base: usize) -> String {
        let mut value = String::with_capacity(raw.len());
        let mut chars = raw.char_indices();
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                value.push(c);
                continue;
            }
            match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, same @ ('"' | '\\'))) => value.push(same),
                Some((_, other)) => {
                    let start = base + at;
                    let span = Span::new(start, start + 1 + other.len_utf8());
                    self.report(Diagnostic::new(&codes::ESCAPE, span).arg("found", other).fix(Span::new(start, start), "\\"));
                }
                None => value.push(c),
            }
        }
        value
    }
}

/// Inside brackets a subject may still be left out, but `for` has no place.
fn inner(place: Place) -> Place {
    if place == Place::Level { Place::Condition } else { place }
}

/// A date or time with one blank between the two.
pub(super) fn moment(node: &Node) -> Spanned<String> {
    Spanned { value: node.text().split_ascii_whitespace().collect::<Vec<_>>().join(" "), span: node.span() }
}

pub(super) fn grain(word: &str) -> Option<Grain> {
    Some(match word {
        "day" => Grain::Day,
        "week" => Grain::Week,
        "month" => Grain::Month,
        "quarter" => Grain::Quarter,
        "year" => Grain::Year,
        _ => return None,
    })
}

fn statistic(word: &str) -> Statistic {
    match word {
        "mean" => Statistic::Mean,
        "median" => Statistic::Median,
        _ => Statistic::Deviation,
    }
}

fn bands_fn(word: &str) -> BandsFn {
    match word {
        "steps" => BandsFn::Steps,
        "tiers" => BandsFn::Tiers,
        _ => BandsFn::Curve,
    }
}

fn aggregate_fn(word: &str) -> Option<AggregateFn> {
    Some(match word {
        "sum" => AggregateFn::Sum,
        "count" => AggregateFn::Count,
        "distinct" => AggregateFn::Distinct,
        "min" => AggregateFn::Min,
        "max" => AggregateFn::Max,
        "avg" => AggregateFn::Avg,
        "first" => AggregateFn::First,
        "last" => AggregateFn::Last,
        "median" => AggregateFn::Median,
        "quantile" => AggregateFn::Quantile,
        "duration" => AggregateFn::Duration,
        "rank" => AggregateFn::Rank,
        "percentile" => AggregateFn::Percentile,
        "coverage" => AggregateFn::Coverage,
        _ => return None,
    })
}
