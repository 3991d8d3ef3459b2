//! Tests of the outbox, the keys and the audit log.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::diagnostic::Thing;
use crate::time::Instant;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), 1 << 20).unwrap();
    (dir, store)
}

fn new_delivery(endpoint: &str, alert: &str, at: i64) -> NewDelivery {
    NewDelivery {
        endpoint: endpoint.into(),
        alert: alert.into(),
        kind: "alert.firing".into(),
        payload: vec![1],
        created_at: Instant(at),
        state: DeliveryState::Pending,
        hold: None,
    }
}

fn enqueue(store: &Store, endpoint: &str, alert: &str, at: i64) -> Delivery {
    store.enqueue(new_delivery(endpoint, alert, at)).unwrap()
}

fn due(store: &Store, endpoint: &str, now: i64) -> Vec<u64> {
    store.due_deliveries(endpoint, Instant(now), 100).unwrap().iter().map(|delivery| delivery.id).collect()
}

fn outcome(id: u64, state: DeliveryState, next_at: i64) -> Outcome {
    let attempt = Attempt { at: Instant(0), status: Some(500), error: None, duration_ms: 1, carried_by: None };
    Outcome { id, attempt: Some(attempt), state, next_at: Instant(next_at), stands: false }
}

#[test]
fn deliveries_of_one_alert_keep_their_order() {
    let (_dir, store) = store();
    let first = enqueue(&store, "e", "a", 10);
    let second = enqueue(&store, "e", "a", 20);
    let other = enqueue(&store, "e", "b", 20);
    let elsewhere = enqueue(&store, "f", "a", 20);
    assert!(first.message_id != second.message_id && first.message_id.starts_with("msg_"));
    // What was never tried is due at once, whatever the clock says.
    let at = |endpoint: &str, at| (endpoint.to_owned(), Instant(at));
    assert_eq!(store.due_endpoints().unwrap(), [at("e", 0), at("f", 0)]);
    assert_eq!((due(&store, "e", 5), due(&store, "f", 30)), (vec![first.id, other.id], vec![elsewhere.id]));
    // The first one has to wait: so does the second.
    store.record_attempts(&[outcome(first.id, DeliveryState::Pending, 100), outcome(other.id, DeliveryState::Delivered, 0)]).unwrap();
    assert_eq!((due(&store, "e", 30), due(&store, "e", 100)), (vec![], vec![first.id]));
    store.record_attempts(&[outcome(first.id, DeliveryState::Dead, 0), outcome(elsewhere.id, DeliveryState::Delivered, 0)]).unwrap();
    assert_eq!((due(&store, "e", 30), store.due_endpoints().unwrap()), (vec![second.id], vec![at("e", 0)]));
    // Sent again, it goes first, under the same id.
    let again = store.redeliver(first.id).unwrap();
    assert_eq!((again.message_id, again.attempts.len()), (first.message_id, 2));
    assert_eq!(due(&store, "e", 0), [first.id]);
    // A schedule that a clock wrote which has been set back since is not waited for.
    store.record_attempts(&[outcome(first.id, DeliveryState::Pending, 900)]).unwrap();
    store.hasten_deliveries(Instant(900)).unwrap();
    assert_eq!(store.due_endpoints().unwrap(), [at("e", 900)]);
    store.hasten_deliveries(Instant(899)).unwrap();
    assert_eq!(store.due_endpoints().unwrap(), [at("e", 0)]);
    let listed = store.deliveries(&DeliveryFilter { endpoint: Some("e".into()), limit: 2, ..DeliveryFilter::default() }).unwrap();
    assert_eq!(listed.iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [other.id, second.id]);
    assert!(matches!(store.redeliver(99), Err(StoreError::Unknown(Thing::Delivery, _))));
}

#[test]
fn finished_deliveries_are_forgotten_in_time() {
    let (_dir, store) = store();
    let ids: Vec<u64> = (0..4).map(|n| enqueue(&store, "e", &n.to_string(), n * 10).id).collect();
    store.record_attempts(&[outcome(ids[0], DeliveryState::Delivered, 0), outcome(ids[2], DeliveryState::Dead, 0)]).unwrap();
    store.commit(|tx| tx.forget_deliveries(Instant(20))).unwrap();
    let left = |store: &Store| ids.iter().map(|id| store.delivery(*id).unwrap().is_some()).collect::<Vec<_>>();
    assert_eq!(left(&store), [false, true, true, true]);
    store.commit(|tx| tx.forget_deliveries(Instant(100))).unwrap();
    assert_eq!(left(&store), [false, true, false, true]);
}

