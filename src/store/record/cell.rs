//! Scopes, versions and the things of entities as they are stored. Cells are stored as they lie in memory: [`crate::eval::Bundle`].

use crate::compile::program::Scalar;
use crate::diagnostic::Words;
use crate::eval::{Row, RowId, Thing, Version};
use crate::store::StoreError;
use crate::time::{Day, Instant};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An exact decimal: units and how many decimals they have.
#[derive(Serialize, Deserialize, Clone, Copy)]
pub struct DecimalRecord(i128, u32);

impl DecimalRecord {
    /// The decimal of these parts.
    pub fn of(units: i128, scale: u32) -> DecimalRecord {
        DecimalRecord(units, scale)
    }

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
