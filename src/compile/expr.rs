//! One walk over the syntax of a formula, for row formulas and for formulas over aggregates.
//!
//! 1. [`Walk::walk`] goes down an expression, checks units ([`units`]) and builds a [`Node`]: a
//!    [`RowExpr`](super::program::RowExpr) or a [`Formula`](super::program::Formula).
//! 2. What differs between the two (names, fields, aggregates, windows, functions) is asked of the [`Place`].
//! 3. None is the answer for a part that is wrong; its diagnostic was given where the mistake is, and nothing that
//!    stands on it gives another one.

use super::habits;
use super::names::Names;
use super::program::{Arith, Compare, Scalar, Unit};
use super::units::{self, Type};
use super::unknowns;
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, Ident};
use crate::time::{Day, Zone};
use rust_decimal::Decimal;

/// A compiled part and its unit.
#[derive(Debug, Clone)]
pub(super) struct Typed<N> {
    /// The part.
    pub(super) node: N,
    /// Its unit.
    pub(super) ty: Type,
}

/// What a walk builds.
pub(super) trait Node: Sized + Clone {
    fn constant(value: Scalar) -> Self;
    fn unknown() -> Self;
    fn negate(self) -> Self;
    fn not(self) -> Self;
    fn arith(op: Arith, left: Self, right: Self) -> Self;
    fn compare(op: Compare, left: Self, right: Self) -> Self;
    fn and(left: Self, right: Self) -> Self;
    fn or(left: Self, right: Self) -> Self;
    fn otherwise(left: Self, right: Self) -> Self;
    fn when_unknown(self) -> Self;
    /// False for what would have to be written out once a value.
    fn may_be_among(&self) -> bool;
    fn among(self, values: Vec<Scalar>) -> Self;
}

/// Where a formula stands: what its names mean and which forms it may have.
pub(super) trait Place: Sized {
    /// What is built here.
    type Node: Node;
    /// Whether `now` can be written here.
    const KNOWS_NOW: bool = false;

    /// Names, fields, aggregates, functions, windows, subjects and text tests.
    fn special(&mut self, expr: &Expr) -> Option<Typed<Self::Node>>;
    /// Where the mistakes go.
    fn errors(&mut self) -> &mut Vec<Diagnostic>;
    /// What names mean, and where the mistakes go.
    fn names_and_errors(&mut self) -> (&Names, &mut Vec<Diagnostic>);
    /// The zone of time literals.
    fn zone(&self) -> &Zone;
    /// The source text of a place.
    fn source(&self, span: Span) -> &str;
    /// Called before a division is built; false refuses it.
    fn division(&mut self, span: Span) -> bool;
}

/// Compiles an expression at a place.
pub(super) fn walk<P: Place>(place: &mut P, expr: &Expr) -> Option<Typed<P::Node>> {
    if let Some(literal) = literal(place, expr) {
        let (value, ty) = literal?;
        return Some(Typed { node: P::Node::constant(value), ty });
    }
    match &expr.kind {
        ExprKind::Unknown => Some(Typed { node: P::Node::unknown(), ty: Type::Unknown }),
        ExprKind::Negate(inner) => {
            let inner_typed = walk(place, inner)?;
            let inner_typed = measure(place, "-", inner.span, inner_typed)?;
            Some(Typed { node: inner_typed.node.negate(), ty: inner_typed.ty })
        }
        ExprKind::Not(inner) => {
            let node = condition(place, inner)?;
            Some(flag(node.not()))
        }
        // What is added to a time by a calendar is no number of its own.
        ExprKind::Binary(BinaryOp::Add, _, right) if matches!(right.kind, ExprKind::WorkSpan(_)) => place.special(expr),
        ExprKind::Binary(op, left, right) => binary(place, expr.span, *op, left, right),
        ExprKind::In(left, values) => among(place, left, values),
        ExprKind::IsUnknown(inner, negated) => {
            let node = walk(place, inner)?.node.when_unknown();
            Some(flag(if *negated { node.not() } else { node }))
        }
        ExprKind::Broken => Some(broken()),
        _ => place.special(expr),
    }
}

/// What stands for a part that was reported elsewhere, so that the parts around it are checked all the same.
pub(super) fn broken<N: Node>() -> Typed<N> {
    Typed { node: N::unknown(), ty: Type::Broken }
}

