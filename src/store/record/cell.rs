//! Cells, scopes, versions and the things of entities as they are stored.

use crate::compile::program::{Currency, Scalar};
use crate::diagnostic::Words;
use crate::eval::{Acc, Cell, Row, RowId, Thing, Version};
use crate::store::StoreError;
use crate::time::{Day, Instant};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An exact decimal: units and how many decimals they have.
#[derive(Serialize, Deserialize, Clone, Copy)]
pub struct DecimalRecord(i128, u32);

impl DecimalRecord {
    /// The units and how many decimals they have.
    pub fn parts(self) -> (i128, u32) {
        (self.0, self.1)
    }
}

impl From<Decimal> for DecimalRecord {
    fn from(value: Decimal) -> Self {
        DecimalRecord(value.mantissa(), value.scale())
    }
}

impl TryFrom<DecimalRecord> for Decimal {
    type Error = StoreError;

    fn try_from(record: DecimalRecord) -> Result<Self, StoreError> {
        Decimal::try_from_i128_with_scale(record.0, record.1).map_err(|error| StoreError::Damaged(Words::foreign("数字无法读取", error)))
    }
}

/// A [`Scalar`].
#[derive(Serialize, Deserialize)]
enum ScalarRecord {
    Absent,
    Number(DecimalRecord),
    Text(String),
    Time(i64),
    Date(i32),
    Flag(bool),
}

impl From<&Scalar> for ScalarRecord {
    fn from(value: &Scalar) -> Self {
        match value {
            Scalar::Absent => ScalarRecord::Absent,
            Scalar::Number(number) => ScalarRecord::Number((*number).into()),
            Scalar::Text(text) => ScalarRecord::Text(text.to_string()),
            Scalar::Time(at) => ScalarRecord::Time(at.0),
            Scalar::Date(day) => ScalarRecord::Date(day.0),
            Scalar::Flag(flag) => ScalarRecord::Flag(*flag),
        }
    }
}

impl TryFrom<ScalarRecord> for Scalar {
    type Error = StoreError;

    fn try_from(record: ScalarRecord) -> Result<Self, StoreError> {
        Ok(match record {
            ScalarRecord::Absent => Scalar::Absent,
            ScalarRecord::Number(number) => Scalar::Number(number.try_into()?),
            ScalarRecord::Text(text) => Scalar::Text(text.into()),
            ScalarRecord::Time(at) => Scalar::Time(Instant(at)),
            ScalarRecord::Date(day) => Scalar::Date(Day(day)),
            ScalarRecord::Flag(flag) => Scalar::Flag(flag),
        })
    }
}

/// A row as one program typed it.
#[derive(Serialize, Deserialize)]
pub struct RowRecord {
    event: u32,
    id: u128,
    time: i64,
    revision: i64,
    values: Vec<ScalarRecord>,
}

impl From<&Row> for RowRecord {
    fn from(row: &Row) -> Self {
        let event = u32::try_from(row.event).unwrap_or(u32::MAX);
        RowRecord { event, id: row.id.0, time: row.time.0, revision: row.revision, values: row.values.iter().map(Into::into).collect() }
    }
}

impl TryFrom<RowRecord> for Row {
    type Error = StoreError;

    fn try_from(record: RowRecord) -> Result<Self, StoreError> {
        let values = record.values.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Row { event: record.event as usize, id: RowId(record.id), time: Instant(record.time), revision: record.revision, values })
    }
}

/// A [`Thing`].
#[derive(Serialize, Deserialize)]
pub struct ThingRecord {
    id: ScalarRecord,
    foldings: i64,
    events: Vec<RowRecord>,
}

impl From<&Thing> for ThingRecord {
    fn from(thing: &Thing) -> Self {
        ThingRecord { id: (&thing.id).into(), foldings: thing.foldings, events: thing.events.iter().map(Into::into).collect() }
    }
}

impl TryFrom<ThingRecord> for Thing {
    type Error = StoreError;

    fn try_from(record: ThingRecord) -> Result<Self, StoreError> {
        let events = record.events.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Thing { id: record.id.try_into()?, foldings: record.foldings, events })
    }
}

