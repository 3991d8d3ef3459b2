//! SY01xx and SY2001: mistakes in the text of a ruleset.

use super::codes;

codes! {
    /// The grammar wanted something else.
    UNEXPECTED = "SY0101" Error {
        en: "expected {expected}, found {found}",
        zh: "此处应为{expected}，却是{found}",
        help_en: "", help_zh: "",
    }
    /// A form of another language.
    HABIT = "SY2001" Error {
        en: "`{found}` is written otherwise here",
        zh: "`{found}` 在这里有另外的写法",
        help_en: "{advice}",
        help_zh: "{advice}",
    }
    /// A word that is nearly a known one.
    MISSPELT = "SY0102" Error {
        en: "`{found}` is not known here",
        zh: "此处不认识 `{found}`",
        help_en: "did you mean `{meant}`?",
        help_zh: "是否想写 `{meant}`？",
    }
    /// A declaration that does not exist.
    UNKNOWN_DECLARATION = "SY0103" Error {
        en: "`{found}` does not begin a declaration",
        zh: "`{found}` 不能作为声明的开头",
        help_en: "a declaration begins with one of: {known}",
        help_zh: "声明以下列单词之一开头：{known}",
    }
    /// A bracket without its partner behind it.
    UNCLOSED = "SY0104" Error {
        en: "this `{open}` is never closed",
        zh: "这个 `{open}` 没有闭合",
        help_en: "write the `{close}` that belongs to it",
        help_zh: "补上与之对应的 `{close}`",
    }
    /// A bracket without its partner before it.
    STRAY = "SY0105" Error {
        en: "this `{close}` closes nothing",
        zh: "这个 `{close}` 没有对应的开括号",
        help_en: "remove it, or write the bracket that it should close",
        help_zh: "删除它，或补上它要闭合的括号",
    }
    /// A text whose quotes are not closed on its line.
    UNCLOSED_TEXT = "SY0106" Error {
        en: "this text has no closing quote",
        zh: "这段文本缺少结束引号",
        help_en: "close it with `\"` on the same line; write a line break as `\\n`",
        help_zh: "在同一行用 `\"` 结束；换行写作 `\\n`",
    }
    /// A mark of a Chinese keyboard.
    FULL_WIDTH = "SY0107" Error {
        en: "`{found}` is a full-width mark",
        zh: "`{found}` 是全角符号",
        help_en: "write `{meant}`; outside texts only half-width marks are known",
        help_zh: "请写 `{meant}`；文本之外只使用半角符号",
    }
    /// Brackets or operators nested too deep.
    TOO_DEEP = "SY0108" Error {
        en: "this is nested more than {limit} deep",
        zh: "嵌套超过 {limit} 层",
        help_en: "the limit is fixed: give parts of the formula names of their own with `metric`",
        help_zh: "此上限是固定的：请用 `metric` 为公式的各部分命名",
    }
    /// A text that is too long to read.
    TOO_LARGE = "SY0109" Error {
        en: "the text has {bytes} bytes; the most that is read is {limit}",
        zh: "文本有 {bytes} 字节，最多读取 {limit} 字节",
        help_en: "the limit is fixed: split the ruleset",
        help_zh: "此上限是固定的：请拆分规则集",
    }
    /// A statement that costs too much to read.
    TOO_COMPLEX = "SY0110" Error {
        en: "this statement is too complex to read",
        zh: "这条语句过于复杂，无法读取",
        help_en: "the limit is fixed: split it, with `metric` for the parts of a formula",
        help_zh: "此上限是固定的：请拆分，公式的各部分可用 `metric` 命名",
    }
    /// What may stand once stands twice.
    DUPLICATE = "SY0111" Error {
        en: "`{what}` stands here a second time",
        zh: "`{what}` 在这里重复出现",
        help_en: "keep one of the two",
        help_zh: "两处只保留一处",
    }
    /// `1 < x < 3`
    CHAINED = "SY0112" Error {
        en: "comparisons cannot be chained",
        zh: "比较不能连写",
        help_en: "join two comparisons with `and`, as in `1 < x and x < 3`",
        help_zh: "用 `and` 连接两个比较，例如 `1 < x and x < 3`",
    }
    /// A comparison whose left side is missing where there is no subject.
    NO_LEFT_SIDE = "SY0113" Error {
        en: "this comparison lacks its left side",
        zh: "这个比较缺少左侧",
        help_en: "write what is compared; only the conditions of an alert may leave it out",
        help_zh: "写出被比较的内容；只有预警的条件可以省略左侧",
    }
    /// `for 2 days` where nothing can last.
    HOLD_PLACE = "SY0114" Error {
        en: "`for` with a duration has no place here",
        zh: "此处不能写带时长的 `for`",
        help_en: "it stands once, outside brackets, in a line such as `warning when > 3% for 1 day`",
        help_zh: "它只能在 `warning when > 3% for 1 day` 这样的行中、括号之外出现一次",
    }
    /// An unknown escape in a text.
    ESCAPE = "SY0115" Error {
        en: "`\\{found}` is not an escape",
        zh: "`\\{found}` 不是转义序列",
        help_en: "the escapes are `\\\"`, `\\\\` and `\\n`; write a backslash as `\\\\`",
        help_zh: "转义序列有 `\\\"`、`\\\\` 和 `\\n`；反斜杠写作 `\\\\`",
    }
    /// A number that does not fit.
    NUMBER_TOO_LONG = "SY0116" Error {
        en: "this number has too many digits",
        zh: "这个数的位数过多",
        help_en: "a number has at most 28 digits, the amount of a duration at most 4294967295",
        help_zh: "一个数最多 28 位，时长的数量最大为 4294967295",
    }
    /// A file without `ruleset`.
    NO_HEADER = "SY0117" Error {
        en: "the file lacks its header",
        zh: "文件缺少开头的声明",
        help_en: "begin with `ruleset name 1.0.0 { currency USD }`, with `timezone` and `week` where they matter",
        help_zh: "以 `ruleset name 1.0.0 { currency USD }` 开头，需要时加上 `timezone` 和 `week`",
    }
    /// `ruleset` twice, or behind other declarations.
    HEADER_PLACE = "SY0118" Error {
        en: "`ruleset` stands at the beginning of the file",
        zh: "`ruleset` 应位于文件开头",
        help_en: "move it to the first line, or remove it",
        help_zh: "移到第一行，或删除",
    }
    /// A row that does not fit the header of its table.
    ROW_LENGTH = "SY0119" Error {
        en: "this row has {found} cells, the header has {wanted}",
        zh: "这一行有 {found} 个单元格，表头有 {wanted} 个",
        help_en: "one cell a column, with `|` between them; quote a cell that holds `|`, leave one empty that is absent",
        help_zh: "每列一个单元格，用 `|` 分隔；含 `|` 的单元格加引号，没有值的留空",
    }
    /// A table without its header.
    EMPTY_TABLE = "SY0120" Error {
        en: "this table lacks its header",
        zh: "这张表缺少表头",
        help_en: "name the columns in its first line, as in `time | order_id | amount`",
        help_zh: "第一行写列名，例如 `time | order_id | amount`",
    }
    /// A column that is not a name.
    COLUMN_NAME = "SY0121" Error {
        en: "`{found}` cannot name a column",
        zh: "`{found}` 不能作为列名",
        help_en: "the columns of `given` are `time`, `id`, `source`, `revision`, `times` and the fields of the event",
        help_zh: "`given` 的列是 `time`、`id`、`source`、`revision`、`times` 以及事件的字段",
    }
    /// A quoted cell with something behind the quotes.
    CELL_QUOTE = "SY0122" Error {
        en: "this cell begins with a quote but does not end with one",
        zh: "这个单元格以引号开头，却没有以引号结尾",
        help_en: "quote the whole cell and write a quote inside as `\\\"`",
        help_zh: "给整个单元格加引号，其中的引号写作 `\\\"`",
    }
    /// A declaration that lacks its braces.
    NO_BLOCK = "SY0123" Error {
        en: "`{what}` lacks its block",
        zh: "`{what}` 缺少花括号部分",
        help_en: "write `{` here, the statements on lines of their own, and `}`",
        help_zh: "在此写 `{`，各语句单独成行，最后写 `}`",
    }
    /// A declaration that has none.
    UNWANTED_BLOCK = "SY0124" Error {
        en: "`{what}` has no block",
        zh: "`{what}` 没有花括号部分",
        help_en: "remove the braces",
        help_zh: "删除花括号",
    }
    /// Settings without the word before them.
    USE_WITH = "SY0139" Error {
        en: "`with` is missing before the settings of a package",
        zh: "包的设置之前缺少 `with`",
        help_en: "write `with` before the brace",
        help_zh: "请在花括号之前写 `with`",
    }
    /// Something behind the closing brace.
    AFTER_BLOCK = "SY0125" Error {
        en: "nothing may follow the closing brace on its line",
        zh: "右花括号之后，同一行不能再有内容",
        help_en: "begin a new line",
        help_zh: "另起一行",
    }
    /// A step of a test within the table of a `given`.
    STEP_IN_TABLE = "SY1990" Error {
        en: "`{found}` begins a step, and the table of `given` is not closed yet",
        zh: "`{found}` 是测试的一步，而 `given` 的表尚未结束",
        help_en: "write the closing brace before it, and rows that follow into a `given` of their own",
        help_zh: "请在它之前写右花括号，之后的行写入另一个 `given`",
    }
    /// A name that is a word of the language.
    RESERVED = "SY0126" Error {
        en: "`{found}` is a word of the language and cannot be a name",
        zh: "`{found}` 是语言的保留字，不能作为名称",
        help_en: "choose another name, such as `{found}_value`",
        help_zh: "请换一个名称，例如 `{found}_value`",
    }
    /// A name with characters that names do not have.
    NAME_SHAPE = "SY0127" Error {
        en: "`{found}` cannot be a name",
        zh: "`{found}` 不能作为名称",
        help_en: "names are made of a-z, 0-9 and `_` and do not begin with a digit; write Chinese in `title`",
        help_zh: "名称由 a-z、0-9 和 `_` 组成，不以数字开头；中文请写在 `title` 中",
    }
    /// A currency on a field that is not money.
    CURRENCY_WITHOUT_MONEY = "SY0128" Error {
        en: "a field of type `{kind}` has no currency",
        zh: "类型为 `{kind}` 的字段没有货币",
        help_en: "only `money` has one, as in `amount money USD`",
        help_zh: "只有 `money` 有货币，例如 `amount money USD`",
    }
    /// A scorecard that does not say how often.
    NO_PERIOD = "SY0129" Error {
        en: "this scorecard does not say for which period it is",
        zh: "这张记分卡没有写明周期",
        help_en: "write `every day`, `every week`, `every month`, `every quarter` or `every year`",
        help_zh: "请写 `every day`、`every week`、`every month`、`every quarter` 或 `every year`",
    }
    /// An operator of another language.
    FOREIGN = "SY0130" Error {
        en: "`{found}` is not written here",
        zh: "这里不使用 `{found}`",
        help_en: "write `{meant}`",
        help_zh: "请写 `{meant}`",
    }
    /// A formula that goes on on the next line.
    CONTINUED = "SY0132" Error {
        en: "a statement cannot begin with `{found}`",
        zh: "语句不能以 `{found}` 开头",
        help_en: "the end of a line ends a statement; put the formula in brackets to go on on the next line",
        help_zh: "换行即结束语句；公式要换行时请加括号",
    }
    /// `3 months`
    CALENDAR_LENGTH = "SY0133" Error {
        en: "a duration has no `{found}`, because they are not equally long",
        zh: "时长不能用 `{found}`，因为它们长短不一",
        help_en: "write seconds, minutes, hours, days or weeks; a window may be `over month`, `over previous month` or `over 3 months`",
        help_zh: "请用 seconds、minutes、hours、days 或 weeks；窗口可写 `over month`、`over previous month` 或 `over 3 months`",
    }
    /// More mistakes than are told.
    TOO_MANY = "SY0134" Error {
        en: "the text has more mistakes; the first {limit} are told",
        zh: "错误过多，只列出前 {limit} 个",
        help_en: "mend these and check again",
        help_zh: "修正后再检查一次",
    }
    /// A mark of a Chinese keyboard where no mark stands.
    NEEDLESS_MARK = "SY0135" Error {
        en: "`{found}` has no place here",
        zh: "此处不需要 `{found}`",
        help_en: "remove it; the end of a line ends a statement",
        help_zh: "请删除；换行即结束语句",
    }
    /// Two statements on one line.
    STATEMENT_LINE = "SY0136" Error {
        en: "each statement needs a line of its own",
        zh: "每条语句须单独成行",
        help_en: "begin a new line here",
        help_zh: "请在此处换行",
    }
    /// A statement that is too long to read.
    STATEMENT_LENGTH = "SY0137" Error {
        en: "this statement has {bytes} bytes; the limit is {limit}",
        zh: "这条语句有 {bytes} 字节，上限为 {limit}",
        help_en: "the limit is fixed: give parts of the formula names of their own with `metric`, and close every bracket",
        help_zh: "此上限是固定的：请用 `metric` 为公式的各部分命名，并闭合所有括号",
    }
    /// The formatter found that its layout would change the meaning.
    FORMAT_UNSAFE = "SY0131" Error {
        en: "the formatter would have changed the meaning of this text, so it left it alone; this is a fault of Steelyard",
        zh: "格式化会改变这段文本的含义，因此保持原样；这是 Steelyard 的缺陷",
        help_en: "please report it with the text",
        help_zh: "请附上文本反馈",
    }
    /// A cell of a table that holds no value.
    CELL_VALUE = "SY0138" Error {
        en: "`{found}` is no value",
        zh: "`{found}` 不是值",
        help_en: "write a number with its unit, such as `1%`, `20 USD`, `30` or `75 days`, a date, or a text in quotes; leave the cell empty when the row says nothing",
        help_zh: "请写带单位的数，例如 `1%`、`20 USD`、`30` 或 `75 days`，或日期，或引号中的文本；该行没有此值时请留空"
    }
}
