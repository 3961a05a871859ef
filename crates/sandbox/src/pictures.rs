//! A fake of the picture sources, with bundled photographs.
//!
//! Each source has a path prefix, which is its base URL. All sources return the same photograph on
//! the same day.

mod nasa;
mod photograph;
mod picsum;
mod unsplash;
mod wikimedia;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use photograph::Photograph;

/// Whether a request with this path belongs to the picture sources.
pub fn is_path(path: &str) -> bool {
    let mut segments = path.trim_start_matches('/').split('/');
    segments.next().is_some_and(|first| {
        ["photographs", "wikimedia", "nasa", "unsplash", "picsum"].contains(&first)
    })
}

/// The picture sources. `origin` is the URL of this host, with which the addresses of pictures
/// begin.
pub(super) fn router(origin: &str) -> Router {
    Router::new()
        .route("/photographs/{file}", get(file))
        .nest("/wikimedia", wikimedia::router(origin))
        .nest("/nasa", nasa::router(origin))
        .nest("/unsplash", unsplash::router(origin))
        .nest("/picsum", picsum::router(origin))
}

async fn file(Path(file): Path<String>) -> Response {
    match Photograph::named(&file) {
        Some(photograph) => jpeg(photograph),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn jpeg(photograph: &Photograph) -> Response {
    ([(header::CONTENT_TYPE, "image/jpeg")], photograph.jpeg).into_response()
}

fn url(origin: &str, photograph: &Photograph) -> String {
    format!("{origin}/photographs/{}", photograph.file)
}
