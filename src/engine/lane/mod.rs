//! Lines of JSON read straight into columns, without an event being made of each.
//!
//! 1. [`Scanner`] is told of the bytes of a file, many whole lines at a time, and gives a [`Batch`].
//! 2. A line that looks like none before is taken apart ([`template`]): which bytes are the same in every line of its kind,
//!    and what stands between them. The next lines of the kind are read by that ([`scan`]): the same bytes are compared,
//!    and values are read by their declarations. What is not wanted is passed over, but no less strictly.
//! 3. Whatever is written in another way than the plain one, or breaks any limit, is left to the strict reader: [`Batch`]
//!    gives those lines back as they are. So there is one meaning and one set of messages, that of
//!    [`shape`](super::shape()).
//! 4. [`Known`] tells repeated events.

mod known;
mod scan;
mod template;
mod value;

pub use known::{Known, Seen};

use crate::compile::program::{EventIdx, Feed, Field, FieldRole, Program, Unit};
use crate::eval::{Bulk, Column, Columns, Words};
use scan::Reading;
use std::collections::BTreeMap;
use std::sync::Arc;
use template::Template;

/// So many kinds of lines are remembered. More are read strictly.
const TEMPLATES_MAX: usize = 32;

/// What the lines are.
#[derive(Debug, Clone, Copy)]
pub enum Form<'p> {
    /// Events in the plain form, or as CloudEvents.
    Events,
    /// Flat objects, which a feed maps.
    Objects(&'p Feed),
}

/// Reads the lines of a file.
#[derive(Debug)]
pub struct Scanner<'p> {
    program: &'p Program,
    form: Form<'p>,
    /// For each event type that can be read so, what its fields become.
    kinds: Kinds,
    templates: Vec<Template>,
    latest: usize,
    /// The rows of the largest group so far, for which room is made.
    n_rows: usize,
    reading: Reading,
}

/// What a field becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The number of a text.
    Numbered,
    /// A text.
    Words,
    /// A number; a whole one if true.
    Number(bool),
    Flag,
    /// What is only read strictly.
    Other,
}

/// For each event type that can be read as columns, what its fields become.
pub(super) type Kinds = BTreeMap<EventIdx, Vec<Kind>>;

/// What the fields become of the events that a program can take as columns.
pub(super) fn kinds(program: &Program, bulk: &Bulk) -> Kinds {
    let mut kinds = Kinds::new();
    for (event, decl) in program.events.iter().enumerate().filter(|(event, _)| bulk.takes(*event)) {
        let numbered = bulk.numbered(event);
        let kind = |(index, field): (usize, &Field)| match field.unit {
            _ if field.role == FieldRole::Rate => Kind::Other,
            Unit::Text if numbered.contains(&index) => Kind::Numbered,
            Unit::Text => Kind::Words,
            Unit::Number | Unit::Percent | Unit::Duration | Unit::Money(_) => Kind::Number(false),
            Unit::Count => Kind::Number(true),
            Unit::Flag => Kind::Flag,
            Unit::MoneyIn(_) | Unit::Time | Unit::Date => Kind::Other,
        };
        // What tells amounts of a target is looked at more closely.
        let tells = program.targets.iter().filter_map(|target| target.told.as_ref()).any(|told| told.event == event);
        // An amount in the currency of a field gives that field another form.
        if !tells && !decl.fields.iter().any(|field| matches!(field.unit, Unit::MoneyIn(_))) {
            kinds.insert(event, decl.fields.iter().enumerate().map(kind).collect());
        }
    }
    kinds
}

impl Kind {
    /// A column of such fields, without a value.
    pub(super) fn absent(self) -> Column {
        match self {
            Kind::Numbered => Column::Numbered(Vec::new()),
            Kind::Words | Kind::Other => Column::Words(Words::default()),
            Kind::Number(_) => Column::Decimals(Vec::new(), Vec::new()),
            Kind::Flag => Column::Flags(Vec::new()),
        }
    }
}

/// The lines of a part of a file.
#[derive(Debug, Default)]
pub struct Batch {
    /// The rows, by event type and source.
    pub groups: Vec<Group>,
    /// The lines that must be read strictly.
    pub strict: Vec<Line>,
    /// The texts of the next numbers.
    pub texts: Vec<Box<str>>,
    /// How many lines there were.
    pub n_lines: u64,
}

