//! Lorem Picsum: `GET /seed/DATE/info`, and `/seed/DATE/WIDTH/HEIGHT`, which redirects.
//!
//! Source: <https://github.com/DMarby/picsum-photos>

use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::civil::Date;
use serde_json::json;

use super::photograph::Photograph;
use super::{jpeg, url};

/// The vendor's limit for width and height, in pixels.
const SIDE_MAX: u32 = 5000;

pub(super) fn router(origin: &str) -> Router {
    Router::new()
        .route("/seed/{seed}/info", get(info))
        .route("/seed/{seed}/{width}/{height}", get(redirect))
        .route("/id/{id}/{width}/{height}", get(picture))
        .with_state(origin.to_owned())
}

async fn info(State(origin): State<String>, Path(seed): Path<String>) -> Response {
    let Some(photograph) = photograph_for_seed(&seed) else {
        return missing();
    };
    let picture = url(&origin, photograph);
    Json(json!({
        "id": photograph.id(),
        "author": photograph.author,
        "width": photograph.width,
        "height": photograph.height,
        "url": picture,
        "download_url": picture,
    }))
    .into_response()
}

async fn redirect(
    State(origin): State<String>,
    Path((seed, width, height)): Path<(String, String, String)>,
) -> Response {
    let is_side = |side: &str| side.parse::<u32>().is_ok_and(|side| side <= SIDE_MAX);
    let Some(photograph) = photograph_for_seed(&seed) else {
        return missing();
    };
    if !is_side(&width) || !is_side(&height) {
        return (StatusCode::BAD_REQUEST, "Invalid size\n").into_response();
    }
    let location = format!(
        "{origin}/picsum/id/{}/{width}/{height}.jpg?hmac=sandbox",
        photograph.id()
    );
    (
        StatusCode::FOUND,
        [
            (header::LOCATION, location),
            (
                header::CACHE_CONTROL,
                "private, no-cache, no-store, must-revalidate".to_owned(),
            ),
        ],
    )
        .into_response()
}

/// The photograph in its original size: this host does not scale.
async fn picture(Path((id, _width, _height)): Path<(String, String, String)>) -> Response {
    match Photograph::named(&format!("{id}.jpg")) {
        Some(photograph) => (
            [(HeaderName::from_static("picsum-id"), id)],
            jpeg(photograph),
        )
            .into_response(),
        None => missing(),
    }
}

/// The photograph of a seed. The vendor accepts any word as a seed; the fake expects a date.
fn photograph_for_seed(seed: &str) -> Option<&'static Photograph> {
    seed.parse::<Date>().ok().map(Photograph::for_day)
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "Image does not exist\n").into_response()
}
