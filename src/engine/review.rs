//! What people decide about scores: they close a period, approve its scores, object to one, and decide about that.
//!
//! 1. Each decision is an act ([`ActRecord`]) about all scores of a scorecard and period that have some dimension values. Acts
//!    are only ever added.
//! 2. Closing and approving keep the scores as they are at that moment, with the version that gave them and the number of
//!    the first event that was not in them ([`Standing`]).
//! 3. What lies below its line is explained by notes before it is approved, as in a review ([`noted_of_kept`]).
//! 4. How a score stands follows from the acts about it, in their order ([`Review::of`]).

use super::changes::{Noted, noted_of_kept};
use super::history::{Shelf, Stored};
use super::kept::{kept, named};
use super::loaded::SEQ;
use super::read::{About, Question, Which};
use super::workspace::Workspace;
use crate::compile::program::{DimIdx, Program, Scorecard};
use crate::diagnostic::codes::{api, close as codes};
use crate::diagnostic::{Diagnostic, Thing};
use crate::eval::Reader;
use crate::store::record::review::{ActRecord, Deed, KeptScore, ScopeRecord, Standing};
use crate::store::{Note, Notes};
use crate::time::Period;
use rust_decimal::Decimal;
use std::cell::RefCell;
use std::sync::PoisonError;

/// The most scores that are closed or approved at once.
const SCORES_MAX: usize = 20_000;
/// The most acts about a scorecard in a period.
const ACTS_MAX: usize = 10_000;

/// The scores that something is done about.
#[derive(Debug, Clone, Copy)]
pub struct Concern<'a> {
    /// The ruleset, when it is named.
    pub ruleset: Option<&'a str>,
    /// The scorecard.
    pub card: &'a str,
    /// The period, such as `2026-03`.
    pub period: &'a str,
    /// Only the scores with these dimension values.
    pub scope: &'a [(String, String)],
}

/// Who does it, and what is said about it.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The id of the key.
    pub by: String,
    /// Who, in words.
    pub author: Option<String>,
    /// What is said.
    pub note: String,
}

/// How a score stands: what follows from the acts about it.
#[derive(Debug, Default)]
pub struct Review<'a> {
    /// The act that closed it.
    pub closed: Option<&'a ActRecord>,
    /// The act that approved it.
    pub approved: Option<&'a ActRecord>,
    /// The objections to it.
    pub appeals: Vec<Appeal<'a>>,
}

/// An objection to a score.
#[derive(Debug)]
pub struct Appeal<'a> {
    /// The act.
    pub act: &'a ActRecord,
    /// The change that is asked for.
    pub wanted: &'a str,
    /// How it was decided, and the points that it was granted; None while it is open.
    pub decided: Option<(&'a ActRecord, Option<Decimal>)>,
}

impl<'a> Review<'a> {
    /// How the scores with these dimension values stand after some acts.
    pub fn of(acts: &'a [ActRecord], scope: &[(String, String)]) -> Review<'a> {
        let mut review = Review::default();
        for act in acts.iter().filter(|act| covers(&act.scope, scope)) {
            match &act.deed {
                Deed::Close(_) => review.closed = review.closed.or(Some(act)),
                Deed::Approve(_) => review.approved = review.approved.or(Some(act)),
                Deed::Reopen => (review.closed, review.approved) = (None, None),
                Deed::Appeal { wanted } => review.appeals.push(Appeal { act, wanted, decided: None }),
                Deed::Decide { appeal, points } => {
                    let points = points.as_ref().and_then(|points| points.parse().ok());
                    if let Some(decided) = review.appeals.iter_mut().find(|one| one.act.id == *appeal) {
                        decided.decided = Some((act, points));
                    }
                }
            }
        }
        review
    }

    /// `draft`, `approved` or `closed`.
    pub fn state(&self) -> &'static str {
        match (self.closed, self.approved) {
            (Some(_), _) => "closed",
            (None, Some(_)) => "approved",
            (None, None) => "draft",
        }
    }

    /// The points of all appeals that were accepted; None when there are none.
    pub fn granted(&self) -> Option<Decimal> {
        let mut points = self.appeals.iter().filter_map(|appeal| appeal.decided.and_then(|(_, points)| points)).peekable();
        points.peek().is_some().then(|| points.sum())
    }
}

/// True when what is about the first dimension values is also about the second ones.
pub fn covers(wide: &[(String, String)], scope: &[(String, String)]) -> bool {
    wide.iter().all(|one| scope.contains(one))
}

/// Where an act belongs.
struct Place {
    ruleset: String,
    period: String,
    dims: Vec<String>,
    scope: ScopeRecord,
}

