//! How scores stand with the people who decide about them.
//!
//! 1. [`reviewed`] puts in place of closed scores what was closed, and adds to every score its approval and its appeals.
//! 2. [`finals`] says of the scores of a page which are closed, and how.
//! 3. What later events would have made of a closed score, and what appeals granted, are lines of their own.

use super::problem::Answer;
use super::reading::{self, Values};
use super::wire;
use crate::compile::program::Scorecard;
use crate::engine::show::{self, bare};
use crate::engine::{ActRecord, Closed, Deed, Granted, KeptPart, KeptScore, Reader, Review, Score, Workspace, agree, granted, kept};
use crate::report::closed::Final;
use crate::time::Period;
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// A score with what is needed to put it in order.
pub struct Ranked {
    /// Its dimension values.
    pub scope: Values,
    /// The score itself, unrounded.
    pub kept: KeptScore,
    /// As it goes out.
    pub shown: wire::Score,
}

/// Shows what was decided about scores, and closed scores as they were closed. Only of those that were asked for is told what later
/// events would have made of them.
///
/// # Errors
/// When the store fails.
pub fn reviewed(
    workspace: &Workspace,
    reader: &Reader<'_>,
    (card, period): (&Scorecard, Period),
    (scores, asked): (&mut [Ranked], &[(String, String)]),
    exact: bool,
) -> Answer<()> {
    let acts = workspace.acts_about(&period.to_string(), &reader.program.name, &card.name)?;
    let closed =
        if acts.iter().any(|act| matches!(act.deed, Deed::Close(_))) { workspace.closed_scores(&acts, asked) } else { Ok(Vec::new()) };
    // What cannot be compared with today's events can still be shown as it was closed.
    let closed: HashMap<_, _> = closed.unwrap_or_default().into_iter().map(|closed| (closed.scope.clone(), closed)).collect();
    let mut any_closed = false;
    let mut cards = Cards::new(workspace, reader, card);
    let mut kepts = Kepts { workspace, known: HashMap::new() };
    for score in scores.iter_mut() {
        let scope = score.kept.scope.clone();
        let review = Review::of(&acts, &scope);
        let found = closed.get(&scope);
        if let Some(act) = review.closed {
            any_closed = true;
            let kept = match found {
                Some(found) => found.kept.clone(),
                None => kepts.of(act.id, &scope)?,
            };
            score.kept = kept.unwrap_or_else(|| KeptScore { scope, ..KeptScore::default() });
            put_kept(&mut score.shown, &score.kept, exact);
        }
        let approved = match review.approved {
            Some(act) => Some(approval(act, kepts.of(act.id, &score.kept.scope)?, score, exact)),
            None => None,
        };
        let granted = review.granted().map(|points| cards.granted(&review, &score.kept, points)).transpose()?;
        score.shown.review = Some(wire::Review {
            state: review.state(),
            approved,
            closed: review.closed.map(show_act),
            amended: found.filter(|found| found.is_amended()).map(|found| show_amended(found, exact)),
            appeals: appeals(&review),
            granted: granted.map(|granted| show_granted(&granted, score.kept.payout_unit.as_deref(), exact)),
        });
    }
    if card.ranking.is_none() && any_closed {
        reorder(scores);
    }
    Ok(())
}

/// For each score of a period what was closed of it.
///
/// # Errors
/// When the store fails.
pub fn finals<'s>(
    workspace: &Workspace,
    reader: &Reader<'_>,
    (card, period): (&Scorecard, Period),
    scores: impl Iterator<Item = (&'s Values, &'s Score)>,
) -> Answer<Vec<Option<Final>>> {
    let acts = workspace.acts_about(&period.to_string(), &reader.program.name, &card.name)?;
    let mut cards = Cards::new(workspace, reader, card);
    let mut kepts = Kepts { workspace, known: HashMap::new() };
    let mut of_score = |(scope, score): (&Values, &Score)| {
        let now = kept(reader.program, card, scope, score);
        let review = Review::of(&acts, &now.scope);
        let Some(act) = review.closed else { return Ok(None) };
        let kept = kepts.of(act.id, &now.scope)?;
        let moved = kept.as_ref().is_none_or(|kept| !agree(kept, &now));
        // A version that cannot be read any more leaves what was kept.
        let card = cards.of(&review).ok().flatten();
        Ok(Some(Final { kept, card, moved }))
    };
    scores.map(&mut of_score).collect()
}

