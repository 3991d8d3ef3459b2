//! redb with one row an event: keys of 16 bytes, ascending, values of 200 bytes, every commit durable.

use redb::{Builder, Database, Durability, TableDefinition};
use serde_json::{Value, json};
use std::time::Instant;

const ROWS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("rows");
const VALUE_BYTES: usize = 200;
const CACHE_BYTES: usize = 1 << 30;

fn open(file: &str) -> Database {
    Builder::new().set_cache_size(CACHE_BYTES).create(file).unwrap()
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Inserts rows, so many a commit. Making the rows is not timed.
pub fn insert(file: &str, count: usize, batch: usize) -> Value {
    let database = open(file);
    let mut rows = vec![([0u8; 16], [0u8; VALUE_BYTES]); batch];
    let (mut number, mut took) = (0u64, 0.0);
    while number < count as u64 {
        for (key, value) in &mut rows {
            key[..8].copy_from_slice(&number.to_be_bytes());
            key[8..].copy_from_slice(&mix(number).to_be_bytes());
            value.chunks_exact_mut(8).enumerate().for_each(|(at, part)| part.copy_from_slice(&mix(number ^ at as u64).to_le_bytes()));
            number += 1;
        }
        let start = Instant::now();
        let mut txn = database.begin_write().unwrap();
        txn.set_durability(Durability::Immediate).unwrap();
        {
            let mut table = txn.open_table(ROWS).unwrap();
            rows.iter().for_each(|(key, value)| drop(table.insert(&key[..], &value[..]).unwrap()));
        }
        txn.commit().unwrap();
        took += start.elapsed().as_secs_f64();
    }
    json!({ "seconds": took, "events": number })
}

/// Leaves a file as a process leaves it that dies: the next opening must repair all of it.
pub fn dirty(file: &str) -> Value {
    let database = open(file);
    let txn = database.begin_write().unwrap();
    txn.open_table(ROWS).unwrap().insert(&b"a"[..], &b"b"[..]).unwrap();
    txn.commit().unwrap();
    std::process::exit(0);
}

/// Opens a file that was left so.
pub fn repair(file: &str) -> Value {
    let repaired = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&repaired);
    let start = Instant::now();
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_repair_callback(move |_| seen.store(true, std::sync::atomic::Ordering::SeqCst));
    let database = builder.create(file).unwrap();
    let took = start.elapsed().as_secs_f64();
    drop(database);
    json!({ "seconds": took, "repaired": repaired.load(std::sync::atomic::Ordering::SeqCst) })
}
