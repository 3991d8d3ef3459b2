//! SY02xx, SY2002 and SY2003: mistakes in the meaning of a ruleset.

use super::codes;

codes! {
    // Names -----------------------------------------------------------------------------------------------------
    /// A name in a formula that nothing declares.
    UNKNOWN_NAME = "SY0201" Error { en: "nothing is called `{name}`", zh: "没有名为 `{name}` 的内容", help_en: "Known here: {known}.", help_zh: "此处可用：{known}。" }
    /// A field that the event does not have.
    UNKNOWN_FIELD = "SY0202" Error { en: "event `{event}` has no field `{name}`", zh: "事件 `{event}` 没有字段 `{name}`", help_en: "Its fields: {known}.", help_zh: "它的字段：{known}。" }
    /// An event that is not declared.
    UNKNOWN_EVENT = "SY0203" Error { en: "no event is called `{name}`", zh: "没有名为 `{name}` 的事件", help_en: "Declared events: {known}.", help_zh: "已声明的事件：{known}。" }
    /// A metric that is not declared.
    UNKNOWN_METRIC = "SY0204" Error { en: "no metric is called `{name}`", zh: "没有名为 `{name}` 的指标", help_en: "Declared metrics: {known}.", help_zh: "已声明的指标：{known}。" }
    /// A dimension that no event declares.
    UNKNOWN_DIMENSION = "SY0205" Error { en: "no event has a dimension `{name}`", zh: "没有事件带有维度 `{name}`", help_en: "Dimensions: {known}.", help_zh: "可用的维度：{known}。" }
    /// A grade that the scorecard does not have.
    UNKNOWN_GRADE = "SY0206" Error { en: "the scorecard has no grade `{name}`", zh: "该记分卡没有等级 `{name}`", help_en: "Its grades: {known}.", help_zh: "它的等级：{known}。" }
    /// A function that does not exist.
    UNKNOWN_FUNCTION = "SY0207" Error { en: "there is no function `{name}`", zh: "没有函数 `{name}`", help_en: "Functions: {known}.", help_zh: "可用的函数：{known}。" }
    /// A function of another language.
    FOREIGN_FUNCTION = "SY2002" Error { en: "there is no function `{name}`", zh: "没有函数 `{name}`", help_en: "{advice}", help_zh: "{advice}" }
    /// An aggregate of an aggregate.
    AGGREGATE_OF_ONE = "SY2003" Error { en: "`{text}` is one number: `{function}` does not say of which parts it is taken", zh: "`{text}` 只是一个数值：`{function}` 没有说明由哪些部分得出", help_en: "Name the parts: `{function}({text} per {dimension})`.", help_zh: "请写明各部分：`{function}({text} per {dimension})`。" }
    /// A placeholder of a message that stands for nothing.
    UNKNOWN_PLACEHOLDER = "SY0208" Error { en: "the placeholder `{placeholder}` stands for nothing here", zh: "占位符 `{placeholder}` 在此处没有含义", help_en: "Placeholders: {known}.", help_zh: "可用的占位符：{known}。" }
    /// A time zone that the IANA database does not know.
    UNKNOWN_ZONE = "SY0209" Error { en: "`{name}` is no time zone", zh: "`{name}` 不是时区", help_en: "Write an IANA name such as `Asia/Shanghai` or `Europe/London`.", help_zh: "请写 IANA 时区名，例如 `Asia/Shanghai` 或 `Europe/London`。" }
    /// A currency that ISO 4217 does not know.
    UNKNOWN_CURRENCY = "SY0210" Error { en: "`{name}` is no currency", zh: "`{name}` 不是货币代码", help_en: "Write an ISO 4217 code such as `USD`, `EUR` or `CNY`.", help_zh: "请写 ISO 4217 货币代码，例如 `USD`、`EUR` 或 `CNY`。" }
    /// A week that begins on no known day.
    UNKNOWN_WEEK = "SY0211" Error { en: "a week cannot begin on `{name}`", zh: "一周不能从 `{name}` 开始", help_en: "Write `monday`, `sunday` or `saturday`.", help_zh: "请写 `monday`、`sunday` 或 `saturday`。" }
    /// A version that is not three numbers.
    BAD_VERSION = "SY0212" Error { en: "`{version}` is no version", zh: "`{version}` 不是版本号", help_en: "Write three numbers, such as `1.0.0`: major, minor, patch.", help_zh: "请写三个数字，例如 `1.0.0`（主版本、次版本、修订号）。" }
    /// The header lacks a line that everything depends on.
    HEADER_LACKS = "SY0213" Error { en: "the ruleset does not state its {line}", zh: "规则集没有写明 {line}", help_en: "Add a line such as `{example}` to the header.", help_zh: "请在文件头中加一行，例如 `{example}`。" }
    /// A name that is declared twice.
    DUPLICATE = "SY0214" Error { en: "`{name}` is declared twice", zh: "`{name}` 被声明了两次", help_en: "Rename one of the two, or delete it.", help_zh: "请重命名或删除其中一个。" }
    /// A name that is a word of the language.
    RESERVED = "SY0215" Error { en: "`{name}` is a word of the language and cannot be a name", zh: "`{name}` 是语言的保留字，不能作名称", help_en: "Choose another name, such as `{name}_1`.", help_zh: "请换一个名称，例如 `{name}_1`。" }

    // Events and feeds ------------------------------------------------------------------------------------------
    /// A field that every event has by itself.
    OWN_FIELD = "SY0216" Error { en: "every event has its own `{name}`", zh: "每个事件自带 `{name}`", help_en: "Rename the field, such as `{event}_{name}`; `time` can be used in formulas without a declaration.", help_zh: "请重命名该字段，例如 `{event}_{name}`；`time` 无需声明即可在公式中使用。" }
    /// `level` on something that is not measured.
    LEVEL_UNIT = "SY0217" Error { en: "`{name}` is {unit} and cannot be a level", zh: "`{name}` 的类型是 {unit}，不能是 level", help_en: "A level is a measure: number, count, percent, money or duration. Delete `level`.", help_zh: "level 只能用于数值字段：number、count、percent、money 或 duration。请删除 `level`。" }
    /// An optional field as a key.
    KEY_OPTIONAL = "SY0219" Error { en: "`{name}` is optional and cannot be part of a key", zh: "`{name}` 是 optional 字段，不能作为键", help_en: "Delete `optional` from the field: without it, two rows could not be told apart.", help_zh: "请从该字段删除 `optional`：缺少它就无法区分两行。" }
    /// A clock that is no time.
    CLOCK_FIELD = "SY0220" Error { en: "`{name}` cannot be a clock: it is {what}", zh: "`{name}` 不能作为 clock：它是 {what}", help_en: "A clock is a field of type `time` or `date` that every event carries.", help_zh: "clock 必须是每个事件都带有的 `time` 或 `date` 字段。" }
    /// `settles` that is not in whole days.
    SETTLES_RANGE = "SY0221" Error { en: "`settles` takes whole days, from 1 to 1100", zh: "`settles` 须为 1 到 1100 的整天数", help_en: "Write, for example, `settles 14 days`.", help_zh: "例如写 `settles 14 days`。" }
    /// A field that the feed does not fill.
    FEED_LACKS = "SY0222" Error { en: "feed `{feed}` has no column for `{name}`, which every `{event}` must carry", zh: "导入 `{feed}` 没有为 `{event}` 必需的 `{name}` 指定列", help_en: "Add `{name} from \"Column\"`, or make the field `optional`.", help_zh: "请加上 `{name} from \"列名\"`，或把该字段设为 `optional`。" }
    /// The event's own identity mapped like a field.
    FEED_OWN = "SY0223" Error { en: "`{name}` is not filled like a field", zh: "`{name}` 不能像字段一样映射", help_en: "Write `id from row` or `id from \"Column\"`, and `source \"name\"`; the type is the feed's event.", help_zh: "请写 `id from row` 或 `id from \"列名\"`，以及 `source \"名称\"`；类型就是该导入的事件。" }
    /// A format that determines no time.
    BAD_FORMAT = "SY0224" Error { en: "the format `{format}` does not determine a {unit}", zh: "格式 `{format}` 不能确定一个 {unit}", help_en: "Write a strptime format such as `%Y-%m-%d %H:%M:%S`.", help_zh: "请写 strptime 格式，例如 `%Y-%m-%d %H:%M:%S`。" }
    /// A format on a text.
    FORMAT_ON_OTHER = "SY0225" Error { en: "a text has no format; `{name}` is {unit}", zh: "文本没有格式；`{name}` 的类型是 {unit}", help_en: "Delete the format.", help_zh: "请删除该格式。" }

    // Constants ----------------------------------------------------------------------------------------------
    /// Something that is only known at run time where a constant is needed.
    NOT_CONSTANT = "SY0226" Error { en: "this must be a constant", zh: "此处必须是常量", help_en: "Write a literal such as `12%`, `20 USD` or `75 days`, or a param.", help_zh: "请写字面量，例如 `12%`、`20 USD` 或 `75 days`，或写参数名。" }
    /// A param that is used above its declaration.
    PARAM_LATER = "SY0227" Error { en: "param `{name}` is declared further down", zh: "参数 `{name}` 在后面才声明", help_en: "Move its declaration above this one.", help_zh: "请把它的声明移到前面。" }
    /// A constant without a value.
    NO_VALUE = "SY0228" Error { en: "this constant has no value", zh: "该常量没有值", help_en: "It divides by zero, is unknown, or is too large.", help_zh: "它除以零、为 unknown，或数值过大。" }
    /// A date or time that the calendar does not have.
    BAD_DATE = "SY0229" Error { en: "`{text}` is not in the calendar", zh: "`{text}` 不是有效的日期或时间", help_en: "Write `2026-03-01` or `2026-03-01 09:00`.", help_zh: "请写 `2026-03-01` 或 `2026-03-01 09:00`。" }

    // Units -----------------------------------------------------------------------------------------------------
    /// Two units that cannot be added or compared.
    UNITS_DIFFER = "SY0230" Error { en: "`{op}` needs like units, not {left} and {right}", zh: "`{op}` 两边的单位必须相同，而不是 {left} 和 {right}", help_en: "Bring both sides to one unit: a share of money is `x * 19%`, a number of days `n * 1 day`, the start of a day `2026-03-01 00:00`.", help_zh: "请把两边换成相同的单位：金额的一部分写 `x * 19%`，天数写 `n * 1 day`，某天的开始写 `2026-03-01 00:00`。" }
    /// A plain number beside a percent.
    PERCENT_AND_NUMBER = "SY0231" Error { en: "`{op}` between a percent and a plain number", zh: "`{op}` 的一边是百分比，另一边是普通数字", help_en: "Write the number as a percent, {example}. A ratio that is meant as a plain number is written `number(a / b)`, a plain number that is meant as a share `percent(x)`.", help_zh: "请把数字写成百分比，{example}。要把比率当作普通数字，请写 `number(a / b)`；要把普通数字当作份额，请写 `percent(x)`。" }
    /// Two currencies.
    CURRENCIES_DIFFER = "SY0232" Error { en: "`{op}` between {left} and {right}", zh: "`{op}` 的两边分别是 {left} 和 {right}", help_en: "Money of two currencies is never mixed. Convert the sums of one: `sum(…) in USD at transaction day`, or keep two metrics.", help_zh: "两种货币不能混用。请换算其中一方的求和：`sum(…) in USD at transaction day`，或分成两个指标。" }
    /// A product or quotient without a unit.
    UNITS_PRODUCT = "SY0233" Error { en: "`{left} {op} {right}` has no unit", zh: "`{left} {op} {right}` 没有单位", help_en: "Multiply and divide by plain numbers, counts or percents; divide like by like, such as `money / money` or `elapsed / 1 day`.", help_zh: "请乘以或除以普通数字、计数或百分比；或同类相除，例如 `money / money`、`elapsed / 1 day`。" }
    /// A condition that is not true or false.
    NOT_A_FLAG = "SY0234" Error { en: "this is {unit}, and a condition is needed", zh: "此处需要条件，而这是 {unit}", help_en: "Compare it with something, such as `{text} > 0`.", help_zh: "请把它与某个值比较，例如 `{text} > 0`。" }
    /// Arithmetic with something that is no number.
    NOT_NUMERIC = "SY0235" Error { en: "`{op}` needs numbers, and this is {unit}", zh: "`{op}` 需要数值，而这是 {unit}", help_en: "Use a measure: number, count, percent, money or duration.", help_zh: "请使用数值：number、count、percent、money 或 duration。" }
    /// An order between texts or flags.
    NO_ORDER = "SY0236" Error { en: "`{op}` cannot order {unit}", zh: "`{op}` 不能比较 {unit} 的大小", help_en: "Use `=`, `!=`, `in (…)` or, for a text in a `where`, `starts with`.", help_zh: "请使用 `=`、`!=`、`in (…)`，或在 `where` 中对文本使用 `starts with`。" }
    /// A function with the wrong number of arguments.
    ARGUMENTS = "SY0237" Error { en: "`{name}` takes {wanted}, not {given}", zh: "`{name}` 需要 {wanted}，而不是 {given} 个", help_en: "{advice}", help_zh: "{advice}" }
    /// Decimals of `round` out of range.
    ROUND_DECIMALS = "SY0238" Error { en: "`round` takes a whole number of decimals from 0 to 12", zh: "`round` 的小数位数须为 0 到 12 的整数", help_en: "Write, for example, `round(x, 2)`.", help_zh: "例如写 `round(x, 2)`。" }

    // Aggregates ------------------------------------------------------------------------------------------------
    /// An aggregate that names no event.
    NO_EVENT = "SY0240" Error { en: "`{function}` does not say which event it is about", zh: "`{function}` 没有说明针对哪个事件", help_en: "Write the event before the field, such as `{example}`.", help_zh: "请在字段前写上事件名，例如 `{example}`。" }
    /// An aggregate over two events.
    TWO_EVENTS = "SY0241" Error { en: "an aggregate is about one event, here `{first}`, not `{second}`", zh: "一个聚合只针对一个事件（此处为 `{first}`），不能再用 `{second}`", help_en: "Aggregate each event by itself and combine the results: `sum(a.x) + sum(b.y)`.", help_zh: "请分别聚合每个事件，再合并结果：`sum(a.x) + sum(b.y)`。" }
    /// A division inside an aggregate.
    ROW_DIVISION = "SY0242" Error { en: "a ratio is a ratio of sums; a division cannot stand inside an aggregate", zh: "比率是总和之比；聚合内部不能做除法", help_en: "Divide the aggregates: `sum(a.x) / sum(a.y)` instead of `sum(a.x / a.y)`.", help_zh: "请用聚合相除：写 `sum(a.x) / sum(a.y)`，而不是 `sum(a.x / a.y)`。" }
    /// The sum of a level.
    SUM_OF_LEVEL = "SY0243" Error { en: "`{name}` is a level: it does not add up over time", zh: "`{name}` 是 level（存量），不能随时间累加", help_en: "Use `last(…)` for the present level or `avg(…)` for the usual one.", help_zh: "当前存量用 `last(…)`，平均存量用 `avg(…)`。" }
    /// The sum or average of a rate.
    RATE_AGGREGATE = "SY0244" Error { en: "`{function}` of a percent: rates are neither added nor averaged", zh: "对百分比求 `{function}`：比率不能相加，也不能求平均", help_en: "A ratio is a ratio of sums. Send both parts and divide them: `sum(a.part) / sum(a.whole)`. `min`, `max`, `median` and `last` of a percent are fine.", help_zh: "比率是总和之比。请发送分子和分母再相除：`sum(a.part) / sum(a.whole)`。百分比可以用 `min`、`max`、`median`、`last`。" }
    /// An aggregate of a unit that it does not take.
    AGGREGATE_UNIT = "SY0245" Error { en: "`{function}` cannot take {unit}", zh: "`{function}` 不能用于 {unit}", help_en: "`{function}` takes {wanted}.", help_zh: "`{function}` 可用于 {wanted}。" }
    /// The count of a condition.
    COUNT_OF_FLAG = "SY0246" Error { en: "a count of a condition counts true and false rows alike", zh: "对条件计数会把成立与不成立的行都算上", help_en: "Write `count({event} where …)`.", help_zh: "请写 `count({event} where …)`。" }
    /// A metric or an aggregate inside an aggregate.
    NESTED = "SY0247" Error { en: "`{name}` cannot stand inside an aggregate: it is no value of one row", zh: "`{name}` 不是单行的值，不能放在聚合内部", help_en: "Only fields of the event, params and literals stand inside an aggregate. Combine aggregates outside of it. Over the parts of a scope write `median(x per shop)`, over earlier weeks `median of x in 8 weeks before`.", help_zh: "聚合内部只能使用该事件的字段、参数和字面量。请在聚合外部组合。对各店铺写 `median(x per shop)`，对过去各周写 `median of x in 8 weeks before`。" }
    /// A field outside of an aggregate.
    FIELD_OUTSIDE = "SY0248" Error { en: "`{event}.{name}` has one value for each event; an aggregate must say which is meant", zh: "`{event}.{name}` 每个事件各有一个值，必须用聚合说明取哪个", help_en: "Write, for example, `{function}({event}.{name})`.", help_zh: "例如写 `{function}({event}.{name})`。" }
    /// An event where a number is needed.
    EVENT_AS_VALUE = "SY0249" Error { en: "`{name}` is an event, not a number", zh: "`{name}` 是事件，不是数值", help_en: "Write `count({name})` for the number of them.", help_zh: "要取数量，请写 `count({name})`。" }
    /// A quantile outside of 0 % to 100 %.
    QUANTILE_RANGE = "SY0250" Error { en: "a quantile lies between 0% and 100%", zh: "分位数须在 0% 与 100% 之间", help_en: "Write it out, for example `quantile(a.x, 90%)`.", help_zh: "请直接写出百分数，例如 `quantile(a.x, 90%)`。" }
    /// An aggregate of a whole event that needs a field.
    NEEDS_FIELD = "SY0251" Error { en: "`{function}` needs a field of `{event}`", zh: "`{function}` 需要 `{event}` 的一个字段", help_en: "Write `{function}({event}.field)`; only `count` takes a whole event.", help_zh: "请写 `{function}({event}.字段)`；只有 `count` 可以直接用于事件。" }
    /// `starts with` outside of a `where`.
    TEXT_OUTSIDE = "SY0252" Error { en: "`starts with` only stands inside an aggregate", zh: "`starts with` 只能用在聚合内部", help_en: "Write it in a `where`: `count(a where name starts with \"C\")`.", help_zh: "请写在 `where` 中：`count(a where name starts with \"C\")`。" }
    /// `in` outside of an aggregate, on something that is worked out.
    IN_SUBJECT = "SY0257" Error { en: "outside of an aggregate `in` needs a metric or an aggregate on its left", zh: "在聚合外部，`in` 的左边必须是指标或聚合", help_en: "Declare the left side as a metric, or write comparisons with `or`.", help_zh: "请把左边声明为指标，或用 `or` 连接比较。" }
    /// A window of an impossible length.
    WINDOW_LENGTH = "SY0254" Error { en: "a window is at least 1 second and at most 1100 days long", zh: "窗口长度须在 1 秒到 1100 天之间", help_en: "Write, for example, `over 28 days ending 1 day ago`.", help_zh: "例如写 `over 28 days ending 1 day ago`。" }
    /// Something that only makes sense outside of an aggregate.
    NOT_IN_ROW = "SY0255" Error { en: "`{what}` cannot stand inside an aggregate", zh: "`{what}` 不能放在聚合内部", help_en: "Write it around the aggregate: `abs(sum(a.x))`, `sum(a.x) over 7 days`.", help_zh: "请写在聚合外面：`abs(sum(a.x))`、`sum(a.x) over 7 days`。" }
    /// An aggregate where only declared metrics are allowed.
    AGGREGATE_HERE = "SY0256" Error { en: "an aggregate cannot stand here", zh: "此处不能使用聚合", help_en: "Declare it as a metric and use the metric's name: `metric m = {text}`.", help_zh: "请先声明指标，再使用指标名：`metric m = {text}`。" }

    // Metrics ---------------------------------------------------------------------------------------------------
    /// Metrics that need one another.
    CYCLE = "SY0260" Error { en: "metrics need one another: {cycle}", zh: "指标互相引用：{cycle}", help_en: "Define one of them without the others.", help_zh: "请让其中一个不依赖其他指标。" }
    /// Metrics of metrics of metrics, too many of them.
    TOO_DEEP = "SY0261" Error { en: "metric `{name}` stands on more than {limit} levels of metrics", zh: "指标 `{name}` 的嵌套超过 {limit} 层", help_en: "Define it over events, or over fewer metrics.", help_zh: "请直接基于事件定义，或减少中间指标。" }
    /// A clock on a metric that has no events of its own.
    CLOCK_UNUSED = "SY0262" Error { en: "`clock {clock}` has no effect: the metric has no aggregate of its own", zh: "`clock {clock}` 不起作用：该指标没有自己的聚合", help_en: "Delete it, or write it on the metrics that aggregate.", help_zh: "请删除它，或写在做聚合的指标上。" }

    /// More than the engine takes.
    TOO_MANY = "SY0263" Error { en: "more than {limit} {what}", zh: "{what}超过 {limit} 个", help_en: "Split the ruleset, or delete what is not used.", help_zh: "请拆分规则集，或删除不用的内容。" }

    // Entities --------------------------------------------------------------------------------------------------
    /// An event that does not carry the id of an entity.
    ENTITY_KEY = "SY0264" Error { en: "event `{event}` has no id or text field `{name}`, by which `{entity}` is folded", zh: "事件 `{event}` 没有用于归并 `{entity}` 的 id 或文本字段 `{name}`", help_en: "Add `{name} id` to event `{event}`, or leave the event out of `{entity}`.", help_zh: "请给事件 `{event}` 加上 `{name} id`，或不要在 `{entity}` 中使用该事件。" }
    /// An entity without events.
    ENTITY_EMPTY = "SY0265" Error { en: "entity `{name}` folds no event", zh: "实体 `{name}` 没有归并任何事件", help_en: "Write at least one field such as `placed = first order_placed.time`.", help_zh: "请至少写一个字段，例如 `placed = first order_placed.time`。" }
    /// A field that is used above its declaration.
    ENTITY_LATER = "SY0266" Error { en: "`{name}` is declared further down", zh: "`{name}` 在下方才声明", help_en: "Move its line above this one: fields see only the fields above them.", help_zh: "请把它移到本行上方：字段只能引用上方的字段。" }
    /// A value that changes with every instant.
    ENTITY_NOW = "SY0267" Error { en: "a field cannot follow `now`: it would change at every instant", zh: "字段的值不能随 `now` 变化：它会时刻改变", help_en: "Compare it, as in `now - placed > 2 days`, or give it an end, as in `shipped - placed`.", help_zh: "请写成比较，例如 `now - placed > 2 days`；或使用已知的终点，例如 `shipped - placed`。" }
    /// A field of an event without a word that says which event.
    ENTITY_FIELD = "SY0268" Error { en: "a thing has several events: say which one counts", zh: "同一对象有多个事件，请说明取哪一个", help_en: "Write `{text}`, or `last`, `min`, `max`, `sum`.", help_zh: "请写 `{text}`，或用 `last`、`min`、`max`、`sum`。" }
    /// An aggregate where a fold is meant.
    ENTITY_AGGREGATE = "SY0269" Error { en: "`{function}(…)` is about all things; inside an entity fold the events of one thing", zh: "`{function}(…)` 针对所有对象；在实体中应归并单个对象的事件", help_en: "Write it without brackets: `count refund`, `sum refund.amount`, `first order_shipped.time`.", help_zh: "请去掉括号：`count refund`、`sum refund.amount`、`first order_shipped.time`。" }
    /// A first or last thing.
    ENTITY_ORDER = "SY0289" Error { en: "`{function}` needs an order, and the things of `{entity}` have none", zh: "`{function}` 需要先后顺序，而 `{entity}` 的对象没有顺序", help_en: "Aggregate the event instead, or use min or max.", help_zh: "请改为对事件做聚合，或使用 min、max。" }
    /// A fold that needs a field.
    FOLD_FIELD = "SY0286" Error { en: "`{function}` needs a field of `{event}`", zh: "`{function}` 需要 `{event}` 的一个字段", help_en: "Write, for example, `{function} {event}.time`.", help_zh: "例如写 `{function} {event}.time`。" }
    /// A function that folds nothing.
    FOLD_FUNCTION = "SY0287" Error { en: "`{function}` does not fold the events of one thing", zh: "`{function}` 不能用于归并单个对象的事件", help_en: "Use first, last, count, sum, min or max.", help_zh: "请使用 first、last、count、sum、min 或 max。" }
    /// A fold outside of an entity.
    FOLD_PLACE = "SY0288" Error { en: "`{function}` without brackets belongs into an entity", zh: "不带括号的 `{function}` 只能用在实体中", help_en: "Put what it is about into brackets: `{function}(…)`.", help_zh: "请把内容放进括号：`{function}(…)`。" }

    // Scorecards ------------------------------------------------------------------------------------------------
    /// A scope that an event cannot tell.
    SCOPE_LACKS = "SY0270" Error { en: "`{name}` cannot be told per {dimension}: event `{event}` has no such dimension", zh: "`{name}` 不能按 {dimension} 统计：事件 `{event}` 没有该维度", help_en: "Add `{dimension} dimension` to event `{event}`, or leave {dimension} out of `per`.", help_zh: "请给事件 `{event}` 加上 `{dimension} dimension`，或从 `per` 中去掉 {dimension}。" }
    /// A scorecard without KPIs.
    NO_KPIS = "SY0271" Error { en: "scorecard `{name}` has no KPI", zh: "记分卡 `{name}` 没有 KPI", help_en: "Add a line such as `kpi net_sales weight 100 score { 0 -> 0, 1_000 USD -> 100 }`.", help_zh: "请加一行，例如 `kpi net_sales weight 100 score { 0 -> 0, 1_000 USD -> 100 }`。" }
    /// One metric twice on a card.
    KPI_TWICE = "SY0272" Error { en: "KPI `{name}` stands twice on the scorecard", zh: "KPI `{name}` 在记分卡上出现了两次", help_en: "Keep one line and add up the weights, or give one of them a window of its own.", help_zh: "请合并为一行并相加权重，或给其中一个单独的窗口。" }
    /// A point of a curve in another unit than its metric.
    CURVE_UNIT = "SY0273" Error { en: "the curve is in {right}, but `{name}` is {left}", zh: "曲线的单位是 {right}，而 `{name}` 是 {left}", help_en: "Write the points in {left}.", help_zh: "请用 {left} 写各点。" }
    /// Points out of order.
    CURVE_ORDER = "SY0274" Error { en: "the points of a curve must go one way: {reason}", zh: "曲线各点必须单向排列：{reason}", help_en: "List the points from the least value to the greatest, or from the greatest to the least, each value once.", help_zh: "请按数值从小到大或从大到小排列，每个值只写一次。" }
    /// A curve without points.
    CURVE_EMPTY = "SY0275" Error { en: "the curve has no point", zh: "曲线没有点", help_en: "Write at least one point, such as `18% -> 60`.", help_zh: "请至少写一个点，例如 `18% -> 60`。" }
    /// Points that are out of bounds.
    POINTS_RANGE = "SY0276" Error { en: "{what} must lie between {least} and {most}", zh: "{what}须在 {least} 与 {most} 之间", help_en: "Write a number between these two; 100 is the usual full mark.", help_zh: "请写这两个数之间的数；通常满分为 100。" }
    /// A number that must be positive.
    NOT_POSITIVE = "SY0277" Error { en: "{what} must be above 0 and at most 1000", zh: "{what} 须大于 0 且不超过 1000", help_en: "Write a positive number, or delete the line.", help_zh: "请写正数，或删除该行。" }
    /// Grades out of order.
    GRADE_ORDER = "SY0278" Error { en: "grade `{name}` must have a lower limit than the grade before it: a score of {score} is `{before}` already", zh: "等级 `{name}` 的下限必须低于前一个等级：{score} 分已属于 `{before}`", help_en: "List the grades from the best to the worst: `S >= 110, A >= 100, B`.", help_zh: "请从最好到最差排列：`S >= 110, A >= 100, B`。" }
    /// The last grade, and only it, has no limit.
    GRADE_LAST = "SY0279" Error { en: "the last grade, and only the last, has no limit: {reason}", zh: "只有最后一个等级没有下限：{reason}", help_en: "Every score needs a grade: `A >= 100, B >= 85, C`.", help_zh: "每个分数都要有等级：`A >= 100, B >= 85, C`。" }
    /// A veto or payout on a card without grades.
    NO_GRADES = "SY0280" Error { en: "`{what}` needs grades, and the scorecard has none", zh: "`{what}` 需要等级，而该记分卡没有等级", help_en: "Add `grades { A >= 100, B >= 85, C }`.", help_zh: "请加上 `grades { A >= 100, B >= 85, C }`。" }
    /// A grade without a payout.
    PAYOUT_LACKS = "SY0281" Error { en: "`payout` says nothing about grade `{name}`", zh: "`payout` 没有写等级 `{name}`", help_en: "Give every grade its coefficient: `{name} 1.0`.", help_zh: "请给每个等级写系数：`{name} 1.0`。" }
    /// What a payout cannot be: a share, a length of time, a text.
    PAYOUT_UNIT = "SY0296" Error { en: "a payout is an amount of money or a plain number, and this is {unit}", zh: "绩效发放必须是金额或普通数字，而这是 {unit}", help_en: "Multiply it with what it is a part of, such as `payout gmv * 3% { … }`.", help_zh: "请乘以它的基数，例如 `payout gmv * 3% { … }`。" }
    /// A `for each` or KPI that is no number.
    NUMBER_NEEDED = "SY0282" Error { en: "{what} must be a number, and this is {unit}", zh: "{what} 必须是数值，而这是 {unit}", help_en: "Use a metric that is a number, count, percent, money or duration; `for each` takes a plain number, a count or a percent.", help_zh: "请使用数值类指标；`for each` 接受普通数字、计数或百分比。" }

    // Tests -----------------------------------------------------------------------------------------------------
    /// An expectation about a scorecard or alert that is not declared.
    UNKNOWN_RULE = "SY0283" Error { en: "no {kind} is called `{name}`", zh: "没有名为 `{name}` 的{kind}", help_en: "Declared: {known}.", help_zh: "已声明：{known}。" }
    /// A table without a column that every event must carry.
    TABLE_LACKS = "SY0284" Error { en: "the table has no column `{name}`, which every `{event}` must carry", zh: "表格缺少 `{event}` 必需的列 `{name}`", help_en: "Add the column, or make the field `optional`.", help_zh: "请加上该列，或把字段设为 `optional`。" }
    /// A severity that the alert cannot have.
    NO_SUCH_SEVERITY = "SY0285" Error { en: "alert `{name}` has no `{severity}` line", zh: "预警 `{name}` 没有 `{severity}` 行", help_en: "Expect a severity that the alert can have.", help_zh: "请写该预警具有的级别。" }

    // Alerts ----------------------------------------------------------------------------------------------------
    /// Two lines of one severity.
    SEVERITY_TWICE = "SY0290" Error { en: "the alert has two `{severity}` lines", zh: "该预警有两行 `{severity}`", help_en: "Join the conditions with `or`, or use another severity: info, warning, critical.", help_zh: "请用 `or` 合并条件，或改用其他级别：info、warning、critical。" }
    /// A duration that is out of bounds.
    DURATION_RANGE = "SY0291" Error { en: "`{what}` takes a duration above 0 and of at most 400 days", zh: "`{what}` 的时长须大于 0 且不超过 400 天", help_en: "Write, for example, `{what} 1 day`.", help_zh: "例如写 `{what} 1 day`。" }
    /// A brace without its partner.
    BRACE = "SY0292" Error { en: "this brace has no partner", zh: "该花括号没有配对", help_en: "A placeholder is a name in braces, such as `{value}`.", help_zh: "占位符是花括号中的名称，例如 `{value}`。" }
    /// Days that are counted where there must be no break.
    CLEAR_DAYS = "SY0295" Error { en: "an alert clears after a time without a break; days are not counted here", zh: "预警须在不间断的一段时间后解除，此处不能按天计数", help_en: "Write, for example, `clear when < 2% for 1 day`.", help_zh: "例如写 `clear when < 2% for 1 day`。" }
    /// So many of so many days that cannot be.
    SOME_OF = "SY0294" Error { en: "`for … of …` counts whole days: at least 1 of at most {limit}, and no more than there are", zh: "`for … of …` 按整天计数：至少 1 天，最多 {limit} 天，且不能多于总天数", help_en: "Write, for example, `for 3 of 5 days`.", help_zh: "例如写 `for 3 of 5 days`。" }
    /// An alert that has no line.
    NO_LEVELS = "SY0293" Error { en: "alert `{name}` never fires: it has no condition", zh: "预警 `{name}` 没有条件，永远不会触发", help_en: "Add a line such as `warning when > 3%`.", help_zh: "请加一行，例如 `warning when > 3%`。" }
}
