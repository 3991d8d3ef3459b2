//! SY11xx: what rulesets use of each other.

use super::codes;

codes! {
    // In the text -----------------------------------------------------------------------------------------------
    /// A package that the text does not hold.
    MISSING = "SY1101" Error {
        en: "the text holds no package `{package}`", zh: "文本中没有包 `{package}`",
        help_en: "Used by {chain}. `steelyard bundle FILE` writes a ruleset with all its packages as one text.",
        help_zh: "使用链：{chain}。`steelyard bundle FILE` 把规则集和它的所有包写成一个文本。"
    }
    /// A package of another major version.
    MAJOR = "SY1102" Error {
        en: "`{package}` is there in version {version}, not {major}{others}", zh: "现有的 `{package}` 是版本 {version}，而不是 {major}{others}",
        help_en: "Used by {chain}. One ruleset can use one version of a package only.", help_zh: "使用链：{chain}。一个规则集只能使用同一个包的一个版本。"
    }
    /// A ruleset that uses itself.
    CYCLE = "SY1103" Error {
        en: "`{package}` uses itself: {chain}", zh: "`{package}` 循环使用自身：{chain}",
        help_en: "Move what both need into a package of its own.", help_zh: "请把双方都需要的内容移到单独的包中。"
    }
    /// A package that nothing uses.
    UNUSED = "SY1104" Error {
        en: "nothing uses the package `{package}`", zh: "没有使用包 `{package}`",
        help_en: "A text is one ruleset; a further `ruleset` begins a package that it uses. Write `use {package} {major}`, or remove the package.",
        help_zh: "一个文本是一个规则集，后面的 `ruleset` 是它使用的包。请写 `use {package} {major}`，或删除该包。"
    }
    /// Two packages of one name.
    TWICE = "SY1105" Error {
        en: "the text holds two rulesets `{package}`", zh: "文本中有两个规则集 `{package}`",
        help_en: "Remove one of the two.", help_zh: "请删除其中一个。"
    }
    /// More packages than a ruleset may use.
    TOO_MANY = "SY1106" Error {
        en: "a ruleset uses at most {limit} packages", zh: "一个规则集最多使用 {limit} 个包",
        help_en: "Join packages that are always used together.", help_zh: "请合并总是一起使用的包。"
    }
    /// A setting of what the package does not declare.
    NOT_DECLARED = "SY1107" Error {
        en: "package `{package}` declares no `{name}`", zh: "包 `{package}` 没有声明 `{name}`",
        help_en: "It opens: {open}.", help_zh: "它开放的有：{open}。"
    }
    /// A setting of what the package does not open.
    CLOSED = "SY1108" Error {
        en: "package `{package}` does not open `{name}`", zh: "包 `{package}` 没有开放 `{name}`",
        help_en: "It opens: {open}.", help_zh: "它开放的有：{open}。"
    }
    /// A second setting of the same.
    SET_TWICE = "SY1109" Error {
        en: "`{name}` of package `{package}` is set twice", zh: "包 `{package}` 的 `{name}` 被设置了两次",
        help_en: "Set it in one place.", help_zh: "请只在一处设置。"
    }
    /// A setting that the declaration does not have.
    NO_SUCH_PART = "SY1110" Error {
        en: "`{name}` of package `{package}` has no {what}", zh: "包 `{package}` 的 `{name}` 没有{what}",
        help_en: "Write `name: value` for a param, `name title \"…\"` for a title, `name message \"…\"` for the message of an alert.",
        help_zh: "参数写 `name: value`，标题写 `name title \"…\"`，预警消息写 `name message \"…\"`。"
    }
    /// A param that is set to a value of another unit.
    SET_UNIT = "SY1111" Error {
        en: "`{name}` takes {unit}, not {found}", zh: "`{name}` 的单位是 {unit}，而不是 {found}",
        help_en: "The package declares it so.", help_zh: "包中是这样声明的。"
    }
    /// `open` of a name that cannot be changed.
    OPEN_UNKNOWN = "SY1112" Error {
        en: "`open` names `{name}`, which the ruleset does not declare", zh: "`open` 中的 `{name}` 未在规则集中声明",
        help_en: "Open params, metrics, targets, scorecards, alerts, events or entities of this ruleset.", help_zh: "可开放本规则集的参数、指标、目标、记分卡、预警、事件或实体。"
    }

    // On the search path ----------------------------------------------------------------------------------------
    /// A package that lies in no folder of the search path.
    NOT_FOUND = "SY1120" Error {
        en: "no package `{package}` of version {major} was found{others}", zh: "找不到版本 {major} 的包 `{package}`{others}",
        help_en: "Used by {chain}. Looked for {looked}; --package-path adds a folder.", help_zh: "使用链：{chain}。已查找 {looked}；可用 --package-path 增加文件夹。"
    }
    /// A package file that lies outside of the search path.
    OUTSIDE = "SY1121" Error {
        en: "{file} leads out of the search path", zh: "{file} 指向搜索路径之外",
        help_en: "copy the package into the folder; links out of it are not followed", help_zh: "请把包复制到该文件夹中；不会跟随指向外部的链接"
    }
    /// A package file that declares another name.
    NAMED_OTHERWISE = "SY1122" Error {
        en: "{file} declares `{found}`, not `{package}`", zh: "{file} 声明的是 `{found}`，而不是 `{package}`",
        help_en: "write `ruleset {package}` in it, or rename the file", help_zh: "请在其中写 `ruleset {package}`，或重命名文件"
    }
    /// A lock file that the packages do not match.
    LOCK_MISMATCH = "SY1123" Error {
        en: "{file} does not match: {reason}", zh: "{file} 不匹配：{reason}",
        help_en: "put the locked version back, or pin what is there now with `steelyard lock`", help_zh: "请恢复锁定的版本，或用 `steelyard lock` 锁定现有版本"
    }
    /// A lock file that cannot be read.
    LOCK_LINE = "SY1124" Error {
        en: "{file}, line {line} pins no package", zh: "{file} 第 {line} 行没有锁定任何包",
        help_en: "write the file anew with `steelyard lock`", help_zh: "请用 `steelyard lock` 重新生成该文件"
    }
    /// Packages that nothing pins.
    UNLOCKED = "SY1125" Warning {
        en: "the versions of the packages are not pinned", zh: "包的版本没有锁定",
        help_en: "pin them with: steelyard lock {file}", help_zh: "请运行：steelyard lock {file}"
    }
}
