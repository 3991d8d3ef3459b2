//! Conditions, windows and durations as sentences.

use crate::compile::program::Program;
use crate::diagnostic::Lang;
use crate::engine::show::human;
use crate::syntax::ast::{BinaryOp, Duration, DurationUnit, Expr, ExprKind, Grain, Hold, Window, WorkUnit};

/// Says what stands in a ruleset.
pub struct Speaker<'a> {
    pub program: &'a Program,
    pub text: &'a str,
    pub lang: Lang,
}

impl Speaker<'_> {
    pub fn pick<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// The title of a metric, the title and value of a param, or the name as it is.
    fn name(&self, name: &str) -> String {
        let title = |title: &crate::compile::program::Text| self.pick(&title.en, title.zh.as_deref().unwrap_or(&title.en)).to_owned();
        if let Some(metric) = self.program.metrics.iter().find(|metric| metric.name == name) {
            return title(&metric.title);
        }
        match self.program.params.iter().find(|param| param.name == name) {
            Some(param) => human(&param.value, &param.unit, &self.program.zone, self.lang),
            None => name.to_owned(),
        }
    }

    /// A formula or condition; `subject` is what a comparison leaves out.
    pub fn expr(&self, expr: &Expr, subject: &str) -> String {
        let say = |inner: &Expr| self.expr(inner, subject);
        match &expr.kind {
            ExprKind::Subject => subject.to_owned(),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Binary(BinaryOp::And, a, b) => format!("{}{}{}", say(a), self.pick(" and ", "，且"), say(b)),
            ExprKind::Binary(BinaryOp::Or, a, b) => format!("{}{}{}", say(a), self.pick(" or ", "，或"), say(b)),
            ExprKind::Binary(op, a, b) => match self.compared(*op) {
                Some(word) => format!("{} {word} {}", say(a), say(b)),
                None => self.written(expr),
            },
            ExprKind::Not(a) => format!("{}{}{}", self.pick("not (", "并非（"), say(a), self.pick(")", "）")),
            ExprKind::Over(a, window) => format!("{}{}{}", say(a), self.pick(" ", ""), self.window(window.value)),
            ExprKind::IsUnknown(a, not) => {
                let word = if *not { self.pick("is known", "已知") } else { self.pick("is unknown", "未知") };
                format!("{} {word}", say(a))
            }
            ExprKind::Duration(duration) => self.duration(*duration),
            _ => self.written(expr),
        }
    }

    fn compared(&self, op: BinaryOp) -> Option<&'static str> {
        let (en, zh) = match op {
            BinaryOp::Gt => ("is above", "高于"),
            BinaryOp::Ge => ("is at least", "不低于"),
            BinaryOp::Lt => ("is below", "低于"),
            BinaryOp::Le => ("is at most", "不高于"),
            BinaryOp::Eq => ("is", "等于"),
            BinaryOp::Ne => ("is not", "不等于"),
            _ => return None,
        };
        Some(match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        })
    }

    /// The text of a place on one line.
    fn written(&self, expr: &Expr) -> String {
        self.text.get(expr.span.range()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub fn duration(&self, duration: Duration) -> String {
        let (en, zh) = match duration.unit {
            DurationUnit::Second => ("second", "秒"),
            DurationUnit::Minute => ("minute", "分钟"),
            DurationUnit::Hour => ("hour", "小时"),
            DurationUnit::Day => ("day", "天"),
            DurationUnit::Week => ("week", "周"),
        };
        let n = duration.amount;
        match self.lang {
            Lang::En => format!("{n} {en}{}", if n == 1 { "" } else { "s" }),
            Lang::Zh => format!("{n} {zh}"),
        }
    }

    pub fn grain(&self, grain: Grain) -> &'static str {
        let (en, zh) = match grain {
            Grain::Day => ("day", "日"),
            Grain::Week => ("week", "周"),
            Grain::Month => ("month", "月"),
            Grain::Quarter => ("quarter", "季度"),
            Grain::Year => ("year", "年"),
        };
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// When something is looked at, from `evaluated every month on 20 at 06:00`.
    pub fn schedule(&self, written: &str) -> String {
        let every = written.trim_start_matches("evaluated ");
        match self.lang {
            Lang::En => every.to_owned(),
            Lang::Zh => schedule_zh(every),
        }
    }

    /// `over 28 days ending 7 days ago`
    pub fn window(&self, window: Window) -> String {
        match (window, self.lang) {
            (Window::Trailing { length, ending }, Lang::En) => {
                let ending = ending.map_or(String::new(), |ending| format!(" ending {} ago", self.duration(ending)));
                format!("over {}{ending}", self.duration(length))
            }
            (Window::Trailing { length, ending }, Lang::Zh) => {
                let ending = ending.map_or("最近".to_owned(), |ending| format!("截至 {}前的", self.duration(ending)));
                format!("（{ending} {}）", self.duration(length))
            }
            (Window::Period { grain, previous }, Lang::En) => {
                format!("over the {} {}", if previous { "previous" } else { "running" }, self.grain(grain))
            }
            (Window::Period { grain, previous }, Lang::Zh) => {
                format!("（{}{}）", if previous { "上一" } else { "本" }, self.grain(grain))
            }
            (Window::Periods { count, grain, ending }, Lang::En) => {
                let ending = ending.map_or(String::new(), |(back, grain)| format!(", ending {back} {}s ago", self.grain(grain)));
                format!("over {count} calendar {}s{ending}", self.grain(grain))
            }
            (Window::Periods { count, grain, ending }, Lang::Zh) => {
                let ending = ending.map_or(String::new(), |(back, grain)| format!("，截至 {back} 个自然{}前", self.grain(grain)));
                format!("（最近 {count} 个自然{}{ending}）", self.grain(grain))
            }
            (Window::All, Lang::En) => "over all time".to_owned(),
            (Window::All, Lang::Zh) => "（全部时间）".to_owned(),
        }
    }

    /// How long a condition must hold.
    pub fn hold(&self, hold: &Hold) -> String {
        match (hold, self.lang) {
            (Hold::Working(span), lang) => {
                let (en, zh) = match span.unit {
                    WorkUnit::Days => ("days", "个工作日"),
                    WorkUnit::Hours => ("hours", "个工作小时"),
                    WorkUnit::Minutes => ("minutes", "分钟工作时间"),
                };
                match lang {
                    Lang::En => format!(", for {} working {en} without a break, by the calendar {}", span.amount, span.calendar.value),
                    Lang::Zh => format!("，持续 {} {zh}（日历 {}）", span.amount, span.calendar.value),
                }
            }
            (Hold::Unbroken(duration), Lang::En) => format!(", for {} without a break", self.duration(*duration)),
            (Hold::Unbroken(duration), Lang::Zh) => format!("，持续 {}", self.duration(*duration)),
            (Hold::SomeOf(n, of), Lang::En) => format!(", on {n} of the last {}", self.duration(*of)),
            (Hold::Periods(n, grain), Lang::En) => {
                format!(", in each of the last {n} {}{} that are over", self.grain(*grain), if *n == 1 { "" } else { "s" })
            }
            (Hold::Periods(n, grain), Lang::Zh) => format!("，最近结束的 {n} 个{}均如此", self.grain(*grain)),
            (Hold::SomeOf(n, of), Lang::Zh) => format!("，最近 {} 中有 {n} 天", self.duration(*of)),
        }
    }
}

/// `every month on 20 at 06:00` in Chinese.
fn schedule_zh(every: &str) -> String {
    let every = every.trim_start_matches("every ");
    let (every, at) = every.split_once(" at ").unwrap_or((every, ""));
    let (days, on) = every.split_once(" on ").map_or((every, None), |(days, on)| (days, Some(on)));
    let first = on.unwrap_or("1");
    let days = match (days, on) {
        ("day", _) => "每日".to_owned(),
        ("week", _) => format!("每周第 {first} 天"),
        ("month", _) => format!("每月 {first} 日"),
        ("quarter", _) => format!("每季度第 {first} 天"),
        ("year", _) => format!("每年第 {first} 天"),
        (weekdays, _) => weekdays.split(',').map(|day| format!("每{}", weekday(day.trim()))).collect::<Vec<_>>().join("、"),
    };
    if at.is_empty() { days } else { format!("{days} {at}") }
}

/// A weekday in Chinese.
fn weekday(name: &str) -> &'static str {
    match name {
        "monday" => "周一",
        "tuesday" => "周二",
        "wednesday" => "周三",
        "thursday" => "周四",
        "friday" => "周五",
        "saturday" => "周六",
        _ => "周日",
    }
}

#[cfg(test)]
mod tests {
    use super::schedule_zh;

    #[test]
    fn schedules_in_chinese() {
        for (written, said) in [
            ("every day at 06:00", "每日 06:00"),
            ("every monday, thursday", "每周一、每周四"),
            ("every month on 20 at 06:00", "每月 20 日 06:00"),
            ("every month", "每月 1 日"),
            ("every quarter", "每季度第 1 天"),
        ] {
            assert_eq!(schedule_zh(written), said);
        }
    }
}
