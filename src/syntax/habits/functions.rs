//! The functions of other languages by their names, and what to say of each where its arguments tell no more.

use super::{GROWTH, IF, LIKE};
use crate::diagnostic::Words;

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
    (
        "month|year|day|weekday|dayofweek|hour|date_trunc|datetrunc|quarter|week|weeknum|eomonth|extract|datepart|to_char|strftime",
        "Rows are not chosen by their period: the window says it, as in `x over month`, and an expectation `in 2026-03`.",
        "不按周期选行：由窗口决定，如 `x over month`；在 expect 中写 `in 2026-03`。",
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
