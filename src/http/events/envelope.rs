//! The envelope of an event: CloudEvents 1.0 (structured and binary) and the plain form.
//!
//! 1. [`structured`] reads a JSON object. With `specversion` it is a CloudEvent; without, the plain form, whose
//!    `source` may be left out and whose unknown members are refused, since they are fields on the wrong place.
//! 2. [`binary`] reads the `ce-*` headers and a body with the fields.
//! 3. Both end in [`assemble`], which checks the attributes.

use super::json;
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Code, Diagnostic, Words};
use crate::engine::{RawEvent, RawValue};
use crate::time::Instant;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// The longest `id`, `source` or `type`.
const ATTRIBUTE_MAX: usize = 512;

/// How deep objects within objects are read.
pub const DEPTH_MAX: usize = 16;

/// The source of events that name none. It is the same for every key and every way in: sent again with another key, or
/// out of a file, an event still counts once.
pub const UNNAMED: &str = "unnamed";

/// The attributes as they arrived.
#[derive(Default)]
struct Attributes {
    cloud: bool,
    kind: Option<String>,
    id: Option<String>,
    source: Option<String>,
    time: Option<String>,
    revision: Option<String>,
}

/// A record that was read, or why not, with its id where that much could be read.
pub struct Read {
    /// The event's id.
    pub id: Option<String>,
    /// The event.
    pub event: Result<RawEvent, Diagnostic>,
}

impl Read {
    /// A record that could not be read at all.
    pub fn refused(diagnostic: Diagnostic) -> Read {
        Read { id: None, event: Err(diagnostic) }
    }
}

/// Reads an event from a JSON object. `cloud`: the content type promises a CloudEvent.
pub fn structured(text: &str, cloud: bool) -> Read {
    let members = match json::members(text, &codes::RECORD_NOT_JSON) {
        Ok(members) => members,
        Err(diagnostic) => return Read::refused(diagnostic),
    };
    let cloud = cloud || members.iter().any(|(key, _)| key == "specversion");
    let mut attributes = Attributes { cloud, ..Attributes::default() };
    // The id is read first, so that a refusal of anything else can name it.
    let id = members.iter().find(|(key, _)| key == "id").and_then(|(key, raw)| json::string(key, raw.get()).ok());
    let event = read_members(&members, &mut attributes).and_then(|data| assemble(attributes, data));
    Read { id, event }
}

/// Fields with their values.
pub type Data = Vec<(String, RawValue)>;

fn read_members(members: &[(String, &serde_json::value::RawValue)], attributes: &mut Attributes) -> Result<Data, Diagnostic> {
    let mut data = Vec::new();
    let mut spec = None;
    for (key, raw) in members {
        let text = raw.get();
        let read = || json::string(key, text);
        match key.as_str() {
            "data" => data = fields(text)?,
            "data_base64" => {
                let reason = Words::new("data_base64 is binary", "data_base64 是二进制内容");
                return Err(Diagnostic::general(&codes::DATA_NOT_JSON).reason(reason));
            }
            "datacontenttype" if attributes.cloud && text != "null" => json_content(&read()?)?,
            _ if text == "null" => {}
            "type" => attributes.kind = Some(read()?),
            "id" => attributes.id = Some(read()?),
            "source" => attributes.source = Some(read()?),
            "time" => attributes.time = Some(read()?),
            // A number or a text: some SDKs only know extensions of text.
            "revision" => attributes.revision = Some(if text.starts_with('"') { read()? } else { text.to_owned() }),
            "specversion" => spec = Some(read()?),
            // A CloudEvent may carry other attributes and extensions; they say nothing to a ruleset.
            _ if attributes.cloud => {}
            _ => return Err(Diagnostic::general(&codes::ATTRIBUTE_UNKNOWN).arg("attribute", key)),
        }
    }
    if attributes.cloud {
        known_version(spec.as_deref())?;
    }
    Ok(data)
}

/// True when a request holds a CloudEvent in binary mode.
pub fn is_binary(headers: &HeaderMap) -> bool {
    headers.contains_key("ce-specversion")
}

/// Reads an event whose attributes stand in `ce-*` headers and whose fields are the body.
pub fn binary(headers: &HeaderMap, body: &str) -> Read {
    let attributes = match read_headers(headers) {
        Ok(attributes) => attributes,
        Err(diagnostic) => return Read::refused(diagnostic),
    };
    let id = attributes.id.clone();
    let data = if body.trim().is_empty() { Ok(Vec::new()) } else { fields(body) };
    Read { id, event: data.and_then(|data| assemble(attributes, data)) }
}

