//! SY16xx: mistakes in what watches scores, and in what holds scores and alerts back.

use super::codes;

codes! {
    // Scores in formulas ----------------------------------------------------------------------------------------
    /// A score where none is read.
    SCORE_PLACE = "SY1601" Error { en: "`{function}` is read in alerts and in the conditions of scorecards only", zh: "`{function}` 只能用于预警以及记分卡的条件", help_en: "A metric knows no scorecard. In a test write `expect score …` or `expect grade …`.", help_zh: "指标不能引用记分卡。测试中请写 `expect score …` 或 `expect grade …`。" }
    /// A score of something that is no scorecard's name.
    SCORE_OF = "SY1602" Error { en: "`{function}` takes the name of a scorecard", zh: "`{function}` 需要一个记分卡名", help_en: "For example `{function}(shop_manager)`.", help_zh: "例如 `{function}(shop_manager)`。" }
    /// A score at another scope than its card's.
    SCORE_SCOPE = "SY1603" Error { en: "scorecard `{name}` is made {own}, and is read {wanted} here", zh: "记分卡 `{name}` 的范围是{own}，此处却按{wanted}读取", help_en: "A score is read at the scope of its card: write the same `per` here.", help_zh: "得分只能在该记分卡的范围内读取：请在此处写相同的 `per`。" }
    /// A score over a window that is none of its card's periods.
    SCORE_PERIOD = "SY1604" Error { en: "scorecard `{name}` is made every {grain}, and is read over something else here", zh: "记分卡 `{name}` 的周期是 {grain}，此处的窗口与之不符", help_en: "Write `over {grain}` for the running period, or `over previous {grain}` for the last one that is over.", help_zh: "当前周期请写 `over {grain}`，已结束的上一周期请写 `over previous {grain}`。" }
    /// Scorecards that read one another.
    SCORE_CYCLE = "SY1605" Error { en: "scorecards need one another: {cycle}", zh: "记分卡互相引用：{cycle}", help_en: "Let one of them do without the others.", help_zh: "请让其中一个不依赖其他记分卡。" }
    /// Scorecards on scorecards without end.
    SCORE_DEEP = "SY1606" Error { en: "scorecard `{name}` stands on more than {limit} levels of scorecards", zh: "记分卡 `{name}` 的嵌套超过 {limit} 层", help_en: "Let it read metrics, or fewer scorecards.", help_zh: "请直接使用指标，或减少中间记分卡。" }
    /// `for 0 months`
    PERIODS_COUNT = "SY1607" Error { en: "`for … months` counts whole periods: at least 1 and at most {limit}", zh: "`for … months` 按完整周期计数：至少 1 个，最多 {limit} 个", help_en: "Write, for example, `for 3 months`.", help_zh: "例如写 `for 3 months`。" }
    /// `clear for 2 months`
    CLEAR_PERIODS = "SY1608" Error { en: "an alert clears after a time without a break; periods are not counted here", zh: "预警须在不间断的一段时间后解除，此处不能按周期计数", help_en: "Without `clear` it ends when the last period that is over was a good one.", help_zh: "不写 `clear` 时，只要最近结束的周期达标，预警即解除。" }
    // Windows that depend on a volume ---------------------------------------------------------------------------
    /// `over 3 months ending 7 days ago`
    ENDING_UNIT = "SY1609" Error { en: "a window of {grain}s ends some {grain}s ago, not some other time", zh: "以 {grain} 计的窗口只能以 {grain} 计算截止时间", help_en: "Write, for example, `over 3 {grain}s ending 1 {grain} ago`, which is `over previous 3 {grain}s`; or give the length in days.", help_zh: "例如写 `over 3 {grain}s ending 1 {grain} ago`（即 `over previous 3 {grain}s`），或用天数表示长度。" }
    /// `over 0 months`, `over 40 months`
    PERIODS_MANY = "SY1610" Error { en: "a window has at least 1 {grain} and reaches back at most {limit}", zh: "窗口至少 1 个 {grain}，最多回溯 {limit} 个", help_en: "Write, for example, `over 3 months` or `over previous 3 months`.", help_zh: "例如写 `over 3 months` 或 `over previous 3 months`。" }
    /// `over 3 months if … else 3 months`
    SAME_WINDOW = "SY1611" Error { en: "both windows are the same: the volume decides nothing", zh: "两个窗口相同：业务量不起作用", help_en: "Write the second window behind `else`, or leave `if … else …` out.", help_zh: "请在 `else` 之后写另一个窗口，或去掉 `if … else …`。" }
    // Inhibition ------------------------------------------------------------------------------------------------
    /// `inhibited by` something that is no alert.
    UNKNOWN_ALERT = "SY1612" Error { en: "no alert is called `{name}`", zh: "没有名为 `{name}` 的预警", help_en: "Declared alerts: {known}.", help_zh: "已声明的预警：{known}。" }
    /// Alerts that keep one another from being told.
    INHIBITED_CIRCLE = "SY1613" Error { en: "alerts inhibit one another: {cycle}", zh: "预警互相抑制：{cycle}", help_en: "If both fired, nobody would be told of either. Leave one of the lines out.", help_zh: "两者同时触发时将无人得到通知。请去掉其中一行。" }
    /// `inhibited by account_down on sku`, and one of the two has no SKU.
    INHIBITED_ON = "SY1614" Error { en: "`{own}` and `{other}` are not both told per {name}", zh: "`{own}` 与 `{other}` 并非都按 {name} 区分", help_en: "Name dimensions of the `per` of both alerts, or leave `on` out: then all that both have must agree.", help_zh: "请写两个预警的 `per` 中都有的维度；或不写 `on`，此时两者共有的维度都须一致。" }
    // Holds in working time -------------------------------------------------------------------------------------
    /// `clear for 4 working hours in us_market`
    WORKING_HOLD = "SY1615" Error { en: "an alert clears after elapsed time; working time is not counted here", zh: "预警按实际经过的时间解除，此处不能按工作时间计", help_en: "Write, for example, `clear when … for 6 hours`. The line of a severity may stand for working time.", help_zh: "例如写 `clear when … for 6 hours`。各级别的行可以按工作时间计。" }
    /// A score of a card with a schedule, read by something with another one.
    SCORE_SCHEDULE = "SY1656" Error { en: "scorecard `{name}` is looked at by a schedule, and what reads it here by none or by another", zh: "记分卡 `{name}` 按时间表判断，而此处没有时间表或时间表不同", help_en: "Write `{own}` here too; an alert may leave it out.", help_zh: "请在此处也写 `{own}`；预警可以省略。" }
    // Coverage --------------------------------------------------------------------------------------------------
    /// `coverage(ad_day.spend)`
    COVERAGE_OF = "SY1646" Error { en: "`coverage` is of an event: it asks on which days any came", zh: "`coverage` 针对事件：它衡量有事件的天数", help_en: "Write, for example, `coverage(ad_day)`, `coverage(ad_day where spend > 0 USD)` or `coverage(ad_day per shop)`.", help_zh: "例如写 `coverage(ad_day)`、`coverage(ad_day where spend > 0 USD)` 或 `coverage(ad_day per shop)`。" }

    // Params in scorecards ----------------------------------------------------------------------------------------
    /// A param in place of points or of a weight that is no plain number.
    STATED_UNIT = "SY1680" Error { en: "`{name}` is {unit}, and points, weights, limits and coefficients are plain numbers", zh: "`{name}` 的类型是 {unit}，而分数、权重、下限和系数都是纯数字", help_en: "Declare it as a number: `param {name} = 30`.", help_zh: "请声明为数字：`param {name} = 30`。" }
}
