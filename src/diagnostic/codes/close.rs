//! SY18xx and SY2005: trials of rulesets, and the closing of periods.

use super::codes;

codes! {
    /// It counts already; 409.
    TRIAL_OF_ACTIVE = "SY1801" Error {
        en: "the ruleset `{name}` {version} is active: there is nothing to try",
        zh: "规则集 `{name}` {version} 已启用，无需试运行",
        help_en: "Put the changed text under a new version and try that.",
        help_zh: "请以新的版本号上传修改后的文本，再对其试运行。",
    }
    /// Another version is on trial; 409.
    ON_TRIAL = "SY1802" Error {
        en: "the ruleset `{name}` {version} is on trial already",
        zh: "规则集 `{name}` {version} 已在试运行",
        help_en: "One version of a ruleset can be on trial. End it with `DELETE /v1/rulesets/{name}/{version}/trial`, or activate it.",
        help_zh: "一个规则集只能有一个版本在试运行。请用 `DELETE /v1/rulesets/{name}/{version}/trial` 结束它，或启用它。",
    }
    /// Too many trials.
    TOO_MANY_TRIALS = "SY1803" Error {
        en: "{limit} rulesets are on trial already, which is the limit",
        zh: "已有 {limit} 个规则集在试运行，达到上限",
        help_en: "End one first.",
        help_zh: "请先结束一个。",
    }
    /// The version is not on trial; 404.
    NOT_ON_TRIAL = "SY1804" Error {
        en: "the ruleset `{name}` {version} is not on trial",
        zh: "规则集 `{name}` {version} 不在试运行",
        help_en: "`GET /v1/rulesets` shows which versions are active or on trial. Start a trial with `POST /v1/rulesets/{name}/{version}/trial`.",
        help_zh: "`GET /v1/rulesets` 可查看启用和试运行的版本。可用 `POST /v1/rulesets/{name}/{version}/trial` 开始试运行。",
    }
    /// No ruleset on trial declares it; 404.
    NO_TRIAL = "SY1805" Error {
        en: "no ruleset on trial declares the {what} `{name}`{hint}",
        zh: "试运行的规则集均未声明{what} `{name}`{hint}",
        help_en: "`GET /v1/rulesets` shows what is on trial. Start a trial with `POST /v1/rulesets/<ruleset>/<version>/trial`.",
        help_zh: "`GET /v1/rulesets` 可查看试运行的规则集。可用 `POST /v1/rulesets/<ruleset>/<version>/trial` 开始试运行。",
    }
    /// The version neither counts nor is on trial; 404.
    NOT_RUNNING = "SY1806" Error {
        en: "no ruleset that declares the {what} `{name}` runs in the version {version}",
        zh: "没有声明{what} `{name}` 的规则集以版本 {version} 运行",
        help_en: "Only versions that are active or on trial have numbers; `GET /v1/rulesets` lists them.",
        help_zh: "只有已启用或试运行的版本才有数值；`GET /v1/rulesets` 可列出它们。",
    }
    /// A period that is none of the scorecard.
    PERIOD_WRONG = "SY1810" Error {
        en: "`{period}` is no period of the scorecard `{card}`, which is about each {every}",
        zh: "`{period}` 不是记分卡 `{card}` 的周期（{every}）",
        help_en: "Write a period of its length, such as `2026-03` for a month or `2026-Q1` for a quarter.",
        help_zh: "请写该长度的周期，例如月份 `2026-03` 或季度 `2026-Q1`。",
    }
    /// Nothing to decide about; 404.
    NO_SCORES = "SY1811" Error {
        en: "the scorecard `{card}` has no such score in {period}",
        zh: "记分卡 `{card}` 在 {period} 没有此得分",
        help_en: "`GET /v1/scorecards/<scorecard>?period=` lists the scores with their dimension values.",
        help_zh: "`GET /v1/scorecards/<记分卡>?period=` 可列出得分及其维度值。",
    }
    /// It was done already; 409.
    JUDGED_ALREADY = "SY1812" Error {
        en: "these scores of `{card}` in {period} are closed or approved already",
        zh: "`{card}` 在 {period} 的这些得分已关账或已批准",
        help_en: "`GET /v1/periods/<period>` says by whom and when. Open them again first to decide anew.",
        help_zh: "`GET /v1/periods/<周期>` 可查看由谁、在何时办理。如需重新决定，请先重新打开。",
    }
    /// Scores may still change.
    STILL_PROVISIONAL = "SY1813" Error {
        en: "{n_provisional} of {n_scores} scores of `{card}` in {period} may still change: the period is not over, or its events may be restated",
        zh: "`{card}` 在 {period} 的 {n_scores} 个得分中有 {n_provisional} 个仍可能变化：周期未结束，或其事件仍可能更正",
        help_en: "Wait until they are settled, or close them with `force` and a `reason`.",
        help_zh: "请等待数据稳定，或用 `force` 并写明 `reason` 强制关账。",
    }
    /// Nothing to open again; 409.
    NOT_CLOSED = "SY1814" Error {
        en: "no such score of `{card}` in {period} is closed or approved",
        zh: "`{card}` 在 {period} 没有已关账或已批准的此类得分",
        help_en: "`GET /v1/periods/<period>` lists what was closed and approved.",
        help_zh: "`GET /v1/periods/<周期>` 可列出已关账和已批准的得分。",
    }
    /// An appeal about several scores, or none.
    NOT_ONE_SCORE = "SY1815" Error {
        en: "an appeal is about one score of `{card}` in {period}: `scope` has to name all dimensions of the scorecard",
        zh: "申诉只针对 `{card}` 在 {period} 的一个得分：`scope` 须给出记分卡的全部维度",
        help_en: "Write the dimension values as `GET /v1/scorecards/<scorecard>` shows them.",
        help_zh: "请按 `GET /v1/scorecards/<记分卡>` 所示填写维度值。",
    }
    /// A second decision; 409.
    DECIDED = "SY1816" Error {
        en: "the appeal {id} is decided already",
        zh: "申诉 {id} 已有决定",
        help_en: "A decision is final. File another appeal to have the score looked at anew.",
        help_zh: "决定不可更改。如需再次复核，请另行申诉。",
    }
    /// The limit of scores at once.
    TOO_MANY_SCORES = "SY1817" Error {
        en: "more than {limit} scores cannot be closed or approved at once",
        zh: "一次最多关账或批准 {limit} 个得分",
        help_en: "Do it in parts, with `scope`.",
        help_zh: "请用 `scope` 分批办理。",
    }
    /// The limit of acts.
    TOO_MANY_ACTS = "SY1818" Error {
        en: "{limit} closings, approvals and appeals of this scorecard and period are kept already, which is the limit",
        zh: "该记分卡和周期已保存 {limit} 条关账、批准和申诉记录，达到上限",
        help_en: "Close or approve more scores at once, with a wider `scope`.",
        help_zh: "请用更宽的 `scope` 一次办理更多得分。",
    }
    /// A note that is missing or too long.
    NOTE_WRONG = "SY1819" Error {
        en: "`{field}` is wanted, and `{field}` and `author` have at most {limit} bytes",
        zh: "必须填写 `{field}`；`{field}` 和 `author` 最多 {limit} 字节",
        help_en: "Say why in a few words: it is kept with what was decided.",
        help_zh: "请简要说明理由，该说明会与决定一并保存。",
    }
    /// Points that are none.
    POINTS_WRONG = "SY1820" Error {
        en: "`points` is `{points}`: an accepted appeal has points from -{limit} to {limit}, a rejected one has none",
        zh: "`points` 为 `{points}`：接受申诉须给出 -{limit} 到 {limit} 的分数，驳回则不给",
        help_en: "Write the points as text, such as \"2.5\"; leave them out to reject.",
        help_zh: "请以文本写出分数，例如 \"2.5\"；驳回时请省略。",
    }
    /// Scores below their line that nobody explained.
    UNEXPLAINED = "SY2005" Error {
        en: "{n_missing} notes on `{card}` in {period} are missing: what lies below its line has to be explained before it is approved",
        zh: "`{card}` 在 {period} 缺少 {n_missing} 条说明：低于底线的结果须先说明原因，才能批准",
        help_en: "The review `GET /v1/reports/{card}/{period}` lists them; write them with `PUT /v1/reports/{card}/{period}/notes`, or approve the others by their `scope`.",
        help_zh: "复盘 `GET /v1/reports/{card}/{period}` 会列出缺少的说明；请用 `PUT /v1/reports/{card}/{period}/notes` 写入，或用 `scope` 只批准其他得分。",
    }
    /// No event type tells memberships of the dimension with a day of their own.
    NO_MEMBER_EVENT = "SY1821" Error {
        en: "no active ruleset says which events tell, from a day on, where a `{name}` belongs",
        zh: "没有启用的规则集声明用哪种事件（带起始日）说明 `{name}` 的归属",
        help_en: "Declare it: `dimension shop in team` with `team by shop_moved since first_day`. Memberships that count from the time of their events are sent as events.",
        help_zh: "请声明，例如 `dimension shop in team` 中写 `team by shop_moved since first_day`。按事件时间生效的归属请直接发送事件。",
    }
    /// No event type tells rates.
    NO_RATE_EVENT = "SY1822" Error {
        en: "no active ruleset says which events tell a rate such as {name}",
        zh: "没有启用的规则集声明用哪种事件说明汇率 {name}",
        help_en: "Declare an event type with `rates for 7 days`, or `rates for budget` for planned rates.",
        help_zh: "请声明带 `rates for 7 days` 的事件类型；计划汇率用 `rates for budget`。",
    }
}
