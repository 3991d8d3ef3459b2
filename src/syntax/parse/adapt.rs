//! Windows of several calendar periods, and windows whose length depends on a volume.

use super::formula::{Place, grain};
use super::node::Node;
use super::{Builder, Rule};
use crate::diagnostic::Spanned;
use crate::syntax::ast::{Adapt, ByVolume, Expr, ExprKind, Grain, Window};

impl Builder<'_> {
    /// The window of an `over`; with what stands before its `else` when it depends on a volume, and how deep that is.
    pub(super) fn windows_in(&mut self, over: &Node) -> (Option<Spanned<Window>>, Option<Box<ByVolume>>, usize) {
        let Some(by) = over.find(Rule::by_volume) else { return (self.window_in(over), None, 0) };
        let then = self.window_in(over);
        let when = by.find(Rule::volume_test).map(|test| self.operand_of(&test, Place::Plain));
        let depth = when.as_ref().map_or(0, |when| when.depth);
        let volume = then.zip(when).map(|(then, when)| Box::new(ByVolume { then, when: when.expr }));
        // Without the one before `else` the one behind it says something else.
        let otherwise = self.window_in(&by).filter(|_| volume.is_some());
        (otherwise, volume, depth)
    }

    /// `3 months`, `previous 3 months`, `3 months ending 1 month ago`
    pub(super) fn periods(&mut self, node: &Node, whole: &Node) -> Option<Window> {
        let count = self.count(whole)?;
        let own = node.find(Rule::long_grains).or_else(|| node.find(Rule::grains)).and_then(|word| unit(&word))?;
        let ending = match node.find(Rule::ending_periods) {
            Some(ending) => Some((self.count(&ending.find(Rule::whole)?)?, unit(&ending.find(Rule::grains)?)?)),
            None => node.has(Rule::kw_previous).then_some((1, own)),
        };
        Some(Window::Periods { count, grain: own, ending })
    }
}

/// A formula over a window.
pub(super) fn over(inner: Box<Expr>, window: Option<Spanned<Window>>, volume: Option<Box<ByVolume>>) -> ExprKind {
    match (window, volume) {
        (Some(otherwise), Some(by)) => ExprKind::Adapt(Box::new(Adapt { inner: *inner, by: *by, otherwise })),
        (Some(window), None) => ExprKind::Over(inner, window),
        (None, _) => ExprKind::Broken,
    }
}

/// The whole of a line over its window: a window that depends on a volume becomes a part of the formula.
pub(super) fn whole(value: Expr, window: Option<Spanned<Window>>, volume: Option<Box<ByVolume>>) -> (Expr, Option<Spanned<Window>>) {
    match volume {
        Some(_) => {
            let span = value.span;
            (Expr { kind: over(Box::new(value), window, volume), span }, None)
        }
        None => (value, window),
    }
}

fn unit(word: &Node) -> Option<Grain> {
    grain(word.text().trim_end_matches('s'))
}