/// What a decision is made about.
struct Judged {
    place: Place,
    card: Scorecard,
    scores: Vec<KeptScore>,
    standing: Standing,
}

impl Workspace {
    /// Closes the scores of a period that are not closed yet: they are final as they are.
    ///
    /// # Errors
    /// When there are none, or one may still change and it is not forced with a reason.
    pub fn close_scores(&self, concern: &Concern<'_>, force: bool, signed: Signature) -> Result<ActRecord, Diagnostic> {
        let _alone = self.shared.reviewing.lock().unwrap_or_else(PoisonError::into_inner);
        let (judged, acts) = self.judged(concern)?;
        let open = |score: &KeptScore| Review::of(&acts, &score.scope).closed.is_none();
        let scores = left(judged.scores, concern, open)?;
        let n_provisional = scores.iter().filter(|score| score.provisional).count();
        let is_forced = force && !signed.note.trim().is_empty();
        if n_provisional > 0 && !is_forced {
            let refused = Diagnostic::general(&codes::STILL_PROVISIONAL).arg("card", concern.card).arg("period", concern.period);
            return Err(refused.arg("n_provisional", n_provisional).arg("n_scores", scores.len()));
        }
        let deed = Deed::Close(Standing { provisional: n_provisional > 0, ..judged.standing });
        self.act(judged.place, concern, deed, signed, &scores)
    }

    /// Approves the scores of a period that are neither approved nor closed yet, once what lies below its line is explained.
    ///
    /// # Errors
    /// When there are none, notes are missing, or the store fails.
    pub fn approve_scores(&self, concern: &Concern<'_>, signed: Signature) -> Result<ActRecord, Diagnostic> {
        let _alone = self.shared.reviewing.lock().unwrap_or_else(PoisonError::into_inner);
        let (judged, acts) = self.judged(concern)?;
        let scores = left(judged.scores, concern, |score| Review::of(&acts, &score.scope).state() == "draft")?;
        let notes = self.store().view()?.notes((&judged.place.ruleset, concern.card, &judged.place.period))?;
        let missing = scores.iter().map(|score| unexplained(&judged.card, score, &notes)).sum::<usize>();
        if missing > 0 {
            let refused = Diagnostic::general(&codes::UNEXPLAINED).arg("card", concern.card).arg("period", concern.period);
            return Err(refused.arg("n_missing", missing));
        }
        let provisional = scores.iter().any(|score| score.provisional);
        let deed = Deed::Approve(Standing { provisional, ..judged.standing });
        self.act(judged.place, concern, deed, signed, &scores)
    }

    /// Opens again what was closed or approved.
    ///
    /// # Errors
    /// When nothing was, or the store fails.
    pub fn reopen_scores(&self, concern: &Concern<'_>, signed: Signature) -> Result<ActRecord, Diagnostic> {
        let _alone = self.shared.reviewing.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.reviewed(concern)?;
        let acts = self.store().view()?.acts_about(&place.period, &place.ruleset, concern.card)?;
        let within = acts.iter().map(|act| &act.scope).filter(|scope| covers(&place.scope, scope));
        if within.chain([&place.scope]).all(|scope| Review::of(&acts, scope).state() == "draft") {
            return Err(Diagnostic::general(&codes::NOT_CLOSED).arg("card", concern.card).arg("period", concern.period));
        }
        self.act(place, concern, Deed::Reopen, signed, &[])
    }

    /// Objects to one score.
    ///
    /// # Errors
    /// When there is no such score, or the store fails.
    pub fn appeal(&self, concern: &Concern<'_>, wanted: &str, signed: Signature) -> Result<ActRecord, Diagnostic> {
        let _alone = self.shared.reviewing.lock().unwrap_or_else(PoisonError::into_inner);
        let (judged, _) = self.judged(concern)?;
        match judged.scores.as_slice() {
            [one] if one.scope == judged.place.scope => {}
            _ => return Err(Diagnostic::general(&codes::NOT_ONE_SCORE).arg("card", concern.card).arg("period", concern.period)),
        }
        let deed = Deed::Appeal { wanted: wanted.to_owned() };
        self.act(judged.place, concern, deed, signed, &judged.scores)
    }

