//! SY1720–1749 and SY2000: mistakes in tables and targets that events tell.

use super::codes;

codes! {
    /// An event that tells nothing of a table.
    TELLS_NO_COLUMN = "SY1720" Error { en: "event `{event}` has no field that is called like a column of values of table `{table}`", zh: "事件 `{event}` 没有与表 `{table}` 的数值列同名的字段", help_en: "Call the field like the column that it fills: {known}.", help_zh: "请让字段与它所填的列同名：{known}。" }
    /// A key that the event has as something else than a dimension.
    TOLD_KEY = "SY1721" Error { en: "`{name}` is a key of table `{table}`, and in event `{event}` it is no dimension", zh: "`{name}` 是表 `{table}` 的键，而在事件 `{event}` 中不是维度", help_en: "Write `{name} dimension` in the event, or `{name} dimension optional` when a row may leave it open.", help_zh: "请在事件中写 `{name} dimension`；若行可不填该键，写 `{name} dimension optional`。" }
    /// A column and a field of different units.
    TOLD_UNIT = "SY1722" Error { en: "column `{name}` holds {left}, and event `{event}` tells {right}", zh: "列 `{name}` 的单位是 {left}，而事件 `{event}` 说明的是 {right}", help_en: "Give the field the unit of the column.", help_zh: "请让字段与该列使用相同的单位。" }
    /// An event of which only one counts for each set of keys.
    TOLD_FORGETS = "SY1723" Error { en: "event `{event}` keeps one row for each key: what counted before would be forgotten", zh: "事件 `{event}` 对每组键只保留一行，之前生效的值会丢失", help_en: "Add the day from which it counts to `replaces by`, or leave `replaces by` out.", help_zh: "请在 `replaces by` 中加上生效日期，或去掉 `replaces by`。" }
    /// A told table looked up for a row.
    TOLD_IN_ROW = "SY1724" Error { en: "table `{table}` is told by events: a single event or thing can take part in it only as a factor of a sum", zh: "表 `{table}` 由事件说明：单个事件或实体只能在求和中以乘数的形式使用它", help_en: "Multiply it inside of `sum`: `sum(order.amount * {table}.rate)`; an average is `sum(…) / count(order)`. Compare it beside the aggregate, by the scope, or send the value with the events themselves.", help_zh: "请在 `sum` 内相乘：`sum(order.amount * {table}.rate)`；平均值写 `sum(…) / count(order)`。比较请在聚合之外按范围进行，或让事件自己带上该数值。" }
    /// A key of a told table that the summed event has as something else than a dimension.
    TOLD_BY_DIMENSION = "SY2000" Error { en: "`{name}` is no dimension of `{event}`, and table `{table}` is told by events: a sum can look it up by dimensions only", zh: "`{name}` 不是 `{event}` 的维度，而表 `{table}` 由事件说明：求和时只能按维度查找", help_en: "Write `{name} dimension` in the event or entity, or name another key: `{table}[event.dimension]`.", help_zh: "请在事件或实体中写 `{name} dimension`，或写明其他键：`{table}[event.dimension]`。" }
    /// No event type tells rows of the table with a day of their own.
    NO_TABLE_EVENT = "SY1725" Error { en: "no active ruleset says which events tell, from a day on, rows of a table `{name}`", zh: "没有启用的规则集声明用哪种事件（带起始日）说明表 `{name}` 的行", help_en: "Declare it: `table limits by platform told by limit_told since day`. Rows that count from the time of their events are sent as events.", help_zh: "请声明，例如 `table limits by platform told by limit_told since day`。按事件时间生效的行请直接发送事件。" }
    /// A key or column that no event tells.
    NOT_TOLD = "SY1726" Error { en: "events do not tell `{name}` of table `{table}`", zh: "事件不说明表 `{table}` 的 `{name}`", help_en: "What they tell: {known}. Add a field of that name to the event type.", help_zh: "可由事件说明的有：{known}。如需要，请给事件类型加上同名字段。" }
    /// An event without the period or the amount of a target.
    TELLS_NO_AMOUNT = "SY1727" Error { en: "event `{event}` tells amounts of target `{target}`, and has no `{name} {kind}`", zh: "事件 `{event}` 说明目标 `{target}` 的数额，却没有 `{name} {kind}`", help_en: "Add the field to the event.", help_zh: "请给事件加上该字段。" }
    /// A line for a period of another length than those that are told.
    TOLD_LENGTH = "SY1728" Error { en: "this line is for {period}, and events tell amounts of periods of another length", zh: "本行的周期是 {period}，而事件说明的是另一种长度的周期", help_en: "Write lines for periods of the length behind `every`, or let the events tell all amounts.", help_zh: "请按 `every` 之后的长度写各行，或让事件说明全部数额。" }
    /// An event that names a period that none of the kind is.
    TOLD_PERIOD = "SY1729" Error { en: "`{value}` is no {kind} for which amounts of `{metric}` are told", zh: "`{value}` 不是可为 `{metric}` 说明数额的{kind}", help_en: "Write the period as reports name it, such as {example}.", help_zh: "请按报表中的写法填写周期，例如 {example}。" }
    /// An event with an amount that has no whole steps.
    TOLD_STEP = "SY1730" Error { en: "{value} is no multiple of {step}, in which target `{metric}` is divided", zh: "{value} 不是目标 `{metric}` 的最小单位 {step} 的整数倍", help_en: "Send an amount that is one.", help_zh: "请发送整数倍的数额。" }
    /// No event type tells amounts of the target with a day of their own.
    NO_TARGET_EVENT = "SY1731" Error { en: "no active ruleset says which events tell, from a day on, targets of `{name}`", zh: "没有启用的规则集声明用哪种事件（带起始日）说明 `{name}` 的目标", help_en: "Declare it: `target gmv per shop every month told by goal_told since day`. Amounts that count from the time of their events are sent as events.", help_zh: "请声明，例如 `target gmv per shop every month told by goal_told since day`。按事件时间生效的数额请直接发送事件。" }
    /// A dimension that no event tells of a target.
    NOT_TOLD_OF = "SY1732" Error { en: "events do not tell targets of `{metric}` by `{name}`", zh: "事件不按 `{name}` 说明 `{metric}` 的目标", help_en: "Their dimensions: {known}.", help_zh: "它们的维度：{known}。" }
}
