//! Unsplash's `GET /photos/random`, and its endpoint for reporting a download.
//!
//! Source: <https://unsplash.com/documentation>

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::photograph::Photograph;
use super::url;

pub(super) fn router(origin: &str) -> Router {
    Router::new()
        .route("/photos/random", get(random))
        .route("/photos/{id}/download", get(download))
        .layer(middleware::from_fn(authorized))
        .with_state(origin.to_owned())
}

async fn authorized(headers: HeaderMap, request: Request, next: Next) -> Response {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_key = value("authorization")
        .and_then(|authorization| authorization.strip_prefix("Client-ID "))
        .is_some_and(is_access_key);
    if !is_key {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "OAuth error: The access token is invalid",
        );
    }
    // The vendor recommends this header and defaults to its newest version. The fake requires it,
    // so that a new version does not change the behavior.
    if value("accept-version") != Some("v1") {
        return refusal(StatusCode::BAD_REQUEST, "Accept-Version: v1 is missing");
    }
    next.run(request).await
}

/// Whether the key has the form of the vendor's access keys: 43 URL-safe characters.
fn is_access_key(key: &str) -> bool {
    key.len() == 43
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

async fn random(State(origin): State<String>) -> Json<Value> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let photograph = Photograph::for_day(today);
    let picture = url(&origin, photograph);
    let hotlink = format!("{picture}?ixid=sandbox");
    let id = photograph.id();
    Json(json!({
        "id": id,
        "slug": id,
        "width": photograph.width,
        "height": photograph.height,
        "color": "#262626",
        "blur_hash": "L00000fQfQfQfQfQfQfQfQfQfQfQ",
        "description": photograph.title,
        "alt_description": photograph.description,
        "urls": {
            "raw": hotlink,
            "full": hotlink,
            "regular": hotlink,
            "small": hotlink,
            "thumb": hotlink,
        },
        "links": {
            "self": format!("{origin}/unsplash/photos/{id}"),
            "html": picture,
            "download": picture,
            "download_location": format!("{origin}/unsplash/photos/{id}/download?ixid=sandbox"),
        },
        "user": {
            "id": "sandbox",
            "username": "sandbox",
            "name": photograph.author,
            "links": { "html": picture },
        },
    }))
}

async fn download(State(origin): State<String>, Path(id): Path<String>) -> Response {
    match Photograph::named(&format!("{id}.jpg")) {
        Some(photograph) => Json(json!({ "url": url(&origin, photograph) })).into_response(),
        None => refusal(StatusCode::NOT_FOUND, "Couldn't find Photo"),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "errors": [message] }))).into_response()
}
