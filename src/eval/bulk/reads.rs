//! Which fields of a row a formula looks at.

use crate::compile::program::{FieldIdx, RowExpr};
use std::collections::BTreeSet;

/// Adds the fields of a formula.
pub(super) fn add(formula: &RowExpr, fields: &mut BTreeSet<FieldIdx>) {
    match formula {
        RowExpr::Const(_) | RowExpr::Time => {}
        RowExpr::Field(field) => drop(fields.insert(*field)),
        RowExpr::Negate(a) | RowExpr::Not(a) | RowExpr::StartsWith(a, _) | RowExpr::In(a, _) | RowExpr::IsAbsent(a) => add(a, fields),
        RowExpr::Arith(_, a, b) | RowExpr::Compare(_, a, b) | RowExpr::And(a, b) | RowExpr::Or(a, b) | RowExpr::Else(a, b) => {
            add(a, fields);
            add(b, fields);
        }
        RowExpr::Lookup(lookup) => {
            lookup.keys.iter().for_each(|key| add(key, fields));
            fields.extend(lookup.clock);
            fields.extend(lookup.zoned.as_ref().map(|(_, field)| *field));
        }
        RowExpr::Due(due) => add(&due.from, fields),
        RowExpr::Worked(worked) => {
            add(&worked.from, fields);
            add(&worked.to, fields);
        }
    }
}
