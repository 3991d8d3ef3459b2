//! How large a ruleset may be. The limits stand far above what people write; they bound time and memory.

use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{FieldKind, File, Item};

/// The most params.
const PARAMS_MAX: usize = 2_000;
/// The most events.
const EVENTS_MAX: usize = 500;
/// The most fields of an event.
const FIELDS_MAX: usize = 500;
/// The most dimensions of an event.
const DIMENSIONS_MAX: usize = 32;
/// The most entities.
const ENTITIES_MAX: usize = 100;
/// The most feeds.
const FEEDS_MAX: usize = 500;
/// The most calendars.
const CALENDARS_MAX: usize = 200;
/// The most named events.
const OCCASIONS_MAX: usize = 200;
/// The most hierarchies.
const HIERARCHIES_MAX: usize = 100;
/// The most tables.
const TABLES_MAX: usize = 500;
/// The most metrics.
const METRICS_MAX: usize = 2_000;
/// The most different aggregates.
pub(super) const AGGREGATES_MAX: usize = 2_000;
/// The most lines of a target. They are compared with one another.
const TARGET_LINES_MAX: usize = 1_000;
/// The most entries of a ledger.
const LEDGER_LINES_MAX: usize = 50;
/// The most scorecards.
const SCORECARDS_MAX: usize = 500;
/// The most KPIs of a scorecard.
const KPIS_MAX: usize = 100;
/// The most alerts.
const ALERTS_MAX: usize = 1_000;

/// The mistake of having too many of something.
pub(super) fn too_many(what: Words, limit: usize, span: Span) -> Diagnostic {
    Diagnostic::new(&codes::TOO_MANY, span).what(what).arg("limit", limit)
}

/// Reports what a file has too many of, at the first one that is too many.
pub(super) fn limits(file: &File) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let mut seen = [0usize; 12];
    for item in &file.items {
        let (slot, what, limit, span) = match item {
            Item::Param(param) => (0, ("params", "参数"), PARAMS_MAX, param.name.span),
            Item::Event(event) => (1, ("events", "事件"), EVENTS_MAX, event.name.span),
            Item::Entity(entity) => (6, ("entities", "实体"), ENTITIES_MAX, entity.name.span),
            Item::Dimension(dimension) => (11, ("hierarchies", "层级"), HIERARCHIES_MAX, dimension.name.span),
            Item::Feed(feed) => (2, ("feeds", "导入"), FEEDS_MAX, feed.name.span),
            Item::Occasion(occasion) => (10, ("occasions", "活动"), OCCASIONS_MAX, occasion.name.span),
            Item::Calendar(calendar) => (9, ("calendars", "日历"), CALENDARS_MAX, calendar.name.span),
            Item::Table(table) => (7, ("tables", "表"), TABLES_MAX, table.name.span),
            Item::Metric(metric) => (3, ("metrics", "指标"), METRICS_MAX, metric.name.span),
            Item::Ledger(ledger) => (3, ("metrics", "指标"), METRICS_MAX, ledger.name.span),
            Item::Target(target) => (8, ("targets", "目标"), METRICS_MAX, target.name.span),
            Item::Scorecard(card) => (4, ("scorecards", "记分卡"), SCORECARDS_MAX, card.name.span),
            Item::Alert(alert) => (5, ("alerts", "预警"), ALERTS_MAX, alert.name.span),
            Item::Test(_) => continue,
        };
        let Some(count) = seen.get_mut(slot) else { continue };
        *count += 1;
        if *count == limit + 1 {
            errors.push(too_many(Words::new(what.0, what.1), limit, span));
        }
        within(item, &mut errors);
    }
    errors
}

/// The parts of one declaration.
fn within(item: &Item, errors: &mut Vec<Diagnostic>) {
    match item {
        Item::Event(event) => {
            if let Some(field) = event.fields.get(FIELDS_MAX) {
                errors.push(too_many(Words::new("fields", "字段"), FIELDS_MAX, field.name.span));
            }
            let mut dimensions = event.fields.iter().filter(|field| field.kind.value == FieldKind::Dimension);
            if let Some(field) = dimensions.nth(DIMENSIONS_MAX) {
                errors.push(too_many(Words::new("dimensions", "维度"), DIMENSIONS_MAX, field.name.span));
            }
        }
        Item::Entity(entity) => {
            if let Some(field) = entity.fields.get(FIELDS_MAX) {
                errors.push(too_many(Words::new("fields", "字段"), FIELDS_MAX, field.name.span));
            }
        }
        Item::Target(target) => {
            if let Some(row) = target.rows.get(TARGET_LINES_MAX) {
                errors.push(too_many(Words::new("lines of a target", "目标行"), TARGET_LINES_MAX, row.span));
            }
        }
        Item::Ledger(ledger) => {
            if let Some(entry) = ledger.entries.get(LEDGER_LINES_MAX) {
                errors.push(too_many(Words::new("lines of a ledger", "台账行"), LEDGER_LINES_MAX, entry.span));
            }
        }
        Item::Scorecard(card) => {
            if let Some(kpi) = card.kpis.get(KPIS_MAX) {
                errors.push(too_many(Words::new("KPIs", "KPI "), KPIS_MAX, kpi.metric.span));
            }
        }
        _ => {}
    }
}
