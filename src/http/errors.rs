//! `/docs/errors/{code}`: what a code means and what to do, for the `type` of a problem.

use super::problem::{Answer, Problem};
use super::wire;
use crate::diagnostic::{Severity, Thing, codes};
use axum::Json;
use axum::extract::Path;

/// The texts of a code. `{placeholders}` stand for what a single case fills in.
#[utoipa::path(
    get, path = "/docs/errors/{code}", tag = "operation", security(()),
    params(("code" = String, Path, description = "A code such as SY0575")),
    responses(
        (status = 200, description = "The texts", body = wire::ErrorCode),
        (status = 404, description = "No such code", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(Path(code): Path<String>) -> Answer<Json<wire::ErrorCode>> {
    let known = codes::find(&code).ok_or_else(|| Problem::not_found(Thing::Code, &code))?;
    Ok(Json(wire::ErrorCode {
        code: known.id,
        severity: match known.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: known.en,
        message_zh: known.zh,
        help: known.help_en,
        help_zh: known.help_zh,
    }))
}