#[test]
fn two_secrets_live_at_most() {
    let (_dir, store) = store();
    let endpoint = Endpoint {
        id: "e".into(),
        url: "https://example.com".into(),
        channels: vec!["ops".into()],
        secrets: vec!["s1".into()],
        disabled: None,
        created_at: Instant(0),
        failing_since: None,
        settings: Settings::default(),
        binding: Binding::default(),
    };
    store.put_endpoint(&endpoint).unwrap();
    assert!(endpoint.listens_to(&["ops".into()]) && !endpoint.listens_to(&["other".into()]));
    store.rotate_secret("e", "s2".into()).unwrap();
    assert_eq!(store.rotate_secret("e", "s3".into()).unwrap().secrets, ["s3", "s2"]);
    assert!(!format!("{:?}", store.endpoint("e").unwrap()).contains("s3"));
    assert!(store.delete_endpoint("e").unwrap() && !store.delete_endpoint("e").unwrap());
}

#[test]
fn keys_and_audit_entries_last() {
    let dir = tempfile::tempdir().unwrap();
    let key = Key {
        id: "k".into(),
        workspace: "w".into(),
        role: Role::Author,
        sha256: [7; 32],
        created_at: Instant(1),
        expires_at: Some(Instant(100)),
        last_used_at: None,
        revoked_at: None,
        scope: vec![("shop".into(), "us".into())],
    };
    let entry = AuditEntry {
        seq: 0,
        at: Instant(5),
        actor: "k".into(),
        workspace: "w".into(),
        action: "key.create".into(),
        target: "k".into(),
        detail: String::new(),
        chain: [0; 32],
    };
    let control = Control::open(dir.path(), 1 << 20).unwrap();
    control.put_key(&key).unwrap();
    control.touch_keys(&[("k".into(), Instant(50)), ("gone".into(), Instant(50))]).unwrap();
    let first = control.append_audit(entry.clone()).unwrap();
    let second = control.append_audit(entry).unwrap();
    assert!(first.seq == 1 && second.seq == 2 && first.chain != second.chain);
    control.close();
    let control = Control::open(dir.path(), 1 << 20).unwrap();
    assert_eq!(control.key("k").unwrap().unwrap(), Key { last_used_at: Some(Instant(50)), ..key.clone() });
    assert_eq!(control.audit(None, 10).unwrap(), [second, first.clone()]);
    assert_eq!(control.audit(Some(2), 10).unwrap(), [first]);
    let revoked = control.revoke_key("k", Instant(60)).unwrap();
    assert!(key.is_live(Instant(99)) && !key.is_live(Instant(100)) && !revoked.is_live(Instant(99)));
    control.put_workspace("w").unwrap();
    control.delete_workspace("w").unwrap();
    assert_eq!((control.keys().unwrap(), control.workspaces().unwrap().len()), (vec![], 0));
}

#[test]
fn keys_of_tables_sort_as_their_parts_do() {
    use super::table::Key;
    let key = |number: i64, text: &str| Key::new().i64(number).text(text).u32(1).0;
    let mut keys = vec![key(1, "b"), key(-1, "z"), key(1, "a"), key(1, "a\0"), key(1, "ab"), key(i64::MIN, "")];
    keys.sort();
    assert_eq!(keys, [key(i64::MIN, ""), key(-1, "z"), key(1, "a"), key(1, "a\0"), key(1, "ab"), key(1, "b")]);
    assert_eq!(Key(vec![1, 255, 255]).after(), Some(vec![2]));
    assert_eq!(Key(vec![255]).after(), None);
}

#[test]
fn what_stands_is_told_again_until_the_next_word_about_its_alert() {
    let (_dir, store) = store();
    let told = |id, next_at| Outcome { stands: true, ..outcome(id, DeliveryState::Delivered, next_at) };
    let again = |id, next_at| Outcome { attempt: None, ..told(id, next_at) };
    let stands = |id| store.delivery(id).unwrap().unwrap().stands;
    let first = enqueue(&store, "e", "a", 10);
    store.record_attempts(&[told(first.id, 70)]).unwrap();
    assert_eq!((due(&store, "e", 60), due(&store, "e", 70)), (vec![], vec![first.id]));
    // However old it is, it is not forgotten, and it hides nothing that is.
    store.commit(|tx| tx.forget_deliveries(Instant(1_000))).unwrap();
    assert!(stands(first.id));
    // The next word ends it, also when it is being told again just then.
    let second = enqueue(&store, "e", "a", 80);
    store.record_attempts(&[again(first.id, 130)]).unwrap();
    assert!(!stands(first.id));
    assert_eq!(due(&store, "e", 1_000), [second.id]);
    store.record_attempts(&[outcome(second.id, DeliveryState::Delivered, 90)]).unwrap();
    assert_eq!(store.due_endpoints().unwrap(), []);
    // Sent again by hand, the first says nothing new; the second is the last word.
    store.redeliver(first.id).unwrap();
    store.redeliver(second.id).unwrap();
    assert_eq!(store.lane(&first, 9).unwrap().iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [first.id, second.id]);
    store.record_attempts(&[told(first.id, 260), told(second.id, 260)]).unwrap();
    assert!(!stands(first.id) && stands(second.id));
    // Nothing is sent to a disabled endpoint: a dead letter is the next word all the same, one that is held is not.
    let new = |state| NewDelivery { state, ..new_delivery("e", "a", 300) };
    store.enqueue(new(DeliveryState::Held)).unwrap();
    assert!(stands(second.id));
    store.enqueue(new(DeliveryState::Dead)).unwrap();
    store.record_attempts(&[again(second.id, 400)]).unwrap();
    assert!(!stands(second.id));
}