/// Puts scores in the order of what they are now that some are final, best first.
fn reorder(scores: &mut [Ranked]) {
    let total = |score: &Ranked| score.kept.total.as_ref().and_then(|total| total.parse::<Decimal>().ok());
    scores.sort_by(|a, b| (total(a).is_none(), Reverse(total(a)), &a.scope).cmp(&(total(b).is_none(), Reverse(total(b)), &b.scope)));
    let mut last: Option<(Decimal, usize)> = None;
    for (index, score) in scores.iter_mut().enumerate() {
        let total = total(score);
        score.shown.rank = total.map(|total| match last {
            Some((before, rank)) if before == total => rank,
            _ => index + 1,
        });
        last = total.zip(score.shown.rank);
    }
}

/// The scorecard in the version that a score was closed with.
pub struct Cards<'a> {
    workspace: &'a Workspace,
    reader: &'a Reader<'a>,
    card: &'a Scorecard,
    known: HashMap<String, Option<Arc<Scorecard>>>,
}

impl<'a> Cards<'a> {
    /// Of a scorecard as the reader's version declares it.
    pub fn new(workspace: &'a Workspace, reader: &'a Reader<'a>, card: &'a Scorecard) -> Cards<'a> {
        Cards { workspace, reader, card, known: HashMap::new() }
    }

    /// A score with the points that appeals granted.
    ///
    /// # Errors
    /// When the version that it was closed with cannot be read.
    pub fn granted(&mut self, review: &Review<'_>, kept: &KeptScore, points: Decimal) -> Answer<Granted> {
        let card = self.of(review)?;
        Ok(granted(card.as_deref().unwrap_or(self.card), kept, points))
    }

    /// The card of the closing, or the present one.
    fn of(&mut self, review: &Review<'_>) -> Answer<Option<Arc<Scorecard>>> {
        let (name, version) = match review.closed.map(|act| &act.deed) {
            Some(Deed::Close(standing)) if standing.hash != self.reader.program.hash => (&self.card.name, Some(&standing.version)),
            _ => (&self.card.name, None),
        };
        let key = version.cloned().unwrap_or_default();
        if !self.known.contains_key(&key) {
            let card = match version {
                Some(version) => self.workspace.card_of_version(&self.reader.program.name, version, name)?,
                None => Some(self.card.clone()),
            };
            self.known.insert(key.clone(), card.map(Arc::new));
        }
        Ok(self.known.get(&key).cloned().flatten())
    }
}

/// The scores that acts were done about, each act read once.
struct Kepts<'a> {
    workspace: &'a Workspace,
    known: HashMap<u64, HashMap<Vec<(String, String)>, KeptScore>>,
}

impl Kepts<'_> {
    fn of(&mut self, act: u64, scope: &[(String, String)]) -> Answer<Option<KeptScore>> {
        if !self.known.contains_key(&act) {
            let kept = self.workspace.kept_scores(act)?.into_iter().map(|kept| (kept.scope.clone(), kept));
            self.known.insert(act, kept.collect());
        }
        Ok(self.known.get(&act).and_then(|kept| kept.get(scope)).cloned())
    }
}

fn approval(act: &ActRecord, kept: Option<KeptScore>, score: &Ranked, exact: bool) -> wire::Approval {
    let changed = kept.as_ref().is_none_or(|kept| !agree(kept, &score.kept));
    wire::Approval { act: show_act(act), value: kept.and_then(|kept| shown(kept.total, exact)), changed }
}

/// Points as they are shown.
fn shown(points: Option<String>, exact: bool) -> Option<String> {
    points.map(|text| text.parse().map_or(text, |points| reading::points(points, exact)))
}

