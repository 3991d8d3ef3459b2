//! For operators: alive, ready, which version, and metrics in the text format of Prometheus.
//!
//! 1. The counters of the door come first, then what waits in every outbox the caller may see.
//! 2. KPI values follow as gauges: every metric that is a number, for the whole workspace and for every scope the
//!    ruleset keeps, over the running day and month. They are bounded: what does not fit is counted, not listed.

use super::App;
use super::auth::{Caller, Need};
use super::problem::{Answer, Problem};
use super::reading::{self, blocking};
use super::wire;
use crate::compile::program::{Formula, Metric, MetricIdx, Unit, Window};
use crate::diagnostic::{Diagnostic, Thing};
use crate::engine::show::bare;
use crate::engine::{About, AlertFilter, AlertState, Question, Reader, When, Which, Workspace, severity_name};
use crate::time::Grain;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// The process is alive.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses((status = 200, description = "`ok`", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The stores can be read. Workspaces whose files are damaged are told, and hold up no other.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, description = "`ready`, and how many workspaces cannot be served", body = String), (status = 503, description = "Not now", body = wire::Problem, content_type = "application/problem+json"))
)]
pub async fn readyz(State(app): State<Arc<App>>) -> Answer<String> {
    blocking(move || {
        app.engine.control().workspaces().map_err(Diagnostic::from)?;
        let mut text = "ready\n".to_owned();
        let failing = app.engine.failing();
        if !failing.is_empty() {
            // Anybody may ask, so that no names are told.
            let codes: BTreeSet<&str> = failing.values().map(|why| why.code.id).collect();
            let codes = codes.into_iter().collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "{} workspaces cannot be served ({codes}): see the log and /v1/workspaces", failing.len());
        }
        Ok(text)
    })
    .await
}

/// Which program answers.
#[utoipa::path(get, path = "/version", tag = "operation", security(()), responses((status = 200, description = "The version", body = wire::Version)))]
pub async fn version() -> Json<wire::Version> {
    Json(wire::Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), api: "v1" })
}

/// Counters and KPI values in the text format of Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, description = "Text format 0.0.4", body = String, content_type = "text/plain"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn metrics(State(app): State<Arc<App>>, caller: Caller) -> Answer<Response> {
    caller.may(Need::Read)?;
    // An admin sees every workspace, everybody else their own; a key that is bound to some rows sees no totals.
    let own = caller.workspace_name()?.to_owned();
    let everything = caller.may(Need::Admin).is_ok();
    let names = if everything { app.engine.workspaces() } else { vec![own] };
    let names = if caller.scope().is_empty() { names } else { Vec::new() };
    let text = blocking(move || {
        let mut out = String::new();
        // The counters of the process tell how busy other workspaces are.
        if everything {
            app.counters.write(&mut out);
            app.dispatcher.write_counts(&mut out);
        }
        let mut page = Page { families: Default::default(), left: app.limits.samples_max, dropped: 0 };
        for name in names {
            if let Some(workspace) = app.engine.find(&name)? {
                page.workspace(&workspace)?;
            }
        }
        page.end(&mut out);
        Ok(out)
    })
    .await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// The families of samples, in the order of the page: name, help.
const FAMILIES: [(&str, &str); 4] = [
    ("steelyard_endpoints_pending", "Endpoints for which deliveries are pending."),
    ("steelyard_alerts", "Open alerts by rule and severity."),
    ("steelyard_metric", "KPI values over the running day and month; unknown ones have no sample."),
    ("steelyard_notifications_unrouted", "Notifications that no endpoint wanted, ever."),
];

const PENDING: usize = 0;
const ALERTS: usize = 1;
const VALUES: usize = 2;
const UNROUTED: usize = 3;

/// The page being written. Samples of one family must stand together, so each family has a text of its own.
struct Page {
    families: [String; FAMILIES.len()],
    left: usize,
    dropped: usize,
}

