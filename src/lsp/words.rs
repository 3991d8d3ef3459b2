//! What the words of the language mean, a sentence each in English and Chinese, for whoever points at one in an editor.
//!
//! 1. [`meaning`] finds a word in [`WORDS`].
//! 2. A test holds the table against the grammar: no word without a sentence, no sentence without its word.

use crate::diagnostic::Lang;

/// The functions and names that formulas have beside the words of the grammar.
pub const FUNCTIONS: &[&str] = &[
    "abs",
    "round",
    "least",
    "greatest",
    "number",
    "percent",
    "ceil",
    "floor",
    "expected",
    "forecast",
    "pace",
    "remaining",
    "replan",
    "required_rate",
    "growth",
];

/// What a word of the language means.
pub fn meaning(word: &str, lang: Lang) -> Option<&'static str> {
    let (_, en, zh) = WORDS.iter().find(|(known, ..)| *known == word)?;
    Some(match lang {
        Lang::En => en,
        Lang::Zh => zh,
    })
}

/// Word, English, Chinese; sorted by word.
#[rustfmt::skip]
const WORDS: &[(&str, &str, &str)] = &[
    ("above", "`above 0`: the points of a value beyond every point of the curve; without it the curve is flat there.", "`above 0`：数值超出曲线所有折点时的得分；不写则曲线在此保持水平。"),
    ("abs", "`abs(x)`: the number without its sign.", "`abs(x)`：绝对值。"),
    ("add", "`add 5 when …`: points that are added to the weighted sum of a scorecard.", "`add 5 when …`：在记分卡加权总分上加分。"),
    ("after", "`expires after 180 days`: what an entry of a ledger moved is given back so many days later.", "`expires after 180 days`：台账的一笔变动在若干天后退回。"),
    ("ago", "`over 28 days ending 7 days ago`: the window ends before the present day.", "`over 28 days ending 7 days ago`：窗口在今天之前结束。"),
    ("alert", "Declares a rule that watches a number per scope: pending, firing, resolved. In `no data alert`: while there is no data, the first line counts as true.", "声明预警规则，按范围监视一个数值：待定、触发、解除。在 `no data alert` 中：没有数据时，第一行视为成立。"),
    ("all", "`over all time`: every event so far.", "`over all time`：迄今为止的所有事件。"),
    ("and", "True when both sides are true.", "两边都成立时为真。"),
    ("april", "A month of the calendar.", "四月。"),
    ("at", "In a test: moves the clock to this time. `at most 10` bounds the points of a line.", "在测试中：把时钟拨到该时刻。`at most 10` 限制一行的分数上限。"),
    ("attainment", "`attainment(gmv)`: the value over its target. In a `kpi` line: the curve is about that.", "`attainment(gmv)`：数值与目标之比（达成率）。在 `kpi` 行中表示曲线针对达成率。"),
    ("august", "A month of the calendar.", "八月。"),
    ("avg", "`avg(e.x)`: the sum of the values divided by how many there are.", "`avg(e.x)`：数值之和除以个数。"),
    ("before", "`gmv 1 year before`: the same so much earlier. `median of gmv in 8 weeks before`: of 1 to 8 weeks earlier.", "`gmv 1 year before`：此前同期的数值。`median of gmv in 8 weeks before`：此前 1 至 8 周的数值。"),
    ("below", "`below 0`: the points of a value before every point of the curve; without it the curve is flat there.", "`below 0`：数值低于曲线所有折点时的得分；不写则曲线在此保持水平。"),
    ("better", "`better lower`: which direction of the metric is good.", "`better lower`：指标朝哪个方向为好。"),
    ("by", "`entity order by order_id`: the field that names the thing. `replaces by shop, day`: a later row with the same key replaces an earlier one.", "`entity order by order_id`：标识事物的字段。`replaces by shop, day`：同键的新行取代旧行。"),
    ("calendar", "Declares when people work in a market: weekly hours, holidays, and the days of which they are known.", "声明某市场的工作时间：每周时段、节假日及其覆盖的日期。"),
    ("cap", "`cap 120`: the most points of the whole scorecard, after additions and deductions.", "`cap 120`：加减分之后，整张记分卡的最高分。"),
    ("ceil", "`ceil(x)`: the least whole number that is not less.", "`ceil(x)`：不小于 x 的最小整数。"),
    ("checked", "The day on which somebody compared it with where it was published.", "有人与出处核对的日期。"),
    ("cite", "Where a definition or limit was published.", "定义或界限的出处。"),
    ("clear", "`clear when …`: a firing alert ends only when this holds. In `no data clear`: without data the alert ends.", "`clear when …`：触发中的预警只有在此条件成立时才解除。在 `no data clear` 中：没有数据时预警解除。"),
    ("clock", "Which time or date field places the rows in windows, instead of the event's own time.", "用哪个时间或日期字段（而非事件自身的时间）把行放入窗口。"),
    ("closed", "`closed 2026-01-01 \"New Year\"`: a day of a calendar without work.", "`closed 2026-01-01 \"元旦\"`：日历中不上班的日子。"),
    ("count", "`count(order_placed where …)`: how many events there are. As a type: a whole number of things.", "`count(order_placed where …)`：事件的个数。作为类型：事物的整数个数。"),
    ("covers", "`covers 2026-01-01 to 2026-12-31`: the days of which a calendar knows everything.", "`covers 2026-01-01 to 2026-12-31`：日历所覆盖的日期范围。"),
    ("critical", "The worst severity of an alert.", "预警的最高级别。"),
    ("currency", "The reporting currency of the ruleset, such as `currency USD`.", "规则集的报表货币，例如 `currency USD`。"),
    ("curve", "`curve(x, 80% -> 60, 100% -> 100)`: linear between points.", "`curve(x, 80% -> 60, 100% -> 100)`：点与点之间线性插值。"),
    ("data", "`no data keep`: what the alert does while its subject is unknown.", "`no data keep`：监视对象未知时预警如何处理。"),
    ("date", "The type of a local day, such as `2026-03-01`.", "本地日期类型，例如 `2026-03-01`。"),
    ("day", "A calendar day in the ruleset's time zone. `28 days` is today and the 27 days before.", "规则集时区中的一个自然日。`28 days` 指今天及之前的 27 天。"),
    ("decay", "`decay 10% every month`: the balance of a ledger comes nearer to its start.", "`decay 10% every month`：台账余额逐期向起始值靠近。"),
    ("december", "A month of the calendar.", "十二月。"),
    ("deduct", "`deduct 2 for each …, at most 10`: points that are taken from the weighted sum.", "`deduct 2 for each …, at most 10`：从加权总分中扣分。"),
    ("deviation", "`deviation of gmv in 8 weeks before`: 1.4826 times the median distance from the median.", "`deviation of gmv in 8 weeks before`：与中位数之距离的中位数乘以 1.4826。"),
    ("dimension", "The type of a text to group by; scopes and `per` are made of dimensions.", "用于分组的文本类型；范围和 `per` 都由维度构成。"),
    ("distinct", "`distinct(e.customer)`: how many different values there are.", "`distinct(e.customer)`：不同值的个数。"),
    ("divide", "`divide channel { amazon 38, tiktok 12 }`: what a target for all gives each value of a dimension.", "`divide channel { amazon 38, tiktok 12 }`：把总目标按维度的各个取值分解。"),
    ("duration", "The type of a length of time, such as `75 days`.", "时长类型，例如 `75 days`。"),
    ("each", "`for each late_reports`: the points are multiplied by this number.", "`for each late_reports`：分数乘以该数。"),
    ("else", "`x else 0`: what stands in for an unknown value.", "`x else 0`：数值未知时的替代值。"),
    ("ending", "`ending 7 days ago`: the last day of the window.", "`ending 7 days ago`：窗口的最后一天。"),
    ("ends", "`fiscal year ends march`: named by the calendar year in which it ends.", "`fiscal year ends march`：以结束时所在的公历年命名。"),
    ("entity", "Declares what several events say about one thing, folded by its id, whatever the order they arrive in.", "声明实体：多种事件对同一事物的说明，按其 id 合并，与到达顺序无关。"),
    ("evaluated", "`evaluated every monday at 06:00`: the conditions of an alert are looked at then, and at no other time.", "`evaluated every monday at 06:00`：只在这些时刻判断预警条件。"),
    ("event", "Declares an immutable fact that arrives with a source, an id, a time and fields.", "声明事件：带有来源、编号、时间和字段的不可变事实。"),
    ("every", "`every month`: the period of a scorecard. `repeat every 1 day`: how often a firing alert is told again.", "`every month`：记分卡的周期。`repeat every 1 day`：预警触发期间多久提醒一次。"),
    ("expect", "In a test: what a number, score, grade or alert must be at this time.", "在测试中：此刻某个数值、得分、等级或预警应当是什么。"),
    ("expected", "`expected(gmv)`: what its target is due by the end of today.", "`expected(gmv)`：截至今日应完成的目标。"),
    ("expires", "`expires after 180 days`: what an entry of a ledger moved is given back so many days later.", "`expires after 180 days`：台账的一笔变动在若干天后退回。"),
    ("false", "The flag that is not true.", "标志值“假”。"),
    ("february", "A month of the calendar.", "二月。"),
    ("feed", "Declares how the columns of a file become the fields of an event.", "声明导入：文件的列如何成为事件的字段。"),
    ("firing", "The state of an alert whose condition has held long enough.", "预警状态：条件持续足够长时间，已触发。"),
    ("first", "`first order_placed.shop`: the value of the earliest event by its time.", "`first order_placed.shop`：时间最早的事件的值。"),
    ("fiscal", "`fiscal year starts april`: which years, quarters and, of weeks, months are in force.", "`fiscal year starts april`：规定采用的年、季度，以及（按周划分时）月。"),
    ("flag", "The type of true and false.", "真假类型。"),
    ("floor", "`floor(x)`: the greatest whole number that is not greater.", "`floor(x)`：不大于 x 的最大整数。"),
    ("for", "`> 4% for 2 days`: the whole condition must hold so long before the alert fires; `for 3 of 5 days` counts days, `for 3 months` periods that are over.", "`> 4% for 2 days`：整个条件持续这么久预警才触发；`for 3 of 5 days` 按天计数，`for 3 months` 按已结束的周期计数。"),
    ("forecast", "`forecast(gmv)`: what the period ends with if it goes on as it has, along the split of the target.", "`forecast(gmv)`：按目标的拆分曲线推算的期末值。"),
    ("format", "How a time or date is written in the column, in the signs of strptime.", "列中时间或日期的写法，用 strptime 的符号表示。"),
    ("friday", "A day of the week.", "星期五。"),
    ("from", "`amount from \"Amount\"`: the column that a field is read from.", "`amount from \"Amount\"`：字段取自哪一列。"),
    ("given", "In a test: a table of events, its first line names the columns.", "在测试中：事件表，第一行为列名。"),
    ("grade", "The band that a score falls into; `grade(shop_manager) is D` asks for it in an alert.", "得分所在的等级；在预警中用 `grade(shop_manager) is D` 判断。"),
    ("grades", "The grades from the best to the worst, each but the last with its least score.", "从最好到最差的等级；除最后一个外都有最低分。"),
    ("greatest", "`greatest(a, b)`: the largest of the numbers.", "`greatest(a, b)`：其中最大的数。"),
    ("growth", "`growth(gmv)`: against the period just before, to date.", "`growth(gmv)`：与上一周期同期相比的增长率。"),
    ("higher", "A higher value of the metric is better.", "指标越高越好。"),
    ("hour", "`36 hours`: windows in hours end at the present instant.", "`36 hours`：以小时计的窗口截至当前时刻。"),
    ("id", "The type of a text that names a thing. In a feed: what makes a row the same row as before.", "标识事物的文本类型。在导入中：据此判断是否为同一行。"),
    ("in", "`country in (\"France\", \"Spain\")`: equal to one of them. In a test: the period that is asked for.", "`country in (\"France\", \"Spain\")`：等于其中之一。在测试中：所查询的周期。"),
    ("inactive", "The state of an alert whose condition does not hold.", "预警状态：条件不成立。"),
    ("info", "The mildest severity of an alert.", "预警的最低级别。"),
    ("is", "`x is unknown` asks whether there is no data. In a test: what is expected.", "`x is unknown` 判断是否没有数据。在测试中：期望的值。"),
    ("january", "A month of the calendar.", "一月。"),
    ("july", "A month of the calendar.", "七月。"),
    ("june", "A month of the calendar.", "六月。"),
    ("keep", "While there is no data, the alert stays as it is.", "没有数据时，预警保持原状。"),
    ("kind", "`kind process`: whether the metric is an outcome or an activity.", "`kind process`：指标属于结果还是过程。"),
    ("kpi", "A metric on the scorecard with a weight and a curve from its value to points.", "记分卡上的指标，有权重和从数值到得分的曲线。"),
    ("last", "`last(stock.on_hand)`: the value of the latest event by its time.", "`last(stock.on_hand)`：时间最晚的事件的值。"),
    ("least", "`least(a, b)`: the smallest of the numbers. In a ledger, `at least 0`: the lowest balance.", "`least(a, b)`：其中最小的数。在台账中，`at least 0`：余额的下限。"),
    ("ledger", "Declares a balance that events move and the calendar brings back: points that expire, decay or are reset.", "声明台账：由事件变动、按日历恢复的余额，例如会失效、衰减或清零的积分。"),
    ("level", "A measure that does not add up over time, such as a stock or a balance.", "不能随时间相加的度量，例如库存或余额。"),
    ("like", "`split month like gmv in 2025`: in the proportions of the own history.", "`split month like gmv in 2025`：按自身历史的比例拆分。"),
    ("lower", "A lower value of the metric is better.", "指标越低越好。"),
    ("march", "A month of the calendar.", "三月。"),
    ("max", "`max(e.x)`: the largest value.", "`max(e.x)`：最大值。"),
    ("may", "A month of the calendar.", "五月。"),
    ("mean", "`mean of gmv in 8 weeks before`: the mean of earlier values.", "`mean of gmv in 8 weeks before`：此前数值的平均值。"),
    ("median", "`median(e.x)`: the value in the middle.", "`median(e.x)`：中位数。"),
    ("message", "What a notification says; `{value}`, `{limit}`, `{severity}`, `{state}`, dimensions, metrics and params are filled in.", "通知的内容；可填入 `{value}`、`{limit}`、`{severity}`、`{state}`、维度、指标和参数。"),
    ("metric", "Declares a formula over events, entities and other metrics. Its window and scope come from where it is used.", "声明指标：基于事件、实体和其他指标的公式。窗口和范围由使用处决定。"),
    ("min", "`min(e.x)`: the smallest value.", "`min(e.x)`：最小值。"),
    ("minute", "`90 minutes`: windows in minutes end at the present instant.", "`90 minutes`：以分钟计的窗口截至当前时刻。"),
    ("monday", "A day of the week.", "星期一。"),
    ("money", "The type of an amount in a currency; exact, and never mixed with another currency.", "带货币的金额类型；精确，且不与其他货币混用。"),
    ("month", "A calendar month in the ruleset's time zone.", "规则集时区中的自然月。"),
    ("most", "`at most 10`: the bound of the points of a line.", "`at most 10`：一行分数的上限。"),
    ("nearest", "`fiscal year starts february in 4-5-4 weeks nearest`: the year ends on the last day of a week nearest to the end of the month.", "`fiscal year starts february in 4-5-4 weeks nearest`：财年在最接近月末的一周最后一天结束。"),
    ("no", "`no data keep` in an alert; `expect no alert` in a test: neither pending nor firing.", "预警中的 `no data keep`；测试中的 `expect no alert`：既非待定也未触发。"),
    ("not", "True when what follows is false.", "其后为假时为真。"),
    ("notify", "The channels that are told; endpoints listen to channels.", "通知的频道；端点监听频道。"),
    ("november", "A month of the calendar.", "十一月。"),
    ("now", "The present instant, in an entity: a comparison with it turns by itself when the time comes.", "当前时刻，用于实体：与它的比较到时自动改变。"),
    ("number", "The type of a plain number. `number(x)` takes a percent as a plain number.", "普通数类型。`number(x)` 把百分比当作普通数。"),
    ("october", "A month of the calendar.", "十月。"),
    ("of", "`for 3 of 5 days`: on how many of the last days the condition held.", "`for 3 of 5 days`：最近几天中有多少天条件成立。"),
    ("on", "`alert name on late_rate`: the number that is watched.", "`alert name on late_rate`：被监视的数值。"),
    ("open", "What a ruleset that uses this one may change: values of params, titles, messages.", "使用本规则集的规则集可以更改的内容：参数值、标题、消息。"),
    ("optional", "The event may come without this field.", "事件可以没有此字段。"),
    ("or", "True when one side is true.", "任一边成立时为真。"),
    ("over", "`net_sales over 28 days`: the window that a number is for.", "`net_sales over 28 days`：数值所属的窗口。"),
    ("pace", "`pace(gmv)`: the value over what is due by now.", "`pace(gmv)`：数值与截至目前应完成目标之比（进度）。"),
    ("param", "Declares a constant that may be changed from one client to another.", "声明参数：可因客户而异的常数。"),
    ("payout", "The coefficient of each grade.", "每个等级的系数。"),
    ("pending", "The state of an alert whose condition holds, but not long enough yet.", "预警状态：条件成立，但持续时间还不够。"),
    ("per", "`per shop`: one number, score or alert for each value of the dimension.", "`per shop`：维度的每个值各有一个数值、得分或预警。"),
    ("percent", "The type of a share, such as `12%`; kept as a fraction. `percent(x)` takes a plain number as a percent.", "占比类型，例如 `12%`；以小数保存。`percent(x)` 把普通数当作百分比。"),
    ("previous", "`over previous month`: the whole calendar period before the present one.", "`over previous month`：当前周期之前的完整日历周期。"),
    ("process", "The metric is an activity, not an outcome.", "指标属于过程，而不是结果。"),
    ("quantile", "`quantile(e.x, 90%)`: the value that this share of all values does not exceed.", "`quantile(e.x, 90%)`：该比例的数值不超过的值。"),
    ("quarter", "A calendar quarter.", "自然季度。"),
    ("remaining", "`remaining(gmv)`: what is still to come to the target.", "`remaining(gmv)`：距目标还差多少。"),
    ("repeat", "`repeat every 1 day`: how often a firing alert is told again.", "`repeat every 1 day`：预警触发期间多久提醒一次。"),
    ("replaces", "`replaces by shop, day`: a row with the same key replaces the earlier one, whichever arrives first.", "`replaces by shop, day`：同键的行互相取代，与到达先后无关。"),
    ("replan", "`replan(gmv)`: what is due in the period if all that is missing so far is made up for.", "`replan(gmv)`：把此前的缺口补回后，该周期应完成的数额。"),
    ("required_rate", "`required_rate(gmv)`: what must come on each day after today.", "`required_rate(gmv)`：今日之后每天需要完成的数额。"),
    ("reset", "`reset every quarter on first monday`: on that day the balance of a ledger is its start again.", "`reset every quarter on first monday`：当天台账余额恢复为起始值。"),
    ("resolved", "The state of an alert that fired and ended.", "预警状态：触发过且已解除。"),
    ("result", "The metric is an outcome, not an activity.", "指标属于结果，而不是过程。"),
    ("reweight", "The weight of an unknown KPI is spread over the others.", "未知 KPI 的权重分摊给其他 KPI。"),
    ("round", "`round(x, 2)`: rounded half-even to so many decimals.", "`round(x, 2)`：按四舍六入五成双保留小数位。"),
    ("row", "`id from row`: a row is named by its whole content and how often it came before.", "`id from row`：由整行内容及其出现次数标识一行。"),
    ("ruleset", "Names the file, its version, currency, time zone and first day of the week.", "规则集的名称、版本、货币、时区和一周的第一天。"),
    ("saturday", "A day of the week.", "星期六。"),
    ("score", "The number of a scorecard; in a `kpi` line the curve from values to points.", "记分卡的得分；在 `kpi` 行中是从数值到得分的曲线。"),
    ("scorecard", "Declares weighted KPIs that make one score per scope and period, with grades and payout.", "声明记分卡：加权 KPI，按范围和周期得出一个分数，并有等级和系数。"),
    ("second", "`30 seconds`: windows in seconds end at the present instant.", "`30 seconds`：以秒计的窗口截至当前时刻。"),
    ("september", "A month of the calendar.", "九月。"),
    ("settles", "`settles 14 days`: how long rows may still be restated.", "`settles 14 days`：行在多长时间内还可能被更正。"),
    ("since", "In a test: from which instant the alert has this state.", "在测试中：预警从何时起处于该状态。"),
    ("source", "The CloudEvents source of the events of this feed.", "此导入的事件的 CloudEvents 来源。"),
    ("split", "`split month { … }`: how the target of a period is split into parts.", "`split month { … }`：如何把一个周期的目标拆分为各部分。"),
    ("start", "`start 200`: the balance of a ledger before anything moved it.", "`start 200`：台账在任何变动之前的余额。"),
    ("starts", "`invoice starts with \"C\"`: true when the text begins so.", "`invoice starts with \"C\"`：文本以此开头时为真。"),
    ("step", "`step 1 USD`: every part of a target is a multiple of it.", "`step 1 USD`：目标的每一部分都是它的整数倍。"),
    ("steps", "`steps(x, > 80% -> 3%, > 100% -> 5%)`: the result of the step that the whole value has reached.", "`steps(x, > 80% -> 3%, > 100% -> 5%)`：整个数值所达到的那一级的结果（全额）。"),
    ("sum", "`sum(e.amount)`: the values added up. Levels and rates cannot be added up over time.", "`sum(e.amount)`：数值之和。存量和比率不能随时间相加。"),
    ("sunday", "A day of the week.", "星期日。"),
    ("table", "Declares dated data that formulas look up by a key, each row with where it was published.", "声明表：公式按键查找的带日期的数据，每行注明出处。"),
    ("target", "Declares what is expected of a metric in a period at a scope. `target(gmv)`: what is due in the period.", "声明某指标在某周期、某范围的目标。`target(gmv)`：该周期的目标。"),
    ("test", "Declares events, times and what must come out; runs on a virtual clock.", "声明测试：事件、时刻和应有的结果；在虚拟时钟上运行。"),
    ("text", "The type of any text.", "任意文本类型。"),
    ("then", "`veto when … then grade D`: the grade that is forced.", "`veto when … then grade D`：强制的等级。"),
    ("thursday", "A day of the week.", "星期四。"),
    ("tiers", "`tiers(x, 10_000 USD -> 3%)`: each part of the value by the rate of its own tier.", "`tiers(x, 10_000 USD -> 3%)`：数值的每一部分按各自级距的比率计算（超额累进）。"),
    ("time", "The type of an instant. Every event has its `time`.", "时刻类型。每个事件都有自己的 `time`。"),
    ("timezone", "The zone of days and periods, such as `timezone Asia/Shanghai`.", "划分日和周期的时区，例如 `timezone Asia/Shanghai`。"),
    ("title", "What people call it, in English and after `zh` in Chinese.", "供人阅读的名称：英文，以及 `zh` 之后的中文。"),
    ("to", "`feed lines to line`: the event that the rows become.", "`feed lines to line`：行所成为的事件。"),
    ("true", "The flag that holds.", "标志值“真”。"),
    ("tuesday", "A day of the week.", "星期二。"),
    ("unknown", "No data: never 0. In a scorecard: what an unknown KPI does.", "没有数据：绝不等于 0。在记分卡中：KPI 未知时如何处理。"),
    ("use", "Takes over the declarations of a package: its name, and its major version.", "使用一个包的声明：写包名和主版本号。"),
    ("veto", "`veto when … then grade D`: forces a grade whatever the score.", "`veto when … then grade D`：无论得分如何，强制为该等级。"),
    ("warning", "The middle severity of an alert.", "预警的中间级别。"),
    ("wednesday", "A day of the week.", "星期三。"),
    ("week", "A calendar week. In the header: the day that weeks begin on.", "自然周。在规则集开头：一周从哪天开始。"),
    ("weight", "How much a KPI counts; weights usually add up to 100.", "KPI 的权重；权重之和通常为 100。"),
    ("when", "The condition of a line.", "一行的条件。"),
    ("where", "`sum(e.x where channel = \"ads\")`: only the events for which this holds.", "`sum(e.x where channel = \"ads\")`：只取满足条件的事件。"),
    ("with", "`use marketplace 1 with { late_limit: 3% }`: sets what the package opens. `starts with \"C\"`: true when the text begins so.", "`use marketplace 1 with { late_limit: 3% }`：设置包所开放的内容。`starts with \"C\"`：文本以此开头时为真。"),
    ("withhold", "An unknown KPI makes the whole score unknown.", "有 KPI 未知时，整个得分未知。"),
    ("work", "`work monday to friday 09:00 to 18:00`: the weekly hours of a calendar.", "`work monday to friday 09:00 to 18:00`：日历的每周工作时段。"),
    ("working", "`placed + 2 working days in us_market`, `working time from asked to answered in support`: counted by a calendar.", "`placed + 2 working days in us_market`、`working time from asked to answered in support`：按日历计算。"),
    ("year", "A calendar year.", "自然年。"),
    ("zero", "An unknown KPI scores 0.", "未知 KPI 得 0 分。"),
    ("zh", "The same text in Chinese.", "同一文本的中文。"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::syntax::outline::DECLARATIONS;
    use std::collections::BTreeSet;

    /// The words between quotes of the grammar, without the ending of plurals.
    fn grammar_words() -> BTreeSet<String> {
        let grammar = include_str!("../../grammar/steelyard.pest");
        let lines = grammar.lines().map(|line| line.split("//").next().unwrap());
        let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        let words = quoted.filter(|word| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        words.map(str::to_owned).collect()
    }

    #[test]
    fn every_word_of_the_language_has_a_sentence_and_no_other() {
        let mut known = grammar_words();
        known.extend(DECLARATIONS.iter().chain(FUNCTIONS).chain(&["now"]).map(|&word| word.to_owned()));
        let told: BTreeSet<String> = WORDS.iter().map(|(word, ..)| (*word).to_owned()).collect();
        assert_eq!(told, known);
        assert!(WORDS.is_sorted_by_key(|(word, ..)| *word) && told.len() == WORDS.len());
        assert!(WORDS.iter().all(|(_, en, zh)| !en.is_empty() && !zh.is_ascii()));
    }
}
