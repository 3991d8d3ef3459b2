//! Random formulas that mostly mean something: each is made for a unit.

use crate::random::Random;

/// What a formula is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Number,
    Percent,
    Money,
    Duration,
    Flag,
}

/// A random formula over what `shop.kpi` declares.
pub fn formula(random: &mut Random) -> String {
    let unit = *random.pick(&[Unit::Number, Unit::Percent, Unit::Money, Unit::Duration, Unit::Flag]);
    let (depth, aggregates) = (random.below(6), random.chance(50));
    Typed { random, aggregates }.of(unit, depth)
}

/// A random condition on metrics.
pub fn condition(random: &mut Random) -> String {
    let depth = random.below(4);
    Typed { random, aggregates: false }.of(Unit::Flag, depth)
}

/// A random number made of metrics.
pub fn number(random: &mut Random) -> String {
    let depth = random.below(4);
    Typed { random, aggregates: false }.of(Unit::Number, depth)
}

/// Makes formulas.
struct Typed<'r> {
    random: &'r mut Random,
    /// Whether aggregates stand in them, which only metrics may hold.
    aggregates: bool,
}

impl Typed<'_> {
    fn of(&mut self, unit: Unit, depth: u64) -> String {
        if depth == 0 {
            return self.leaf(unit);
        }
        if unit == Unit::Flag {
            let compared = [Unit::Number, Unit::Percent, Unit::Money, Unit::Duration];
            let (a, b) = (self.of(Unit::Flag, depth - 1), self.of(Unit::Flag, depth - 1));
            let side = *self.random.pick(&compared);
            let (left, right) = (self.of(side, depth - 1), self.of(side, depth - 1));
            return match self.random.below(5) {
                0 => format!("({a} and {b})"),
                1 => format!("({a} or not {b})"),
                2 => format!("({left}) is unknown"),
                _ => format!("({left} {} {right})", self.random.pick(&["<", "<=", ">", ">=", "=", "!="])),
            };
        }
        let (a, b, number) = (self.of(unit, depth - 1), self.of(unit, depth - 1), self.of(Unit::Number, depth - 1));
        let window = *self.random.pick(&[
            "7 days",
            "month",
            "all time",
            "3 hours ending 1 hour ago",
            "previous quarter",
            "latest fair",
            "2025 fair",
            "2 quarters",
            "400 days ending 3 days ago",
        ]);
        match self.random.below(12) {
            0 => format!("({a} + {b})"),
            1 => format!("({a} - {b})"),
            2 => format!("({a} * {number})"),
            3 if unit == Unit::Number => format!("number({a} / {b})"),
            3 if unit == Unit::Percent => format!("{} / ({})", self.leaf(Unit::Money), self.leaf(Unit::Money)),
            3 => format!("({a} / {number})"),
            4 => format!("({a} else {b})"),
            5 => format!("-({a})"),
            6 => format!("abs({a})"),
            7 => format!("least({a}, {b})"),
            8 if self.random.chance(30) => format!("({a} over {window} if {number} > 1 else 2 months)"),
            8 => format!("({a} over {window})"),
            9 => format!("({a} {} before)", self.random.pick(&["1 day", "2 weeks", "1 month", "1 year"])),
            10 => format!("round({a}, {})", self.random.below(12)),
            _ => format!(
                "{} of ({a}) in {} before",
                self.random.pick(&["mean", "median", "deviation"]),
                self.random.pick(&["4 weeks", "2 months", "6 days"])
            ),
        }
    }

    fn leaf(&mut self, unit: Unit) -> String {
        let list: &[&str] = match unit {
            Unit::Number => &[
                "sales",
                "few",
                "1",
                "0",
                "0.3",
                "100000",
                "79228162514264337593543950335",
                "count(sale)",
                "distinct(sale.shop)",
                "adapts",
                "count(sale where not paid)",
                "sum(sale.units)",
            ],
            Unit::Percent => {
                &["paid", "late", "bound", "5%", "0%", "limits.most", "avg(sale.share)", "quantile(sale.share, 90%)", "attainment(revenue)"]
            }
            Unit::Money => &[
                "revenue",
                "tops",
                "price",
                "3 USD",
                "0 USD",
                "sum(sale.amount where paid)",
                "sum(abs(sale.amount - 3 USD))",
                "given",
                "during",
                "uneven",
                "limits.least",
                "min(refund.amount)",
                "pace(revenue)",
            ],
            Unit::Duration => &["wait", "2 days", "1 second", "median(sale.wait)", "max(sale.wait)", "min(sale.wait where sale.paid)"],
            Unit::Flag => &["true", "paid > 3%", "sales is unknown", "revenue > 5 USD"],
        };
        let is_aggregate = |text: &str| text.contains('(') && text.contains("sale") || text.contains("refund.");
        let list: Vec<&str> = list.iter().copied().filter(|text| self.aggregates || !is_aggregate(text)).collect();
        (*self.random.pick(&list)).to_owned()
    }
}
