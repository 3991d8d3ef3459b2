//! Formulas and their shapes, limits, and properties over generated and broken texts.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::ast::{AlertLevel, Duration, Expr, ExprKind, Hold, Item, Window};
use super::format::format;
use super::parse::{TEXT_BYTES_MAX, parse, parse_expr, parse_window};
use crate::diagnostic::Diagnostic;

/// Reads a formula and compares its shape, or the codes and places of its mistakes.
fn check(input: &str, expected: &str) {
    let found = match parse_expr(input) {
        Ok(expr) => show(&expr),
        Err(diagnostics) => mistakes(&diagnostics),
    };
    assert_eq!(found, expected, "of {input:.200}");
}

fn mistakes(diagnostics: &[Diagnostic]) -> String {
    let place = |diagnostic: &Diagnostic| diagnostic.span.map_or(String::new(), |span| format!("@{}..{}", span.start, span.end));
    diagnostics.iter().map(|diagnostic| format!("{}{}", diagnostic.code.id, place(diagnostic))).collect::<Vec<_>>().join(" ")
}

/// A formula with every bracket written.
fn show(expr: &Expr) -> String {
    let list = |list: &[Expr]| list.iter().map(show).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Number(value) => value.to_string(),
        ExprKind::Percent(value) => format!("{value}f"),
        ExprKind::Money(value, currency) => format!("{value}{currency}"),
        ExprKind::Duration(duration) => length(duration),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Flag(flag) => flag.to_string(),
        ExprKind::Date(text) | ExprKind::Time(text) => format!("<{text}>"),
        ExprKind::Unknown => "unknown".into(),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Field(event, field) => format!("{}.{}", event.value, field.value),
        ExprKind::Subject => "_".into(),
        ExprKind::Aggregate(aggregate) => {
            let filter = aggregate.filter.as_ref().map_or(String::new(), |filter| format!(" where {}", show(filter)));
            let quantile = aggregate.quantile.as_ref().map_or(String::new(), |quantile| format!(", {}", quantile.value));
            format!("{:?}[{}{filter}{quantile}]", aggregate.function.value, show(&aggregate.arg))
        }
        ExprKind::Fold(fold) => {
            let field = fold.field.as_ref().map_or(String::new(), |field| format!(".{}", field.value));
            let filter = fold.filter.as_ref().map_or(String::new(), |filter| format!(" where {}", show(filter)));
            format!("{:?}<{}{field}{filter}>", fold.function.value, fold.event.value)
        }
        ExprKind::Lookup(lookup) => {
            let column = lookup.column.as_ref().map_or(String::new(), |column| format!(".{}", column.value));
            format!("{}[{}]{column}", lookup.table.value, list(&lookup.keys))
        }
        ExprKind::Across(inner, dimension) => format!("({} across {})", show(inner), dimension.value),
        ExprKind::Parts(parts) => {
            let filter = parts.filter.as_ref().map_or(String::new(), |filter| format!(" where {}", show(filter)));
            let quantile = parts.quantile.as_ref().map_or(String::new(), |quantile| format!(", {}", quantile.value));
            let per: Vec<&str> = parts.per.iter().map(|dimension| dimension.value.as_str()).collect();
            format!("{:?}[{} per {}{filter}{quantile}]", parts.function.value, show(&parts.part), per.join(" "))
        }
        ExprKind::Call(name, arguments) => format!("{}({})", name.value, list(arguments)),
        ExprKind::Negate(inner) => format!("(- {})", show(inner)),
        ExprKind::Not(inner) => format!("(not {})", show(inner)),
        ExprKind::Binary(op, left, right) => format!("({} {} {})", show(left), op.symbol(), show(right)),
        ExprKind::StartsWith(inner, prefix) => format!("({} ^ {:?})", show(inner), prefix.value),
        ExprKind::In(inner, members) => format!("({} in {})", show(inner), list(members)),
        ExprKind::IsUnknown(inner, not) => format!("({} is{} unknown)", show(inner), if *not { " not" } else { "" }),
        ExprKind::Over(inner, window) => format!("({} over {})", show(inner), window_of(&window.value)),
        ExprKind::Adapt(adapt) => {
            let (then, otherwise) = (window_of(&adapt.by.then.value), window_of(&adapt.otherwise.value));
            format!("({} over {then} if {} else {otherwise})", show(&adapt.inner), show(&adapt.by.when))
        }
        ExprKind::OverOccasion(inner, at) => format!("({} over {:?} {})", show(inner), at.value.which, at.value.occasion.value),
        ExprKind::Shift(inner, shift) => format!("({} {:?} before)", show(inner), shift.value),
        ExprKind::Baseline(statistic, inner, shift) => format!("({:?} of {} {:?})", statistic.value, show(inner), shift.value),
        ExprKind::Convert(inner, to) => {
            format!("({} in {} {:?})", show(inner), to.value.to.as_ref().map_or("own currency", |to| &to.value), to.value.at)
        }
        ExprKind::Bands(bands) => format!("{:?}({}, {} lines)", bands.function.value, show(&bands.value), bands.steps.len()),
        ExprKind::WorkSpan(span) => format!("{} working {:?} in {}", span.amount, span.unit, span.calendar.value),
        ExprKind::WorkTime(time) => format!("working({}, {}) in {}", show(&time.from), show(&time.to), time.calendar.value),
        ExprKind::Broken => "BROKEN".into(),
    }
}

