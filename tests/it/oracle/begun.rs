//! Whether something is unknown for good, because what it reads was over before the scope began: its first unknown part
//! decides.

use super::Moment;
use super::formula::{Asked, Span};
use super::nested::{siblings_of, without};
use steelyard::compile::program::{AlertLevel, AlertRule, Formula, Hold, LeafIdx, Ledger, Parts, Scored, UnknownPolicy};
use steelyard::time::Day;

impl Moment<'_> {
    /// The same of a line of an alert.
    pub fn line_had_not_begun(&self, rule: &AlertRule, level: &AlertLevel, asked: &Asked<'_>) -> bool {
        if self.line(rule, level, asked).is_some() {
            return false;
        }
        let when = |asked: &Asked<'_>| self.had_not_begun(&level.when, Some(&rule.subject), asked);
        let Hold::Periods { count, grain } = level.hold else { return when(asked) };
        // The running period, or the last one that is unknown.
        if level.early && self.truth(&level.when, &self.with_subject(asked, &rule.subject)).is_none() {
            return when(asked);
        }
        let unknown = (1..=count).find(|back| self.in_closed(rule, level, (grain, *back), asked).is_none());
        unknown.is_some_and(|back| self.there(rule, (grain, back), asked).is_none_or(|there| when(&there)))
    }

    /// The same of a formula, in which `it` may stand for a subject.
    pub fn had_not_begun(&self, formula: &Formula, subject: Option<&Formula>, asked: &Asked<'_>) -> bool {
        let with_subject = subject.map_or(asked.clone(), |subject| self.with_subject(asked, subject));
        let is_unknown = |part: &Formula| self.formula(part, &with_subject).is_none();
        if !is_unknown(formula) {
            return false;
        }
        let of = |part: &Formula| self.had_not_begun(part, subject, asked);
        let first = |parts: &[&Formula]| parts.iter().find(|part| is_unknown(part)).is_some_and(|part| of(part));
        match formula {
            Formula::Leaf(leaf, _) => self.leaf_had_not_begun(*leaf, asked),
            Formula::Metric(metric) => of(&self.oracle.program.metrics[*metric].formula),
            Formula::Subject => subject.is_some_and(|subject| self.had_not_begun(subject, None, asked)),
            Formula::Negate(a) | Formula::Not(a) | Formula::Abs(a) | Formula::Round(a, _) => of(a),
            Formula::Floor(a) | Formula::Ceil(a) | Formula::Bands(_, a) => first(&[a]),
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) => first(&[a, b]),
            Formula::Else(_, b) => of(b),
            Formula::Least(parts) | Formula::Greatest(parts) => first(&parts.iter().collect::<Vec<_>>()),
            Formula::Over(window, inner) => self.had_not_begun(inner, subject, &self.over(*window, asked)),
            Formula::Adapt(adapt) => match self.chosen(adapt, asked) {
                Some(window) => self.had_not_begun(&adapt.inner, subject, &self.over(window, asked)),
                None => self.had_not_begun(&adapt.when, subject, &self.over(adapt.then, asked)),
            },
            Formula::Shift(shift, inner) => {
                let earlier = self.earlier(*shift, asked);
                earlier.is_some_and(|earlier| !self.seen_by(&earlier) || self.had_not_begun(inner, subject, &earlier))
            }
            Formula::Across(across) => {
                self.had_not_begun(&across.of, subject, &Asked { place: &without(asked.place, across.dim), ..asked.clone() })
            }
            Formula::Parts(parts) => self.parts_had_not_begun(parts, asked),
            Formula::Ledger(ledger) => self.ledger_had_not_begun(ledger, asked),
            Formula::Score(read) => self.score_had_not_begun(*read, asked),
            Formula::Const(_) | Formula::Unknown | Formula::Lookup(_) | Formula::IsUnknown(_) => false,
            Formula::Target(_) | Formula::DaysLeft | Formula::Baseline(..) => false,
        }
    }

    /// Whether the scope had begun by the end of what is asked about.
    fn seen_by(&self, asked: &Asked<'_>) -> bool {
        self.began(asked.place, &asked.clocks).is_some_and(|began| match asked.span {
            Span::Days(_, last) => began < asked.clocks.end_of(last),
            Span::Elapsed(_, until) => began <= until,
        })
    }

    /// The days were over by then, and no event of this type lies there or before by its clock.
    fn leaf_had_not_begun(&self, leaf: LeafIdx, asked: &Asked<'_>) -> bool {
        let program = self.oracle.program;
        let event = program.leaves[leaf].event;
        if self.oracle.first_seen(asked.place).is_none_or(|first| first > self.at) {
            return true;
        }
        if asked.place.iter().any(|(dim, _)| !self.oracle.tells(event, *dim)) {
            return false;
        }
        let Span::Days(first, last) = asked.span else { return false };
        let is_over = asked.clocks.have_begun(first, self.at) && asked.clocks.end_of(last) <= self.at;
        let alike: Vec<LeafIdx> = (0..program.leaves.len()).filter(|other| program.leaves[*other].event == event).collect();
        is_over && !self.seen_by(asked) && !self.any_row(&alike, (Day(i32::MIN), last), asked)
    }

    /// Of the parts that are unknown none had begun; of a rank the own one.
    pub fn parts_had_not_begun(&self, parts: &Parts, asked: &Asked<'_>) -> bool {
        if self.oracle.first_seen(asked.place).is_none_or(|first| first > self.at) {
            return true;
        }
        if parts.by_day {
            return self.had_not_begun(parts.of_days().unwrap().0, None, asked);
        }
        let Some(places) = self.places_of(parts, asked) else { return false };
        let had_not_begun = |place| self.had_not_begun(&parts.part, None, &Asked { place, ..asked.clone() });
        if siblings_of(parts.gather) && places.contains(asked.place) {
            let (values, lacks_rate) = self.of_parts(parts, &places, asked);
            if values.iter().any(Option::is_some) {
                return !lacks_rate && had_not_begun(asked.place);
            }
        }
        !places.is_empty() && places.iter().all(had_not_begun)
    }

    /// No row that moves the account lies before the end.
    fn ledger_had_not_begun(&self, ledger: &Ledger, asked: &Asked<'_>) -> bool {
        if !ledger.per.iter().all(|dim| asked.place.iter().any(|(own, _)| own == dim)) {
            return false;
        }
        if self.oracle.first_seen(asked.place).is_none_or(|first| first > self.at) {
            return true;
        }
        let Some((_, last)) = self.account_days(ledger.reset, asked) else { return false };
        let leaves: Vec<LeafIdx> = ledger.entries.iter().flat_map(|entry| &entry.leaves).copied().collect();
        let is_told = |leaf: &LeafIdx| {
            let event = self.oracle.program.leaves[*leaf].event;
            asked.place.iter().all(|(dim, _)| self.oracle.tells(event, *dim))
        };
        let began = self.began(asked.place, &asked.clocks).is_some_and(|began| began < asked.clocks.end_of(last));
        leaves.iter().all(is_told) && !began && !self.any_row(&leaves, (Day(i32::MIN), last), asked)
    }

    /// The period says nothing of the scope, or the first unknown KPI that withholds the score does not.
    fn score_had_not_begun(&self, read: Scored, asked: &Asked<'_>) -> bool {
        let card = &self.oracle.program.scorecards[read.card];
        let asked = self.of_card(card, asked);
        let over = |window: Option<_>| window.map_or(asked.clone(), |window| self.over(window, &asked));
        let unknown = card.kpis.iter().find(|kpi| self.formula(&kpi.formula, &over(kpi.window)).is_none());
        let by_kpi = unknown.is_some_and(|kpi| {
            let all = card.kpis.iter().all(|kpi| self.formula(&kpi.formula, &over(kpi.window)).is_none());
            let withholds = card.unknown == UnknownPolicy::Withhold || card.unknown == UnknownPolicy::Reweight && all;
            withholds && self.had_not_begun(&kpi.formula, None, &over(kpi.window))
        });
        by_kpi || self.says_nothing(card, &asked)
    }
}
