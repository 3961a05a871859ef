//! NASA's Astronomy Picture of the Day: `GET /wp-json/wp/v2/apod-basic/YYMMDD`. It replaces
//! `api.nasa.gov/planetary/apod`, which NASA archives on 2026-12-01.
//!
//! Source: <https://api.nasa.gov/assets/files/apod/APOD-APIs-and-RSS-info.pdf>

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::photograph::Photograph;
use super::url;

pub(super) fn router(origin: &str) -> Router {
    Router::new()
        .route("/wp-json/wp/v2/apod-basic/{day}", get(entry))
        .with_state(origin.to_owned())
}

async fn entry(State(origin): State<String>, Path(day): Path<String>) -> Response {
    match Date::strptime("%y%m%d", &day) {
        Ok(date) => Json(apod(&origin, date)).into_response(),
        Err(_) => (
            StatusCode::NOT_FOUND,
            Json(json!({
                "code": "apod_basic_not_found",
                "message": "APOD not found.",
                "data": { "status": 404 },
            })),
        )
            .into_response(),
    }
}

fn apod(origin: &str, date: Date) -> Value {
    let photograph = Photograph::for_day(date);
    let picture = url(origin, photograph);
    json!({
        "date": date.to_string(),
        "post_id": 1,
        "title": photograph.title,
        "permalink": picture,
        "media_type": "image",
        "explanation": format!("<strong>Explanation:</strong> {}", photograph.description),
        "credit": photograph.author,
        // The vendor repeats the credit here, even for pictures in the public domain.
        "copyright": photograph.author,
        "alt": photograph.description,
        "url": picture,
        "hdurl": format!("{picture}?w={}&h={}&fit=clip", photograph.width, photograph.height),
        "basic_html": "",
        "basic_html_url": picture,
    })
}
