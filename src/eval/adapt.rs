//! Windows whose length depends on a volume.

use super::Fault;
use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::query::{Reader, Source, When};
use super::window::Anchor;
use crate::compile::program::{Adapt, DimIdx, Window};

impl Reader<'_> {
    /// The window that a volume asks for at a scope, or why that cannot be said.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn chosen(&self, adapt: &Adapt, scope: &[(DimIdx, Box<str>)]) -> Result<Result<Window, Why>, Fault> {
        let (anchor, home) = Anchor::of(self.program, self.zone(scope), When::Window(adapt.then), self.at);
        let mut source = Source::new(*self, scope);
        Evaluation::new(self.program, &mut source, anchor, home).chosen(adapt)
    }
}

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
