//! Wikipedia's featured feed: `GET /api/rest_v1/feed/featured/YYYY/MM/DD`.
//!
//! Source: <https://en.wikipedia.org/api/rest_v1/>; `lib/imageinfo.js` of
//! <https://github.com/wikimedia/mediawiki-services-wikifeeds> for the fields that may be missing.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::photograph::Photograph;
use super::url;

pub(super) fn router(origin: &str) -> Router {
    Router::new()
        .route(
            "/api/rest_v1/feed/featured/{year}/{month}/{day}",
            get(featured),
        )
        .with_state(origin.to_owned())
}

async fn featured(
    State(origin): State<String>,
    Path((year, month, day)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    if !is_identified(&headers) {
        return (
            StatusCode::FORBIDDEN,
            "Please set a user-agent and respect our robot policy https://w.wiki/4wJS.\n",
        )
            .into_response();
    }
    match format!("{year}-{month}-{day}").parse::<Date>() {
        Ok(date) => Json(feed(&origin, Photograph::for_day(date))).into_response(),
        Err(_) => (
            StatusCode::NOT_FOUND,
            Json(json!({
                "status": 404,
                "type": "not_found",
                "title": "Not found.",
                "detail": "Invalid date provided.  Please request a valid date of format yyyy/mm/dd",
                "method": "get",
                "uri": format!("/en.wikipedia.org/v1/aggregated/featured/{year}/{month}/{day}"),
            })),
        )
            .into_response(),
    }
}

/// The policy requires a client name and a way to contact its operator.
fn is_identified(headers: &HeaderMap) -> bool {
    headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .is_some_and(|agent| agent.contains("http") || agent.contains('@'))
}

fn feed(origin: &str, photograph: &Photograph) -> Value {
    let picture = url(origin, photograph);
    let mut license = json!({ "type": photograph.license });
    if let Some(url) = photograph.license_url {
        license["url"] = json!(url);
    }
    json!({
        "image": {
            "title": format!("File:{}.jpg", photograph.title),
            "thumbnail": {
                "source": format!(
                    "{picture}?utm_source=commons.wikimedia.org&utm_campaign=imageinfo&utm_content=thumbnail"
                ),
                "width": photograph.width,
                "height": photograph.height,
            },
            "image": {
                "source": picture,
                "width": photograph.width,
                "height": photograph.height,
            },
            "file_page": picture,
            "artist": { "html": photograph.author, "text": photograph.author },
            "credit": { "html": photograph.author, "text": photograph.author },
            "license": license,
            "description": {
                "html": photograph.description,
                "text": photograph.description,
                "lang": "en",
            },
            "wb_entity_id": "M1",
            "structured": { "captions": { "en": photograph.title } },
        },
    })
}
