//! Windows whose length depends on a volume: `over 3 months if transactions >= 400 else 12 months`.
//!
//! 1. The condition is one of the place at which the window stands, and is read over the first window.
//! 2. In a formula what stands before `over` is evaluated over the one or the other ([`FormulaPlace::adapt`]).
//! 3. In a line of a scorecard and in the head of an alert the window is that of every formula there ([`Compiler::volume`]).

use super::expr::{Typed, walk};
use super::formula::FormulaPlace;
use super::plan::Scope;
use super::program::{Adapt, AlertRule, Formula, Metric, Window};
use super::window::window;
use super::{Compiler, metrics::leaves_of};
use crate::diagnostic::codes::{compile, watch};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast;

/// What decides between two windows, compiled.
#[derive(Clone)]
pub(super) struct Volume {
    then: Window,
    when: Formula,
    otherwise: Window,
}

impl Volume {
    /// A formula over the window that the volume asks for.
    pub(super) fn around(&self, inner: Formula) -> Formula {
        Formula::Adapt(Box::new(Adapt { then: self.then, when: self.when.clone(), otherwise: self.otherwise, inner }))
    }
}

impl FormulaPlace<'_> {
    /// `tdr over 3 months if transactions >= 400 else 12 months`
    pub(super) fn adapt(&mut self, adapt: &ast::Adapt) -> Option<Typed<Formula>> {
        let typed = walk(self, &adapt.inner);
        let volume = self.volume(&adapt.by, &adapt.otherwise);
        let (typed, volume) = (typed?, volume?);
        Some(Typed { node: volume.around(typed.node), ty: typed.ty })
    }

    /// What decides between two windows.
    pub(super) fn volume(&mut self, by: &ast::ByVolume, otherwise: &Spanned<ast::Window>) -> Option<Volume> {
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, by.then.span));
        }
        let mut known = |spanned| window(spanned).map_err(|diagnostic| self.errors.push(diagnostic)).ok();
        let (then, other) = (known(&by.then), known(otherwise));
        let when = self.condition(&by.when);
        let (then, other, when) = (then?, other?, when?);
        if then == other {
            return self.fail(Diagnostic::new(&watch::SAME_WINDOW, otherwise.span));
        }
        Some(Volume { then, when, otherwise: other })
    }
}

impl Compiler<'_> {
    /// What decides between the windows of a line or of the head of an alert; None with a mistake in it.
    pub(super) fn volume(
        &mut self,
        by: &ast::ByVolume,
        otherwise: &Spanned<ast::Window>,
        metrics: &[Metric],
        scope: &mut Scope,
    ) -> Option<Volume> {
        let volume = FormulaPlace::formulas(&self.names, &mut self.errors, self.text, &mut self.leaves).volume(by, otherwise)?;
        self.within_scope(scope, &volume.when, metrics, by.when.span);
        self.looked_up_within(scope, &volume.when, metrics, by.when.span);
        Some(volume)
    }

    /// Lets every formula of an alert be read over the window that a volume asks for.
    pub(super) fn adapted(&mut self, alert: &ast::Alert, rule: &mut AlertRule, metrics: &[Metric], scope: &mut Scope) -> Option<()> {
        let (Some(by), Some(otherwise)) = (&alert.volume, &alert.window) else { return Some(()) };
        let volume = self.volume(by, otherwise, metrics, scope)?;
        rule.leaves.extend(leaves_of(&volume.when, metrics));
        rule.leaves.sort_unstable();
        rule.leaves.dedup();
        let formulas = rule.levels.iter_mut().map(|level| &mut level.when).chain(&mut rule.clear).chain([&mut rule.subject]);
        let formulas = formulas.chain(rule.exempts.iter_mut().map(|exempt| &mut exempt.when));
        for formula in formulas {
            let inner = std::mem::replace(formula, Formula::Unknown);
            *formula = volume.around(inner);
        }
        let Volume { then, when, otherwise } = volume;
        rule.adapt = Some(Adapt { then, when, otherwise, inner: Formula::Subject });
        Some(())
    }
}
