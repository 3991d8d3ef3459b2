//! SY07xx: the command line.

use super::codes;

codes! {
    /// A file that cannot be read.
    READ_FILE = "SY0701" Error {
        en: "cannot read {file}: {reason}", zh: "无法读取 {file}：{reason}",
        help_en: "check the path and that you may read the file", help_zh: "请检查路径以及是否有读取权限"
    }
    /// A file that cannot be written.
    WRITE_FILE = "SY0702" Error {
        en: "cannot write {file}: {reason}", zh: "无法写入 {file}：{reason}",
        help_en: "check that the folder exists and that you may write to it", help_zh: "请检查文件夹是否存在以及是否有写入权限"
    }
    /// A ruleset file that is no UTF-8 text.
    NOT_TEXT = "SY0703" Error {
        en: "{file} is not UTF-8 text (byte {offset})", zh: "{file} 不是 UTF-8 文本（第 {offset} 字节）",
        help_en: "save the file as UTF-8", help_zh: "请将文件另存为 UTF-8 编码"
    }
    /// A file whose layout is not the canonical one.
    NOT_FORMATTED = "SY0704" Error {
        en: "{file} is not in the canonical layout", zh: "{file} 的排版不规范",
        help_en: "run: steelyard fmt {file}", help_zh: "请运行：steelyard fmt {file}"
    }
    /// An unknown metric.
    UNKNOWN_METRIC = "SY0705" Error {
        en: "{ruleset} has no metric {name}{guess}", zh: "{ruleset} 中没有指标 {name}{guess}",
        help_en: "it has: {names}", help_zh: "已有指标：{names}"
    }
    /// An unknown scorecard.
    UNKNOWN_SCORECARD = "SY0706" Error {
        en: "{ruleset} has no scorecard {name}{guess}", zh: "{ruleset} 中没有记分卡 {name}{guess}",
        help_en: "it has: {names}", help_zh: "已有记分卡：{names}"
    }
    /// An unknown dimension.
    UNKNOWN_DIMENSION = "SY0707" Error {
        en: "metric {metric} cannot be split by {name}", zh: "指标 {metric} 不能按 {name} 拆分",
        help_en: "it can be split by: {names}", help_zh: "可拆分的维度：{names}"
    }
    /// A window that does not parse.
    BAD_WINDOW = "SY0708" Error {
        en: "`{text}` is no window", zh: "`{text}` 不是有效的时间窗口",
        help_en: "write for example: 28 days, 36 hours, 7 days ending 1 day ago, month, previous month, all time",
        help_zh: "例如：28 days、36 hours、7 days ending 1 day ago、month、previous month、all time"
    }
    /// A time that does not parse.
    BAD_TIME = "SY0709" Error {
        en: "`{text}` is no time", zh: "`{text}` 不是有效的时间",
        help_en: "write 2026-03-01, \"2026-03-01 09:00\" (in the ruleset's zone) or 2026-03-01T09:00:00Z",
        help_zh: "请写 2026-03-01、\"2026-03-01 09:00\"（规则集时区）或 2026-03-01T09:00:00Z"
    }
    /// A period label that names nothing.
    BAD_PERIOD = "SY0710" Error {
        en: "`{text}` is no period", zh: "`{text}` 不是有效的周期",
        help_en: "write 2026, 2026-Q1, 2026-03, 2026-W10 or 2026-03-01", help_zh: "请写 2026、2026-Q1、2026-03、2026-W10 或 2026-03-01"
    }
    /// A row of a file that is no event.
    BAD_ROW = "SY0711" Error {
        en: "{file}, line {line}: {reason}", zh: "{file} 第 {line} 行：{reason}",
        help_en: "{help} (what it means: steelyard explain {code})", help_zh: "{help}（说明：steelyard explain {code}）"
    }
    /// A row or line that cannot be read at all.
    BAD_RECORD = "SY0712" Error {
        en: "the record cannot be read: {reason}", zh: "无法读取该记录：{reason}",
        help_en: "save the file as UTF-8, one record a line", help_zh: "请将文件保存为 UTF-8，每行一条记录"
    }
    /// An event without a time in a file.
    NO_TIME = "SY0725" Error {
        en: "the event has no time", zh: "事件没有时间",
        help_en: "give every event of a file a `time`", help_zh: "请为文件中的每个事件写上 `time`"
    }
    /// A code that is not registered.
    UNKNOWN_CODE = "SY0713" Error {
        en: "there is no code {text}", zh: "没有编号 {text}",
        help_en: "codes look like SY0203; to explain a number give a .kpi file with --events or --test, and --metric, --scorecard or --alert",
        help_zh: "编号形如 SY0203；要解释数值，请给出 .kpi 文件，--events 或 --test，以及 --metric、--scorecard 或 --alert"
    }
    /// An unknown alert rule.
    UNKNOWN_ALERT = "SY0745" Error {
        en: "{ruleset} has no alert {name}{guess}", zh: "{ruleset} 中没有预警 {name}{guess}",
        help_en: "it has: {names}", help_zh: "已有预警：{names}"
    }
    /// An unknown test.
    UNKNOWN_TEST = "SY0746" Error {
        en: "{ruleset} has no test whose name contains `{name}` and that sets its clock", zh: "{ruleset} 中没有名称包含 `{name}` 且设置了时钟的测试",
        help_en: "it has: {names}", help_zh: "已有测试：{names}"
    }
    /// A scope that names too few dimensions, or others.
    SCOPE_WANTED = "SY0747" Error {
        en: "{name} is for one {dimensions} at a time", zh: "{name} 需要指定 {dimensions}",
        help_en: "give a --scope for each of these dimensions and no other", help_zh: "请用 --scope 给出上述每个维度，且不要给出其他维度"
    }
    /// A file that exists already.
    FILE_EXISTS = "SY0714" Error {
        en: "{file} exists already", zh: "{file} 已存在",
        help_en: "choose another name, or remove the file first", help_zh: "请换一个名称，或先删除该文件"
    }
    /// A configuration file that cannot be understood.
    BAD_CONFIG = "SY0715" Error {
        en: "{file}: {reason}", zh: "{file}：{reason}",
        help_en: "the settings are listed by: steelyard serve --help", help_zh: "可用设置见：steelyard serve --help"
    }
    /// The server did not answer.
    UNREACHABLE = "SY0716" Error {
        en: "cannot reach {url}: {reason}", zh: "无法连接 {url}：{reason}",
        help_en: "is the server running? start it with: steelyard serve", help_zh: "服务是否已启动？可运行：steelyard serve"
    }
    /// The server refused a request.
    REFUSED = "SY0717" Error {
        en: "{url} answered {status}: {reason}", zh: "{url} 返回 {status}：{reason}",
        help_en: "{help}", help_zh: "{help}"
    }
    /// A currency that does not exist.
    BAD_CURRENCY = "SY0718" Error {
        en: "`{text}` is no currency", zh: "`{text}` 不是有效的货币",
        help_en: "write the three letters of ISO 4217, such as USD, CNY or EUR", help_zh: "请写 ISO 4217 三字母代码，如 USD、CNY、EUR"
    }
    /// A time zone that does not exist.
    BAD_ZONE = "SY0719" Error {
        en: "`{text}` is no time zone", zh: "`{text}` 不是有效的时区",
        help_en: "write a name such as Asia/Shanghai or Europe/London", help_zh: "请写如 Asia/Shanghai、Europe/London 的名称"
    }
    /// A ruleset name that is no id.
    BAD_NAME = "SY0720" Error {
        en: "`{text}` is no id", zh: "`{text}` 不是有效的标识",
        help_en: "use small letters, digits and _, beginning with a letter; the title may be in any language",
        help_zh: "仅用小写字母、数字和 _，以字母开头；标题可用任何语言"
    }
    /// No free port for the demo.
    NO_PORT = "SY0721" Error {
        en: "cannot listen on {address}: {reason}", zh: "无法监听 {address}：{reason}",
        help_en: "choose another address with --listen", help_zh: "请用 --listen 换一个地址"
    }
    /// A scope that is not `dimension=value`.
    BAD_SCOPE = "SY0722" Error {
        en: "`{text}` is no scope", zh: "`{text}` 不是有效的范围",
        help_en: "write dimension=value, for example --scope country=France", help_zh: "请写 维度=值，例如 --scope country=France"
    }
    /// Some events were refused.
    EVENTS_REFUSED = "SY0723" Warning {
        en: "{events} refused; the numbers are without what was refused", zh: "{events}被拒绝，结果中不包含它们",
        help_en: "", help_zh: ""
    }
    /// A command given wrongly.
    USAGE = "SY0724" Error {
        en: "{reason}", zh: "{reason}",
        help_en: "see: steelyard {command} --help", help_zh: "请看：steelyard {command} --help"
    }
    /// A file of events in another encoding than UTF-8.
    FILE_ENCODING = "SY0726" Error {
        en: "{file} is not UTF-8 text but {encoding}", zh: "{file} 不是 UTF-8 文本，而是{encoding}",
        help_en: "save the file as UTF-8 (in Excel: \"CSV UTF-8\") and try again", help_zh: "请将文件另存为 UTF-8（Excel 中选择“CSV UTF-8”）后重试"
    }
    /// A row in another encoding than UTF-8.
    ROW_ENCODING = "SY0727" Error {
        en: "the row is not UTF-8 text; save the file as UTF-8", zh: "该行不是 UTF-8 文本（可能是 GBK），请将文件另存为 UTF-8",
        help_en: "files of older programs are often in GBK or Latin-1; in Excel save as \"CSV UTF-8\"",
        help_zh: "旧软件导出的文件常为 GBK 编码；Excel 中请另存为“CSV UTF-8”"
    }
    /// A file of events without anything in it.
    EMPTY_FILE = "SY0728" Error {
        en: "the file is empty: {file}", zh: "文件为空：{file}",
        help_en: "give a CSV file with a header, or one event a line as JSON", help_zh: "请提供带表头的 CSV 文件，或每行一个 JSON 事件的文件"
    }
    /// A flag or word that the command does not know.
    UNKNOWN_ARGUMENT = "SY0730" Error {
        en: "`{command}` has no `{found}`", zh: "`{command}` 没有 `{found}`",
        help_en: "{hint}see: {command} --help", help_zh: "{hint}请看：{command} --help"
    }
    /// A command that does not exist.
    UNKNOWN_COMMAND = "SY0731" Error {
        en: "there is no command `{found}`", zh: "没有命令 `{found}`",
        help_en: "{hint}see: {command} --help", help_zh: "{hint}请看：{command} --help"
    }
    /// A value that is not among those that a flag takes.
    VALUE_UNKNOWN = "SY0732" Error {
        en: "`{value}` cannot be the value of `{flag}`", zh: "`{value}` 不能作为 `{flag}` 的值",
        help_en: "{hint}{known}see: {command} --help", help_zh: "{hint}{known}请看：{command} --help"
    }
    /// A flag without its value.
    VALUE_MISSING = "SY0733" Error {
        en: "`{flag}` lacks its value", zh: "`{flag}` 缺少值",
        help_en: "{known}see: {command} --help", help_zh: "{known}请看：{command} --help"
    }
    /// A value that a flag cannot read.
    VALUE_WRONG = "SY0734" Error {
        en: "`{value}` cannot be the value of `{flag}`: {reason}", zh: "`{value}` 不能作为 `{flag}` 的值：{reason}",
        help_en: "see: {command} --help", help_zh: "请看：{command} --help"
    }
    /// Something that a command needs.
    ARGUMENT_MISSING = "SY0735" Error {
        en: "`{command}` lacks `{missing}`", zh: "`{command}` 缺少 `{missing}`",
        help_en: "see: {command} --help", help_zh: "请看：{command} --help"
    }
    /// Two flags that exclude each other.
    ARGUMENTS_CONFLICT = "SY0736" Error {
        en: "`{flag}` cannot be used together with `{other}`", zh: "`{flag}` 不能与 `{other}` 同时使用",
        help_en: "leave one of the two out; see: {command} --help", help_zh: "请去掉其中一个；请看：{command} --help"
    }
    /// A flag that stands twice.
    ARGUMENT_TWICE = "SY0737" Error {
        en: "`{flag}` is given twice", zh: "`{flag}` 出现了两次",
        help_en: "write it once; see: {command} --help", help_zh: "只写一次；请看：{command} --help"
    }
    /// More values than a flag takes.
    VALUES_TOO_MANY = "SY0738" Error {
        en: "`{value}` is one value too many for `{flag}`", zh: "`{flag}` 的值过多，多出 `{value}`",
        help_en: "see: {command} --help", help_zh: "请看：{command} --help"
    }
    /// No command.
    NO_COMMAND = "SY0739" Error {
        en: "no command is given", zh: "没有写明要执行的命令",
        help_en: "see: {command} --help", help_zh: "请看：{command} --help"
    }
    /// An argument that is no text.
    ARGUMENT_NOT_UTF8 = "SY0740" Error {
        en: "an argument is not UTF-8 text", zh: "有参数不是 UTF-8 文本",
        help_en: "write it as UTF-8, or rename the file; see: {command} --help", help_zh: "请使用 UTF-8，或重命名文件；请看：{command} --help"
    }
    /// An editor that does not follow the protocol.
    EDITOR = "SY0741" Error {
        en: "the language server and the editor do not understand one another: {reason}", zh: "语言服务器与编辑器无法通信：{reason}",
        help_en: "`steelyard lsp` is started by an editor; docs/editors.md says how", help_zh: "`steelyard lsp` 由编辑器启动，方法见 docs/editors.zh-CN.md"
    }
    /// A rename where no name of the ruleset stands.
    RENAME_NOTHING = "SY0742" Error {
        en: "there is nothing to rename here", zh: "此处没有可以重命名的名称",
        help_en: "point at a name that the ruleset declares; words of the language and channels have no other names",
        help_zh: "请指向规则集声明的名称；语言的关键字和通知频道不能重命名"
    }
    /// A new name that cannot be one.
    RENAME_NAME = "SY0743" Error {
        en: "`{name}` cannot be a name", zh: "`{name}` 不能作为名称",
        help_en: "use lower-case letters, digits and _, and no word of formulas such as `and`",
        help_zh: "请使用小写字母、数字和 _，且不能是 `and` 等公式用词"
    }
    /// A new name that would change the meaning of the text.
    RENAME_TAKEN = "SY0744" Error {
        en: "with the name `{name}` the ruleset would mean something else or have a mistake", zh: "改名为 `{name}` 会改变规则集的含义或产生错误",
        help_en: "choose a name that nothing else has", help_zh: "请选择未被使用的名称"
    }
    /// An expectation that is not met.
    NOT_MET = "SY0750" Error {
        en: "expected {expected}, found {found}", zh: "期望 {expected}，实际为 {found}",
        help_en: "", help_zh: ""
    }
    /// An expectation that is not met, with the numbers behind what was found.
    NOT_MET_HOW = "SY0751" Error {
        en: "expected {expected}, found {found}", zh: "期望 {expected}，实际为 {found}",
        help_en: "it came about from: {how}", help_zh: "由以下数值得出：{how}"
    }
    /// `is ?`
    ASKED = "SY0752" Error {
        en: "the answer is {found}", zh: "结果为 {found}",
        help_en: "write it in place of `?` when it is right", help_zh: "确认无误后，用它替换 `?`"
    }
    /// `at` with an earlier time than before.
    CLOCK_BACK = "SY0753" Error {
        en: "the clock of a test never goes back", zh: "测试的时钟不能倒退",
        help_en: "write the steps in the order of time", help_zh: "请按时间顺序书写各步骤"
    }
    /// A step that needs the clock before it was set.
    NO_CLOCK = "SY0754" Error {
        en: "the clock of the test has not been set", zh: "测试的时钟尚未设置",
        help_en: "write `at 2026-03-01 12:00` before it", help_zh: "请在此之前写 `at 2026-03-01 12:00`"
    }
    /// A revision that is no whole number.
    BAD_REVISION = "SY0755" Error {
        en: "`{text}` is no revision", zh: "`{text}` 不是有效的修订号",
        help_en: "write a whole number", help_zh: "请写整数"
    }
    /// A number of times that a row cannot stand for.
    BAD_TIMES = "SY0758" Error {
        en: "`{text}` cannot say how many events this row stands for", zh: "`{text}` 不能表示该行代表的事件个数",
        help_en: "write a whole number from 1 to {limit}, or leave the cell empty", help_zh: "请写 1 到 {limit} 的整数，或留空"
    }
    /// A name that the ruleset does not declare.
    NOT_DECLARED = "SY0756" Error {
        en: "the ruleset declares no {name}", zh: "规则集没有声明 {name}",
        help_en: "check the spelling", help_zh: "请检查拼写"
    }
    /// The evaluation broke off.
    TEST_FAULT = "SY0757" Error {
        en: "the number could not be computed: {reason}", zh: "无法计算：{reason}",
        help_en: "please report this with the ruleset", help_zh: "请附上规则集反馈此问题"
    }
}
