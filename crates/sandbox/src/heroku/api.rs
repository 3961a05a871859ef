//! The endpoints, and the checks that apply to all of them: token, version, and rate limit.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret as _;

use super::authorization::Operation;
use super::refusal::Refusal;
use super::{
    Core, Heroku, account, app, authorization, config_vars, dyno, formation, log, release, slug,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");

pub(super) fn router(heroku: Heroku) -> Router {
    Router::new()
        .merge(account::routes())
        .merge(app::routes())
        .merge(config_vars::routes())
        .merge(formation::routes())
        .merge(release::routes())
        .merge(slug::routes())
        .merge(authorization::routes())
        .merge(dyno::routes())
        .merge(log::routes())
        .fallback(async || Refusal::no_endpoint())
        .method_not_allowed_fallback(async || Refusal::no_endpoint())
        .layer(from_fn_with_state(heroku.clone(), check_request))
        .merge(log::session_routes())
        .merge(slug::archive_routes())
        .with_state(heroku)
}

/// Checks every request of the API: token, version, and rate limit.
async fn check_request(State(heroku): State<Heroku>, request: Request, next: Next) -> Response {
    let core = &heroku.core;
    let (request_id, admitted) = {
        let mut state = core.state();
        let request_id = state.ids.uuid();
        let operation = Operation::from_request(request.method(), request.uri().path());
        let admitted = check(core, &state, request.headers(), operation).and_then(|()| {
            let remaining = state.account.quota.take(core.clock.now());
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
    operation: Operation,
) -> Result<(), Refusal> {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if !header(header::ACCEPT).is_some_and(requests_version_3) {
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
        token => state
            .authorizations
            .check(token, operation, state.assumptions),
    }
}

/// Whether the `Accept` header requests version 3 or a variant of it (`version=3.docker-releases`).
fn requests_version_3(accept: &str) -> bool {
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
