//! What is proved of conditions, in words, with the values that show it.
//!
//! 1. [`About`] knows what the conditions of a rule are about, and how their numbers are written.
//! 2. [`About::never`] says why a condition never holds: the furthest that its number can go and what the condition asks for, or a
//!    value for each of two parts that have none in common. [`About::always`] says why it always does.

use super::condition::{Comparison, Condition, Side, Written};
use super::known::Seen;
use super::never::{NUMBERS_MAX, Never, comparison_of, is_made, never};
use super::range::Range;
use super::ranges::Ranges;
use super::say::{literal, nature, said, shown};
use super::truth::Truth;
use super::units::{unit_of, unit_written};
use super::values::Picked;
use crate::compile::Compiler;
use crate::compile::formula::fold;
use crate::compile::program::{Compare, Formula, Scalar, Unit};
use crate::diagnostic::{Code, Diagnostic, Lang, Span, Words};
use crate::syntax::ast::Expr;
use rust_decimal::Decimal;

/// An amount that shows how a part and its whole lie to one another.
const SOME: i64 = 10;

/// What the conditions of a rule are about.
#[derive(Clone, Copy)]
pub(super) struct About<'a, 'c> {
    /// What [`Formula::Subject`] stands for; itself where there is none.
    pub(super) on: &'a Formula,
    /// That as written.
    pub(super) text: &'a str,
    /// Whether the window in which conditions are read ends now.
    pub(super) ends_now: bool,
    /// The unit of the number.
    pub(super) unit: &'a Unit,
    /// What numbers can be.
    pub(super) ranges: &'a Ranges<'a>,
    /// The text and the names of its params.
    pub(super) compiler: &'a Compiler<'c>,
    /// Where what conditions leave out is written; None where there is none.
    pub(super) subject: Option<Span>,
}

/// What is proved of a condition.
pub(super) struct Proved {
    /// Why it is so.
    pub(super) words: Words,
    /// It is false as it is written, so that it cannot even be unknown.
    pub(super) is_false: bool,
    /// What decides it, the nearest first.
    pub(super) grounds: Vec<Span>,
}

impl Proved {
    /// A diagnostic with the reason.
    pub(super) fn told(self, code: &'static Code, span: Span) -> Diagnostic {
        Diagnostic::new(code, span).reason(self.words).concluded_from(self.grounds)
    }
}

