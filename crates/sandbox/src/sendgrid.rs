//! A fake of SendGrid: `POST /v3/mail/send`, and the readable properties of the account.
//!
//! Source: the vendor's OpenAPI document of the Mail Send API, and its table of errors at
//! <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors>.

mod account;
mod mail_send;
mod refusal;
mod rules;

use std::future::poll_fn;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http_body::Body as _;
use jiff::Timestamp;

pub use self::account::SendGridAccount;
use self::mail_send::MailSend;
use self::refusal::Refusal;
use super::inbox::Inbox;

/// The vendor's limit for a whole message, in bytes: the stricter interpretation of "30 MB".
const MESSAGE_MAX_BYTES: usize = 30_000_000;

/// Number of bytes that are read and discarded beyond the limit. A client that is still sending can
/// then read the response instead of seeing a reset.
const LINGER_BYTES: usize = MESSAGE_MAX_BYTES;

/// Rate limit headers: requests per minute to the endpoints of v3, and how many remain. Source:
/// <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits>.
const RATE_LIMIT: [(&str, &str); 2] = [
    ("x-ratelimit-limit", "600"),
    ("x-ratelimit-remaining", "599"),
];

#[derive(Clone)]
struct Service {
    inbox: Inbox,
    account: SendGridAccount,
}

pub(super) fn router(inbox: Inbox, account: SendGridAccount) -> Router {
    Router::new()
        .route(
            "/v3/mail/send",
            // `get` would also handle HEAD; the vendor supports neither method.
            post(send).fallback(async || {
                Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
            }),
        )
        .merge(account::router())
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "not found"))
        .layer(map_response(with_rate_limit))
        .with_state(Service { inbox, account })
}

/// Adds the rate limit headers, which every response of the API has.
async fn with_rate_limit(
    response: Response,
) -> (
    [(&'static str, &'static str); 2],
    [(&'static str, String); 1],
    Response,
) {
    let next_minute = (Timestamp::now().as_second() / 60 + 1) * 60;
    (
        RATE_LIMIT,
        [("x-ratelimit-reset", next_minute.to_string())],
        response,
    )
}

async fn send(State(service): State<Service>, headers: HeaderMap, body: Body) -> Response {
    let body = read(body).await;
    match answer(&service, &headers, body) {
        Ok(accepted) => accepted,
        Err(refusal) => refusal.into_response(),
    }
}

fn answer(
    service: &Service,
    headers: &HeaderMap,
    body: Result<Vec<u8>, Refusal>,
) -> Result<Response, Refusal> {
    authorize(headers)?;
    check_content_type(headers)?;
    let body = body?;
    let request = MailSend::parse(&body)?;
    let sandbox_mode = request.is_sandboxed();
    let message_id = BASE64_URL_SAFE_NO_PAD.encode(fastrand::u128(..).to_ne_bytes());
    let copies = rules::check(request, &message_id)?;
    let mut senders = copies.iter().map(|copy| &copy.from.email);
    if !senders.all(|email| service.account.is_verified(email)) {
        return Err(Refusal::unverified_sender());
    }
    if sandbox_mode {
        return Ok(StatusCode::OK.into_response());
    }
    service.inbox.deliver(copies);
    let headers = [
        ("x-message-id", &*message_id),
        ("content-type", "text/plain; charset=utf-8"),
    ];
    Ok((StatusCode::ACCEPTED, headers).into_response())
}

/// Reads the body into a single buffer. Stops early if it exceeds the limit by [`LINGER_BYTES`].
async fn read(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let declared = body.size_hint().lower();
    let mut received =
        Vec::with_capacity(usize::try_from(declared).map_or(0, |n| n.min(MESSAGE_MAX_BYTES)));
    let mut total = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_error| Refusal::new(StatusCode::BAD_REQUEST, "Bad Request"))?;
        if let Ok(data) = frame.into_data() {
            total += data.len();
            if total <= MESSAGE_MAX_BYTES {
                received.extend_from_slice(&data);
            } else if total > MESSAGE_MAX_BYTES + LINGER_BYTES {
                break;
            }
        }
    }
    if total > MESSAGE_MAX_BYTES {
        return Err(Refusal::TooLarge);
    }
    Ok(received)
}

fn authorize(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "authorization required",
        ));
    };
    let is_valid = authorization
        .to_str()
        .ok()
        .and_then(|value| value.strip_prefix("Bearer "))
        .is_some_and(is_api_key);
    if is_valid {
        Ok(())
    } else {
        Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "The provided authorization grant is invalid, expired, or revoked",
        ))
    }
}

/// Whether the key has the form of the vendor's keys: `SG.`, 22 characters, a dot, 43 characters.
fn is_api_key(key: &str) -> bool {
    let is_part = |part: &str, length| {
        part.len() == length
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    key.strip_prefix("SG.")
        .and_then(|key| key.split_once('.'))
        .is_some_and(|(id, secret)| is_part(id, 22) && is_part(secret, 43))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        Ok(())
    } else {
        Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Content-Type should be application/json",
        ))
    }
}
