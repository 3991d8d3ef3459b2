//! What people write who come from spreadsheets, SQL, PromQL, dbt or plain speech, and what is written here instead.
//!
//! 1. [`FORMS`] are phrases of a few tokens; the grammar stopped in one of them (`parse::habit`).
//! 2. [`function`] knows the functions of other languages by their names, whatever their case.

use crate::diagnostic::Words;

/// Where a phrase is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// In a formula: where one begins or goes on.
    Formula,
    /// Where this word of the language would have been right.
    Word(&'static str),
    /// Where the kind of a field would have been right.
    Kind,
    /// Where the line ended, and this word of the language would have been right.
    End(&'static str),
    /// Where the line ended with a currency, and no event of the text gives rates.
    NoRates,
    /// Anywhere.
    Any,
}

/// A phrase: its place, its tokens, and what to write, in English and Chinese.
///
/// Of a token the ways to write it are told apart by `|`; `_` is any, `#` a number, `###` one of three digits. What stands behind a
/// `~`, or before the first of two, must be there but is not what is written otherwise. `{2}` of an advice is the second token,
/// `{2 event}` the event that it is the name of, or its plural.
///
/// Who follows the advice writes its first form in place of what it is about, or leaves that out.
pub(super) type Form = (At, &'static str, &'static str, &'static str);

/// What stands for `IF`.
const IF: [&str; 2] = [
    "Rows are chosen with `where`: `sum(order.amount where channel = \"ads\")`. A number becomes another one with `steps(x, below 0%, > 80% -> 3%)`, and `x else 0` stands in for what is unknown.",
    "按条件取行用 `where`：`sum(order.amount where channel = \"ads\")`；把数值换成另一数值用 `steps(x, below 0%, > 80% -> 3%)`；未知时的替代值写 `x else 0`。",
];
/// What stands for `GROUP BY`.
const SCOPE: [&str; 2] = [
    "A metric is for every scope by itself: `per shop` stands where it is used, in a scorecard, an alert or a target. A value of all shops is `sum(x per shop)`, `avg(x per shop)` or `max(x per shop)`.",
    "指标本身适用于任何范围：`per shop` 写在用到它的地方（scorecard、alert、target）。由各店铺得到一个数值，写 `sum(x per shop)`、`avg(x per shop)` 或 `max(x per shop)`。",
];
/// What stands for a period of a metric.
const PERIOD: [&str; 2] = [
    "A metric has no period of its own: a scorecard says `every month`, an alert `over 7 days`. A window that always belongs to it is written `x over month`.",
    "指标本身没有周期：scorecard 写 `every month`，alert 写 `over 7 days`。固定属于该指标的窗口写作 `x over month`。",
];
/// What stands for year over year.
const GROWTH: [&str; 2] = [
    "Write `growth(x)` for the change from the period before, `x / x 1 year before - 100%` for that from a year before.",
    "环比写 `growth(x)`，同比写 `x / x 1 year before - 100%`。",
];
/// What stands for `LIKE`.
const LIKE: [&str; 2] =
    ["Write `starts with \"…\"`, or name the values: `in (\"a\", \"b\")`.", "请写 `starts with \"…\"`，或列出各值：`in (\"a\", \"b\")`。"];
/// How a head of an alert looks.
const ALERT: [&str; 2] = [
    "Write the metric, its window and its scope, and the condition in a block: `alert low_sales on gmv over day per shop { warning when < 5 USD for 2 days }`.",
    "请先写指标、窗口和范围，条件写在块内：`alert low_sales on gmv over day per shop { warning when < 5 USD for 2 days }`。",
];
/// Where time stands in a condition of an alert.
const FOR: [&str; 2] = [
    "The time stands behind the condition: `warning when < 5 USD for 2 days`, or `for 3 of 5 days`.",
    "持续时间写在条件之后：`warning when < 5 USD for 2 days`，或 `for 3 of 5 days`。",
];

/// The phrases; the first that fits counts.
pub(super) const FORMS: &[Form] = &[
    (At::Word("on"), "if|when|:|=|< _", ALERT[0], ALERT[1]),
    (At::Word("where"), "if|when|with|如果|当 _", "Write `where {2}`.", "请写 `where {2}`。"),
    (At::Word("where"), "| _", "Write `where {2}`.", "请写 `where {2}`。"),
    (At::Word("per"), "by|for|each|按|每 _", "Write `per {2}`.", "请写 `per {2}`。"),
    (
        At::Word("warning"),
        "when|if",
        "Say how bad it is: `warning when …`, `critical when …` or `info when …`.",
        "请写明级别：`warning when …`、`critical when …` 或 `info when …`。",
    ),
    (
        At::Word("warning"),
        "warn|error|fatal|high|medium|low|urgent|severe|p1|p2|page|警告|严重|紧急",
        "The severities are `info`, `warning` and `critical`.",
        "级别有 `info`、`warning` 和 `critical`。",
    ),
    (At::Word("warning"), "resolve|resolved|recover|ok|close", "Write `clear when …`.", "请写 `clear when …`。"),
    (
        At::Word("warning"),
        "email|send|call|channel|to|通知",
        "Write `notify name`; where that goes is set up with the endpoints.",
        "请写 `notify 名称`；发往哪里在通知端点中设置。",
    ),
    (At::Word("when"), "for|during|after", FOR[0], FOR[1]),
    (At::Word("when"), "if|while|where|如果 _", "Write `when`.", "请写 `when`。"),
    (At::Word("when"), "<|<=|>|>=|=|!=", "Write `when` before the condition.", "条件前请写 `when`。"),
    (
        At::Word("like"),
        "even|evenly|equal|equally|flat|linear|平均",
        "Leave the line out: what is not split otherwise is spread evenly over its days.",
        "去掉该行即可：未另行拆分的目标按天平均分配。",
    ),
    (
        At::Word("per"),
        "=|:",
        "Amounts stand in a block: `target gmv per shop { 2026 3_600_000 USD }`.",
        "数额写在块内：`target gmv per shop { 2026 3_600_000 USD }`。",
    ),
    (At::Any, "repeat daily|每天|每日", "Write `repeat every 1 day`.", "请写 `repeat every 1 day`。"),
    (At::Any, "repeat weekly|每周", "Write `repeat every 1 week`.", "请写 `repeat every 1 week`。"),
    (At::Any, "repeat hourly|每小时", "Write `repeat every 1 hour`.", "请写 `repeat every 1 hour`。"),
    (At::Any, "repeat monthly|每月", "Write `repeat every 30 days`.", "请写 `repeat every 30 days`。"),
    (At::Any, "repeat every minute|hour|day|week", "Write `repeat every 1 {3}`.", "请写 `repeat every 1 {3}`。"),
    (At::Word("every"), "daily|每天|每日", "Write `every day`.", "请写 `every day`。"),
    (At::Word("every"), "weekly|每周", "Write `every week`.", "请写 `every week`。"),
    (At::Word("every"), "monthly|每月", "Write `every month`.", "请写 `every month`。"),
    (At::Word("every"), "quarterly|每季度", "Write `every quarter`.", "请写 `every quarter`。"),
    (At::Word("every"), "yearly|annually|每年", "Write `every year`.", "请写 `every year`。"),
    (
        At::Word("told"),
        "every _ ~ {",
        "Leave `every {2}` out: each line names its own period, `2026-03 100 USD`. With `every {2}` the amounts come from events: `every {2} told by quota_told {`.",
        "请去掉 `every {2}`：每行自带周期，如 `2026-03 100 USD`。`every {2}` 用于由事件给出目标：`every {2} told by quota_told {`。",
    ),
    (
        At::Word("higher"),
        "better centred|centered|center|middle|target|趋中|居中",
        "Leave `better {2}` out: where a target is best, the curve falls on both sides of it, `score { 20 -> 0, 40 -> 100, 60 -> 0 }`.",
        "请去掉 `better {2}`：目标值最好（趋中）时，用两侧下降的曲线表达，如 `score { 20 -> 0, 40 -> 100, 60 -> 0 }`。",
    ),
    (At::Word(">="), "_ :|=|-> #", "Write `{1} >= {3}`.", "请写 `{1} >= {3}`。"),
    (At::Word(">="), "_ #", "Write `{1} >= {2}`.", "请写 `{1} >= {2}`。"),
    (At::Any, "payout { ~ _ :|=|-> # ~", "Write `{3} {5}`.", "请写 `{3} {5}`。"),
    (At::Any, ", ~ _ :|=|-> # ~", "Write `{2} {4}`.", "请写 `{2} {4}`。"),
    (At::Any, "test ~ _ _ _ _ ~", "Write `\"{2} {3} {4} {5}\"`.", "请写 `\"{2} {3} {4} {5}\"`。"),
    (At::Any, "test ~ _ _ _ ~", "Write `\"{2} {3} {4}\"`.", "请写 `\"{2} {3} {4}\"`。"),
    (At::Any, "test ~ _ _ ~", "Write `\"{2} {3}\"`.", "请写 `\"{2} {3}\"`。"),
    (At::Any, "test ~ _ ~", "Write `\"{2}\"`.", "请写 `\"{2}\"`。"),
    (
        At::NoRates,
        "in _",
        "Declare the rates first: `event fx replaces by base, quote, day rates for 7 days { … }` with `base text`, `quote text`, `day date` and `rate number`. Then a sum of money is converted by `in {2} at transaction day`.",
        "请先声明汇率：`event fx replaces by base, quote, day rates for 7 days { … }`，字段为 `base text`、`quote text`、`day date`、`rate number`。之后金额之和用 `in {2} at transaction day` 换算。",
    ),
    (
        At::End("at"),
        "in _",
        "Write `in {2} at transaction day`, `in {2} at month end` or `in {2} at budget`: at which rate. It stands behind a sum of money; what is no money has no currency.",
        "请写 `in {2} at transaction day`、`in {2} at month end` 或 `in {2} at budget`，以写明汇率。它写在金额之和的后面；不是金额的数值没有货币。",
    ),
    (At::End("is"), "= #", "Write `is {2}`.", "请写 `is {2}`。"),
    (At::End("is"), "= # _", "Write `is {2} {3}`.", "请写 `is {2} {3}`。"),
    (At::Word("is"), "= =", "Write `is`.", "请写 `is`。"),
    (At::Word("is"), "=|==", "Write `is`.", "请写 `is`。"),
    (At::Word("is"), "] ~ : ~", "Write `is`.", "请写 `is`。"),
    (At::Word("is"), "[ _ : _ ] over # _", "Write `over {7} {8} [{2}: {4}]`.", "请写 `over {7} {8} [{2}: {4}]`。"),
    (At::Word("is"), "[ _ : _ ] over _", "Write `over {7} [{2}: {4}]`.", "请写 `over {7} [{2}: {4}]`。"),
    (
        At::Word("is"),
        "] over",
        "The window stands before the scope: `expect x over month [shop: us] is 5`.",
        "窗口写在范围之前：`expect x over month [shop: us] is 5`。",
    ),
    (At::Formula, "# -# [ _ : _ ]", "Write `[{4}: {6}] {1}{2}`.", "请写 `[{4}: {6}] {1}{2}`。"),
    (
        At::Formula,
        "# -# ~ [",
        "The scope stands before the period: `[shop: us] {1}{2} 100 USD`.",
        "范围写在周期之前：`[shop: us] {1}{2} 100 USD`。",
    ),
    (At::Formula, "# [ _ : _ ]", "Write `[{3}: {5}] {1}`.", "请写 `[{3}: {5}] {1}`。"),
    (At::Word("score"), "%", "A weight is a number of points of 100: `weight 30`.", "权重是满分 100 中的分数：`weight 30`。"),
    (At::Word("score"), "{", "Write `score { 80% -> 60, 100% -> 100 }`.", "请写 `score { 80% -> 60, 100% -> 100 }`。"),
    (At::Word("weight"), "#", "Write `weight {1}`.", "请写 `weight {1}`。"),
    (At::Word("weight"), ":|=|权重", "Write `weight 30`.", "请写 `weight 30`。"),
    (
        At::Word("attainment"),
        "linear|curve|points|steps|by|from|:|=",
        "Write points: `score { 0% -> 0, 100% -> 100 }` is linear between them, `score attainment { … }` is about the share of the target.",
        "请写出各点：`score { 0% -> 0, 100% -> 100 }`，其间为线性；按目标达成率计分写 `score attainment { … }`。",
    ),
    (At::Word("->"), ":|=", "Write `->` between value and points.", "数值与分数之间写 `->`。"),
    (
        At::Kind,
        "decimal|float|double|real|numeric|int|integer|bigint|long",
        "A number is `number`, a number of things `count`, a share `percent`, an amount `money`.",
        "一般数值用 `number`，件数用 `count`，占比用 `percent`，金额用 `money`。",
    ),
    (
        At::Kind,
        "string|varchar|str|char|nvarchar|enum|category|label|字符串|文本",
        "What numbers are told apart by is `dimension`, what names one thing `id`, any other text `text`.",
        "用于分组的写 `dimension`，标识某物的写 `id`，其他文本写 `text`。",
    ),
    (At::Kind, "bool|boolean|布尔", "Write `flag`.", "请写 `flag`。"),
    (At::Kind, "datetime|timestamp|timestamptz|instant|时间", "Write `time`.", "请写 `time`。"),
    (At::Kind, "day|日期", "Write `date`.", "请写 `date`。"),
    (
        At::Kind,
        "usd|cny|eur|gbp|currency|amount|price|金额",
        "Write `money`; another currency than the ruleset's stands behind it: `money EUR`.",
        "请写 `money`；与规则集不同的货币写在其后：`money EUR`。",
    ),
    (At::Kind, ":", "Write the kind behind the name: `amount money`.", "类型直接写在名称之后：`amount money`。"),
    (At::Word("optional"), ",", "Each field stands on a line of its own.", "每个字段单独一行。"),
    (At::Word("optional"), "null|nullable|?|required", "A field is there unless it is `optional`.", "字段默认必填；可缺的写 `optional`。"),
    (
        At::Word("="),
        "_",
        "Write `=` behind the name: `metric gmv = sum(order.amount)`.",
        "名称之后写 `=`：`metric gmv = sum(order.amount)`。",
    ),
    (
        At::Any,
        "when drops|falls|declines|rises|grows|increases|decreases by",
        "Write `when growth(x) < -20%`, or compare with `mean of x in 8 weeks before`.",
        "请写 `when growth(x) < -20%`，或与 `mean of x in 8 weeks before` 比较。",
    ),
    (At::Any, "median of _ per _", "Write `median({3} per {5})`.", "请写 `median({3} per {5})`。"),
    (At::Any, "mean|avg|average of _ per _", "Write `avg({3} per {5})`.", "请写 `avg({3} per {5})`。"),
    (At::Any, "mean|average|平均|平均值 ( _ per _", "Write `avg({3} per {5})`.", "请写 `avg({3} per {5})`。"),
    (
        At::Any,
        "top|topn|bottom|rank ( # , _ per",
        "Write `rank({5} per shop) <= {3}` as a condition.",
        "请写成条件：`rank({5} per shop) <= {3}`。",
    ),
    (
        At::Formula,
        "avg|average of _",
        "Write `avg(event.field)` over events, `avg({3} per shop)` over shops, `mean of {3} in 8 weeks before` over time.",
        "对事件写 `avg(event.field)`，对店铺写 `avg({3} per shop)`，对过去各期写 `mean of {3} in 8 weeks before`。",
    ),
    (At::Formula, "if|iff|iif|case|when|then|?|如果|若|当|则|否则", IF[0], IF[1]),
    (At::Any, "if|case|如果 _", IF[0], IF[1]),
    (
        At::Any,
        "metric|param ~ = ~",
        "Write a name before it: `metric gmv = sum(order.amount)`.",
        "请在它前面写名称：`metric gmv = sum(order.amount)`。",
    ),
    (At::Formula, "?", IF[0], IF[1]),
    (At::Any, "count|sum distinct _", "Write `distinct(event.field)`.", "请写 `distinct(event.field)`。"),
    (At::Any, "count ( *", "Write the event: `count(order)`.", "请写明事件：`count(order)`。"),
    (
        At::Formula,
        "where|filter|having",
        "A condition stands inside of the brackets: `sum(order.amount where channel = \"ads\")`.",
        "条件写在括号内：`sum(order.amount where channel = \"ads\")`。",
    ),
    (At::Formula, "per|by|each|按|每 day|week|month|quarter|year|天|日|周|月|年", PERIOD[0], PERIOD[1]),
    (At::Formula, "daily|weekly|monthly|quarterly|yearly|annually|每天|每日|每周|每月|每年", PERIOD[0], PERIOD[1]),
    (At::Any, "over ( partition", SCOPE[0], SCOPE[1]),
    (At::Formula, "group by", SCOPE[0], SCOPE[1]),
    (At::Formula, "per|by|按|每", SCOPE[0], SCOPE[1]),
    (At::Any, "sum|count|avg|min|max by|without", SCOPE[0], SCOPE[1]),
    (At::Any, "sum|count|avg|min|max by|without (", SCOPE[0], SCOPE[1]),
    (At::Any, "in|over|for|during|within the last|past|recent|previous # _", "Write `over {4} {5}`.", "请写 `over {4} {5}`。"),
    (At::Any, "in|over|for|during|within last|past|recent|trailing|rolling # _", "Write `over {3} {4}`.", "请写 `over {3} {4}`。"),
    (At::Any, "in|over|for last|past day|week|month|quarter|year", "Write `over previous {3}`.", "请写 `over previous {3}`。"),
    (
        At::Any,
        "in|over|for next|coming|following",
        "Windows look back: of what comes there is no data. What a period will end with says `forecast(x)`.",
        "窗口只看过去：将来还没有数据。预计期末数值请用 `forecast(x)`。",
    ),
    (
        At::Any,
        "in|over|for this|current|the day|week|month|quarter|year",
        "Write `over {3}`: it runs to today.",
        "请写 `over {3}`：截至今天。",
    ),
    (
        At::Any,
        "over # _ ago",
        "Write `{2} {3} before` for the value of that time, `over {2} {3} ending {2} {3} ago` for the window that ended then.",
        "请写 `{2} {3} before`，取当时的数值；`over {2} {3} ending {2} {3} ago` 则取截至当时的窗口。",
    ),
    (At::Any, "over a|an|one|每 day|week|month|quarter|year", "Write `over {3}`.", "请写 `over {3}`。"),
    (At::Any, "over yesterday|昨天|昨日", "Write `over 1 day ending 1 day ago`.", "请写 `over 1 day ending 1 day ago`。"),
    (At::Any, "over today|now|今天|今日", "Write `over day`.", "请写 `over day`。"),
    (At::Any, "over wtd|本周", "Write `over week`: it runs to today.", "请写 `over week`：截至今天。"),
    (At::Any, "over mtd|本月", "Write `over month`: it runs to today.", "请写 `over month`：截至今天。"),
    (At::Any, "over qtd|本季度", "Write `over quarter`: it runs to today.", "请写 `over quarter`：截至今天。"),
    (At::Any, "over ytd|今年", "Write `over year`: it runs to today.", "请写 `over year`：截至今天。"),
    (
        At::Formula,
        "last|past|recent|trailing|rolling|最近|过去|近 # _",
        "Write `x over {2} days`, `weeks` or `hours`.",
        "请写 `x over {2} days`（或 `weeks`、`hours`）。",
    ),
    (At::Formula, "last|previous day|week|month|quarter|year", "Write `x over previous {2}`.", "请写 `x over previous {2}`。"),
    (At::Formula, "this|current day|week|month|quarter|year", "Write `x over {2}`: it runs to today.", "请写 `x over {2}`：截至今天。"),
    (At::Formula, "yesterday|昨天|昨日", "Write `x over 1 day ending 1 day ago`.", "请写 `x over 1 day ending 1 day ago`。"),
    (At::Formula, "today|今天|今日", "Write `x over day`.", "请写 `x over day`。"),
    (At::Formula, "本月|mtd", "Write `x over month`: it runs to today.", "请写 `x over month`：截至今天。"),
    (At::Formula, "今年|ytd", "Write `x over year`: it runs to today.", "请写 `x over year`：截至今天。"),
    (At::Formula, "上月|上个月", "Write `x over previous month`.", "请写 `x over previous month`。"),
    (At::Formula, "去年", "Write `x 1 year before`.", "请写 `x 1 year before`。"),
    (
        At::Formula,
        "rolling|trailing|moving|running|cumulative|滚动|累计",
        "Write `x over 30 days` for today and the 29 days before, `x over month` for the month so far, `x over all time` for everything.",
        "含今天在内的 30 天写 `x over 30 days`，本月累计写 `x over month`，全部累计写 `x over all time`。",
    ),
    (
        At::Any,
        "running|rolling|cumulative|trailing|moving _",
        "Write `x over 30 days`, or `x over month` for the month so far.",
        "请写 `x over 30 days`，本月累计写 `x over month`。",
    ),
    (At::Any, "month|week|quarter|year to", "`over {1}` alone runs from its first day to today.", "只写 `over {1}` 即可：从第一天到今天。"),
    (
        At::Any,
        "days|weeks|months|years rolling|trailing|sliding",
        "Leave `{2}` out: `over 12 months` moves on by itself.",
        "去掉 `{2}` 即可：`over 12 months` 本身会随时间移动。",
    ),
    (
        At::Any,
        "# business|workdays|weekdays|trading|工作日",
        "A window is of whole days: `over 5 days`. Working time is for deadlines: `asked + 2 working days in support`.",
        "窗口按自然日计：`over 5 days`。工作时间用于期限：`asked + 2 working days in support`。",
    ),
    (
        At::Any,
        "[ #d|#h|#m|#w|#s",
        "A window stands behind the number: `x over 7 days`, `x over 24 hours`.",
        "窗口写在数值之后：`x over 7 days`、`x over 24 hours`。",
    ),
    (At::Any, "#d", "Write the unit as a word: `days`.", "请把单位写全：`days`。"),
    (At::Any, "#h", "Write the unit as a word: `hours`.", "请把单位写全：`hours`。"),
    (At::Any, "#w", "Write the unit as a word: `weeks`.", "请把单位写全：`weeks`。"),
    (
        At::Any,
        "#m|#min",
        "Write the unit as a word: `minutes`, or `months` in a window.",
        "请把单位写全：分钟为 `minutes`，窗口中的月为 `months`。",
    ),
    (At::Any, "#k|#m", "Write the number out: `10_000`.", "请把数字写全：`10_000`。"),
    (At::Any, "# 天|日", "Write `{1} days`.", "请写 `{1} days`。"),
    (At::Formula, "week|month|quarter|year over|on|vs", GROWTH[0], GROWTH[1]),
    (At::Formula, "yoy|wow|mom|qoq|vs|versus|同比|环比", GROWTH[0], GROWTH[1]),
    (
        At::Any,
        "top|bottom # _",
        "Write `rank(x per shop) <= {2}` as a condition; reports and queries sort scopes by themselves.",
        "请写成条件：`rank(x per shop) <= {2}`；报表和查询会自行排序。",
    ),
    (
        At::Formula,
        "as percent|percentage|pct|%|百分比",
        "A ratio of two numbers of one unit is a percent by itself: `a / b`. Other numbers become one with `percent(x)`.",
        "同单位两数之比本身就是百分比：`a / b`。其他数值用 `percent(x)` 转换。",
    ),
    (At::Any, "_ between _ and _", "Write `{1} >= {3} and {1} <= {5}`.", "请写 `{1} >= {3} and {1} <= {5}`。"),
    (At::Formula, "between|介于", "Write `x >= 1 and x <= 5`.", "请写 `x >= 1 and x <= 5`。"),
    (At::Formula, "like|contains|matches|regexp|~|包含", LIKE[0], LIKE[1]),
    (At::Any, "not like|contains", LIKE[0], LIKE[1]),
    (At::Any, "is null|none|nil|empty|missing|空|为空", "Write `is unknown`.", "请写 `is unknown`。"),
    (At::Any, "is not null|none|nil|empty|missing|空", "Write `is not unknown`.", "请写 `is not unknown`。"),
    (At::Any, "is greater|more|higher|above|over", "Write `>`, or `>=` for at least.", "请写 `>`；“至少”写 `>=`。"),
    (At::Any, "is less|lower|below|under|fewer", "Write `<`, or `<=` for at most.", "请写 `<`；“至多”写 `<=`。"),
    (At::Formula, "exceeds|above|超过|大于|高于", "Write `>`.", "请写 `>`。"),
    (At::Formula, "under|below|小于|低于", "Write `<`.", "请写 `<`。"),
    (At::Formula, "at least", "Write `>=`.", "请写 `>=`。"),
    (At::Formula, "at most", "Write `<=`.", "请写 `<=`。"),
    (At::Formula, "equals|等于", "Write `=`.", "请写 `=`。"),
    (At::Formula, "并且|且|和|与", "Write `and`.", "请写 `and`。"),
    (At::Formula, "或|或者", "Write `or`.", "请写 `or`。"),
    (At::Any, "in [|{", "The values stand in round brackets: `in (\"a\", \"b\")`.", "各值写在圆括号内：`in (\"a\", \"b\")`。"),
    (At::Any, "'", "Texts stand in double quotes: `\"ads\"`.", "文本使用双引号：`\"ads\"`。"),
    (At::Any, "`", "Texts stand in double quotes: `\"ads\"`; names stand alone.", "文本使用双引号：`\"ads\"`；名称不加引号。"),
    (At::Any, "$ #", "Write the currency behind the number: `{2} USD`.", "货币写在数字之后：`{2} USD`。"),
    (At::Any, "¥|￥ #", "Write the currency behind the number: `{2} CNY`.", "货币写在数字之后：`{2} CNY`。"),
    (At::Any, "€ #", "Write the currency behind the number: `{2} EUR`.", "货币写在数字之后：`{2} EUR`。"),
    (At::Any, "£ #", "Write the currency behind the number: `{2} GBP`.", "货币写在数字之后：`{2} GBP`。"),
    (At::Any, "usd|cny|eur|gbp|jpy|hkd|vnd|thb #", "Write the currency behind the number: `{2} {1}`.", "货币写在数字之后：`{2} {1}`。"),
    (At::Any, "# dollar|dollars|bucks|美元|美金", "Write `{1} USD`.", "请写 `{1} USD`。"),
    (At::Any, "# rmb|yuan|元|块|人民币", "Write `{1} CNY`.", "请写 `{1} CNY`。"),
    (At::Any, "# 千", "Write all digits: 3千 is `3_000`.", "请把数字写全：3千写作 `3_000`。"),
    (At::Any, "# 万", "Write all digits: 100万 is `1_000_000`.", "请把数字写全：100万写作 `1_000_000`。"),
    (At::Any, "# 亿", "Write all digits: 1亿 is `100_000_000`.", "请把数字写全：1亿写作 `100_000_000`。"),
    (At::Any, "# , ### , ###", "Write `{1}_{3}_{5}`: digits are grouped with `_`.", "请写 `{1}_{3}_{5}`：数字分组用 `_`。"),
    (At::Any, "# , ###", "Write `{1}_{3}`: digits are grouped with `_`.", "请写 `{1}_{3}`：数字分组用 `_`。"),
    (At::Any, "# % of", "Write `{1}% *`.", "请写 `{1}% *`。"),
    (At::Formula, "^", "There are no powers: write `x * x`.", "没有乘方：请写 `x * x`。"),
    (At::Any, "* *", "There are no powers: write `x * x`.", "没有乘方：请写 `x * x`。"),
    (At::Formula, "mod|%", "There are no remainders; a percent is a literal such as `5%`.", "没有取余；百分比是 `5%` 这样的字面量。"),
    (At::Formula, "offset|lag|shift|lagged", "Write `x 7 days before` or `previous(x)`.", "请写 `x 7 days before` 或 `previous(x)`。"),
    (At::Any, "# day|days|week|weeks|month|months|year|years ago|earlier|back|prior", "Write `{1} {2} before`.", "请写 `{1} {2} before`。"),
    (
        At::Any,
        "select|from|sum _ from",
        "Write the aggregate alone: `sum(event.field where …)`.",
        "只写聚合本身：`sum(event.field where …)`。",
    ),
    (At::Any, "select|选择 _", "Write the aggregate alone: `sum(event.field where …)`.", "只写聚合本身：`sum(event.field where …)`。"),
    (At::Any, "sum|avg|min|max|total _ of|from|in _", "Write `sum({4}.{2})`.", "请写 `sum({4}.{2})`。"),
    (At::Any, "count|number of _", "Write `count({3 event})`: events are counted.", "请写 `count({3 event})`：计数的对象是事件。"),
    (
        At::Any,
        "share|ratio|percentage of _",
        "Write `{3} / {3} across shop`: the own part over that of all shops.",
        "请写 `{3} / {3} across shop`：本店铺占全部店铺的份额。",
    ),
    (At::Any, "/ total _", "Write `/ {3} across shop`: the value of all shops.", "请写 `/ {3} across shop`：全部店铺的数值。"),
    (At::Any, "sum|avg|max|min|total of _", "Write `sum(event.field)`.", "请写 `sum(event.field)`。"),
    (
        At::Formula,
        "平均|平均值|均值",
        "Write `avg(event.field)`; a mean of ratios of shops is `avg(x per shop)`.",
        "请写 `avg(event.field)`；各店铺数值的平均写 `avg(x per shop)`。",
    ),
    (At::Formula, "求和|合计|总和|总计", "Write `sum(event.field)`.", "请写 `sum(event.field)`。"),
    (At::Formula, "计数|数量|个数|次数", "Write `count(event)`.", "请写 `count(event)`。"),
    (At::Formula, "去重|去重计数", "Write `distinct(event.field)`.", "请写 `distinct(event.field)`。"),
    (At::Formula, "最大|最大值", "Write `max(event.field)`.", "请写 `max(event.field)`。"),
    (At::Formula, "最小|最小值", "Write `min(event.field)`.", "请写 `min(event.field)`。"),
    (At::Formula, "中位数", "Write `median(event.field)`.", "请写 `median(event.field)`。"),
    (At::Formula, "其中", "Write `where` inside of the brackets.", "请在括号内写 `where`。"),
    (At::Any, ";", "A line ends by itself: leave `;` out.", "每行自动结束：请去掉 `;`。"),
    (
        At::Any,
        "notify by|via|to|with _",
        "Write `notify name` with the name of a channel alone; where it goes is set up with the endpoints.",
        "只写 `notify 渠道名`；发往哪里在通知端点中设置。",
    ),
    (At::Any, "when below|under|lower|less # _", "Write `when < {3} {4}`.", "请写 `when < {3} {4}`。"),
    (At::Any, "when below|under|lower|less _", "Write `when < {3}`.", "请写 `when < {3}`。"),
    (At::Any, "when above|exceeds|greater|more # _", "Write `when > {3} {4}`.", "请写 `when > {3} {4}`。"),
    (At::Any, "when above|exceeds|greater|more _", "Write `when > {3}`.", "请写 `when > {3}`。"),
    (
        At::Any,
        "so far for",
        "`so far` judges the period to date at once: leave `for` out, or `so far`.",
        "`so far` 即刻判断本期至今：请去掉 `for` 或 `so far`。",
    ),
    (At::Any, "during|lasting|since # _", FOR[0], FOR[1]),
    (At::Any, "# days|weeks|times in a row|succession", FOR[0], FOR[1]),
    (At::Any, "# times|consecutive|straight|连续", FOR[0], FOR[1]),
    (At::Formula, "consecutive|consecutively|连续|持续", FOR[0], FOR[1]),
    (
        At::Any,
        "per _ over",
        "The window stands before `per`: `on gmv over day per shop`.",
        "窗口写在 `per` 之前：`on gmv over day per shop`。",
    ),
    (At::Formula, "# :|=", "Write period and amount side by side: `2026 3_600_000 USD`.", "周期与数额并列书写：`2026 3_600_000 USD`。"),
];

/// What is written instead of a function of another language.
pub fn function(name: &str) -> Option<Words> {
    let (_, en, zh) = FUNCTIONS.iter().find(|(names, ..)| names.split('|').any(|one| one.eq_ignore_ascii_case(name)))?;
    Some(Words::new(*en, *zh))
}

/// The functions of other languages.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "average|mean|averagea",
        "Write `avg(event.field)`; a mean of the values of shops is `avg(x per shop)`.",
        "请写 `avg(event.field)`；各店铺数值的平均写 `avg(x per shop)`。",
    ),
    ("if|iif|ifs|iff|switch|case|choose", IF[0], IF[1]),
    (
        "sumif|sumifs|sum_if|countif|countifs|count_if",
        "Write the condition into the brackets: `sum(order.amount where channel = \"ads\")`, `count(order where late)`.",
        "条件写在括号内：`sum(order.amount where channel = \"ads\")`、`count(order where late)`。",
    ),
    (
        "averageif|averageifs|avgif|avg_if",
        "Write the condition into the brackets: `avg(order.amount where channel = \"ads\")`.",
        "条件写在括号内：`avg(order.amount where channel = \"ads\")`。",
    ),
    (
        "maxif|maxifs",
        "Write the condition into the brackets: `max(order.amount where channel = \"ads\")`.",
        "条件写在括号内：`max(order.amount where channel = \"ads\")`。",
    ),
    (
        "minif|minifs",
        "Write the condition into the brackets: `min(order.amount where channel = \"ads\")`.",
        "条件写在括号内：`min(order.amount where channel = \"ads\")`。",
    ),
    ("nullif", "Divide by the number as it is: by 0 the result is unknown.", "请直接相除：除以 0 时结果为未知。"),
    (
        "coalesce|ifnull|nvl|isnull|iferror|ifna|zeroifnull|if_error",
        "Write `x else 0`: it stands in for what is unknown.",
        "请写 `x else 0`：未知时取该值。",
    ),
    (
        "countd|count_distinct|countdistinct|uniq|unique|dcount|distinctcount|nunique",
        "Write `distinct(event.field)`.",
        "请写 `distinct(event.field)`。",
    ),
    ("counta|countrows|rows|n", "Write `count(event)`.", "请写 `count(event)`。"),
    (
        "total|summe|sumx|sumproduct|running_total|runningtotal|cumsum|cumulative",
        "Write `sum(event.field)`, with a product inside if need be; a window behind it makes it run: `x over month`.",
        "请写 `sum(event.field)`，括号内可用乘积；累计请在其后写窗口：`x over month`。",
    ),
    (
        "rolling|moving_average|movingaverage|sma|avg_over_time|sum_over_time|datesinperiod",
        "Write a window behind the number: `x over 30 days`.",
        "窗口写在数值之后：`x over 30 days`。",
    ),
    (
        "mtd|totalmtd|month_to_date|qtd|totalqtd|ytd|totalytd|wtd|datesytd",
        "Write `x over month`, `x over quarter` or `x over year`: they run to today.",
        "请写 `x over month`、`x over quarter` 或 `x over year`：截至今天。",
    ),
    ("yoy|wow|mom|qoq|growth_rate|pct_change|change|sameperiodlastyear|delta", GROWTH[0], GROWTH[1]),
    (
        "lag|lead|prev|offset|dateadd|previousmonth|parallelperiod|shift",
        "Write `previous(x)`, `x 1 month before` or `x 1 year before`.",
        "请写 `previous(x)`、`x 1 month before` 或 `x 1 year before`。",
    ),
    (
        "rate|irate|increase|derivative|deriv",
        "Events are counted as they are: `count(order) over 5 minutes`, or `sum(order.units) over 1 hour`.",
        "事件直接计数：`count(order) over 5 minutes`，或 `sum(order.units) over 1 hour`。",
    ),
    (
        "top|topn|topk|bottomk|large|small|dense_rank|row_number|rankx",
        "Write `rank(x per shop)`; as a condition `rank(x per shop) <= 10`.",
        "请写 `rank(x per shop)`；作为条件写 `rank(x per shop) <= 10`。",
    ),
    (
        "p50|p75|p90|p95|p99|percentile_cont|quantile_cont|approx_quantile|histogram_quantile|perc|percentilex",
        "Write `quantile(event.field, 95%)`.",
        "请写 `quantile(event.field, 95%)`。",
    ),
    (
        "sqrt|power|pow|log|ln|exp|log10",
        "There are no powers, roots and logarithms. Curves are drawn by points: `curve(x, 0 -> 0, 100 -> 10)`.",
        "没有乘方、开方和对数。曲线用点描述：`curve(x, 0 -> 0, 100 -> 10)`。",
    ),
    (
        "stddev|stdev|std|stddev_pop|stddev_samp|variance|var|mad|zscore",
        "Write `deviation of x in 8 weeks before`: how far earlier values lie from their median.",
        "请写 `deviation of x in 8 weeks before`：过去数值偏离中位数的程度。",
    ),
    (
        "div|divide|safe_divide|ratio|div0",
        "Write `a / b`: by 0 it is unknown, and `else` says what stands in.",
        "请写 `a / b`：除以 0 时为未知，替代值用 `else`。",
    ),
    ("int|trunc|truncate|rounddown", "Write `floor(x)`.", "请写 `floor(x)`。"),
    ("ceiling|roundup", "Write `ceil(x)`.", "请写 `ceil(x)`。"),
    (
        "vlookup|hlookup|xlookup|lookup|index|match",
        "Write the values as a `table` and look them up: `fees[platform].rate`.",
        "请把数据写成 `table`，再查找：`fees[platform].rate`。",
    ),
    (
        "datediff|date_diff|timestampdiff|dateadd|networkdays|date_sub",
        "Times are subtracted: `shipped - placed`; working time is `working time from placed to shipped in support`.",
        "时间直接相减：`shipped - placed`；工作时间写 `working time from placed to shipped in support`。",
    ),
    (
        "today|current_date|getdate|sysdate|now",
        "A window ends today by itself: `x over 7 days`. In an entity `now` is the time.",
        "窗口自动截至今天：`x over 7 days`。在实体中用 `now` 表示当前时间。",
    ),
    ("left|right|substring|substr|lower|upper|concat|trim|contains|like|regexp_match|startswith|starts_with", LIKE[0], LIKE[1]),
    ("and|or", "Write it between the conditions: `a and b`, `a or b`.", "写在条件之间：`a and b`、`a or b`。"),
    (
        "平均|平均值|均值",
        "Write `avg(event.field)`; a mean of the values of shops is `avg(x per shop)`.",
        "请写 `avg(event.field)`；各店铺数值的平均写 `avg(x per shop)`。",
    ),
    ("求和|合计|总和", "Write `sum(event.field)`.", "请写 `sum(event.field)`。"),
    ("计数|数量", "Write `count(event)`.", "请写 `count(event)`。"),
    ("如果", IF[0], IF[1]),
];
