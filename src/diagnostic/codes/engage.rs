//! SY1910–1949: an engagement from its beginning: what `new` asks, targets that are proposed, reports by schedule.

use super::codes;

codes! {
    /// `new` with roles, but without a library.
    NO_LIBRARY = "SY1910" Error { en: "no folder of packages holds a role, a platform or a category", zh: "没有任何包文件夹包含岗位、平台或品类", help_en: "name the folder of the library: steelyard --package-path rulesets new …", help_zh: "请指明规则库的文件夹：steelyard --package-path rulesets new …" }
    /// A role, platform or category that the library does not have.
    NOT_IN_LIBRARY = "SY1911" Error { en: "the library has no {kind} `{name}`", zh: "规则库中没有{kind} `{name}`", help_en: "it has: {names}", help_zh: "现有：{names}" }
    /// An answer that nobody can be asked for.
    ANSWER_MISSING = "SY1912" Error { en: "`{flag}` is missing, and there is nobody to ask", zh: "缺少 `{flag}`，且无人可问", help_en: "A client's folder needs NAME, --currency, --timezone, --cycle and --level; on a terminal they are asked for.", help_zh: "客户文件夹需要 名称、--currency、--timezone、--cycle 和 --level；在终端上会逐项询问。" }
    /// `--cycle`, `--level` or `--base-pay` without anything that it is about.
    NOTHING_CHOSEN = "SY1913" Error { en: "`{flag}` says how roles are scored, and no role, platform or category is chosen", zh: "`{flag}` 规定如何考核岗位，但没有选择岗位、平台或品类", help_en: "add --role, --platform or --category", help_zh: "请加上 --role、--platform 或 --category" }
    /// A base pay that is no amount.
    BAD_BASE_PAY = "SY1914" Error { en: "`{text}` is no amount of pay", zh: "`{text}` 不是绩效基数", help_en: "write a number above 0 in the currency of the ruleset, such as 3000", help_zh: "请写大于 0 的数（以规则集的货币计），例如 3000" }
    /// A metric that no target can be proposed for.
    NOT_PROPOSED = "SY1915" Error { en: "no target can be proposed for `{name}`", zh: "无法为 `{name}` 提出目标", help_en: "It must be an amount or a number that adds up over time, such as a sum or a count; a rate is agreed, not divided.", help_zh: "它必须是可按时间累加的金额或数量（如求和、计数）；比率由双方商定，不能分解。" }
    /// `--step` that is no amount.
    BAD_STEP = "SY1916" Error { en: "`{text}` is no step", zh: "`{text}` 不是最小单位", help_en: "write a number above 0, such as 100", help_zh: "请写大于 0 的数，例如 100" }
    /// `--growth` that is no percentage.
    BAD_GROWTH = "SY1917" Error { en: "`{text}` is no growth", zh: "`{text}` 不是增长率", help_en: "write a percentage above -100%, such as 10%", help_zh: "请写大于 -100% 的百分数，例如 10%" }
    /// No trend and no growth.
    NO_TREND = "SY1918" Error { en: "the history of `{name}` tells no trend", zh: "`{name}` 的历史数据不足以得出趋势", help_en: "At least three months and the same months a year before are needed; or say the growth: --growth 10%", help_zh: "至少需要三个月及其上年同月的数据；或指定增长：--growth 10%" }
    /// A month that nothing is known of.
    MONTH_UNKNOWN = "SY1919" Error { en: "nothing is known of {month}, and nothing that could stand for it", zh: "{month} 没有数据，也没有可替代的数据", help_en: "A target is proposed from twelve months. Give the events of the whole year before, or of that month two years before and enough months for a trend.", help_zh: "提出目标需要十二个月的数据。请提供上一整年的事件，或两年前同月的事件和足以得出趋势的月份。" }
    /// Scopes without a history.
    NOTHING_TO_GO_BY = "SY1920" Error { en: "no part of `{name}` has a history to divide the whole by", zh: "`{name}` 没有任何部分有可用于分解的历史", help_en: "Leave out --per, or give the events that say to whom what belonged.", help_zh: "请去掉 --per，或提供说明归属的事件。" }
    /// Amounts out of range.
    PROPOSAL_RANGE = "SY1921" Error { en: "the target of `{name}` has too many digits", zh: "`{name}` 的目标位数过多", help_en: "Take a larger --step.", help_zh: "请用更大的 --step。" }
    /// `--write` into standard input.
    NOWHERE_TO_WRITE = "SY1922" Error { en: "standard input is no ruleset to write into", zh: "无法写入标准输入中的规则集", help_en: "Name the file, or leave out --write.", help_zh: "请给出文件名，或去掉 --write。" }
    /// A schedule whose period is not that of its scorecard.
    NOT_ITS_PERIOD = "SY1923" Error { en: "scorecard `{name}` scores every {every}, not every {period}", zh: "记分卡 `{name}` 的周期是 {every}，而不是 {period}", help_en: "Leave `period` out, or name the one of the scorecard.", help_zh: "请去掉 `period`，或写记分卡的周期。" }
    /// `at` of a schedule.
    REPORT_AT = "SY1924" Error { en: "`{text}` says no day after the period and no time", zh: "`{text}` 没有写明周期结束后的第几天和时刻", help_en: "Write, for example, \"day 2 09:00\": at nine on the second day after the period, from day 1 to day 28.", help_zh: "例如 \"day 2 09:00\"：周期结束后第二天九点，可为 day 1 至 day 28。" }
    /// A schedule whose endpoint takes nothing but alerts.
    ALERTS_ALONE = "SY1925" Error { en: "endpoint `{name}` is of the kind {kind}, which shows alerts and no reviews", zh: "端点 `{name}` 的类型是 {kind}，只显示预警，不能接收复盘", help_en: "Name a webhook or a chat.", help_zh: "请使用 webhook 或聊天端点。" }
}
