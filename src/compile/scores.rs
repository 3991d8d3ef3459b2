//! Scores in formulas: `score(shop_manager)`, `grade(shop_manager) is D`.
//!
//! 1. Every scorecard is known by name before any is compiled, so that one may read another ([`NamedCard`]).
//! 2. [`FormulaPlace::of_score`] compiles the functions where scores may be read: in alerts, and in the additions,
//!    deductions, red lines and payouts of scorecards. A metric reads none, so circles run through scorecards only.
//! 3. What reads a score does so at the scope and over a period of the card.

use super::Compiler;
use super::calendars::schedule;
use super::expr::Typed;
use super::formula::FormulaPlace;
use super::metrics::{leaves_of, parts};
use super::plan::Scope;
use super::program::{CardIdx, DimIdx, Formula, LeafIdx, Metric, Scalar, ScorePart, Scorecard, Scored, Unit, Window};
use super::references::Kind;
use super::units::Type;
use super::window::grain;
use crate::diagnostic::codes::{compile as codes, ledger, watch};
use crate::diagnostic::{Diagnostic, Span, Thing, Words};
use crate::syntax::ast::{self, Expr, ExprKind, Ident};
use crate::time::{Grain, Schedule};
use std::collections::{BTreeMap, BTreeSet};

/// The functions of scores.
pub(super) const SCORE_FUNCTIONS: [&str; 2] = ["score", "grade"];
/// How many scorecards may stand on one another.
const NESTING_MAX: usize = 8;

/// A scorecard as formulas know it.
#[derive(Debug, Clone)]
pub(super) struct NamedCard {
    /// Its place.
    pub(super) idx: CardIdx,
    /// The length of its periods.
    every: Grain,
    /// Its scope; None when a dimension of it is wrong.
    dims: Option<Vec<DimIdx>>,
    /// The names of its grades.
    grades: Vec<String>,
    /// Ranks decide its grades.
    ranked: bool,
    /// When it is looked at, and that as written.
    schedule: Option<(Schedule, String)>,
    /// Every leaf that it needs, those of the cards that it reads included. Sorted.
    pub(super) leaves: BTreeSet<LeafIdx>,
}

/// A schedule, and that as written.
type Looks = Option<(Schedule, String)>;

/// A score in a formula, and the window that it is read over; None for the surrounding one.
type Found = (Scored, Option<Window>);

impl FormulaPlace<'_> {
    /// `score(shop_manager)`
    pub(super) fn of_score(&mut self, function: &Ident, arg: &Expr) -> Option<Typed<Formula>> {
        if !self.scores {
            return self.fail(Diagnostic::new(&watch::SCORE_PLACE, function.span).arg("function", &function.value));
        }
        let ExprKind::Name(word) = &arg.kind else {
            return self.fail(Diagnostic::new(&watch::SCORE_OF, arg.span).arg("function", &function.value));
        };
        let Some(card) = self.names.cards.get(word) else {
            let known = self.names.cards.keys().map(String::as_str);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_RULE, word, arg.span, known).words("kind", Thing::Scorecard);
            return self.fail(diagnostic);
        };
        self.names.uses.saw(Kind::Scorecard, word, arg.span);
        let (part, unit) = match function.value.as_str() {
            "grade" => (ScorePart::Grade, Unit::Text),
            _ => (ScorePart::Score, Unit::Number),
        };
        if part == ScorePart::Grade && card.grades.is_empty() {
            return self.fail(Diagnostic::new(&codes::NO_GRADES, arg.span).arg("what", "grade").arg("card", word));
        }
        if part == ScorePart::Grade && card.ranked {
            return self.fail(Diagnostic::new(&ledger::RANK_GRADE, arg.span).arg("name", word));
        }
        Some(Typed { node: Formula::Score(Scored { card: card.idx, part }), ty: Type::Is(unit) })
    }
}

