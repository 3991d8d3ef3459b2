//! A proposed target as the language writes it, with how it came about.
//!
//! 1. Comments inside of the braces tell the months it goes by, the trend, the growth and the whole.
//! 2. A line for each part, and behind it what the part was, its share, and what is planned for it from below.
//! 3. `split month` has the months of the history as weights.

use super::{Proposal, Row};
use crate::compile::program::{DimIdx, Scalar, Unit};
use crate::diagnostic::Lang;
use crate::engine::show::{self, human};
use rust_decimal::{Decimal, RoundingStrategy};

/// How many decimals of a percentage are told.
const PERCENT_DECIMALS: u32 = 1;

/// A proposal in a language.
pub struct Shown<'p> {
    /// What is proposed.
    pub proposal: &'p Proposal<'p>,
    /// The language of comments.
    pub lang: Lang,
}

impl Shown<'_> {
    /// The declaration of the target.
    pub fn target(&self) -> String {
        let Proposal { metric, per, year, rows, history, .. } = self.proposal;
        let names: Vec<&str> = per.iter().map(|dim| self.dim(*dim)).collect();
        let per = if names.is_empty() { String::new() } else { format!(" per {}", names.join(", ")) };
        let mut lines = self.how();
        lines.extend(rows.iter().map(|row| format!("{}{year} {}  # {}", self.scope(&row.scope), self.literal(row.amount), self.why(row))));
        let weights: Vec<String> = history.months.iter().map(|month| literal(month.value)).collect();
        lines.push(format!("split month {{ {} }}", weights.join(", ")));
        lines.push(format!("step {}", self.literal(self.proposal.step)));
        let text = format!("target {}{per} {{\n  {}\n}}\n", metric.name, lines.join("\n  "));
        // The formatter wants a whole ruleset, and leaves its head as it is.
        let head = "ruleset proposed 1.0.0 {\n  currency USD\n  timezone UTC\n}\n\n";
        let whole = crate::syntax::format::format(&format!("{head}{text}"));
        whole.ok().and_then(|whole| Some(whole.strip_prefix(head)?.to_owned())).unwrap_or(text)
    }

    fn say(&self, en: String, zh: String) -> String {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// The comments that tell how the whole came about.
    fn how(&self) -> Vec<String> {
        let Proposal { year, history, growth, asked, total, step, left_out, .. } = self.proposal;
        let (basis, step) = (self.amount(history.basis), self.literal(*step));
        let mut lines = vec![self.say(
            format!("# Proposed for {year} from history by `steelyard propose`."),
            format!("# {year} 年目标，由 `steelyard propose` 根据历史数据提出。"),
        )];
        let before = history.months.iter().filter(|month| month.is_year_before()).count();
        lines.push(self.say(format!("# Basis: {basis}, the same months a year before"), format!("# 基数：{basis}，上年同期")));
        if before < history.months.len() {
            let older = history.months.len() - before;
            let were = if older == 1 { "was" } else { "were" };
            lines.push(self.say(
                format!("#   ({older} of them {were} not over: two years before, with the trend)"),
                format!("#  （其中 {older} 个月尚未结束，取两年前同月乘以趋势）"),
            ));
        }
        lines.push(match &history.trend {
            Some(trend) => {
                let (median, low, high) = (percent(trend.median), percent(trend.low), percent(trend.high));
                let months = trend.months;
                self.say(
                    format!("# Trend: {median} a year, the median of {months} months; {low} to {high} by their robust deviation"),
                    format!("# 趋势：每年 {median}（{months} 个月同比的中位数）；按稳健偏差为 {low} 至 {high}"),
                )
            }
            None => self.say("# Trend: too few months are known".to_owned(), "# 趋势：已知月份太少".to_owned()),
        });
        let growth = percent(*growth);
        lines.push(match asked {
            true => self.say(format!("# Growth: {growth}, as asked for"), format!("# 增长：{growth}（指定）")),
            false => self.say(format!("# Growth: {growth}, the trend"), format!("# 增长：{growth}（取趋势）")),
        });
        let total = self.amount(*total);
        lines.push(self.say(
            format!("# Whole: {total}, divided by what each part was, in steps of {step}"),
            format!("# 总额：{total}，按各部分的基数分解，最小单位 {step}"),
        ));
        if let Some(gap) = self.gap() {
            lines.push(gap);
        }
        if !left_out.is_empty() {
            let names: Vec<String> = left_out.iter().map(|scope| self.named(scope)).collect();
            let names = names.join(", ");
            lines.push(self.say(format!("# Nothing to go by: {names}"), format!("# 没有历史，未分配：{names}")));
        }
        lines
    }

    /// What is planned from below against the whole.
    fn gap(&self) -> Option<String> {
        let Proposal { rows, total, planned, .. } = self.proposal;
        if !planned {
            return None;
        }
        let planned = rows.iter().filter_map(|row| row.plan).fold(Decimal::ZERO, Decimal::saturating_add);
        let gap = total.saturating_sub(planned);
        let share = gap.checked_div(*total).map(percent).unwrap_or_default();
        let (planned, gap) = (self.amount(planned), self.amount(gap));
        Some(self.say(
            format!("# Planned from below: {planned}; gap {gap}, {share} of the whole"),
            format!("# 自下而上计划：{planned}；缺口 {gap}，占总额 {share}"),
        ))
    }

    /// Behind a line: what the part was.
    fn why(&self, row: &Row) -> String {
        let share = row.basis.checked_div(self.proposal.rows.iter().fold(Decimal::ZERO, |sum, row| sum.saturating_add(row.basis)));
        let (basis, share) = (self.amount(row.basis), share.map(percent).unwrap_or_default());
        let was = self.say(format!("was {basis}, {share}"), format!("基数 {basis}，占 {share}"));
        match row.plan {
            Some(plan) => {
                let gap = self.amount(row.amount.saturating_sub(plan));
                let plan = self.amount(plan);
                was + &self.say(format!("; planned from below {plan}, gap {gap}"), format!("；自下而上 {plan}，缺口 {gap}"))
            }
            None if self.proposal.planned => was + &self.say("; nothing planned from below".to_owned(), "；无自下而上计划".to_owned()),
            None => was,
        }
    }

    fn dim(&self, dim: DimIdx) -> &str {
        self.proposal.program.dims.get(dim).map_or("", String::as_str)
    }

    fn named(&self, scope: &[(DimIdx, Box<str>)]) -> String {
        show::scope(scope.iter().map(|(dim, value)| (self.dim(*dim), &**value))).unwrap_or_default()
    }

    fn scope(&self, scope: &[(DimIdx, Box<str>)]) -> String {
        if scope.is_empty() {
            return String::new();
        }
        let parts: Vec<String> = scope.iter().map(|(dim, value)| format!("{}: {}", self.dim(*dim), word(value))).collect();
        format!("[{}] ", parts.join(", "))
    }

    /// An amount for people.
    fn amount(&self, amount: Decimal) -> String {
        human(&Scalar::Number(amount), &self.proposal.metric.unit, &self.proposal.program.zone, self.lang)
    }

    /// An amount as the language writes it.
    fn literal(&self, amount: Decimal) -> String {
        match &self.proposal.metric.unit {
            Unit::Money(currency) => format!("{} {currency}", literal(amount)),
            _ => literal(amount),
        }
    }
}

