//! SY13xx: calendars, working time, named events, schedules and zones.

use super::codes;

codes! {
    /// A calendar that nothing declares.
    UNKNOWN_CALENDAR = "SY1301" Error { en: "no calendar is called `{name}`", zh: "没有名为 `{name}` 的日历", help_en: "Declared calendars: {known}.", help_zh: "已声明的日历：{known}。" }
    /// A calendar without a line that it needs.
    CALENDAR_LACKS = "SY1302" Error { en: "calendar `{name}` lacks the line `{line}`", zh: "日历 `{name}` 缺少 `{line}` 行", help_en: "Add, for example, `{example}`.", help_zh: "请加一行，例如 `{example}`。" }
    /// Hours that are none.
    WORK_HOURS = "SY1303" Error { en: "working hours lie within one day, from 00:00 to 24:00, and end after they begin", zh: "工作时间须在同一天内（00:00 至 24:00），且结束晚于开始", help_en: "Write, for example, `work monday to friday 09:00 to 18:00`; work past midnight is written as two lines.", help_zh: "例如写 `work monday to friday 09:00 to 18:00`；跨午夜的工作时间请分两行写。" }
    /// Days that end before they begin.
    DATES_ORDER = "SY1304" Error { en: "the last day lies before the first", zh: "最后一天早于第一天", help_en: "Write the earlier day first: `2026-02-16 to 2026-02-22`.", help_zh: "请把较早的日期写在前面：`2026-02-16 to 2026-02-22`。" }
    /// Days outside those that a calendar covers.
    NOT_COVERED = "SY1305" Error { en: "the calendar covers {from} to {until} only", zh: "该日历只覆盖 {from} 至 {until}", help_en: "Correct the date, or let `covers` reach further once all holidays up to there are listed.", help_zh: "请更正日期；若其间的节假日都已列出，可扩大 `covers` 的范围。" }
    /// A day that is worked and is not.
    CLOSED_AND_OPEN = "SY1306" Error { en: "{day} cannot be both closed and open", zh: "{day} 不能既休息又上班", help_en: "Take it out of `closed` or `open`.", help_zh: "请从 `closed` 或 `open` 中去掉它。" }
    /// Working time of what is no time.
    WORK_TIMES = "SY1307" Error { en: "working time is counted from a time, and this is {unit}", zh: "工作时间须从时刻算起，而这是 {unit}", help_en: "Use a field of type `time`, such as `placed`, or the `time` of an event.", help_zh: "请使用 `time` 类型的字段，或事件的 `time`。" }
    /// Working time that would change with every instant.
    WORK_NOW = "SY1308" Error { en: "working time cannot be counted from or to `now`", zh: "不能以 `now` 为工作时间的起点或终点", help_en: "Compare `now` with a deadline: `now > asked + 4 working hours in support`.", help_zh: "请把 `now` 与截止时间比较：`now > asked + 4 working hours in support`。" }
    /// A span of working time that is out of bounds.
    WORK_AMOUNT = "SY1309" Error { en: "a deadline lies 1 to {limit} working days ahead", zh: "截止时间须在 1 至 {limit} 个工作日之后", help_en: "Write, for example, `placed + 2 working days in us_market`.", help_zh: "例如写 `placed + 2 working days in us_market`。" }
    /// A span of working time that is not added to a time.
    WORK_SPAN_PLACE = "SY1310" Error { en: "working days and hours are added to a time", zh: "工作日与工作小时须加在时刻之后", help_en: "Write the time before it: `placed + 2 working days in us_market`.", help_zh: "请在前面写时刻：`placed + 2 working days in us_market`。" }
    /// Working time outside of rows.
    WORK_PLACE = "SY1311" Error { en: "working time is counted for each event or thing: inside an aggregate or an entity", zh: "工作时间按每个事件或实体计算，须写在聚合或实体之内", help_en: "Write, for example, `quantile(working time from chat.asked to chat.answered in support, 90%)`.", help_zh: "例如写 `quantile(working time from chat.asked to chat.answered in support, 90%)`。" }
    /// A schedule that never comes.
    SCHEDULE = "SY1313" Error { en: "no such day or time comes", zh: "没有这样的日期或时间", help_en: "Write, for example, `evaluated every monday at 06:00`, `evaluated every month on 20` or `evaluated every day at 23:30`.", help_zh: "例如写 `evaluated every monday at 06:00`、`evaluated every month on 20` 或 `evaluated every day at 23:30`。" }
    /// A named event that nothing declares.
    UNKNOWN_OCCASION = "SY1314" Error { en: "no occasion is called `{name}`", zh: "没有名为 `{name}` 的活动", help_en: "Declared occasions: {known}.", help_zh: "已声明的活动：{known}。" }
    /// A named event without days.
    OCCASION_EMPTY = "SY1315" Error { en: "occasion `{name}` never comes", zh: "活动 `{name}` 没有日期", help_en: "Write the days of each time on a line: `2026-06-23 to 2026-06-26`.", help_zh: "请逐行写每次活动的日期：`2026-06-23 to 2026-06-26`。" }
    /// Days of a named event that are not in order.
    OCCASION_ORDER = "SY1316" Error { en: "these days do not lie after those of the line before", zh: "这些日期没有晚于上一行", help_en: "Write the times of an occasion in order, apart from one another.", help_zh: "请按时间顺序写各次活动，且互不重叠。" }
    /// A year without the named event.
    OCCASION_YEAR = "SY1317" Error { en: "no `{name}` begins in {year}", zh: "{year} 年没有 `{name}`", help_en: "Add its days to the occasion, or name another year.", help_zh: "请在活动中加上该年的日期，或写其他年份。" }
    /// Zones of a dimension that rows do not tell themselves.
    ZONES_ABOVE = "SY1318" Error { en: "`{dimension}` lies above `{below}`: who belongs to it changes, and with it no event changes its day", zh: "`{dimension}` 是 `{below}` 的上级：归属会变，而事件所在的日期不随之改变", help_en: "Write the zones by `{below}`: `timezone by {below}`.", help_zh: "请按 `{below}` 写时区：`timezone by {below}`。" }
    /// An interval of a level without a multiplier.
    FORECAST_LEVEL = "SY1319" Error { en: "the level of an interval is 50%, 80%, 90%, 95% or 99%", zh: "区间的置信水平须为 50%、80%、90%、95% 或 99%", help_en: "Write, for example, `forecast_low(gmv, 95%)`; without a level it is 80%.", help_zh: "例如写 `forecast_low(gmv, 95%)`；不写水平时为 80%。" }
    /// A calendar of which nothing is known soon.
    CALENDAR_ENDS = "SY1312" Warning { en: "nothing is known of calendar `{name}` after {last}, and today is {today}: deadlines beyond it are unknown", zh: "日历 `{name}` 只到 {last}，今天是 {today}：之后的截止时间均为未知", help_en: "List the holidays that follow and let `covers` reach further.", help_zh: "请列出之后的节假日，并扩大 `covers` 的范围。" }
}
