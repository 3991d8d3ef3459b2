//! `--help` in Chinese.
//!
//! 1. [`speak`] gives the built clap command, each of its commands and each of their arguments the text of [`TEXTS`].
//! 2. Defaults, variables and possible values, which clap would name in English, are written behind the text.
//! 3. A test holds the table against the commands: none without a text, no text without its command.

use clap::{Arg, Command};

/// Command, argument (empty for the command itself) and text. An argument of every command stands at the uppermost.
const TEXTS: &[(&str, &str, &str)] = &[
    ("steelyard", "", "KPI 规则引擎：用一种小语言在业务事件上定义指标、记分卡和预警"),
    ("steelyard", "format", "结果的输出格式"),
    ("steelyard", "lang", "文字的语言（默认：取自 LANG）"),
    ("steelyard", "package_path", "另一个存放包的文件夹；规则集首先在自己旁边查找"),
    ("steelyard", "help", "显示帮助"),
    ("steelyard", "version", "显示版本"),
    ("steelyard new", "", "写一个带注释的规则集作为起点，或由规则库生成客户文件夹"),
    ("steelyard new", "name", "规则集的标识：小写字母、数字和 _"),
    ("steelyard new", "platform", "客户销售的平台，用逗号分隔；由规则库生成客户文件夹"),
    ("steelyard new", "role", "考核的岗位，用逗号分隔；由规则库生成客户文件夹"),
    ("steelyard new", "category", "销售的品类，用逗号分隔；由规则库生成客户文件夹"),
    ("steelyard new", "cycle", "考核周期"),
    ("steelyard new", "level", "考核到哪一级"),
    ("steelyard new", "base_pay", "系数为 1 时的绩效工资，以报表货币计；不给则记分卡只给出系数"),
    ("steelyard new", "currency", "报表货币，ISO 4217 代码（单个规则集默认：USD）"),
    ("steelyard new", "timezone", "划分日和月的时区，IANA 名称（单个规则集默认：UTC）"),
    ("steelyard new", "title", "标题，可用任何语言"),
    ("steelyard new", "output", "写入的位置；`-` 表示直接输出单个规则集（默认：<名称>.kpi，或文件夹 <名称>）"),
    ("steelyard check", "", "找出规则集中的所有错误"),
    ("steelyard check", "files", "规则集文件；`-` 表示标准输入"),
    ("steelyard check", "deny_warnings", "有警告也算失败"),
    ("steelyard check", "today", "按此日期（默认今天）警告一年未核对的内容"),
    ("steelyard fmt", "", "把规则集改写成统一的排版"),
    ("steelyard fmt", "files", "规则集文件，就地修改；`-` 表示从标准输入读取并写到标准输出"),
    ("steelyard fmt", "check", "不修改，排版不规范即失败"),
    ("steelyard test", "", "运行规则集中的 `test` 块"),
    ("steelyard test", "files", "规则集文件"),
    ("steelyard test", "only", "只运行名称包含此内容的测试"),
    ("steelyard test", "coverage", "列出没有任何测试触及的内容"),
    ("steelyard test", "min_coverage", "测试覆盖率低于此值即失败，例如 100%"),
    ("steelyard test", "mutate", "逐处改动规则集，列出没有任何测试发现的改动"),
    ("steelyard test", "min_score", "测试发现的改动少于此比例即失败，例如 95%"),
    ("steelyard test", "accept", "把每个 `is ?` 替换为实际结果"),
    ("steelyard lock", "", "锁定规则集使用的包"),
    ("steelyard lock", "files", "规则集文件"),
    ("steelyard bundle", "", "把规则集和它的所有包写成一个文本，用于上传到服务"),
    ("steelyard bundle", "file", "规则集文件"),
    ("steelyard replay", "", "不启动服务，用规则集计算一个事件文件"),
    ("steelyard replay", "ruleset", "规则集"),
    ("steelyard replay", "events", "CSV、XLSX 或 NDJSON，可为 .gz 或 .zst；`-` 表示标准输入"),
    ("steelyard replay", "feed", "用哪个 feed（默认：列名相符的那一个）；映射 NDJSON 平面对象时须指定"),
    ("steelyard replay", "sheet", "工作簿中的工作表（默认：第一个）"),
    ("steelyard replay", "metrics", "要输出的指标，用逗号分隔"),
    ("steelyard replay", "scores", "输出得分：某一张或全部记分卡"),
    ("steelyard replay", "alerts", "输出每条预警的每次状态变化"),
    ("steelyard replay", "by", "从第一个到最后一个事件，每日、周、月、季或年各出一个数"),
    ("steelyard replay", "per", "另外按这些维度的每个值各出一个数"),
    ("steelyard replay", "over", "时间窗口，例如 \"28 days\"；与 --by 同用时以各周期末为止"),
    ("steelyard replay", "at", "计算到此时刻为止，而不是最后一个事件"),
    ("steelyard replay", "exact", "输出完整金额，不舍入到最小货币单位"),
    ("steelyard diff", "", "说明规则集的改动在同样的事件上改变了什么"),
    ("steelyard diff", "before", "改动前的规则集"),
    ("steelyard diff", "after", "改动后的规则集"),
    ("steelyard diff", "events", "CSV、XLSX 或 NDJSON，可为 .gz 或 .zst"),
    ("steelyard diff", "feed", "用哪个 feed（默认：列名相符的那一个）；映射 NDJSON 平面对象时须指定"),
    ("steelyard diff", "by", "从第一个到最后一个事件，按每日、周、月、季或年比较指标"),
    ("steelyard diff", "per", "另外按这些维度的每个值比较指标"),
    ("steelyard diff", "at", "计算到此时刻为止，而不是最后一个事件"),
    ("steelyard diff", "exact", "输出完整金额，不舍入到最小货币单位"),
    ("steelyard propose", "", "根据历史数据与趋势提出目标，分解到各范围与各月"),
    ("steelyard propose", "ruleset", "规则集"),
    ("steelyard propose", "metric", "目标针对的指标，须可按时间累加"),
    ("steelyard propose", "events", "CSV、XLSX 或 NDJSON，可为 .gz 或 .zst"),
    ("steelyard propose", "feed", "用哪个 feed（规则集有多个时）"),
    ("steelyard propose", "year", "目标所属的年份"),
    ("steelyard propose", "growth", "比上年的增长，例如 10%，用以代替历史趋势"),
    ("steelyard propose", "per", "按这些维度的值分解，例如 team,operator,category"),
    ("steelyard propose", "step", "每个数额都是它的整数倍"),
    ("steelyard propose", "plan", "自下而上计划的指标，与自上而下的目标并列"),
    ("steelyard propose", "at", "计算到此时刻为止，而不是最后一个事件"),
    ("steelyard propose", "write", "把目标写入规则集，替换已有的同名目标"),
    ("steelyard report", "", "写出记分卡一个周期的复盘"),
    ("steelyard report", "ruleset", "规则集"),
    ("steelyard report", "events", "CSV 或 NDJSON，可为 .gz 或 .zst"),
    ("steelyard report", "feed", "规则集有多个 feed 时，指定用哪个映射 CSV 的列"),
    ("steelyard report", "scorecard", "记分卡；只有一张时可省略"),
    ("steelyard report", "period", "周期，例如 2026-03"),
    ("steelyard report", "against", "对比的周期（默认为上一周期）"),
    ("steelyard report", "before", "对比周期所用的规则集，如有改动"),
    ("steelyard report", "scope", "只看这个维度值，例如 shop=us；可多次给出"),
    ("steelyard report", "by", "按此维度的值说明变化来自何处"),
    ("steelyard report", "notes", "写有说明和行动项的 TOML 文件"),
    ("steelyard report", "receipt", "写下得分由哪个规则集、哪些事件（截至 --at）得出，供 `verify` 核对"),
    ("steelyard report", "draft", "缺少说明也不算失败"),
    ("steelyard report", "at", "计算到此时刻为止，而不是最后一个事件"),
    ("steelyard report", "out", "写入的文件，以 .html、.md 或 .xlsx 结尾；不写则输出 Markdown"),
    ("steelyard verify", "", "按收据重新计算得分，并说明不同之处"),
    ("steelyard verify", "receipt", "`report --receipt` 写出的收据"),
    ("steelyard verify", "ruleset", "规则集"),
    ("steelyard verify", "events", "CSV 或 NDJSON，可为 .gz 或 .zst；顺序不限。收据时刻之后的事件不计入"),
    ("steelyard verify", "feed", "规则集有多个 feed 时，指定用哪个映射 CSV 的列"),
    ("steelyard doc", "", "生成规则集的 KPI 手册"),
    ("steelyard doc", "file", "规则集"),
    ("steelyard doc", "html", "写成一个带曲线图的 HTML 文件，而不是 Markdown"),
    ("steelyard doc", "own", "省略来自包的内容：见各包的手册"),
    ("steelyard doc", "out", "写入的文件夹，文件名为 <规则集>.<语言>.md 或 .html，而不是标准输出"),
    ("steelyard demo", "", "演示三家店铺一年的生成数据：得分、预警、带签名的 webhook"),
    ("steelyard demo", "port", "最先尝试的端口"),
    ("steelyard demo", "data", "把数据保存在此目录（须为新目录），而不是临时目录"),
    ("steelyard demo", "seconds", "用多少秒走完一年"),
    ("steelyard demo", "seed", "换一个数，就换一年的数据"),
    ("steelyard demo", "once", "走完一年后结束"),
    ("steelyard generate", "", "生成任意规模的店铺历史数据，用于试用规则集、测试和压测"),
    ("steelyard generate", "of", "生成什么"),
    ("steelyard generate", "shops", "店铺数"),
    ("steelyard generate", "days", "天数"),
    ("steelyard generate", "events", "事件数（约数）；每家店铺每天自有若干事件（库存、汇率、费用），结果不会少于这些"),
    ("steelyard generate", "seed", "换一个数，就换一段历史"),
    ("steelyard generate", "first", "第一天"),
    ("steelyard generate", "form", "写成的形式"),
    ("steelyard generate", "out", "写入的文件；CSV 时为新建的文件夹；`-` 表示标准输出"),
    ("steelyard serve", "", "启动服务"),
    ("steelyard serve", "config", "配置文件（默认：steelyard.toml，如果存在）"),
    ("steelyard serve", "listen", "监听地址；非本机地址需要先有密钥（默认：127.0.0.1:7878）"),
    ("steelyard serve", "data", "数据目录（默认：data）"),
    ("steelyard serve", "allow_network", "webhook 可以访问的非公网网段，例如 10.0.0.0/8"),
    ("steelyard serve", "public_url", "用户访问本服务的地址，例如 https://kpi.example.com；消息中的链接指向该地址"),
    ("steelyard serve", "log", "日志行的格式；日志的详细程度由 RUST_LOG 决定（默认：human）"),
    ("steelyard serve", "body_max", "一次事件请求解压后的最大字节数（默认：8388608）"),
    ("steelyard serve", "workspaces_max", "工作区数上限（默认：256）"),
    ("steelyard serve", "scopes_max", "一个规则集的范围数上限（默认：100000）"),
    ("steelyard send", "", "把事件文件发送给正在运行的服务"),
    ("steelyard send", "events", "NDJSON，可为 .gz 或 .zst；`-` 表示标准输入"),
    ("steelyard send", "url", "服务的地址"),
    ("steelyard send", "key", "API 密钥"),
    ("steelyard send", "workspace", "工作区，用于 admin 密钥"),
    ("steelyard send", "batch", "一次请求中的事件数"),
    ("steelyard import", "", "按规则集的 feed 把导出文件发送给正在运行的服务，或先预览"),
    ("steelyard import", "files", "CSV、XLSX 或 NDJSON，可为 .gz 或 .zst；`-` 表示标准输入"),
    ("steelyard import", "ruleset", "规则集，其中的 feed 说明各列对应的字段"),
    ("steelyard import", "feed", "用哪个 feed（默认：列名相符的那一个）；映射 NDJSON 平面对象时须指定"),
    ("steelyard import", "sheet", "工作簿中的工作表（默认：第一个）"),
    ("steelyard import", "set", "每一行都相同的字段改为此值，例如 shop=us（须为 feed 中写定的字段）"),
    ("steelyard import", "preview", "不发送，而是说明各列成为什么、哪些行会被拒绝及原因、各店铺缺哪些天"),
    ("steelyard import", "per", "预览时按这些维度检查缺失的天（默认：店铺；事件没有店铺时为其第一个维度）"),
    ("steelyard import", "url", "服务的地址"),
    ("steelyard import", "key", "API 密钥"),
    ("steelyard import", "workspace", "工作区，用于 admin 密钥"),
    ("steelyard import", "batch", "一次请求中的事件数"),
    ("steelyard key", "", "创建、列出、更换和撤销 API 密钥"),
    ("steelyard key", "data", "数据目录"),
    ("steelyard key create", "", "创建密钥并显示，仅此一次"),
    ("steelyard key create", "role", "密钥的权限"),
    ("steelyard key create", "workspace", "密钥可访问的工作区"),
    ("steelyard key create", "expires_in_days", "多少天后过期"),
    ("steelyard key create", "scope", "只能访问带此维度值的数据，例如 shop=us"),
    ("steelyard key list", "", "列出所有密钥，不显示其内容"),
    ("steelyard key revoke", "", "立即撤销密钥"),
    ("steelyard key revoke", "id", "编号：两个下划线之间的部分"),
    ("steelyard key rotate", "", "创建同样的密钥，并撤销旧的"),
    ("steelyard key rotate", "id", "编号：两个下划线之间的部分"),
    ("steelyard key rotate", "overlap_hours", "旧密钥继续有效的小时数"),
    ("steelyard lsp", "", "为编辑器服务：诊断、补全、跳转、重命名、排版（由编辑器启动）"),
    ("steelyard explain", "", "说明一个编号的含义，或一个数值的由来"),
    ("steelyard explain", "what", "编号（如 SY0203），或规则集"),
    ("steelyard explain", "events", "数值背后的事件：CSV、XLSX 或 NDJSON，可为 .gz 或 .zst"),
    ("steelyard explain", "test", "不读文件，而用名称包含此文本的第一个测试的事件"),
    ("steelyard explain", "metric", "要说明的指标"),
    ("steelyard explain", "scorecard", "要说明其得分的记分卡"),
    ("steelyard explain", "alert", "要说明的预警，以其最近一次变化为准"),
    ("steelyard explain", "feed", "用哪个 feed（默认：列名相符的那一个）；映射 NDJSON 平面对象时须指定"),
    ("steelyard explain", "scope", "只看此维度值，例如 country=France"),
    ("steelyard explain", "period", "日历周期，例如 2026-03"),
    ("steelyard explain", "over", "时间窗口，例如 \"28 days\""),
    ("steelyard explain", "at", "截至此时刻，而不是最后一个事件"),
    ("steelyard explain", "ids", "每个聚合最多列出多少个事件编号"),
];

