//! What is written as in other languages and is known as such only by what the names in it mean.
//!
//! 1. A quantile may be called by its number ([`quantile`]).
//! 2. A value of a told table belongs to the rows of an event, which the sum must name ([`told_value`]).
//! 3. What stands in for nothing is `else` here, not `or` ([`stands_in`]).

use super::names::Names;
use super::program::EventDecl;
use crate::diagnostic::codes::syntax::HABIT;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{Aggregate, Expr, ExprKind};
use rust_decimal::Decimal;

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