/// A dimension value as the language writes it.
fn word(value: &str) -> String {
    let bare = value.starts_with(|c: char| c.is_ascii_lowercase())
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if bare { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// A number with its thousands apart: `1_200_000`.
fn literal(number: Decimal) -> String {
    let text = number.normalize().to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, rest) = text.split_once('.').map_or((text, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let digits: Vec<char> = whole.chars().collect();
    let apart = digits.rchunks(3).rev().map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("_");
    format!("{sign}{apart}{rest}")
}

/// A share of 1 for people.
fn percent(share: Decimal) -> String {
    let percent = share.saturating_mul(Decimal::ONE_HUNDRED);
    format!("{}%", percent.round_dp_with_strategy(PERCENT_DECIMALS, RoundingStrategy::MidpointNearestEven).normalize())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_and_words_are_those_of_the_language() {
        let of = |text: &str| literal(text.parse().unwrap());
        assert_eq!([of("1200000.50"), of("999"), of("-12345"), of("0.00")], ["1_200_000.5", "999", "-12_345", "0"]);
        assert_eq!([word("us"), word("own shop"), word("a\"b"), word("1")], ["us", "\"own shop\"", "\"a\\\"b\"", "\"1\""]);
        assert_eq!(percent("0.08237".parse().unwrap()), "8.2%");
    }
}
