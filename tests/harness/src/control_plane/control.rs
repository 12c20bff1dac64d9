//! HTTP endpoints that control the simulation when it runs as a program.
//!
//! | request | effect |
//! |---|---|
//! | `GET /_control/log?operation=ID` | lists the requests so far |
//! | `DELETE /_control/log` | clears the log |
//! | `GET /_control/faults` | lists the faults |
//! | `POST /_control/faults {"fault": "OPERATION=KIND,…"}` | adds a fault |
//! | `DELETE /_control/faults` | removes all faults |
//! | `GET /_control/machines` | lists the machines with all stored fields |
//! | `POST /_control/machines/UUID/outcome {"outcome": "error"}` | sets the outcome of the machine's next run |
//! | `GET /_control/runs` | lists every provision run |
//! | `POST /_control/advance {"time": "5m"}` | moves the clock forward |
//! | `GET /_control/violations` | lists violations of the contract |

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::collection::Collection;
use super::faults::{Fault, parse_duration};
use super::lock;
use super::problem::Problem;
use super::requests::{self, Server, control_response};
use super::runs::Outcome;

#[derive(Deserialize)]
struct LogQuery {
    operation: Option<String>,
}

#[derive(Deserialize)]
struct NewFault {
    fault: String,
}

#[derive(Deserialize)]
struct NewOutcome {
    outcome: String,
}

#[derive(Deserialize)]
struct Advance {
    time: String,
}

/// Routes `/_control/` to this module and everything else to the simulated API.
pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/_control/log", get(log).delete(clear_log))
        .route("/_control/log/counts", get(counts))
        .route(
            "/_control/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/_control/machines", get(machines))
        .route("/_control/machines/{uuid}/outcome", post(script_run))
        .route("/_control/runs", get(runs))
        .route("/_control/advance", post(advance))
        .route("/_control/violations", get(violations))
        .fallback(requests::handle)
        .with_state(server)
}

async fn log(State(server): State<Arc<Server>>, Query(query): Query<LogQuery>) -> Response {
    let entries = match query.operation {
        Some(operation) => server.log.of(&operation),
        None => server.log.all(),
    };
    control_response(&json!(entries))
}

async fn counts(State(server): State<Arc<Server>>) -> Response {
    control_response(&json!(server.log.counts()))
}

async fn clear_log(State(server): State<Arc<Server>>) -> StatusCode {
    server.log.clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(server): State<Arc<Server>>) -> Response {
    control_response(&json!({ "seed": server.faults.seed(), "faults": server.faults.describe() }))
}

async fn add_fault(State(server): State<Arc<Server>>, Json(new): Json<NewFault>) -> Response {
    match Fault::parse(&new.fault) {
        Ok(fault) => {
            server.faults.add(fault);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => Problem::bad_request(error.to_string()).into_response(),
    }
}

async fn clear_faults(State(server): State<Arc<Server>>) -> StatusCode {
    server.faults.clear();
    StatusCode::NO_CONTENT
}

async fn machines(State(server): State<Arc<Server>>) -> Response {
    let mut store = lock(&server.account.store);
    store.update_machines_to_now();
    let machines: Vec<_> = store.objects(Collection::Machines).collect();
    control_response(&json!(machines))
}

async fn script_run(
    State(server): State<Arc<Server>>,
    Path(uuid): Path<String>,
    Json(new): Json<NewOutcome>,
) -> Result<StatusCode, Problem> {
    let mut store = lock(&server.account.store);
    store.get(Collection::Machines, &uuid)?;
    let Ok(outcome) = new.outcome.parse::<Outcome>();
    store.script_run(&uuid, outcome);
    Ok(StatusCode::NO_CONTENT)
}

async fn runs(State(server): State<Arc<Server>>) -> Response {
    control_response(&json!(lock(&server.account.store).run_views()))
}

async fn advance(
    State(server): State<Arc<Server>>,
    Json(advance): Json<Advance>,
) -> Result<StatusCode, Problem> {
    let time = parse_duration(&advance.time)
        .ok_or_else(|| Problem::bad_request(format!("'{}' is not a duration such as '5m'", advance.time)))?;
    server.clock.advance(time);
    Ok(StatusCode::NO_CONTENT)
}

async fn violations(State(server): State<Arc<Server>>) -> Response {
    control_response(&json!(*lock(&server.violations)))
}