fn length(duration: &Duration) -> String {
    format!("{}{:?}", duration.amount, duration.unit)
}

fn window_of(window: &Window) -> String {
    match window {
        Window::Trailing { length: days, ending } => {
            format!("{}{}", length(days), ending.as_ref().map_or(String::new(), |ending| format!("..{}", length(ending))))
        }
        Window::Period { grain, previous } => format!("{}{grain:?}", if *previous { "previous" } else { "" }),
        Window::Periods { count, grain, ending } => {
            format!("{count}{grain:?}{}", ending.map_or(String::new(), |(back, grain)| format!("..{back}{grain:?}")))
        }
        Window::All => "all".into(),
    }
}

#[test]
fn operators_bind_as_the_reference_says() {
    check("a + b * c", "(a + (b * c))");
    check("a - b - c", "((a - b) - c)");
    check("a * -b", "(a * (- b))");
    check("- a over month", "(- (a over Month))");
    check("a / b over 7 days", "(a / (b over 7Day))");
    check("(a / b) over 7 days ending 1 day ago", "((a / b) over 7Day..1Day)");
    check("a over previous quarter + b over all time", "((a over previousQuarter) + (b over all))");
    check("a else b else c", "((a else b) else c)");
    check("a or b and c", "(a or (b and c))");
    check("not a = b and c", "((not (a = b)) and c)");
    check("not not a", "(not (not a))");
    check("a + b is unknown or c", "(((a + b) is unknown) or c)");
    check("a is not unknown", "(a is not unknown)");
    check("a starts with \"C\" and not b in (1, 2)", "((a ^ \"C\") and (not (b in 1, 2)))");
    check("a > 1 else b", "((a > 1) else b)");
    check("(a > 1) = (b > 1)", "((a > 1) = (b > 1))");
    check("a-1", "(a - 1)");
    check("a--1", "(a - (- 1))");
}

#[test]
fn literals_are_exact() {
    check("3_600_000", "3600000");
    check("12%", "0.12f");
    check("12.50 %", "0.1250f");
    check("20 USD", "20USD");
    check("36 hours", "36Hour");
    check("1 week", "1Week");
    check("2026-03-01", "<2026-03-01>");
    check("2026-03-01  09:00:30", "<2026-03-01 09:00:30>");
    check("\"a\\\"b\\\\c\\nd\"", "\"a\\\"b\\\\c\\nd\"");
    check("true", "true");
    check("truely", "truely");
    check("unknown", "unknown");
    check("order_placed.amount", "order_placed.amount");
    check("0.0000000000000000000000000001", "0.0000000000000000000000000001");
    check("0.00000000000000000000000000001", "SY0116@0..31");
    check("99999999999 days", "SY0116@0..11");
}

