//! Receives forms: bounded in size and time.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

use super::security::guards;

/// Largest form, in bytes. Those of the pages are much shorter.
const MAX_FORM: usize = 1 << 10;

/// Time for the body of a form. hyper allows as long for a request's head.
const DEADLINE: Duration = Duration::from_secs(30);

/// Middleware that passes a form on when all of it has arrived.
pub(crate) async fn receive(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let refused = match timeout(DEADLINE, to_bytes(body, MAX_FORM)).await {
        Ok(Ok(form)) => return next.run(Request::from_parts(head, form.into())).await,
        Ok(Err(_)) => StatusCode::PAYLOAD_TOO_LARGE,
        Err(_) => StatusCode::REQUEST_TIMEOUT,
    };
    (refused, guards("default-src 'none'")).into_response()
}