impl Compiler<'_> {
    /// Makes the scorecards known by name. Of two of one name the first one is meant.
    pub(super) fn named_cards(&mut self, cards: &[&ast::Scorecard]) {
        for (idx, card) in cards.iter().enumerate() {
            let dims = card.per.iter().map(|word| self.names.dims.binary_search(&word.value).ok());
            let dims: Option<BTreeSet<DimIdx>> = dims.collect();
            let named = NamedCard {
                idx,
                every: grain(card.every.value),
                dims: dims.map(|dims| dims.into_iter().collect()),
                grades: card.grades.iter().map(|band| band.grade.value.clone()).collect(),
                ranked: card.ranking.is_some(),
                schedule: card.evaluated.as_ref().and_then(|at| Some((schedule(at).ok()?, self.written(at.span)))),
                leaves: BTreeSet::new(),
            };
            self.names.cards.entry(card.name.value.clone()).or_insert(named);
        }
    }

    /// Checks what the cards read of one another, and notes every leaf that each needs.
    pub(super) fn scores_of_cards(&mut self, cards: &[&ast::Scorecard], compiled: &[(Scope, Scorecard)], metrics: &[Metric]) {
        let mut needs: Vec<BTreeSet<CardIdx>> = Vec::new();
        let mut leaves: Vec<BTreeSet<LeafIdx>> = Vec::new();
        for (card, (scope, made)) in cards.iter().zip(compiled) {
            let conditions: Vec<&Formula> = made.conditions().collect();
            let own = conditions.iter().copied().chain(made.kpis.iter().map(|kpi| &kpi.formula));
            leaves.push(own.flat_map(|formula| leaves_of(formula, metrics)).collect());
            let mut found = Vec::new();
            conditions.iter().for_each(|formula| scored(formula, None, &mut found));
            needs.push(found.iter().map(|(read, _)| read.card).collect());
            // What is paid decides no score: it may read the card's own.
            let base = made.payout_base.iter().map(|base| &base.formula);
            let lines: Vec<(&Formula, Span)> = conditions.into_iter().chain(base).map(|formula| (formula, card.name.span)).collect();
            let home = Window::Period { grain: made.every, previous: false };
            self.scores_in(&lines, scope, Some(home), &mut BTreeSet::new());
            self.looked_with(&lines, made.schedule.map(|schedule| (schedule, made.schedule_text.clone())), false);
        }
        let reached = reached(&needs);
        self.card_circles(cards, &needs, &reached);
        for card in self.names.cards.values_mut() {
            let below = reached.get(card.idx).into_iter().flatten().chain([&card.idx]);
            card.leaves = below.filter_map(|idx| leaves.get(*idx)).flatten().copied().collect();
        }
    }

    /// Reports cards that stand on themselves, or on too many others.
    fn card_circles(&mut self, cards: &[&ast::Scorecard], needs: &[BTreeSet<CardIdx>], reached: &[BTreeSet<CardIdx>]) {
        let mut told: BTreeSet<CardIdx> = BTreeSet::new();
        let name = |idx: CardIdx| cards.get(idx).map_or("", |card| card.name.value.as_str());
        for (idx, card) in cards.iter().enumerate() {
            let back = |other: &CardIdx| reached.get(*other).is_some_and(|below| below.contains(&idx));
            let circle: Vec<CardIdx> = reached.get(idx).into_iter().flatten().copied().filter(back).collect();
            if circle.contains(&idx) && told.insert(idx) {
                told.extend(&circle);
                let others = || circle.iter().copied().filter(|other| *other != idx);
                let names: Vec<&str> = [idx].into_iter().chain(others()).chain([idx]).map(name).collect();
                let mut diagnostic = Diagnostic::new(&watch::SCORE_CYCLE, card.name.span).arg("cycle", names.join(" → "));
                for other in others().filter_map(|other| cards.get(other)) {
                    diagnostic = diagnostic.related(other.name.span, "part of the circle", "循环的一部分");
                }
                self.errors.push(diagnostic);
            }
        }
        if told.is_empty() {
            let mut depths: BTreeMap<CardIdx, usize> = BTreeMap::new();
            let mut order: Vec<CardIdx> = (0..cards.len()).collect();
            // What is read reaches fewer cards than what reads it.
            order.sort_by_key(|idx| reached.get(*idx).map_or(0, BTreeSet::len));
            for idx in order {
                let below = needs.get(idx).into_iter().flatten().filter_map(|need| depths.get(need)).max();
                let depth = below.copied().unwrap_or(0) + 1;
                depths.insert(idx, depth);
                if let Some(card) = cards.get(idx).filter(|_| depth == NESTING_MAX + 1) {
                    let diagnostic = Diagnostic::new(&watch::SCORE_DEEP, card.name.span).arg("name", &card.name.value);
                    self.errors.push(diagnostic.arg("limit", NESTING_MAX));
                }
            }
        }
    }

    /// Checks the scores that formulas read at a scope, over `home` where they name no window, and notes the leaves behind
    /// them. The length of the period of the first one, when there is one.
    pub(super) fn scores_in(
        &mut self,
        formulas: &[(&Formula, Span)],
        scope: &Scope,
        home: Option<Window>,
        leaves: &mut BTreeSet<LeafIdx>,
    ) -> Option<Grain> {
        let mut first = None;
        for (formula, span) in formulas {
            let mut found = Vec::new();
            scored(formula, home, &mut found);
            for (read, window) in found {
                let card = self.names.cards.iter().find(|(_, card)| card.idx == read.card);
                let Some((name, card)) = card.map(|(name, card)| (name.clone(), card.clone())) else { continue };
                leaves.extend(&card.leaves);
                let every = *first.get_or_insert(card.every);
                let over = match window {
                    Some(Window::Period { grain, .. }) => Some(grain),
                    Some(_) => None,
                    None => Some(every),
                };
                if over != Some(card.every) {
                    let diagnostic = Diagnostic::new(&watch::SCORE_PERIOD, *span).arg("name", &name);
                    self.errors.push(diagnostic.arg("grain", super::window::name(card.every)));
                }
                if let Some(own) = card.dims.as_ref().filter(|own| **own != scope.dims) {
                    let diagnostic = Diagnostic::new(&watch::SCORE_SCOPE, *span).arg("name", &name);
                    self.errors.push(diagnostic.words("own", self.per(own)).words("wanted", self.per(&scope.dims)));
                }
            }
            self.graded(formula, *span);
        }
        first
    }

    /// When what reads scores is looked at: by its own schedule, or by that of the cards, if it `inherits`. Between two looks
    /// a score is the last one, so cards of another schedule are reported.
    pub(super) fn looked_with(&mut self, formulas: &[(&Formula, Span)], own: Looks, inherits: bool) -> Looks {
        let mut looks = own;
        for (formula, span) in formulas {
            let mut found = Vec::new();
            scored(formula, None, &mut found);
            for (read, _) in found {
                let card = self.names.cards.iter().find(|(_, card)| card.idx == read.card);
                let Some((name, theirs)) = card.and_then(|(name, card)| Some((name, card.schedule.as_ref()?))) else { continue };
                if looks.is_none() && inherits {
                    looks = Some(theirs.clone());
                } else if looks.as_ref().map(|(schedule, _)| schedule) != Some(&theirs.0) {
                    let diagnostic = Diagnostic::new(&watch::SCORE_SCHEDULE, *span).arg("name", name).arg("own", &theirs.1);
                    self.errors.push(diagnostic);
                }
            }
        }
        looks
    }

    /// Reports grades that a card does not have.
    fn graded(&mut self, formula: &Formula, span: Span) {
        if let Formula::Compare(_, left, right) = formula
            && let (Formula::Score(Scored { card, part: ScorePart::Grade }), Formula::Const(Scalar::Text(grade))) = (&**left, &**right)
            && let Some((name, card)) = self.names.cards.iter().find(|(_, named)| named.idx == *card)
            && !card.grades.iter().any(|known| **known == **grade)
        {
            let known = card.grades.iter().map(String::as_str);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_GRADE, grade, span, known).arg("card", name);
            self.errors.push(Diagnostic { fixes: Vec::new(), ..diagnostic });
        }
        parts(formula).into_iter().for_each(|part| self.graded(part, span));
    }

    /// `per shop, sku` of a scope.
    pub(super) fn per(&self, dims: &[DimIdx]) -> Words {
        let names: Vec<&str> = dims.iter().filter_map(|dim| self.names.dims.get(*dim)).map(String::as_str).collect();
        if names.is_empty() {
            Words::new("for the whole workspace", "整个工作区")
        } else {
            Words::verbatim(format!("`per {}`", names.join(", ")))
        }
    }
}

