//! The stored shapes. Domain types never derive a serialization: each has a record here, and every record carries the
//! version of its shape.
//!
//! 1. A record becomes bytes by [`seal`]: checksum, version, postcard.
//! 2. [`open`] checks the checksum, which covers the table's name and the key too, so that a value that turns up in
//!    another place is seen as well; only then are the bytes read.

pub mod alert;
pub mod block;
pub mod cell;
pub mod event;
pub mod notes;
pub mod outbox;
pub mod payload;
pub mod review;
pub mod routing;
pub mod rules;
pub mod schedules;
pub mod trial;

use super::StoreError;
use crate::diagnostic::Words;
use crate::store::error::unreadable;
use serde::{Serialize, de::DeserializeOwned};

/// The version of all shapes below. A later shape gets a later number and a branch in [`open`].
const VERSION: u8 = 1;

/// The bytes of the checksum, a CRC-32: it sees every damage of up to 32 bits in a row.
const CHECKSUM: usize = 4;
/// The bytes before the content.
pub const HEAD: usize = CHECKSUM + 1;

/// The stored bytes of a record.
pub fn seal<R: Serialize>(table: &str, key: &[u8], record: &R) -> Result<Vec<u8>, StoreError> {
    let start = vec![0; CHECKSUM + 1];
    let bytes = postcard::to_extend(record, start)
        .map_err(|error| StoreError::Damaged(Words::foreign(&format!("{table} 的记录无法写入"), error)))?;
    Ok(stamp(table, key, bytes))
}

/// The stored bytes of raw content.
pub fn seal_bytes(table: &str, key: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; CHECKSUM + 1];
    bytes.extend_from_slice(content);
    stamp(table, key, bytes)
}

fn stamp(table: &str, key: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(version) = bytes.get_mut(CHECKSUM) {
        *version = VERSION;
    }
    let sum = checksum(table, key, bytes.get(CHECKSUM..).unwrap_or_default());
    if let Some(head) = bytes.get_mut(..CHECKSUM) {
        head.copy_from_slice(&sum);
    }
    bytes
}

/// Reads a stored record.
pub fn open<R: DeserializeOwned>(table: &str, key: &[u8], bytes: &[u8]) -> Result<R, StoreError> {
    let content = open_bytes(table, key, bytes)?;
    postcard::from_bytes(content)
        .map_err(|error| StoreError::Damaged(unreadable(&format!("a record of {table}"), &format!(" {table} 的记录"), error)))
}

/// Reads stored raw content.
pub fn open_bytes<'a>(table: &str, key: &[u8], bytes: &'a [u8]) -> Result<&'a [u8], StoreError> {
    let damaged = || StoreError::Damaged(Words::new(format!("a checksum in {table} fails"), format!("{table} 中的校验和不符")));
    let (sum, rest) = bytes.split_at_checked(CHECKSUM).ok_or_else(damaged)?;
    if sum != checksum(table, key, rest) {
        return Err(damaged());
    }
    match rest.split_first() {
        Some((&VERSION, content)) => Ok(content),
        Some((&version, _)) => Err(StoreError::Newer(u32::from(version))),
        None => Err(damaged()),
    }
}

fn checksum(table: &str, key: &[u8], rest: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = crc32fast::Hasher::new();
    for part in [table.as_bytes(), key] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.update(rest);
    hasher.finalize().to_le_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_flipped_bit_is_seen() {
        let sealed = seal("cells", b"key", &(1u32, "text")).unwrap();
        assert_eq!(open::<(u32, String)>("cells", b"key", &sealed).unwrap(), (1, "text".to_owned()));
        assert!(open::<(u32, String)>("cells", b"kez", &sealed).is_err());
        assert!(open::<(u32, String)>("tracks", b"key", &sealed).is_err());
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open::<(u32, String)>("cells", b"key", &bad).is_err(), "bit {bit}");
        }
    }
}
