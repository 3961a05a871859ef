//! The endpoints.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::body::{self, DynoCreate, LogSessionCreate};
use super::dyno::{Stopper, date_time};
use super::log::LogSession;
use super::refusal::Refusal;
use super::{Core, Deployed, Heroku, uuid};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");

pub(super) fn router(heroku: Heroku) -> Router {
    Router::new()
        .route("/account", get(account))
        .route("/apps/{app}", get(app))
        .route("/apps/{app}/dynos", get(list).post(create))
        .route("/apps/{app}/dynos/{dyno}", get(info))
        .route("/apps/{app}/dynos/{dyno}/actions/stop", post(stop))
        .route("/apps/{app}/log-sessions", post(open_log))
        .fallback(async || Refusal::no_endpoint())
        .method_not_allowed_fallback(async || Refusal::no_endpoint())
        .layer(from_fn_with_state(heroku.clone(), admit))
        .route("/sessions/{session}", get(read_log))
        .with_state(heroku)
}

/// What holds for every request of the API.
async fn admit(State(heroku): State<Heroku>, request: Request, next: Next) -> Response {
    let core = &heroku.core;
    let (request_id, admitted) = {
        let mut state = core.state();
        let request_id = uuid(&mut state.rng);
        let admitted = check(core, request.headers()).and_then(|()| {
            let remaining = state.quota.take(core.clock.now());
            remaining.ok_or_else(Refusal::rate_limit)
        });
        (request_id, admitted)
    };
    let (mut response, remaining) = match admitted {
        Ok(remaining) => (next.run(request).await, Some(remaining)),
        Err(refusal) => {
            let remaining = refusal.is_rate_limit().then_some(0);
            (refusal.into_response(), remaining)
        }
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(remaining) = remaining {
        headers.insert(RATE_LIMIT_REMAINING, remaining.into());
    }
    response
}

fn check(core: &Core, headers: &HeaderMap) -> Result<(), Refusal> {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if !header(header::ACCEPT).is_some_and(names_version) {
        return Err(Refusal::missing_version());
    }
    let Some(authorization) = header(header::AUTHORIZATION) else {
        return Err(Refusal::unauthorized(
            "There were no credentials in your `Authorization` header. Try `Authorization: Bearer \
             <OAuth access token>` or `Authorization: Basic <base64-encoded email + \":\" + password>`.",
        ));
    };
    match authorization.strip_prefix("Bearer ") {
        Some(token) if token == core.token.expose_secret() => Ok(()),
        _ => Err(Refusal::unauthorized("Invalid credentials provided.")),
    }
}

/// Whether version 3 is asked for, or one of its variants (`version=3.docker-releases`).
fn names_version(accept: &str) -> bool {
    accept.split(',').any(|media_type| {
        let mut parts = media_type.split(';').map(str::trim);
        parts.next() == Some("application/vnd.heroku+json")
            && parts.any(|parameter| {
                parameter
                    .strip_prefix("version=3")
                    .is_some_and(|variant| variant.is_empty() || variant.starts_with('.'))
            })
    })
}

impl Core {
    fn app(&self, id_or_name: &str) -> Result<Arc<Deployed>, Refusal> {
        self.deployed()
            .filter(|app| app.app.name == id_or_name || app.id == id_or_name)
            .ok_or_else(|| Refusal::not_found("app"))
    }
}

async fn account(State(Heroku { core, .. }): State<Heroku>) -> Json<Value> {
    Json(json!({ "id": core.account_id, "email": "picletter@picletter.example" }))
}

async fn app(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let app = core.app(&app)?;
    Ok(Json(json!({
        "id": app.id,
        "name": app.app.name,
        "created_at": date_time(app.at),
        "updated_at": date_time(app.at),
        "generation": { "name": "cedar" },
        "owner": { "id": core.account_id, "email": "picletter@picletter.example" },
    })))
}

async fn list(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let app = core.app(&app)?;
    let state = core.state();
    let dynos = state.dynos.iter();
    Ok(Json(dynos.map(|dyno| dyno.json(&app)).collect()))
}

async fn create(
    State(heroku): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let core = &heroku.core;
    let app = core.app(&app)?;
    let create = DynoCreate::read(body::object(&headers, &body)?, &app.app.process_types)?;
    let dyno = heroku.start(app, create)?;
    Ok((StatusCode::CREATED, Json(dyno)))
}

async fn info(
    State(Heroku { core, .. }): State<Heroku>,
    Path((app, id_or_name)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let app = core.app(&app)?;
    let state = core.state();
    let dyno = state.dynos.iter().find(|dyno| dyno.is(&id_or_name));
    let dyno = dyno.ok_or_else(|| Refusal::not_found("dyno"))?;
    Ok(Json(dyno.json(&app)))
}

async fn stop(
    State(Heroku { core, .. }): State<Heroku>,
    Path((app, id_or_name)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    core.app(&app)?;
    if core.stop(&id_or_name, Stopper::Request) {
        Ok((StatusCode::ACCEPTED, Json(json!({}))))
    } else {
        Err(Refusal::not_found("dyno"))
    }
}

async fn open_log(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    core.app(&app)?;
    let create = LogSessionCreate::read(body::object(&headers, &body)?)?;
    let now = core.clock.now();
    let mut state = core.state();
    let session = LogSession {
        id: uuid(&mut state.rng),
        created_at: now,
        lines: create.lines,
        filter: create.filter,
    };
    let json = json!({
        "created_at": date_time(now),
        "id": session.id,
        "logplex_url": format!("{}/sessions/{}?srv={}", core.url, session.id, now.as_second()),
        "updated_at": date_time(now),
    });
    LogSession::open(&mut state.sessions, session);
    Ok((StatusCode::CREATED, Json(json)))
}

/// The lines as text, or as events where the client asks for a stream of them.
async fn read_log(
    State(Heroku { core, .. }): State<Heroku>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let state = core.state();
    let Some(session) = LogSession::find(&state.sessions, &id, core.clock.now()) else {
        return (StatusCode::NOT_FOUND, "Not found\n").into_response();
    };
    let lines = state.log.of(session);
    let wants_events = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    let (media_type, before, after) = if wants_events {
        ("text/event-stream", "data: ", "\n\n")
    } else {
        ("text/plain", "", "\n")
    };
    let text: String = lines
        .iter()
        .flat_map(|line| [before, line, after])
        .collect();
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}
