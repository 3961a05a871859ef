//! The endpoints.

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::authorization::Deed;
use super::body::{self, LogSessionCreate};
use super::dyno::{Dyno, Stopper, date_time};
use super::log::{Form, LogSession};
use super::refusal::Refusal;
use super::{
    Core, Heroku, account, app, authorization, config_vars, formation, release, slug, uuid,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");

pub(super) fn router(heroku: Heroku) -> Router {
    Router::new()
        .route("/account", get(account::info))
        .route("/teams/{team}", get(account::team))
        .route("/apps", get(app::list).post(app::create))
        .route("/teams/apps", post(app::create_in_team))
        .route(
            "/apps/{app}",
            get(app::info).patch(app::update).delete(app::delete),
        )
        .route(
            "/apps/{app}/config-vars",
            get(config_vars::info).patch(config_vars::update),
        )
        .route(
            "/apps/{app}/formation",
            get(formation::list).patch(formation::update_some),
        )
        .route(
            "/apps/{app}/formation/{process_type}",
            patch(formation::update_one),
        )
        .route(
            "/apps/{app}/releases",
            get(release::list).post(release::create),
        )
        .route("/apps/{app}/slugs", post(slug::create))
        .route("/apps/{app}/slugs/{slug}", get(slug::info))
        .route("/apps/{app}/releases/{release}", get(release::info))
        .route(
            "/oauth/authorizations",
            get(authorization::list).post(authorization::create),
        )
        .route(
            "/oauth/authorizations/{authorization}",
            delete(authorization::delete),
        )
        .route("/apps/{app}/dynos", get(list).post(create))
        .route("/apps/{app}/dynos/{dyno}", get(info))
        .route("/apps/{app}/dynos/{dyno}/actions/stop", post(stop))
        .route("/apps/{app}/log-sessions", post(open_log))
        .fallback(async || Refusal::no_endpoint())
        .method_not_allowed_fallback(async || Refusal::no_endpoint())
        .layer(from_fn_with_state(heroku.clone(), admit))
        .route("/sessions/{session}", get(read_log))
        .route("/streams/{release}", get(release::output))
        .route("/slugs/{slug}", slug::archive())
        .with_state(heroku)
}

/// What holds for every request of the API.
async fn admit(State(heroku): State<Heroku>, request: Request, next: Next) -> Response {
    let core = &heroku.core;
    let (request_id, admitted) = {
        let mut state = core.state();
        let request_id = uuid(&mut state.rng);
        let deed = Deed::of(request.method(), request.uri().path());
        let admitted = check(core, &state, request.headers(), deed).and_then(|()| {
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

fn check(
    core: &Core,
    state: &super::State,
    headers: &HeaderMap,
    deed: Deed,
) -> Result<(), Refusal> {
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
    match authorization.strip_prefix("Bearer ").unwrap_or_default() {
        token if token == core.token.expose_secret() => Ok(()),
        token => state.authorize(token, deed, core.clock.now()),
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

async fn list(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let state = core.state();
    let app = &state.app(&app)?.identity.id;
    let dynos = state.dynos.iter().filter(|dyno| dyno.app.id == *app);
    Ok(Json(dynos.map(Dyno::json).collect()))
}

impl super::State {
    fn dyno(&self, app: &str, id_or_name: &str) -> Result<&Dyno, Refusal> {
        let app = &self.app(app)?.identity.id;
        let mut dynos = self.dynos.iter();
        dynos
            .find(|dyno| dyno.app.id == *app && dyno.is(id_or_name))
            .ok_or_else(|| Refusal::not_found("dyno"))
    }
}

async fn create(
    State(heroku): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let dyno = heroku.start(&app, body::object(&headers, &body)?)?;
    Ok((StatusCode::CREATED, Json(dyno)))
}

async fn info(
    State(Heroku { core, .. }): State<Heroku>,
    Path((app, id_or_name)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(core.state().dyno(&app, &id_or_name)?.json()))
}

async fn stop(
    State(Heroku { core, .. }): State<Heroku>,
    Path((app, id_or_name)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    core.state().dyno(&app, &id_or_name)?.stop(Stopper::Request);
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
}

async fn open_log(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let create = LogSessionCreate::read(body::object(&headers, &body)?)?;
    let now = core.clock.now();
    let mut state = core.state();
    let app = state.app(&app)?.identity.id.clone();
    let session = LogSession {
        id: uuid(&mut state.rng),
        app,
        created_at: now,
        lines: create.lines,
        filter: create.filter,
        tail: create.tail,
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
    let mut state = core.state();
    let state = &mut *state;
    let session = LogSession::find(&state.sessions, &id, core.clock.now());
    let app = session.and_then(|session| {
        let mut apps = state.apps.iter_mut();
        apps.find(|app| app.identity.id == session.app)
    });
    let (Some(session), Some(app)) = (session, app) else {
        return (StatusCode::NOT_FOUND, "Not found\n").into_response();
    };
    let wants_events = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/event-stream"));
    let form = if wants_events {
        Form::Events
    } else {
        Form::Text
    };
    let body = if session.tail {
        app.log.follow(session, form)
    } else {
        Body::from(app.log.of(session, form))
    };
    ([(header::CONTENT_TYPE, form.media_type())], body).into_response()
}