/// The earliest or latest value: time, identity, value.
type EdgeRecord = Option<(i64, u128, ScalarRecord)>;

/// A rate: the pair of currencies, the day, the time and identity of its event, and how much it is.
type RateRecord = ([u8; 3], [u8; 3], i32, i64, u128, DecimalRecord);

/// An [`Acc`]. Large parts are borrowed on the way out.
#[derive(Serialize, Deserialize)]
enum AccRecord<'a> {
    Count(i64),
    Sum(i128, i64),
    Distinct(Cow<'a, BTreeMap<u128, u32>>),
    Min(Option<ScalarRecord>),
    Max(Option<ScalarRecord>),
    First(EdgeRecord),
    Last(EdgeRecord),
    Values(Cow<'a, BTreeMap<i128, u32>>),
    /// For each day and currency the sum and the number of values.
    Money(Vec<(i32, [u8; 3], i128, i64)>),
    /// For each pair of currencies and day the time and identity of the event, and the rate.
    Rates(Vec<RateRecord>),
    /// Mark, time, identity and value of each reading.
    Course(Vec<(i64, i64, u128, i128)>),
}

fn currency(letters: [u8; 3]) -> Result<Currency, StoreError> {
    let code = std::str::from_utf8(&letters).ok().and_then(Currency::of);
    code.ok_or_else(|| StoreError::Damaged(Words::new("a currency cannot be read", "货币无法读取")))
}

fn edge(value: Option<&(Instant, RowId, Scalar)>) -> EdgeRecord {
    value.map(|(at, id, value)| (at.0, id.0, value.into()))
}

fn unedge(record: EdgeRecord) -> Result<Option<(Instant, RowId, Scalar)>, StoreError> {
    record.map(|(at, id, value)| Ok((Instant(at), RowId(id), value.try_into()?))).transpose()
}

impl<'a> From<&'a Acc> for AccRecord<'a> {
    fn from(acc: &'a Acc) -> Self {
        match acc {
            Acc::Count(count) => AccRecord::Count(*count),
            Acc::Sum(sum, count) => AccRecord::Sum(*sum, *count),
            Acc::Distinct(values) => AccRecord::Distinct(Cow::Borrowed(values)),
            Acc::Min(value) => AccRecord::Min(value.as_ref().map(Into::into)),
            Acc::Max(value) => AccRecord::Max(value.as_ref().map(Into::into)),
            Acc::First(value) => AccRecord::First(edge(value.as_ref())),
            Acc::Last(value) => AccRecord::Last(edge(value.as_ref())),
            Acc::Values(values) => AccRecord::Values(Cow::Borrowed(values)),
            Acc::Money(amounts) => {
                let amount = |((day, currency), (sum, n)): (&(Day, Currency), &(i128, i64))| (day.0, currency.letters(), *sum, *n);
                AccRecord::Money(amounts.iter().map(amount).collect())
            }
            Acc::Rates(quotes) => AccRecord::Rates(
                quotes
                    .iter()
                    .map(|((base, quote, day), (at, id, rate))| (base.letters(), quote.letters(), day.0, at.0, id.0, (*rate).into()))
                    .collect(),
            ),
            Acc::Course(readings) => {
                AccRecord::Course(readings.iter().map(|((mark, at, id), value)| (*mark, at.0, id.0, *value)).collect())
            }
        }
    }
}

impl TryFrom<AccRecord<'_>> for Acc {
    type Error = StoreError;

    fn try_from(record: AccRecord<'_>) -> Result<Self, StoreError> {
        Ok(match record {
            AccRecord::Count(count) => Acc::Count(count),
            AccRecord::Sum(sum, count) => Acc::Sum(sum, count),
            AccRecord::Distinct(values) => Acc::Distinct(values.into_owned()),
            AccRecord::Min(value) => Acc::Min(value.map(TryInto::try_into).transpose()?),
            AccRecord::Max(value) => Acc::Max(value.map(TryInto::try_into).transpose()?),
            AccRecord::First(value) => Acc::First(unedge(value)?),
            AccRecord::Last(value) => Acc::Last(unedge(value)?),
            AccRecord::Values(values) => Acc::Values(values.into_owned()),
            AccRecord::Money(amounts) => {
                let amount = |(day, letters, sum, n)| Ok(((Day(day), currency(letters)?), (sum, n)));
                Acc::Money(amounts.into_iter().map(amount).collect::<Result<_, StoreError>>()?)
            }
            AccRecord::Rates(quotes) => {
                let quote = |(base, quote, day, at, id, rate): (_, _, _, _, _, DecimalRecord)| {
                    Ok(((currency(base)?, currency(quote)?, Day(day)), (Instant(at), RowId(id), rate.try_into()?)))
                };
                Acc::Rates(quotes.into_iter().map(quote).collect::<Result<_, StoreError>>()?)
            }
            AccRecord::Course(readings) => {
                Acc::Course(readings.into_iter().map(|(mark, at, id, value)| ((mark, Instant(at), RowId(id)), value)).collect())
            }
        })
    }
}

