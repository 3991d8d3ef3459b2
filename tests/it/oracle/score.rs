//! Scorecards, composed in the one order: curve, weighted sum, additions and deductions, cap, veto, grade, payout.

use super::formula::{Asked, number};
use super::{Frame, Moment, Place};
use rust_decimal::Decimal;
use steelyard::compile::program::{Adjustment, Curve, Kpi, Ranking, Scorecard, Ties, UnknownPolicy, Verdict};
use steelyard::time::{Day, Period};

/// A score and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleScore {
    /// For each KPI: its value, its points and what it adds to the score.
    pub parts: Vec<(Option<Decimal>, Option<Decimal>, Option<Decimal>)>,
    /// What each adjustment adds (negative: deducts); 0 when it does not apply.
    pub adjustments: Vec<Decimal>,
    /// The score; None when withheld or nothing is known.
    pub score: Option<Decimal>,
    /// The rank, and how many are ranked, on a card whose grades go by rank.
    pub rank: Option<(usize, usize)>,
    /// The lines that mark it, or the first one that withholds it.
    pub held: Vec<usize>,
    /// Index into the card's grades.
    pub grade: Option<usize>,
    /// What the coefficient is multiplied with, on a card that pays on a base.
    pub base: Option<Decimal>,
    /// The payout of the grade.
    pub payout: Option<Decimal>,
}

