//! The HTTP door.
//!
//! 1. [`server`] takes connections, and [`bare`] refuses what is no request; the [`shell`] around the router gives every
//!    request an id, a span, a time limit and one shape of refusal.
//! 2. [`auth`] says who asks and for which workspace; a handler (one file a resource) reads its input by [`body`] and
//!    [`params`], asks the engine, and answers with the shapes of [`wire`].
//! 3. Events go through [`events`]: bytes to records, records to the engine's queue, and the answer after the commit.
//! 4. [`openapi`] describes all of it at `/openapi.json`, to be tried out at `/docs`.

mod acks;
mod alerts;
mod audits;
pub mod auth;
mod bare;
mod bindings;
mod body;
mod counters;
mod dated;
mod dated_put;
mod dated_table;
mod dated_target;
mod deliveries;
mod diffs;
mod endpoints;
mod errors;
mod escalations;
pub mod events;
mod keys;
mod metrics;
mod numbers;
mod openapi;
mod ops;
mod params;
mod periods;
pub mod problem;
mod reading;
mod reports;
mod review;
mod routes;
mod rulesets;
mod schedules;
mod scorecards;
mod server;
mod shell;
mod silences;
mod told_put;
mod trials;
pub mod wire;
mod workspaces;

pub use auth::{Access, bind_allowed, new_key};
pub use server::serve;

use crate::engine::{AuditEntry, Engine, Workspace};
use crate::notify::Dispatcher;
use auth::Caller;
use counters::Counters;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The limits of the door. Every one has an error that names it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body with events, after decompression.
    pub body_max: usize,
    /// Bytes of all bodies together, from their arrival to the answer.
    pub room: usize,
    /// Events in one request.
    pub events_max: usize,
    /// Connections at once.
    pub connections: usize,
    /// How long the head of a request may take.
    pub head_timeout: Duration,
    /// How long the body may take.
    pub body_timeout: Duration,
    /// How long the answer may take.
    pub request_timeout: Duration,
    /// Samples of KPIs at `/metrics`; unknown ones, which are not shown, count too.
    pub samples_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body_max: 8 << 20,
            room: 128 << 20,
            events_max: 10_000,
            connections: 4_096,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            samples_max: 10_000,
        }
    }
}

/// What the handlers share.
pub struct App {
    /// All workspaces.
    pub engine: Arc<Engine>,
    /// Sends webhooks; its outboxes follow the workspaces.
    pub dispatcher: Arc<Dispatcher>,
    /// Who may come in.
    pub access: Access,
    /// The limits.
    pub limits: Limits,
    counters: Counters,
    /// Rulesets are parsed and tested a few at a time: that is the one place where a request can cost much.
    compiling: Arc<Semaphore>,
    /// How many bytes of bodies may still come.
    room: Arc<Semaphore>,
}

impl App {
    /// The door to an engine. Every workspace's outbox is watched from now on.
    pub fn new(engine: Arc<Engine>, dispatcher: Arc<Dispatcher>, access: Access, limits: Limits) -> Arc<App> {
        let (compiling, room) = (Arc::new(Semaphore::new(2)), Arc::new(Semaphore::new(limits.room.max(limits.body_max))));
        let app = App { engine, dispatcher, access, limits, counters: Counters::default(), compiling, room };
        for name in app.engine.workspaces() {
            if let Some(workspace) = app.engine.workspace(&name) {
                app.attach(&workspace);
            }
        }
        Arc::new(app)
    }

    /// Writes a change into the audit log. A change that was made is not undone when that fails; the log says so.
    async fn audit(&self, caller: &Caller, workspace: &str, action: &str, target: &str, detail: &str) {
        let entry = AuditEntry {
            seq: 0,
            at: self.engine.now(),
            actor: caller.id().to_owned(),
            workspace: workspace.to_owned(),
            action: action.to_owned(),
            target: target.to_owned(),
            detail: detail.to_owned(),
            chain: [0; 32],
        };
        let control = Arc::clone(self.engine.control());
        let written = tokio::task::spawn_blocking(move || control.append_audit(entry).map(|_| ())).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, action, target, "the audit log cannot be written"),
            Err(error) => tracing::error!(%error, action, target, "the audit log cannot be written"),
        }
    }

    /// Has the deliveries of a workspace sent.
    fn attach(&self, workspace: &Workspace) {
        workspace.on_outbox(self.dispatcher.watch(workspace.name(), Arc::clone(workspace.store())));
    }
}
