//! SY17xx: mistakes in ledgers, cohorts and forced distributions.

use super::codes;

codes! {
    /// An entry whose days do not add up.
    ENTRY_ADDS = "SY1701" Error { en: "what moves a ledger must add up from day to day, and this does not", zh: "台账的变动须能按天累加，而此公式不能", help_en: "Sums and counts add up: `add sum(penalty.points)`. Ratios, averages and last values do not: let them be judged once a period, `… every month`.", help_zh: "求和与计数可以累加，例如 `add sum(penalty.points)`；比率、平均值与末值不能：请按周期判定一次，例如 `… every month`。" }
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
    /// A time that a fold cannot stand near to.
    WITHIN_FIELD = "SY1711" Error { en: "`within` needs a time of `{entity}` that is declared above, and `{name}` is none", zh: "`within` 需要在上方声明的 `{entity}` 的时间字段，而 `{name}` 不是", help_en: "Declare it first: `bought = first order_placed.time`.", help_zh: "请先声明，例如 `bought = first order_placed.time`。" }
    /// A fold within no time, or too long a one.
    WITHIN_LENGTH = "SY1712" Error { en: "`within` takes 1 second to {limit} days", zh: "`within` 可取 1 秒至 {limit} 天", help_en: "Write, for example, `within 90 days after bought`.", help_zh: "例如写 `within 90 days after bought`。" }
    /// Shares that do not make a whole.
    RANK_SHARES = "SY1715" Error { en: "the shares of the grades add up to {sum}, not to 100%", zh: "各等级的份额之和为 {sum}，不是 100%", help_en: "Change a share.", help_zh: "请修改其中一个份额。" }
    /// Peers within what the card is not per.
    RANK_WITHIN = "SY1716" Error { en: "the scorecard is not per {name}, so nobody can be ranked within it", zh: "记分卡没有按 {name} 划分，无法在其中排名", help_en: "Add it to the card: `scorecard … per {name}, …`.", help_zh: "请加到记分卡：`scorecard … per {name}, …`。" }
    /// A second criterion without a direction.
    RANK_TIES = "SY1717" Error { en: "`{name}` does not say whether more is better, so it cannot decide who is ahead", zh: "`{name}` 没有写明越高越好还是越低越好，无法用于判定先后", help_en: "Write `better higher` or `better lower` in its metric.", help_zh: "请在该指标中写 `better higher` 或 `better lower`。" }
    /// A grade by rank in a formula.
    RANK_GRADE = "SY1718" Error { en: "the grades of `{name}` go by rank, and a formula sees one scope only", zh: "`{name}` 的等级按排名分配，而公式只能看到一个范围", help_en: "Compare the score: `score({name}) < 60`.", help_zh: "请比较得分，例如 `score({name}) < 60`。" }
    /// A constant of another unit than the ledger.
    LEDGER_UNIT = "SY1710" Error { en: "this is {right}, but the ledger is {left}", zh: "此处单位是 {right}，而台账是 {left}", help_en: "Write it in {left}.", help_zh: "请用 {left} 写。" }
    /// An entry of a period that looks at other scopes, or at a ledger.
    ENTRY_LOOKS = "SY1750" Error { en: "what a ledger judges once a period is told by events of its own scope, and this looks at other scopes or at a ledger", zh: "台账按周期判定的变动须由本范围的事件给出，而此公式查看其他范围或台账", help_en: "Write sums, counts and ratios of events: `add steps(late_rate, > 4% -> 2) every week`.", help_zh: "请使用事件的求和、计数或比率，例如 `add steps(late_rate, > 4% -> 2) every week`。" }
}
