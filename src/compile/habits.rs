//! What is written as in other languages and is known as such only by what the names in it mean.
//!
//! 1. A quantile may be called by its number ([`quantile`]).
//! 2. A value of a told table belongs to the rows of an event, which the sum must name ([`told_value`]).
//! 3. What stands in for nothing is `else` here, not `or` ([`stands_in`]).
//! 4. A name that nobody has is a text without quotes, or what nothing is called elsewhere ([`no_such_name`]).
//! 5. Of a call of another language the arguments may tell what it is here ([`called`]).

use super::expr::{Place, Sides, walk};
use super::names::Names;
use super::program::{EventDecl, Unit};
use super::units::Type;
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::codes::syntax::HABIT;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{Aggregate, BinaryOp, Expr, ExprKind, Ident};
use crate::syntax::habits;
use rust_decimal::Decimal;

/// What nothing is called elsewhere.
const NOTHING: &[&str] = &["null", "none", "nil", "nan", "na", "empty", "blank"];

/// `p90(order.amount)`, `percentile_cont(order.amount, 0.9)`
pub(super) fn quantile(name: &str, args: &[Expr], names: &Names, text: &str) -> Option<Words> {
    let called = name.strip_prefix(['p', 'P']).and_then(|share| share.parse::<u8>().ok()).filter(|share| *share < 100);
    let asked = match (called, args) {
        (Some(share), _) => Decimal::from(share),
        (None, [_, Expr { kind: ExprKind::Number(share) | ExprKind::Percent(share), .. }]) if name.contains("perc") => *share,
        _ => return None,
    };
    let field = match args.first().map(|arg| (&arg.kind, shown(text, arg.span))) {
        Some((ExprKind::Field(..), field)) => field.to_owned(),
        Some((ExprKind::Name(..), field)) => {
            let owner = names.events.iter().find(|event| event.fields.iter().any(|one| one.name == field));
            format!("{}.{field}", owner.map_or("event", |owner| &owner.name))
        }
        _ => "event.field".to_owned(),
    };
    Some(quantile_of(&field, asked))
}

/// `sum(fee.flat)` of a table whose rows are told.
pub(super) fn told_value(names: &Names, aggregate: &Aggregate, text: &str) -> Option<Diagnostic> {
    let ExprKind::Field(table, column) = &aggregate.arg.kind else { return None };
    let table = names.table_list.get((*names.tables.get(&table.value)?)?)?;
    let has = |event: &EventDecl| {
        table.keys.iter().all(|key| event.dims.iter().any(|(_, field)| event.fields.get(*field).is_some_and(|field| field.name == *key)))
    };
    let teller = table.told.as_ref().map(|told| told.event)?;
    let event =
        names.events.iter().enumerate().find(|(idx, event)| *idx != teller && has(event)).map_or("order", |(_, event)| event.name.as_str());
    let keys: Vec<String> = table.keys.iter().map(|key| format!("{event}.{key}")).collect();
    let form = format!("{}[{}].{}", table.name, keys.join(", "), column.value);
    let advice = Words::new(
        format!("Write `{form}`: the keys name the event whose rows are summed."),
        format!("请写 `{form}`：用键写明对哪个事件求和。"),
    );
    Some(habit(aggregate.arg.span, text, advice))
}

/// `gmv or 0`
pub(super) fn stands_in(span: Span, found: &str, left: &str, right: &str) -> Diagnostic {
    let form = format!("{left} else {right}");
    let advice = Words::new(format!("Write `{form}`: it stands in for what is unknown."), format!("请写 `{form}`：未知时取该值。"));
    Diagnostic::new(&HABIT, span).arg("found", found).words("advice", advice)
}

/// `channel = ads`, `shipped != null`: instead of the mistake that the right side is not known.
pub(super) fn no_such_name<P: Place>(place: &mut P, (span, op): (Span, BinaryOp), left: &Expr, right: &Expr, ty: Option<&Type>) {
    let ExprKind::Name(name) = &right.kind else { return };
    if !NOTHING.contains(&name.as_str()) {
        return ty.map_or((), |ty| unquoted(place, right, ty));
    }
    if told_last(place, right.span) {
        let is = if op == BinaryOp::Eq { "is unknown" } else { "is not unknown" };
        let form = format!("{} {is}", place.source(left.span));
        let mistake = instead(span, place.source(span), form);
        place.errors().push(mistake);
    }
}