    /// Decides about an appeal: accepts it with points, or rejects it.
    ///
    /// # Errors
    /// When there is no such appeal, or it was decided already.
    pub fn decide(&self, appeal: u64, points: Option<Decimal>, signed: Signature) -> Result<ActRecord, Diagnostic> {
        let _alone = self.shared.reviewing.lock().unwrap_or_else(PoisonError::into_inner);
        let acts = self.store().view()?.acts()?;
        let is_it = |act: &&ActRecord| act.id == appeal && matches!(act.deed, Deed::Appeal { .. });
        let unknown = || Diagnostic::general(&crate::diagnostic::codes::store::UNKNOWN_ID).what(Thing::Appeal).arg("id", appeal);
        let found = acts.iter().find(is_it).ok_or_else(unknown)?;
        let decides = |act: &&ActRecord| matches!(act.deed, Deed::Decide { appeal: decided, .. } if decided == appeal);
        if acts.iter().any(|act| decides(&act)) {
            return Err(Diagnostic::general(&codes::DECIDED).arg("id", appeal));
        }
        let (ruleset, period) = (found.ruleset.clone(), found.period.clone());
        let place = Place { ruleset, period, dims: found.dims.clone(), scope: found.scope.clone() };
        let concern = Concern { ruleset: None, card: &found.card, period: &found.period, scope: &[] };
        self.act(place, &concern, Deed::Decide { appeal, points: points.map(super::show::bare) }, signed, &[])
    }

    /// The acts about a scorecard in a period, in the order in which they were done.
    ///
    /// # Errors
    /// When the store fails.
    pub fn acts_about(&self, period: &str, ruleset: &str, card: &str) -> Result<Vec<ActRecord>, Diagnostic> {
        Ok(self.store().view()?.acts_about(period, ruleset, card)?)
    }

    /// All acts, by period, ruleset and scorecard, in the order in which they were done.
    ///
    /// # Errors
    /// When the store fails.
    pub fn acts(&self) -> Result<Vec<ActRecord>, Diagnostic> {
        Ok(self.store().view()?.acts()?)
    }

    /// The scores that an act was done about, as they were.
    ///
    /// # Errors
    /// When the store fails.
    pub fn kept_scores(&self, act: u64) -> Result<Vec<KeptScore>, Diagnostic> {
        Ok(self.store().view()?.kept_scores(act)?)
    }

    /// A scorecard as a stored version of its ruleset declares it.
    ///
    /// # Errors
    /// When there is no such version, or the store fails.
    pub fn card_of_version(&self, ruleset: &str, version: &str, card: &str) -> Result<Option<Scorecard>, Diagnostic> {
        let program = self.shared.program(&self.store().view()?, ruleset, version)?;
        Ok(program.scorecards.iter().find(|one| one.name == card).cloned())
    }

    /// Writes an act.
    fn act(
        &self,
        place: Place,
        concern: &Concern<'_>,
        deed: Deed,
        signed: Signature,
        scores: &[KeptScore],
    ) -> Result<ActRecord, Diagnostic> {
        let Place { ruleset, period, dims, scope } = place;
        if self.store().view()?.acts_about(&period, &ruleset, concern.card)?.len() >= ACTS_MAX {
            return Err(Diagnostic::general(&codes::TOO_MANY_ACTS).arg("limit", ACTS_MAX));
        }
        let (card, at, Signature { by, author, note }) = (concern.card.to_owned(), self.now().0, signed);
        let act = ActRecord { id: 0, ruleset, card, period, dims, scope, at, by, author, note, deed };
        Ok(self.store().commit(|tx| tx.add_act(act, scores))?)
    }

    /// The scores that something is to be done about, as they are now, and what was done about their card and period.
    fn judged(&self, concern: &Concern<'_>) -> Result<(Judged, Vec<ActRecord>), Diagnostic> {
        self.guarded(|| {
            let at = self.settle();
            let (view, shelf) = (self.store().view()?, RefCell::new(Shelf::default()));
            let (active, program) = self.choose(&view, &question(concern))?;
            let (card, period, fixed) = found(&program, concern)?;
            let seq = view.number(SEQ)?.map_or(1, i64::cast_unsigned);
            let (log, number, ruleset) = (view.log()?, active.program, active.name.clone());
            let cells = view.snapshot(active);
            let history = Stored { program: &program, number, log: &log, pending: &[], shelf: &shelf };
            let scores = scores(&Reader { program: &program, cells: &cells, history: &history, at }, card, period, &fixed)?;
            let standing = Standing { version: program.version.clone(), hash: program.hash.clone(), seq, provisional: false };
            let acts = view.acts_about(&period.to_string(), &ruleset, &card.name)?;
            let (period, dims) = (period.to_string(), dims_of(&program, card));
            let place = Place { ruleset, period, dims, scope: named(&program, &fixed) };
            Ok((Judged { place, card: card.clone(), scores, standing }, acts))
        })
    }