/// A [`Cell`].
#[derive(Serialize, Deserialize)]
pub struct CellRecord<'a> {
    acc: AccRecord<'a>,
    rows: u32,
    first: i64,
    last: i64,
    changed: i64,
}

impl<'a> From<&'a Cell> for CellRecord<'a> {
    fn from(cell: &'a Cell) -> Self {
        CellRecord { acc: (&cell.acc).into(), rows: cell.rows, first: cell.first.0, last: cell.last.0, changed: cell.changed.0 }
    }
}

impl TryFrom<CellRecord<'_>> for Cell {
    type Error = StoreError;

    fn try_from(record: CellRecord<'_>) -> Result<Self, StoreError> {
        Ok(Cell {
            acc: record.acc.try_into()?,
            rows: record.rows,
            first: Instant(record.first),
            last: Instant(record.last),
            changed: Instant(record.changed),
        })
    }
}

/// The number of a scope and when it was first seen; its values are the key.
#[derive(Serialize, Deserialize)]
pub struct ScopeRecord {
    /// The number.
    pub id: u32,
    /// Its dimension values.
    pub values: Vec<Option<String>>,
    /// The earliest event time.
    pub first: i64,
    /// The earliest of an event that arrived.
    pub arrived: i64,
}

/// All [`Version`]s of a business key: revision, time, identity.
#[derive(Serialize, Deserialize)]
pub struct VersionsRecord(Vec<(i64, i64, u128)>);

impl From<&[Version]> for VersionsRecord {
    fn from(versions: &[Version]) -> Self {
        VersionsRecord(versions.iter().map(|version| (version.revision, version.time.0, version.id.0)).collect())
    }
}

impl From<VersionsRecord> for Vec<Version> {
    fn from(record: VersionsRecord) -> Self {
        let version = |(revision, time, id)| Version { revision, time: Instant(time), id: RowId(id) };
        record.0.into_iter().map(version).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cells_come_back_as_they_were() {
        let text = Scalar::Text("中".into());
        let (eur, cny) = (Currency::of("EUR").unwrap(), Currency::of("CNY").unwrap());
        let accs = [
            Acc::Count(-1),
            Acc::Sum(i128::MAX, 3),
            Acc::Distinct([(u128::MAX, 2)].into()),
            Acc::Min(None),
            Acc::Max(Some(Scalar::Number(Decimal::new(-150, 2)))),
            Acc::First(Some((Instant(1), RowId(2), text.clone()))),
            Acc::Last(Some((Instant(-1), RowId(2), Scalar::Date(Day(-3))))),
            Acc::Values([(i128::MIN, 1), (5, 2)].into()),
            Acc::Money([((Day(-1), eur), (i128::MIN, 2)), ((Day(5), cny), (7, 1))].into()),
            Acc::Rates([((eur, cny, Day(20_000)), (Instant(1), RowId(2), Decimal::new(781_234, 5)))].into()),
            Acc::Course([((-7, Instant(2), RowId(u128::MAX)), i128::MIN)].into()),
        ];
        for acc in accs {
            let cell = Cell { acc, rows: 3, first: Instant(1), last: Instant(2), changed: Instant(3) };
            let bytes = postcard::to_stdvec(&CellRecord::from(&cell)).unwrap();
            let record: CellRecord<'_> = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(Cell::try_from(record).unwrap(), cell);
        }
    }
}