impl Page {
    fn workspace(&mut self, workspace: &Workspace) -> Answer<()> {
        let due = workspace.store().due_endpoints().map_err(Diagnostic::from)?;
        let labels = [("workspace", workspace.name())];
        self.sample(PENDING, &labels, &due.len().to_string());
        self.sample(UNROUTED, &labels, &workspace.unrouted()?.to_string());
        let firing = AlertFilter { states: vec![AlertState::Pending, AlertState::Firing], ..AlertFilter::default() };
        let mut counted: BTreeMap<(String, String, &'static str), usize> = BTreeMap::new();
        for alert in workspace.alerts(&firing)? {
            let state = alert.severity.map_or("pending", severity_name);
            *counted.entry((alert.ruleset, alert.rule, state)).or_default() += 1;
        }
        for ((ruleset, rule, severity), n) in counted {
            let labels = [("workspace", workspace.name()), ("ruleset", &ruleset), ("rule", &rule), ("severity", severity)];
            self.sample(ALERTS, &labels, &n.to_string());
        }
        for program in workspace.programs() {
            let question = Question { about: About::Ruleset, ruleset: Some(&program.name), which: Which::Active, at: None, known_at: None };
            workspace.read(&question, |reader| self.program(workspace.name(), reader))??;
        }
        Ok(())
    }

    fn program(&mut self, workspace: &str, reader: &Reader<'_>) -> Answer<()> {
        for (index, metric) in reader.program.metrics.iter().enumerate() {
            if matches!(metric.unit, Unit::Time | Unit::Date | Unit::Text | Unit::Flag) {
                continue;
            }
            for grouping in &reader.program.groupings {
                if self.left == 0 {
                    self.dropped += 1;
                } else if grouping.iter().all(|dim| metric.dims.contains(dim)) {
                    self.grouping(workspace, reader, (index, metric), grouping)?;
                }
            }
        }
        Ok(())
    }

    fn grouping(&mut self, workspace: &str, reader: &Reader<'_>, (index, metric): (MetricIdx, &Metric), grouping: &[usize]) -> Answer<()> {
        let program = reader.program;
        for scope in reading::scopes(reader, grouping, &[])? {
            for (window, grain) in [("day", Grain::Day), ("month", Grain::Month)] {
                if self.left == 0 {
                    self.dropped += 1;
                    continue;
                }
                let when = When::Window(Window::Period { grain, previous: false });
                let number = reader.number(&Formula::Metric(index), when, &scope).map_err(reading::fault)?;
                // What is unknown has no sample: a gauge cannot say so.
                let Some(value) = number.decimal() else {
                    // It costs as much as one that is known, so it counts as well.
                    self.left -= 1;
                    continue;
                };
                let mut labels = vec![("workspace", workspace), ("ruleset", &program.name), ("metric", &metric.name), ("window", window)];
                let dims: Vec<_> = scope
                    .iter()
                    .map(|(dim, value)| (format!("dim_{}", program.dims.get(*dim).map_or("", String::as_str)), value))
                    .collect();
                labels.extend(dims.iter().map(|(dim, value)| (dim.as_str(), &***value)));
                self.sample(VALUES, &labels, &bare(value));
            }
        }
        Ok(())
    }

    fn sample(&mut self, family: usize, labels: &[(&str, &str)], value: &str) {
        if self.left == 0 {
            self.dropped += 1;
            return;
        }
        self.left -= 1;
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        if let (Some(out), Some((name, _))) = (self.families.get_mut(family), FAMILIES.get(family)) {
            let _ = writeln!(out, "{name}{{{}}} {value}", labels.join(","));
        }
    }

    fn end(self, out: &mut String) {
        for ((name, help), samples) in FAMILIES.iter().zip(&self.families) {
            let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{samples}");
        }
        out.push_str("# HELP steelyard_samples_dropped Samples that did not fit on this page.\n# TYPE steelyard_samples_dropped gauge\n");
        let _ = writeln!(out, "steelyard_samples_dropped {}", self.dropped);
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// No such route.
pub async fn nothing(uri: axum::http::Uri) -> Problem {
    Problem::not_found(Thing::Route, uri.path())
}
