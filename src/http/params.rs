//! Query parameters: each known, each given once, all refused by name when they are wrong.
//!
//! 1. A handler takes what it knows out of [`Params`].
//! 2. [`Params::end`] refuses what is left over.

use super::problem::{Answer, Problem};
use crate::diagnostic::{Lang, Words, nearest};
use crate::time::Instant;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

/// The parameters of a request that nobody has taken yet.
pub struct Params {
    left: Vec<(String, String)>,
    known: &'static str,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(left) =
            pairs.map_err(|rejection| Problem::query("?", Words::foreign("查询字符串无法解析", rejection.body_text()), ""))?;
        Ok(Params { left, known: "" })
    }
}

impl Params {
    /// Names the parameters of the route, for the help of refusals.
    #[must_use]
    pub fn of(mut self, known: &'static str) -> Params {
        self.known = known;
        self
    }

    /// Takes a parameter.
    ///
    /// # Errors
    /// When it is given twice.
    pub fn take(&mut self, name: &str) -> Answer<Option<String>> {
        let mut values = self.left.extract_if(.., |(key, _)| key == name).map(|(_, value)| value);
        let (value, second) = (values.next(), values.next());
        drop(values);
        if second.is_some() {
            return Err(self.wrong(name, Words::new("is given twice", "出现了两次")));
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// Takes a parameter that is read by `read`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Words>) -> Answer<Option<T>> {
        let value = self.take(name)?;
        value.map(|text| read(&text).map_err(|reason| self.wrong(name, given(&text, &reason)))).transpose()
    }

    /// Takes an instant.
    ///
    /// # Errors
    /// When it is not RFC 3339.
    pub fn instant(&mut self, name: &str) -> Answer<Option<Instant>> {
        // A plus sign in a query is a space; offsets are written with one often enough to mend it.
        self.read(name, |text| {
            let instant = Instant::parse_rfc3339(&text.replace(' ', "+"));
            instant.ok_or_else(|| wanted("an RFC 3339 time such as 2026-03-01T09:00:00Z", "RFC 3339 时间，例如 2026-03-01T09:00:00Z"))
        })
    }

    /// Takes a flag.
    ///
    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn flag(&mut self, name: &str) -> Answer<bool> {
        self.read(name, |text| text.parse().map_err(|_| wanted("true or false", "true 或 false"))).map(Option::unwrap_or_default)
    }

    /// Takes how much to answer at most.
    ///
    /// # Errors
    /// When it is no number from 1 to `most`.
    pub fn limit(&mut self, usual: usize, most: usize) -> Answer<usize> {
        let outside = || wanted(&format!("a number from 1 to {most}"), &format!("1 到 {most} 的数"));
        let read = |text: &str| text.parse().ok().filter(|n| (1..=most).contains(n)).ok_or_else(outside);
        self.read("limit", read).map(|limit| limit.unwrap_or(usual))
    }

    /// Takes all `scope.<dimension>=<value>`.
    ///
    /// # Errors
    /// When a dimension is given twice.
    pub fn scope(&mut self) -> Answer<Vec<(String, String)>> {
        let dims: Vec<String> = self.left.iter().filter_map(|(key, _)| key.strip_prefix("scope.").map(str::to_owned)).collect();
        let mut scope: Vec<(String, String)> = Vec::new();
        for dim in dims {
            if scope.iter().all(|(known, _)| *known != dim)
                && let Some(value) = self.take(&format!("scope.{dim}"))?
            {
                scope.push((dim, value));
            }
        }
        Ok(scope)
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    /// When a parameter is left.
    pub fn end(self) -> Answer<()> {
        let Some((name, _)) = self.left.first() else { return Ok(()) };
        let hint = nearest(name, self.known.split(", ")).map(|near| (format!("; did you mean `{near}`?"), format!("；是否指 `{near}`？")));
        let (en, zh) = hint.unwrap_or_default();
        Err(self.wrong(name, Words::new("is unknown here", "此处没有该参数").then(&en, &zh)))
    }

    /// A refusal about a parameter.
    pub fn wrong(&self, name: &str, reason: impl Into<Words>) -> Problem {
        Problem::query(name, reason, self.known)
    }
}

/// What a parameter should have been.
pub fn wanted(en: &str, zh: &str) -> Words {
    Words::new(format!("{en} is wanted"), format!("应为：{zh}"))
}

/// What was given, and what is wrong with it.
pub fn given(text: &str, reason: &Words) -> Words {
    Words::new(format!("is `{text}`: {}", reason.get(Lang::En)), format!("`{text}`：{}", reason.get(Lang::Zh)))
}
