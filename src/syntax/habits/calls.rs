//! Calls of functions of other languages with the author's own arguments: `SUMIFS(order.amount, order.channel, "ads")`.
//!
//! 1. [`CALLS`] has a form for a name and a number of arguments; [`called`] fills it in.
//! 2. A condition of `IF` on a number becomes steps ([`steps`]), a criterion of a spreadsheet a comparison ([`test`]).

use crate::diagnostic::Span;

/// What a call is written as here.
pub struct Called {
    form: String,
    /// It has an operator of its own.
    loose: bool,
}

impl Called {
    /// The form at its place in a text: in brackets where it is a part of a longer formula.
    pub fn within(self, text: &str, span: Span) -> String {
        let before = text.get(..span.range().start).unwrap_or_default().trim_end_matches([' ', '\t']);
        let behind = text.get(span.range().end..).unwrap_or_default().trim_start_matches([' ', '\t']);
        let alone = before.ends_with(['=', '(', ',']) || before.ends_with("where") || before.ends_with("expect");
        let ends = behind.is_empty() || behind.starts_with(['\n', '\r', ')', ',', '{', '#']) || behind.starts_with("is ");
        if self.loose && !(alone && ends) { format!("({})", self.form) } else { self.form }
    }
}

/// A function, the number of its arguments, and the form. `{1}` is the first argument, `{1 event}` the event of the field that it is,
/// `{1 inside}` an aggregate without its last bracket, `{2 test}` a criterion, `{1 operand}` an operand of `/`, `{2 time}` a count with its unit,
/// `{1 share}` a percentage.
type Call = (&'static str, usize, &'static str);

