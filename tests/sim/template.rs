//! The data folder from which every simulation begins: the ruleset is active, nothing has happened.
//!
//! Its stores are made once, on the real disk, and given fixed identities: the names of messages come from them.

use redb::{ReadableDatabase as _, TableDefinition};
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use steelyard::engine::{DEFAULT_WORKSPACE, Engine, ManualClock, Options};
use steelyard::time::Instant;

use crate::world::START;

const RULESET: &str = "ruleset sim 1.0.0 {
  currency USD
  timezone UTC
}

event lever {
  shop dimension
  on   level number
}

metric lamp = last(lever.on)

alert lit on lamp over all time per shop {
  warning when > 0
  no data keep
  message \"{shop} is on\"
  notify  operations
}

alert long on lamp over all time per shop {
  warning when > 0 for 20 minutes
  no data keep
  repeat  every 2 hours
  message \"{shop} has been on for long\"
  group   all
  notify  operations
}
";

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(make);

pub fn folder() -> &'static Path {
    FOLDER.path()
}

fn make() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { clock: Arc::new(ManualClock::new(Instant(START))), ..Options::default() };
    let engine = Engine::open(dir.path(), options).unwrap();
    let workspace = engine.workspace(DEFAULT_WORKSPACE).unwrap();
    workspace.put_ruleset(RULESET).unwrap();
    workspace.activate("sim", "1.0.0", None).unwrap();
    engine.close();
    drop((workspace, engine));
    identify(&dir.path().join(DEFAULT_WORKSPACE).join("steelyard"), 1);
    dir
}

/// Gives a store another identity, in its database and beside it; in its journal nothing but two announcements is left.
fn identify(store: &Path, identity: u128) {
    const IDENTITY: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("identity");
    let database = redb::Database::open(store.with_extension("redb")).unwrap();
    let table = database.begin_read().unwrap().open_table(IDENTITY).unwrap();
    let before = table.get("identity").unwrap().unwrap().value().to_vec();
    drop(table);
    let txn = database.begin_write().unwrap();
    txn.open_table(IDENTITY).unwrap().insert("identity", identity.to_be_bytes().as_slice()).unwrap();
    txn.commit().unwrap();
    let beside = store.with_extension("identity");
    let text = fs::read_to_string(&beside).unwrap();
    let before = format!("{:032x}", u128::from_be_bytes(before.try_into().unwrap()));
    assert!(text.contains(&before));
    fs::write(beside, text.replace(&before, &format!("{identity:032x}"))).unwrap();
    let journal = store.with_extension("journal");
    let mut bytes = fs::read(&journal).unwrap();
    for page in bytes.chunks_mut(4_096).filter(|page| page[0] != 0) {
        page[16..32].copy_from_slice(&identity.to_be_bytes());
        let sum = crc32fast::hash(&page[..40]);
        page[40..44].copy_from_slice(&sum.to_le_bytes());
    }
    fs::write(journal, bytes).unwrap();
}