/// Argument, value and text of the values that need one.
const VALUES: &[(&str, &str, &str)] = &[
    ("format", "human", "供人阅读"),
    ("format", "json", "一个 JSON 文档"),
    ("format", "ndjson", "每行一个 JSON 对象"),
    ("lang", "en", "英文"),
    ("lang", "zh", "简体中文"),
    ("cycle", "month", "每月"),
    ("cycle", "week", "每周"),
    ("cycle", "quarter", "每季度"),
    ("level", "shop", "店铺"),
    ("level", "person", "个人"),
    ("level", "team", "团队"),
    ("log", "human", "供人阅读"),
    ("log", "json", "每行一个 JSON 对象"),
    ("of", "world", "各有时区和货币的店铺，用于 examples/generated"),
    ("of", "client", "一个客户的店铺、人员与团队，事件与规则库一致，用于 `new` 生成的规则集"),
    ("form", "ndjson", "每行一个事件"),
    ("form", "csv", "每种事件一个文件"),
    ("role", "ingest", "发送事件"),
    ("role", "read", "读取数值、得分和预警"),
    ("role", "author", "编写并启用规则集"),
    ("role", "operate", "管理工作区的端点和投递"),
    ("role", "admin", "所有工作区的所有权限"),
];

/// Commands that clap makes by itself.
const HELP: &str = "显示本说明或某个命令的说明";