#[test]
fn aggregates_and_calls() {
    check("sum(l.q * l.p where p > 0 and c = \"x\")", "Sum[(l.q * l.p) where ((p > 0) and (c = \"x\"))]");
    check("quantile(l.p, 90%)", "Quantile[l.p, 0.90]");
    check("quantile(l.p where q, 0.5)", "Quantile[l.p where q, 0.5]");
    check("count(line)", "Count[line]");
    check("round(a, 2)", "round(a, 2)");
    check("sum", "sum");
    check("sum + 1", "(sum + 1)");
}

#[test]
fn mistakes_have_exact_places() {
    check("", "SY0101@0..0");
    check("a +", "SY0101@3..3");
    check("a + # more\n", "SY0101@3..3");
    check("1 < x < 3", "SY0112@6..7");
    check("> 4", "SY0113@0..0");
    check("a and > 4", "SY0113@6..6");
    check("a > 4 for 2 days", "SY0114@6..16");
    check("(a", "SY0104@0..1");
    check("a)", "SY0105@1..2");
    check("\"销售额\" = 销售额", "SY0127@14..23");
    check("\"销售额", "SY0106@0..10");
    check("a \u{feff} b", "SY0101@6..7");
}

#[test]
fn windows_alone() {
    let check = |input: &str, expected: &str| {
        let found = parse_window(input).map_or_else(|diagnostics| mistakes(&diagnostics), |window| window_of(&window));
        assert_eq!(found, expected, "of {input}");
    };
    check("28 days ending 7 days ago", "28Day..7Day");
    check("over 28 days", "28Day");
    check(" month ", "Month");
    check("previous year", "previousYear");
    check("all time", "all");
    check("28", "SY0101@2..2");
    check("3 months", "3Month");
    check("previous 3 months", "3Month..1Month");
    check("2 quarters ending 1 quarter ago", "2Quarter..1Quarter");
    check("mnth", "SY0102@0..4");
    check("month month", "SY0101@6..11");
}

fn held(hold: &Hold) -> String {
    match hold {
        Hold::Unbroken(duration) => length(duration),
        Hold::Working(span) => format!("{} working {:?} in {}", span.amount, span.unit, span.calendar.value),
        Hold::Periods(count, grain) => format!("{count} {grain:?}"),
        Hold::SomeOf(at_least, duration) => format!("{at_least} of {}", length(duration)),
    }
}