impl Moment<'_> {
    /// The score of a scope in a period.
    pub fn score(&self, card: &Scorecard, place: &Place, period: Period) -> OracleScore {
        if let Some(schedule) = card.schedule {
            let zone = self.oracle.clocks(place);
            let looks = self.oracle.scheduled(&schedule, &zone, self.at.plus_s(-800 * 86_400), self.at);
            let card = Scorecard { schedule: None, ..card.clone() };
            return self.oracle.at(*looks.last().unwrap()).score(&card, place, period);
        }
        let asked = self.asked(place, Frame::Within(period));
        let alone = self.score_of(card, &asked);
        let base = card.payout_base.as_ref().and_then(|base| number(self.formula(&base.formula, &asked)));
        let Some(ranking) = &card.ranking else {
            return OracleScore { payout: paid(card, alone.grade, base), base, ..alone };
        };
        let ranked = alone.score.and_then(|_| self.by_rank(card, ranking, place, period));
        let grade = ranked.map(|(grade, _)| self.forced(card, grade, &asked));
        OracleScore { rank: ranked.map(|(_, rank)| rank), grade, payout: paid(card, grade, base), base, ..alone }
    }

    /// A period that was over before anything of the scope had happened, by any clock, says nothing about it.
    pub fn says_nothing(&self, card: &Scorecard, asked: &Asked<'_>) -> bool {
        let begun = self.began(asked.place, &asked.clocks).is_some_and(|began| began < asked.clocks.end_of(asked.anchor));
        !begun && !self.any_row(&card.leaves, (Day(i32::MIN), asked.anchor), asked)
    }

    /// The score of what is asked about, a period of the card, without what is paid for it.
    pub fn score_of(&self, card: &Scorecard, asked: &Asked<'_>) -> OracleScore {
        let over = |kpi: &Kpi| kpi.window.map_or(asked.clone(), |window| self.over(window, asked));
        let values: Vec<Option<Decimal>> = card.kpis.iter().map(|kpi| number(self.formula(&kpi.formula, &over(kpi)))).collect();
        let points: Vec<Option<Decimal>> =
            card.kpis.iter().zip(&values).map(|(kpi, value)| value.map(|v| on_curve(&kpi.curve, v))).collect();
        let (sum, added) = weighted(card, &points);
        let adjustments: Vec<Decimal> = card.adjustments.iter().map(|a| self.adjustment(a, asked)).collect();
        let withheld = card.unknown == UnknownPolicy::Withhold && points.contains(&None);
        let nothing = card.unknown != UnknownPolicy::Zero && points.iter().all(Option::is_none);
        let total = adjustments.iter().fold(sum, |total, points| total + points);
        let capped = card.cap.map_or(total, |cap| total.min(cap));
        let mut held: Vec<usize> = (0..card.gates.len()).filter(|gate| self.truth(&card.gates[*gate].when, asked) == Some(true)).collect();
        let gated = held.iter().copied().find(|gate| !card.gates[*gate].marks);
        if let Some(gate) = gated {
            held = vec![gate];
        }
        let says_nothing = self.says_nothing(card, asked);
        if withheld || nothing || says_nothing {
            held.clear();
        }
        let lowered = self.crossed(card, asked).filter_map(|then| if let Verdict::Score(most) = then { Some(most) } else { None });
        let lowered = lowered.fold(capped, Decimal::min);
        let score = (!withheld && !nothing && !says_nothing && gated.is_none()).then_some(lowered);
        let grade = score.filter(|_| card.ranking.is_none()).and_then(|score| self.grade(card, score, asked));
        let parts = values.into_iter().zip(points).zip(added).map(|((value, points), added)| (value, points, added)).collect();
        OracleScore { parts, adjustments, score, rank: None, held, grade, base: None, payout: None }
    }

    fn adjustment(&self, adjustment: &Adjustment, asked: &Asked<'_>) -> Decimal {
        if adjustment.when.as_ref().is_some_and(|when| self.truth(when, asked) != Some(true)) {
            return Decimal::ZERO;
        }
        let times = match &adjustment.for_each {
            None => Decimal::ONE,
            Some(each) => number(self.formula(each, asked)).unwrap_or(Decimal::ZERO).max(Decimal::ZERO),
        };
        let points = adjustment.points * times;
        adjustment.at_most.map_or(points, |most| points.clamp(-most, most))
    }

    /// The best grade that the score reaches; a veto forces a worse one, never a better one.
    fn grade(&self, card: &Scorecard, score: Decimal, asked: &Asked<'_>) -> Option<usize> {
        let own = card.grades.iter().position(|grade| grade.at_least.is_none_or(|least| score >= least))?;
        Some(self.forced(card, own, asked))
    }

    fn forced(&self, card: &Scorecard, own: usize, asked: &Asked<'_>) -> usize {
        let forced = self.crossed(card, asked).filter_map(|then| if let Verdict::Grade(grade) = then { Some(grade) } else { None });
        forced.chain([own]).max().unwrap()
    }

    /// What the red lines force that are crossed.
    fn crossed(&self, card: &Scorecard, asked: &Asked<'_>) -> impl Iterator<Item = Verdict> {
        card.vetoes.iter().filter(|veto| self.truth(&veto.when, asked) == Some(true)).map(|veto| veto.then)
    }

    /// The grade by rank, before any veto, and the rank among how many.
    fn by_rank(&self, card: &Scorecard, ranking: &Ranking, place: &Place, period: Period) -> Option<(usize, (usize, usize))> {
        let unranked = Scorecard { ranking: None, ..card.clone() };
        let own = |other: &Place| {
            let shared = |dim: usize| other.iter().find(|(own, _)| *own == dim).cloned();
            ranking.within.iter().all(|dim| shared(*dim) == place.iter().find(|(own, _)| own == dim).cloned())
        };
        let places = self.oracle.places(&self.oracle.program.groupings[card.grouping]);
        let seen = |place: &Place| self.oracle.first_seen(place).is_some_and(|first| first <= self.at);
        let worth = |place: &Place| {
            let score = self.score(&unranked, place, period).score?;
            let second = match ranking.ties {
                Ties::By(metric, higher) => self
                    .metric(metric, place, Frame::Within(period))
                    .and_then(|value| number(Some(value)))
                    .map(|value| if higher { value } else { -value }),
                Ties::Better | Ties::Worse => None,
            };
            // An unknown second criterion is less than any known one.
            Some((score, second))
        };
        let mine = worth(place).filter(|_| places.contains(place) && seen(place))?;
        let peers: Vec<_> = places.iter().filter(|place| own(place) && seen(place)).filter_map(worth).collect();
        let better = peers.iter().filter(|one| **one > mine).count();
        let level = peers.iter().filter(|one| **one == mine).count();
        let decides = if ranking.ties == Ties::Worse { better + level - 1 } else { better };
        let n = Decimal::from(peers.len());
        // Places are handed out one by one: first the whole ones, then by what is left of each share.
        let mut quotas: Vec<Decimal> = ranking.shares.iter().map(|share| (share * n).floor()).collect();
        while quotas.iter().sum::<Decimal>() < n {
            let rest = |grade: usize| {
                if quotas[grade] > (ranking.shares[grade] * n).floor() { -Decimal::ONE } else { ranking.shares[grade] * n - quotas[grade] }
            };
            let most = (0..quotas.len()).map(rest).max().unwrap();
            let grade = (0..quotas.len()).find(|grade| rest(*grade) == most).unwrap();
            quotas[grade] += Decimal::ONE;
        }
        let mut upto = Decimal::ZERO;
        let grade = quotas.iter().position(|quota| {
            upto += *quota;
            Decimal::from(decides) < upto
        });
        Some((grade.unwrap(), (better + 1, peers.len())))
    }
}

