//! SY1901–1909 and SY1970–1989, SY2004: reviews of scorecards.

use super::codes;

codes! {
    /// A file of notes that cannot be read.
    NOTES_FILE = "SY1901" Error { en: "{file} is no file of notes: {reason}", zh: "{file} 不是说明文件：{reason}", help_en: "It is TOML: `[[note]]` with `scope = { shop = \"us\" }`, `kpi`, `cause = \"objective\"` or `\"subjective\"` and `text`; `[[action]]` with `text`, `owner` and `due`; and lists `keep`, `start`, `stop`.", help_zh: "格式为 TOML：`[[note]]` 含 `scope = { shop = \"us\" }`、`kpi`、`cause = \"objective\"` 或 `\"subjective\"` 以及 `text`；`[[action]]` 含 `text`、`owner`、`due`；另有列表 `keep`、`start`、`stop`。" }
    /// A score below its line that nobody explains.
    NOTES_MISSING = "SY1902" Error { en: "the review is a draft: {notes} missing", zh: "复盘仍为草稿：缺少 {notes}", help_en: "Who lies below the line has to be explained. Write what is missing into the file of --notes, or ask for a draft with --draft.", help_zh: "低于底线的结果必须说明原因。请在 --notes 的文件中补充，或用 --draft 输出草稿。" }
    /// A report of no known kind.
    REPORT_KIND = "SY1903" Error { en: "`{file}` says no kind of report", zh: "`{file}` 没有指明报告的格式", help_en: "Let it end in .html, .md or .xlsx.", help_zh: "文件名请以 .html、.md 或 .xlsx 结尾。" }
    /// A note about nothing.
    NOTE_ABOUT = "SY1904" Error { en: "{file}: a note is about `{name}`, which the scorecard does not have", zh: "{file}：有一条说明关于 `{name}`，记分卡中没有", help_en: "The card has the KPIs {names}.", help_zh: "记分卡的指标有 {names}。" }
    /// A note or an action that says nothing.
    NOTE_BLANK = "SY1970" Error { en: "{file}: {what} is blank", zh: "{file}：{what} 为空", help_en: "Write it, or leave the whole entry out. A note that says nothing explains nothing.", help_zh: "请填写，或删去整条。空白的说明不算说明。" }
    /// A note about a dimension that the card is not scored by.
    NOTE_DIMENSION = "SY1971" Error { en: "{file}: a note or an action is about the dimension `{name}`, by which the scorecard is not scored", zh: "{file}：有一条说明或行动项关于维度 `{name}`，记分卡不按它评分", help_en: "The dimensions of the scorecard: {names}. Without `scope` it is about all scores.", help_zh: "记分卡的维度：{names}。不写 `scope` 则针对所有得分。" }
    /// A note about nobody.
    NOTE_SCOPE = "SY1972" Error { en: "{file}: a note or an action is about {scope}, which has no score", zh: "{file}：有一条说明或行动项关于 {scope}，而它没有得分", help_en: "Write the values as the events have them. Without `scope` it is about all scores.", help_zh: "请按事件中的写法填写维度值。不写 `scope` 则针对所有得分。" }
    /// More scopes than a report tells of.
    REPORT_SCOPES = "SY1905" Error { en: "the scorecard has more than {limit} scopes, which is more than a report tells of", zh: "记分卡的范围超过 {limit} 个，超出一份报告的上限", help_en: "Ask for some of them: --scope {dim}=… on the command line, `scope.{dim}=…` over HTTP.", help_zh: "请只要其中一部分：命令行用 --scope {dim}=…，HTTP 用 `scope.{dim}=…`。" }
    /// A workbook that cannot be written.
    WORKBOOK = "SY1906" Error { en: "the workbook cannot be written: {reason}", zh: "无法写出工作簿：{reason}", help_en: "Ask for fewer scopes, or for html.", help_zh: "请减少范围，或改用 html。" }
    /// A value of --scope.
    SCOPE_FORM = "SY1907" Error { en: "`{text}` is no dimension with a value", zh: "`{text}` 不是维度和值", help_en: "Write, for example, --scope shop=us; the scorecard has {names}.", help_zh: "例如 --scope shop=us；记分卡的维度有 {names}。" }
    /// A receipt that cannot be read.
    RECEIPT = "SY1908" Error { en: "{file} is no receipt: {reason}", zh: "{file} 不是收据：{reason}", help_en: "Take the file that `steelyard report --receipt FILE` wrote.", help_zh: "请使用 `steelyard report --receipt 文件` 写出的文件。" }
    /// A receipt that cannot be confirmed.
    NOT_THE_SAME = "SY1909" Error { en: "what {file} says is not what comes out", zh: "{file} 所写与重新计算的结果不一致", help_en: "The lines above say what differs. Ask for the ruleset with its packages, and for all events up to the instant of the receipt; later ones do not count.", help_zh: "不同之处见上。请向对方索取规则集及其包，以及截至收据时刻的全部事件；之后的事件不计入。" }
    /// A review or receipt of nothing.
    NO_SCORES = "SY1980" Error { en: "scorecard `{name}` has no score in {period}{within}: no event up to {at} tells of such a scope", zh: "记分卡 `{name}` 在 {period}{within} 没有得分：截至 {at} 没有事件属于该范围", help_en: "Check the value of --scope, the instant of --at, and whether the events are those of the scorecard.", help_zh: "请检查 --scope 的值、--at 的时刻，以及事件是否属于该记分卡。" }
    /// A report without a scorecard that could be meant.
    NO_SCORECARD = "SY1981" Error { en: "{ruleset} declares no scorecard", zh: "{ruleset} 没有声明记分卡", help_en: "A review is of a scorecard: declare one, for example `scorecard shop_review per shop every month { … }`.", help_zh: "复盘针对记分卡，请先声明，例如 `scorecard shop_review per shop every month { … }`。" }
    /// A report of one of several scorecards.
    WHICH_SCORECARD = "SY1982" Error { en: "{ruleset} declares several scorecards", zh: "{ruleset} 声明了多张记分卡", help_en: "Name one with --scorecard: {names}.", help_zh: "请用 --scorecard 指定一张：{names}。" }
    /// A dimension that no event has.
    NO_DIMENSION = "SY1983" Error { en: "{ruleset} has no dimension {name}", zh: "{ruleset} 中没有维度 {name}", help_en: "it has: {names}", help_zh: "已有维度：{names}" }
    /// A path with a period that cannot be that of the scorecard.
    PERIOD_WRONG = "SY1984" Error { en: "the period {reason}", zh: "周期有误：{reason}", help_en: "Write it as 2026, 2026-Q1, 2026-03, 2026-W10 or 2026-03-01, as long as the scorecard is about.", help_zh: "请写 2026、2026-Q1、2026-03、2026-W10 或 2026-03-01，并与记分卡的周期一致。" }
    /// An endpoint that report schedules send to.
    ENDPOINT_NEEDED = "SY1985" Error { en: "endpoint `{endpoint}` is where the report schedules {names} send", zh: "复盘计划 {names} 发送到端点 `{endpoint}`", help_en: "Let them send elsewhere (`PUT /v1/report-schedules/…`), or delete them, before the endpoint.", help_zh: "请先将其改为发送到别处（`PUT /v1/report-schedules/…`）或删除，再删除端点。" }
    /// An earlier version and an earlier state of knowledge.
    BEFORE_AS_OF = "SY2004" Error { en: "`before` and `as_of` cannot be asked for together", zh: "`before` 与 `as_of` 不能同时使用", help_en: "An earlier version is read with all that is known now. Leave one of them out.", help_zh: "较早的版本总是按目前已知的全部数据读取。请去掉其中之一。" }
}