const TEMPLATE: &str = "{about}\n\n用法：{usage}\n\n{all-args}";

/// Gives a command that has been built, and all below it, Chinese texts. `above` is what stands before its name.
pub fn speak(command: Command, above: &str) -> Command {
    let path = format!("{above}{}", command.get_name());
    if command.get_name() == "help" {
        return command.about(HELP);
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replace("[OPTIONS]", "[选项]").replace("<COMMAND>", "<命令>");
    command
        .about(text(&path, "").unwrap_or_default())
        .help_template(TEMPLATE)
        .override_usage(usage)
        .subcommand_help_heading("命令")
        .mut_args(|arg| with_text(arg, &path))
        .mut_subcommands(|below| speak(below, &format!("{path} ")))
}

fn with_text(arg: Arg, path: &str) -> Arg {
    let help = nearest_text(path, arg.get_id().as_str()).unwrap_or_default().to_owned() + &facts(&arg);
    let heading = if arg.is_positional() { "参数" } else { "选项" };
    arg.help(help).long_help(None).help_heading(heading).hide_default_value(true).hide_env(true).hide_possible_values(true)
}

/// The text of an argument, of this command or of one above it.
fn nearest_text(path: &str, id: &str) -> Option<&'static str> {
    let own = text(path, id);
    own.or_else(|| nearest_text(path.rsplit_once(' ')?.0, id))
}