/// Rows of one event type and one source.
#[derive(Debug)]
pub struct Group {
    /// The rows.
    pub columns: Columns,
    /// For each its line in the batch, from 0 on, and the offset of that in its bytes.
    pub places: Vec<(u32, u32)>,
}

/// A line that must be read strictly.
#[derive(Debug)]
pub struct Line {
    /// Its line in the batch, from 0 on, and the offset of that in its bytes.
    pub place: (u32, u32),
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl<'p> Scanner<'p> {
    /// A scanner for the events that a program can take as columns.
    pub fn new(program: &'p Program, form: Form<'p>, bulk: &Bulk, seed: u64) -> Scanner<'p> {
        let kinds = kinds(program, bulk);
        Scanner { program, form, kinds, templates: Vec::new(), latest: 0, n_rows: 0, reading: Reading::new(seed) }
    }

    /// Reads whole lines; the last one may lack its end.
    pub fn read(&mut self, bytes: &[u8]) -> Batch {
        let mut batch = Batch::default();
        let mut at = 0;
        let mut line = 0u32;
        while at < bytes.len() {
            let place = (line, u32::try_from(at).unwrap_or(u32::MAX));
            at = self.line(bytes, at, place, &mut batch);
            line = line.saturating_add(1);
        }
        batch.n_lines = line.into();
        self.n_rows = batch.groups.iter().map(|group| group.places.len()).chain([self.n_rows]).max().unwrap_or_default();
        batch.texts = self.reading.new_texts();
        batch
    }

    /// Reads one line; gives the offset behind it.
    fn line(&mut self, bytes: &[u8], at: usize, place: (u32, u32), batch: &mut Batch) -> usize {
        let n_templates = self.templates.len();
        for turn in 0..n_templates {
            let index = (self.latest + turn) % n_templates;
            if let Some(end) = self.by_template(index, bytes, at, place, batch) {
                self.latest = index;
                return end;
            }
        }
        let end = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n')).map_or(bytes.len(), |end| at + end);
        let text = bytes.get(at..end).unwrap_or_default();
        if n_templates < TEMPLATES_MAX
            && let Some(mut template) = Template::of(self.program, self.form, &self.kinds, text)
        {
            if let Some(known) = self.templates.iter().find(|known| known.source == template.source) {
                template.source = Arc::clone(&known.source);
            }
            self.templates.push(template);
            if let Some(end) = self.by_template(n_templates, bytes, at, place, batch) {
                self.latest = n_templates;
                return end;
            }
            self.templates.pop();
        }
        if !text.trim_ascii().is_empty() {
            batch.strict.push(Line { place, bytes: text.to_vec() });
        }
        end + 1
    }

    /// Reads one line as those before it; None when it is another kind of line. Gives the offset behind it.
    fn by_template(&mut self, index: usize, bytes: &[u8], at: usize, place: (u32, u32), batch: &mut Batch) -> Option<usize> {
        let template = self.templates.get(index)?;
        let same = |group: &Group| group.columns.event == template.event && Arc::ptr_eq(&group.columns.source, &template.source);
        let found = batch.groups.iter().position(same).unwrap_or_else(|| {
            let kinds = self.kinds.get(&template.event).map_or(&[][..], Vec::as_slice);
            batch.groups.push(Group::of(template, kinds, self.n_rows));
            batch.groups.len() - 1
        });
        let group = batch.groups.get_mut(found)?;
        let end = self.reading.row(template, bytes, at, &mut group.columns);
        match end {
            Some(_) => group.places.push(place),
            None => group.columns.truncate(group.places.len()),
        }
        end
    }
}

impl Group {
    fn of(template: &Template, kinds: &[Kind], n_rows: usize) -> Group {
        let mut columns = Columns {
            event: template.event,
            source: Arc::clone(&template.source),
            ids: Words::default(),
            times: Vec::new(),
            fields: kinds.iter().map(|kind| kind.absent()).collect(),
        };
        columns.reserve(n_rows);
        Group { columns, places: Vec::with_capacity(n_rows) }
    }
}