/// The calls whose meaning their arguments tell.
const CALLS: &[Call] = &[
    ("average|mean|averagea|avgx|averagex", 1, "avg({1 field})"),
    ("averagex|avgx", 2, "avg({2})"),
    ("total|summe", 1, "sum({1 field})"),
    ("sumx", 2, "sum({2})"),
    ("maxx", 2, "max({2})"),
    ("minx", 2, "min({2})"),
    ("len|length|size|counta|countrows|count_rows|rows|countall", 1, "count({1 name})"),
    ("countd|count_distinct|countdistinct|uniq|unique|dcount|distinctcount|nunique|approx_count_distinct", 1, "distinct({1 field})"),
    ("sumif|sum_if", 2, "sum({1} where {1 in 2})"),
    ("averageif|avgif|avg_if", 2, "avg({1} where {1 in 2})"),
    ("maxif", 2, "max({1} where {1 in 2})"),
    ("minif", 2, "min({1} where {1 in 2})"),
    ("countif|countifs|count_if", 2, "count({1 event} where {1 in 2})"),
    ("countifs", 4, "count({1 event} where {1} {2 test} and {3} {4 test})"),
    ("countif|count_if", 1, "count({1 event} where {1})"),
    ("sumif|averageif", 3, "{fn}({3} where {1} {2 test})"),
    ("sumifs|averageifs|avgifs|maxifs|minifs", 3, "{fn}({1} where {2} {3 test})"),
    ("sumifs|averageifs|avgifs|maxifs|minifs", 5, "{fn}({1} where {2} {3 test} and {4} {5 test})"),
    ("sumifs|averageifs|maxifs|minifs", 2, "{fn}({1} where {1 in 2})"),
    ("sumproduct", 2, "sum({1 operand} * {2 operand})"),
    ("calculate", 2, "{1 inside} where {2})"),
    ("calculate", 3, "{1 inside} where {2} and {3})"),
    ("nullif|nullifzero", 2, "{1}"),
    ("nullifzero", 1, "{1}"),
    ("coalesce|ifnull|nvl|isnull|iferror|ifna|if_error|fillna|nz", 2, "{1} else {2}"),
    ("zn|zeroifnull|nz", 1, "{1} else 0"),
    ("isnull|isblank|isna|isnan|isempty|is_null|isnothing", 1, "{1} is unknown"),
    ("notnull|isnotnull|notna|is_not_null", 1, "{1} is not unknown"),
    ("div|divide|safe_divide|ratio|safediv", 2, "{1 operand} / {2 operand}"),
    ("div|divide|safe_divide", 3, "{1 operand} / {2 operand} else {3}"),
    ("product|multiply", 2, "{1 operand} * {2 operand}"),
    ("subtract|minus", 2, "{1} - {2 operand}"),
    ("int|trunc|truncate|rounddown", 1, "floor({1})"),
    ("ceiling|roundup", 1, "ceil({1})"),
    ("round", 1, "round({1}, 0)"),
    ("growth|yoy|change|pct_change", 2, "{1 operand} / {1 part} {2 time} before - 100%"),
    ("shift|lag|prev|offset|dateadd", 2, "{1 part} {2} before"),
    ("prev|lag|previousmonth|previousperiod|lastperiod", 1, "previous({1})"),
    ("mtd|totalmtd|month_to_date", 1, "{1 part} over month"),
    ("qtd|totalqtd", 1, "{1 part} over quarter"),
    ("ytd|totalytd|year_to_date", 1, "{1 part} over year"),
    ("wtd", 1, "{1 part} over week"),
    ("totalmtd", 2, "{1 part} over month"),
    ("totalqtd", 2, "{1 part} over quarter"),
    ("totalytd", 2, "{1 part} over year"),
    ("cumsum|running_total|runningtotal|cumulative", 1, "{1 part} over all time"),
    ("sameperiodlastyear|lastyear|last_year|samemonthlastyear", 1, "{1 part} 1 year before"),
    ("wow|mom|qoq|pct_change|growth_rate|change|pctchange", 1, "growth({1})"),
    ("yoy|yoy_growth|yearoveryear", 1, "{1 operand} / {1 part} 1 year before - 100%"),
    ("sma|moving_average|movingaverage|rolling_sum|rolling_avg|rolling|movingavg", 2, "{1 part} over {2} days"),
    ("p50|p75|p90|p95|p99", 1, "quantile({1}, {fn share})"),
    ("perc|percentilex|percentile_cont|percentile_disc|quantile_cont|approx_quantile|percentile_inc", 2, "quantile({1}, {2 share})"),
    ("histogram_quantile", 2, "quantile({2}, {1 share})"),
    ("datediff|date_diff|timestampdiff", 3, "{3} - {2}"),
    ("datediff|date_diff|days", 2, "{1} - {2}"),
    ("between", 3, "{1} >= {2} and {1} <= {3}"),
    ("startswith|starts_with", 2, "{1} starts with {2}"),
    ("not_", 1, "not {1}"),
    ("and", 2, "{1} and {2}"),
    ("or", 2, "{1} or {2}"),
    ("and", 3, "{1} and {2} and {3}"),
    ("or", 3, "{1} or {2} or {3}"),
    ("if|iif|iff", 3, "{steps}"),
    ("max_of|maximum", 2, "greatest({1}, {2})"),
    ("min_of|minimum", 2, "least({1}, {2})"),
];

/// What a call is written as here; None when its arguments do not tell. `event` gives the event of that name, or of that plural.
pub fn called(name: &str, args: &[&str], event: impl Fn(&str) -> Option<String>) -> Option<Called> {
    let lower = name.to_ascii_lowercase();
    let (_, _, form) = CALLS.iter().find(|(names, count, _)| *count == args.len() && names.split('|').any(|one| one == lower))?;
    if *form == "{steps}" {
        let [condition, then, other] = args else { return None };
        return Some(Called { form: steps(condition, then, other)?, loose: false });
    }
    let mut filled = form.replace("{fn}", aggregate(&lower)).replace("{fn share}", &format!("{}%", lower.trim_start_matches('p')));
    for (at, arg) in args.iter().enumerate() {
        let n = at + 1;
        filled = filled.replace(&format!("{{{n}}}"), arg);
        for kind in ["event", "name", "field", "inside", "test", "operand", "part", "share", "time", "in 2"] {
            let hole = format!("{{{n} {kind}}}");
            if filled.contains(&hole) {
                filled = filled.replace(&hole, &hole_of(kind, arg, args, &event)?);
            }
        }
    }
    let loose = !is_whole(&filled);
    Some(Called { form: filled, loose })
}

