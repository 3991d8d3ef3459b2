//! Money in several currencies: which currency a value is in, and by which rates it is converted.

use super::{EventIdx, FieldIdx, Leaf, LeafIdx, Read, Text, Unit};
use std::borrow::Cow;

/// What is read of a coverage: the days on which something came, in English and Chinese.
pub const DAYS_WITH: [&str; 2] = ["days with", "有数据的天数："];
/// The days on which something is expected.
pub const DAYS_DUE: [&str; 2] = ["days that expect", "应有数据的天数："];

/// A currency code of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The currency of three capital letters.
    pub fn of(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Currency(bytes))
    }

    /// Its letters, one by one.
    pub fn letters(&self) -> [u8; 3] {
        self.0
    }

    /// Its letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// In which currencies the values of a leaf are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currencies {
    /// In the one that a field of the event says.
    Field(FieldIdx),
    /// Always in this one.
    Always(Currency),
    /// From the one that the first field says to that of the second: the values are rates.
    Pair(FieldIdx, FieldIdx),
}

/// `in CNY at transaction day`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conversion {
    /// Into which currency.
    pub to: Currency,
    /// At which rate.
    pub at: RateAt,
}

impl Conversion {
    /// The unit of what is converted.
    pub fn unit(&self) -> Unit {
        Unit::Money(self.to.code().to_owned())
    }
}

impl std::fmt::Display for Conversion {
    /// As it is written, without the `in`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = match self.at {
            RateAt::TransactionDay => "transaction day",
            RateAt::MonthEnd => "month end",
            RateAt::Budget => "budget",
        };
        write!(f, "{} at {at}", self.to)
    }
}

/// Which rate converts an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateAt {
    /// The last one known on the amount's own local day.
    TransactionDay,
    /// The last one known on the last day of its month; while that runs, today.
    MonthEnd,
    /// The planned one of its year.
    Budget,
}

/// Where exchange rates come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rates {
    /// The rates of days.
    pub daily: Option<RateSource>,
    /// The planned rates of years.
    pub budget: Option<RateSource>,
}

impl Rates {
    /// The source of the rates that a conversion takes.
    pub fn source(&self, at: RateAt) -> Option<&RateSource> {
        match at {
            RateAt::TransactionDay | RateAt::MonthEnd => self.daily.as_ref(),
            RateAt::Budget => self.budget.as_ref(),
        }
    }

    /// Every source.
    pub fn sources(&self) -> impl Iterator<Item = &RateSource> {
        self.daily.iter().chain(&self.budget)
    }
}

/// `event fx replaces by base, quote, day rates for 7 days through USD { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSource {
    /// The event type of the rates.
    pub event: EventIdx,
    /// The leaf that keeps them, for the whole workspace.
    pub leaf: LeafIdx,
    /// For how many days a rate counts, its own included; None for a planned one, which counts to the end of its year.
    pub lasts_days: Option<u32>,
    /// The currency through which pairs without a rate of their own are converted.
    pub through: Option<Currency>,
}

impl Leaf {
    /// The unit of what is read of it.
    pub fn unit_as(&self, read: Read) -> Cow<'_, Unit> {
        match read {
            Read::SumIn(conversion) | Read::AvgIn(conversion) => Cow::Owned(conversion.unit()),
            Read::DaysWith | Read::DaysDue => Cow::Owned(Unit::Count),
            _ => Cow::Borrowed(&self.unit),
        }
    }

    /// What it counts, as written: `ad_day where spend > 0 USD`.
    fn counted(&self) -> &str {
        let inside = self.text.strip_prefix("count(").and_then(|rest| rest.strip_suffix(')'));
        inside.unwrap_or(&self.text)
    }

    /// The source text of what is read of it, `sum(order.amount) in CNY at transaction day`, or what it is in words.
    pub fn text_as(&self, read: Read) -> Text {
        let days = |[en, zh]: [&str; 2]| Text { en: format!("{en} {}", self.counted()), zh: Some(format!("{zh} {}", self.counted())) };
        match read {
            Read::SumIn(conversion) | Read::AvgIn(conversion) => Text::written(format!("{} in {conversion}", self.text)),
            Read::DaysWith => days(DAYS_WITH),
            Read::DaysDue => days(DAYS_DUE),
            _ => Text::written(self.text.clone()),
        }
    }
}
