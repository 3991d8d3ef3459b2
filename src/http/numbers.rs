//! The evaluator's results as they go out: values rounded once, reasons in words, stretches of time as instants.

use super::wire;
use crate::compile::program::{DimIdx, Program, Text, Unit};
use crate::engine::show::plain;
use crate::engine::{Number, Range, Why};
use crate::time::Zone;

/// A value with the reason why there is none.
pub fn number(number: &Number, unit: &Unit, exact: bool) -> wire::Number {
    match number {
        Number::Known(value) => wire::Number { value: Some(plain(value, unit, exact)), reason: None },
        Number::Unknown(why) => wire::Number { value: None, reason: Some(reason(why)) },
    }
}

/// Why a number is unknown, in words.
pub fn reason(why: &Why) -> wire::Reason {
    let (code, message, message_zh) = match why {
        Why::NoScope => ("no_scope", "no event of this scope had been seen by then", "截至该时刻没有此范围的事件"),
        Why::NoDimension => ("no_dimension", "the events of the formula do not have this dimension", "公式所用事件没有该维度"),
        Why::NotBegun => ("not_begun", "the window or period had not begun", "时间窗口或周期尚未开始"),
        Why::NoRows => ("no_data", "no event with a value lies in the window", "时间窗口内没有带值的事件"),
        Why::ZeroDenominator => ("zero_denominator", "the denominator is zero", "分母为零"),
        Why::OutOfRange => ("out_of_range", "the result has too many digits", "结果位数过多"),
        Why::Stated => ("stated", "the ruleset says that it is unknown", "规则集声明其未知"),
        Why::NoTarget => ("no_target", "no target is set for this scope and period", "该范围和周期没有设定目标"),
        Why::NoCurve => ("no_curve", "there is no history to split the target by", "没有可用于拆分目标的历史数据"),
        Why::NoHistory => ("no_history", "fewer than half of the earlier values are known", "已知的历史数值不足一半"),
        Why::NoAccount => ("no_account", "the scope does not say whose account of the ledger is meant", "范围未指明台账的哪个账户"),
        Why::AccountTooLong => ("account_too_long", "the account of the ledger has moved on too many days", "台账账户变动的天数过多"),
        Why::NoParts => ("no_parts", "no part of the scope exists or takes part", "该范围没有可参与计算的部分"),
        Why::TooManyParts => ("too_many_parts", "the scope has more than 10,000 parts", "该范围的部分超过 10,000 个"),
        Why::NoPeriod => ("no_period", "the window is no range of whole days", "该窗口不是完整的日期范围"),
        Why::TooDeep => ("too_deep", "metrics refer to metrics too many levels deep", "指标引用层级过深"),
        Why::Withheld(en, zh) => ("withheld", &**en, &**zh),
        Why::NoRate(pair, day) => {
            let (message, message_zh) = (format!("no rate of {pair} counts on {day}"), format!("{day} 没有可用的 {pair} 汇率"));
            return wire::Reason { code: "no_rate", message, message_zh };
        }
        Why::NotInTable(key, day) => {
            let (message, message_zh) = (format!("no row of the table gives {key} on {day}"), format!("表中没有给出 {key} 在 {day} 的行"));
            return wire::Reason { code: "not_in_table", message, message_zh };
        }
    };
    wire::Reason { code, message: message.to_owned(), message_zh: message_zh.to_owned() }
}

/// A range of time as instants; of the days of several zones from when the first begins to when the last is over.
pub fn stretch(range: Range, zone: &Zone) -> wire::Stretch {
    let (from, to) = match range {
        Range::Days(first, last) if first.0 == i32::MIN => {
            return wire::Stretch { from: None, to: Some(zone.end_of(last).to_string()) };
        }
        Range::Days(first, last) => (zone.first_start_of(first), zone.end_of(last)),
        // After the first, up to and including the second instant: instants are whole microseconds.
        Range::Elapsed(after, until) => (crate::time::Instant(after.0.saturating_add(1)), crate::time::Instant(until.0.saturating_add(1))),
        Range::All => return wire::Stretch::default(),
    };
    wire::Stretch { from: Some(from.to_string()), to: Some(to.to_string()) }
}

/// Dimension values by name.
pub fn scope<'a>(program: &Program, values: impl IntoIterator<Item = &'a (DimIdx, Box<str>)>) -> wire::Scope {
    values.into_iter().map(|(dim, value)| (program.dims.get(*dim).cloned().unwrap_or_default(), value.to_string())).collect()
}

/// What names the ruleset of a result.
pub fn ruleset(program: &Program) -> wire::RulesetRef {
    wire::RulesetRef { ruleset: program.name.clone(), version: program.version.clone(), hash: program.hash.clone() }
}

/// A title; the id when there is none.
pub fn title(text: &Text, id: &str) -> String {
    if text.en.is_empty() { id.to_owned() } else { text.en.clone() }
}
