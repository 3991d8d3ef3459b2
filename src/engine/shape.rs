//! An event typed by the declaration of one program.
//!
//! 1. The envelope: identity, time and revision are checked against their limits ([`envelope`]).
//! 2. Every declared field is read in the form of its unit ([`field`]); what is not declared is left alone.

use super::currency::Said;
use super::event::{RawEvent, RawValue, row_id};
use super::near;
use super::number::{decimal, money, percent};
use crate::compile::program::{EventIdx, Field, FieldRole, Program, Scalar, Unit};
use crate::diagnostic::codes::{event as codes, event_sources as sources, money as rates};
use crate::diagnostic::{Diagnostic, Words, nearest};
use crate::eval::{Row, RowId, State, THING_EVENTS_MAX};
use crate::time::{Day, EARLIEST, Instant, LATEST, Zone};
use rust_decimal::Decimal;

/// The most bytes of an identity, a dimension value or an id.
pub const NAME_BYTES_MAX: usize = 256;
/// The most bytes of any other text.
pub const TEXT_BYTES_MAX: usize = 4096;
/// The most decimals of a value, so that a product of two still fits the twelve of a cell.
pub const DECIMALS_MAX: u32 = 6;
/// A value is under so many powers of ten.
pub const WHOLE_DIGITS_MAX: u32 = 12;
/// The most fields of an event.
pub const FIELDS_MAX: usize = 256;
/// How far ahead of the clock an event may be.
pub const AHEAD_S_MAX: i64 = 24 * 3600;

/// Checks what is the same for every program: identity, time, the number of fields.
///
/// # Errors
/// The first limit that the event breaks.
pub fn envelope(raw: &RawEvent, now: Instant) -> Result<(), Diagnostic> {
    for (name, text) in [("source", &raw.source), ("id", &raw.id), ("type", &raw.kind)] {
        if text.is_empty() {
            return Err(Diagnostic::general(&codes::NO_IDENTITY).arg("field", name));
        }
        short_enough(name, text, NAME_BYTES_MAX)?;
    }
    if raw.data.len() > FIELDS_MAX {
        return Err(Diagnostic::general(&codes::TOO_MANY_FIELDS).arg("count", raw.data.len()).arg("limit", FIELDS_MAX));
    }
    for (at, (name, value)) in raw.data.iter().enumerate() {
        short_enough("field name", name, NAME_BYTES_MAX)?;
        if let RawValue::Text(text) = value {
            short_enough(name, text, TEXT_BYTES_MAX)?;
        }
        if raw.data.iter().take(at).any(|(earlier, _)| earlier == name) {
            return Err(Diagnostic::general(&codes::REPEATED_FIELD).arg("field", name));
        }
    }
    in_calendar("time", raw.time.unwrap_or(now), now.plus_s(AHEAD_S_MAX).min(LATEST))
}

/// Types an event by the declaration of a program.
///
/// # Errors
/// The first limit or field that does not fit; codes SY04xx.
pub fn shape(program: &Program, event: EventIdx, raw: &RawEvent, now: Instant) -> Result<Row, Diagnostic> {
    envelope(raw, now)?;
    fields(program, event, raw, row_id(&raw.source, &raw.id), now)
}

/// Types an event of this identity, whose envelope is known to be right.
pub(super) fn fields(program: &Program, event: EventIdx, raw: &RawEvent, id: RowId, now: Instant) -> Result<Row, Diagnostic> {
    let declared = program.events.get(event).map_or(&[][..], |event| event.fields.as_slice());
    let said = Said::of(program, event, raw);
    let mut values = Vec::with_capacity(declared.len());
    for declaration in declared {
        let given = raw.data.iter().find(|(name, _)| *name == declaration.name).map(|(_, value)| value);
        let value = match given {
            Some(value) => field(declaration, value, &program.zone, &raw.kind)?,
            None => Scalar::Absent,
        };
        let value = said.settle(declaration, value, given, &raw.kind)?;
        if value == Scalar::Absent && !declaration.optional {
            return Err(Diagnostic::general(&codes::MISSING_FIELD).arg("field", &declaration.name).arg("type", &raw.kind));
        }
        values.push(value);
    }
    super::told::fits(program, event, &values)?;
    let standing = program.events.get(event).map_or(Some(raw.revision), |event| event.standing(&raw.source, raw.revision));
    let revision =
        standing.ok_or_else(|| Diagnostic::general(&sources::REVISION_ROOM).arg("type", &raw.kind).arg("value", raw.revision))?;
    Ok(Row { event, id, time: raw.time.unwrap_or(now), revision, values: values.into() })
}