/// The levels of the only alert of a text.
fn levels(lines: &str) -> Vec<AlertLevel> {
    let parsed = parse(&format!("ruleset t 1.0.0 {{ currency USD }}\nalert a on x {{\n{lines}\n}}\n"));
    assert!(parsed.diagnostics.is_empty(), "{}", mistakes(&parsed.diagnostics));
    match parsed.file.items.into_iter().next() {
        Some(Item::Alert(alert)) => alert.levels,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alert_line_may_leave_out_its_subject_and_hold() {
    let check = |line: &str, expected: &str, hold: Option<&str>| {
        let level = levels(line).remove(0);
        assert_eq!(show(&level.when), expected);
        assert_eq!(level.hold.map(|hold| held(&hold.value)).as_deref(), hold);
    };
    check("critical when > 4% for 2 days and orders >= 30", "((_ > 0.04f) and (orders >= 30))", Some("2Day"));
    check("critical when > 4% and orders >= 30 for 2 days", "((_ > 0.04f) and (orders >= 30))", Some("2Day"));
    check("info when (> 4% or = 0) and not < 1", "(((_ > 0.04f) or (_ = 0)) and (not (_ < 1)))", None);
    check("warning when > 3% for 3 of 5 days", "(_ > 0.03f)", Some("3 of 5Day"));
    check("info when x + 1 > 2", "((x + 1) > 2)", None);
}

#[test]
fn a_window_at_the_end_of_a_head_is_the_lines() {
    let subject = |head: &str| match parse(&format!("ruleset t 1.0.0 {{ }}\nalert a on {head} {{ }}\n")).file.items.into_iter().next() {
        Some(Item::Alert(alert)) => (show(&alert.subject), alert.window.map(|window| window_of(&window.value))),
        other => panic!("{other:?}"),
    };
    assert_eq!(subject("a / b over 10 days per shop"), ("(a / b)".into(), Some("10Day".into())));
    assert_eq!(subject("a over 7 days / b over 28 days"), ("((a over 7Day) / (b over 28Day))".into(), None));
    assert_eq!(subject("a over 7 days / b"), ("((a over 7Day) / b)".into(), None));
    assert_eq!(subject("(a / b over 7 days)"), ("(a / (b over 7Day))".into(), None));
}

#[test]
fn depth_ends_in_a_diagnostic() {
    let code = |text: String| match parse_expr(&text) {
        Ok(_) => "fine",
        Err(diagnostics) => diagnostics[0].code.id,
    };
    let nested = |n: usize| code(format!("{}1{}", "(".repeat(n), ")".repeat(n)));
    assert_eq!(nested(128), "fine");
    assert_eq!(nested(129), "SY0108");
    assert_eq!(nested(100_000), "SY0108");
    assert_eq!(code("(".repeat(100_000)), "SY0104");
    assert_eq!(code(")".repeat(50_000)), "SY0105");
    assert_eq!(code("abs(".repeat(100_000)), "SY0104");
    assert_eq!(code("not ".repeat(10_000) + "x"), "SY0108");
    assert_eq!(code("-".repeat(50_000) + "x"), "SY0108");
    assert_eq!(code("1 + ".repeat(10_000) + "x"), "SY0108");
    assert_eq!(code("1 + ".repeat(100_000) + "x"), "SY0137");
    assert_eq!(code("1 + ".repeat(100) + "x"), "fine");
    assert_eq!(code("1".to_owned() + &" over month".repeat(5_000)), "SY0108");
    assert_eq!(code("sum(x where ".repeat(120) + "y" + &")".repeat(120)), "fine");
    assert_eq!(code("sum(x where ".repeat(120) + "y z" + &")".repeat(120)), "SY0101");
    assert_eq!(code(format!("{}1", "[".repeat(50_000)) + &"}".repeat(50_000)), "SY0104");
}

#[test]
fn a_text_over_the_limit_is_refused() {
    let parsed = parse(&" ".repeat(TEXT_BYTES_MAX + 1));
    assert_eq!(mistakes(&parsed.diagnostics), "SY0109@0..0");
    let many = parse(&"x\n".repeat(5_000));
    assert_eq!(many.diagnostics.len(), 1_001);
}

/// Names, so that what uses them is no mistake of its own.
#[test]
fn a_broken_head_keeps_its_name_and_statements() {
    let text = "rulest t 1.0.0 { currency USD }\nmetrc a = 1 +\nmetric b = (2\nevent e settles 1 { x id\n y mony }\nalert c on { info when > 1 }\n";
    let parsed = parse(text);
    let names: Vec<String> = parsed
        .file
        .items
        .iter()
        .map(|item| match item {
            Item::Metric(metric) => format!("metric {} {}", metric.name.value, show(&metric.formula)),
            Item::Event(event) => format!("event {} {}", event.name.value, event.fields.len()),
            Item::Alert(alert) => format!("alert {} {}", alert.name.value, alert.levels.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["metric a BROKEN", "metric b BROKEN", "event e 1", "alert c 1"]);
    assert_eq!(parsed.file.header.expect("a header").name.value, "t");
    assert_eq!(
        mistakes(&parsed.diagnostics),
        "SY0102@0..6 SY0102@32..37 SY0101@45..45 SY0104@57..58 SY0101@78..79 SY0102@88..92 SY0101@106..107"
    );
}

/// Line ends of Windows and a byte order mark change nothing.
#[test]
fn line_ends_do_not_matter() {
    let text = "ruleset t 1.0.0 { currency USD }\nmetric a = (1 # one\n  + 2)\ntest \"t\" {\n  given e {\n    a | b\n    1 |\n  }\n}\n";
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(bare(text), bare(&windows));
    assert_eq!(check_format(text), check_format(&windows));
}

/// Texts that once cost too much: each has a trap of its own in brackets, quotes or backtracking.
#[test]
fn bad_texts_cost_little() {
    let parts = [
        "(",
        "{",
        "[",
        "}\n",
        "\"",
        "sum(",
        "given x {\n",
        "| \"",
        "a b\n",
        "metric a = ",
        "expect ",
        "\\",
        "-",
        "event e { ",
        "for 2 days ",
    ];
    for part in parts {
        for other in ["", "}", ")", "]\n", "\n", "x "] {
            let text = format!("{part}{other}").repeat(60_000 / (part.len() + other.len()));
            parse(&text);
        }
    }
}

/// The tree without places.
fn bare(text: &str) -> String {
    let parsed = parse(text);
    assert!(parsed.diagnostics.is_empty(), "{}\n{text}", mistakes(&parsed.diagnostics));
    let tree = format!("{:?}", parsed.file);
    let mut bare = String::new();
    for part in tree.split("Span { start: ") {
        let rest = part.split_once("end: ").filter(|(before, _)| before.trim_end_matches(", ").bytes().all(|b| b.is_ascii_digit()));
        bare.push_str(rest.map_or(part, |(_, rest)| rest.trim_start_matches(|c: char| c.is_ascii_digit())));
    }
    bare
}

/// Formats, and wants the same tree and nothing to change a second time.
fn check_format(text: &str) -> String {
    let formatted = format(text).unwrap_or_else(|diagnostics| panic!("{}\n{text}", mistakes(&diagnostics)));
    assert_eq!(bare(text), bare(&formatted), "\n{text}\n{formatted}");
    assert_eq!(format(&formatted).expect("formatted text"), formatted, "\n{text}\n{formatted}");
    formatted
}

#[test]
fn every_comment_keeps_its_place() {
    let text = [
        "# top\n\n\n# second\nruleset t 1.0.0 { # head\n\n\n  # first\n  currency USD # money\n\n\n\n  # last\n\n} # end\n",
        "metric a = ( # open\n  1 # one\n  # alone\n  + 2\n) # closed\n\n# before\nevent e # between\n{ x id }\n",
        "test \"t\" {\n given e { # table\n # row\n  x | time # columns\n\n  1 | 2026-03-01 # cells\n # end of rows\n",
        " } # closed\n}\n# bottom",
    ]
    .concat();
    let expected = [
        "# top\n\n# second\nruleset t 1.0.0 {  # head\n  # first\n  currency USD  # money\n\n  # last\n}  # end\n",
        "metric a = (  # open\n  1  # one\n  # alone\n  + 2\n)  # closed\n\n# before\nevent e  # between\n  { x id }\n",
        "test \"t\" {\n  given e {  # table\n    # row\n    x | time  # columns\n\n    1 | 2026-03-01  # cells\n    # end of rows\n",
        "  }  # closed\n}\n# bottom\n",
    ];
    assert_eq!(check_format(&text), expected.concat());
}

/// Blanks, breaks and comments that may stand between two tokens inside brackets.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(" ".to_owned()), 1 => Just("   ".to_owned()), 1 => Just("\n".to_owned()), 1 => Just(" # 注释 (\n".to_owned())]
}

/// A formula that parses.
fn formula() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-e]{1,3}".prop_map(|name| format!("x{name}")),
        "[0-9]{1,5}(\\.[0-9]{1,3})?",
        "[0-9]{1,2}%",
        "[0-9]{1,3} [A-Z]{3}",
        Just("\"上 # (\\\"\"".to_owned()),
        Just("36 hours".to_owned()),
        Just("2026-03-01 09:00".to_owned()),
        Just("line.price".to_owned()),
        Just("unknown".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "and", "or", "else"]);
        let suffix = prop::sample::select(vec![" over month", " over 3 days ending 1 day ago", " is not unknown", " starts with \"C\""]);
        prop_oneof![
            (inner.clone(), gap(), operator, gap(), inner.clone()).prop_map(|(a, g, op, h, b)| format!("({a}{g}{op}{h}{b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a})>=({b}))")),
            (inner.clone(), gap(), inner.clone()).prop_map(|(a, g, b)| format!("sum({a}{g}where {b})")),
            (inner.clone(), gap(), inner.clone()).prop_map(|(a, g, b)| format!("least( {a},{g}{b} )")),
            (inner.clone(), gap(), inner.clone()).prop_map(|(a, g, b)| format!("(({a}) in ({b}{g}, 1))")),
            (inner.clone(), suffix).prop_map(|(a, suffix)| format!("(({a}){suffix})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

/// A declaration that parses, badly laid out.
fn declaration() -> impl Strategy<Value = String> {
    let blank = prop::sample::select(vec!["", "\n", "\n\n\n", "# 注释\n", "\n  # note\n\n"]);
    let cell = prop::sample::select(vec!["1", "上海 旗舰店", "\"a | b\"", "", "20 USD", "A#1", "(", "2026-03-01 09:00"]);
    let comment = prop::sample::select(vec!["", " # c", "# 上 {"]);
    prop_oneof![
        (formula(), comment.clone()).prop_map(|(f, c)| format!("metric m={f}{c}\n")),
        (formula(), blank.clone()).prop_map(|(f, b)| format!("metric longer = {f} clock day {{ {b} better   lower\n{b}kind result }}\n")),
        (formula(), comment.clone()).prop_map(|(f, c)| format!("param p = {f}   \"t\" zh \"题\"{c}\n")),
        (blank.clone(), comment.clone()).prop_map(|(b, c)| format!("event e replaces by a ,b{{{c}\n{b}a   dimension{c}\nbcd money CNY optional\n{b}}}{c}\n")),
        (formula(), blank.clone(), comment.clone()).prop_map(|(f, b, c)| {
            format!("entity o by  order_id{{{c}\n{b}title \"t\"\nshop=first e.shop{c}\n{b}late  =  first e.time where({f}) is unknown and now>{f}\n{b}}}{c}\n")
        }),
        (formula(), blank.clone(), comment.clone()).prop_map(|(f, b, c)| {
            format!("scorecard s per a every week {{\nkpi x weight 1 score {{ below -1,1->2,\n 3 -> 4 }}{c}\n{b}kpi yy over month weight 20 score {{ 1 -> -2 }}\nadd 5 when {f} \"t\"{c}\ngrades {{ S>=1, D }}\nveto when {f} then score -5{c}\npayout ({f})*2 {{ S 1.5, D -1 }}\n}}\n")
        }),
        (formula(), blank.clone(), comment.clone()).prop_map(|(f, b, c)| {
            format!("alert a on {f} over 3 days per x {{\n{b}warning when >3% for 1 day and ({f}){c}\nno data keep\n{b}repeat every 1 day }}\n")
        }),
        (prop::collection::vec((cell.clone(), cell), 0..4), blank, comment).prop_map(|(rows, b, c)| {
            let rows: String = rows.iter().map(|(x, y)| format!("{x}x |{y}{c}\n").replace("\"x |", "\" |")).collect();
            format!("test \"t\" {{ given e {{{c}\n time|名\n{rows}{b}}}\n{b} expect m [a: 上 海,b:\"x\"] in 2026-02 is -1 USD{c}\nat 2026-03-01\n}}\n").replace("名", "name")
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formatting_keeps_the_tree_and_settles(declarations in prop::collection::vec(declaration(), 0..6), blank in "[\n ]{0,3}") {
        check_format(&format!("ruleset t 1.0.0 {{ currency USD }}\n{}", declarations.join(&blank.replace(' ', ""))));
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        parse(&text);
        let _ = parse_expr(&text);
        let _ = format(&text);
    }

    #[test]
    fn any_soup_of_tokens_is_answered(words in prop::collection::vec(prop::sample::select(SOUP.to_vec()), 0..120)) {
        let text = words.concat();
        for diagnostic in parse(&text).diagnostics {
            let span = diagnostic.span.expect("a place");
            prop_assert!(text.get(span.range()).is_some(), "{} {:?} in {:?}", diagnostic.code.id, span, text);
        }
        let _ = format(&text);
    }
}

/// What the soups are made of.
const SOUP: &[&str] = &[
    "ruleset ",
    "event ",
    "metric ",
    "scorecard ",
    "alert ",
    "test ",
    "given ",
    "expect ",
    "param ",
    "feed ",
    "\n",
    "\n",
    "\n",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"text\"",
    "# 注释",
    "|",
    ",",
    ":",
    "=",
    "->",
    "<",
    ">",
    "-",
    "%",
    " 1",
    " 2.5 ",
    "USD",
    " x ",
    " y_z ",
    "上海",
    "，",
    "；",
    "：",
    "｛",
    "｝",
    "“",
    "”",
    "１２％",
    "｜",
    "\\",
    "over ",
    "month ",
    "days ",
    "when ",
    "warning ",
    "kpi ",
    "weight ",
    "score ",
    "below ",
    "for ",
    "and ",
    "not ",
    "is ",
    "unknown ",
    "sum(",
    "where ",
    "t 1.0.0 ",
    " ",
    "\t",
    "\r\n",
    "🙂",
];

/// What may come at the `|` of a text.
fn comes(text: &str) -> crate::syntax::parse::next::Next {
    let at = text.find('|').unwrap();
    crate::syntax::parse::next::next(&text.replacen('|', "", 1), at)
}

#[test]
fn the_grammar_tells_what_may_come() {
    let words = |text: &str| {
        let mut words = comes(text).words;
        words.sort_unstable();
        words.join(" ")
    };
    assert_eq!(
        words("|"),
        "alert calendar dimension entity event feed ledger metric occasion param ruleset scorecard table target test use"
    );
    assert_eq!(
        words("metric a = 1\nal|"),
        "alert calendar dimension entity event feed ledger metric occasion param ruleset scorecard table target test use"
    );
    assert_eq!(words("metric a = b {\n  |\n}"), "better cite kind title");
    assert_eq!(words("metric a = b {\n  better |"), "higher lower");
    assert!(comes("metric a = |").formula && comes("metric a = b + c|").formula && comes("metric a = (sum(x.y) +\n  |").formula);
    assert!(words("metric a = b |").contains("over") && words("metric a = b |").contains("clock"));
    assert_eq!(words("metric a = b over |"), "all day latest month previous quarter week year");
    assert_eq!(
        words("alert a on b per shop {\n  |"),
        "clear critical evaluated exempt group info inhibited message no notify repeat title warning"
    );
    assert!(comes("alert a on b per |").name);
    assert_eq!(comes("alert a on b per x, s|").before, ["a", "on", "b", "per", "x", ","]);
    assert_eq!(words("event e {\n  shop |\n}"), "count date dimension duration flag id level money number percent text time");
    assert_eq!(words("test \"x\" {\n  |"), "at expect given");
    assert!(comes("scorecard c every month {\n  veto when a > 1 then grade |").grade);
    let table = comes("test \"x\" {\n  given sale {\n    ti|\n");
    assert_eq!(
        (table.within, table.before),
        (crate::syntax::parse::next::Within::Columns, vec!["given".into(), "sale".into(), "{".into()])
    );
    assert_eq!(comes("alert a on b {\n  message \"x {v|").within, crate::syntax::parse::next::Within::Text);
    assert_eq!(comes("# met|").within, crate::syntax::parse::next::Within::Other);
}

#[test]
fn what_may_come_is_told_at_any_place_of_any_text() {
    let text = "metric 净额 = “a” { {{ [x: 😀 given sale {\n a | b\n 1 |\n test \"x\" {\n given\n}\n metric (((\n";
    for at in 0..=text.len() + 2 {
        crate::syntax::parse::next::next(text, at);
    }
}
