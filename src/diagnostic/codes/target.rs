//! SY09xx: mistakes in targets, and in formulas that compare with targets and with the past.

use super::codes;

codes! {
    /// A formula about the target of a metric that has none.
    NO_TARGET = "SY0901" Error { en: "`{name}` has no target", zh: "`{name}` 没有目标", help_en: "Declare it: `target {name} { 2026 1_000 USD }`.", help_zh: "请声明目标：`target {name} { 2026 1_000 USD }`。" }
    /// A function of targets that is not given a metric.
    TARGET_OF = "SY0902" Error { en: "`{function}` takes the name of a metric", zh: "`{function}` 需要一个指标名", help_en: "Give the formula a name: `metric x = …`, then `{function}(x)`.", help_zh: "请先给公式命名：`metric x = …`，再写 `{function}(x)`。" }
    /// A function that needs parts that add up.
    NOT_ADDING_UP = "SY0903" Error { en: "`{name}` does not add up over time, so `{what}` has no meaning", zh: "`{name}` 不能按时间累加，`{what}` 没有意义", help_en: "Sums and counts add up; of ratios, averages and last values every part is expected to be as the whole.", help_zh: "求和与计数可以累加；比率、平均值与末值的每一部分都应达到整体的目标。" }
    /// An amount in another unit than its metric.
    TARGET_UNIT = "SY0904" Error { en: "the target is {right}, but `{name}` is {left}", zh: "目标的单位是 {right}，而 `{name}` 是 {left}", help_en: "Write the amount in {left}.", help_zh: "请用 {left} 写数额。" }
    /// A target without a line.
    TARGET_EMPTY = "SY0905" Error { en: "target `{name}` has no amount", zh: "目标 `{name}` 没有数额", help_en: "Write a line such as `2026 3_600_000 USD`.", help_zh: "请写一行，例如 `2026 3_600_000 USD`。" }
    /// Two lines about the same time.
    TARGET_OVERLAP = "SY0906" Error { en: "two lines speak of the same days at the same scope", zh: "有两行针对同一范围的同一段时间", help_en: "Keep one of them; a revision repeats the period and says from when it counts: `2026 4_000_000 USD from 2026-07-01`.", help_zh: "请保留其中一行；修订应写相同的周期并注明生效日：`2026 4_000_000 USD from 2026-07-01`。" }
    /// A dimension that the target does not have.
    TARGET_DIMENSION = "SY0907" Error { en: "the target is not per {name}", zh: "该目标没有按 {name} 划分", help_en: "Add it to `per`: `target … per {name}`.", help_zh: "请加到 `per` 中：`target … per {name}`。" }
    /// Lines of equal rank that may both be meant.
    TARGET_AMBIGUOUS = "SY0908" Error { en: "this line and another one can both be meant, and neither names more than the other", zh: "该行与另一行可能同时适用，且都不比对方更具体", help_en: "Let one of them name all dimensions of both.", help_zh: "请让其中一行写明双方的全部维度。" }
    /// Weights that do not fit the period.
    SPLIT_COUNT = "SY0909" Error { en: "{period} has {wanted} parts of this length, and there are {found} weights", zh: "{period} 有 {wanted} 个该长度的部分，而权重有 {found} 个", help_en: "Write one weight for each part, in order.", help_zh: "请按顺序给每一部分写一个权重。" }
    /// Splits out of order.
    SPLIT_ORDER = "SY0910" Error { en: "a split comes after one into longer parts", zh: "拆分须从长周期到短周期", help_en: "List the splits from the longest parts to the shortest: `split quarter …`, then `split month …`.", help_zh: "请从长到短排列：先 `split quarter …`，再 `split month …`。" }
    /// Weights or shares that say nothing.
    NO_WEIGHT = "SY0911" Error { en: "the weights add up to nothing", zh: "权重之和为 0", help_en: "At least one of them must be above 0.", help_zh: "至少一个权重须大于 0。" }
    /// A history that is no year, or does not lie before.
    LIKE_YEAR = "SY0912" Error { en: "the history must be a year before the target's periods", zh: "历史须是目标周期之前的某一年", help_en: "Write, for example, `like gmv in 2025`.", help_zh: "例如写 `like gmv in 2025`。" }
    /// An amount that its step does not divide.
    OFF_STEP = "SY0913" Error { en: "the amount is no multiple of the step {step}", zh: "数额不是步长 {step} 的整数倍", help_en: "Parts are multiples of the step, so the whole must be one: change the amount or write a smaller `step`.", help_zh: "各部分都是步长的整数倍，整体也须如此：请修改数额，或写更小的 `step`。" }
    /// A step that is nothing.
    BAD_STEP = "SY0914" Error { en: "the step must be above 0 and in the unit of the target", zh: "步长须大于 0，且与目标单位一致", help_en: "Write, for example, `step 1 USD`.", help_zh: "例如写 `step 1 USD`。" }
    /// A comparison that goes too far back.
    TOO_FAR_BACK = "SY0916" Error { en: "a comparison goes back 1 to {limit} periods", zh: "比较可回溯 1 至 {limit} 个周期", help_en: "Write, for example, `in 8 weeks before` or `1 year before`.", help_zh: "例如写 `in 8 weeks before` 或 `1 year before`。" }
    /// A baseline of baselines.
    NESTED_BASELINE = "SY0919" Error { en: "a baseline cannot be made of baselines", zh: "基线不能由基线构成", help_en: "Make it of the number itself, over more periods.", help_zh: "请直接用该数值，并取更多周期。" }
    /// A limit with or without its comparison.
    BAND_COMPARISON = "SY0917" Error { en: "`steps` says of each limit to which side it belongs, `tiers` and `curve` do not", zh: "`steps` 的每个界限要写明归属，`tiers` 与 `curve` 不写", help_en: "Write `steps(x, > 80% -> 3%)` or `>=`, and `tiers(x, 80 -> 3%)`.", help_zh: "请写 `steps(x, > 80% -> 3%)` 或 `>=`，以及 `tiers(x, 80 -> 3%)`。" }
    /// `above` of what has no end.
    BAND_ABOVE = "SY0918" Error { en: "`{function}` goes on with its last line, so `above` says nothing", zh: "`{function}` 以最后一行延续，`above` 没有意义", help_en: "Delete it, or add a last line.", help_zh: "请删除它，或增加最后一行。" }
    /// A target that is asked for where it never says anything.
    SAYS_NOTHING = "SY0920" Warning { en: "the target of `{name}` says nothing {wanted}, so it is always unknown here: {reason}", zh: "`{name}` 的目标对 {wanted} 没有任何规定，此处总是未知：{reason}", help_en: "{instead}.", help_zh: "{instead}。" }
    /// A period that cannot be read.
    TARGET_PERIOD = "SY0915" Error { en: "`{text}` is no period", zh: "`{text}` 不是周期", help_en: "Write a year, quarter, month, week or day: `2026`, `2026-Q1`, `2026-03`, `2026-W10`, `2026-03-01`.", help_zh: "请写年、季、月、周或日：`2026`、`2026-Q1`、`2026-03`、`2026-W10`、`2026-03-01`。" }
}
