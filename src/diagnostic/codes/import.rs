//! SY1851–1899: mistakes in feeds, and in the files that people bring.

use super::codes;

codes! {
    // The format of a column ------------------------------------------------------------------------------------
    /// A format that shows no number.
    NUMBER_FORMAT = "SY1851" Error { en: "the format `{format}` does not show how {unit} is written", zh: "格式 `{format}` 没有给出 {unit} 的写法", help_en: "Show one with one or two decimals, as the file writes it: `1,234.50`, `1.234,50`, `1 234,5`; of a percentage also `12.5%`, which reads 12.5 as 12.5%.", help_zh: "请按文件中的写法给出带一两位小数的样例：`1,234.50`、`1.234,50`、`1 234,5`；百分比还可写 `12.5%`，即把 12.5 读作 12.5%。" }
    /// A format that does not say which words are true and false.
    FLAG_FORMAT = "SY1852" Error { en: "the format `{format}` does not say what true and false are", zh: "格式 `{format}` 没有说明真和假各怎么写", help_en: "Write both words, first the true one: `shipped late/on time`.", help_zh: "请写出两个词，真在前：例如 `迟发/正常`。" }

    /// A number or a time that every row is to say.
    FIXED_TEXT = "SY1860" Error { en: "only texts, ids, dimensions and counts can be the same in every row; `{name}` is {unit}", zh: "只有文本、id、维度和计数可以在每一行都相同；`{name}` 的类型是 {unit}", help_en: "Read it from a column: `{name} from \"Column\"`.", help_zh: "请从列中读取：`{name} from \"列名\"`。" }
    /// The currency of something that is no amount.
    CURRENCY_OF_OTHER = "SY1864" Error { en: "only money has a currency; `{name}` is {unit}", zh: "只有金额才有币种；`{name}` 的类型是 {unit}", help_en: "Delete `in` and the column behind it.", help_zh: "请删除 `in` 及其后的列名。" }
    /// An array of which no column is read.
    NOTHING_WITHIN = "SY1866" Error { en: "no column of this feed stands within \"{each}\", so all elements would say the same", zh: "此 feed 没有位于 \"{each}\" 之内的列，因此各元素的内容都会相同", help_en: "Write the whole name of a member: `sku from \"{each}.sku\"`.", help_zh: "请写出成员的完整名称：`sku from \"{each}.sku\"`。" }
    /// A table for a feed of JSON lines.
    EACH_OF_TABLE = "SY1867" Error { en: "feed {feed} reads the elements of \"{each}\", which rows of a table do not have", zh: "feed {feed} 读取 \"{each}\" 的元素，而表格的行没有这样的元素", help_en: "it reads lines of JSON", help_zh: "它读取 JSON 行" }
    /// A line with too many elements.
    MANY_ELEMENTS = "SY1868" Error { en: "\"{each}\" has more than {limit} elements", zh: "\"{each}\" 的元素超过 {limit} 个", help_en: "Send them in several lines.", help_zh: "请分成多行。" }
    /// A field that the command sets and the feed does not fix.
    NOT_FIXED = "SY1861" Error { en: "feed {feed} has no line `{field} = \"…\"` that could be set", zh: "feed {feed} 没有可以设置的行 `{field} = \"…\"`", help_en: "it has such lines for: {fields}", help_zh: "有这种行的字段：{fields}" }
    /// A setting for events that no feed reads.
    SET_EVENTS = "SY1865" Error { en: "the lines of {file} are events, which say everything by themselves: --set is for the rows of a feed", zh: "{file} 的每一行都是完整的事件：--set 只用于 feed 的行", help_en: "leave --set out, or name the feed of the lines with --feed", help_zh: "请去掉 --set，或用 --feed 指定各行所用的 feed" }
    /// A setting that is none.
    BAD_SETTING = "SY1862" Error { en: "`{text}` sets no field", zh: "`{text}` 没有设置任何字段", help_en: "write it as shop=us", help_zh: "请写成 shop=us 的形式" }

    /// Tables that are to be written to standard output.
    CSV_FOLDER = "SY1863" Error { en: "tables need a folder: one file for each event", zh: "表格需要一个文件夹：每种事件一个文件", help_en: "name one that does not exist yet with --out", help_zh: "请用 --out 指定一个尚不存在的文件夹" }

    // Workbooks -------------------------------------------------------------------------------------------------
    /// A workbook of the format before 2007.
    OLD_WORKBOOK = "SY1853" Error { en: "{file} is a workbook of the old .xls format", zh: "{file} 是旧的 .xls 格式", help_en: "save it as .xlsx or as CSV and try again", help_zh: "请另存为 .xlsx 或 CSV 后重试" }
    /// A workbook that is damaged or none.
    BAD_WORKBOOK = "SY1854" Error { en: "the workbook {file} cannot be read: {reason}", zh: "无法读取工作簿 {file}：{reason}", help_en: "open it in a spreadsheet program, save it as .xlsx and try again", help_zh: "请用表格软件打开，另存为 .xlsx 后重试" }
    /// A workbook beyond a limit.
    LARGE_WORKBOOK = "SY1855" Error { en: "the workbook {file} has more than {limit}", zh: "工作簿 {file} 超过{limit}", help_en: "export a shorter time, or as CSV, which has no limit", help_zh: "请缩短导出的时间范围，或导出为 CSV（没有此限制）" }
    /// A sheet that is not there.
    NO_SHEET = "SY1856" Error { en: "{file} has no sheet `{sheet}`{guess}", zh: "{file} 没有工作表 `{sheet}`{guess}", help_en: "it has: {sheets}", help_zh: "已有：{sheets}" }
    /// A sheet of a file that has none.
    NOT_WORKBOOK = "SY1857" Error { en: "{file} is no workbook, so it has no sheet `{sheet}`", zh: "{file} 不是工作簿，没有工作表 `{sheet}`", help_en: "leave --sheet out", help_zh: "请去掉 --sheet" }

    /// A table where events are sent.
    TABLE_SENT = "SY1859" Error { en: "{file} is a table, not one event a line as JSON", zh: "{file} 是表格，而不是每行一个 JSON 事件", help_en: "steelyard import --ruleset RULESET {file} reads it: a feed of the ruleset says which column is which field", help_zh: "请用 steelyard import --ruleset 规则集 {file}：规则集中的 feed 说明各列对应的字段" }

    // Cells -----------------------------------------------------------------------------------------------------
    /// A long id that a spreadsheet program has rounded.
    ROUNDED_ID = "SY1858" Error { en: "column \"{column}\" holds the number {value}, whose last digits a spreadsheet program has rounded away", zh: "列 \"{column}\" 的值 {value} 已被表格软件舍入，末尾的数字丢失", help_en: "numbers keep 15 digits in spreadsheets: export again and keep the column as text", help_zh: "表格软件中的数字只保留 15 位：请重新导出，并把该列保存为文本" }
}
