//! Scopes of one grouping, numbered from 0 on by the numbers of their texts.

use crate::compile::program::FieldIdx;
use crate::eval::quick::QuickMap;
use crate::eval::{Columns, NO_TEXT, Texts};

/// What stands for a scope that has no number yet.
const NEW: u32 = u32::MAX;

/// The scopes of one grouping.
#[derive(Debug)]
pub(super) struct Scopes {
    /// The fields of its dimensions.
    fields: Vec<FieldIdx>,
    /// Those of a single dimension, by the number of its text.
    single: Vec<u32>,
    several: QuickMap<Box<[u32]>, u32>,
    /// The numbers of the texts of each scope.
    texts: Vec<Box<[u32]>>,
}

impl Scopes {
    pub(super) fn new(fields: Vec<FieldIdx>) -> Scopes {
        Scopes { fields, single: Vec::new(), several: QuickMap::default(), texts: Vec::new() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The scope of each row.
    pub(super) fn of(&mut self, columns: &Columns) -> Vec<u32> {
        let fields: Vec<_> = self.fields.iter().filter_map(|field| columns.fields.get(*field)).collect();
        let rows = 0..columns.len();
        match fields.as_slice() {
            [] => {
                if self.texts.is_empty() {
                    self.texts.push(Box::default());
                }
                vec![0; columns.len()]
            }
            [field] => rows.map(|row| self.of_text(field.number(row))).collect(),
            several => {
                let mut key = vec![NO_TEXT; several.len()];
                let mut before = (vec![NEW; several.len()], NEW);
                let mut scope = |row: usize| {
                    key.iter_mut().zip(several).for_each(|(key, field)| *key = field.number(row));
                    if before.0 != key {
                        before.1 = self.of_texts(&key);
                        before.0.copy_from_slice(&key);
                    }
                    before.1
                };
                rows.map(&mut scope).collect()
            }
        }
    }

    fn of_text(&mut self, text: u32) -> u32 {
        let place = text as usize;
        if self.single.len() <= place {
            self.single.resize(place + 1, NEW);
        }
        let next = u32::try_from(self.texts.len()).unwrap_or(NEW);
        match self.single.get_mut(place) {
            Some(scope) if *scope == NEW => {
                *scope = next;
                self.texts.push(Box::new([text]));
                next
            }
            Some(scope) => *scope,
            None => NEW,
        }
    }

    fn of_texts(&mut self, key: &[u32]) -> u32 {
        if let Some(scope) = self.several.get(key) {
            return *scope;
        }
        let next = u32::try_from(self.texts.len()).unwrap_or(NEW);
        self.several.insert(key.into(), next);
        self.texts.push(key.into());
        next
    }

    /// The dimension values of a scope.
    pub(super) fn values(&self, scope: usize, texts: &Texts) -> Box<[Option<Box<str>>]> {
        self.texts.get(scope).into_iter().flat_map(|numbers| numbers.iter()).map(|number| texts.get(*number).map(Box::from)).collect()
    }
}