    /// The place of what something is to be done about.
    fn reviewed(&self, concern: &Concern<'_>) -> Result<Place, Diagnostic> {
        let view = self.store().view()?;
        let (active, program) = self.choose(&view, &question(concern))?;
        let (card, period, fixed) = found(&program, concern)?;
        let (period, dims) = (period.to_string(), dims_of(&program, card));
        Ok(Place { ruleset: active.name, period, dims, scope: named(&program, &fixed) })
    }
}

fn question<'a>(concern: &Concern<'a>) -> Question<'a> {
    Question { about: About::Scorecard(concern.card), ruleset: concern.ruleset, which: Which::Active, at: None, known_at: None }
}

/// The scores that are still to be judged.
fn left(scores: Vec<KeptScore>, concern: &Concern<'_>, open: impl Fn(&KeptScore) -> bool) -> Result<Vec<KeptScore>, Diagnostic> {
    let of = |code| Diagnostic::general(code).arg("card", concern.card).arg("period", concern.period);
    if scores.is_empty() {
        return Err(of(&codes::NO_SCORES));
    }
    let left: Vec<KeptScore> = scores.into_iter().filter(|score| open(score)).collect();
    if left.is_empty() { Err(of(&codes::JUDGED_ALREADY)) } else { Ok(left) }
}

/// How many notes a score lacks.
fn unexplained(card: &Scorecard, score: &KeptScore, notes: &Notes) -> usize {
    let told = |noted: &Noted| {
        let kpi = match noted {
            Noted::Score => None,
            Noted::Kpi(index) => card.kpis.get(*index).map(|kpi| kpi.name.as_str()),
        };
        let is_it = |note: &Note| note.kpi.as_deref() == kpi && note.scope.iter().all(|one| score.scope.contains(one));
        notes.notes.iter().any(is_it)
    };
    noted_of_kept(card, score).iter().filter(|noted| !told(noted)).count()
}

/// The dimension values of a scope, sorted.
type Values = Vec<(DimIdx, Box<str>)>;

/// The names of a card's dimensions.
fn dims_of(program: &Program, card: &Scorecard) -> Vec<String> {
    let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    dims.iter().filter_map(|dim| program.dims.get(*dim)).cloned().collect()
}

/// The card, period and dimension values of what something is to be done about.
fn found<'p>(program: &'p Program, concern: &Concern<'_>) -> Result<(&'p Scorecard, Period, Values), Diagnostic> {
    let card = program.scorecards.iter().find(|card| card.name == concern.card);
    let unknown = || Diagnostic::general(&api::UNKNOWN_NAME).what(Thing::Scorecard).arg("name", concern.card);
    let card = card.ok_or_else(unknown)?;
    let every = format!("{:?}", card.every).to_lowercase();
    let period = Period::parse(concern.period, program.reckoning).ok().filter(|period| period.grain == card.every);
    let wrong = || Diagnostic::general(&codes::PERIOD_WRONG).arg("period", concern.period).arg("card", concern.card).arg("every", &every);
    let period = period.ok_or_else(wrong)?;
    let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let mut fixed = Values::new();
    for (name, value) in concern.scope {
        let dim = dims.iter().copied().find(|dim| program.dims.get(*dim).is_some_and(|known| known == name));
        let unknown = || Diagnostic::general(&api::DIMENSION_UNKNOWN).arg("name", concern.card).arg("dimension", name);
        let known: Vec<&str> = dims.iter().filter_map(|dim| program.dims.get(*dim)).map(String::as_str).collect();
        fixed.push((dim.ok_or_else(|| unknown().arg("known", known.join(", ")))?, value.as_str().into()));
    }
    fixed.sort();
    Ok((card, period, fixed))
}

/// The scores of a card in a period at all scopes within some dimension values.
pub(super) fn scores(reader: &Reader<'_>, card: &Scorecard, period: Period, fixed: &Values) -> Result<Vec<KeptScore>, Diagnostic> {
    let dims = reader.program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let free: Vec<DimIdx> = dims.iter().copied().filter(|dim| fixed.iter().all(|(one, _)| one != dim)).collect();
    let scopes = if dims.is_empty() { vec![Vec::new()] } else { reader.scopes(&free, fixed)? };
    if scopes.len() > SCORES_MAX {
        return Err(Diagnostic::general(&codes::TOO_MANY_SCORES).arg("limit", SCORES_MAX));
    }
    let peers = reader.peers(card, period)?;
    let mut found = Vec::with_capacity(scopes.len());
    for values in scopes {
        let mut scope: Values = free.iter().copied().zip(values).chain(fixed.iter().cloned()).collect();
        scope.sort();
        let score = reader.score_among(card, period, &scope, &peers)?;
        found.push(kept(reader.program, card, &scope, &score));
    }
    Ok(found)
}
