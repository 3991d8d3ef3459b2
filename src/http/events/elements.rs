//! Lines of JSON that a feed reads: one object a line, or one for each element of an array within it.
//!
//! 1. [`objects`] reads the members of the line; those of the objects within it get dotted names.
//! 2. Arrays on the way to the one that the feed names are walked through, element by element.
//! 3. The elements share the members around them, so that a long line does not become many long ones.

use super::envelope::{DEPTH_MAX, flatten};
use super::json;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{api as codes, import};
use crate::engine::RawValue;
use crate::engine::feed::{Members, Object};
use serde_json::value::RawValue as Raw;

/// The most elements that become events of one line.
const ELEMENTS_MAX: usize = 10_000;

/// What becomes events of a line: itself, or the elements of the array `each`. A line without that array, and an element
/// that is null, are nothing; what stands alone in place of the array counts as its only element.
///
/// # Errors
/// When the line is no object, or has too many elements.
pub fn objects(line: &str, each: Option<&str>) -> Result<Vec<Object>, Diagnostic> {
    let mut found = Vec::new();
    match each {
        None => found.push(object(line)?),
        Some(each) => Walk { each, found: &mut found }.object(line, "", &Object::default())?,
    }
    Ok(found)
}

/// The whole line as an object.
///
/// # Errors
/// When it is none.
pub fn object(line: &str) -> Result<Object, Diagnostic> {
    let mut members = Vec::new();
    flatten(line, "", &mut members)?;
    Ok(Object::default().with(members))
}

/// The way to an array.
struct Walk<'w> {
    each: &'w str,
    found: &'w mut Vec<Object>,
}

/// The array that was met on the way, or its end: the name and the text.
type Met<'t> = Option<(String, &'t str)>;

impl Walk<'_> {
    /// Walks on from an object, whose members have names that begin so.
    fn object(&mut self, text: &str, above: &str, around: &Object) -> Result<(), Diagnostic> {
        let (mut own, mut met) = (Vec::new(), None);
        self.members(text, above, &mut own, &mut met)?;
        let Some((key, text)) = met else { return Ok(()) };
        let around = around.with(own);
        let elements = if text.starts_with('[') { json::split_array(text) } else { Ok(vec![text]) };
        for element in elements.map_err(|reason| Diagnostic::general(&codes::RECORD_NOT_JSON).reason(reason))? {
            match (key == self.each, element.starts_with('{')) {
                (false, true) => self.object(element, &format!("{key}."), &around)?,
                (false, false) => {}
                (true, is_object) => {
                    let mut members = Vec::new();
                    if is_object {
                        flatten(element, &format!("{key}."), &mut members)?;
                    } else {
                        members.push((key.clone(), value(&key, element)?));
                    }
                    self.take(&around, members)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, around: &Object, members: Members) -> Result<(), Diagnostic> {
        if matches!(members.as_slice(), [(_, RawValue::Null)]) {
            return Ok(());
        }
        if self.found.len() >= ELEMENTS_MAX {
            return Err(Diagnostic::general(&import::MANY_ELEMENTS).arg("each", self.each).arg("limit", ELEMENTS_MAX));
        }
        self.found.push(around.with(members));
        Ok(())
    }

    /// Reads the members of an object; the one that leads on is met instead.
    fn members<'t>(&self, text: &'t str, above: &str, own: &mut Members, met: &mut Met<'t>) -> Result<(), Diagnostic> {
        for (key, raw) in json::members(text, &codes::RECORD_NOT_JSON)? {
            let key = format!("{above}{key}");
            let inner = raw.get();
            let leads_on = self.each.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            if leads_on && (inner.starts_with('[') || key == self.each) {
                *met = Some((key, inner));
            } else if inner.starts_with('{') && key.matches('.').count() < DEPTH_MAX && json::value(&key, raw)? == RawValue::Nested {
                self.members(inner, &format!("{key}."), own, met)?;
            } else {
                own.push((key.clone(), json::value(&key, raw)?));
            }
        }
        Ok(())
    }
}

/// The value of an element that is no object.
fn value(key: &str, element: &str) -> Result<RawValue, Diagnostic> {
    let raw: &Raw = serde_json::from_str(element).map_err(|error| Diagnostic::general(&codes::RECORD_NOT_JSON).reason(&error))?;
    json::value(key, raw)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The members of every object, as `name=value` in the order of the line.
    fn read(line: &str, each: &str) -> Result<Vec<String>, &'static str> {
        let objects = objects(line, Some(each)).map_err(|diagnostic| diagnostic.code.id)?;
        let shown = |object: &Object| {
            let member = |(name, value): &(String, RawValue)| match value {
                RawValue::Text(text) => format!("{name}={text}"),
                RawValue::Number(number) => format!("{name}={number}"),
                other => format!("{name}={other:?}"),
            };
            object.members().map(member).collect::<Vec<_>>().join(" ")
        };
        Ok(objects.iter().map(shown).collect())
    }

    #[test]
    fn the_elements_of_an_array_are_read_with_what_stands_around_them() {
        let order = r#"{"o":{"id":7,"items":[{"sku":"a","n":1},{"sku":"b","n":2}],"to":"x"},"t":"y"}"#;
        assert_eq!(
            read(order, "o.items").unwrap(),
            ["o.id=7 o.to=x t=y o.items.sku=a o.items.n=1", "o.id=7 o.to=x t=y o.items.sku=b o.items.n=2"]
        );
        let nested = r#"{"a":[{"i":1,"b":[{"c":1},{"c":2}]},{"i":2,"b":[]},{"i":3},{"i":4,"b":{"c":3}}]}"#;
        assert_eq!(read(nested, "a.b").unwrap(), ["a.i=1 a.b.c=1", "a.i=1 a.b.c=2", "a.i=4 a.b.c=3"]);
        assert_eq!(read(r#"{"a":1,"tags":["x",null,2]}"#, "tags").unwrap(), ["a=1 tags=x", "a=1 tags=2"]);
        for nothing in [r#"{"a":1}"#, r#"{"tags":[]}"#, r#"{"tags":null}"#, r#"{"tags2":[1]}"#, r#"{"tag":[1]}"#] {
            assert_eq!(read(nothing, "tags").unwrap(), Vec::<String>::new(), "{nothing}");
        }
    }

    #[test]
    fn a_line_has_limits() {
        assert_eq!(read("[1]", "a"), Err("SY0555"));
        assert_eq!(read(r#"{"a":[{"b":1,"b":2}]}"#, "a"), Err("SY0558"));
        let many = format!(r#"{{"a":[{}1]}}"#, "1,".repeat(ELEMENTS_MAX));
        assert_eq!(read(&many, "a"), Err("SY1868"));
        let deep = format!(r#"{{"a":[{}{}]}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read(&deep, "a").unwrap().len(), 1);
    }
}
