//! Scorecards: weighted metrics, additions, vetoes, grades.

use super::formula::{Place, grain};
use super::node::Node;
use super::{Builder, Rule, Seen};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned, Words};
use crate::syntax::ast::{
    Adjustment, Curve, CurvePoint, Expr, ExprKind, Gate, GradeBand, Grain, Kpi, Payout, Ranking, Scorecard, Ties, UnknownPolicy, Verdict,
    Veto,
};
use crate::syntax::outline::Declaration;
use rust_decimal::Decimal;

impl Builder<'_> {
    pub(super) fn scorecard(&mut self, declaration: &Declaration) -> Scorecard {
        let head = self.head(Rule::scorecard_head, declaration);
        let block = self.needs_block(declaration);
        let (mut seen, mut per, mut every) = (Seen::default(), Vec::new(), None);
        for part in head.iter().flatten() {
            match part.rule() {
                Rule::per if part.name().is_some_and(|name| grain(&name.value).is_some()) => {
                    let period = part.name().map(|name| name.value).unwrap_or_default();
                    let form = format!("every {period}");
                    let advice = Words::new(
                        format!("Write `{form}`: `per` is about shops, teams and the like."),
                        format!("请写 `{form}`：`per` 用于店铺、团队等维度。"),
                    );
                    self.report(
                        Diagnostic::new(&codes::HABIT, part.span())
                            .arg("found", part.text())
                            .words("advice", advice)
                            .fix(part.span(), form),
                    );
                    every = grain(&period).map(|value| Spanned { value, span: part.span() });
                }
                Rule::per if self.once(&mut seen, "per", part.span()) => per = part.names(),
                Rule::every if self.once(&mut seen, "every", part.span()) => {
                    every = part.find(Rule::grain).and_then(|word| Some(Spanned { value: grain(word.text())?, span: word.span() }));
                }
                _ => {}
            }
        }
        let name = self.named(head.as_deref(), declaration);
        if head.is_some() && every.is_none() {
            let end = self.outline.span(&declaration.head).range().end;
            let place = Span::new(end, end);
            self.report(Diagnostic::new(&codes::NO_PERIOD, place).fix(place, " every month"));
        }
        let span = self.whole(declaration);
        let every = every.unwrap_or(Spanned { value: Grain::Month, span });
        let mut card = Scorecard {
            name,
            per,
            every,
            title: Default::default(),
            kpis: Vec::new(),
            adjustments: Vec::new(),
            vetoes: Vec::new(),
            gates: Vec::new(),
            unknown: None,
            cap: None,
            grades: Vec::new(),
            ranking: None,
            payout_base: None,
            payout: Vec::new(),
            evaluated: None,
            stated: Vec::new(),
            span,
        };
        self.statements(block, Rule::scorecard_line, |builder, line| builder.card_line(&mut card, &mut seen, &line));
        card.stated = std::mem::take(&mut self.stated);
        card
    }

    /// A condition that holds something back, with what is said then.
    pub(super) fn gate(&mut self, line: &Node) -> Option<Gate> {
        let when = self.condition(&line.find(Rule::when)?, Place::Plain);
        Some(Gate { when, marks: line.has(Rule::kw_mark), title: self.texts_in(line), span: line.span() })
    }

    fn card_line(&mut self, card: &mut Scorecard, seen: &mut Seen, line: &Node) {
        let span = line.span();
        match line.rule() {
            Rule::kpi => card.kpis.extend(self.kpi(line)),
            Rule::adjustment => card.adjustments.extend(self.adjustment(line)),
            Rule::veto => card.vetoes.extend(self.veto(line)),
            Rule::gate => card.gates.extend(self.gate(line)),
            Rule::title if self.once(seen, "title", span) => card.title = self.texts_in(line),
            Rule::unknown_policy if self.once(seen, "unknown", span) => {
                card.unknown = line.find(Rule::policy).map(|word| Spanned { value: policy(word.text()), span: word.span() });
            }
            Rule::cap if self.once(seen, "cap", span) => card.cap = self.amount_in(line),
            Rule::grades if self.once(seen, "grades", span) => {
                let bands: Vec<Node> = line.all(Rule::grade_band).collect();
                card.grades = bands
                    .iter()
                    .filter_map(|band| Some(GradeBand { grade: band.find(Rule::grade)?.word(), at_least: self.amount_in(band) }))
                    .collect();
            }
            Rule::ranked_grades if self.once(seen, "grades", span) => self.ranked_grades(card, line),
            Rule::evaluated if self.once(seen, "evaluated", span) => card.evaluated = self.schedule(line),
            Rule::payout if self.once(seen, "payout", span) => {
                card.payout_base = line.find(Rule::expr).map(|base| self.formula(&base, Place::Plain));
                let parts: Vec<Node> = line.all(Rule::payout_of).collect();
                card.payout = parts
                    .iter()
                    .filter_map(|part| Some(Payout { grade: part.find(Rule::grade)?.word(), coefficient: self.amount_in(part)? }))
                    .collect();
            }
            _ => {}
        }
    }

    fn ranked_grades(&mut self, card: &mut Scorecard, line: &Node) {
        let within = line.find(Rule::rank_within).map(|within| within.names()).unwrap_or_default();
        let mut shares = Vec::new();
        for part in line.all(Rule::grade_share).collect::<Vec<_>>() {
            let share = part.find(Rule::percent).and_then(|percent| {
                let number = percent.find(Rule::number)?;
                Some(Spanned { value: self.number(&number)? / Decimal::ONE_HUNDRED, span: percent.span() })
            });
            if let (Some(grade), Some(share)) = (part.find(Rule::grade), share) {
                card.grades.push(GradeBand { grade: grade.word(), at_least: None });
                shares.push(share);
            }
        }
        let word = line.find(Rule::ties_to).or_else(|| line.find(Rule::name));
        let ties = word.map(|word| Spanned {
            value: match word.text() {
                "better" => Ties::Better,
                "worse" => Ties::Worse,
                _ => Ties::By(word.word()),
            },
            span: word.span(),
        });
        card.ranking = ties.map(|ties| Ranking { within, shares, ties, span: line.span() });
    }

    fn kpi(&mut self, line: &Node) -> Option<Kpi> {
        let (window, volume, _) = line.find(Rule::over).map_or((None, None, 0), |over| self.windows_in(&over));
        let occasion = line.find(Rule::over_occasion).and_then(|over| self.occasion_at(&over));
        let weight = self.amount_in(line)?;
        let curve = line.find(Rule::curve)?;
        if let Some(habit) = self.curve_habit(line, &curve) {
            self.report(habit);
            return None;
        }
        let curve = self.curve(&curve);
        let attainment = line.find(Rule::kw_attainment).map(|word| word.span());
        Some(Kpi { metric: line.name()?, window, volume, occasion, weight, attainment, curve, span: line.span() })
    }

    fn curve(&mut self, node: &Node) -> Curve {
        let mut curve = Curve { below: None, points: Vec::new(), above: None, span: node.span() };
        let mut seen = Seen::default();
        for part in node.children() {
            match part.rule() {
                Rule::below if self.once(&mut seen, "below", part.span()) => curve.below = self.amount_in(&part),
                Rule::above if self.once(&mut seen, "above", part.span()) => curve.above = self.amount_in(&part),
                Rule::point => {
                    let value = part.find(Rule::expr).map(|expr| self.formula(&expr, Place::Plain));
                    if let (Some(value), Some(points)) = (value, self.amount_in(&part)) {
                        curve.points.push(CurvePoint { value, points });
                    }
                }
                _ => {}
            }
        }
        curve
    }

    fn adjustment(&mut self, line: &Node) -> Option<Adjustment> {
        let points = self.amount_in(line)?;
        let title = self.texts_in(line);
        let (mut for_each, mut at_most, mut when) = (None, None, None);
        let mut seen = Seen::default();
        for part in line.children() {
            let span = part.span();
            match part.rule() {
                Rule::for_each if self.once(&mut seen, "for each", span) => for_each = Some(self.condition(&part, Place::Plain)),
                Rule::at_most if self.once(&mut seen, "at most", span) => at_most = self.amount_in(&part),
                Rule::when if self.once(&mut seen, "when", span) => when = Some(self.condition(&part, Place::Plain)),
                _ => {}
            }
        }
        Some(Adjustment { deduct: line.has(Rule::kw_deduct), points, for_each, at_most, when, title, span: line.span() })
    }

    fn veto(&mut self, line: &Node) -> Option<Veto> {
        let when = self.condition(&line.find(Rule::when)?, Place::Plain);
        let then = match line.find(Rule::grade) {
            Some(grade) => Verdict::Grade(grade.word()),
            None => Verdict::Score(self.amount_in(line)?),
        };
        Some(Veto { when, then, title: self.texts_in(line), span: line.span() })
    }

    /// The formula of a `when …` or `for each …`.
    pub(super) fn condition(&mut self, node: &Node, place: Place) -> Expr {
        match node.find(Rule::expr) {
            Some(expr) => self.formula(&expr, place),
            None => Expr { kind: ExprKind::Broken, span: node.span() },
        }
    }
}

fn policy(word: &str) -> UnknownPolicy {
    match word {
        "zero" => UnknownPolicy::Zero,
        "withhold" => UnknownPolicy::Withhold,
        _ => UnknownPolicy::Reweight,
    }
}