impl<'a> About<'a, '_> {
    /// A condition, as proofs look at it.
    pub(super) fn condition(&self, when: &'a Formula, written: &'a Expr) -> Condition<'a> {
        Condition::of(when, written, self.on)
    }

    /// Why a condition never holds; None when it may.
    pub(super) fn never(&self, when: &'a Formula, written: &'a Expr) -> Option<Proved> {
        let (why, grounds) = never(&self.condition(when, written), self.ranges)?;
        let is_false = matches!(why, Never::Written(..));
        Some(Proved { words: self.why(why), is_false, grounds: grounds.into_iter().chain(self.subject).collect() })
    }

    /// Why a condition always holds; None when it may not, or may be unknown.
    pub(super) fn always(&self, when: &'a Formula, written: &'a Expr) -> Option<Proved> {
        let seen = Seen { on: self.on, ends_now: self.ends_now };
        if !self.ranges.is_always_known(when, seen) {
            return None;
        }
        let (why, grounds) = never(&Condition::opposite(when, written, self.on), self.ranges)?;
        // That it is known rests on all of it.
        let grounds = grounds.into_iter().chain([written.span]).chain(self.subject).collect();
        Some(Proved { words: self.why(why), is_false: false, grounds })
    }

    /// Whether a condition that is unknown could be true by what is unknown alone: each of its comparisons is of one number that may
    /// be. Kept up while unknown, any other may go on where it could not be true: `x > y` at -1, where `y` is never below 0.
    pub(super) fn keeps_with(&self, when: &Condition<'_>) -> bool {
        let seen = Seen { on: self.on, ends_now: self.ends_now };
        when.comparisons().iter().all(|comparison| {
            [comparison.left.formula, comparison.right.formula].into_iter().any(|side| self.ranges.is_always_known(side, seen))
        })
    }

    /// A value at which both conditions may hold, of a number that the first one needs to know: the number of the rule where it is
    /// one of these.
    pub(super) fn example(&self, first: &Condition<'_>, second: &Condition<'_>) -> Option<String> {
        let mut numbers = first.numbers(NUMBERS_MAX);
        numbers.extend(second.numbers(NUMBERS_MAX));
        numbers.retain(|number| first.needs(number, self.ranges));
        numbers.sort_by_key(|number| (*number != self.on, is_made(number)));
        numbers.into_iter().find_map(|number| {
            let compared = comparison_of(first, number).or_else(|| comparison_of(second, number))?;
            let range = self.ranges.of(number);
            let both = Truth::of(first, number, self.ranges).and(&Truth::of(second, number, self.ranges));
            let value = shown(&both.pick(&range)?, &self.unit(compared), &self.compiler.names.zone)?;
            Some(if number == self.on { value } else { format!("`{}` = {value}", self.name(compared.left)) })
        })
    }

    fn why(&self, why: Never<'_>) -> Words {
        match why {
            Never::Written(text, formula) => self.as_written(text, formula),
            Never::Beyond(comparison, range) => self.beyond(comparison, range),
            Never::Part(comparison) => self.part(comparison),
            Never::Differ(comparison, difference) => self.differ(comparison, difference),
            Never::Apart(parts, compared) => self.apart(parts, compared),
            Never::Together(text, value, compared) => self.together(text, value, compared),
        }
    }

    fn as_written(&self, text: Written<'_>, formula: &Formula) -> Words {
        let (plain, holds) = (self.plain(text), if text.denied { ("true", "成立") } else { ("false", "不成立") });
        let words = Words::new(format!("`{plain}` is {} as it is written", holds.0), format!("`{plain}` 本身就{}", holds.1));
        let Formula::Compare(_, a, b) = formula else { return words };
        let (Some(Scalar::Number(a)), Some(Scalar::Number(b))) = (fold(a), fold(b)) else { return words };
        let unit = unit_written(text.expr, self.compiler).unwrap_or(Unit::Number);
        let (a, b) = (literal(a, &unit), literal(b, &unit));
        words.then(&format!(", {a} and {b} being compared"), &format!("，比较的是 {a} 与 {b}"))
    }

    /// The furthest that a number can go, which is not far enough.
    fn beyond(&self, comparison: Comparison<'_>, range: Range) -> Words {
        let unit = self.unit(comparison);
        let words = self.nature(comparison.left, &range, &unit).then("; ", "；");
        let (plain, denied) = (self.plain(comparison.text), comparison.text.denied);
        let other = self.ranges.of(comparison.right.formula);
        let is_less = range.most.zip(other.least).is_some_and(|(most, least)| most < least);
        let is_more = range.least.zip(other.most).is_some_and(|(least, most)| least > most);
        let upward = match comparison.op {
            Compare::Gt | Compare::Ge => true,
            Compare::Lt | Compare::Le => false,
            Compare::Eq if is_less || is_more => is_less,
            Compare::Eq | Compare::Ne if denied => {
                return words.then(&format!("`{plain}` holds at any of these"), &format!("`{plain}` 总成立"));
            }
            Compare::Ne => return words.then(&format!("`{plain}` needs another value"), &format!("`{plain}` 要求其他值")),
            Compare::Eq => {
                let between = other.least.unwrap_or_default();
                let (under, over) = (literal(between.floor(), &unit), literal(between.ceil(), &unit));
                return words.then(
                    &format!("it can be {under} or {over}, and `{plain}` lies between them"),
                    &format!("可以是 {under} 或 {over}，而 `{plain}` 在两者之间"),
                );
            }
        };
        let end = literal(if upward { range.most } else { range.least }.unwrap_or_default(), &unit);
        let (side, more) = if upward { (("highest", "最高"), ("more", "更高")) } else { (("lowest", "最低"), ("less", "更低")) };
        match denied {
            true => words
                .then(&format!("even at the {}, {end}, `{plain}` holds", side.0), &format!("即使在{}的 {end}，`{plain}` 也成立", side.1)),
            false => words.then(
                &format!("the {} it can be is {end}, and `{plain}` needs {}", side.0, more.0),
                &format!("{}为 {end}，而 `{plain}` 要求{}", side.1, more.1),
            ),
        }
    }

    fn part(&self, comparison: Comparison<'_>) -> Words {
        let upward = matches!(comparison.op, Compare::Gt | Compare::Ge);
        let (part, whole) = if upward { (comparison.left, comparison.right) } else { (comparison.right, comparison.left) };
        let some = literal(Decimal::from(SOME), &self.unit(comparison));
        let (part, whole, plain) = (self.name(part), self.name(whole), self.plain(comparison.text));
        let words = Words::new(format!("`{part}` is a part of `{whole}`; "), format!("`{part}` 是 `{whole}` 的一部分；"));
        match comparison.text.denied {
            true => words.then(&format!("even where both are {some}, `{plain}` holds"), &format!("即使两者都是 {some}，`{plain}` 也成立")),
            false => words.then(
                &format!("of {some} it is {some} at most, and `{plain}` needs more"),
                &format!("总数为 {some} 时它最多为 {some}，而 `{plain}` 要求更多"),
            ),
        }
    }

    /// By how much two numbers differ, with a value of each.
    fn differ(&self, comparison: Comparison<'_>, difference: Range) -> Words {
        let unit = self.unit(comparison);
        let (left, right, plain) = (self.name(comparison.left), self.name(comparison.right), self.plain(comparison.text));
        let end = difference.least.filter(|least| *least >= Decimal::ZERO).or(difference.most).unwrap_or_default();
        let (by, is_exact) = (literal(end.abs(), &unit), difference.least == difference.most);
        let (en, zh) = match (end.is_zero(), end > Decimal::ZERO, is_exact) {
            (true, _, true) => ("is always the same as".to_owned(), format!("`{left}` 总与 `{right}` 相同")),
            (true, ..) if difference.least.is_some() => ("is never less than".to_owned(), format!("`{left}` 不会小于 `{right}`")),
            (true, ..) => ("is never more than".to_owned(), format!("`{left}` 不会大于 `{right}`")),
            (_, true, true) => (format!("is always {by} more than"), format!("`{left}` 总比 `{right}` 多 {by}")),
            (_, true, false) => (format!("is always at least {by} more than"), format!("`{left}` 总比 `{right}` 至少多 {by}")),
            (_, false, true) => (format!("is always {by} less than"), format!("`{left}` 总比 `{right}` 少 {by}")),
            (_, false, false) => (format!("is always at least {by} less than"), format!("`{left}` 总比 `{right}` 至少少 {by}")),
        };
        let words = Words::new(format!("`{left}` {en} `{right}`"), zh);
        // What is the same need not be a number.
        let some = if unit == Unit::Percent { Decimal::new(5, 1) } else { Decimal::from(SOME) };
        let words = match end.checked_add(some).filter(|_| !end.is_zero()) {
            Some(other) => {
                let (some, other) = (literal(some, &unit), literal(other, &unit));
                let (at_en, at_zh) = match (is_exact, end > Decimal::ZERO) {
                    (true, _) => ("", ""),
                    (false, true) => ("at least ", "至少"),
                    (false, false) => ("at most ", "至多"),
                };
                words.then(&format!(": where that is {some}, it is {at_en}{other}"), &format!("：后者为 {some} 时，前者{at_zh}为 {other}"))
            }
            None => words,
        };
        match comparison.text.denied {
            true => words.then(&format!(", and `{plain}` holds"), &format!("，`{plain}` 总成立")),
            false => words.then(&format!(", and `{plain}` needs something else"), &format!("，而 `{plain}` 的要求与此不符")),
        }
    }

    fn apart(&self, [first, second]: [(Written<'_>, Option<Picked>); 2], compared: Comparison<'_>) -> Words {
        let unit = self.unit(compared);
        let both = |value: &Picked| [Lang::En, Lang::Zh].map(|lang| said(value, &unit, &self.compiler.names.zone).get(lang).to_owned());
        let of = self.name_of(compared);
        if first.0.denied && second.0.denied {
            let (a, b) = (self.plain(first.0), self.plain(second.0));
            let words = Words::new(format!("every {} is `{a}` or `{b}`", of.0), format!("{}任何值都满足 `{a}` 或 `{b}`", of.1));
            return match (first.1, second.1) {
                (Some(only_b), Some(only_a)) => {
                    let ([en_a, zh_a], [en_b, zh_b]) = (both(&only_a), both(&only_b));
                    words.then(&format!("; {en_a} is `{a}`, {en_b} is `{b}`"), &format!("；{zh_a} 满足 `{a}`，{zh_b} 满足 `{b}`"))
                }
                _ => words,
            };
        }
        let (a, b) = (self.written(first.0), self.written(second.0));
        let words = Words::new(format!("no {} is both `{a}` and `{b}`", of.0), format!("{}没有值能同时满足 `{a}` 与 `{b}`", of.1));
        match (first.1, second.1) {
            (Some(only_a), Some(only_b)) => {
                let ([en_a, zh_a], [en_b, zh_b]) = (both(&only_a), both(&only_b));
                words.then(
                    &format!("; {en_a} is only the first, {en_b} only the second"),
                    &format!("；{zh_a} 只满足前者，{zh_b} 只满足后者"),
                )
            }
            (Some(only_a), None) => {
                let [en, zh] = both(&only_a);
                words.then(&format!("; {en} is only the first"), &format!("；{zh} 只满足前者"))
            }
            (None, Some(only_b)) => {
                let [en, zh] = both(&only_b);
                words.then(&format!("; {en} is only the second"), &format!("；{zh} 只满足后者"))
            }
            _ => words,
        }
    }

    fn together(&self, text: Written<'_>, before: Option<Picked>, compared: Comparison<'_>) -> Words {
        let of = self.name_of(compared);
        let value = before.and_then(|value| shown(&value, &self.unit(compared), &self.compiler.names.zone));
        let plain = self.plain(text);
        match (text.denied, value) {
            (true, Some(value)) => Words::new(
                format!("every {} fits a part of it; {value}, which none before it takes, is `{plain}`", of.0),
                format!("{}任何值都满足其中一部分；{value} 不满足前面的部分，但满足 `{plain}`", of.1),
            ),
            (true, None) => Words::new(format!("every {} fits a part of it", of.0), format!("{}任何值都满足其中一部分", of.1)),
            (false, Some(value)) => Words::new(
                format!("no {} fits all of it; {value} fits what stands before `{plain}`, but is not that", of.0),
                format!("{}没有值能满足全部；{value} 满足 `{plain}` 之前的部分，却不满足它", of.1),
            ),
            (false, None) => Words::new(format!("no {} fits all of it", of.0), format!("{}没有值能满足全部", of.1)),
        }
    }

    /// What a number is like: `` `late_rate` is a part of a whole, always from 0% to 100% ``.
    fn nature(&self, side: Side<'_>, range: &Range, unit: &Unit) -> Words {
        let nature = nature(range, unit);
        let name = format!("`{}` ", self.name(side));
        Words::new(name.clone() + nature.get(Lang::En), name + nature.get(Lang::Zh))
    }

    /// The values of the left side, in English and Chinese: those of anything but the number of the rule by its name.
    fn name_of(&self, compared: Comparison<'_>) -> (String, String) {
        if compared.left.formula == self.on || compared.left.expr.is_none() {
            return ("value".to_owned(), String::new());
        }
        let name = self.name(compared.left);
        (format!("`{name}`"), format!("`{name}` "))
    }

    fn name(&self, side: Side<'_>) -> String {
        side.expr.map_or_else(|| self.text.to_owned(), |expr| self.compiler.written(expr.span))
    }

    /// The unit in which two sides are compared.
    pub(super) fn unit(&self, comparison: Comparison<'_>) -> Unit {
        let written =
            [comparison.right.expr, comparison.left.expr].into_iter().flatten().find_map(|expr| unit_written(expr, self.compiler));
        let of = |side: Side<'_>| match side.formula == self.on {
            true => Some(self.unit.clone()),
            false => unit_of(side.formula, self.ranges),
        };
        written.or_else(|| of(comparison.left)).or_else(|| of(comparison.right)).unwrap_or(Unit::Number)
    }

    /// A condition as it is written, without what denies it.
    fn plain(&self, text: Written<'_>) -> String {
        let written = self.compiler.written(text.expr.span);
        // Around the whole parentheses say nothing.
        let inner = written.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).filter(|inner| is_balanced(inner));
        inner.map_or_else(|| written.clone(), str::to_owned)
    }

    fn written(&self, text: Written<'_>) -> String {
        let plain = self.plain(text);
        if text.denied { format!("not ({plain})") } else { plain }
    }
}

/// Whether every parenthesis is closed behind where it is opened.
fn is_balanced(text: &str) -> bool {
    let open = text.chars().try_fold(0usize, |open, c| match c {
        '(' => Some(open.saturating_add(1)),
        ')' => open.checked_sub(1),
        _ => Some(open),
    });
    open == Some(0)
}
