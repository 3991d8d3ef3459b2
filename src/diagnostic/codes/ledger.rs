//! SY17xx: mistakes in ledgers, cohorts and forced distributions.

use super::codes;

codes! {
    /// An entry whose days do not add up.
    ENTRY_ADDS = "SY1701" Error { en: "what moves a ledger must add up from day to day, and this does not", zh: "台账的变动须能按天累加，而此公式不能", help_en: "Sums and counts add up: `add sum(penalty.points)`. Ratios, averages and last values do not.", help_zh: "求和与计数可以累加，例如 `add sum(penalty.points)`；比率、平均值与末值不能。" }
    /// A ledger that nothing moves.
    LEDGER_EMPTY = "SY1702" Error { en: "nothing moves ledger `{name}`", zh: "台账 `{name}` 没有任何变动", help_en: "Write a line such as `add sum(penalty.points)`.", help_zh: "请写一行，例如 `add sum(penalty.points)`。" }
    /// Bounds that leave nothing.
    LEDGER_BOUNDS = "SY1703" Error { en: "the start {start} lies outside of `at least` and `at most`", zh: "起始值 {start} 不在 `at least` 与 `at most` 之间", help_en: "An account begins within its bounds: change the start or the bound.", help_zh: "账户须从界限之内开始：请修改起始值或界限。" }
    /// An account without its scope.
    LEDGER_SCOPE = "SY1704" Error { en: "`{name}` keeps one account per {dimension}, and {dimension} is not told here", zh: "`{name}` 按 {dimension} 各设一个账户，而此处没有给出 {dimension}", help_en: "Add {dimension} to `per`.", help_zh: "请把 {dimension} 加到 `per` 中。" }
    /// A weekday of a period that has none to choose from.
    RESET_WEEKDAY = "SY1705" Error { en: "`on first {weekday}` needs months, quarters or years", zh: "`on first {weekday}` 只用于月、季、年", help_en: "Write `reset every week`: a week begins on the day that the ruleset names.", help_zh: "请写 `reset every week`：一周从规则集指定的那一天开始。" }
    /// An expiry that is no number of days.
    EXPIRES_DAYS = "SY1706" Error { en: "entries expire after 1 to {limit} whole days", zh: "变动在 1 至 {limit} 个整天后失效", help_en: "Write, for example, `expires after 180 days`.", help_zh: "例如写 `expires after 180 days`。" }
    /// A step that is nothing.
    EACH_STEP = "SY1707" Error { en: "the step of `for each` must be above 0 and in the unit of what is counted", zh: "`for each` 的步长须大于 0，且与所计数量单位一致", help_en: "Write, for example, `add 4 for each 200 of count(order)`.", help_zh: "例如写 `add 4 for each 200 of count(order)`。" }
    /// A decay that is none.
    DECAY_RANGE = "SY1708" Error { en: "a decay is a share above 0% up to 100%, or an amount above 0 in the unit of the ledger", zh: "衰减须为 0% 以上至 100% 的比例，或大于 0 且与台账单位一致的数额", help_en: "Write, for example, `decay 10% every month` or `decay 1 every week`.", help_zh: "例如写 `decay 10% every month` 或 `decay 1 every week`。" }
    /// Two ways to forget at once.
    DECAY_EXPIRES = "SY1709" Error { en: "the entries of a ledger that decays cannot expire as well", zh: "会衰减的台账，其变动不能再设失效", help_en: "What has decayed would be taken back a second time: keep one of the two.", help_zh: "已衰减的部分会被再次扣回：请只保留一种。" }
    /// A constant of another unit than the ledger.
    LEDGER_UNIT = "SY1710" Error { en: "this is {right}, but the ledger is {left}", zh: "此处单位是 {right}，而台账是 {left}", help_en: "Write it in {left}.", help_zh: "请用 {left} 写。" }
}