/// A text without quotes, instead of the mistake that its name is not known; not where a known name is near.
pub(super) fn unquoted<P: Place>(place: &mut P, value: &Expr, ty: &Type) {
    let ExprKind::Name(name) = &value.kind else { return };
    let is_near = place.errors().last().is_some_and(|last| !last.fixes.is_empty());
    // A name that is known is no text.
    let told = place.errors().len();
    let is_known = walk(place, value).is_some();
    place.errors().truncate(told);
    if *ty == Type::Is(Unit::Text) && !is_near && !is_known && told_last(place, value.span) {
        place.errors().push(instead(value.span, name, format!("\"{name}\"")));
    }
}

/// `late = "yes"`, `time >= "2026-01-01"`: the right side is what it would be elsewhere.
pub(super) fn value_of_text<P: Place>(place: &P, sides: &Sides<'_>, left: &Unit) -> Option<Diagnostic> {
    let said = place.source(sides.right.span).trim_matches('"');
    let subject = place.source(sides.left.span);
    match left {
        Unit::Flag if matches!(sides.op, "=" | "!=") => {
            let holds = [(true, ["1", "yes", "y", "true", "是"]), (false, ["0", "no", "n", "false", "否"])];
            let (holds, _) = holds.into_iter().find(|(_, words)| words.iter().any(|word| said.eq_ignore_ascii_case(word)))?;
            let form = if holds == (sides.op == "=") { subject.to_owned() } else { format!("not {subject}") };
            Some(instead(sides.span, place.source(sides.span), form))
        }
        Unit::Time | Unit::Date if matches!(sides.right.kind, ExprKind::Text(_)) => {
            let is_day = said.len() >= 10 && said.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | ' '));
            is_day.then(|| instead(sides.right.span, place.source(sides.right.span), said.to_owned()))
        }
        _ => None,
    }
}

/// `order["amount"]`, `order[amount]`
pub(super) fn column(aggregate: &Aggregate, names: &Names, text: &str) -> Option<Diagnostic> {
    let ExprKind::Lookup(lookup) = &aggregate.arg.kind else { return None };
    let event = names.events.get(*names.event_idx.get(&lookup.table.value)?)?;
    let [key] = &lookup.keys[..] else { return None };
    let name = shown(text, key.span).trim_matches('"');
    let has = event.fields.iter().any(|field| field.name == name);
    has.then(|| instead(aggregate.arg.span, shown(text, aggregate.arg.span), format!("{}.{name}", event.name)))
}

/// Takes the last mistake away when it says that the name at this place is not known or no constant.
fn told_last<P: Place>(place: &mut P, span: Span) -> bool {
    let is_it = |last: &Diagnostic| last.span == Some(span) && [codes::UNKNOWN_NAME.id, codes::NOT_CONSTANT.id].contains(&last.code.id);
    place.errors().pop_if(|last| is_it(last)).is_some()
}

fn instead(span: Span, found: &str, form: String) -> Diagnostic {
    let advice = Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"));
    Diagnostic::new(&HABIT, span).arg("found", found).words("advice", advice).fix(span, form)
}

/// `coalesce(gmv, 0)`, and what it is here.
pub(super) fn called(function: &Ident, args: &[Expr], span: Span, names: &Names, text: &str) -> Option<(String, Words)> {
    let event = |word: &str| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        [word, singular].into_iter().find(|name| names.event_idx.contains_key(*name)).map(str::to_owned)
    };
    let args: Vec<&str> = args.iter().map(|arg| shown(text, arg.span)).collect();
    let form = habits::called(&function.value, &args, event)?.within(text, span);
    let advice = Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"));
    Some((form, advice))
}

/// A literal amount.
pub(super) fn is_amount(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Number(_) | ExprKind::Percent(_) | ExprKind::Money(..) | ExprKind::Duration(_))
}

fn quantile_of(field: &str, share: Decimal) -> Words {
    let whole = if share <= Decimal::ONE { share * Decimal::ONE_HUNDRED } else { share };
    let form = format!("quantile({field}, {}%)", whole.normalize());
    Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"))
}

fn habit(span: Span, text: &str, advice: Words) -> Diagnostic {
    Diagnostic::new(&HABIT, span).arg("found", shown(text, span)).words("advice", advice)
}

fn shown(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or("…")
}
