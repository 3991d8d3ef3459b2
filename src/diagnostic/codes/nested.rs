//! SY15xx: mistakes in formulas about other scopes, and about levels.

use super::codes;

codes! {
    /// A function that makes nothing of parts.
    PARTS_FUNCTION = "SY1501" Error { en: "`{function}` makes nothing of parts", zh: "`{function}` 不能用于各部分", help_en: "Of parts there are `sum`, `avg`, `min`, `max`, `median`, `quantile`, `count`, and `rank` and `percentile`: `max(late_rate per shop)`.", help_zh: "各部分可以用 `sum`、`avg`、`min`、`max`、`median`、`quantile`、`count`，以及 `rank` 和 `percentile`：`max(late_rate per shop)`。" }
    /// A sum of ratios.
    PARTS_SUM_RATE = "SY1502" Error { en: "the percents of parts do not add up", zh: "各部分的百分比不能相加", help_en: "Write `avg`, `min`, `max` or `median` for what the parts are like; the ratio of the whole is the formula without `per`.", help_zh: "要描述各部分请写 `avg`、`min`、`max` 或 `median`；整体的比率就是不带 `per` 的公式。" }
    /// A rank of something of which nobody knows what is better.
    RANK_BETTER = "SY1503" Error { en: "`{function}` needs to know what is better", zh: "`{function}` 需要知道何者更好", help_en: "Give it a metric that says so: `metric late_rate = … { better lower }`, then `{function}(late_rate per shop)`.", help_zh: "请给它一个写明方向的指标：`metric late_rate = … { better lower }`，再写 `{function}(late_rate per shop)`。" }
    /// A rank without parts.
    RANK_PER = "SY1504" Error { en: "`{function}` does not say among which siblings", zh: "`{function}` 没有写明与哪些同级比较", help_en: "Write, for example, `{function}(late_rate per shop)`.", help_zh: "例如写 `{function}(late_rate per shop)`。" }
    /// A statistic of the readings of a level.
    LEVEL_READINGS = "SY1505" Error { en: "`{name}` is a level: `{function}` would weigh it by how often it was read", zh: "`{name}` 是 level：`{function}` 会按读数次数加权", help_en: "Write `avg`, which is weighted by time, or `min`, `max`, `first`, `last`; `duration({name} > …)` says for how long it was so.", help_zh: "请写按时间加权的 `avg`，或 `min`、`max`、`first`、`last`；`duration({name} > …)` 给出满足条件的时长。" }
    /// The course of a level whose earlier readings are gone.
    LEVEL_REPLACED = "SY1506" Error { en: "the earlier readings of `{name}` are gone: each `{event}` replaces the one before", zh: "`{name}` 之前的读数已不存在：每个 `{event}` 都替换前一个", help_en: "For `{function}`, let readings stand beside one another: leave `replaces by` away, or add the day to its key.", help_zh: "要使用 `{function}`，请保留各次读数：去掉 `replaces by`，或在键中加上日期。" }
    /// The value of an event by a dimension that only memberships say.
    ROW_MEMBERSHIP = "SY1508" Error { en: "`{event}` does not say its {name} by itself: memberships do, and inside of an aggregate only the event is known", zh: "`{event}` 本身不带 {name}：它由归属关系给出，而聚合内部只知道事件本身", help_en: "Let the parts be summed first, each by the memberships of its days: `sum(a * rate[{name}] per {name})`, where `a` is a metric.", help_zh: "请先按归属汇总各部分，再逐一相乘：`sum(a * rate[{name}] per {name})`，其中 `a` 是指标。" }
    /// A duration of something that has none.
    DURATION_OF = "SY1507" Error { en: "`duration` is about a level", zh: "`duration` 只能用于 level", help_en: "Write, for example, `duration(stock.on_hand <= 0)`: for how long it was so.", help_zh: "例如写 `duration(stock.on_hand <= 0)`：满足条件的时长。" }
}
