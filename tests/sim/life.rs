//! One simulation: the program lives, dies and lives again over the same disk and the same receivers.
//!
//! 1. A life has a runtime of one thread whose clock is paused: time passes only when everybody waits.
//! 2. The driver follows the plan. A step that a crash cut off is taken again in the next life, as a client would.
//! 3. After the last step all receivers work, and the program has some days to deliver what is left.

use crate::disk::Mounted;
use crate::history::{History, Tally};
use crate::plan::{self, Step};
use crate::template;
use crate::wire::Wire;
use crate::world::{SECOND, START, World};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use steelyard::engine::{DEFAULT_WORKSPACE, Engine, Options, Workspace};
use steelyard::notify::guard::SystemLookup;
use steelyard::notify::{Dispatcher, Guard, Limits, Sender, Timeouts};
use steelyard::store::{Binding, Endpoint, Settings};
use steelyard::time::Instant;

/// How long the program has in the end: more than the longest pauses of the schedule and of Retry-After.
const LEFT_HOURS: u64 = 60;

/// A program that dies more often does not start any more.
const LIVES_MAX: u32 = 200;

/// What a simulation left.
pub struct Report {
    pub tally: Tally,
    pub faults: Vec<String>,
    pub journal: String,
}

/// Runs a seed.
pub fn run(seed: u64) -> Report {
    let world = Arc::new(World::new(seed));
    let steps = plan::draw(&world).into();
    let mut progress = Progress { steps, toggling: None, history: History::default() };
    loop {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let end = runtime.block_on(progress.live(&world));
        drop(runtime);
        let mut state = world.state();
        if end.is_none() && state.life > LIVES_MAX {
            state.fault("it lives no more".to_owned());
        }
        if end.is_some() || state.life > LIVES_MAX {
            let tally = end.unwrap_or_default();
            let (faults, journal) = (std::mem::take(&mut state.faults), std::mem::take(&mut state.journal));
            return Report { tally, faults, journal };
        }
        world.disk.crash(&mut state.random);
    }
}

/// How far a simulation is.
struct Progress {
    steps: VecDeque<(i64, Step)>,
    /// The events of the step in progress.
    toggling: Option<Vec<usize>>,
    history: History,
}

/// The program while it lives.
struct Program {
    workspace: Arc<Workspace>,
    dispatcher: Dispatcher,
    _engine: Engine,
}

/// Why a life is over early: the power failed.
struct Dead;

impl Progress {
    /// Lives until the end, or None when it died before.
    async fn live(&mut self, world: &Arc<World>) -> Option<Tally> {
        world.begin();
        let end = match self.start(world) {
            Ok(program) => self.follow(world, program).await,
            Err(Dead) => None,
        };
        if end.is_none() {
            world.end("it dies");
        }
        end
    }

    fn start(&mut self, world: &Arc<World>) -> Result<Program, Dead> {
        world.show_clock();
        let clock = Arc::clone(&world.clock);
        let medium = Arc::new(Mounted(Arc::clone(&world.disk)));
        let options = Options { clock, medium, cache_bytes: 1 << 20, ..Options::default() };
        let engine = alive(world, "the engine does not start", Engine::open(template::folder(), options))?;
        let workspace = engine.workspace(DEFAULT_WORKSPACE).unwrap();
        // The writer reads on a thread of its own, and what is read decides which pages the next commits write.
        while !workspace.is_loaded() && engine.failing().is_empty() && !world.disk.has_failed() {
            std::thread::sleep(Duration::from_millis(1));
        }
        if world.state().life == 1 {
            make_endpoints(world, &workspace);
        }
        let guard = Guard { allowed: vec!["10.1.0.0/16".parse().unwrap()] };
        let wire = Arc::new(Wire(Arc::clone(world)));
        let sender = Sender::with_network(guard, Timeouts::default(), Arc::new(SystemLookup), wire);
        let wall = Arc::clone(world);
        let dispatcher = Dispatcher::new(sender, Limits::default(), Arc::new(move || wall.wall()));
        workspace.on_outbox(dispatcher.watch(DEFAULT_WORKSPACE, Arc::clone(workspace.store())));
        self.history.look(world, &workspace);
        Ok(Program { workspace, dispatcher, _engine: engine })
    }

