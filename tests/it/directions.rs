//! Which lines may say `early`: a table of formulas, each watched over the running month, against what `check` says of it.

/// A ruleset with one metric, watched over the running month.
fn watched(formula: &str, condition: &str) -> String {
    format!(
        "ruleset t 1.0.0 {{ currency USD
  timezone UTC }}
event sale {{
  shop   dimension
  sku    dimension
  amount money
  units  count
}}
event ad_day replaces by shop {{
  shop  dimension
  spend money
}}
event placed {{
  order_id id
  shop     dimension
}}
entity order by order_id {{
  shop  = first placed.shop
  again = count placed
}}
table limits by shop {{
  shop  | most | rate
  other | 3    | 10%
}}
metric n      = count(sale)
metric amount = sum(sale.amount where amount >= 0 USD)
metric back   = sum(sale.amount where amount < 0 USD)
metric x      = {formula}
target n {{
  2026 100
  split month {{ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }}
}}
alert a on x over month per shop {{
  warning when {condition} early
}}
"
    )
}

/// Whether `early` is refused.
fn refused(formula: &str, condition: &str) -> bool {
    let found = steelyard::compile::check(&watched(formula, condition)).diagnostics;
    let errors: Vec<_> = found.iter().filter(|diagnostic| diagnostic.is_error()).map(|diagnostic| diagnostic.code.id).collect();
    assert!(errors.iter().all(|id| matches!(*id, "SY1346" | "SY1347")), "{formula} {condition}: {found:#?}");
    !errors.is_empty()
}

/// What never falls while a month runs.
const GROW: &[&str] = &[
    "n",
    "count(order)",
    "distinct(sale.sku)",
    "max(sale.units)",
    "n + count(order)",
    "n * 3 - 5",
    "n * distinct(sale.sku)",
    "number(n / target(n))",
    "number(attainment(n))",
    "3 - min(sale.units)",
    "n - min(sale.units)",
    "number((amount - back) / 1 USD)",
    "number(amount / 1 USD) * limits[shop].most",
    "round(number(n / 7), 1)",
    "greatest(n, 5)",
    "least(n, number(amount / 1 USD))",
    "steps(n, >= 3 -> 1, >= 5 -> 2)",
    "number(tiers(amount, 3 USD -> 2%, 5 USD -> 1%) / 1 USD)",
    "curve(n, 0 -> 0, 10 -> 100)",
    "abs(n)",
    "n over year",
    "sum(n per sku)",
    "max(n per sku)",
    "count(n > 3 per sku)",
    "n across shop",
    "n else 0",
];

/// What never rises.
const FALL: &[&str] = &[
    "-n",
    "min(sale.units)",
    "number(back / 1 USD)",
    "remaining(n)",
    "100 - n",
    "-2 * n",
    "number(amount / 1 USD) * -1",
    "number(1 / (1 + n))",
    "min(n * -1 per sku)",
];

/// What may do either.
const NEITHER: &[&str] = &[
    "sum(sale.units)",
    "number(sum(ad_day.spend) / 1 USD)",
    "count(ad_day)",
    "count(order where again > 1)",
    "avg(sale.units)",
    "last(sale.units)",
    "median(sale.units)",
    "number(n / count(order))",
    "n - count(order)",
    "n over 7 days",
    "n over 3 hours",
    "(n over year) over previous week",
    "number(growth(n))",
    "mean of n in 3 months before",
    "forecast(n)",
    "replan(n)",
    "number(pace(n))",
    "sum(sale.units) else 0",
    "min(sale.units) else 0",
    "abs(n - 5)",
    "steps(n, >= 3 -> 2, >= 5 -> 1)",
    "n * number(back / 1 USD)",
    "n * (1 - n)",
    "avg(n per sku)",
];

#[test]
fn what_only_grows_or_falls_until_its_period_ends() {
    let mut wrong = Vec::new();
    let mut check = |formula: &str, condition: &str, wanted: bool| {
        if refused(formula, condition) != wanted {
            wrong.push(format!("{formula} {condition}: refused should be {wanted}"));
        }
    };
    for formula in GROW {
        [("> 3", false), (">= 3", false), ("< 3", true), ("= 3", true)]
            .into_iter()
            .for_each(|(condition, wanted)| check(formula, condition, wanted));
        [("> 3 and n > 5", false), ("> 3 or n < 5", true), ("> 3 and not (n < 5)", false)]
            .into_iter()
            .for_each(|(condition, wanted)| check(formula, condition, wanted));
    }
    for formula in FALL {
        [("< -3", false), ("<= -3", false), ("> -3", true), ("!= -3", true)]
            .into_iter()
            .for_each(|(condition, wanted)| check(formula, condition, wanted));
    }
    for formula in NEITHER {
        [("> 3", true), ("< 3", true)].into_iter().for_each(|(condition, wanted)| check(formula, condition, wanted));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
