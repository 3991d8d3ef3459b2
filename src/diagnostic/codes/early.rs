//! SY1346–1379: alerts on periods that still run, and notifications that are told together.

use super::codes;

codes! {
    /// `early` where a number may come back.
    EARLY_UNPROVEN = "SY1346" Error { en: "`early` says that this cannot come back before the {grain} is over, and it can: {reason}", zh: "`early` 表示在本周期（{grain}）结束前不会恢复，但它可能恢复：{reason}", help_en: "Leave `early` out and write {instead}: the {grain} is judged when it is over. Or watch a number that only grows, such as a count of rows that stay.", help_zh: "请去掉 `early` 并写 {instead}：周期结束时才判断。或改为只增不减的数值，例如不会被替换的行的计数。" }
    /// `early` without a running period.
    EARLY_PERIOD = "SY1347" Error { en: "`early` speaks of a period that still runs, and this line reads none", zh: "`early` 针对尚未结束的周期，而这一行没有读取这样的周期", help_en: "Write, for example, `over month` behind the subject, or leave `early` out.", help_zh: "请在对象之后写例如 `over month`，或去掉 `early`。" }
    /// `for 3 months early` of a rule over something else.
    EARLY_HOLD = "SY1348" Error { en: "`early` lets the running {grain} count as the last one, and the alert does not look at a {grain}", zh: "`early` 让正在进行的周期（{grain}）计为最后一个，而该预警看的不是这个周期", help_en: "Write `over {grain}` behind the subject, or leave `early` out.", help_zh: "请在对象之后写 `over {grain}`，或去掉 `early`。" }
    /// `so far` without a running period.
    SO_FAR = "SY1349" Error { en: "`so far` speaks of a period that still runs, and this line reads none", zh: "`so far` 针对尚未结束的周期，而这一行没有读取这样的周期", help_en: "Leave `so far` out.", help_zh: "请去掉 `so far`。" }
    /// A line that fires before its period is over, on a number that may come back.
    RECOVERABLE = "SY1350" Warning { en: "this fires while the {grain} still runs, and may come back before it is over: {reason}", zh: "这一行在周期（{grain}）结束前就会触发，而数值还可能恢复：{reason}", help_en: "Write {instead}: the {grain} is judged when it is over. If the number as it stands is what you mean, write `so far` at the end of the line.", help_zh: "请写 {instead}：周期结束时才判断。若要看的就是截至目前的数值，请在行末写 `so far`。" }
    // Notifications that are told together --------------------------------------------------------------------
    /// `group by platform` of an alert that is not told per platform.
    GROUP_BY = "SY1351" Error { en: "alert `{name}` is not told per {dimension}, so nothing can be grouped by it", zh: "预警 `{name}` 不按 {dimension} 区分，无法据此分组", help_en: "Name dimensions of its `per`, or write `group all`: then everything that is due is told together.", help_zh: "请写 `per` 中的维度；或写 `group all`，同时到期的通知合并为一条。" }
    /// `group by shop` of an alert per shop.
    GROUP_ALONE = "SY1352" Error { en: "every alert of `{name}` would be a group of its own", zh: "预警 `{name}` 的每个实例都会自成一组", help_en: "Leave a dimension out of `group by`, or write `group all`.", help_zh: "请从 `group by` 中去掉一个维度，或写 `group all`。" }
}
