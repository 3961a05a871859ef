//! The callback URLs of running workflows.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;

use picletter_logic_apps::LogicApp;

/// Maximum size of a report's body, in bytes: more than any report has. The service accepts 100 MB.
const LARGEST: usize = 1 << 20;

/// Serves the callback URLs of `app`.
pub fn router(app: LogicApp) -> Router {
    answering(move |request| app.callback(request))
}

/// Serves callback URLs with `answer`, which finds the workflow of a request.
pub(super) fn answering(
    answer: impl Fn(&http::Request<Bytes>) -> http::Response<Bytes> + Clone + Send + Sync + 'static,
) -> Router {
    let handler = async move |request: Request| -> Response {
        let (head, body) = request.into_parts();
        match axum::body::to_bytes(body, LARGEST).await {
            Ok(body) => answer(&http::Request::from_parts(head, body)).map(Body::from),
            Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        }
    };
    Router::new().route("/workflows/{*rest}", post(handler))
}