/// Reads one value in the form of its declared unit. A blank text is an absent value.
fn field(declared: &Field, value: &RawValue, zone: &Zone, kind: &str) -> Result<Scalar, Diagnostic> {
    read(declared, value, zone, kind).unwrap_or_else(|| Err(wrong_value(declared, value, zone, kind)))
}

/// A value in the form of its unit, or the limit that it breaks; None when it does not have the form.
fn read(declared: &Field, value: &RawValue, zone: &Zone, kind: &str) -> Option<Result<Scalar, Diagnostic>> {
    match value {
        RawValue::Null => return Some(Ok(Scalar::Absent)),
        RawValue::Text(text) if text.trim().is_empty() => return Some(Ok(Scalar::Absent)),
        RawValue::OutOfRange(text) => {
            return Some(Err(Diagnostic::general(&codes::NUMBER_TOO_LARGE).arg("value", cut(text)).arg("field", &declared.name)));
        }
        RawValue::Nested => return None,
        _ => {}
    }
    Some(match &declared.unit {
        Unit::Text => text(declared, value)?,
        Unit::Flag => Ok(Scalar::Flag(flag(value)?)),
        Unit::Time => {
            let at = time(value, zone)?;
            in_calendar(&declared.name, at, LATEST).map(|()| Scalar::Time(at))
        }
        Unit::Date => {
            let RawValue::Text(text) = value else { return None };
            let day = Day::parse(text.trim())?;
            in_calendar(&declared.name, Zone::utc().start_of(day), LATEST).map(|()| Scalar::Date(day))
        }
        Unit::Money(currency) => {
            let (amount, given) = money(value)?;
            match given.filter(|given| given != currency) {
                Some(given) => Err(wrong_currency(declared, kind, currency, &given, amount)),
                None => number(declared, amount),
            }
        }
        Unit::MoneyIn(_) => number(declared, money(value)?.0),
        Unit::Count => number(declared, decimal(value).filter(|count| count.fract().is_zero())?),
        Unit::Number => number(declared, decimal(value)?),
        Unit::Percent => number(declared, percent(value)?),
        Unit::Duration => number(declared, super::number::duration(value)?),
    })
}

/// What a value was meant to be, when that is something the field can hold.
fn meant(declared: &Field, value: &RawValue, zone: &Zone, kind: &str) -> Option<String> {
    let RawValue::Text(text) = value else { return None };
    let near = near::meant(text, &declared.unit)?;
    read(declared, &RawValue::Text(near.clone()), zone, kind)?.is_ok().then_some(near)
}

/// A number within the limits that keep every sum and product exact.
fn number(declared: &Field, value: Decimal) -> Result<Scalar, Diagnostic> {
    /// Rates are factors, and some currencies are small.
    const RATE_DECIMALS_MAX: u32 = 12;
    const LIMIT: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
    let value = value.normalize();
    let at = |code| Diagnostic::general(code).arg("value", value).arg("field", &declared.name);
    if value.abs() >= LIMIT {
        return Err(at(&codes::NUMBER_TOO_LARGE));
    }
    let is_rate = declared.role == FieldRole::Rate;
    if is_rate && value <= Decimal::ZERO {
        return Err(at(&rates::BAD_RATE));
    }
    let decimals_max = if is_rate { RATE_DECIMALS_MAX } else { DECIMALS_MAX };
    if value.scale() > decimals_max {
        return Err(at(&codes::TOO_MANY_DECIMALS).arg("limit", decimals_max));
    }
    Ok(Scalar::Number(value))
}

/// A text, id or dimension value. Ids often arrive as numbers.
fn text(declared: &Field, value: &RawValue) -> Option<Result<Scalar, Diagnostic>> {
    let content = match value {
        RawValue::Text(text) => text.clone(),
        RawValue::Number(number) => number.normalize().to_string(),
        _ => return None,
    };
    let limit = match declared.role {
        FieldRole::Id | FieldRole::Dimension => NAME_BYTES_MAX,
        FieldRole::Flow | FieldRole::Level | FieldRole::Rate => TEXT_BYTES_MAX,
    };
    Some(short_enough(&declared.name, &content, limit).map(|()| Scalar::Text(content.into())))
}

