//! Windows whose length depends on a volume.

use super::Fault;
use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use crate::compile::program::{Adapt, Window};

impl<A: Aggregates> Evaluation<'_, A> {
    /// The value of a formula over the window that the volume asks for.
    pub(super) fn adapt(&mut self, adapt: &Adapt) -> Result<Number, Fault> {
        match self.chosen(adapt)? {
            Ok(window) => {
                let stretch = self.anchor.stretch(self.program, window);
                self.value_over(&adapt.inner, stretch)
            }
            Err(why) => Ok(Number::Unknown(why)),
        }
    }

    /// The window that the volume asks for, or why that cannot be said.
    pub(super) fn chosen(&mut self, adapt: &Adapt) -> Result<Result<Window, Why>, Fault> {
        let stretch = self.anchor.stretch(self.program, adapt.then);
        let holds = self.value_over(&adapt.when, stretch)?;
        Ok(match (holds.truth(), holds) {
            (Some(true), _) => Ok(adapt.then),
            (Some(false), _) => Ok(adapt.otherwise),
            (None, Number::Unknown(why)) => Err(why),
            (None, Number::Known(_)) => Err(Why::Stated),
        })
    }
}
