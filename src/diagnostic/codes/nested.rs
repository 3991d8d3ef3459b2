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
}
