//! Closings within a history: what is closed says for ever what the oracle says of the events that had come by then, and what
//! it would be now is what the oracle says of all events.

use super::Case;
use crate::oracle::{Moment, Oracle};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use steelyard::compile::program::{Program, Scorecard};
use steelyard::diagnostic::{Diagnostic, Lang};
use steelyard::engine::{Concern, KeptScore, Signature, Workspace};
use steelyard::time::{Instant, Period};

/// Scores by dimension values.
type Totals = BTreeMap<Vec<(String, String)>, Option<Decimal>>;

fn told(diagnostic: Diagnostic) -> String {
    diagnostic.message(Lang::En)
}

/// What the oracle says of every scope of a card.
fn expected(program: &Program, card: &Scorecard, period: Period, oracle: &Oracle<'_>, moment: &Moment<'_>) -> Totals {
    let dims = &program.groupings[card.grouping];
    // A card about everything has a score before anything has happened.
    let places = if dims.is_empty() { vec![Vec::new()] } else { oracle.places(dims) };
    let known = places.into_iter().filter(|place| place.iter().all(|(_, value)| value.is_some()));
    let named = known.map(|place| {
        let mut scope: Vec<_> = place.iter().map(|(dim, value)| (program.dims[*dim].clone(), value.clone().unwrap())).collect();
        scope.sort();
        (scope, moment.score(card, &place, period).score)
    });
    named.collect()
}

fn total(kept: &KeptScore) -> Option<Decimal> {
    kept.total.as_ref().map(|total| total.parse().unwrap())
}

/// A scorecard that was closed, and what was kept of it then.
pub struct Closing {
    card: usize,
    period: Period,
    kept: Totals,
}

/// Closes the running period of every scorecard, and compares what is kept with what the oracle says of these rows.
pub fn close(case: &Case, workspace: &Workspace, delivered: &[usize], now: Instant) -> Result<Vec<Closing>, String> {
    let program = &case.program;
    let oracle = Oracle::new(program, delivered.iter().map(|index| case.rows[*index].clone()));
    let mut closings = Vec::new();
    for (index, card) in program.scorecards.iter().enumerate() {
        let period = Period::holding(card.every, program.zone.day_of(now), program.reckoning);
        let concern = Concern { ruleset: Some(&program.name), card: &card.name, period: &period.to_string(), scope: &[] };
        let signed = Signature { by: "key".into(), author: None, note: "a test".into() };
        let act = match workspace.close_scores(&concern, true, signed) {
            Ok(act) => act,
            Err(refused) if refused.code.id == "SY1811" => continue,
            Err(refused) => return Err(told(refused)),
        };
        let kept: Totals = workspace.kept_scores(act.id).map_err(told)?.iter().map(|kept| (kept.scope.clone(), total(kept))).collect();
        let said = expected(program, card, period, &oracle, &oracle.at(now));
        for (scope, total) in &kept {
            if said.get(scope) != Some(total) {
                return Err(format!("{} {scope:?} was closed at {now} with {total:?}, the oracle says {:?}", card.name, said.get(scope)));
            }
        }
        closings.push(Closing { card: index, period, kept });
    }
    Ok(closings)
}

/// Compares closed scores at the end of a history: as they were, and with what has come since.
pub fn compare(case: &Case, workspace: &Workspace, closings: &[Closing], oracle: &Oracle<'_>, now: Instant) -> Result<(), String> {
    let program = &case.program;
    for closing in closings {
        let (card, period) = (&program.scorecards[closing.card], closing.period);
        let acts = workspace.acts_about(&period.to_string(), &program.name, &card.name).map_err(told)?;
        let found = workspace.closed_scores(&acts, &[]).map_err(told)?;
        let kept: Totals = found.iter().filter_map(|closed| Some((closed.scope.clone(), total(closed.kept.as_ref()?)))).collect();
        if kept != closing.kept {
            return Err(format!("{} {period} was closed with {:?}, and is {kept:?}", card.name, closing.kept));
        }
        let said = expected(program, card, period, oracle, &oracle.at(now));
        for closed in &found {
            let now = closed.now.as_ref().and_then(total);
            let (name, scope) = (&card.name, &closed.scope);
            if said.get(scope) != Some(&now) {
                return Err(format!("{name} {scope:?} {period} would be {now:?}, the oracle says {:?}", said.get(scope)));
            }
        }
    }
    Ok(())
}
