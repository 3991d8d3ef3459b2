//! The questions of `new`, asked of a person.
//!
//! 1. A question is written with its choices and the answer that an empty line stands for.
//! 2. What is no answer is asked for again; when nobody answers any more, the empty line is taken.

use crate::diagnostic::Lang;
use std::io::{BufRead, Write};

/// A question in English and Chinese.
pub type Question = (&'static str, &'static str);

/// Something to choose: its id, and what it is called.
pub type Choice = (String, String);

/// A person at a terminal.
pub struct Interview<'i> {
    /// Where answers come from.
    pub input: &'i mut dyn BufRead,
    /// Where questions go.
    pub out: &'i mut dyn Write,
    /// In which language is asked.
    pub lang: Lang,
}

impl Interview<'_> {
    /// Asks for a text until `good` takes it.
    pub fn text<T>(&mut self, question: Question, default: &str, good: impl Fn(&str) -> Option<T>) -> Option<T> {
        loop {
            let (line, ended) = self.line(&format!("{} [{default}]: ", self.said(question)));
            match good(if line.is_empty() { default } else { &line }) {
                Some(answer) => return Some(answer),
                None if ended => return None,
                None => self.again(&line),
            }
        }
    }

    /// Asks for one of the choices.
    pub fn one(&mut self, question: Question, choices: &[Choice]) -> usize {
        self.list(question, choices);
        let found =
            self.text(("One of them, by number or name", "请选一项（序号或名称）"), "1", |answer| number(answer, choices));
        found.unwrap_or_default()
    }

    /// Asks for any number of the choices.
    pub fn several(&mut self, question: Question, choices: &[Choice]) -> Vec<usize> {
        self.list(question, choices);
        let any = ("Any of them, by numbers or names with commas", "可选多项（序号或名称，用逗号分隔）");
        let none = self.said(("none", "无")).to_owned();
        let found = self.text(any, &none, |answer| {
            if answer == none {
                return Some(Vec::new());
            }
            answer.split([',', '，', ' ', '、']).filter(|word| !word.is_empty()).map(|word| number(word, choices)).collect()
        });
        found.unwrap_or_default()
    }

    fn list(&mut self, question: Question, choices: &[Choice]) {
        let _ = writeln!(self.out, "{}", self.said(question));
        let width = choices.iter().map(|(id, _)| id.len()).max().unwrap_or_default();
        for (index, (id, title)) in choices.iter().enumerate() {
            let _ = writeln!(self.out, "  {:>2}  {id:width$}  {title}", index + 1);
        }
    }

    fn said(&self, question: Question) -> &'static str {
        match self.lang {
            Lang::En => question.0,
            Lang::Zh => question.1,
        }
    }

    fn again(&mut self, line: &str) {
        let _ = match self.lang {
            Lang::En => writeln!(self.out, "`{line}` is no answer to this."),
            Lang::Zh => writeln!(self.out, "`{line}` 不是有效的回答。"),
        };
    }

    /// A line without its blanks, and whether it was the last.
    fn line(&mut self, prompt: &str) -> (String, bool) {
        let _ = write!(self.out, "{prompt}");
        let _ = self.out.flush();
        let mut line = String::new();
        let read = self.input.read_line(&mut line).unwrap_or_default();
        (line.trim().to_owned(), read == 0)
    }
}

/// The place of a choice that was named or numbered.
fn number(answer: &str, choices: &[Choice]) -> Option<usize> {
    let named = choices.iter().position(|(id, _)| id == answer);
    named.or_else(|| answer.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < choices.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn choices() -> Vec<Choice> {
        ["amazon", "ebay", "shopee"].map(|id| (id.to_owned(), id.to_uppercase())).to_vec()
    }

    fn asked<T>(lang: Lang, answers: &str, ask: impl Fn(&mut Interview<'_>) -> T) -> (T, String) {
        let (mut input, mut out) = (answers.as_bytes(), Vec::new());
        let answer = ask(&mut Interview { input: &mut input, out: &mut out, lang });
        (answer, String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_and_names_answer_and_anything_else_is_asked_again() {
        let several = |interview: &mut Interview<'_>| interview.several(("Which?", "哪些？"), &choices());
        assert_eq!(asked(Lang::En, "1, shopee\n", several).0, [0, 2]);
        assert_eq!(asked(Lang::Zh, "2、3\n", several).0, [1, 2]);
        assert_eq!(asked(Lang::En, "\n", several).0, [0_usize; 0]);
        let (found, said) = asked(Lang::Zh, "4\nebay\n", several);
        assert_eq!(found, [1]);
        assert!(said.contains("哪些？\n   1  amazon  AMAZON\n") && said.contains("`4` 不是有效的回答。"), "{said}");
        let one = |interview: &mut Interview<'_>| interview.one(("Which?", "哪个？"), &choices());
        assert_eq!(asked(Lang::En, "x\n0\n3\n", one).0, 2);
        assert_eq!(asked(Lang::En, "", one).0, 0);
        let amount = |interview: &mut Interview<'_>| interview.text(("How many?", "多少？"), "-", |text| text.parse::<u8>().ok());
        assert_eq!(asked(Lang::En, "a\n", amount).0, None);
        assert_eq!(asked(Lang::En, "a\n7\n", amount).0, Some(7));
    }
}
