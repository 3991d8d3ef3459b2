//! `GET /v1/scorecards/{name}`: the scores of a period, best first.

use super::App;
use super::auth::{Caller, Need};
use super::numbers;
use super::params::Params;
use super::problem::{Answer, Problem};
use super::reading::{self, Detail, Dims, Source, blocking, too_large};
use super::review::{Ranked, reviewed};
use super::wire;
use crate::compile::program::{DimIdx, Gate, Program, Scalar, Scorecard, Unit, Verdict};
use crate::diagnostic::codes::report;
use crate::diagnostic::{Diagnostic, Words};
use crate::engine::show::{bare, payout, payout_unit, plain, unit_name};
use crate::engine::{Held, Reader, Score, Segment, When, kept};
use crate::time::Period;
use axum::Json;
use axum::extract::{Path, State};
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::sync::Arc;

const KNOWN: &str = "period, scope.<dimension>, at, as_of, explain, ids, exact, ruleset, version, trial";

/// The scores of a scorecard in one period, best first.
///
/// Closed scores are shown as they were closed, with what later events would have made of them beside; with `at`, `as_of`,
/// `version`, `trial` or `explain` the scores are those of the events alone.
#[utoipa::path(
    get, path = "/v1/scorecards/{name}", tag = "numbers",
    params(
        ("name" = String, Path, description = "The scorecard's id"),
        ("period" = Option<String>, Query, description = "A period of the card's length, such as `2026-02`; the running one when left out"),
        ("scope.<dimension>" = Option<String>, Query, description = "Only this value of the dimension; ranks stay those among all"),
        ("at" = Option<String>, Query, description = "As of this instant of event time (RFC 3339); now when left out"),
        ("as_of" = Option<String>, Query, description = "Only with what had been received by this instant (RFC 3339)"),
        ("explain" = Option<bool>, Query, description = "The metrics, aggregates and events behind each KPI and condition; of at most 100 scores"),
        ("ids" = Option<usize>, Query, description = "With `explain`: at most so many event ids for each aggregate; 20 when left out, 1000 at most"),
        ("exact" = Option<bool>, Query, description = "Scores and money unrounded"),
        ("ruleset" = Option<String>, Query, description = "The ruleset, when several declare the scorecard"),
        ("version" = Option<String>, Query, description = "A version that is active or on trial; the active one when left out"),
        ("trial" = Option<bool>, Query, description = "Of the version on trial"),
    ),
    responses(
        (status = 200, description = "The scores", body = wire::Scorecard),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>, params: Params) -> Answer<Json<wire::Scorecard>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of(KNOWN);
    let source = Source::take(&mut params)?;
    let (period, scope, exact) = (params.take("period")?, params.scope()?, params.flag("exact")?);
    let explain = Detail::take(&mut params)?;
    let bound = caller.scope().to_vec();
    params.end()?;
    blocking(move || {
        let mut answer = reading::scorecard(&workspace, &source, &name, |reader, card| {
            let grouping = reader.program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
            let dims = Dims { program: reader.program, name: &card.name, dims: grouping };
            // Whoever is bound to some rows learns nothing of the others, not even how many stand above.
            let (bound, asked) = (dims.scope(&bound)?, dims.scope(&scope)?);
            let within = [bound.as_slice(), &asked].concat();
            let period = period_of(reader, card, period.as_deref(), &within)?;
            let mut scores = rank(reader, card, period, &bound, exact)?;
            if source.is_present() && explain.is_none() {
                reviewed(&workspace, reader, (card, period), (&mut scores, &scope), exact)?;
            }
            scores.retain(|score| asked.iter().all(|one| score.scope.contains(one)));
            if let Some(detail) = explain {
                let limit = detail.numbers_max();
                if scores.len() > limit {
                    return Err(too_large(limit));
                }
                scores.iter_mut().try_for_each(|score| explained(reader, card, period, &score.scope, detail, &mut score.shown))?;
            }
            Ok(wire::Scorecard {
                scorecard: card.name.clone(),
                title: numbers::title(&card.title, &card.name),
                title_zh: card.title.zh.clone(),
                ruleset: numbers::ruleset(reader.program),
                period: period.to_string(),
                stretch: numbers::stretch(reader.range(When::Period(period), &within), reader.program.zone_in(&within)),
                at: reader.at.to_string(),
                as_of: source.as_of.map(|at| at.to_string()),
                scores: scores.into_iter().map(|score| score.shown).collect(),
            })
        })?;
        reading::name_events(&workspace, answer.scores.iter_mut().flat_map(explanations).collect())?;
        Ok(answer)
    })
    .await
    .map(Json)
}