/// Whether a formula reads a score.
pub(super) fn reads_score(formula: &Formula) -> bool {
    let mut found = Vec::new();
    scored(formula, None, &mut found);
    !found.is_empty()
}

/// The scores in a formula, each with its window.
fn scored(formula: &Formula, window: Option<Window>, found: &mut Vec<Found>) {
    match formula {
        Formula::Score(read) => found.push((*read, window)),
        Formula::Over(own, inner) => scored(inner, Some(*own), found),
        Formula::Adapt(adapt) => {
            scored(&adapt.when, Some(adapt.then), found);
            [adapt.then, adapt.otherwise].into_iter().for_each(|own| scored(&adapt.inner, Some(own), found));
        }
        _ => parts(formula).into_iter().for_each(|part| scored(part, window, found)),
    }
}

/// Every card that each one needs, through others too.
fn reached(needs: &[BTreeSet<CardIdx>]) -> Vec<BTreeSet<CardIdx>> {
    let mut reached = needs.to_vec();
    loop {
        let further: Vec<BTreeSet<CardIdx>> = reached
            .iter()
            .map(|below| below.iter().filter_map(|idx| reached.get(*idx)).flatten().chain(below).copied().collect())
            .collect();
        if further == reached {
            return reached;
        }
        reached = further;
    }
}