    async fn follow(&mut self, world: &Arc<World>, program: Program) -> Option<Tally> {
        while let Some((pause, step)) = self.steps.front().cloned() {
            if !wait(world, Duration::from_micros(u64::try_from(pause).unwrap())).await {
                return None;
            }
            // When the step is cut off, it comes again at once.
            self.steps[0].0 = 0;
            world.show_clock();
            let is_end = matches!(step, Step::Kill | Step::Restart);
            if step == Step::Restart {
                program.dispatcher.stop(Duration::from_secs(20)).await;
            }
            if !is_end && self.take(world, &program, &step).is_err() {
                return None;
            }
            self.steps.pop_front();
            if is_end {
                return None;
            }
        }
        world.disk.light(None);
        world.say("all receivers work, and the clock is right again");
        self.heal(world, &program.workspace);
        for hour in 0..LEFT_HOURS {
            if hour < 2 {
                world.show_clock();
                program.workspace.tick().unwrap();
            }
            if !wait(world, Duration::from_secs(3_600)).await {
                return None;
            }
            self.history.look(world, &program.workspace);
            if program.workspace.store().due_endpoints().unwrap().is_empty() {
                break;
            }
        }
        program.dispatcher.stop(Duration::from_secs(20)).await;
        Some(self.history.judge(world, &program.workspace))
    }

    /// Nothing fails any more.
    fn heal(&mut self, world: &World, workspace: &Workspace) {
        let behind_us = workspace.now().0 - world.wall().0;
        let mut state = world.state();
        state.healed = true;
        state.skew_us += (behind_us + 60 * SECOND).max(0);
    }

    fn take(&mut self, world: &Arc<World>, program: &Program, step: &Step) -> Result<(), Dead> {
        let workspace = &program.workspace;
        let store = workspace.store();
        world.say(&format!("{step:?}"));
        self.history.look(world, workspace);
        match step {
            Step::Toggle(shops) => return self.toggle(world, workspace, shops),
            Step::Tick => {
                alive(world, "a tick fails", workspace.tick())?;
                self.history.look(world, workspace);
            }
            Step::Rest => alive(world, "the store does not rest", store.rest())?,
            Step::Jump(far) => world.state().skew_us += far,
            Step::Rotate(n) => {
                let (id, secret) = {
                    let mut state = world.state();
                    (state.receivers[*n].id.clone(), plan::secret(&mut state.random))
                };
                let rotated = alive(world, "a secret is not rotated", store.rotate_secret(&id, secret))?;
                world.state().receivers[*n].secrets = rotated.secrets;
            }
            Step::Enable(n) => {
                let id = world.state().receivers[*n].id.clone();
                let enable = |endpoint: &mut Endpoint| (endpoint.disabled, endpoint.failing_since) = (None, None);
                alive(world, "an endpoint is not enabled", store.update_endpoint(&id, enable))?;
                program.dispatcher.wake(DEFAULT_WORKSPACE);
            }
            Step::CutAtWrite(n) => world.disk.light(Some(*n)),
            Step::KillAtRequest(n) => world.state().fuse = Some(*n),
            Step::Kill | Step::Restart => {}
        }
        Ok(())
    }

    fn toggle(&mut self, world: &Arc<World>, workspace: &Workspace, shops: &[usize]) -> Result<(), Dead> {
        let history = &mut self.history;
        let levers = match self.toggling.take() {
            Some(levers) => levers,
            None => shops.iter().map(|shop| history.lever(*shop, workspace.now())).collect(),
        };
        history.sending(&levers, workspace);
        let events = levers.iter().map(|lever| history.event(*lever)).collect();
        self.toggling = Some(levers.clone());
        let answer = block_on(workspace.ingest(events).unwrap()).unwrap();
        let report = alive(world, "events are refused", answer)?;
        self.toggling = None;
        if report.duplicates > 0 {
            history.were_known(&levers);
        }
        if report.accepted + report.duplicates != levers.len() || (report.accepted > 0 && report.duplicates > 0) {
            world.state().fault(format!("a request was taken in part: {report:?}"));
        }
        history.look(world, workspace);
        Ok(())
    }
}

/// Lets time pass; false when the program is to be killed.
async fn wait(world: &World, pause: Duration) -> bool {
    let over = tokio::time::Instant::now() + pause;
    while !world.must_die() {
        tokio::select! {
            biased;
            // What rang for a life before is no reason to end this one.
            () = world.bell.notified() => {}
            () = tokio::time::sleep_until(over) => return true,
        }
    }
    false
}

/// What only may fail when the power did.
fn alive<T, E: std::fmt::Debug>(world: &World, what: &str, result: Result<T, E>) -> Result<T, Dead> {
    result.map_err(|error| {
        if !world.disk.has_failed() {
            world.state().fault(format!("{what}: {error:?}"));
        }
        Dead
    })
}

fn make_endpoints(world: &World, workspace: &Workspace) {
    for (n, receiver) in world.state().receivers.iter().enumerate() {
        let endpoint = Endpoint {
            id: receiver.id.clone(),
            url: format!("http://10.1.0.{n}/hook"),
            channels: Vec::new(),
            secrets: receiver.secrets.clone(),
            disabled: None,
            created_at: Instant(START),
            failing_since: None,
            settings: Settings::default(),
            binding: Binding::default(),
        };
        workspace.store().put_endpoint(&endpoint).unwrap();
    }
}

/// Waits for the writer's thread as if it were a function: no simulated time passes meanwhile.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
