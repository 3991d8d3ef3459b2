//! What was typed, before a command runs: its language, its form, and what is wrong with it.
//!
//! 1. [`read`] finds the asked language and format in the arguments, even when the rest of them is wrong.
//! 2. clap parses them, with Chinese texts when Chinese is asked for; help and version are its answers.
//! 3. What it refuses becomes a [`Diagnostic`]: [`refusal`].

use super::output::{Format, LangArg, Output};
use super::{Arguments, Stop, chinese};
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _, Error, FromArgMatches as _, ValueEnum};
use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

/// Reads what was typed. What is no command to run has been answered, and the exit code comes back.
pub fn read(typed: Vec<OsString>) -> Result<(Arguments, Output), ExitCode> {
    let output = Output::new(asked::<Format>(&typed, "--format").unwrap_or_default(), asked::<LangArg>(&typed, "--lang"));
    let mut command = Arguments::command();
    command.build();
    if output.lang == Lang::Zh {
        command = chinese::speak(command, "");
    }
    let name = named(&command, &typed);
    let parsed = command.try_get_matches_from(typed).and_then(|matches| Arguments::from_arg_matches(&matches));
    parsed.map(|arguments| (arguments, output)).map_err(|error| answer(&error, &name, output))
}

/// The value of a flag, wherever it stands.
fn asked<T: ValueEnum>(typed: &[OsString], flag: &str) -> Option<T> {
    let words: Vec<&str> = typed.iter().map_while(|word| word.to_str().filter(|word| *word != "--")).collect();
    let after = words.iter().zip(words.iter().skip(1)).filter(|(word, _)| **word == flag).map(|(_, value)| *value);
    let joined = words.iter().filter_map(|word| word.strip_prefix(flag)?.strip_prefix('='));
    after.chain(joined).find_map(|value| T::from_str(value, false).ok())
}

/// The command that was meant, with those above it.
fn named(command: &Command, typed: &[OsString]) -> String {
    let (mut command, mut name) = (command, command.get_name().to_owned());
    for word in typed.iter().skip(1).filter(|word| *word != "help") {
        if let Some(below) = command.find_subcommand(word) {
            command = below;
            name = format!("{name} {}", below.get_name());
        }
    }
    name
}

/// Prints what clap answers.
fn answer(error: &Error, command: &str, output: Output) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if output.is_human() => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => Stop::usage(refusal(error, command)).told_to(output),
    }
}

/// What is wrong with the arguments.
fn refusal(error: &Error, command: &str) -> Diagnostic {
    let one = |kind| strings(error, kind).into_iter().next().unwrap_or_default();
    let flag = one(ContextKind::InvalidArg);
    let value = one(ContextKind::InvalidValue);
    let diagnostic = match error.kind() {
        ErrorKind::UnknownArgument => {
            Diagnostic::general(&codes::UNKNOWN_ARGUMENT).arg("found", flag).words("hint", did_you_mean(error, ContextKind::SuggestedArg))
        }
        ErrorKind::InvalidSubcommand => {
            let found = one(ContextKind::InvalidSubcommand);
            let hint = did_you_mean(error, ContextKind::SuggestedSubcommand);
            Diagnostic::general(&codes::UNKNOWN_COMMAND).arg("found", found).words("hint", hint)
        }
        ErrorKind::InvalidValue | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues | ErrorKind::NoEquals if value.is_empty() => {
            Diagnostic::general(&codes::VALUE_MISSING).arg("flag", flag).words("known", known(error))
        }
        ErrorKind::InvalidValue => {
            let reason = known(error);
            let hint = did_you_mean(error, ContextKind::SuggestedValue);
            Diagnostic::general(&codes::VALUE_UNKNOWN).arg("flag", flag).arg("value", value).words("known", reason).words("hint", hint)
        }
        ErrorKind::ValueValidation => {
            Diagnostic::general(&codes::VALUE_WRONG).arg("flag", flag).arg("value", value).reason(validation(error))
        }
        ErrorKind::TooManyValues => Diagnostic::general(&codes::VALUES_TOO_MANY).arg("flag", flag).arg("value", value),
        ErrorKind::MissingRequiredArgument => {
            Diagnostic::general(&codes::ARGUMENT_MISSING).arg("missing", strings(error, ContextKind::InvalidArg).join(" "))
        }
        ErrorKind::ArgumentConflict => {
            let other = strings(error, ContextKind::PriorArg).join(" ");
            if other == flag {
                Diagnostic::general(&codes::ARGUMENT_TWICE).arg("flag", flag)
            } else {
                Diagnostic::general(&codes::ARGUMENTS_CONFLICT).arg("flag", flag).arg("other", other)
            }
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Diagnostic::general(&codes::NO_COMMAND),
        ErrorKind::InvalidUtf8 => Diagnostic::general(&codes::ARGUMENT_NOT_UTF8),
        _ => Diagnostic::general(&codes::USAGE).reason(Words::foreign("参数有误", error)),
    };
    diagnostic.arg("command", command)
}

fn strings(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(several)) => several.clone(),
        _ => Vec::new(),
    }
}

