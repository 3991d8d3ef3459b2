//! The names of grammar rules for people, and the words they stand for.

use super::Rule;

/// Words that cannot be names, because a formula would be read otherwise.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "else", "is", "in", "over", "where", "for", "when", "then", "starts", "true", "false", "unknown"];

/// What was expected at a place.
pub(super) struct Expected {
    /// In English, one after the other.
    pub(super) en: Vec<String>,
    /// In Chinese.
    pub(super) zh: Vec<String>,
    /// The words that would have fitted, to find the one that was misspelt.
    pub(super) words: Vec<String>,
}

impl Expected {
    /// Names the rules that the grammar would have taken.
    pub(super) fn new(rules: &[Rule]) -> Expected {
        let mut expected = Expected { en: Vec::new(), zh: Vec::new(), words: Vec::new() };
        let formula = wants_formula(rules);
        let operator = rules.iter().filter(|rule| is_operator(**rule)).count() > 1;
        // Only behind `expect x` does `is` not go on with the formula.
        let expectation = !rules.contains(&Rule::kw_for);
        // The end is named last.
        for rule in rules.iter().filter(|rule| **rule != Rule::EOI).chain(rules.iter().filter(|rule| **rule == Rule::EOI)) {
            let words = words(*rule);
            let (en, zh) = match thing(*rule) {
                Some(_) if formula && begins_formula(*rule) => (vec!["a formula".to_owned()], vec!["公式".to_owned()]),
                _ if operator && goes_on(*rule) && !(expectation && *rule == Rule::kw_is) => (Vec::new(), Vec::new()),
                _ if operator && is_operator(*rule) => (vec!["an operator".to_owned()], vec!["运算符".to_owned()]),
                Some((en, zh)) => (vec![en.to_owned()], vec![zh.to_owned()]),
                None => {
                    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                    (quoted.clone(), quoted)
                }
            };
            add(&mut expected.en, en);
            add(&mut expected.zh, zh);
            expected.words.extend(words);
        }
        expected
    }
}

fn add(list: &mut Vec<String>, names: Vec<String>) {
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
}

/// Whether any formula would have been right.
pub(super) fn wants_formula(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| matches!(rule, Rule::paren | Rule::expr | Rule::part | Rule::field | Rule::open_paren))
        && rules.contains(&Rule::name)
}

/// Words and marks that are "an operator" when one is named anyway.
fn goes_on(rule: Rule) -> bool {
    use Rule::{
        column, currency, dot, duration_unit, kw_across, kw_for, kw_in, kw_is, kw_over, kw_starts, open_paren, percent_sign, whole,
    };
    matches!(
        rule,
        kw_over
            | kw_across
            | kw_is
            | kw_in
            | kw_starts
            | kw_for
            | open_paren
            | dot
            | column
            | currency
            | duration_unit
            | percent_sign
            | whole
    )
}

/// Parts of "a formula" when any of it would have been right.
fn begins_formula(rule: Rule) -> bool {
    use Rule::{date, duration, name, number, op_minus, open_paren, text, time, whole};
    matches!(rule, name | text | number | whole | duration | date | time | op_minus | open_paren) || is_operand(rule)
}

