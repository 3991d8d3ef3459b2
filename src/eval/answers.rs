//! Who answers the formulas of a card: what was gathered straight from cells where that says everything ([`super::straight`]), or an
//! evaluation that is asked for the rest ([`Looking`]).

use super::Fault;
use super::coverage::Lacking;
use super::formula::{Aggregates, Evaluation};
use super::number::Number;
use super::straight::Gathered;
use super::window::{Anchor, Stretch};
use crate::compile::program::{Asked, Formula, Scorecard, Window};

/// Answers the formulas of a card for one scope and range of time.
pub(super) trait Answers {
    /// The value of a formula in its window, or in the period.
    fn value(&mut self, asked: Asked, formula: &Formula, window: Option<Window>) -> Result<Number, Fault>;
    /// Whether the scope had anything in it before the end of the range.
    fn had_begun(&mut self, card: &Scorecard) -> Result<bool, Fault>;
    /// What the coverage in a condition lacks.
    fn lacking(&mut self, condition: &Formula) -> Result<Vec<Lacking>, Fault>;
}

/// Answers by looking at everything, unless what was gathered has the answer.
pub(super) struct Looking<'l, 'a, A> {
    pub(super) evaluation: &'l mut Evaluation<'a, A>,
    pub(super) anchor: Anchor,
    pub(super) home: Stretch,
    pub(super) gathered: Option<&'l Gathered<'l>>,
}

impl<A: Aggregates> Answers for Looking<'_, '_, A> {
    fn value(&mut self, asked: Asked, formula: &Formula, window: Option<Window>) -> Result<Number, Fault> {
        if let Some(value) = self.gathered.and_then(|gathered| gathered.answer(asked)) {
            return Ok(value);
        }
        let program = self.evaluation.program;
        self.evaluation.anchored(self.anchor, formula, window.map_or(self.home, |window| self.anchor.stretch(program, window)))
    }

    fn had_begun(&mut self, card: &Scorecard) -> Result<bool, Fault> {
        // What was gathered was.
        Ok(self.gathered.is_some() || self.evaluation.says_something(card.leaves.iter().copied(), self.anchor.day)?)
    }

    fn lacking(&mut self, condition: &Formula) -> Result<Vec<Lacking>, Fault> {
        let own = std::mem::replace(&mut self.evaluation.anchor, self.anchor);
        let lacking = self.evaluation.lacking(condition, self.home);
        self.evaluation.anchor = own;
        lacking
    }
}