/// `sumifs`: `sum`
fn aggregate(name: &str) -> &'static str {
    ["sum", "max", "min", "count"].into_iter().find(|function| name.starts_with(function)).unwrap_or("avg")
}

/// An argument as a form wants it.
fn hole_of(kind: &str, arg: &str, args: &[&str], event: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let own = || arg.to_owned();
    let is_path = arg.chars().all(|c| matches!(c, '_' | '.') || c.is_ascii_lowercase() || c.is_ascii_digit());
    Some(match kind {
        "event" => event(arg.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).next()?)?,
        "name" => event(arg).filter(|_| is_path && !arg.contains('.'))?,
        "field" => Some(own()).filter(|_| is_path && arg.contains('.'))?,
        "inside" => arg.strip_suffix(')').filter(|inside| inside.contains('(') && !inside.contains(" where "))?.to_owned(),
        "test" => test(arg),
        "in 2" => {
            let second = args.get(1)?;
            match second.starts_with('"') || second.starts_with(|c: char| c.is_ascii_digit()) {
                true => format!("{arg} {}", test(second)),
                false => (*second).to_owned(),
            }
        }
        "time" => Some(own()).filter(|_| arg.split_once(' ').is_some_and(|(count, _)| count.parse::<u32>().is_ok()))?,
        "operand" if is_path || is_whole(arg) => own(),
        "part" if is_path || is_whole(arg) => own(),
        "operand" | "part" => format!("({arg})"),
        _ => share(arg)?,
    })
}

/// Nothing but one call.
fn is_whole(arg: &str) -> bool {
    let mut depth = 0_i32;
    let splits = arg.char_indices().any(|(at, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0 && (c.is_whitespace() || c == ')' && at + 1 < arg.len())
    });
    !splits
}

/// `">=5"`: `>= 5`; `"ads"`: `= "ads"`
fn test(criterion: &str) -> String {
    let inside = criterion.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(criterion);
    let signs = [(">=", ">="), ("<=", "<="), ("<>", "!="), (">", ">"), ("<", "<"), ("=", "=")];
    match signs.iter().find_map(|(sign, ours)| Some((ours, inside.strip_prefix(sign)?.trim()))) {
        Some((ours, value)) if value.starts_with(|c: char| c.is_ascii_digit()) => format!("{ours} {value}"),
        Some((ours, value)) => format!("{ours} \"{value}\""),
        None => format!("= {criterion}"),
    }
}

/// `0.9`, `90`, `90%` as a percentage.
pub fn share(arg: &str) -> Option<String> {
    let value = rust_decimal::Decimal::from_str_exact(arg.trim_end_matches('%')).ok()?;
    let is_fraction = !arg.ends_with('%') && value <= rust_decimal::Decimal::ONE;
    let whole = if is_fraction { value.checked_mul(rust_decimal::Decimal::ONE_HUNDRED)? } else { value };
    Some(format!("{}%", whole.normalize()))
}

/// `if(x > 5, a, b)`: `steps(x, below b, > 5 -> a)`
fn steps(condition: &str, then: &str, other: &str) -> Option<String> {
    let sign = [">=", "<=", ">", "<"].into_iter().find(|sign| condition.contains(sign))?;
    let (value, bound) = condition.split_once(sign)?;
    let (value, bound) = (value.trim(), bound.trim());
    let is_amount = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let joins = [" and ", " or ", "=", "<", ">", "!"].iter().any(|join| value.contains(join) || bound.contains(join));
    if joins || is_amount(value) || !is_amount(bound) || !is_amount(then) || !is_amount(other) {
        return None;
    }
    Some(match sign {
        ">=" | ">" => format!("steps({value}, below {other}, {sign} {bound} -> {then})"),
        "<" => format!("steps({value}, below {then}, >= {bound} -> {other})"),
        _ => format!("steps({value}, below {then}, > {bound} -> {other})"),
    })
}