fn thing(rule: Rule) -> Option<(&'static str, &'static str)> {
    Some(match rule {
        Rule::name | Rule::ruleset_name => ("a name", "名称"),
        Rule::grade | Rule::grade_letter => ("a grade such as A", "等级（如 A）"),
        Rule::currency => ("a currency such as USD", "货币代码（如 USD）"),
        Rule::version => ("a version such as 1.0.0", "版本号（如 1.0.0）"),
        Rule::major => ("a major version such as 1", "主版本号（如 1）"),
        Rule::zone => ("a time zone such as Asia/Shanghai", "时区（如 Asia/Shanghai）"),
        Rule::text | Rule::texts => ("a text in quotes", "引号中的文本"),
        Rule::number | Rule::signed | Rule::amount | Rule::whole => ("a number", "数"),
        Rule::duration => ("a duration such as 10 days", "时长（如 10 days）"),
        Rule::date | Rule::time => ("a time such as 2026-03-01 09:00", "时间（如 2026-03-01 09:00）"),
        Rule::period => ("a period such as 2026-02", "周期（如 2026-02）"),
        Rule::window => ("a window such as `28 days` or `month`", "窗口（如 `28 days` 或 `month`）"),
        Rule::bare_value => ("a value", "值"),
        Rule::entity_field => ("a field such as `shipped = first order_shipped.time`", "字段（如 `shipped = first order_shipped.time`）"),
        Rule::settings | Rule::setting => ("a setting such as `late_limit: 4%`", "设置（如 `late_limit: 4%`）"),
        Rule::field_line => ("a field such as `amount money`", "字段（如 `amount money`）"),
        Rule::told_by => ("a line such as `team by shop_moved since first_day`", "行（如 `team by shop_moved since first_day`）"),
        Rule::feed_column => ("a column such as `amount from \"Amount\"`", "列（如 `amount from \"Amount\"`）"),
        Rule::target_row => ("a line such as `2026 3_600_000 USD`", "目标行（如 `2026 3_600_000 USD`）"),
        Rule::share => ("a share such as `amazon 38`", "份额（如 `amazon 38`）"),
        Rule::grade_share => ("a share such as `A 20%`", "份额（如 `A 20%`）"),
        Rule::share_value => ("a value", "值"),
        Rule::value_zone => ("a value and its zone such as `us America/Los_Angeles`", "值及其时区（如 `us America/Los_Angeles`）"),
        Rule::band_step => ("a step such as `> 80% -> 3%`", "阶梯（如 `> 80% -> 3%`）"),
        Rule::grains => ("days, weeks, months, quarters or years", "days、weeks、months、quarters 或 years"),
        Rule::point => ("a point such as `80% -> 60`", "折点（如 `80% -> 60`）"),
        Rule::year => ("a year such as 2026", "年份（如 2026）"),
        Rule::clock_time => ("a time of day such as 09:00", "时刻（如 09:00）"),
        Rule::dates => ("a day such as 2026-03-01", "日期（如 2026-03-01）"),
        Rule::scope => ("a scope such as `[shop: us]`", "范围（如 `[shop: us]`）"),
        Rule::EOI => ("the end of the line", "行尾"),
        Rule::field_kind => ("a type of field", "字段类型"),
        rule if is_operand(rule) => ("a formula", "公式"),
        _ => return mark(rule).map(|mark| (mark, mark)),
    })
}

fn is_operand(rule: Rule) -> bool {
    let operands = [
        Rule::expr,
        Rule::value,
        Rule::paren,
        Rule::aggregate,
        Rule::fold,
        Rule::lookup,
        Rule::call,
        Rule::baseline,
        Rule::work_time,
        Rule::work_span,
        Rule::work_end,
        Rule::bands,
        Rule::bands_fn,
        Rule::statistic,
        Rule::field,
        Rule::money,
        Rule::percent,
        Rule::flag,
        Rule::unknown,
        Rule::op_not,
        Rule::aggregate_fn,
        Rule::ranking_fn,
        Rule::part,
    ];
    operands.contains(&rule)
}

fn is_operator(rule: Rule) -> bool {
    let operators = [
        Rule::op_else,
        Rule::op_or,
        Rule::op_and,
        Rule::op_ne,
        Rule::op_le,
        Rule::op_ge,
        Rule::op_lt,
        Rule::op_gt,
        Rule::op_eq,
        Rule::op_plus,
        Rule::op_minus,
        Rule::op_times,
        Rule::op_divide,
        Rule::over,
        Rule::across,
        Rule::over_occasion,
        Rule::shift,
        Rule::convert,
        Rule::is_unknown,
        Rule::is_grade,
        Rule::starts_with,
        Rule::in_list,
        Rule::hold,
    ];
    operators.contains(&rule)
}

fn mark(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::equals => "`=`",
        Rule::comma => "`,`",
        Rule::colon => "`:`",
        Rule::dot => "`.`",
        Rule::arrow => "`->`",
        Rule::ask => "`?`",
        Rule::open_paren => "`(`",
        Rule::close_paren => "`)`",
        Rule::open_brace | Rule::curve | Rule::weights => "`{`",
        Rule::close_brace => "`}`",
        Rule::open_bracket => "`[`",
        Rule::close_bracket => "`]`",
        Rule::percent_sign => "`%`",
        Rule::op_ge => "`>=`",
        Rule::op_gt => "`>`",
        Rule::op_minus => "`-`",
        _ => return None,
    })
}