/// Compiles an expression that must be true or false.
pub(super) fn condition<P: Place>(place: &mut P, expr: &Expr) -> Option<P::Node> {
    let typed = walk(place, expr)?;
    as_condition(place, expr, typed)
}

/// Passes what is true or false.
fn as_condition<P: Place>(place: &mut P, expr: &Expr, typed: Typed<P::Node>) -> Option<P::Node> {
    if matches!(typed.ty, Type::Unknown | Type::Broken | Type::Is(Unit::Flag)) {
        return Some(typed.node);
    }
    let text = place.source(expr.span).to_owned();
    place.errors().push(Diagnostic::new(&codes::NOT_A_FLAG, expr.span).arg("unit", typed.ty.name()).arg("text", text));
    None
}

/// The value and unit of a literal: None when the expression is none, Some(None) when it is a wrong one.
fn literal<P: Place>(place: &mut P, expr: &Expr) -> Option<Option<(Scalar, Type)>> {
    let literal = match &expr.kind {
        ExprKind::Number(n) if n.is_zero() => (Scalar::Number(Decimal::ZERO), Type::Zero),
        ExprKind::Number(n) => (Scalar::Number(n.normalize()), Type::Is(Unit::Number)),
        ExprKind::Percent(n) => (Scalar::Number(n.normalize()), Type::Is(Unit::Percent)),
        ExprKind::Money(n, currency) => {
            if !is_currency(currency) {
                place.errors().push(unknown_currency(currency, expr.span, None));
                return Some(None);
            }
            (Scalar::Number(n.normalize()), Type::Is(Unit::Money(currency.clone())))
        }
        ExprKind::Duration(duration) => (Scalar::Number(Decimal::from(seconds(*duration))), Type::Is(Unit::Duration)),
        ExprKind::Text(text) => (Scalar::Text(text.as_str().into()), Type::Is(Unit::Text)),
        ExprKind::Flag(flag) => (Scalar::Flag(*flag), Type::Is(Unit::Flag)),
        ExprKind::Date(text) => match Day::parse(text) {
            Some(day) => (Scalar::Date(day), Type::Is(Unit::Date)),
            None => return Some(bad_date(place, text, expr.span)),
        },
        ExprKind::Time(text) => match place.zone().parse_local(text) {
            Some(instant) => (Scalar::Time(instant), Type::Is(Unit::Time)),
            None => return Some(bad_date(place, text, expr.span)),
        },
        _ => return None,
    };
    Some(Some(literal))
}

fn bad_date<P: Place>(place: &mut P, text: &str, span: Span) -> Option<(Scalar, Type)> {
    place.errors().push(Diagnostic::new(&codes::BAD_DATE, span).arg("text", text));
    None
}

/// True for a code of ISO 4217.
pub(super) fn is_currency(code: &str) -> bool {
    iso_currency::Currency::from_code(code).is_some()
}

/// The mistake of a word that is no currency; `name_span` is where the word alone stands, when that is known.
pub(super) fn unknown_currency(code: &str, span: Span, name_span: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&codes::UNKNOWN_CURRENCY, span).arg("name", code);
    let upper = code.to_ascii_uppercase();
    match name_span {
        Some(name_span) if is_currency(&upper) => diagnostic.fix(name_span, upper),
        _ => diagnostic,
    }
}

/// The length of a duration in seconds; a day has 24 hours.
pub(super) fn seconds(duration: ast::Duration) -> u64 {
    let unit = match duration.unit {
        ast::DurationUnit::Second => 1,
        ast::DurationUnit::Minute => 60,
        ast::DurationUnit::Hour => 3_600,
        ast::DurationUnit::Day => 86_400,
        ast::DurationUnit::Week => 604_800,
    };
    u64::from(duration.amount) * unit
}

fn flag<N>(node: N) -> Typed<N> {
    Typed { node, ty: Type::Is(Unit::Flag) }
}

/// Passes what is a number, count, percent, money or duration.
pub(super) fn measure<P: Place>(place: &mut P, op: &str, span: Span, typed: Typed<P::Node>) -> Option<Typed<P::Node>> {
    if units::is_measure(&typed.ty.unit()) {
        return Some(typed);
    }
    place.errors().push(Diagnostic::new(&codes::NOT_NUMERIC, span).arg("op", op).arg("unit", typed.ty.name()));
    None
}