fn read_headers(headers: &HeaderMap) -> Result<Attributes, Diagnostic> {
    let get = |name: &'static str| {
        let mut values = headers.get_all(format!("ce-{name}")).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => decode_header(value.as_bytes())
                .map(Some)
                .ok_or_else(|| wrong(name, "is not percent-encoded UTF-8", "不是百分号编码的 UTF-8")),
            (Some(_), Some(_)) => Err(Diagnostic::general(&codes::DUPLICATE_KEY).arg("key", format!("ce-{name}"))),
        }
    };
    known_version(get("specversion")?.as_deref())?;
    // Without a content type the data is JSON: the Python SDK leaves it out when datacontenttype is unset.
    if let Some(content_type) = headers.get(CONTENT_TYPE) {
        json_content(content_type.to_str().unwrap_or_default())?;
    }
    Ok(Attributes {
        cloud: true,
        kind: get("type")?,
        id: get("id")?,
        source: get("source")?,
        time: get("time")?,
        revision: get("revision")?,
    })
}

/// A header value of the HTTP binding of CloudEvents: unquoted, then percent-decoded, once.
fn decode_header(value: &[u8]) -> Option<String> {
    let text = value.trim_ascii();
    let quoted = text.len() >= 2 && text.starts_with(b"\"") && text.ends_with(b"\"");
    let mut bytes = if quoted { unquote(text.get(1..text.len() - 1)?) } else { text.to_vec() }.into_iter();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = [bytes.next()?, bytes.next()?];
            if !hex.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            decoded.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn unquote(text: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let keep = |byte: &u8| {
        escaped = *byte == b'\\' && !escaped;
        !escaped
    };
    text.iter().copied().filter(keep).collect()
}

fn known_version(version: Option<&str>) -> Result<(), Diagnostic> {
    match version {
        Some("1.0") => Ok(()),
        Some(_) => Err(wrong("specversion", "is not 1.0", "不是 1.0")),
        None => Err(wrong("specversion", "is missing", "缺失")),
    }
}

fn json_content(content_type: &str) -> Result<(), Diagnostic> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence == "text/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let reason = Words::new(format!("its content type is {essence}"), format!("其内容类型为 {essence}"));
    Err(Diagnostic::general(&codes::DATA_NOT_JSON).reason(reason))
}

fn fields(text: &str) -> Result<Data, Diagnostic> {
    if text == "null" {
        return Ok(Vec::new());
    }
    members_of(text, &codes::DATA_NOT_JSON)
}

/// The members of an object with their values. `wrong` is the code for a text that is none.
///
/// # Errors
/// When the text is no object, or a value cannot be read.
pub fn members_of(text: &str, wrong: &'static Code) -> Result<Data, Diagnostic> {
    let members = json::members(text, wrong)?;
    members.into_iter().map(|(key, raw)| json::value(&key, raw).map(|value| (key, value))).collect()
}

/// Reads the members of an object into `data`; those of the objects within it get dotted names, `payload.order.id`.
///
/// # Errors
/// When the text is no object, or a value cannot be read.
pub fn flatten(text: &str, above: &str, data: &mut Data) -> Result<(), Diagnostic> {
    for (key, raw) in json::members(text, &codes::RECORD_NOT_JSON)? {
        let key = format!("{above}{key}");
        match json::value(&key, raw)? {
            RawValue::Nested if raw.get().starts_with('{') && key.matches('.').count() < DEPTH_MAX => {
                flatten(raw.get(), &format!("{key}."), data)?;
            }
            value => data.push((key, value)),
        }
    }
    Ok(())
}

fn assemble(attributes: Attributes, data: Data) -> Result<RawEvent, Diagnostic> {
    let Attributes { cloud, kind, id, source, time, revision } = attributes;
    let source = if cloud { source } else { source.or_else(|| Some(UNNAMED.to_owned())) };
    Ok(RawEvent {
        kind: text("type", kind)?,
        id: text("id", id)?,
        source: text("source", source)?,
        time: instant(time.as_deref())?,
        revision: whole(revision.as_deref())?,
        data,
    })
}

/// Checks `type`, `id` and `source`.
///
/// # Errors
/// When the text is missing, empty, too long or holds a NUL.
pub fn text(name: &'static str, value: Option<String>) -> Result<String, Diagnostic> {
    match value {
        None => Err(wrong(name, "is missing", "缺失")),
        Some(value) if value.is_empty() => Err(wrong(name, "is empty", "为空")),
        Some(value) if value.len() > ATTRIBUTE_MAX => Err(wrong(name, "is longer than 512 bytes", "超过 512 字节")),
        Some(value) if value.contains('\0') => Err(Diagnostic::general(&codes::TEXT_WITH_NUL).arg("field", name)),
        Some(value) => Ok(value),
    }
}

/// Reads the `time` attribute.
///
/// # Errors
/// When it is not RFC 3339.
pub fn instant(text: Option<&str>) -> Result<Option<Instant>, Diagnostic> {
    text.map(|text| {
        Instant::parse_rfc3339(text).ok_or_else(|| {
            wrong("time", "is not an RFC 3339 time such as 2026-03-01T09:00:00Z", "不是 RFC 3339 时间，例如 2026-03-01T09:00:00Z")
        })
    })
    .transpose()
}