/// The coefficient of a grade, or that times a base; nobody owes anything.
fn paid(card: &Scorecard, grade: Option<usize>, base: Option<Decimal>) -> Option<Decimal> {
    let coefficient = card.grades[grade?].payout?;
    match card.payout_base {
        None => Some(coefficient),
        Some(_) => base.map(|base| coefficient * base.max(Decimal::ZERO)),
    }
}

/// Linear between points, the point's value at a point, flat beyond unless `below` or `above` says otherwise.
fn on_curve(curve: &Curve, value: Decimal) -> Decimal {
    let (first, last) = (curve.points[0], curve.points[curve.points.len() - 1]);
    if value < first.0 {
        return curve.below.unwrap_or(first.1);
    }
    if value > last.0 {
        return curve.above.unwrap_or(last.1);
    }
    if let Some(point) = curve.points.iter().find(|point| point.0 == value) {
        return point.1;
    }
    let right = curve.points.iter().position(|point| point.0 > value).unwrap();
    let ((x0, y0), (x1, y1)) = (curve.points[right - 1], curve.points[right]);
    // One division, at the end.
    (y0 * (x1 - x0) + (value - x0) * (y1 - y0)) / (x1 - x0)
}

/// The weighted sum of known points, with the weight of the unknown ones spread over them if the card says so, and what
/// each KPI adds to it. Divides at the end, as every share does.
fn weighted(card: &Scorecard, points: &[Option<Decimal>]) -> (Decimal, Vec<Option<Decimal>>) {
    let all: Decimal = card.kpis.iter().map(|kpi| kpi.weight).sum();
    let known: Decimal = card.kpis.iter().zip(points).filter(|(_, points)| points.is_some()).map(|(kpi, _)| kpi.weight).sum();
    let spread = card.unknown == UnknownPolicy::Reweight && points.contains(&None) && !known.is_zero();
    let share = |sum: Decimal| if spread { sum * all / known / Decimal::ONE_HUNDRED } else { sum / Decimal::ONE_HUNDRED };
    let sum: Decimal = card.kpis.iter().zip(points).map(|(kpi, points)| points.unwrap_or_default() * kpi.weight).sum();
    let unknown_adds = (card.unknown == UnknownPolicy::Zero).then_some(Decimal::ZERO);
    let added = card.kpis.iter().zip(points).map(|(kpi, points)| points.map(|points| share(points * kpi.weight)).or(unknown_adds));
    (share(sum), added.collect())
}