/// Numbers of one unit, as the arguments of a function.
pub(super) fn alike<P: Place>(place: &mut P, function: &Ident, args: &[Expr]) -> Option<(Vec<P::Node>, Type)> {
    let mut nodes = Some(Vec::new());
    let mut common: Option<(Type, &Expr)> = None;
    for arg in args {
        let typed = walk(place, arg).and_then(|typed| measure(place, &function.value, arg.span, typed));
        let Some(typed) = typed else {
            nodes = None;
            continue;
        };
        let ty = match &common {
            None => Some(typed.ty.clone()),
            Some((ty, first)) => units::like(ty, &typed.ty).or_else(|| {
                let sides = Sides { op: &function.value, span: arg.span, left: first, right: arg };
                sides.mismatch(place, ty, &typed.ty)
            }),
        };
        match ty {
            Some(ty) => common = Some((ty, common.map_or(arg, |(_, first)| first))),
            None => nodes = None,
        }
        if let Some(nodes) = &mut nodes {
            nodes.push(typed.node);
        }
    }
    Some((nodes?, common?.0))
}

fn binary<P: Place>(place: &mut P, span: Span, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Typed<P::Node>> {
    if let Some(mistake) = unknowns::compared(place, span, op, left, right) {
        place.errors().push(mistake);
        return None;
    }
    if let BinaryOp::And | BinaryOp::Or = op {
        let a = walk(place, left);
        if let Some(amount) = a.as_ref().filter(|_| op == BinaryOp::Or && habits::is_amount(right))
            && matches!(&amount.ty, Type::Is(unit) if units::is_measure(unit))
        {
            let [found, value, amount] = [span, left.span, right.span].map(|span| place.source(span).to_owned());
            place.errors().push(habits::stands_in(span, &found, &value, &amount));
            return None;
        }
        let (a, b) = (a.and_then(|typed| as_condition(place, left, typed)), condition(place, right));
        let join = if op == BinaryOp::And { P::Node::and } else { P::Node::or };
        return Some(flag(join(a?, b?)));
    }
    if op == BinaryOp::Div && !place.division(span) {
        return None;
    }
    let a = walk(place, left);
    let b = walk(place, right);
    if b.is_none() && matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
        habits::no_such_name(place, (span, op), left, right, a.as_ref().map(|typed| &typed.ty));
    }
    let (a, b) = (a?, b?);
    let sides = Sides { op: op.symbol(), span, left, right };
    match op {
        BinaryOp::Add | BinaryOp::Sub => {
            let ty = units::sum(&a.ty, &b.ty, op == BinaryOp::Sub);
            let ty = ty.or_else(|| sides.mismatch(place, &a.ty, &b.ty))?;
            let arith = if op == BinaryOp::Add { Arith::Add } else { Arith::Sub };
            Some(Typed { node: P::Node::arith(arith, a.node, b.node), ty })
        }
        BinaryOp::Mul | BinaryOp::Div => {
            let rule = if op == BinaryOp::Mul { units::product } else { units::quotient };
            let ty = rule(&a.ty, &b.ty).or_else(|| sides.no_product(place, &a.ty, &b.ty))?;
            let arith = if op == BinaryOp::Mul { Arith::Mul } else { Arith::Div };
            Some(Typed { node: P::Node::arith(arith, a.node, b.node), ty })
        }
        BinaryOp::Else => {
            let ty = units::like(&a.ty, &b.ty).or_else(|| sides.mismatch(place, &a.ty, &b.ty))?;
            Some(Typed { node: P::Node::otherwise(a.node, b.node), ty })
        }
        _ => {
            let ty = units::like(&a.ty, &b.ty).or_else(|| sides.mismatch(place, &a.ty, &b.ty))?;
            let compare = comparison(op)?;
            let ordered = !matches!(compare, Compare::Eq | Compare::Ne);
            if ordered && matches!(ty, Type::Is(Unit::Text | Unit::Flag)) {
                place.errors().push(Diagnostic::new(&codes::NO_ORDER, span).arg("op", sides.op).arg("unit", ty.name()));
                return None;
            }
            // Without one of its sides it may as well be no comparison.
            let lacks_side = [left, right].iter().any(|side| matches!(side.kind, ExprKind::Broken));
            Some(if lacks_side { broken() } else { flag(P::Node::compare(compare, a.node, b.node)) })
        }
    }
}

