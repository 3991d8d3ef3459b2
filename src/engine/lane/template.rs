//! What all lines of a kind have in common, learned from one of them.
//!
//! 1. The line is taken apart ([`Parts`]) by the grammar of JSON, as far as that is plain: no escapes, no numbers with an
//!    exponent, nothing nested but `data`. None is learned from other lines.
//! 2. Each member is known by its name: an attribute, a declared field, or something that is passed over.
//! 3. What lies between the values is the same in every line of the kind, and so are the type and the source.

use super::value::{number, text_end};
use super::{Form, Kind, Kinds};
use crate::compile::program::{EventIdx, FeedIdentity, Program};
use std::collections::HashSet;
use std::sync::Arc;

/// The source of events that name none, as the door for JSON has it.
const UNNAMED: &str = "unnamed";
/// The most members of an object.
const MEMBERS_MAX: usize = 256;
/// The longest name of a member, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// A kind of line.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) event: EventIdx,
    pub(super) source: Arc<str>,
    /// The bytes before each value, and what it is.
    pub(super) pieces: Vec<(Box<[u8]>, What)>,
    /// The bytes behind the last value.
    pub(super) tail: Box<[u8]>,
    /// The fields that such lines lack.
    pub(super) absent: Vec<usize>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Id,
    Time,
    /// A declared field.
    Field(usize, Kind),
    /// A text, a number or a truth value that nobody asks for.
    Text,
    Number,
    Flag,
}

/// A member of an object: its name, and where its value lies.
#[derive(Debug, Clone, Copy)]
struct Member<'l> {
    name: &'l str,
    kind: ValueKind,
    from: usize,
    to: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    /// From behind the quote to before the quote.
    Text,
    Number,
    Flag,
    Null,
    Object,
}

impl Template {
    /// Learns from a line.
    pub(super) fn of(program: &Program, form: Form<'_>, kinds: &Kinds, line: &[u8]) -> Option<Template> {
        let text = std::str::from_utf8(line).ok()?.trim_end_matches([' ', '\t', '\r']);
        let mut parts = Parts { text, at: 0, depth: 0 };
        let members = parts.object()?;
        if parts.at != text.len() {
            return None;
        }
        let (event, source, mut known) = match form {
            Form::Events => of_event(program, kinds, text, &members)?,
            Form::Objects(feed) => of_object(kinds, feed, &members)?,
        };
        known.sort_by_key(|(from, ..)| *from);
        let (mut pieces, mut at) = (Vec::new(), 0);
        for (from, to, what) in known {
            pieces.push((text.as_bytes().get(at..from)?.into(), what));
            at = to;
        }
        let has = |field: usize| pieces.iter().any(|(_, what)| matches!(what, What::Field(one, _) if *one == field));
        let fields = &program.events.get(event)?.fields;
        let absent: Vec<usize> = (0..fields.len()).filter(|field| !has(*field)).collect();
        let may_lack = absent.iter().all(|field| fields.get(*field).is_some_and(|field| field.optional));
        let once = |wanted: What| pieces.iter().filter(|(_, what)| *what == wanted).count() == 1;
        let whole = may_lack && once(What::Id) && once(What::Time);
        let tail = text.as_bytes().get(at..)?.into();
        whole.then_some(Template { event, source: source.into(), pieces, tail, absent })
    }
}

/// Where values lie, and what they are.
type Places = Vec<(usize, usize, What)>;

/// The event type, the source and the values of an event.
fn of_event<'l>(program: &Program, kinds: &Kinds, text: &'l str, members: &[Member<'l>]) -> Option<(EventIdx, &'l str, Places)> {
    let named = |name: &str| members.iter().find(|member| member.name == name);
    let constant = |member: &Member<'l>| text.get(member.from..member.to).filter(|_| member.kind == ValueKind::Text);
    let cloud = named("specversion").map(|member| constant(member) == Some("1.0"));
    let source = named("source").map(|member| constant(member).filter(|source| (1..=NAME_BYTES_MAX).contains(&source.len())));
    let source = match (cloud, source) {
        (Some(false), _) | (_, Some(None)) | (Some(true), None) => return None,
        (_, Some(Some(source))) => source,
        (None, None) => UNNAMED,
    };
    let event = program.event_named(constant(named("type")?)?)?;
    let kinds = kinds.get(&event)?;
    let mut places = Places::new();
    for member in members {
        let what = match member.name {
            "id" => What::Id,
            "time" => What::Time,
            "type" | "source" | "specversion" => continue,
            "data" => {
                let mut parts = Parts { text, at: member.from, depth: 0 };
                places.extend(of_fields(program, kinds, event, &parts.object()?)?);
                continue;
            }
            "data_base64" | "datacontenttype" | "revision" => return None,
            _ if cloud.is_none() => return None,
            _ => match passed_over(member)? {
                Some(what) => what,
                None => continue,
            },
        };
        if matches!(what, What::Id | What::Time) && member.kind != ValueKind::Text {
            return None;
        }
        places.push((member.from, member.to, what));
    }
    Some((event, source, places))
}

