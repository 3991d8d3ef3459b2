//! What the operating system and the libraries say, in both languages.
//!
//! 1. Their kinds of errors and their fixed phrases have Chinese texts in tables here.
//! 2. Whatever no table knows is quoted behind a Chinese phrase, so that nothing is lost.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind};

use crate::diagnostic::Words;
use crate::diagnostic::render::line_column;

impl From<&io::Error> for Words {
    fn from(error: &io::Error) -> Words {
        match (io_kind(error.kind()), error.raw_os_error()) {
            (Some(zh), Some(number)) => Words::new(error.to_string(), format!("{zh}（系统错误 {number}）")),
            (Some(zh), None) => Words::foreign(zh, error),
            (None, _) => Words::foreign("系统错误", error),
        }
    }
}

fn io_kind(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => "找不到文件或目录",
        ErrorKind::PermissionDenied => "没有权限",
        ErrorKind::AlreadyExists => "已存在",
        ErrorKind::IsADirectory => "这是一个目录",
        ErrorKind::NotADirectory => "路径中有一部分不是目录",
        ErrorKind::DirectoryNotEmpty => "目录不为空",
        ErrorKind::ReadOnlyFilesystem => "文件系统是只读的",
        ErrorKind::StorageFull => "磁盘空间不足",
        ErrorKind::QuotaExceeded => "超出磁盘配额",
        ErrorKind::FileTooLarge => "文件过大",
        ErrorKind::ResourceBusy => "资源正被占用",
        ErrorKind::InvalidFilename => "文件名无效",
        ErrorKind::AddrInUse => "地址已被占用",
        ErrorKind::AddrNotAvailable => "本机没有该地址",
        ErrorKind::ConnectionRefused => "连接被拒绝",
        ErrorKind::ConnectionReset => "连接被对方重置",
        ErrorKind::ConnectionAborted => "连接被中止",
        ErrorKind::NotConnected => "没有连接",
        ErrorKind::HostUnreachable => "主机不可达",
        ErrorKind::NetworkUnreachable => "网络不可达",
        ErrorKind::NetworkDown => "网络不可用",
        ErrorKind::BrokenPipe => "对方已关闭连接",
        ErrorKind::TimedOut => "超时",
        ErrorKind::WouldBlock => "资源暂时不可用",
        ErrorKind::Interrupted => "操作被中断",
        ErrorKind::UnexpectedEof => "内容提前结束",
        ErrorKind::InvalidData => "内容无效",
        ErrorKind::InvalidInput => "参数无效",
        ErrorKind::Unsupported => "系统不支持此操作",
        ErrorKind::OutOfMemory => "内存不足",
        _ => return None,
    })
}

impl From<&serde_json::Error> for Words {
    fn from(error: &serde_json::Error) -> Words {
        let said = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        match said.strip_suffix(&place) {
            Some(message) => {
                let zh = format!("第 {} 行第 {} 列：{}", error.line(), error.column(), in_chinese(message));
                Words::new(said.clone(), zh)
            }
            None => Words::new(said.clone(), in_chinese(&said)),
        }
    }
}

impl From<&csv::Error> for Words {
    fn from(error: &csv::Error) -> Words {
        match error.kind() {
            csv::ErrorKind::Io(error) => error.into(),
            csv::ErrorKind::Utf8 { err, .. } => {
                let field = err.field() + 1;
                Words::new(format!("cell {field} is not UTF-8"), format!("第 {field} 个单元格不是 UTF-8"))
            }
            _ => Words::foreign("CSV 格式有误", error),
        }
    }
}

/// What is wrong with a text in TOML.
pub fn toml(error: &toml::de::Error, text: &str) -> Words {
    let (line, column) = line_column(text, error.span().map_or(0, |span| span.start));
    let message = error.message();
    Words::new(format!("line {line}, column {column}: {message}"), format!("第 {line} 行第 {column} 列：{}", in_chinese(message)))
}

/// What is wrong with a URL.
pub fn url(error: impl Display) -> Words {
    let said = error.to_string();
    url_in_chinese(&said).map_or_else(|| Words::foreign("URL 格式有误", &said), |zh| Words::new(said.clone(), zh))
}

fn url_in_chinese(said: &str) -> Option<&'static str> {
    Some(match said {
        "empty host" => "缺少主机名",
        "invalid international domain name" => "国际化域名无效",
        "invalid port number" => "端口号无效",
        "invalid IPv4 address" => "IPv4 地址无效",
        "invalid IPv6 address" => "IPv6 地址无效",
        "invalid domain character" => "域名中有无效字符",
        "relative URL without a base" => "缺少 https:// 这样的开头",
        _ => return None,
    })
}