#[test]
fn cases_that_are_over_are_forgotten_after_a_while_and_those_that_fire_never() {
    let (_dir, store) = store();
    let subject = Subject { ruleset: "r".into(), rule: "a".into(), severity: crate::compile::program::Severity::Info, scope: Vec::new() };
    let case = |over: Option<i64>| Case {
        subject: subject.clone(),
        over: over.map(Instant),
        channels: Vec::new(),
        data: String::new(),
        since: Instant(1),
        silence: None,
        ack: None,
        unrouted: None,
        escalated: Vec::new(),
        escalated_s: 0,
        next_step: None,
    };
    let put = |alert: &str, over| store.commit(|tx| tx.put_case(alert, &case(over))).unwrap();
    let forget = |before| store.commit(|tx| tx.forget_cases(Instant(before))).unwrap();
    let open = || store.commit(|tx| tx.open_cases()).unwrap().into_iter().map(|(alert, _)| alert).collect::<Vec<_>>();
    let known = |alert| store.view().unwrap().case(alert).unwrap().is_some();
    put("old", Some(10));
    put("back", Some(10));
    put("open", None);
    assert_eq!(open(), ["open"]);
    // What fires again is not over any more.
    put("back", None);
    forget(11);
    assert_eq!((known("old"), known("back"), known("open")), (false, true, true));
    assert_eq!(open(), ["back", "open"]);
    put("back", Some(20));
    put("back", Some(30));
    forget(30);
    assert!(known("back"));
    forget(31);
    assert!(!known("back"));
    assert_eq!(open(), ["open"]);
}

#[test]
fn what_is_sent_again_in_bulk_is_sent_page_by_page() {
    let (_dir, store) = store();
    let ids: Vec<u64> = (0..5).map(|n| enqueue(&store, "e", &format!("a{n}"), 10).id).collect();
    let done: Vec<Outcome> = ids.iter().map(|id| outcome(*id, DeliveryState::Delivered, 20)).collect();
    store.record_attempts(&done).unwrap();
    let page = |after| store.redeliver_since("e", (Instant(10), after), &[DeliveryState::Delivered], 2).unwrap();
    assert_eq!(page(0), (2, Some(ids[1])));
    // Delivered once more meanwhile, they are not sent a third time.
    store.record_attempts(&done[..2]).unwrap();
    assert_eq!(page(ids[1]), (2, Some(ids[3])));
    assert_eq!(page(ids[3]), (1, None));
    assert_eq!(due(&store, "e", 100), ids[2..]);
}

#[test]
fn a_damaged_name_does_not_pass_for_an_empty_table() {
    let (dir, store) = store();
    // Larger than what is checked whole.
    for n in 0..6 {
        let large = NewDelivery { payload: vec![n; 3 << 20], ..new_delivery("e", "a", i64::from(n)) };
        store.enqueue(large).unwrap();
    }
    drop(store);
    let path = dir.path().join("steelyard.redb");
    let content = std::fs::read(&path).unwrap();
    assert!(content.len() as u64 > file::WHOLE_MAX);
    let named: Vec<usize> = (0..content.len() - 11).filter(|at| content[*at..].starts_with(b"deliveries ")).collect();
    let mut refused = 0;
    for at in &named {
        let mut bad = content.clone();
        bad[*at] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        match Store::open(dir.path(), 1 << 20) {
            // An older page has the name too, which nobody reads any more.
            Ok(store) => assert_eq!(store.deliveries(&DeliveryFilter { limit: 10, ..DeliveryFilter::default() }).unwrap().len(), 6),
            Err(error) => {
                assert!(matches!(error, StoreError::Damaged(_)), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "of {} names", named.len());
}
