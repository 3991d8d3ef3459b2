//! Targets that are asked for where they never say anything.
//!
//! 1. The lines of a card or alert ask for targets at its scope, by way of metrics too ([`Reach`]).
//! 2. Evaluation knows which scopes of a target make up another one by [`Target::climb`] and [`Target::scopes`]; where these
//!    find none, whatever the values of the scope are, the target is unknown there for ever ([`silence`]).
//! 3. Each is told at the first line of the card or alert that asks for it.

use super::lines;
use crate::compile::program::{DimIdx, Formula, Reach, Target, TargetRow, Valued, climb, finer};
use crate::compile::rests::Rests;
use crate::compile::{Compiler, Rules};
use crate::diagnostic::codes::target as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{self, Item};
use std::collections::BTreeSet;

/// A value that no line of a target names.
const NAMED_BY_NONE: &str = "\0";

/// Why a target says nothing at a scope.
enum Silence {
    /// A dimension of the scope is none of its own, and is not climbed to from one.
    Elsewhere,
    /// A line speaks of all values of this dimension alike, so that nobody knows which there are.
    Unnamed(DimIdx),
    /// It has the targets of several scopes, and they do not add up.
    Several,
}

/// The targets that cards and alerts ask for in vain.
pub(super) fn targets(ruleset: &Rules<'_>, compiler: &Compiler<'_>, rests: &Rests<'_>, found: &mut Vec<Diagnostic>) {
    let mut see = |lines: Vec<(Span, &Formula)>, dims: &[DimIdx]| {
        let mut told = BTreeSet::new();
        for (span, formula) in lines {
            for (target, at) in Reach::of((ruleset.metrics, &[]), [formula], dims).targets {
                if told.insert((target, at.clone()))
                    && let (Some(target), Some(written)) = (ruleset.targets.get(target), declared(ruleset.file).nth(target))
                    && !rests.may_be_stated_anew(&written.name.value)
                {
                    found.extend(silent(target, written, &at, compiler, span));
                }
            }
        }
    };
    let cards = ruleset.file.items.iter().filter_map(|item| if let Item::Scorecard(card) = item { Some(card) } else { None });
    for ((card, compiled), dims) in cards.zip(&ruleset.scorecards).zip(&ruleset.card_scopes) {
        let kpis = card.kpis.iter().map(|kpi| kpi.metric.span).zip(compiled.kpis.iter().map(|kpi| &kpi.formula));
        let adjustments = card.adjustments.iter().zip(&compiled.adjustments);
        let for_each = adjustments.filter_map(|(line, adjustment)| Some((line.for_each.as_ref()?.span, adjustment.for_each.as_ref()?)));
        let conditions = lines::conditions(card, compiled).map(|(written, when)| (written.span, when));
        let base = card.payout_base.iter().map(|base| base.span).zip(compiled.payout_base.iter().map(|base| &base.formula));
        see(kpis.chain(for_each).chain(conditions).chain(base).collect(), dims);
    }
    let alerts = ruleset.file.items.iter().filter_map(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
    for ((alert, rule), dims) in alerts.zip(&ruleset.alerts).zip(&ruleset.scopes) {
        let levels = alert.levels.iter().map(|level| &level.when);
        let exempts = alert.exempts.iter().map(|exempt| &exempt.when);
        let written = [&alert.subject].into_iter().chain(levels).chain(&alert.clear).chain(exempts);
        see(written.map(|expr| expr.span).zip(rule.formulas()).collect(), dims);
    }
}

/// The targets of a text, in the order of their indexes.
fn declared(file: &ast::File) -> impl Iterator<Item = &ast::Target> {
    file.items.iter().filter_map(|item| if let Item::Target(target) = item { Some(target) } else { None })
}

/// What is to be said where a target never says anything.
fn silent(target: &Target, written: &ast::Target, at: &[DimIdx], compiler: &Compiler<'_>, span: Span) -> Option<Diagnostic> {
    let (name, own) = (&written.name.value, compiler.per(&target.dims));
    let (reason, instead) = match silence(target, at, compiler)? {
        Silence::Elsewhere => (
            Words::new("it is declared ", "它的范围是 ").and(&own),
            compiler.declare(target, name, at).then("; or ask for it ", "；或改为读取 ").and(&own),
        ),
        Silence::Unnamed(dim) => {
            let dim = compiler.names.dims.get(dim).map_or("", String::as_str);
            let reason = Words::new(format!("a line of it speaks of every `{dim}` alike"), format!("其中有一行对每个 `{dim}` 都一样"));
            let instead = Words::new(
                format!("Name them, `[{dim}: …] …` a line, or divide an amount among them, `divide {dim} {{ … }}`; or ask for it "),
                format!("请每行写明 `[{dim}: …] …`，或用 `divide {dim} {{ … }}` 分配数额；或改为读取 "),
            );
            (reason, instead.and(&own))
        }
        Silence::Several => {
            let reason = Words::new(
                format!("`{name}` does not add up, and it has targets of several scopes"),
                format!("`{name}` 不能累加，而它有多个范围的目标"),
            );
            (reason, Words::new("Ask for it ", "请改为读取 ").and(&own))
        }
    };
    let diagnostic = Diagnostic::new(&codes::SAYS_NOTHING, span).arg("name", name).words("wanted", compiler.per(at)).reason(reason);
    let diagnostic = diagnostic.words("instead", instead).related(written.name.span, "the target", "目标声明在此");
    Some(diagnostic.concluded_from([written.name.span]))
}

impl Compiler<'_> {
    /// How a target would be written that says something at a scope, and goes on to do so at its own.
    fn declare(&self, target: &Target, name: &str, at: &[DimIdx]) -> Words {
        let climbed = |dim: &DimIdx| climb(&self.names.memberships, |own| at.contains(&own), *dim).is_some();
        // What does not add up says nothing of what is wider, whatever is kept.
        let kept: Vec<DimIdx> = target.dims.iter().filter(|dim| target.adds_up && !climbed(dim)).copied().collect();
        let dims = finer(at, &kept);
        let names: Vec<&str> = dims.iter().filter_map(|dim| self.names.dims.get(*dim)).map(String::as_str).collect();
        let named: Vec<String> = names.iter().map(|name| format!("{name}: …")).collect();
        let write = format!("`target {name} per {} {{ [{}] … }}`", names.join(", "), named.join(", "));
        let words = Words::new(format!("Write {write}"), format!("请写 {write}"));
        if target.adds_up { words.then(": what is wider adds up from it", "：更大的范围由其相加得出") } else { words }
    }
}

