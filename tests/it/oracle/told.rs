//! Tables and targets that events tell: every row of the text and every row that stands is a row of the table, or of the target.

use super::Moment;
use super::formula::Asked;
use super::rows::worth;
use std::cmp::Reverse;
use steelyard::compile::program::{Scalar, Table, Target, TargetRow, ToldRows};
use steelyard::time::Period;

impl Moment<'_> {
    /// The value of the row that fixes the most keys, then those named first; of several the latest, told before written, then
    /// the one that was told last.
    pub fn looked_up_told(
        &self,
        (table, told): (&Table, &ToldRows),
        column: usize,
        keys: &[Option<String>],
        asked: &Asked<'_>,
    ) -> Option<Scalar> {
        let mut found = Vec::new();
        for row in table.rows.iter().filter(|row| row.values[column] != Scalar::Absent) {
            let own: Vec<Option<String>> = row.keys.iter().map(|key| key.as_deref().map(str::to_owned)).collect();
            found.push((own, row.from, None, row.values[column].clone()));
        }
        if let Some(leaf) = told.leaves[column].map(|leaf| &self.oracle.program.leaves[leaf]) {
            let event = &self.oracle.program.events[told.event];
            for row in self.standing.iter().map(|row| &self.oracle.rows[*row]) {
                let Some(worth) = worth(self.oracle.program, leaf, row) else { continue };
                let key = |name: &String| {
                    let field = event.fields.iter().position(|field| field.name == *name)?;
                    if let Scalar::Text(text) = &row.values[field] { Some(text.to_string()).filter(|text| text != "*") } else { None }
                };
                found.push((table.keys.iter().map(key).collect(), Some(worth.day), Some((row.time, row.id)), worth.value));
            }
        }
        found.retain(|(own, from, _, _)| {
            let same = own.iter().zip(keys).all(|(own, key)| own.is_none() || own == key);
            same && from.is_none_or(|from| from <= asked.anchor)
        });
        let best = found.into_iter().max_by_key(|(own, from, told, _)| {
            let fixed: Vec<usize> = (0..own.len()).filter(|place| own[*place].is_some()).collect();
            (fixed.len(), Reverse(fixed), *from, *told)
        });
        best.map(|(_, _, _, value)| value)
    }

    /// A target with every amount that stands as one more line: of one scope, period and day the one that was told last.
    pub fn with_told(&self, target: &Target) -> Target {
        let mut target = target.clone();
        let Some(told) = target.told.clone() else { return target };
        let event = &self.oracle.program.events[told.event];
        let text = |value: &Scalar| if let Scalar::Text(text) = value { Some(text.clone()) } else { None };
        let mut found = Vec::new();
        for row in self.standing.iter().map(|row| &self.oracle.rows[*row]) {
            let Some(worth) = worth(self.oracle.program, &self.oracle.program.leaves[told.leaf], row) else { continue };
            let Scalar::Number(value) = worth.value else { continue };
            let label = text(&row.values[told.period.1]).unwrap_or_default();
            let Ok(period) = Period::parse(&label, self.oracle.program.reckoning) else { continue };
            let whole = !target.adds_up || (value / target.step).fract().is_zero();
            if period.grain != told.grain || !whole {
                continue;
            }
            let named = event.dims.iter().filter(|(dim, _)| target.dims.contains(dim));
            let scope = named.filter_map(|(dim, field)| Some((*dim, text(&row.values[*field]).filter(|text| **text != *"*")?)));
            let line = TargetRow { scope: scope.collect(), period, value, from: Some(worth.day) };
            found.push((line, row.time, row.id));
        }
        found.sort_by(|(a, a_time, a_id), (b, b_time, b_id)| {
            (&a.scope, a.period, a.from, a_time, a_id).cmp(&(&b.scope, b.period, b.from, b_time, b_id))
        });
        target.rows.extend(found.into_iter().map(|(row, _, _)| row));
        target
    }
}
