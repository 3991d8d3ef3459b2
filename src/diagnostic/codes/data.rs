//! SY10xx: mistakes in tables and in what is looked up in them.

use super::codes;

codes! {
    // Tables ----------------------------------------------------------------------------------------------------
    /// A key without a column.
    TABLE_KEY_COLUMN = "SY1001" Error { en: "table `{table}` has no column `{name}`, by which it is looked up", zh: "表 `{table}` 没有用于查找的列 `{name}`", help_en: "Add the column, or leave `{name}` out of `by`.", help_zh: "请加上该列，或从 `by` 中去掉 `{name}`。" }
    /// A table without values.
    TABLE_NO_VALUES = "SY1002" Error { en: "table `{table}` has no column of values", zh: "表 `{table}` 没有数值列", help_en: "Add a column beside the keys, `from`, `checked` and `source`.", help_zh: "请在键、`from`、`checked`、`source` 之外再加一列。" }
    /// Values of different units in one column.
    TABLE_UNITS = "SY1003" Error { en: "column `{name}` holds {left}, and here {right}", zh: "列 `{name}` 的单位是 {left}，此处却是 {right}", help_en: "Write all values of a column with the same unit.", help_zh: "同一列的值请使用相同的单位。" }
    /// Two rows of which none is more specific than the other.
    TABLE_AMBIGUOUS = "SY1004" Error { en: "for {key} both row {row} and row {other} give `{name}`, and neither is more specific", zh: "对于 {key}，行 {row} 与行 {other} 都给出 `{name}`，且都不比对方更具体", help_en: "Add a row for {key}{before}, or fill in an empty key of one of the two.", help_zh: "请为 {key} 加一行{before}，或在其中一行填上空着的键。" }
    /// Two rows with the same key and the same date.
    TABLE_TWICE = "SY1005" Error { en: "two rows for {key} count from the same day, and both give `{name}`", zh: "两行都是 {key}，`from` 相同，且都给出 `{name}`", help_en: "Delete one of the two, or give the newer one a later `from`.", help_zh: "请删除其中一行，或把较新的一行的 `from` 写得更晚。" }
    /// A table that is not declared.
    UNKNOWN_TABLE = "SY1006" Error { en: "no table is called `{name}`", zh: "没有名为 `{name}` 的表", help_en: "Declared tables: {known}.", help_zh: "已声明的表：{known}。" }
    /// A column that the table does not have.
    UNKNOWN_COLUMN = "SY1007" Error { en: "table `{table}` has no values `{name}`", zh: "表 `{table}` 没有数值列 `{name}`", help_en: "Its columns of values: {known}.", help_zh: "它的数值列：{known}。" }
    /// A table with several columns of which none is named.
    COLUMN_WANTED = "SY1008" Error { en: "table `{table}` has several columns of values", zh: "表 `{table}` 有多个数值列", help_en: "Say which one, such as `{table}.{name}`, behind keys `{table}[…].{name}`.", help_zh: "请指明是哪一列，例如 `{table}.{name}`；有键时写 `{table}[…].{name}`。" }
    /// A lookup with too few or too many keys.
    KEYS_COUNT = "SY1009" Error { en: "table `{table}` is looked up by {wanted} keys, not by {given}", zh: "表 `{table}` 须用 {wanted} 个键查找，而不是 {given} 个", help_en: "Its keys: {known}.", help_zh: "它的键：{known}。" }
    /// A key that is no dimension or text where the scope decides.
    KEY_DIMENSION = "SY1010" Error { en: "nothing here tells the key `{name}` of table `{table}`", zh: "此处无法得知表 `{table}` 的键 `{name}`", help_en: "A key is a dimension of the scope or a text: write, for example, `{table}[{example}]`.", help_zh: "键应是范围的维度或一段文本，例如写 `{table}[{example}]`。" }
    /// A key that is no text.
    KEY_UNIT = "SY1011" Error { en: "a key is a text, not {unit}", zh: "键应为文本，而不是 {unit}", help_en: "Use a dimension, an id, a text field or a text in quotes.", help_zh: "请使用维度、id、文本字段或引号中的文本。" }
    /// A lookup that no scope of the rule can tell.
    LOOKUP_SCOPE = "SY1012" Error { en: "`{name}` cannot be looked up here: the scope has no {dimension}, and every row of table `{table}` names one", zh: "此处无法查找 `{name}`：范围没有 {dimension}，而表 `{table}` 的每一行都指定了它", help_en: "Add {dimension} to `per`, or add a row to table `{table}` that leaves it empty.", help_zh: "请在 `per` 中加上 {dimension}，或在表 `{table}` 中加一行不填该键。" }
    /// A row that was checked long ago.
    TABLE_AGED = "SY1013" Warning { en: "this row was checked on {checked}, more than a year before {today}", zh: "本行在 {checked} 核对过，距 {today} 已超过一年", help_en: "Look it up again and write the day of checking, or add a row with a later `from`.", help_zh: "请重新核对并写上核对日期，或加一行更晚的 `from`。" }
    /// A key that stands twice behind `by`, or is a column of the table's own.
    TABLE_KEY_OWN = "SY1014" Error { en: "`{name}` cannot be a key of a table", zh: "`{name}` 不能作为表的键", help_en: "`from`, `checked` and `source` say something of the row itself; name the key differently.", help_zh: "`from`、`checked`、`source` 说明行本身；请给键换个名称。" }
}
