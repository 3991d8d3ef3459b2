//! Calendar periods in a row, and windows whose length depends on a volume.

use super::Moment;
use super::before::back;
use super::formula::{Asked, Span};
use steelyard::compile::program::{Adapt, Scalar, Shift, Window};
use steelyard::time::{Day, Grain, Period};

impl Moment<'_> {
    /// The last of the periods that a window means, and how many there are.
    pub fn run(&self, window: Window, anchor: Day) -> Option<(Period, u32)> {
        let Window::Periods { grain, count, back } = window else { return None };
        Some((self.periods_before(Period::holding(grain, anchor, self.oracle.program.reckoning), back), count))
    }

    /// The first and the last day of so many periods in a row.
    pub fn days_of_run(&self, (last, count): (Period, u32)) -> (Day, Day) {
        (self.periods_before(last, count - 1).first, last.last)
    }

    fn periods_before(&self, period: Period, times: u32) -> Period {
        (0..times).fold(period, |period, _| Period::holding(period.grain, period.first.plus(-1), self.oracle.program.reckoning))
    }

    /// As many periods earlier, as far as the first ones had come by `last`.
    pub fn earlier_run<'p>(&self, shift: Shift, asked: &Asked<'p>, last: Day, (own, count): (Period, u32)) -> Asked<'p> {
        let reckoning = self.oracle.program.reckoning;
        let ending = match shift.grain {
            None => self.periods_before(own, shift.count * count),
            Some(_) => {
                let day = if own.grain == Grain::Week { own.first.plus(3) } else { own.first };
                Period::holding(own.grain, back(day, shift, reckoning), reckoning)
            }
        };
        let place = last.0 - own.first.0;
        let until = if last >= own.last { ending.last } else { ending.first.plus(place).min(ending.last) };
        let anchor = until.plus(asked.anchor.0 - last.0);
        let days = self.days_of_run((ending, count));
        Asked {
            anchor,
            end: asked.clocks.end_of(anchor).min(self.at),
            span: Span::Days(days.0, until),
            whole: Some(days),
            run: Some((ending, count)),
            ..asked.clone()
        }
    }

    /// The window that a volume asks for; None while that is unknown.
    pub fn chosen(&self, adapt: &Adapt, asked: &Asked<'_>) -> Option<Window> {
        match self.formula(&adapt.when, &self.over(adapt.then, asked))? {
            Scalar::Flag(true) => Some(adapt.then),
            Scalar::Flag(false) => Some(adapt.otherwise),
            other => panic!("{other:?} is no condition"),
        }
    }
}
