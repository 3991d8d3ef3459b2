//! `/v1/rulesets`: immutable versions of texts, and which of them counts.
//!
//! 1. A text is checked as a whole: parsed, compiled, and its own `test` blocks run ([`judge`]). That may cost much, so
//!    only a few texts are judged at the same time.
//! 2. A text without errors and failing tests may be put: name and version never mean another text again.
//! 3. A version is activated, now or later; the stored events are run through it first.

use super::App;
use super::auth::{Caller, Need};
use super::body::{self, Input};
use super::params::Params;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::{numbers, shell, wire};
use crate::compile::program::Program;
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::{RulesetInfo, Workspace};
use crate::time::Instant;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// All versions of all rulesets.
#[utoipa::path(
    get, path = "/v1/rulesets", tag = "rulesets",
    responses(
        (status = 200, description = "The versions, by name, in the order in which they were put", body = wire::List<wire::Ruleset>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::Ruleset>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    params.end()?;
    let found = blocking(move || Ok(workspace.rulesets()?)).await?;
    Ok(Json(wire::List::whole(found.iter().map(|info| show(info, Vec::new())).collect())))
}

/// One version.
#[utoipa::path(
    get, path = "/v1/rulesets/{name}/{version}", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id"), ("version" = String, Path, description = "The version")),
    responses(
        (status = 200, description = "The version", body = wire::Ruleset),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Answer<Json<wire::Ruleset>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let info = blocking(move || Ok(workspace.ruleset(&name, &version)?)).await?;
    Ok(Json(show(&info, Vec::new())))
}

/// The text of a version.
#[utoipa::path(
    get, path = "/v1/rulesets/{name}/{version}/source", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id"), ("version" = String, Path, description = "The version")),
    responses(
        (status = 200, description = "The text, as it was put", body = String, content_type = "text/plain"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn source(State(app): State<Arc<App>>, caller: Caller, Path((name, version)): Path<(String, String)>) -> Answer<Response> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let what = format!("{name} {version}");
    let text = blocking(move || Ok(workspace.source(&name, &version)?)).await?;
    let text = text.ok_or_else(|| Problem::not_found(Thing::Ruleset, &what))?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// Checks a text and runs its tests; stores nothing.
#[utoipa::path(
    post, path = "/v1/rulesets/check", tag = "rulesets",
    request_body(description = "The text of a ruleset, with the packages it uses behind it as `steelyard bundle` writes them", content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "The verdict, good or bad", body = wire::Checked),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn check(State(app): State<Arc<App>>, caller: Caller, body: Body) -> Answer<Json<wire::Checked>> {
    caller.workspace(&app, Need::Read)?;
    let text = body::text(&app, body).await?;
    Ok(Json(judge(&app, text).await?.checked()))
}

/// Puts a version. The same text again is welcome, another text under the same version is not.
#[utoipa::path(
    put, path = "/v1/rulesets/{name}/{version}", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id, as in the text"), ("version" = String, Path, description = "The version, as in the text")),
    request_body(description = "The text of a ruleset, with the packages it uses behind it as `steelyard bundle` writes them", content = String, content_type = "text/plain"),
    responses(
        (status = 201, description = "The version is stored; it does not count yet", body = wire::Ruleset),
        (status = 409, description = "The version exists with another text", body = wire::Problem, content_type = "application/problem+json"),
        (status = 422, description = "The text has errors, or its tests fail", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
    body: Body,
) -> Answer<Response> {
    keep(&app, &caller, Some(format!("{name} {version}")), body).await
}

/// Puts a version under the name and version that the text declares.
#[utoipa::path(
    post, path = "/v1/rulesets", tag = "rulesets",
    request_body(description = "The text of a ruleset, with the packages it uses behind it as `steelyard bundle` writes them", content = String, content_type = "text/plain"),
    responses(
        (status = 201, description = "The version is stored; it does not count yet", body = wire::Ruleset),
        (status = 409, description = "The version exists with another text", body = wire::Problem, content_type = "application/problem+json"),
        (status = 422, description = "The text has errors, or its tests fail", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post(State(app): State<Arc<App>>, caller: Caller, body: Body) -> Answer<Response> {
    keep(&app, &caller, None, body).await
}

async fn keep(app: &Arc<App>, caller: &Caller, wanted: Option<String>, body: Body) -> Answer<Response> {
    let workspace = caller.workspace(app, Need::Author)?;
    let text = body::text(app, body).await?;
    let verdict = judge(app, text).await?;
    let program = verdict.passed()?;
    let found = format!("{} {}", program.name, program.version);
    if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
        return Err(Problem::unprocessable(&Diagnostic::general(&codes::NAME_DIFFERS).arg("found", found).arg("wanted", wanted)));
    }
    let warnings = verdict.mistakes(false);
    let (text, kept) = (verdict.text, Arc::clone(&workspace));
    let info = blocking(move || kept.put_ruleset(&text).map_err(|diagnostics| refused(&diagnostics, &text))).await?;
    app.audit(caller, workspace.name(), "ruleset.put", &found, &info.hash).await;
    Ok((StatusCode::CREATED, Json(show(&info, warnings))).into_response())
}

/// A refusal of the engine: one reason that is not about the text, or the mistakes of the text.
fn refused(diagnostics: &[Diagnostic], text: &str) -> Problem {
    match diagnostics {
        [one] if one.span.is_none() => Problem::from(one.clone()),
        _ => mistaken(wire::Mistake::all(diagnostics.iter().filter(|diagnostic| diagnostic.is_error()), text)),
    }
}

fn mistaken(errors: Vec<wire::Mistake>) -> Problem {
    Problem::unprocessable(&Diagnostic::general(&codes::RULESET_REFUSED).arg("n_errors", errors.len())).with_errors(errors)
}

/// Lets a version count, now or later. What counted before of this ruleset counts no more.
#[utoipa::path(
    post, path = "/v1/rulesets/{name}/{version}/activate", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id"), ("version" = String, Path, description = "The version")),
    request_body(content = Option<wire::Activate>),
    responses(
        (status = 200, description = "It counts, or will", body = wire::Activated),
        (status = 202, description = "Many stored events are still being run through it. It counts as soon as GET /v1/rulesets shows it as active; what counted before counts until then.", body = wire::Activated),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn activate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
    Input(input): Input<wire::Activate>,
) -> Answer<(StatusCode, Json<wire::Activated>)> {
    let workspace = caller.workspace(&app, Need::Author)?;
    let at = input
        .at
        .map(|text| {
            Instant::parse_rfc3339(&text)
                .ok_or_else(|| Problem::body(Words::new("`at` is not an RFC 3339 time", "`at` 不是 RFC 3339 时间")))
        })
        .transpose()?;
    // A request that ends early, by its time limit or by a caller who hangs up, does not end the activation.
    let patience = app.limits.request_timeout / 2;
    let working = shell::detached(activation(app, caller, workspace, (name.clone(), version.clone()), at));
    match tokio::time::timeout(patience, working).await {
        Ok(done) => Ok((StatusCode::OK, Json(done.map_err(Problem::internal)??))),
        Err(_) => {
            let working = wire::Activated { name, version, working: true, scheduled: None, replayed: 0, skipped: 0 };
            Ok((StatusCode::ACCEPTED, Json(working)))
        }
    }
}

/// Activates a version and writes that down.
async fn activation(
    app: Arc<App>,
    caller: Caller,
    workspace: Arc<Workspace>,
    (name, version): (String, String),
    at: Option<Instant>,
) -> Answer<wire::Activated> {
    let (asked, ruleset, number) = (Arc::clone(&workspace), name.clone(), version.clone());
    let done = blocking(move || Ok(asked.activate(&ruleset, &number, at)?)).await.inspect_err(|problem| {
        tracing::warn!(ruleset = name, version, code = problem.code(), "an activation was refused");
    })?;
    let scheduled = done.scheduled.map(|at| at.to_string());
    app.audit(&caller, workspace.name(), "ruleset.activate", &format!("{name} {version}"), scheduled.as_deref().unwrap_or("now")).await;
    Ok(wire::Activated { name, version, working: false, scheduled, replayed: done.replayed, skipped: done.skipped })
}

/// Lets no version of a ruleset count any more.
#[utoipa::path(
    post, path = "/v1/rulesets/{name}/deactivate", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id")),
    responses(
        (status = 204, description = "None counts"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn deactivate(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let workspace = caller.workspace(&app, Need::Author)?;
    let (asked, ruleset) = (Arc::clone(&workspace), name.clone());
    blocking(move || Ok(asked.deactivate(&ruleset)?)).await?;
    app.audit(&caller, workspace.name(), "ruleset.deactivate", &name, "").await;
    Ok(StatusCode::NO_CONTENT)
}

/// What was found in a text.
struct Verdict {
    text: String,
    program: Option<Arc<Program>>,
    diagnostics: Vec<Diagnostic>,
    n_tests: usize,
    failed: Vec<wire::TestResult>,
}

/// Parses, compiles and tests a text.
async fn judge(app: &Arc<App>, text: String) -> Answer<Verdict> {
    let permit = Arc::clone(&app.compiling).acquire_owned().await.map_err(Problem::internal)?;
    blocking(move || {
        // Held by the thread that works, not by the request: a caller that hangs up frees nothing.
        let _permit = permit;
        let compiled = crate::compile::check(&text);
        let program = compiled.program.map(Arc::new);
        let mut verdict = Verdict { program, diagnostics: compiled.diagnostics, n_tests: 0, failed: Vec::new(), text };
        if let Some(program) = &verdict.program {
            let parsed = crate::syntax::parse::parse(&verdict.text);
            let report = crate::testing::run(program, &parsed.file, &verdict.text);
            verdict.n_tests = report.tests.len();
            let failed = report.tests.iter().filter(|test| !test.passed());
            let failures = |failures: &[Diagnostic]| wire::Mistake::all(failures, &verdict.text);
            verdict.failed = failed.map(|test| wire::TestResult { name: test.name.clone(), failures: failures(&test.failures) }).collect();
        }
        Ok(verdict)
    })
    .await
}

impl Verdict {
    fn mistakes(&self, errors: bool) -> Vec<wire::Mistake> {
        let wanted = self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error() == errors);
        wire::Mistake::all(wanted, &self.text)
    }

    fn passed(&self) -> Answer<&Arc<Program>> {
        let program = self.program.as_ref().ok_or_else(|| mistaken(self.mistakes(true)))?;
        if self.failed.is_empty() {
            return Ok(program);
        }
        let diagnostic = Diagnostic::general(&codes::TESTS_FAILED).arg("n_failed", self.failed.len()).arg("n_tests", self.n_tests);
        Err(Problem::unprocessable(&diagnostic).with_tests(self.failed.clone()))
    }

    fn checked(self) -> wire::Checked {
        wire::Checked {
            ok: self.program.is_some() && self.failed.is_empty(),
            name: self.program.as_ref().map(|program| program.name.clone()),
            version: self.program.as_ref().map(|program| program.version.clone()),
            errors: self.mistakes(true),
            warnings: self.mistakes(false),
            n_tests: self.n_tests,
            tests: self.failed,
        }
    }
}

fn show(info: &RulesetInfo, warnings: Vec<wire::Mistake>) -> wire::Ruleset {
    wire::Ruleset {
        name: info.name.clone(),
        version: info.version.clone(),
        hash: info.hash.clone(),
        title: numbers::title(&info.title, &info.name),
        title_zh: info.title.zh.clone(),
        put_at: info.put_at.to_string(),
        active: info.active,
        active_from: info.active_from.map(|at| at.to_string()),
        scheduled: info.scheduled.map(|at| at.to_string()),
        trial: info.trial.map(|(from, left_out)| wire::Trial { from: from.to_string(), left_out }),
        warnings,
    }
}