fn text(path: &str, id: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(command, arg, _)| *command == path && *arg == id).map(|(.., text)| *text)
}

/// Default, variable and possible values.
fn facts(arg: &Arg) -> String {
    let mut facts = String::new();
    if !arg.get_action().takes_values() {
        return facts;
    }
    let values = arg.get_possible_values();
    let values: Vec<String> = values.iter().map(|value| value_text(arg.get_id().as_str(), value.get_name())).collect();
    if !values.is_empty() {
        facts += &format!("（可选值：{}）", values.join("、"));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() {
        facts += &format!("（默认：{}）", defaults.join("、"));
    }
    if let Some(variable) = arg.get_env() {
        facts += &format!("（环境变量：{}）", variable.to_string_lossy());
    }
    facts
}

fn value_text(id: &str, value: &str) -> String {
    let text = VALUES.iter().find(|(arg, known, _)| *arg == id && *known == value);
    text.map_or_else(|| value.to_owned(), |(.., text)| format!("{value} {text}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::CommandFactory as _;
    use std::collections::BTreeSet;

    /// Every command with its path.
    fn commands(command: &Command, above: &str) -> Vec<(String, Command)> {
        let path = format!("{above}{}", command.get_name());
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        let below = below.flat_map(|below| commands(below, &format!("{path} "))).collect::<Vec<_>>();
        [(path, command.clone())].into_iter().chain(below).collect()
    }

    fn built() -> Command {
        let mut command = super::super::Arguments::command();
        command.build();
        command
    }

    #[test]
    fn every_command_and_argument_has_a_text_and_no_text_is_left_over() {
        let (mut used, mut used_values) = (BTreeSet::new(), BTreeSet::new());
        let all = commands(&built(), "");
        for (path, command) in &all {
            assert!(text(path, "").is_some(), "`{path}` has no Chinese text");
            used.insert((path.clone(), String::new()));
            for arg in command.get_arguments() {
                let id = arg.get_id().as_str();
                assert!(nearest_text(path, id).is_some(), "`{id}` of `{path}` has no Chinese text");
                let mut owner =
                    path.match_indices(' ').map(|(at, _)| &path[..at]).chain([path.as_str()]).filter(|path| text(path, id).is_some());
                used.insert((owner.next_back().unwrap().to_owned(), id.to_owned()));
                for value in arg.get_possible_values().iter().filter(|value| value.get_help().is_some()) {
                    let known = VALUES.iter().any(|(arg, known, _)| *arg == id && known == &value.get_name());
                    assert!(known, "the value `{}` of `{id}` of `{path}` has no Chinese text", value.get_name());
                    used_values.insert((id.to_owned(), value.get_name().to_owned()));
                }
            }
        }
        for (path, id, _) in TEXTS {
            assert!(used.contains(&((*path).to_owned(), (*id).to_owned())), "no command has `{id}` of `{path}`");
        }
        assert_eq!(used_values.len(), VALUES.len(), "a text of a value is left over");
        assert_eq!(used.len(), TEXTS.len(), "a text stands there twice");
    }

    #[test]
    fn help_holds_no_english_words() {
        for (path, mut command) in commands(&speak(built(), ""), "") {
            let help = command.render_long_help().to_string();
            for english in ["Usage", "Options:", "Commands:", "Arguments:", "default:", "env:", "Print", "Possible", "possible"] {
                assert!(!help.contains(english), "`{path}` says {english}: {help}");
            }
        }
    }
}
