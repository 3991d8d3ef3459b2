//! Random schedules of alerts, silences, hours, acknowledgements, escalations, clocks and restarts: nothing that should
//! be told is lost, nothing is told twice, and nothing too early.
//!
//! 1. [`World`] carries out the steps on an engine on disk, and writes down what it did and at which instants the engine
//!    looked at the clock.
//! 2. In the end all silences are ended and a week passes. [`World::judge`] then compares the deliveries with what was
//!    written down. It knows nothing of how the engine decides, only what people were promised.

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use steelyard::engine::{
    AlertFilter, Binding, Delivery, DeliveryFilter, DeliveryState, Endpoint, Engine, Escalation, EscalationStep, ManualClock, Matcher,
    Options, RawEvent, RawValue, Settings, Silence, Workspace,
};
use steelyard::time::{Hours, Instant, Range, Zone};

const SHOPS: [&str; 2] = ["us", "de"];
/// Monday.
const START: &str = "2026-03-09T08:00:00Z";
const ESCALATED_AFTER_S: i64 = 2 * 3_600;

#[derive(Debug, Clone)]
enum Step {
    /// The lever of a shop goes to this.
    Lever(usize, bool),
    /// A silence for one shop or both begins so many minutes from now and lasts so many.
    Mute(Option<usize>, u16, u16),
    /// One of the silences is ended.
    Expire(usize),
    /// What fires at a shop is acknowledged, or no longer.
    Ack(usize, bool),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<(u16, Step)>> {
    let step = prop_oneof![
        6 => (0..SHOPS.len(), any::<bool>()).prop_map(|(shop, on)| Step::Lever(shop, on)),
        3 => (prop::option::of(0..SHOPS.len()), 0..120u16, 1..1_500u16).prop_map(|(shop, from, lasts)| Step::Mute(shop, from, lasts)),
        1 => (0..8usize).prop_map(Step::Expire),
        2 => (0..SHOPS.len(), any::<bool>()).prop_map(|(shop, on)| Step::Ack(shop, on)),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec((1..700u16, step), 1..40)
}

struct World {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    engine: Engine,
    now: Instant,
    /// Every instant at which the engine looked at the clock.
    looked: Vec<Instant>,
    silences: Vec<Silence>,
    levers: [bool; SHOPS.len()],
    n: u32,
    /// When the alert of a shop was taken on, and until when.
    acks: Vec<(usize, Instant, Instant)>,
    /// When each delivery was let out to be sent.
    let_out: BTreeMap<u64, Instant>,
}

impl World {
    fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let now = Instant::parse_rfc3339(START).unwrap();
        let clock = Arc::new(ManualClock::new(now));
        let engine = Engine::open(dir.path(), options(&clock)).unwrap();
        let world = World {
            dir,
            clock,
            engine,
            now,
            looked: vec![],
            silences: vec![],
            levers: [false; 2],
            n: 0,
            acks: vec![],
            let_out: BTreeMap::new(),
        };
        let workspace = world.workspace();
        workspace.put_ruleset(crate::routing::LAMPS).unwrap();
        workspace.activate("desk", "1.0.0", None).unwrap();
        for (id, hours, channels) in [("always", None, "operations"), ("work", Some(work()), "operations"), ("lead", None, "leads")] {
            let endpoint = Endpoint {
                id: id.to_owned(),
                url: "http://127.0.0.1:1/".to_owned(),
                channels: vec![channels.to_owned()],
                secrets: vec![],
                settings: Settings::default(),
                disabled: None,
                created_at: now,
                failing_since: None,
                binding: Binding { hours, ..Binding::default() },
            };
            workspace.store().put_endpoint(&endpoint).unwrap();
        }
        let step = EscalationStep { after_s: u32::try_from(ESCALATED_AFTER_S).unwrap(), channels: vec!["leads".to_owned()] };
        workspace.put_escalation(&Escalation { channel: "operations".to_owned(), steps: vec![step] }).unwrap();
        world
    }

    fn workspace(&self) -> Arc<Workspace> {
        self.engine.workspace("default").unwrap()
    }

    fn forward(&mut self, minutes: u16) {
        self.now = self.now.plus_s(i64::from(minutes) * 60);
        self.clock.set(self.now);
        self.workspace().tick().unwrap();
        self.looked.push(self.now);
        self.note_let_out();
    }

    /// Nothing is sent here: what was let out stays pending.
    fn note_let_out(&mut self) {
        let filter = DeliveryFilter { limit: 100_000, state: Some(DeliveryState::Pending), ..DeliveryFilter::default() };
        for delivery in self.workspace().store().deliveries(&filter).unwrap() {
            self.let_out.entry(delivery.id).or_insert(self.now);
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Lever(shop, on) => self.lever(shop, on),
            Step::Mute(shop, from, lasts) => self.mute(shop, from, lasts),
            Step::Expire(at) => self.expire(at),
            Step::Ack(shop, on) => self.ack(shop, on),
            Step::Restart => {
                self.engine.close();
                self.engine = Engine::open(self.dir.path(), options(&self.clock)).unwrap();
            }
        }
        self.note_let_out();
    }

    fn lever(&mut self, shop: usize, on: bool) {
        self.n += 1;
        let fields = [("shop", SHOPS[shop]), ("on", if on { "1" } else { "0" })];
        let event = RawEvent {
            source: "t".to_owned(),
            id: self.n.to_string(),
            kind: "lever".to_owned(),
            time: Some(self.now),
            revision: 0,
            data: fields.into_iter().map(|(name, value)| (name.to_owned(), RawValue::Text(value.to_owned()))).collect(),
        };
        let report = self.workspace().ingest(vec![event]).unwrap().blocking_recv().unwrap().unwrap();
        assert_eq!(report.accepted, 1, "{report:?}");
        self.levers[shop] = on;
        if !on {
            self.end_ack(shop);
        }
    }

    fn mute(&mut self, shop: Option<usize>, from: u16, lasts: u16) {
        let start = self.now.plus_s(i64::from(from) * 60);
        let scope = shop.map(|shop| ("shop".to_owned(), vec![SHOPS[shop].to_owned()]));
        let silence = Silence {
            id: format!("si_{}", self.silences.len()),
            matcher: Matcher { scope: scope.into_iter().collect(), ..Matcher::default() },
            start,
            end: Some(start.plus_s(i64::from(lasts) * 60)),
            weekly: None,
            author: "a".to_owned(),
            reason: "r".to_owned(),
            created_at: self.now,
            created_by: "k".to_owned(),
            expired_at: None,
        };
        self.workspace().add_silence(&silence).unwrap();
        self.silences.push(silence);
    }

    fn expire(&mut self, at: usize) {
        if let Some(silence) = self.silences.get_mut(at) {
            *silence = self.engine.workspace("default").unwrap().expire_silence(&silence.id).unwrap();
        }
    }

    fn ack(&mut self, shop: usize, on: bool) {
        if !self.levers[shop] {
            return;
        }
        let alert = self.episodes().into_iter().find(|episode| episode.shop == shop && episode.until.is_none()).unwrap();
        self.workspace().acknowledge(&alert.id, on.then(|| ("a".to_owned(), String::new(), "k".to_owned()))).unwrap();
        self.end_ack(shop);
        if on {
            self.acks.push((shop, self.now, Instant(i64::MAX)));
        }
    }

    fn end_ack(&mut self, shop: usize) {
        let open = self.acks.iter_mut().filter(|(at, _, until)| *at == shop && *until == Instant(i64::MAX));
        open.for_each(|(_, _, until)| *until = self.now);
    }

    /// All alerts that ever fired.
    fn episodes(&self) -> Vec<Episode> {
        let alerts = self.workspace().alerts(&AlertFilter::default()).unwrap();
        let shop = |name: &str| SHOPS.iter().position(|shop| *shop == name).unwrap();
        let episode = |alert: steelyard::engine::AlertView| {
            let shop = shop(alert.scope[0].1.as_ref().unwrap());
            Episode { id: alert.id, shop, from: alert.since, until: alert.resolved_at }
        };
        alerts.into_iter().map(episode).collect()
    }

    /// A silence was active at an instant for a shop, and known when the engine looked at the clock then.
    fn is_muted(&self, shop: usize, at: Instant) -> bool {
        let covers = |silence: &Silence| {
            let end = silence.end.into_iter().chain(silence.expired_at).min().unwrap();
            silence.start <= at && at < end && silence.created_at < at
        };
        let fits = |silence: &Silence| silence.matcher.scope.first().is_none_or(|(_, values)| values[0] == SHOPS[shop]);
        self.silences.iter().any(|silence| fits(silence) && covers(silence))
    }

    fn end(&mut self) {
        for at in 0..self.silences.len() {
            self.expire(at);
        }
        self.forward(1);
        for _ in 0..28 {
            self.forward(6 * 60);
        }
    }

    fn judge(&self) {
        let filter = DeliveryFilter { limit: 100_000, ..DeliveryFilter::default() };
        let mut lanes: BTreeMap<(String, String), Vec<Delivery>> = BTreeMap::new();
        for delivery in self.workspace().store().deliveries(&filter).unwrap().into_iter().rev() {
            let delivery = Delivery { payload: Vec::new(), ..delivery };
            // Only the latest reminder may wait for the next working day.
            let waits = delivery.state == DeliveryState::Held && delivery.kind != "alert.repeat";
            assert!(!waits && delivery.state != DeliveryState::Dead, "left over: {delivery:?}");
            lanes.entry((delivery.endpoint.clone(), delivery.alert.clone())).or_default().push(delivery);
        }
        for episode in self.episodes() {
            for endpoint in ["always", "work"] {
                let lane = lanes.get(&(endpoint.to_owned(), episode.id.clone())).map_or(&[][..], Vec::as_slice);
                self.judge_lane(endpoint, &episode, lane);
            }
            let lane = lanes.get(&("lead".to_owned(), episode.id.clone())).map_or(&[][..], Vec::as_slice);
            self.judge_escalation(&episode, lane);
        }
    }

    fn judge_lane(&self, endpoint: &str, episode: &Episode, lane: &[Delivery]) {
        let sent: Vec<&Delivery> = lane.iter().filter(|one| one.state == DeliveryState::Pending).collect();
        let told = sent.iter().filter(|one| one.kind == "alert.firing").count();
        let kinds: Vec<&str> = sent.iter().map(|one| one.kind.as_str()).filter(|kind| *kind != "alert.repeat").collect();
        // Once each, in order; the end to exactly those who heard of the beginning.
        let want: &[&str] = match (told, episode.until) {
            (0, _) => &[],
            (_, None) => &["alert.firing"],
            (_, Some(_)) => &["alert.firing", "alert.resolved"],
        };
        assert_eq!(kinds, want, "{endpoint} {episode:?} {lane:?}");
        // What could have been told at some instant was told.
        let is_open = |at: Instant| endpoint == "always" || work().contain(at);
        let lives = |at: &&Instant| episode.from <= **at && episode.until.is_none_or(|until| **at < until);
        let could = self.looked.iter().filter(lives).any(|at| !self.is_muted(episode.shop, *at) && is_open(*at));
        let never_muted = |at: &Instant| !self.is_muted(episode.shop, *at);
        let must = could || self.looked.iter().filter(|at| **at >= episode.from).all(never_muted);
        assert!(told == 1 || !must, "{endpoint} was never told of {episode:?}: {lane:?}");
        if told == 0 {
            assert!(lane.iter().any(|one| one.state == DeliveryState::Silenced), "{lane:?}");
        }
        for one in &sent {
            let at = self.let_out[&one.id];
            assert!(!self.is_muted(episode.shop, at) && is_open(at), "too early: {one:?}");
        }
        for one in lane.iter().filter(|one| one.kind == "alert.repeat") {
            let acked =
                self.acks.iter().any(|(shop, from, until)| *shop == episode.shop && *from < one.created_at && one.created_at < *until);
            assert!(!acked, "a reminder of what was acknowledged: {one:?}");
        }
    }

    fn judge_escalation(&self, episode: &Episode, lane: &[Delivery]) {
        let n = lane.iter().filter(|one| one.kind == "alert.escalated" && one.state == DeliveryState::Pending).count();
        assert!(n <= 1, "{lane:?}");
        let acked = self.acks.iter().any(|(shop, from, _)| *shop == episode.shop && *from >= episode.from);
        let due = episode.from.plus_s(ESCALATED_AFTER_S);
        let lasted = episode.until.is_none_or(|until| due <= until);
        let seen = self.looked.iter().any(|at| *at >= due && episode.until.is_none_or(|until| *at < until));
        let muted = self.looked.iter().filter(|at| **at >= episode.from).any(|at| self.is_muted(episode.shop, *at));
        // Silences put it off and acknowledgements stop it; without either it comes when it fires for long enough.
        assert!(n == 1 || acked || muted || !seen, "never escalated: {episode:?} {lane:?}");
        assert!(n == 0 || lasted, "escalated too early: {episode:?} {lane:?}");
        if n == 1 && episode.until.is_some() {
            assert!(lane.iter().any(|one| one.kind == "alert.resolved" && one.state == DeliveryState::Pending), "{lane:?}");
        }
    }
}

#[derive(Debug)]
struct Episode {
    id: String,
    shop: usize,
    from: Instant,
    until: Option<Instant>,
}

fn work() -> Hours {
    let days = [true, true, true, true, true, false, false];
    Hours { zone: Zone::utc(), ranges: vec![Range::new(days, "09:00", "17:00").unwrap()] }
}

fn options(clock: &Arc<ManualClock>) -> Options {
    Options { clock: clock.clone(), ..Options::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_told_twice(steps in steps()) {
        let mut world = World::new();
        for (minutes, step) in &steps {
            world.forward(*minutes);
            world.step(step);
        }
        world.end();
        world.judge();
        world.engine.close();
    }
}