/// What lies at the bottom of an error, such as a refused connection.
pub fn cause(error: &(dyn Error + 'static)) -> Words {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    let said = innermost.to_string();
    match (innermost.downcast_ref::<io::Error>(), url_in_chinese(&said)) {
        (_, Some(zh)) => Words::new(said, format!("URL {zh}")),
        _ if said.starts_with("failed to lookup address") => Words::foreign("无法解析主机名", said),
        _ if said.starts_with("connection closed before message completed") => Words::new(said, "连接在响应完成前被关闭"),
        (Some(error), None) => error.into(),
        (None, None) => Words::foreign("通信出错", said),
    }
}

/// A message of serde, of its JSON or its TOML.
fn in_chinese(message: &str) -> String {
    if let Some(zh) = phrase(message) {
        return zh.to_owned();
    }
    if let Some((zh, wanted)) = message.split_once(", expected ").and_then(|(en, wanted)| Some((phrase(en)?, wanted))) {
        return format!("{zh}，此处应为 {wanted}");
    }
    about_data(message).unwrap_or_else(|| format!("内容有误（原文：{message}）"))
}

fn phrase(message: &str) -> Option<&'static str> {
    SYNTAX.iter().find(|(en, _)| *en == message).map(|(_, zh)| *zh)
}

/// The fixed phrases about the form of a text.
const SYNTAX: &[(&str, &str)] = &[
    ("EOF while parsing a list", "数组没有结束"),
    ("EOF while parsing an object", "对象没有结束"),
    ("EOF while parsing a string", "字符串没有结束"),
    ("EOF while parsing a value", "缺少值，文本已结束"),
    ("expected `:`", "此处应为 `:`"),
    ("expected `,` or `]`", "此处应为 `,` 或 `]`"),
    ("expected `,` or `}`", "此处应为 `,` 或 `}`"),
    ("expected ident", "此处应为 true、false 或 null"),
    ("expected value", "此处应为值"),
    ("expected `\"`", "此处应为 `\"`"),
    ("invalid escape", "转义序列无效"),
    ("invalid number", "数字的写法无效"),
    ("number out of range", "数字超出范围"),
    ("invalid unicode code point", "Unicode 码位无效"),
    ("control character (\\u0000-\\u001F) found while parsing a string", "字符串中有控制字符"),
    ("key must be a string", "键必须是字符串"),
    ("lone leading surrogate in hex escape", "转义序列中的代理项不成对"),
    ("trailing comma", "末尾多了逗号"),
    ("trailing characters", "末尾有多余内容"),
    ("unexpected end of hex escape", "十六进制转义不完整"),
    ("recursion limit exceeded", "嵌套过深"),
    ("duplicate key", "键重复"),
    ("unquoted string", "字符串缺少引号"),
    ("key with no value", "键没有值"),
    ("invalid key", "键无效"),
    ("invalid key-value pair", "键值对无效"),
    ("unexpected key or value", "此处不应有键或值"),
    ("invalid basic string", "字符串无效"),
    ("invalid string", "字符串无效"),
    ("unclosed table", "表头没有结束"),
    ("unclosed array", "数组没有结束"),
    ("unclosed inline table", "内联表没有结束"),
    ("invalid IP address syntax", "不是网段，例如 10.0.0.0/8"),
    ("invalid socket address syntax", "不是“地址:端口”的形式，例如 127.0.0.1:7878"),
];

/// `missing field …`, `invalid type: …, expected …` and their kin.
fn about_data(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("missing field ") {
        return Some(format!("缺少 {rest}"));
    }
    if let Some(rest) = message.strip_prefix("duplicate field ") {
        return Some(format!("{rest} 重复出现"));
    }
    for (prefix, kind) in [("unknown field ", "未知的成员"), ("unknown variant ", "未知的值")] {
        if let Some((found, known)) = message.strip_prefix(prefix).and_then(|rest| rest.split_once(", ")) {
            let known = known.trim_start_matches("expected ").trim_start_matches("one of ");
            let known = if known.starts_with("there are no") {
                "此处不应有任何成员".to_owned()
            } else {
                format!("可用：{}", known.replace(", ", "、").replace(" or ", "、"))
            };
            return Some(format!("{kind} {found}，{known}"));
        }
    }
    for (prefix, kind) in [("invalid type: ", "类型有误"), ("invalid value: ", "值有误"), ("invalid length ", "长度有误")] {
        if let Some((found, wanted)) = message.strip_prefix(prefix).and_then(|rest| rest.rsplit_once(", expected ")) {
            return Some(format!("{kind}：应为{}，却是{}", wanted_type(wanted), found_type(found)));
        }
    }
    None
}