fn did_you_mean(error: &Error, kind: ContextKind) -> Words {
    match strings(error, kind).first() {
        Some(near) => Words::new(format!("did you mean `{near}`? "), format!("是否指 `{near}`？")),
        None => Words::default(),
    }
}

/// The values that a flag takes, when they can be listed.
fn known(error: &Error) -> Words {
    let known = strings(error, ContextKind::ValidValue);
    if known.is_empty() {
        return Words::default();
    }
    Words::new(format!("it takes: {}; ", known.join(", ")), format!("可选值：{}；", known.join("、")))
}

/// Why a value does not fit.
fn validation(error: &Error) -> Words {
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let zh = match said.as_str() {
        "invalid digit found in string" => "不是整数",
        "cannot parse integer from empty string" => "为空",
        "number too large to fit in target type" => "数值过大",
        "number too small to fit in target type" => "数值过小",
        "invalid socket address syntax" => "不是“地址:端口”的形式，例如 127.0.0.1:7878",
        "invalid IP address syntax" => "不是网段，例如 10.0.0.0/8",
        _ => {
            return match said.split_once(" is not in ") {
                Some((_, range)) => Words::new(said.clone(), format!("不在 {range} 范围内")),
                None => Words::foreign("无法识别", said),
            };
        }
    };
    Words::new(said, zh)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn told(typed: &[&str]) -> (String, String, String) {
        let typed: Vec<OsString> = ["steelyard"].iter().chain(typed).map(OsString::from).collect();
        let mut command = Arguments::command();
        command.build();
        let name = named(&command, &typed);
        let diagnostic = refusal(&command.try_get_matches_from(typed).unwrap_err(), &name);
        let whole = |lang| format!("{} | {}", diagnostic.message(lang), diagnostic.help(lang));
        (diagnostic.code.id.to_owned(), whole(Lang::En), whole(Lang::Zh))
    }

    #[test]
    fn every_refusal_has_a_code_and_both_texts() {
        let cases: &[(&[&str], &str, &str)] = &[
            (
                &["check", "--deny-warning", "x"],
                "SY0730",
                "`steelyard check` 没有 `--deny-warning` | 是否指 `--deny-warnings`？请看：steelyard check --help",
            ),
            (&["chek"], "SY0731", "没有命令 `chek` | 是否指 `check`？请看：steelyard --help"),
            (&["send", "--events"], "SY0733", "`--events <EVENTS>` 缺少值 | 请看：steelyard send --help"),
            (
                &["check", "x", "--format", "xml"],
                "SY0732",
                "`xml` 不能作为 `--format <FORMAT>` 的值 | 可选值：human、json、ndjson；请看：steelyard check --help",
            ),
            (
                &["send", "--events", "x", "--batch", "0"],
                "SY0734",
                "`0` 不能作为 `--batch <BATCH>` 的值：不在 1..=10000 范围内 | 请看：steelyard send --help",
            ),
            (
                &["serve", "--listen", "x"],
                "SY0734",
                "`x` 不能作为 `--listen <LISTEN>` 的值：不是“地址:端口”的形式，例如 127.0.0.1:7878 | 请看：steelyard serve --help",
            ),
            (&["check"], "SY0735", "`steelyard check` 缺少 `<FILES>...` | 请看：steelyard check --help"),
            (
                &["explain", "x", "--events", "e", "--metric", "m", "--over", "1 day", "--period", "2026"],
                "SY0736",
                "`--over <OVER>` 不能与 `--period <PERIOD>` 同时使用 | 请去掉其中一个；请看：steelyard explain --help",
            ),
            (
                &["check", "x", "--deny-warnings", "--deny-warnings"],
                "SY0737",
                "`--deny-warnings` 出现了两次 | 只写一次；请看：steelyard check --help",
            ),
            (&["key"], "SY0739", "没有写明要执行的命令 | 请看：steelyard key --help"),
        ];
        for (typed, code, zh) in cases {
            let (found, en, found_zh) = told(typed);
            assert_eq!((found.as_str(), found_zh.as_str()), (*code, *zh), "{typed:?} {en}");
            assert!(!en.contains('{') && en.ends_with("--help"), "{en}");
        }
    }

    #[test]
    fn language_and_format_are_found_in_what_cannot_be_parsed() {
        let typed = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(asked::<LangArg>(&typed(&["steelyard", "--wrong", "--lang=zh"]), "--lang"), Some(LangArg::Zh));
        assert_eq!(asked::<LangArg>(&typed(&["steelyard", "--lang", "zh", "x"]), "--lang"), Some(LangArg::Zh));
        assert_eq!(asked::<LangArg>(&typed(&["steelyard", "--", "--lang", "zh"]), "--lang"), None);
        assert_eq!(asked::<Format>(&typed(&["steelyard", "--format", "xml"]), "--format"), None);
    }
}
