//! Where running workflows are called back.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::StatusCode;

use picletter_logic_apps::LogicApp;

/// More than any report has; the service takes 100 MB.
const LARGEST: usize = 1 << 20;

/// Takes reports to the callback URLs of `app`.
pub fn router(app: LogicApp) -> Router {
    answering(move |request| app.callback(request))
}

/// Takes reports to callback URLs, which `answer` finds a workflow for.
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