/// Reads the `revision` attribute; 0 when it is missing.
///
/// # Errors
/// When it is not a whole number.
pub fn whole(text: Option<&str>) -> Result<i64, Diagnostic> {
    text.map_or(Ok(0), |text| text.trim().parse().map_err(|_| wrong("revision", "is not a whole number", "不是整数")))
}

fn wrong(attribute: &'static str, en: &'static str, zh: &'static str) -> Diagnostic {
    let code: &'static Code = &codes::ATTRIBUTE_WRONG;
    Diagnostic::general(code).arg("attribute", attribute).reason(Words::new(en, zh))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn code(text: &str, cloud: bool) -> String {
        structured(text, cloud).event.map_or_else(|diagnostic| diagnostic.code.id.to_owned(), |_| "ok".to_owned())
    }

    #[test]
    fn cloud_events_and_the_plain_form() {
        let read = structured(
            r#"{"specversion":"1.0","type":"sale","id":"1","source":"erp","time":"2026-03-01T09:00:00+08:00","revision":3,"subject":"x","data":{"店铺":"us","n":0.10}}"#,
            true,
        );
        let event = read.event.unwrap();
        assert_eq!((event.kind.as_str(), event.id.as_str(), event.source.as_str(), event.revision), ("sale", "1", "erp", 3));
        assert_eq!(event.time.unwrap().to_string(), "2026-03-01T01:00:00Z");
        assert_eq!(
            event.data,
            [("店铺".to_owned(), RawValue::Text("us".into())), ("n".to_owned(), RawValue::Number("0.10".parse().unwrap()))]
        );
        let plain = structured(r#"{"type":"sale","id":"1","data":{}}"#, false).event.unwrap();
        assert_eq!((plain.source.as_str(), plain.time, plain.revision), (UNNAMED, None, 0));
    }

    #[test]
    fn faults_of_the_envelope() {
        for (text, cloud, want) in [
            (r#"{"type":"a","id":"1"}"#, true, "SY0559"),
            (r#"{"specversion":"0.3","type":"a","id":"1","source":"s"}"#, true, "SY0559"),
            (r#"{"specversion":"1.0","type":"a","id":"1"}"#, true, "SY0559"),
            (r#"{"specversion":"1.0","type":"a","id":"1","source":"s"}"#, false, "ok"),
            (r#"{"id":"1"}"#, false, "SY0559"),
            (r#"{"type":"a"}"#, false, "SY0559"),
            (r#"{"type":"a","id":""}"#, false, "SY0559"),
            (r#"{"type":"a","id":7}"#, false, "SY0559"),
            (r#"{"type":"a","id":"1","time":"yesterday"}"#, false, "SY0559"),
            (r#"{"type":"a","id":"1","revision":1.5}"#, false, "SY0559"),
            (r#"{"type":"a","id":"1","shop":"us"}"#, false, "SY0560"),
            (r#"{"type":"a","id":"1","data":[1]}"#, false, "SY0561"),
            (r#"{"type":"a","id":"1","data_base64":"AA=="}"#, false, "SY0561"),
            (r#"{"type":"a","id":"1","data":{"x":1,"x":2}}"#, false, "SY0558"),
            (r#"{"type":"a","id":"1","data":{"x":NaN}}"#, false, "SY0557"),
            (r#"{"specversion":"1.0","type":"a","id":"1","source":"s","datacontenttype":"text/xml","data":{}}"#, true, "SY0561"),
            (r#""x""#, false, "SY0555"),
        ] {
            assert_eq!(code(text, cloud), want, "{text}");
        }
    }

    #[test]
    fn headers_are_decoded_once() {
        let decode = |text: &str| decode_header(text.as_bytes());
        assert_eq!(decode("%E8%AE%A2").as_deref(), Some("订"));
        assert_eq!(decode("%2541").as_deref(), Some("%41"));
        assert_eq!(decode(r#""a \"b\\c%20""#).as_deref(), Some(r#"a "b\c "#));
        for bad in ["%E8", "%", "%4", "%zz", "%+1"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn binary_mode() {
        let headers = |pairs: &[(&'static str, &str)]| {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<HeaderMap>()
        };
        let all = [("ce-specversion", "1.0"), ("ce-type", "sale"), ("ce-id", "%E8%AE%A2"), ("ce-source", "erp"), ("ce-revision", "2")];
        let event = binary(&headers(&all), r#"{"n":1}"#).event.unwrap();
        assert_eq!((event.id.as_str(), event.revision, event.data.len()), ("订", 2, 1));
        assert_eq!(binary(&headers(&all[..3]), "{}").event.unwrap_err().code.id, "SY0559");
        let mut twice = headers(&all);
        twice.append("ce-id", "2".parse().unwrap());
        assert_eq!(binary(&twice, "{}").event.unwrap_err().code.id, "SY0558");
    }
}