/// The period of a card that a text names; the running one without a text.
///
/// # Errors
/// When it is no period of the card's length.
pub fn period_of(reader: &Reader<'_>, card: &Scorecard, text: Option<&str>, scope: &[(DimIdx, Box<str>)]) -> Answer<Period> {
    let program = reader.program;
    let Some(text) = text else { return Ok(Period::holding(card.every, program.zone_in(scope).day_of(reader.at), program.reckoning)) };
    // It stands in a path as well as in a query, so nothing is said of parameters.
    let wrong = |reason: Words| Problem::bad_request(&Diagnostic::general(&report::PERIOD_WRONG).reason(reason));
    let period = Period::parse(text, program.reckoning)
        .map_err(|_| wrong(Words::new(format!("is `{text}`, which is no period"), format!("`{text}` 不是周期"))))?;
    if period.grain != card.every {
        let every = format!("{:?}", card.every).to_lowercase();
        return Err(wrong(Words::new(
            format!("is `{text}`, but the scorecard is about each {every}"),
            format!("`{text}` 与记分卡的周期（{every}）不符"),
        )));
    }
    Ok(period)
}

/// The scores of all scopes within some dimension values, best first, with their ranks.
fn rank(reader: &Reader<'_>, card: &Scorecard, period: Period, within: &[(DimIdx, Box<str>)], exact: bool) -> Answer<Vec<Ranked>> {
    let dims = reader.program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let free: Vec<DimIdx> = dims.iter().copied().filter(|dim| within.iter().all(|(bound, _)| bound != dim)).collect();
    let peers = reader.peers(card, period).map_err(reading::fault)?;
    let mut found = Vec::new();
    for mut scope in reading::scopes(reader, &free, within)? {
        scope.sort();
        let score = reader.score_among(card, period, &scope, &peers).map_err(reading::fault)?;
        found.push((score.total.decimal(), scope, score));
    }
    found.sort_by(|a, b| (a.0.is_none(), Reverse(a.0), &a.1).cmp(&(b.0.is_none(), Reverse(b.0), &b.1)));
    let mut ranked: Vec<Ranked> = Vec::with_capacity(found.len());
    let mut last: Option<(Decimal, usize)> = None;
    for (index, (total, scope, score)) in found.into_iter().enumerate() {
        let rank = total.map(|total| match last {
            Some((before, rank)) if before == total => rank,
            _ => index + 1,
        });
        last = total.zip(rank);
        let mut shown = show(reader.program, card, &score, numbers::scope(reader.program, &scope), rank, exact);
        shown.evaluated_at = card.schedule.map(|_| reader.looked(card, &scope).at.to_string());
        ranked.push(Ranked { kept: kept(reader.program, card, &scope, &score), scope, shown });
    }
    Ok(ranked)
}

fn show(program: &Program, card: &Scorecard, score: &Score, scope: wire::Scope, rank: Option<usize>, exact: bool) -> wire::Score {
    let points = |value: Decimal| reading::points(value, exact);
    let mut number = numbers::number(&score.total, &Unit::Number, exact);
    number.value = score.total.decimal().map(points);
    let parts = score.parts.iter().zip(&card.kpis).filter_map(|(part, kpi)| {
        let metric = program.metrics.get(part.metric)?;
        Some(wire::ScorePart {
            metric: metric.name.clone(),
            unit: unit_name(&kpi.unit).to_owned(),
            number: numbers::number(&part.value, &kpi.unit, exact),
            curve: part.segment.map(|segment| curve(segment, &kpi.unit, exact)).unwrap_or_default(),
            points: part.points.map(points),
            weight: bare(part.weight),
            effective_weight: points(part.effective_weight),
            contribution: part.contribution.map(points),
            explanation: None,
        })
    });
    let adjustments = card.adjustments.iter().zip(&score.adjustments).map(|(declared, adjusted)| wire::ScoreAdjustment {
        title: declared.title.en.clone(),
        title_zh: declared.title.zh.clone(),
        points: points(adjusted.points),
        line: declared.text.clone(),
        reason: adjusted.unknown.as_ref().map(numbers::reason),
        when: None,
        for_each: None,
    });
    let grade = |index: usize| card.grades.get(index).map(|grade| grade.name.clone());
    let vetoed = |place: Option<usize>| {
        let veto = card.vetoes.get(place?)?;
        let (title, title_zh) = (veto.title.en.clone(), veto.title.zh.clone());
        Some(match veto.then {
            Verdict::Grade(forced) => wire::ScoreVeto { title, title_zh, grade: grade(forced), score: None },
            Verdict::Score(score_veto) => wire::ScoreVeto { title, title_zh, grade: None, score: Some(bare(score_veto)) },
        })
    };
    let base = card.payout_base.as_ref().zip(score.base.as_ref()).map(|(base, value)| wire::PayoutBase {
        formula: base.text.clone(),
        unit: unit_name(&card.payout_unit).to_owned(),
        number: numbers::number(value, &card.payout_unit, exact),
        explanation: None,
    });
    wire::Score {
        scope,
        rank: score.standing.map(|standing| standing.rank).or(rank),
        ranked: score.standing.map(|standing| standing.ranked),
        percentile: score.standing.map(|standing| bare(standing.percentile)),
        number,
        grade: score.grade.and_then(grade),
        payout: score.paid().map(|paid| payout(paid, payout_unit(card), exact)),
        payout_unit: payout_unit(card).map(str::to_owned),
        payout_base: base,
        provisional: score.provisional,
        evaluated_at: None,
        marked: score.marked(card),
        held: score.held.iter().filter_map(|held| Some(held_by(program, card.gates.get(held.gate)?, held))).collect(),
        parts: parts.collect(),
        weighted: score.weighted.decimal().map(points),
        adjustments: adjustments.collect(),
        cap: card.cap.map(bare),
        earned_grade: score.earned.and_then(grade),
        veto: vetoed(score.veto),
        score_veto: vetoed(score.score_veto),
        vetoes: None,
        withholds: None,
        review: None,
    }
}