/// Puts what was kept of a score in the place of what it is now.
fn put_kept(score: &mut wire::Score, kept: &KeptScore, exact: bool) {
    // Whatever else is shown of a score has to be thought of here.
    let wire::KeptScore {
        number,
        grade,
        payout,
        payout_unit,
        payout_base,
        provisional: _,
        marks,
        parts,
        weighted,
        adjustments,
        veto,
        score_veto,
    } = show_kept(kept, exact);
    (score.marked, score.held) = (!marks.is_empty(), marks);
    (score.number, score.grade) = (number, grade);
    (score.payout, score.payout_unit, score.payout_base) = (payout, payout_unit, payout_base);
    (score.parts, score.weighted, score.adjustments) = (parts, weighted, adjustments);
    (score.veto, score.score_veto) = (veto, score_veto);
    score.earned_grade = kept.earned_grade.clone();
    let standing = kept.rank.clone();
    score.ranked = standing.as_ref().and_then(|(_, ranked, _)| usize::try_from(*ranked).ok());
    score.rank = standing.as_ref().and_then(|(rank, _, _)| usize::try_from(*rank).ok());
    score.percentile = standing.map(|(_, _, percentile)| percentile);
    score.provisional = false;
}

/// A kept score as it goes out.
pub fn show_kept(kept: &KeptScore, exact: bool) -> wire::KeptScore {
    let reason = match (&kept.total, &kept.reason) {
        (Some(_), _) => None,
        (None, Some(said)) => Some(as_closed(said.clone())),
        (None, None) => {
            let (message, message_zh) = ("no such score was there when the period was closed", "关账时尚无此得分");
            Some(wire::Reason { code: "not_in_closing", message: message.to_owned(), message_zh: message_zh.to_owned() })
        }
    };
    let mark = kept.reason.clone().filter(|_| kept.total.is_some());
    let marks =
        mark.map(|[message, message_zh]| wire::ScoreHeld { line: None, message, message_zh, withholds: false, lacking: Vec::new() });
    let adjustments = kept.adjustments.iter().map(|line| wire::ScoreAdjustment {
        title: line.title.clone(),
        title_zh: line.title_zh.clone(),
        points: shown(Some(line.points.clone()), exact).unwrap_or_default(),
        line: line.line.clone(),
        reason: None,
        when: None,
        for_each: None,
    });
    let veto = |(title, title_zh, _): &(String, Option<String>, String), grade: Option<&String>, score: Option<&String>| wire::ScoreVeto {
        title: title.clone(),
        title_zh: title_zh.clone(),
        grade: grade.cloned(),
        score: score.cloned(),
    };
    let unit = kept.payout_unit.as_deref();
    wire::KeptScore {
        number: wire::Number { value: shown(kept.total.clone(), exact), reason },
        grade: kept.grade.clone(),
        payout: paid(kept, exact),
        payout_unit: kept.payout_unit.clone(),
        payout_base: kept.payout_base.as_ref().map(|base| wire::PayoutBase {
            formula: base.formula.clone(),
            unit: unit.unwrap_or("number").to_owned(),
            number: wire::Number {
                value: base.value.as_ref().map(|value| rounded(value, unit.unwrap_or_default(), exact)),
                reason: base.reason.clone().map(as_closed),
            },
            explanation: None,
        }),
        provisional: kept.provisional,
        marks: marks.into_iter().collect(),
        parts: kept.parts.iter().map(|part| show_part(part, exact)).collect(),
        weighted: shown(kept.weighted.clone(), exact),
        adjustments: adjustments.collect(),
        veto: kept.veto.as_ref().map(|one| veto(one, Some(&one.2), None)),
        score_veto: kept.score_veto.as_ref().map(|one| veto(one, None, Some(&one.2))),
    }
}

/// Why something was unknown when it was closed.
fn as_closed([message, message_zh]: [String; 2]) -> wire::Reason {
    wire::Reason { code: "as_closed", message, message_zh }
}

/// The payout of a kept score as it is shown.
fn paid(kept: &KeptScore, exact: bool) -> Option<String> {
    let payout = kept.payout.as_ref()?;
    Some(payout.parse().map_or_else(|_| payout.clone(), |amount| show::payout(amount, kept.payout_unit.as_deref(), exact)))
}

/// A kept value as it is shown: money rounded unless the whole number is asked for.
fn rounded(text: &str, unit: &str, exact: bool) -> String {
    match text.parse() {
        Ok(amount) if show::is_currency(unit) && !exact => show::money(amount, unit).to_string(),
        _ => text.to_owned(),
    }
}

