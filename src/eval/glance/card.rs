//! A scorecard as a term: points of curves, their weighted sum, additions, the cap, what withholds and what lowers it, as [`super::super::score`]
//! composes them with decimals.

use super::super::plan::{Frame, Move};
use super::near::Near;
use super::term::{Held, Reading, Term, Writing};
use crate::compile::program::{Adjustment, CardIdx, Curve, Kpi, Scorecard, UnknownPolicy, Verdict, Window};
use std::cmp::Ordering;

/// A scorecard.
#[derive(Debug)]
pub(super) struct Card {
    kpis: Vec<Line>,
    unknown: UnknownPolicy,
    adjustments: Vec<Change>,
    cap: Option<Near>,
    gates: Vec<Term>,
    /// The red lines that lower the score.
    vetoes: Vec<(Term, Near)>,
}

/// A weighted number.
#[derive(Debug)]
struct Line {
    value: Term,
    curve: Points,
    weight: Near,
}

/// A curve.
#[derive(Debug)]
struct Points {
    below: Near,
    above: Near,
    /// Value, points, and how steep it goes on to the next one.
    points: Vec<(Near, Near, Near)>,
}

/// An addition or deduction.
#[derive(Debug)]
struct Change {
    when: Option<Term>,
    for_each: Option<Term>,
    points: Near,
    at_most: Option<Near>,
}

impl Writing<'_> {
    /// A scorecard that is read in a frame. Neither its grades nor what is paid matter to its number.
    pub(super) fn card(&mut self, card: CardIdx, frame: &Frame) -> Option<Card> {
        let card = self.program.scorecards.get(card)?;
        // Whatever else comes to decide a score has to be thought of here.
        let Scorecard {
            name: _,
            title: _,
            grouping: _,
            every,
            kpis,
            adjustments,
            vetoes,
            gates,
            unknown,
            cap,
            grades: _,
            ranking: _,
            payout_base: _,
            payout_unit: _,
            schedule: _,
            schedule_text: _,
            leaves: _,
            sheet: _,
        } = card;
        // What marks a score leaves its number alone; an alert on a card with a schedule is looked at by that.
        let gates = gates.iter().filter(|gate| !gate.marks);
        let vetoes = vetoes.iter().filter_map(|veto| match veto.then {
            Verdict::Score(score) => Some((&veto.when, score)),
            Verdict::Grade(_) => None,
        });
        let frame = [frame, &[Move::Card(*every)][..]].concat();
        self.cards.push(frame.clone());
        Some(Card {
            kpis: kpis.iter().map(|kpi| self.line(kpi, &frame)).collect::<Option<_>>()?,
            unknown: *unknown,
            adjustments: adjustments.iter().map(|one| self.change(one, &frame)).collect::<Option<_>>()?,
            cap: cap.map_or(Some(None), |cap| Near::decimal(cap).map(Some))?,
            gates: gates.map(|gate| self.term(&gate.when, &frame)).collect::<Option<_>>()?,
            vetoes: vetoes.map(|(when, score)| Some((self.term(when, &frame)?, Near::decimal(score)?))).collect::<Option<_>>()?,
        })
    }

    fn line(&mut self, kpi: &Kpi, frame: &Frame) -> Option<Line> {
        let value = match kpi.window {
            Some(Window::Elapsed { .. }) => return None,
            Some(window) => self.term(&kpi.formula, &[frame, &[Move::Over(window)][..]].concat())?,
            None => self.term(&kpi.formula, frame)?,
        };
        Some(Line { value, curve: Points::of(&kpi.curve)?, weight: Near::decimal(kpi.weight)? })
    }

    fn change(&mut self, adjustment: &Adjustment, frame: &Frame) -> Option<Change> {
        let mut term = |formula: &Option<_>| match formula {
            Some(formula) => self.term(formula, frame).map(Some),
            None => Some(None),
        };
        Some(Change {
            when: term(&adjustment.when)?,
            for_each: term(&adjustment.for_each)?,
            points: Near::decimal(adjustment.points)?,
            at_most: adjustment.at_most.map_or(Some(None), |most| Near::decimal(most).map(Some))?,
        })
    }
}