fn comparison(op: BinaryOp) -> Option<Compare> {
    Some(match op {
        BinaryOp::Eq => Compare::Eq,
        BinaryOp::Ne => Compare::Ne,
        BinaryOp::Lt => Compare::Lt,
        BinaryOp::Le => Compare::Le,
        BinaryOp::Gt => Compare::Gt,
        BinaryOp::Ge => Compare::Ge,
        _ => return None,
    })
}

/// Two parts that must go together.
pub(super) struct Sides<'e> {
    /// What joins them.
    pub(super) op: &'e str,
    /// Where both stand.
    pub(super) span: Span,
    /// The left one.
    pub(super) left: &'e Expr,
    /// The right one.
    pub(super) right: &'e Expr,
}

impl Sides<'_> {
    /// Says that the units are not alike, with a fix where one is mechanical.
    pub(super) fn mismatch<P: Place, T>(&self, place: &mut P, left: &Type, right: &Type) -> Option<T> {
        let (a, b) = (left.unit(), right.unit());
        if let Some(habit) = habits::value_of_text(place, self, &a) {
            place.errors().push(habit);
            return None;
        }
        let diagnostic = match (&a, &b) {
            (Unit::Money(_) | Unit::MoneyIn(_), Unit::Money(_) | Unit::MoneyIn(_)) => Diagnostic::new(&codes::CURRENCIES_DIFFER, self.span),
            (Unit::Percent, b) if units::is_plain(b) => self.percent_fix(self.right),
            (a, Unit::Percent) if units::is_plain(a) => self.percent_fix(self.left),
            (Unit::Text | Unit::Flag, _) if matches!(self.op, "+" | "-") => return not_numeric(place, self.op, self.left.span, left),
            (_, Unit::Text | Unit::Flag) if matches!(self.op, "+" | "-") => return not_numeric(place, self.op, self.right.span, right),
            (Unit::Money(_) | Unit::MoneyIn(_) | Unit::Duration, Unit::Percent) if matches!(self.op, "+" | "-") => {
                let diagnostic = Diagnostic::new(&codes::UNITS_DIFFER, self.span);
                share_fix(diagnostic, place.source(self.left.span), self.right)
            }
            (Unit::Money(currency), b) if units::is_plain(b) => {
                money_fix(Diagnostic::new(&codes::UNITS_DIFFER, self.span), currency, self.right)
            }
            (a, Unit::Money(currency)) if units::is_plain(a) => {
                money_fix(Diagnostic::new(&codes::UNITS_DIFFER, self.span), currency, self.left)
            }
            (Unit::Time, Unit::Date) => midnight_fix(Diagnostic::new(&codes::UNITS_DIFFER, self.span), self.right),
            (Unit::Date, Unit::Time) => midnight_fix(Diagnostic::new(&codes::UNITS_DIFFER, self.span), self.left),
            _ => Diagnostic::new(&codes::UNITS_DIFFER, self.span),
        };
        place.errors().push(diagnostic.arg("op", self.op).arg("left", left.name()).arg("right", right.name()));
        None
    }

    /// Offers `4%` for a literal `4` and for a literal `0.04`. Of a value that a test expects, `3` may be the ratio 300%: both
    /// meanings are told.
    fn percent_fix(&self, number: &Expr) -> Diagnostic {
        let diagnostic = Diagnostic::new(&codes::PERCENT_AND_NUMBER, self.span);
        let such = Words::new("such as `4%`", "例如 `4%`");
        let ExprKind::Number(n) = &number.kind else { return diagnostic.words("example", such) };
        let hundredfold = n.checked_mul(Decimal::ONE_HUNDRED).map(|whole| format!("{}%", whole.normalize()));
        if n.abs() <= Decimal::ONE {
            let diagnostic = diagnostic.words("example", such);
            return hundredfold.into_iter().fold(diagnostic, |diagnostic, whole| diagnostic.fix(number.span, whole));
        }
        let same = format!("{}%", n.normalize());
        match hundredfold {
            Some(whole) if self.op == "is" => diagnostic.words(
                "example",
                Words::new(
                    format!("`{whole}` if {n} is a ratio, `{same}` if it is percent"),
                    format!("{n} 是比率则写 `{whole}`，是百分数则写 `{same}`"),
                ),
            ),
            _ => diagnostic.words("example", such).fix(number.span, same),
        }
    }

    fn no_product<P: Place, T>(&self, place: &mut P, left: &Type, right: &Type) -> Option<T> {
        for (side, ty) in [(self.left, left), (self.right, right)] {
            if !units::is_measure(&ty.unit()) {
                return not_numeric(place, self.op, side.span, ty);
            }
        }
        let (a, b) = (left.unit(), right.unit());
        let code = if matches!((&a, &b), (Unit::Money(_), Unit::Money(_))) && self.op == "/" {
            &codes::CURRENCIES_DIFFER
        } else {
            &codes::UNITS_PRODUCT
        };
        place.errors().push(Diagnostic::new(code, self.span).arg("op", self.op).arg("left", left.name()).arg("right", right.name()));
        None
    }
}

