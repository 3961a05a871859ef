//! Applies a fault to a request, both over HTTP and in memory.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Request, Response, header};
use picletter_logic_apps::TransportError;
use tokio::time::sleep;

use super::{Fault, Held, Silence, content_type};

/// Sends a request that has a fault. `send` sends a request to the fake.
pub(crate) async fn apply<F>(
    fault: Fault,
    request: Request<Bytes>,
    send: impl Fn(Request<Bytes>) -> F,
) -> Result<Response<Body>, TransportError>
where
    F: Future<Output = Result<Response<Body>, TransportError>> + Send + 'static,
{
    match fault {
        Fault::Answer(response) => Ok(response.map(Body::from)),
        Fault::Delay(delay) => {
            sleep(delay).await;
            send(request).await
        }
        Fault::Date(date) => {
            let mut response = send(request).await?;
            response.headers_mut().insert(header::DATE, date);
            Ok(response)
        }
        Fault::Reset => {
            let reason = "connection refused";
            Err(TransportError::Connection(reason.to_owned()))
        }
        Fault::Lost {
            processed_after,
            seen,
        } => {
            send_after(processed_after, send(request)).await;
            Err(seen.into_error().await)
        }
        Fault::Twice(later) => {
            send_after(Some(later), send(request.clone())).await;
            send(request).await
        }
        Fault::Body(body) => {
            let status = send(request).await?.status();
            let content_type = content_type(&body);
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status;
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, content_type);
            Ok(response)
        }
        Fault::Truncated => {
            let (mut head, body) = send(request).await?.into_parts();
            let body = read_body(body).await?;
            head.headers.remove(header::CONTENT_LENGTH);
            let half = body.slice(..body.len() / 2);
            Ok(Response::from_parts(head, Body::from(half)))
        }
        Fault::HoldAnswer(receiver) => {
            let response = send(request).await?;
            Held::hold(&receiver).await;
            Ok(response)
        }
        Fault::HoldRequest(receiver) => {
            Held::hold(&receiver).await;
            send(request).await
        }
    }
}

pub(super) async fn read_body(body: Body) -> Result<Bytes, TransportError> {
    let body = to_bytes(body, usize::MAX).await;
    body.map_err(|error| TransportError::Connection(error.to_string()))
}

impl Silence {
    async fn into_error(self) -> TransportError {
        match self {
            Self::Reset(after) => {
                sleep(after).await;
                TransportError::Connection("connection reset by peer".to_owned())
            }
            Self::Timeout(after) => {
                sleep(after).await;
                TransportError::TimedOut(after)
            }
        }
    }
}

/// Sends a request and discards the response: now, or after a delay, even if the caller is gone by
/// then.
async fn send_after(
    after: Option<Duration>,
    sent: impl Future<Output = Result<Response<Body>, TransportError>> + Send + 'static,
) {
    match after {
        None => {}
        Some(Duration::ZERO) => {
            let _ = sent.await;
        }
        Some(after) => {
            tokio::spawn(async move {
                sleep(after).await;
                let _ = sent.await;
            });
        }
    }
}
