//! Tests of the journal: what is done again, what is refused, and a disk that is full at any moment.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::store::fault::Switch;
use crate::store::file::{Disk, File};
use crate::store::table::{Key, Scan, Table};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

const NAMES: [&str; 3] = ["steelyard.redb", "steelyard.journal", "steelyard.identity"];

fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open(dir, 1 << 20)
}

fn put(store: &Store, number: i64) -> Result<(), StoreError> {
    store.commit(|tx| tx.put_number("n", number))
}

fn number(store: &Store) -> Option<i64> {
    store.view().unwrap().number("n").unwrap()
}

/// A store in which these numbers were put one after the other, each in place of the one before.
fn store_with(numbers: std::ops::Range<i64>) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    numbers.for_each(|number| put(&store, number).unwrap());
    (dir, store)
}

/// What a kill at this moment leaves.
fn killed(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in NAMES {
        fs::copy(dir.join(name), copy.path().join(name)).unwrap();
    }
    copy
}

fn journal(dir: &Path) -> std::path::PathBuf {
    dir.join("steelyard.journal")
}

fn is_damage(result: Result<Store, StoreError>, word: &str) {
    match result {
        Err(StoreError::Damaged(text)) => {
            let text = text.get(crate::diagnostic::Lang::En).to_owned();
            assert!(text.contains(word), "{text}");
        }
        Err(other) => panic!("{other}"),
        Ok(store) => panic!("opened, with {:?}", number(&store)),
    }
}

#[test]
fn what_was_acknowledged_is_done_again_as_often_as_it_must() {
    let (dir, store) = store_with(0..5);
    assert!(!store.is_at_rest());
    let copy = killed(dir.path());
    for _ in 0..3 {
        let again = open(copy.path()).unwrap();
        assert_eq!(number(&again), Some(4));
        // Killed in the middle of opening, or just behind it.
        assert_eq!(number(&open(killed(copy.path()).path()).unwrap()), Some(4));
    }
    let again = open(copy.path()).unwrap();
    put(&again, 5).unwrap();
    assert_eq!(number(&open(killed(copy.path()).path()).unwrap()), Some(5));
    again.rest().unwrap();
    assert!(again.is_at_rest());
    put(&again, 6).unwrap();
    again.close();
    let last = open(copy.path()).unwrap();
    assert!(last.is_at_rest());
    assert_eq!(number(&last), Some(6));
}