fn not_numeric<P: Place, T>(place: &mut P, op: &str, span: Span, ty: &Type) -> Option<T> {
    place.errors().push(Diagnostic::new(&codes::NOT_NUMERIC, span).arg("op", op).arg("unit", ty.name()));
    None
}

/// Offers `5 USD` for a literal `5`.
fn money_fix(diagnostic: Diagnostic, currency: &str, number: &Expr) -> Diagnostic {
    let literal = if let ExprKind::Negate(inner) = &number.kind { inner } else { number };
    match literal.kind {
        ExprKind::Number(_) => diagnostic.fix(Span { start: literal.span.end, end: literal.span.end }, format!(" {currency}")),
        _ => diagnostic,
    }
}

/// Offers `net + net * 19%` for `net + 19%`.
fn share_fix(diagnostic: Diagnostic, whole: &str, share: &Expr) -> Diagnostic {
    let is_name = !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if !is_name || !matches!(share.kind, ExprKind::Percent(_)) {
        return diagnostic;
    }
    diagnostic.fix(Span { start: share.span.start, end: share.span.start }, format!("{whole} * "))
}

/// Offers the start of the day for a literal date.
fn midnight_fix(diagnostic: Diagnostic, date: &Expr) -> Diagnostic {
    match &date.kind {
        ExprKind::Date(text) => diagnostic.fix(date.span, format!("{text} 00:00")),
        _ => diagnostic,
    }
}

/// `left in (a, b)`: every value a literal or constant of a like unit.
fn among<P: Place>(place: &mut P, left: &Expr, values: &[Expr]) -> Option<Typed<P::Node>> {
    let subject = walk(place, left);
    let mut scalars = Some(Vec::new());
    for value in values {
        let Some((scalar, ty)) = constant_value(place, value) else {
            scalars = None;
            if let Some(subject) = &subject {
                habits::unquoted(place, value, &subject.ty);
            }
            continue;
        };
        let Some(subject) = &subject else { continue };
        if units::like(&subject.ty, &ty).is_none() {
            let sides = Sides { op: "in", span: value.span, left, right: value };
            sides.mismatch::<P, ()>(place, &subject.ty, &ty);
            scalars = None;
        } else if let Some(scalars) = &mut scalars {
            scalars.push(scalar);
        }
    }
    let subject = subject?;
    if subject.ty == Type::Is(Unit::Flag) {
        // A flag among flags says nothing that the flag itself does not say.
        place.errors().push(Diagnostic::new(&codes::NO_ORDER, left.span).arg("op", "in").arg("unit", subject.ty.name()));
        return None;
    }
    if !subject.node.may_be_among() {
        place.errors().push(Diagnostic::new(&codes::IN_SUBJECT, left.span));
        return None;
    }
    Some(flag(subject.node.among(scalars?)))
}

/// A literal, a negative literal included.
fn constant_value<P: Place>(place: &mut P, expr: &Expr) -> Option<(Scalar, Type)> {
    if let Some(literal) = literal(place, expr) {
        return literal;
    }
    if let ExprKind::Negate(inner) = &expr.kind
        && let Some(Some((Scalar::Number(n), ty))) = literal(place, inner)
    {
        return Some((Scalar::Number(-n), ty));
    }
    if !matches!(expr.kind, ExprKind::Broken) {
        place.errors().push(Diagnostic::new(&codes::NOT_CONSTANT, expr.span));
    }
    None
}