/// A line that marks a score, or withholds it.
fn held_by(program: &Program, gate: &Gate, held: &Held) -> wire::ScoreHeld {
    let [message, message_zh] = held.told(program, gate);
    let lacking = held.lacking.iter().map(|lacking| wire::Lacking {
        event: program.events.get(lacking.event).map(|event| event.name.clone()).unwrap_or_default(),
        days: lacking.n_with,
        of_days: lacking.n_due,
        scopes: lacking.n_gaps,
        missing: lacking
            .gaps
            .iter()
            .map(|(scope, days)| wire::LackingDays {
                scope: numbers::scope(program, scope),
                days: days.iter().map(|(first, last)| [first.to_string(), last.to_string()]).collect(),
            })
            .collect(),
    });
    wire::ScoreHeld { line: Some(gate.text.clone()), message, message_zh, withholds: !gate.marks, lacking: lacking.collect() }
}

/// The part of a curve that a value falls on.
fn curve(segment: Segment, unit: &Unit, exact: bool) -> Vec<wire::CurvePoint> {
    let point = |side, (value, points)| wire::CurvePoint { side, value: plain(&Scalar::Number(value), unit, exact), points: bare(points) };
    match segment {
        Segment::Below(limit, points) => vec![point(Some("below"), (limit, points))],
        Segment::Above(limit, points) => vec![point(Some("above"), (limit, points))],
        Segment::Point(value, points) => vec![point(None, (value, points))],
        Segment::Between(from, to) => vec![point(None, from), point(None, to)],
    }
}

/// Adds to a score how its KPIs and conditions came about.
fn explained(
    reader: &Reader<'_>,
    card: &Scorecard,
    period: Period,
    scope: &[(DimIdx, Box<str>)],
    detail: Detail,
    score: &mut wire::Score,
) -> Answer<()> {
    let program = reader.program;
    let told = reader.explain_score(card, period, scope, detail.ids).map_err(reading::fault)?;
    for (part, (kpi, told)) in score.parts.iter_mut().zip(card.kpis.iter().zip(&told.kpis)) {
        part.explanation = Some(detail.show(program, Some(kpi.metric), &kpi.text, told));
    }
    for (line, (when, for_each)) in score.adjustments.iter_mut().zip(&told.adjustments) {
        line.when = when.as_ref().map(|told| detail.show(program, None, &line.line, told));
        line.for_each = for_each.as_ref().map(|told| detail.show(program, None, &line.line, told));
    }
    let vetoes = card.vetoes.iter().zip(&told.vetoes).map(|(veto, told)| detail.condition(program, veto.text.clone(), told));
    score.vetoes = Some(vetoes.collect());
    let gates = card.gates.iter().zip(&told.gates).map(|(gate, told)| detail.condition(program, gate.text.clone(), told));
    score.withholds = Some(gates.collect());
    if let (Some(base), Some(told)) = (&mut score.payout_base, &told.base) {
        base.explanation = Some(detail.show(program, None, &base.formula, told));
    }
    Ok(())
}

/// The explanations in a score.
fn explanations(score: &mut wire::Score) -> impl Iterator<Item = &mut wire::Explanation> {
    let parts = score.parts.iter_mut().filter_map(|part| part.explanation.as_mut());
    let adjustments = score.adjustments.iter_mut().flat_map(|line| line.when.iter_mut().chain(&mut line.for_each));
    let conditions = score.vetoes.iter_mut().chain(score.withholds.iter_mut()).flatten();
    let base = score.payout_base.iter_mut().filter_map(|base| base.explanation.as_mut());
    parts.chain(adjustments).chain(conditions.map(|condition| &mut condition.explanation)).chain(base)
}
