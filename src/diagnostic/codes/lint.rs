//! SY03xx: what the trade knows to be wrong, warnings.

use super::codes;

codes! {
    /// More KPIs than a person can steer by.
    TOO_MANY_KPIS = "SY0301" Warning { en: "{count} weighted KPIs: more than five steer nobody", zh: "共有 {count} 个加权 KPI：超过五个就失去重点", help_en: "Keep the five that matter most; watch the others with alerts, or use `add` and `deduct`.", help_zh: "请保留最重要的五个；其余用预警或 `add`、`deduct` 处理。" }
    /// Weights that miss 100.
    WEIGHTS_SUM = "SY0302" Warning { en: "the weights add up to {sum}, not 100: with 100 points in every KPI the score is {sum}{most}", zh: "权重合计为 {sum}，不是 100：每项 KPI 都得 100 分时总分为 {sum}{most}", help_en: "Change the weights so that they add up to 100; people read them as percentages.", help_zh: "请调整权重使其合计为 100；大家会把它读作百分比。" }
    /// An activity that is paid like an outcome.
    PROCESS_WEIGHTED = "SY0303" Warning { en: "`{name}` is a process metric, and the scorecard weighs it as a result", zh: "`{name}` 是过程指标，却在记分卡中按结果加权", help_en: "Weigh the result it should lead to, or reward it with `add`.", help_zh: "请对其应带来的结果加权，或用 `add` 奖励。" }
    /// Two names for one formula.
    SAME_DEFINITION = "SY0304" Warning { en: "`{name}` and `{other}` have the same definition", zh: "`{name}` 与 `{other}` 的定义相同", help_en: "Keep one of the two and use its name.", help_zh: "请只保留其中一个。" }
    /// A curve that rewards the wrong direction.
    CURVE_AGAINST = "SY0305" Warning { en: "`{name}` is better {better}, but {worse} gives {more} points and {value} only {less}", zh: "`{name}` 以 {better} 为好，但 {worse} 得 {more} 分，{value} 只得 {less} 分", help_en: "Turn the points of the curve round, or change `better`.", help_zh: "请把曲线的分数倒过来，或修改 `better`。" }
    /// A cap that nothing reaches.
    CAP_UNREACHED = "SY0306" Warning { en: "the cap of {cap} is never reached: the most the card can give is {most}", zh: "永远达不到封顶 {cap}：该卡最多得 {most}", help_en: "Lower the cap, or let a curve give more points.", help_zh: "请降低封顶，或提高曲线的最高分。" }
    /// A grade that nobody can reach.
    GRADE_UNREACHED = "SY0307" Warning { en: "nobody reaches grade `{name}`, which begins at {least}: the most the card can give is {most}, which is `{taken}`", zh: "没有人能达到从 {least} 开始的等级 `{name}`：该卡最多得 {most}，属于 `{taken}`", help_en: "Lower the limit of the grade, or raise the cap or a curve.", help_zh: "请降低该等级的下限，或提高封顶或曲线。" }
    /// A line of an alert that is never true.
    NEVER_FIRES = "SY0308" Warning { en: "this condition is never true, so the line never fires: {reason}", zh: "该条件永远不成立，这一行不会触发：{reason}", help_en: "Change the limits, or delete the line.", help_zh: "请修改限值，或删除该行。" }
    /// An alert that never clears.
    NEVER_CLEARS = "SY0309" Warning { en: "this condition is never true, so the alert never clears{unless}: {reason}", zh: "该条件永远不成立，预警无法解除{unless}：{reason}", help_en: "Change the limits, or delete the line: without it an alert clears when no condition holds.", help_zh: "请修改限值，或删除该行：没有它时，所有条件不成立即解除。" }
    /// A clear condition that holds while the alert should fire.
    CLEAR_OVERLAPS = "SY0310" Warning { en: "at {value} the alert fires `{severity}` and clears at the same time", zh: "在 {value} 时，预警既触发 `{severity}` 又解除", help_en: "Move the limit of `clear` to the good side of the limit that fires.", help_zh: "请把 `clear` 的限值移到触发限值的好的一侧。" }
    /// A worse severity that is easier to reach.
    SEVERITY_WEAKER = "SY0311" Warning { en: "`{milder}` is never seen: wherever it holds, `{worse}` holds as well, as at {value}", zh: "看不到 `{milder}`：它成立时 `{worse}` 也成立，例如在 {value} 时", help_en: "Exchange the two limits, or delete the line that is never seen.", help_zh: "请对调两个限值，或删除看不到的那一行。" }
    /// A param that nothing uses.
    UNUSED_PARAM = "SY0312" Warning { en: "nothing uses param `{name}`", zh: "参数 `{name}` 没有被使用", help_en: "Use it, or delete it.", help_zh: "请使用或删除它。" }
    /// A text that lacks its Chinese form in a ruleset that has one.
    NO_ZH = "SY0313" Warning { en: "this text has no Chinese form, though the ruleset has a Chinese title", zh: "规则集有中文标题，但这段文字没有中文", help_en: "Add `zh \"…\"` behind it.", help_zh: "请在后面加上 `zh \"…\"`。" }
    /// An alert about sums of everything that ever happened.
    NO_WINDOW = "SY0314" Warning { en: "alert `{name}` has no window: it counts everything that ever happened", zh: "预警 `{name}` 没有窗口：会统计有史以来的全部数据", help_en: "Write a window behind the subject, such as `over 7 days`.", help_zh: "请在对象后写窗口，例如 `over 7 days`。" }
    /// A line of an alert that is always true.
    ALWAYS_FIRES = "SY0316" Warning { en: "this condition is always true, so the line fires without end{unless}: {reason}", zh: "该条件总是成立，这一行会一直触发{unless}：{reason}", help_en: "Change the limits, or delete the line.", help_zh: "请修改限值，或删除该行。" }
    /// A grade between or under the scores that a card gives.
    GRADE_SKIPPED = "SY0317" Warning { en: "no score falls into grade `{name}`, {band}: {nearest}", zh: "没有分数落入等级 `{name}`（{band}）：{nearest}", help_en: "Move the limits of the grades, or change the points of the curves.", help_zh: "请调整等级的下限，或修改曲线的分数。" }
    /// A better grade that pays less.
    PAYOUT_ORDER = "SY0318" Warning { en: "grade `{better}` pays {less}, less than grade `{worse}` with {more}: just under {score} points one earns more than at {score}", zh: "等级 `{better}` 的系数是 {less}，低于等级 `{worse}` 的 {more}：略低于 {score} 分反而比 {score} 分拿得多", help_en: "Exchange the payouts.", help_zh: "请对调系数。" }
    /// A point of a curve at a value that the metric never has.
    CURVE_BEYOND = "SY0319" Warning { en: "`{name}` {nature}, so it never comes to {value}, which would give {points} points", zh: "`{name}` {nature}，不会达到得 {points} 分的 {value}", help_en: "Move the point to a value that comes about.", help_zh: "请把该点移到会出现的值。" }
    /// A definition that nobody has looked up again for a year.
    CITE_AGED = "SY0321" Warning { en: "this definition was checked on {checked}, more than a year before {today}", zh: "该定义于 {checked} 核对，距 {today} 已超过一年", help_en: "Look it up again and write the day of checking.", help_zh: "请重新核对并写上核对日期。" }
    /// An addition, deduction or veto whose condition is never true.
    NEVER_APPLIES = "SY0320" Warning { en: "this condition is never true, so the line never counts: {reason}", zh: "该条件永远不成立，这一行不会生效：{reason}", help_en: "Change the limits, or delete the line.", help_zh: "请修改限值，或删除该行。" }
    /// An exemption whose condition is never true.
    EXEMPT_NEVER = "SY0322" Warning { en: "this condition is never true, so nothing is ever exempt: {reason}", zh: "该条件永远不成立，不会有任何豁免：{reason}", help_en: "Change the limits, or delete the line.", help_zh: "请修改限值，或删除该行。" }
    /// An exemption whose condition is always true.
    EXEMPT_ALWAYS = "SY0323" Warning { en: "this condition holds for every value, so everything is exempt and nothing is judged: {reason}", zh: "该条件对任何值都成立，全部被豁免，不再判断：{reason}", help_en: "Change the limits, or delete the line.", help_zh: "请修改限值，或删除该行。" }
    /// A line of an alert that an exemption covers.
    EXEMPT_COVERS = "SY0324" Warning { en: "the line never fires: wherever it holds, `{exempt}` holds as well, as at {value}", zh: "这一行不会触发：它成立时 `{exempt}` 也成立，例如在 {value} 时", help_en: "Change the limits so that something is left that is not exempt, or delete the line.", help_zh: "请修改限值，使未被豁免的情况仍会触发，或删除该行。" }
    /// A clear condition that holds nothing back.
    CLEAR_ALWAYS = "SY0325" Warning { en: "this condition is always true, so the alert clears as soon as no line holds, as it would without: {reason}", zh: "该条件总是成立，各行条件一旦不成立预警就解除，与没有它时相同：{reason}", help_en: "Move the limit to the good side of the limit that fires, or delete the line.", help_zh: "请把限值移到触发限值的好的一侧，或删除该行。" }
    /// A veto that no grade is lowered by.
    VETO_IDLE = "SY0326" Warning { en: "no score loses its grade by this veto to `{grade}`: {reason}", zh: "降为 `{grade}` 的否决不会降低任何等级：{reason}", help_en: "Name a worse grade, or delete the line.", help_zh: "请改用更差的等级，或删除该行。" }
    /// A veto that no score is lowered by.
    VETO_SCORE_IDLE = "SY0338" Warning { en: "no score is lowered by this veto to {score}: the most the card can give is {most}", zh: "降到 {score} 分的否决不会降低任何得分：该卡最多得 {most}", help_en: "Name a lower score, or delete the line.", help_zh: "请改用更低的分数，或删除该行。" }
    /// An addition, deduction, veto or gate whose condition is always true.
    ALWAYS_APPLIES = "SY0327" Warning { en: "this condition is always true, so the line counts for everybody: {reason}", zh: "该条件总是成立，这一行对所有对象都生效：{reason}", help_en: "Change the limits, or leave the condition out.", help_zh: "请修改限值，或去掉条件。" }
    /// A limit of an addition or deduction that nothing reaches.
    LIMIT_UNREACHED = "SY0328" Warning { en: "the limit of {limit} is never reached: the line comes to {most} points at most", zh: "永远达不到上限 {limit}：该行最多 {most} 分", help_en: "Lower the limit, or leave it out.", help_zh: "请降低上限，或去掉它。" }
    /// Points for values beyond a curve that the metric never has.
    CURVE_END = "SY0329" Warning { en: "`{name}` {nature}, so it is never beyond {value} and `{end}` never counts", zh: "`{name}` {nature}，不会越过 {value}，`{end}` 不会生效", help_en: "Delete it, or move the end of the curve.", help_zh: "请删除它，或移动曲线的端点。" }
    /// A step that no value falls into.
    BAND_UNREACHED = "SY0330" Warning { en: "no value falls into this step: `{name}` {nature}, and {reason}", zh: "没有值落入这一档：`{name}` {nature}，{reason}", help_en: "Move the limit to a value that comes about, or delete the step.", help_zh: "请把限值移到会出现的值，或删除该档。" }
    /// A `where` that no row fits.
    NO_ROW = "SY0332" Warning { en: "no `{event}` fits this condition, so nothing counts: {reason}", zh: "没有 `{event}` 满足该条件，什么都不计入：{reason}", help_en: "Change the limits; where one of several values will do, write `or` or `in (…)`.", help_zh: "请修改限值；若几个值中任一即可，请用 `or` 或 `in (…)`。" }
    /// A clear condition under which a line always fires.
    CLEAR_OUTDONE = "SY0331" Warning { en: "the alert never clears: wherever this condition holds a line fires, as `{severity}` does at {value}", zh: "预警无法解除：该条件成立时总有一行触发，例如在 {value} 时触发 `{severity}`", help_en: "Move the limit of `clear` to the good side of the limit that fires.", help_zh: "请把 `clear` 的限值移到触发限值的好的一侧。" }
    /// A part of a condition that another part covers.
    PART_IDLE = "SY0333" Warning { en: "this part of the condition decides nothing: wherever `{narrower}` holds, `{wider}` holds as well, as at {value}", zh: "条件的这一部分不起作用：`{narrower}` 成立时 `{wider}` 也成立，例如在 {value} 时", help_en: "Leave it out, or change its limit.", help_zh: "请去掉它，或修改其限值。" }
}
