//! Where running workflows are called back.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;

use crate::logic_app::run::LogicApp;

/// More than any report has; the service takes 100 MB.
const LARGEST: usize = 1 << 20;

/// Takes reports to the callback URLs of `app`.
pub fn router(app: LogicApp) -> Router {
    Router::new()
        .route("/workflows/{*rest}", post(callback))
        .with_state(app)
}

async fn callback(State(app): State<LogicApp>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body: Bytes = match axum::body::to_bytes(body, LARGEST).await {
        Ok(body) => body,
        Err(_) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    };
    app.callback(&http::Request::from_parts(head, body))
        .map(Body::from)
}