/// Why a target says nothing at scopes of some dimensions, whatever their values are; None when it may.
fn silence(target: &Target, at: &[DimIdx], compiler: &Compiler<'_>) -> Option<Silence> {
    let (own, above): (Vec<DimIdx>, Vec<DimIdx>) = at.iter().partition(|dim| target.dims.contains(dim));
    if above.iter().any(|dim| target.climb(&compiler.names.memberships, *dim).is_none()) {
        return Some(Silence::Elsewhere);
    }
    if target.told.is_some() || own.len() == target.dims.len() {
        return None;
    }
    // No scope is spoken of by fewer lines than one that has the values that a line names, and else such as none does.
    let like = |row: &TargetRow| {
        let named =
            |dim: &DimIdx| row.scope.iter().find(|(own, _)| own == dim).map_or_else(|| NAMED_BY_NONE.into(), |(_, value)| value.clone());
        own.iter().map(|dim| (*dim, named(dim))).collect::<Valued>()
    };
    let mut several = false;
    for scope in target.rows.iter().map(like).collect::<BTreeSet<Valued>>() {
        match target.scopes(&scope) {
            None => {}
            Some(parts) if !target.adds_up && parts.len() > 1 && above.is_empty() => several = true,
            Some(_) => return None,
        }
    }
    let unnamed = |dim: &&DimIdx| !own.contains(dim) && target.rows.iter().any(|row| target.values(row, **dim).is_none());
    if several { Some(Silence::Several) } else { target.dims.iter().find(unnamed).copied().map(Silence::Unnamed) }
}