fn show_part(part: &KeptPart, exact: bool) -> wire::ScorePart {
    wire::ScorePart {
        metric: part.metric.clone(),
        unit: part.unit.clone(),
        number: wire::Number { value: part.value.as_ref().map(|value| rounded(value, &part.unit, exact)), reason: None },
        curve: Vec::new(),
        points: shown(part.points.clone(), exact),
        weight: part.weight.clone(),
        effective_weight: shown(Some(part.effective_weight.clone()), exact).unwrap_or_default(),
        contribution: shown(part.contribution.clone(), exact),
        explanation: None,
    }
}

/// What later events would have made of a closed score.
pub fn show_amended(closed: &Closed, exact: bool) -> wire::Amended {
    let number = |score: &Option<KeptScore>| score.as_ref().and_then(|score| score.total.as_ref()?.parse::<Decimal>().ok());
    let (old, new) = (number(&closed.kept), number(&closed.now));
    let difference = new.zip(old).and_then(|(new, old)| new.checked_sub(old));
    let of = |score: &Option<KeptScore>, part: fn(&KeptScore) -> &Option<String>| score.as_ref().and_then(|score| part(score).clone());
    let events = closed.events.iter().map(|event| wire::LateEvent {
        source: event.source.clone(),
        id: event.id.clone(),
        time: event.time.to_string(),
        received_at: event.received_at.to_string(),
    });
    wire::Amended {
        old: old.map(|old| reading::points(old, exact)),
        new: new.map(|new| reading::points(new, exact)),
        difference: difference.map(|difference| reading::points(difference, exact)),
        old_grade: of(&closed.kept, |score| &score.grade),
        new_grade: of(&closed.now, |score| &score.grade),
        old_payout: closed.kept.as_ref().and_then(|score| paid(score, exact)),
        new_payout: closed.now.as_ref().and_then(|score| paid(score, exact)),
        events: events.collect(),
    }
}

fn show_granted(granted: &Granted, unit: Option<&str>, exact: bool) -> wire::Granted {
    wire::Granted {
        points: bare(granted.points),
        value: granted.total.map(|total| reading::points(total, exact)),
        grade: granted.grade.clone(),
        payout: granted.payout.map(|paid| show::payout(paid, unit, exact)),
    }
}

/// The appeals against a score.
pub fn appeals(review: &Review<'_>) -> Vec<wire::Appeal> {
    let show = |appeal: &crate::engine::Appeal<'_>| wire::Appeal {
        id: appeal.act.id,
        state: match appeal.decided {
            None => "open",
            Some((_, Some(_))) => "accepted",
            Some((_, None)) => "rejected",
        },
        text: appeal.act.note.clone(),
        wanted: appeal.wanted.to_owned(),
        at: crate::time::Instant(appeal.act.at).to_string(),
        by: appeal.act.by.clone(),
        author: appeal.act.author.clone(),
        points: appeal.decided.and_then(|(_, points)| points).map(bare),
        decision: appeal.decided.map(|(act, _)| show_act(act)),
    };
    review.appeals.iter().map(show).collect()
}

/// An act as it goes out.
pub fn show_act(act: &ActRecord) -> wire::Act {
    let mut shown = wire::Act {
        id: act.id,
        act: "reopen",
        ruleset: act.ruleset.clone(),
        scorecard: act.card.clone(),
        period: act.period.clone(),
        scope: act.scope.iter().cloned().collect(),
        at: crate::time::Instant(act.at).to_string(),
        by: act.by.clone(),
        author: act.author.clone(),
        note: act.note.clone(),
        version: None,
        hash: None,
        provisional: false,
        wanted: None,
        appeal: None,
        points: None,
    };
    match &act.deed {
        Deed::Close(standing) | Deed::Approve(standing) => {
            shown.act = if matches!(act.deed, Deed::Close(_)) { "close" } else { "approve" };
            (shown.version, shown.hash) = (Some(standing.version.clone()), Some(standing.hash.clone()));
            shown.provisional = standing.provisional;
        }
        Deed::Reopen => {}
        Deed::Appeal { wanted } => (shown.act, shown.wanted) = ("appeal", Some(wanted.clone())),
        Deed::Decide { appeal, points } => {
            (shown.act, shown.appeal, shown.points) = ("decide", Some(*appeal), points.clone());
        }
    }
    shown
}