fn flag(value: &RawValue) -> Option<bool> {
    match value {
        RawValue::Flag(flag) => Some(*flag),
        RawValue::Number(number) if number.is_zero() => Some(false),
        RawValue::Number(number) if *number == Decimal::ONE => Some(true),
        RawValue::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn time(value: &RawValue, zone: &Zone) -> Option<Instant> {
    match value {
        RawValue::Text(text) => zone.parse_local(text.trim()),
        _ => None,
    }
}

fn in_calendar(field: &str, at: Instant, latest: Instant) -> Result<(), Diagnostic> {
    if at < EARLIEST {
        return Err(Diagnostic::general(&codes::TOO_EARLY).arg("field", field).arg("value", at));
    }
    if at > latest {
        return Err(Diagnostic::general(&codes::TOO_LATE).arg("field", field).arg("value", at).arg("limit", latest));
    }
    Ok(())
}

fn short_enough(field: &str, text: &str, limit: usize) -> Result<(), Diagnostic> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(Diagnostic::general(&codes::TOO_LONG).arg("field", cut(field)).arg("length", text.len()).arg("limit", limit))
}

fn wrong_currency(declared: &Field, kind: &str, expected: &str, given: &str, amount: Decimal) -> Diagnostic {
    Diagnostic::general(&codes::WRONG_CURRENCY)
        .arg("field", &declared.name)
        .arg("type", kind)
        .arg("expected", expected)
        .arg("currency", cut(given))
        .arg("example", format!("{amount} {expected}"))
}

fn wrong_value(declared: &Field, value: &RawValue, zone: &Zone, kind: &str) -> Diagnostic {
    let or = |first: &str, second: &str| Words::new(format!("`{first}` or `{second}`"), format!("`{first}` 或 `{second}`"));
    let one = |example: &str| Words::verbatim(format!("`{example}`"));
    let (unit, unit_zh, example) = match &declared.unit {
        Unit::Number => ("a number", "数", one("12.5")),
        Unit::Count => ("a count, a whole number", "计数（整数）", one("12")),
        Unit::Percent => ("a percentage", "百分比", or("\"12.5%\"", "0.125")),
        Unit::Money(currency) => {
            let object = format!("{{\"amount\": \"20.50\", \"currency\": \"{currency}\"}}");
            ("money", "金额", or(&format!("\"20.50 {currency}\""), &object))
        }
        Unit::MoneyIn(_) => ("money", "金额", or("\"20.50 EUR\"", "{\"amount\": \"20.50\", \"currency\": \"EUR\"}")),
        Unit::Duration => ("a duration", "时长", or("\"3 hours\"", "\"PT3H\"").then(" or seconds", "，或写秒数")),
        Unit::Time => ("a time", "时间", or("\"2026-03-01T09:00:00Z\"", "\"2026-03-01 09:00\"")),
        Unit::Date => ("a date", "日期", one("\"2026-03-01\"")),
        Unit::Text => ("a text", "文本", one("\"abc\"")),
        Unit::Flag => ("true or false", "真或假", one("true")),
    };
    let shown = match value {
        RawValue::Null => Words::verbatim("null"),
        RawValue::Flag(flag) => Words::verbatim(flag),
        RawValue::Number(number) => Words::verbatim(number),
        RawValue::Text(text) | RawValue::OutOfRange(text) => Words::verbatim(cut(text)),
        RawValue::Money { amount, currency } => Words::verbatim(cut(&format!("{amount} {currency}"))),
        RawValue::Nested => Words::new("an array or object", "数组或对象"),
    };
    let unit = Words::new(unit, unit_zh);
    let diagnostic = Diagnostic::general(&codes::WRONG_VALUE).arg("field", &declared.name).arg("type", kind);
    let diagnostic = diagnostic.words("unit", unit).words("value", shown);
    match meant(declared, value, zone, kind) {
        Some(meant) => diagnostic.words("example", one(&meant)).arg("meant", meant),
        None => diagnostic.words("example", example),
    }
}

/// Refuses a row whose thing has more events than anything is said in.
pub(super) fn room_in_thing(state: &State, row: &Row) -> Result<(), Diagnostic> {
    let Some(entity) = state.full_thing(row) else { return Ok(()) };
    Err(Diagnostic::general(&codes::THING_FULL).arg("entity", entity).arg("limit", THING_EVENTS_MAX))
}

/// The refusal of a type that is not among the declared ones.
pub(super) fn unknown_type<'n>(declared: impl IntoIterator<Item = &'n str>, kind: &str) -> Diagnostic {
    let hint = nearest(kind, declared)
        .map(|near| Words::new(format!("; did you mean `{near}`?"), format!("；是否指 `{near}`？")))
        .unwrap_or_default();
    Diagnostic::general(&codes::UNKNOWN_TYPE).arg("type", kind).words("hint", hint)
}

/// The beginning of a text that may be very long.
pub(super) fn cut(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN { text.to_owned() } else { text.chars().take(SHOWN).chain(['…']).collect() }
}
