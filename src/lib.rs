//! Steelyard, a KPI rules engine: a small language for metrics, scorecards and alerts over business events.
//!
//! This is the map. Every module begins like this page, with the path of the data through it in numbered steps.
//!
//! ```text
//!    grammar/steelyard.pest
//!           │
//!  text ─► syntax ─► compile ─► eval (pure) ─► engine ─► store (one write transaction)
//!          tree +    Program    State::step      ▲  ▲         │ outbox
//!          mistakes  in plan    rows + now       │  │         ▼
//!             └──┬───order      -> notices       │  └─ testing   notify ─► webhooks, chat
//!            diagnostic                        http ◄─ cli
//! ```
//!
//! # The four paths
//!
//! **A ruleset's text**, from an editor or `PUT /v1/rulesets/…`:
//!
//! 1. [`syntax`] cuts the text into declarations and reads each by the grammar: a tree, and every mistake of the text.
//! 2. [`compile`] resolves names, checks units and cycles, and puts what is declared in the order of its need: the
//!    [`Program`](compile::program::Program). Mistakes are [`diagnostic`]s with a code, a place and a fix.
//! 3. [`testing`] runs the `test` blocks of the text on a virtual clock, over events in memory.
//! 4. [`engine`] keeps the version for ever as it is ([`put_ruleset`](engine::Workspace::put_ruleset)), and
//!    [`activate`](engine::Workspace::activate)s it now or later: the stored events run through it first.
//!
//! **An event**, from a file by `steelyard import` or `send`, or `POST /v1/events`:
//!
//! 1. [`http`] reads the body within its limits into [`RawEvent`](engine::RawEvent)s; `cli` does so with the rows of a file,
//!    as a `feed` says.
//! 2. [`engine`] queues them for the one writer of the workspace, which judges each: known already, well-formed, typed by
//!    every active program that declares it.
//! 3. [`eval`] steps every program: corrections replace rows, entities fold theirs, the touched cells change, and the alerts
//!    that depend on them are walked through event time ([`State::step`](eval::State::step)).
//! 4. [`store`] commits events, cells, alert tracks and deliveries in one transaction ([`Tx`](store::Tx)). Only then is
//!    the request answered, with a verdict on every event.
//!
//! **A query**, `GET /v1/metrics/…`, `/v1/scorecards/…` or `/v1/alerts`:
//!
//! 1. [`http`] says who asks, for which scopes and periods.
//! 2. [`engine`] takes a snapshot of the store ([`Workspace::read`](engine::Workspace::read)); the writer is not waited for.
//! 3. [`eval`] merges cells and computes formulas, scores and explanations ([`Reader`](eval::Reader)): the cost does not
//!    grow with the number of stored events.
//! 4. [`engine::show`] rounds, once, and [`http::wire`] gives the answer its shape.
//!
//! **An alert**:
//!
//! 1. A transition of [`eval`] became a delivery in the outbox of [`store`] in the transaction of its event, or of the
//!    instant that [`engine`] read from the clock: deadlines, `for` and the edges of windows need no event.
//! 2. [`notify`] takes what is due, makes the request that the service of the endpoint understands, signs it, checks the
//!    address and posts it ([`Dispatcher`](notify::Dispatcher)).
//! 3. The attempt is recorded in [`store`], and with it when to try again, or that the delivery is dead.
//!
//! # The modules
//!
//! | module | its one job | may import |
//! |---|---|---|
//! | [`diagnostic`] | code, place, message in English and Chinese, fix, drawing | nothing of ours |
//! | [`time`] | instants, zones, days, periods; never reads a clock | nothing of ours |
//! | [`foreign`] | what the system and the libraries say, in English and Chinese | diagnostic |
//! | [`syntax`] | text to tree with all mistakes; the formatter | diagnostic |
//! | [`compile`] | names, units, cycles, plan order: the `Program` | syntax, diagnostic, time |
//! | [`eval`] | the deterministic state machine: aggregates, windows, formulas, scores, alerts; no input or output | compile::program, time |
//! | [`store`] | tables, records, the outbox; the only one that names redb | eval, time, diagnostic, foreign, compile::program |
//! | [`engine`] | one writer a workspace: ingest, tick, activate, query, replay | compile, eval, store, time, diagnostic, foreign |
//! | [`notify`] | sign, send, retry, record | store, time, diagnostic, foreign |
//! | [`packages`] | finds what a ruleset uses on its search path, and pins it | syntax, diagnostic, foreign |
//! | [`testing`] | runs `test` blocks | syntax, compile, engine, time, diagnostic |
//! | [`report`] | pages for people: the handbook and the review as Markdown, HTML, XLSX | compile::program, engine, time, diagnostic |
//! | [`http`] | the doors: wire shapes, keys, limits, OpenAPI | syntax, compile, engine, notify, testing, report, time, diagnostic, foreign |
//! | [`lsp`] | rulesets in editors: the Language Server Protocol over standard input and output | syntax, compile, packages, diagnostic, foreign |
//! | [`cli`] | the commands | all |
//!
//! `tests/it/tidy.rs` reads the source and this table, and fails on an import that it does not allow. The cut between events
//! and numbers, the laws, the security model and the layers of tests are in `docs/ARCHITECTURE.md`.
#![forbid(unsafe_code)]

pub mod cli;
pub mod compile;
pub mod diagnostic;
pub mod engine;
pub mod eval;
pub mod foreign;
pub mod http;
pub mod lsp;
pub mod notify;
pub mod packages;
pub mod report;
pub mod store;
pub mod syntax;
pub mod testing;
pub mod time;