/// Whatever is done to tables, and whenever a checkpoint comes, the tables come back as they were.
#[test]
fn tables_come_back_as_they_were() {
    let names = [Table::fixed("one"), Table::fixed("two"), Table::fixed("three")];
    let dir = tempfile::tempdir().unwrap();
    let file = File::open(dir.path(), "steelyard", 1 << 20, Arc::new(Disk)).unwrap();
    let mut expected: [BTreeMap<u64, Vec<u8>>; 3] = Default::default();
    let mut seed = 1_u64;
    let mut random = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    for round in 0..150 {
        file.write(|txn| {
            for _ in 0..random(6) {
                let at = usize::try_from(random(3)).unwrap();
                let (table, rows) = (&names[at], &mut expected[at]);
                let (key, size) = (random(40), [3, 200, 70_000][usize::try_from(random(3)).unwrap()]);
                match random(12) {
                    0 => {
                        table.drop_from(txn)?;
                        rows.clear();
                    }
                    1..=3 => assert_eq!(table.edit(txn)?.remove(&Key::new().u64(key))?, rows.remove(&key).is_some()),
                    4 => {
                        let first = rows.last_key_value().map_or(0, |(last, _)| last + 1);
                        let all: Vec<(u64, Vec<u8>)> = (first..first + 3).map(|key| (key, vec![7; size])).collect();
                        table.edit(txn)?.append(all.iter().map(|(key, value)| (Key::new().u64(*key), value.as_slice())))?;
                        rows.extend(all);
                    }
                    _ => {
                        let value = vec![u8::try_from(round).unwrap(); size];
                        table.edit(txn)?.put_bytes(&Key::new().u64(key), &value)?;
                        rows.insert(key, value);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
        if random(20) == 0 {
            file.rest().unwrap();
        }
        if random(4) != 0 {
            continue;
        }
        let copy = killed(dir.path());
        let again = File::open(copy.path(), "steelyard", 1 << 20, Arc::new(Disk)).unwrap();
        let txn = again.read().unwrap();
        for (table, rows) in names.iter().zip(&expected) {
            let mut found = BTreeMap::new();
            let mut visit = |key: &[u8], value: &[u8]| {
                found.insert(u64::from_be_bytes(key.try_into().unwrap()), value.to_vec());
                Ok(Scan::On)
            };
            table.view(&txn).unwrap().scan_bytes(&[], None, &mut visit).unwrap();
            assert!(found == *rows, "round {round}: {:?} instead of {:?}", found.keys(), rows.keys());
        }
    }
}

#[test]
fn what_the_journal_has_no_room_for_is_a_checkpoint_itself() {
    let (dir, store) = store_with(0..3);
    // Nothing can be packed of such bytes.
    let noise: Vec<u8> = (0..2 * BYTES as u64 / 32).flat_map(|n| *blake3::hash(&n.to_le_bytes()).as_bytes()).collect();
    let large = |size: usize| {
        store.commit(|tx| {
            tx.put_number("n", i64::try_from(size).unwrap())?;
            Table::fixed("large").edit(tx.txn)?.put_long(&Key::new(), &noise[..size])
        })
    };
    large(2 * BYTES).unwrap();
    assert!(store.is_at_rest());
    assert_eq!(number(&open(killed(dir.path()).path()).unwrap()), Some(8 << 20));
    // Many smaller ones fill it up again and again.
    let mut checkpoints = 0;
    for n in 0..60 {
        large(200_000 + n).unwrap();
        checkpoints += usize::from(store.is_at_rest());
    }
    assert!((2..6).contains(&checkpoints), "{checkpoints}");
    assert_eq!(number(&open(killed(dir.path()).path()).unwrap()), Some(200_059));
}

#[test]
fn a_damaged_journal_is_refused_and_a_torn_end_is_none() {
    let (dir, store) = store_with(0..2);
    store.rest().unwrap();
    (2..6).for_each(|number| put(&store, number).unwrap());
    let copy = killed(dir.path());
    let content = fs::read(journal(copy.path())).unwrap();
    // Two announcements, four records of this epoch, and nothing of the one before behind them.
    let mut refused = 0;
    for at in (0..7).flat_map(|page| (0..120).step_by(7).map(move |byte| page * PAGE + byte)) {
        let mut bad = content.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(journal(copy.path()), &bad).unwrap();
        match open(killed(copy.path()).path()) {
            Ok(store) => {
                // Behind the announcements and records there is nothing to damage; the last record may be lost to damage, because
                // nothing tells it from one that was torn.
                let is_last = (RECORDS + 3 * PAGE..RECORDS + 4 * PAGE).contains(&at);
                assert!(number(&store) == Some(5) || is_last && number(&store) == Some(4), "{at}: {:?}", number(&store));
            }
            Err(StoreError::Damaged(_)) => refused += 1,
            Err(other) => panic!("{at}: {other}"),
        }
    }
    assert!(refused > 25, "{refused}");
    // Torn at a sector: the first part of the last record is there, and of what lay there before the rest.
    for kept in [0, 8, HEAD, HEAD + 5] {
        let mut torn = content.clone();
        torn[RECORDS + 3 * PAGE + kept..RECORDS + 4 * PAGE].fill(0);
        fs::write(journal(copy.path()), &torn).unwrap();
        let copy = killed(copy.path());
        let again = open(copy.path()).unwrap();
        assert_eq!(number(&again), Some(4));
        // What comes next stands in its place.
        put(&again, 50).unwrap();
        assert_eq!(number(&open(killed(copy.path()).path()).unwrap()), Some(50));
    }
    let mut torn = content.clone();
    torn[RECORDS + 2 * PAGE + 60] ^= 1;
    fs::write(journal(copy.path()), &torn).unwrap();
    is_damage(open(copy.path()), "damaged record before others");
    for length in [0, PAGE, RECORDS, RECORDS + PAGE, BYTES - 1, BYTES + 1] {
        let mut cut = content.clone();
        cut.resize(length, 0);
        fs::write(journal(copy.path()), &cut).unwrap();
        is_damage(open(copy.path()), "length of a journal");
    }
}

#[test]
fn files_of_different_ages_or_stores_are_refused() {
    let (dir, store) = store_with(0..3);
    let early = killed(dir.path());
    store.rest().unwrap();
    let rested = killed(dir.path());
    put(&store, 3).unwrap();
    let next = killed(dir.path());
    store.rest().unwrap();
    put(&store, 4).unwrap();
    store.rest().unwrap();
    let late = killed(dir.path());
    let mixed = |database: &Path, other: &Path| {
        let copy = killed(database);
        fs::copy(journal(other), journal(copy.path())).unwrap();
        copy
    };
    for (database, other, word) in [
        (&early, &next, "newer than its database"),
        (&early, &late, "newer than its database"),
        (&rested, &late, "newer than its database"),
        (&rested, &early, "older than its database"),
        (&late, &next, "older than its database"),
    ] {
        is_damage(open(mixed(database.path(), other.path()).path()), word);
    }
    let (stranger, _other) = store_with(0..3);
    is_damage(open(mixed(early.path(), stranger.path()).path()), "journal of another store");
    // Between the announcement of an epoch and its beginning in the database.
    let mut announced = fs::read(journal(early.path())).unwrap();
    let identity = announced[16..32].try_into().unwrap();
    announced[PAGE..RECORDS].copy_from_slice(&announcement(identity, 1));
    fs::write(journal(early.path()), announced).unwrap();
    assert_eq!(number(&open(early.path()).unwrap()), Some(2));
}

#[test]
fn files_that_are_gone_are_missed() {
    let (dir, store) = store_with(0..3);
    let missing = |gone: &[&str]| {
        let copy = killed(dir.path());
        gone.iter().for_each(|name| fs::remove_file(copy.path().join(name)).unwrap());
        match open(copy.path()) {
            Err(StoreError::Missing(path)) => path.rsplit('/').next().unwrap().to_owned(),
            Err(other) => panic!("{gone:?}: {other}"),
            Ok(store) => format!("opened, with {:?}", number(&store)),
        }
    };
    assert_eq!(missing(&["steelyard.journal"]), "steelyard.journal");
    assert_eq!(missing(&["steelyard.redb"]), "steelyard.redb");
    assert_eq!(missing(&["steelyard.redb", "steelyard.identity"]), "steelyard.redb");
    // An identity file is written last: a whole store without one is adopted.
    assert_eq!(missing(&["steelyard.identity"]), "opened, with Some(2)");
    store.close();
    assert_eq!(missing(&["steelyard.redb", "steelyard.identity"]), "steelyard.redb");
    assert_eq!(missing(&["steelyard.redb", "steelyard.identity", "steelyard.journal"]), "opened, with None");
    // Broken off when the store was made: the journal comes first, and says nothing yet.
    let (new, store) = store_with(0..0);
    drop(store);
    fs::remove_file(new.path().join("steelyard.redb")).unwrap();
    fs::remove_file(new.path().join("steelyard.identity")).unwrap();
    assert_eq!(number(&open(new.path()).unwrap()), None);
}

#[test]
fn files_of_an_earlier_format_are_told() {
    let (dir, store) = store_with(0..1);
    store.close();
    let database = redb::Database::open(dir.path().join("steelyard.redb")).unwrap();
    let txn = database.begin_write().unwrap();
    let definition: redb::TableDefinition<'_, &str, &[u8]> = redb::TableDefinition::new("identity");
    txn.open_table(definition).unwrap().insert("format", 5_u32.to_le_bytes().as_slice()).unwrap();
    txn.commit().unwrap();
    drop(database);
    assert_eq!(open(dir.path()).err(), Some(StoreError::Older(5)));
}

/// The disk is full at every write in turn, of commits, checkpoints and of opening the file anew. What was acknowledged is there,
/// in what a kill leaves at that moment too, and nothing that was not tried.
#[test]
fn a_full_disk_loses_nothing_at_any_write() {
    let disk = Switch::default();
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_on(dir.path(), 1 << 20, Arc::new(disk.clone())).unwrap();
    put(&store, 0).unwrap();
    let (mut acknowledged, mut tried, mut failed) = (0, 0, 0);
    for room in 0..30 {
        for rests in [false, true] {
            disk.fail_after(Some(room));
            for _ in 0..3 {
                tried += 1;
                match put(&store, tried) {
                    Ok(()) => acknowledged = tried,
                    Err(error) => {
                        assert!(matches!(error, StoreError::Io(_)), "{error}");
                        failed += 1;
                    }
                }
                if rests {
                    let _full = store.rest();
                }
            }
            let left = number(&open(killed(dir.path()).path()).unwrap()).unwrap();
            assert!((acknowledged..=tried).contains(&left), "{room}: {left} of {acknowledged} to {tried}");
            disk.fail_after(None);
            tried += 1;
            put(&store, tried).unwrap();
            acknowledged = tried;
            assert_eq!(number(&store), Some(tried));
            assert_eq!(number(&open(killed(dir.path()).path()).unwrap()), Some(tried));
        }
    }
    assert!(failed > 20, "{failed}");
}