fn found_type(found: &str) -> String {
    let kinds = [("boolean ", "布尔值"), ("integer ", "整数"), ("floating point ", "小数"), ("string ", "字符串"), ("character ", "字符")];
    if let Some((rest, zh)) = kinds.iter().find_map(|(en, zh)| Some((found.strip_prefix(en)?, zh))) {
        return format!("{zh} {rest}");
    }
    match found {
        "null" | "unit value" | "Option value" => "空值".to_owned(),
        "sequence" => "数组".to_owned(),
        "map" => "对象".to_owned(),
        number if number.parse::<u64>().is_ok() => format!(" {number}"),
        other => format!(" `{other}`"),
    }
}

fn wanted_type(wanted: &str) -> String {
    match wanted {
        "a string" | "a borrowed string" | "str" | "string" => "字符串".to_owned(),
        "a boolean" => "布尔值".to_owned(),
        "a sequence" => "数组".to_owned(),
        "a map" | "an object" => "对象".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "整数".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" | "a nonzero u32" => "非负整数".to_owned(),
        "f32" | "f64" => "数字".to_owned(),
        "string or table" | "any valid TOML value" | "any valid JSON value" => "值".to_owned(),
        shape if shape.starts_with("struct ") => "对象".to_owned(),
        "socket address" => "“地址:端口”形式的字符串".to_owned(),
        other => format!(" `{other}` "),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::diagnostic::Lang;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shape {
        name: String,
        #[serde(default)]
        n: u32,
    }

    fn json(text: &str) -> String {
        let read = serde_json::from_str::<Shape>(text);
        assert_ne!(read.as_ref().ok(), Some(&Shape { name: String::new(), n: 0 }));
        Words::from(&read.unwrap_err()).get(Lang::Zh).to_owned()
    }

    #[test]
    fn json_speaks_chinese() {
        assert_eq!(json("{"), "第 1 行第 1 列：对象没有结束");
        assert_eq!(json("{}"), "第 1 行第 2 列：缺少 `name`");
        assert_eq!(json(r#"{"name":"x","x":1}"#), "第 1 行第 15 列：未知的成员 `x`，可用：`name`、`n`");
        assert_eq!(json(r#"{"name":7}"#), "第 1 行第 9 列：类型有误：应为字符串，却是整数 `7`");
        assert_eq!(json(r#"{"name":null}"#), "第 1 行第 12 列：类型有误：应为字符串，却是空值");
        assert_eq!(json(r#"{"name":"x","n":-1}"#), "第 1 行第 18 列：值有误：应为非负整数，却是整数 `-1`");
        assert_eq!(json(r#"{"name":"x","n":1e999}"#), "第 1 行第 21 列：数字超出范围");
        assert_eq!(json(r#"{"name":"x","name":"y"}"#), "第 1 行第 18 列：`name` 重复出现");
        assert_eq!(json("[1]"), "第 1 行第 2 列：类型有误：应为字符串，却是整数 `1`");
        assert_eq!(json("7"), "第 1 行第 1 列：类型有误：应为对象，却是整数 `7`");
    }

    #[test]
    fn toml_and_urls_speak_chinese() {
        let text = "a = 1\nname = 7\n";
        let error = ::toml::from_str::<Shape>(text).unwrap_err();
        assert_eq!(toml(&error, text).get(Lang::Zh), "第 1 行第 1 列：未知的成员 `a`，可用：`name`、`n`");
        assert_eq!(url("relative URL without a base").get(Lang::Zh), "缺少 https:// 这样的开头");
    }

    #[test]
    fn the_system_speaks_chinese() {
        let missing = std::fs::read("no such file").unwrap_err();
        assert_eq!(Words::from(&missing).get(Lang::Zh), "找不到文件或目录（系统错误 2）");
        assert_eq!(Words::from(&missing).get(Lang::En), "No such file or directory (os error 2)");
        assert_eq!(cause(&io::Error::other("odd")).get(Lang::Zh), "系统错误（原文：odd）");
    }
}
