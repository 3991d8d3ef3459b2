//! SY04xx: why an event was refused.

use super::codes;

codes! {
    /// No active program declares the type.
    UNKNOWN_TYPE = "SY0401" Error {
        en: "no active ruleset declares the event type `{type}`{hint}",
        zh: "没有启用的规则集声明事件类型 `{type}`{hint}",
        help_en: "Correct the type, or activate a ruleset that declares it with `event {type} { … }`.",
        help_zh: "请更正事件类型，或启用用 `event {type} { … }` 声明它的规则集。",
    }
    /// A field that is not optional is absent.
    MISSING_FIELD = "SY0402" Error {
        en: "the field `{field}` of `{type}` is missing",
        zh: "`{type}` 缺少字段 `{field}`",
        help_en: "Send `{field}`, or declare it `optional`.",
        help_zh: "请发送 `{field}`，或在声明中标为 `optional`。",
    }
    /// A value does not have the form of its unit.
    WRONG_VALUE = "SY0403" Error {
        en: "the field `{field}` of `{type}` is {unit}, and `{value}` is not",
        zh: "`{type}` 的字段 `{field}` 应为{unit}，`{value}` 不是",
        help_en: "Write it like {example}.",
        help_zh: "请写成 {example} 这样的形式。",
    }
    /// Money in another currency than the declared one.
    WRONG_CURRENCY = "SY0404" Error {
        en: "the field `{field}` of `{type}` is money in {expected}, and this is in {currency}",
        zh: "`{type}` 的字段 `{field}` 以 {expected} 计价，而此处为 {currency}",
        help_en: "Convert it before sending and write `{example}`.",
        help_zh: "请先换算再发送，写成 `{example}`。",
    }
    /// A number that is too large.
    NUMBER_TOO_LARGE = "SY0405" Error {
        en: "the number `{value}` in the field `{field}` is out of range: the limit is less than 10^12 in either direction",
        zh: "字段 `{field}` 中的数 `{value}` 超出范围：绝对值须小于 10^12",
        help_en: "Send a smaller number, or declare the field as text when it names something.",
        help_zh: "请发送较小的数；如果它是编号，请把字段声明为文本。",
    }
    /// A number with too many decimals.
    TOO_MANY_DECIMALS = "SY0406" Error {
        en: "the number `{value}` in the field `{field}` has more than {limit} decimals",
        zh: "字段 `{field}` 中的数 `{value}` 小数位超过 {limit} 位",
        help_en: "Round it to {limit} decimals before sending: sums are kept exactly, to the last digit.",
        help_zh: "请先舍入到 {limit} 位小数再发送：求和精确到最后一位。",
    }
    /// A text that is too long.
    TOO_LONG = "SY0407" Error {
        en: "`{field}` has {length} bytes; the limit is {limit}",
        zh: "`{field}` 有 {length} 字节，上限为 {limit}",
        help_en: "Send a shorter text.",
        help_zh: "请发送较短的文本。",
    }
    /// Before 1970.
    TOO_EARLY = "SY0408" Error {
        en: "`{field}` is {value}, which is before 1970-01-01",
        zh: "`{field}` 为 {value}，早于 1970-01-01",
        help_en: "Send the time at which it happened.",
        help_zh: "请发送实际发生的时间。",
    }
    /// Too far in the future.
    TOO_LATE = "SY0409" Error {
        en: "`{field}` is {value}, which is later than the limit {limit}",
        zh: "`{field}` 为 {value}，晚于上限 {limit}",
        help_en: "Check the clock and the zone of the sender. An event may be at most 24 hours ahead.",
        help_zh: "请检查发送方的时钟和时区。事件最多可超前 24 小时。",
    }
    /// The same identity with another body; 409.
    CONFLICT = "SY0410" Error {
        en: "the event `{id}` of `{source}` is stored already with another content",
        zh: "来源 `{source}` 的事件 `{id}` 已存在，且内容不同",
        help_en: "An event never changes. Send the correction under a new id: with the same business key and a higher revision when the type `replaces by` one. When it is another event of another sender, let each name itself in `source`.",
        help_zh: "事件不可更改。请用新的 id 发送更正；若该类型声明了 `replaces by`，请使用相同的业务键和更高的修订号。若是其他发送方的另一事件，请让各发送方在 `source` 中标明自己。",
    }
    /// No source, id or type.
    NO_IDENTITY = "SY0411" Error {
        en: "the event has no `{field}`",
        zh: "事件缺少 `{field}`",
        help_en: "Every event names its `source`, its `type` and an `id` that is unique within the source: without them a repetition would count twice.",
        help_zh: "每个事件都要有 `source`、`type` 和在该来源内唯一的 `id`，否则重复发送会被重复计数。",
    }
    /// Too many distinct scopes.
    TOO_MANY_SCOPES = "SY0412" Error {
        en: "the ruleset `{ruleset}` has reached its limit of {limit} scopes (distinct combinations of dimension values), and this event would add another one",
        zh: "规则集 `{ruleset}` 已达到 {limit} 个范围（维度值组合）的上限，此事件会再增加一个",
        help_en: "Check that no id is declared as a dimension, or raise the limit with `--scopes-max`.",
        help_zh: "请检查是否把编号声明成了维度，或用 `--scopes-max` 提高上限。",
    }
    /// One thing with more events than there can be of it.
    THING_FULL = "SY0415" Error {
        en: "one `{entity}` has reached its limit of {limit} events",
        zh: "同一个 `{entity}` 的事件已达到 {limit} 个的上限",
        help_en: "Check the id of the event: a placeholder such as `unknown` makes everything one thing. Leave the id out where there is none.",
        help_zh: "请检查事件的编号：`unknown` 之类的占位值会把所有事件归为同一对象。没有编号时请留空。",
    }
    /// The same field twice.
    REPEATED_FIELD = "SY0413" Error {
        en: "the field `{field}` is given twice",
        zh: "字段 `{field}` 出现两次",
        help_en: "Send every field once.",
        help_zh: "每个字段只能发送一次。",
    }
    /// Too many fields.
    TOO_MANY_FIELDS = "SY0414" Error {
        en: "the event has {count} fields; the limit is {limit}",
        zh: "事件有 {count} 个字段，上限为 {limit}",
        help_en: "Send only the fields that the ruleset declares.",
        help_zh: "请只发送规则集声明的字段。",
    }
    /// A file without a mapping.
    NO_FEED = "SY0480" Error {
        en: "ruleset {ruleset} has no feed: it does not say which column is which field", zh: "规则集 {ruleset} 没有 feed，未说明各列对应的字段",
        help_en: "declare one: feed name to event { time from \"Column\" … }", help_zh: "请声明：feed 名称 to 事件 { time from \"列名\" … }"
    }
    /// Several mappings and none was named.
    WHICH_FEED = "SY0481" Error {
        en: "ruleset {ruleset} has several feeds", zh: "规则集 {ruleset} 有多个 feed",
        help_en: "name one of: {feeds}", help_zh: "请指定其一：{feeds}"
    }
    /// An unknown mapping.
    UNKNOWN_FEED = "SY0482" Error {
        en: "ruleset {ruleset} has no feed {feed}", zh: "规则集 {ruleset} 没有 feed {feed}",
        help_en: "it has: {feeds}", help_zh: "已有：{feeds}"
    }
    /// A column that the file lacks.
    FEED_COLUMN = "SY0483" Error {
        en: "feed {feed} needs the column \"{column}\", which the file lacks{guess}", zh: "feed {feed} 需要列 \"{column}\"，文件中没有{guess}",
        help_en: "the file has: {columns}", help_zh: "文件中的列：{columns}"
    }
    /// A row with too few or too many cells.
    FEED_CELLS = "SY0484" Error {
        en: "the row has {found} cells, the header has {expected}", zh: "该行有 {found} 个单元格，表头有 {expected} 个",
        help_en: "put cells that hold a comma or a line break between quotes", help_zh: "含逗号或换行的单元格请加引号"
    }
    /// A cell that cannot be read.
    FEED_CELL = "SY0485" Error {
        en: "column \"{column}\" holds \"{value}\", which does not fit {format}", zh: "列 \"{column}\" 的值 \"{value}\" 不符合 {format}",
        help_en: "mend the cell, or the format of the feed", help_zh: "请修正单元格，或修改 feed 的 format"
    }
}
