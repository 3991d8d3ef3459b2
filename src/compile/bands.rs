//! `steps`, `tiers` and `curve`: from a value to another one.

use super::expr::{Sides, Typed, measure, walk};
use super::formula::FormulaPlace;
use super::program::{Bands, Curve, Formula, Scalar};
use super::scorecards::out_of_order;
use super::units::{Type, like, product};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{compile, target as codes};
use crate::syntax::ast::{self, BandsFn, Expr};
use rust_decimal::Decimal;

impl FormulaPlace<'_> {
    /// `steps(attainment(gmv), below 0%, > 80% -> 3%, > 100% -> 5%)`
    pub(super) fn bands(&mut self, bands: &ast::Bands) -> Option<Typed<Formula>> {
        let function = bands.function.value;
        let word = match function {
            BandsFn::Steps => "steps",
            BandsFn::Tiers => "tiers",
            BandsFn::Curve => "curve",
        };
        let value = walk(self, &bands.value).and_then(|typed| measure(self, word, bands.value.span, typed));
        for step in &bands.steps {
            if step.strict.is_some() != (function == BandsFn::Steps) {
                self.errors.push(Diagnostic::new(&codes::BAND_COMPARISON, step.value.span));
            }
        }
        if let Some(above) = bands.above.as_ref().filter(|_| function != BandsFn::Curve) {
            self.errors.push(Diagnostic::new(&codes::BAND_ABOVE, above.span).arg("function", word));
        }
        let Some(first) = bands.steps.first() else {
            return self.fail(Diagnostic::new(&compile::CURVE_EMPTY, bands.function.span));
        };
        let mut limits = Vec::new();
        let mut results = Vec::new();
        for step in &bands.steps {
            limits.push(self.same(&step.value, &bands.value, value.as_ref().map(|value| value.ty.clone()), word));
            results.push(self.number(&step.result));
        }
        let ends = [&bands.below, &bands.above].map(|end| end.as_ref().map(|end| self.number(end)));
        let value = value?;
        let mut ty = results.first()?.as_ref()?.1.clone();
        let others = bands.steps.iter().map(|step| &step.result).chain(&bands.below).chain(&bands.above);
        let found = results.iter().chain(ends.iter().flatten());
        for (expr, result) in others.zip(found) {
            let Some((_, other)) = result else { return None };
            ty = match like(&ty, other) {
                Some(ty) => ty,
                None => return Sides { op: word, span: expr.span, left: &first.result, right: expr }.mismatch(self, &ty, other),
            };
        }
        let limits = limits.into_iter().collect::<Option<Vec<Decimal>>>()?;
        if let Some(place) = limits.windows(2).position(|pair| pair.first() >= pair.last()) {
            let wrong = bands.steps.get(place + 1)?;
            let twice = limits.get(place) == limits.get(place + 1);
            let mistake = out_of_order(self.text, &wrong.value, twice);
            return self.fail(mistake);
        }
        let results: Vec<Decimal> = results.into_iter().flatten().map(|(result, _)| result).collect();
        let [below, above] = ends.map(|end| end.flatten().map(|(end, _)| end));
        let points = || limits.iter().copied().zip(results.iter().copied());
        let (bands, ty) = match function {
            BandsFn::Steps => {
                let strict = bands.steps.iter().map(|step| step.strict == Some(true));
                let steps = points().zip(strict).map(|((limit, result), strict)| (limit, strict, result)).collect();
                (Bands::Steps { below: below.unwrap_or_default(), steps }, ty)
            }
            BandsFn::Tiers => {
                let Some(product) = product(&value.ty, &ty) else {
                    let diagnostic = Diagnostic::new(&compile::UNITS_PRODUCT, first.result.span).arg("op", word);
                    return self.fail(diagnostic.arg("left", value.ty.name()).arg("right", ty.name()));
                };
                (Bands::Tiers { below: below.unwrap_or_default(), tiers: points().collect() }, product)
            }
            BandsFn::Curve => (Bands::Curve(Curve { below, points: points().collect(), above }), ty),
        };
        Some(Typed { node: Formula::Bands(bands, Box::new(value.node)), ty })
    }

    /// A constant number.
    fn number(&mut self, expr: &Expr) -> Option<(Decimal, Type)> {
        let (value, ty) = FormulaPlace::constants(self.names, self.errors, self.text).constant(expr)?;
        match value {
            Scalar::Number(value) => Some((value, ty)),
            _ => self.fail(Diagnostic::new(&compile::NOT_NUMERIC, expr.span).arg("op", "->").arg("unit", ty.name())),
        }
    }

    /// A constant in the unit of the value.
    fn same(&mut self, expr: &Expr, value: &Expr, unit: Option<Type>, word: &str) -> Option<Decimal> {
        let (limit, ty) = self.number(expr)?;
        let unit = unit?;
        if like(&unit, &ty).is_none() {
            return Sides { op: word, span: expr.span, left: value, right: expr }.mismatch(self, &unit, &ty);
        }
        Some(limit)
    }
}
