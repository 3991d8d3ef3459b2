//! Which way aggregates go while a calendar period runs: whether rows that count stay, and on which side of 0 they are.

use super::direction::{Course, Direction, Place, why};
use super::say::literal;
use super::signs::side;
use crate::compile::program::{ENTITY_OWN_FIELDS, Entity, EventDecl, Keep, Leaf, LeafIdx, Read, RowExpr};
use crate::diagnostic::Words;
use rust_decimal::Decimal;

impl Course<'_> {
    /// The direction of an aggregate.
    pub(super) fn leaf(&self, idx: LeafIdx, read: Read, place: Place) -> Direction {
        let (Some(leaf), true) = (self.declared.leaves.get(idx), matches!(place, Place::Running | Place::Over)) else {
            return Direction::Open(why(
                "its window moves on from day to day, and what leaves it takes from the number",
                "窗口逐日移动，移出的数据会使数值变化",
            ));
        };
        if let Some(open) = self.changes(leaf) {
            return Direction::Open(open);
        }
        let named = |en: &str, zh: &str| Direction::Open(why(format!("`{}` {en}", leaf.text), format!("`{}` {zh}", leaf.text)));
        match (read, leaf.keep) {
            (Read::Count | Read::Distinct, _) | (Read::Value, Keep::Max) => Direction::Up,
            (Read::Value, Keep::Min) => Direction::Down,
            (Read::Sum, _) => match side(leaf) {
                side if side.not_negative => Direction::Up,
                side if side.not_positive => Direction::Down,
                _ => {
                    let of = |value: i64| literal(Decimal::from(value), &leaf.unit);
                    let (before, row, after) = (of(120), of(-30), of(90));
                    named(
                        &format!("may take in rows below 0: {before} today and a row of {row} make {after}"),
                        &format!("可能含负数行：今天为 {before}，再来一行 {row} 就成为 {after}"),
                    )
                }
            },
            (Read::SumIn(_) | Read::AvgIn(_), _) => named("is converted at rates that may change", "按可能变动的汇率换算"),
            (Read::Level(_), _) => named("is a level, which goes up and down", "是存量，有升有降"),
            _ => named("goes up and down with every row", "随每行数据升降"),
        }
    }

    /// Why rows that were counted may cease to be; None when they stay.
    fn changes(&self, leaf: &Leaf) -> Option<Words> {
        let event = self.declared.events.get(leaf.event)?;
        let (text, name) = (&leaf.text, &event.name);
        if let Some(entity) = event.entity.and_then(|entity| self.declared.entities.get(entity)) {
            return (!self.begins(leaf, event, entity)).then(|| {
                why(
                    format!("`{text}` goes by what has become of each `{name}`: what is counted today may not be tomorrow"),
                    format!("`{text}` 取决于每个 `{name}` 的当前状态：今天计入的，明天可能不再计入"),
                )
            });
        }
        (!event.replaces_by.is_empty()).then(|| {
            why(
                format!("`{text}` may be corrected: a row of `{name}` takes the place of an earlier one, and may say less"),
                format!("`{text}` 可能被更正：`{name}` 的新行会替换旧行，数值可能变小"),
            )
        })
    }

    /// Whether a leaf counts things that have begun, whatever becomes of them: they stay, where and when their first event was.
    fn begins(&self, leaf: &Leaf, event: &EventDecl, entity: &Entity) -> bool {
        let fold = |field: usize| match entity.fields.get(field.checked_sub(ENTITY_OWN_FIELDS)?)? {
            RowExpr::Field(fold) => entity.folds.get(fold.checked_sub(event.fields.len())?),
            _ => None,
        };
        let first = |field: usize| fold(field).is_some_and(|fold| fold.keep == Keep::First && fold.within.is_none());
        // Of every thing it is asked whether it has any event.
        let began = RowExpr::Not(Box::new(RowExpr::IsAbsent(Box::new(RowExpr::Field(1)))));
        let stays = |source: usize| self.declared.events.get(source).is_some_and(|source| source.replaces_by.is_empty());
        leaf.arg.is_none()
            && leaf.filter.as_ref().is_none_or(|filter| *filter == began)
            && leaf.clock.is_none_or(|clock| clock < ENTITY_OWN_FIELDS)
            && event.dims.iter().all(|(_, field)| first(*field))
            && entity.sources.iter().all(|(source, _)| stays(*source))
    }
}