/// The words that `rule` may begin with.
fn words(rule: Rule) -> Vec<String> {
    let list = match rule {
        Rule::field_kind => "id dimension text number count percent money duration time date flag",
        Rule::aggregate_fn => "sum count distinct min max avg first last median quantile",
        Rule::ranking_fn => "duration rank percentile coverage",
        Rule::grain => "day week month quarter year",
        Rule::duration_unit => "seconds minutes hours days weeks",
        Rule::long_grains => "months quarters years",
        Rule::window => "day week month quarter year previous all",
        Rule::month => "january february march april may june july august september october november december",
        Rule::week_pattern => "4-4-5 4-5-4 5-4-4",
        Rule::year_end => "nearest last",
        Rule::working_unit => "days hours minutes",
        Rule::open_on => "open",
        Rule::over_occasion => "over",
        Rule::on_day | Rule::on_dims => "on",
        Rule::by_volume => "if",
        Rule::ending_periods => "ending",
        Rule::at_clock => "at",
        Rule::weekday | Rule::weekdays => "monday tuesday wednesday thursday friday saturday sunday",
        Rule::direction => "higher lower",
        Rule::result_or_process => "result process",
        Rule::policy => "reweight zero withhold",
        Rule::no_data_policy => "keep alert clear",
        Rule::grouped => "group",
        Rule::judged => "early so",
        Rule::severity | Rule::level => "info warning critical",
        Rule::alert_state => "inactive pending firing resolved",
        Rule::score_part => "score payout rank marked",
        Rule::ties_to => "better worse",
        Rule::ranked_grades => "grades",
        Rule::rank_within => "within",
        Rule::replaces_by => "replaces",
        Rule::by => "by",
        Rule::timezone_by => "timezone",
        Rule::currency_line => "currency",
        Rule::metric_kind => "kind",
        Rule::feed_id => "id",
        Rule::own_currency => "own",
        Rule::feed_each => "each",
        Rule::feed_skip => "skip",
        Rule::adjustment | Rule::ledger_entry => "add deduct",
        Rule::ledger_start => "start",
        Rule::band_below => "below",
        Rule::band_above => "above",
        Rule::statistic => "mean median deviation",
        Rule::bands_fn => "steps tiers curve",
        Rule::for_each | Rule::each_of | Rule::hold => "for",
        Rule::at_most | Rule::at_least | Rule::at_limit => "at",
        Rule::on_weekday => "on",
        Rule::unknown_policy => "unknown",
        Rule::gate => "withhold mark",
        Rule::no_data => "no",
        Rule::in_period | Rule::in_list | Rule::fiscal_weeks | Rule::in_field | Rule::in_column | Rule::convert => "in",
        Rule::zh_text => "zh",
        Rule::from_day => "from",
        Rule::since_field => "since",
        Rule::is_unknown | Rule::is_grade | Rule::is_text => "is",
        Rule::starts_with => "starts",
        Rule::filter => "where",
        Rule::all_time => "all",
        Rule::op_and => "and",
        Rule::op_or => "or",
        Rule::op_not => "not",
        Rule::op_else => "else",
        Rule::expect_no_alert | Rule::expect_alert | Rule::expect_score | Rule::expect_grade | Rule::expect_metric => "expect",
        _ => return keyword(rule).into_iter().collect(),
    };
    list.split(' ').map(str::to_owned).collect()
}

/// The word of a keyword rule, or of a rule that is called like the word it begins with.
fn keyword(rule: Rule) -> Option<String> {
    let name = format!("{rule:?}");
    let same = "along clock settles per every title timezone week source better cite kpi below above when veto cap grades payout clear open exempt inhibited \
                message notify repeat at since over across ending unknown step split divide fiscal \
                decay prefer reset expires told work closed covers evaluated checked rates through within";
    match name.strip_prefix("kw_") {
        Some(word) => Some(word.to_owned()),
        None => same.split_ascii_whitespace().any(|word| word == name).then_some(name),
    }
}