/// The values of fields.
fn of_fields(program: &Program, kinds: &[Kind], event: EventIdx, members: &[Member<'_>]) -> Option<Places> {
    let fields = &program.events.get(event)?.fields;
    let mut places = Places::new();
    for member in members {
        let what = match fields.iter().position(|field| field.name == member.name) {
            Some(field) => field_of(field, kinds, member)?,
            None => match passed_over(member)? {
                Some(what) => what,
                None => continue,
            },
        };
        places.push((member.from, member.to, what));
    }
    Some(places)
}

/// The event type, the source and the values of an object that a feed maps.
fn of_object<'f>(kinds: &Kinds, feed: &'f crate::compile::program::Feed, members: &[Member<'_>]) -> Option<(EventIdx, &'f str, Places)> {
    let FeedIdentity::Columns(ids) = &feed.identity else { return None };
    let [id] = ids.as_slice() else { return None };
    let with_currency = feed.columns.iter().any(|(_, column)| column.currency.is_some());
    if with_currency
        || !feed.fixed.is_empty()
        || feed.revision.is_some()
        || feed.time.format.is_some()
        || !(1..=NAME_BYTES_MAX).contains(&feed.source.len())
    {
        return None;
    }
    let kinds = kinds.get(&feed.event)?;
    let mut places = Places::new();
    for member in members {
        let mut fields = feed.columns.iter().filter(|(_, column)| column.column == member.name);
        let field = fields.next().map(|(field, column)| field_of(*field, kinds, member).filter(|_| column.format.is_none()));
        let plain = member.kind == ValueKind::Text;
        let asked = [
            (*id == member.name).then_some(plain.then_some(What::Id)),
            (feed.time.column == member.name).then_some(plain.then_some(What::Time)),
            field,
        ];
        let mut asked = asked.into_iter().flatten();
        let what = match (asked.next(), asked.next(), fields.next()) {
            (Some(what), None, None) => what?,
            (None, None, None) => match passed_over(member)? {
                Some(what) => what,
                None => continue,
            },
            // Whatever is asked for twice is read strictly.
            _ => return None,
        };
        places.push((member.from, member.to, what));
    }
    Some((feed.event, &feed.source, places))
}

/// A declared field, if its value has the plain form.
fn field_of(field: usize, kinds: &[Kind], member: &Member<'_>) -> Option<What> {
    let kind = *kinds.get(field)?;
    let fits = match kind {
        Kind::Numbered | Kind::Words => member.kind == ValueKind::Text,
        Kind::Number(_) => member.kind == ValueKind::Number,
        Kind::Flag => member.kind == ValueKind::Flag,
        Kind::Other => false,
    };
    fits.then_some(What::Field(field, kind))
}

/// What is passed over in a member that nobody asks for; the inner None for what is the same in every line.
fn passed_over(member: &Member<'_>) -> Option<Option<What>> {
    match member.kind {
        ValueKind::Text => Some(Some(What::Text)),
        ValueKind::Number => Some(Some(What::Number)),
        ValueKind::Flag => Some(Some(What::Flag)),
        ValueKind::Null => Some(None),
        ValueKind::Object => None,
    }
}

/// The members of a line, one by one.
struct Parts<'l> {
    text: &'l str,
    at: usize,
    /// So many objects are open.
    depth: usize,
}

impl<'l> Parts<'l> {
    /// The members of the object that begins here, with different names.
    fn object(&mut self) -> Option<Vec<Member<'l>>> {
        self.take(b'{')?;
        self.depth += 1;
        let mut members = Vec::new();
        loop {
            self.blanks();
            let (from, to) = self.quoted()?;
            let name = self.text.get(from..to).filter(|name| name.len() <= NAME_BYTES_MAX)?;
            self.blanks();
            self.take(b':')?;
            self.blanks();
            let (kind, from, to) = self.value()?;
            members.push(Member { name, kind, from, to });
            self.blanks();
            match self.text.as_bytes().get(self.at)? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        self.at += 1;
        self.depth -= 1;
        let mut seen = HashSet::new();
        (members.len() <= MEMBERS_MAX && members.iter().all(|member| seen.insert(member.name))).then_some(members)
    }

    fn value(&mut self) -> Option<(ValueKind, usize, usize)> {
        let (from, rest) = (self.at, self.text.get(self.at..)?);
        let mut word = |word: &str, kind| {
            self.at += word.len();
            Some((kind, from, self.at))
        };
        match rest.as_bytes().first()? {
            b'"' => self.quoted().map(|(from, to)| (ValueKind::Text, from, to)),
            b't' if rest.starts_with("true") => word("true", ValueKind::Flag),
            b'f' if rest.starts_with("false") => word("false", ValueKind::Flag),
            b'n' if rest.starts_with("null") => word("null", ValueKind::Null),
            b'{' if self.depth == 1 => {
                self.object()?;
                Some((ValueKind::Object, from, self.at))
            }
            _ => {
                let (_, _, end) = number(self.text.as_bytes(), from)?;
                self.at = end;
                Some((ValueKind::Number, from, end))
            }
        }
    }

    /// From behind a quote to before the next one.
    fn quoted(&mut self) -> Option<(usize, usize)> {
        self.take(b'"')?;
        let from = self.at;
        let (end, _) = text_end(self.text.as_bytes(), from)?;
        self.at = end + 1;
        Some((from, end))
    }

    fn blanks(&mut self) {
        while matches!(self.text.as_bytes().get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&byte)).then(|| self.at += 1)
    }
}