impl Points {
    fn of(curve: &Curve) -> Option<Points> {
        let near = |(value, points): &(_, _)| Some((Near::decimal(*value)?, Near::decimal(*points)?));
        let all = curve.points.iter().map(near).collect::<Option<Vec<_>>>()?;
        let (first, last) = (all.first()?, all.last()?);
        let below = curve.below.map_or(Some(first.1), Near::decimal)?;
        let above = curve.above.map_or(Some(last.1), Near::decimal)?;
        let slope = |(value, points): &(Near, Near), next: Option<&(Near, Near)>| match next {
            Some(next) => next.1.minus(*points)?.over(next.0.minus(*value)?),
            None => Some(Near::whole(0)),
        };
        let points = all.iter().enumerate().map(|(at, one)| Some((one.0, one.1, slope(one, all.get(at + 1))?)));
        Some(Points { below, above, points: points.collect::<Option<_>>()? })
    }

    /// The points of a value; None in doubt about the part on which it falls.
    fn read(&self, value: Near) -> Option<Near> {
        let mut passed = None;
        for (from, points, slope) in &self.points {
            match value.order(*from)? {
                Ordering::Less => break,
                Ordering::Equal => return Some(*points),
                Ordering::Greater => passed = Some((from, points, slope)),
            }
        }
        match passed {
            None => Some(self.below),
            Some((from, ..)) if self.points.last().is_some_and(|last| last.0 == *from) => Some(self.above),
            Some((from, points, slope)) => points.plus(value.minus(*from)?.times(*slope)?),
        }
    }
}

impl Card {
    /// The score; None in doubt.
    pub(super) fn read(&self, held: &[Held]) -> Option<Reading> {
        let Some(weighted) = self.weighted(held)? else { return Some(Reading::Unknown) };
        let mut total = weighted;
        for change in &self.adjustments {
            total = total.plus(change.read(held)?)?;
        }
        if let Some(cap) = self.cap {
            total = total.min(cap);
        }
        for gate in &self.gates {
            if gate.read(held)? == Reading::Flag(true) {
                return Some(Reading::Unknown);
            }
        }
        for (when, score) in &self.vetoes {
            if when.read(held)? == Reading::Flag(true) {
                total = total.min(*score);
            }
        }
        Some(Reading::Number(total))
    }

    /// The weighted sum of the points; None within when it is unknown.
    fn weighted(&self, held: &[Held]) -> Option<Option<Near>> {
        let (mut all, mut known, mut sum, mut missing) = (Near::whole(0), Near::whole(0), Near::whole(0), false);
        for line in &self.kpis {
            all = all.plus(line.weight)?;
            match line.value.read(held)? {
                Reading::Number(value) => {
                    sum = sum.plus(line.curve.read(value)?.times(line.weight)?)?;
                    known = known.plus(line.weight)?;
                }
                _ => missing = true,
            }
        }
        let hundred = Near::whole(100);
        Some(match (self.unknown, missing) {
            (UnknownPolicy::Withhold, true) => None,
            (UnknownPolicy::Reweight, true) if known.is_zero()? => None,
            (UnknownPolicy::Reweight, true) => Some(sum.times(all)?.over(known)?.over(hundred)?),
            (_, false) | (UnknownPolicy::Zero, true) => Some(sum.over(hundred)?),
        })
    }
}

impl Change {
    fn read(&self, held: &[Held]) -> Option<Near> {
        let nothing = Near::whole(0);
        if let Some(when) = &self.when
            && when.read(held)? != Reading::Flag(true)
        {
            return Some(nothing);
        }
        let mut points = self.points;
        if let Some(for_each) = &self.for_each {
            let Reading::Number(times) = for_each.read(held)? else { return Some(nothing) };
            points = points.times(times.max(nothing))?;
        }
        if let Some(most) = self.at_most {
            points = points.max(most.negated()).min(most);
        }
        Some(points)
    }
}
