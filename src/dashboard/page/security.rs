//! Protection against other pages in the same browser: the `Host` check refuses foreign names that
//! resolve to this machine, and the `Origin` check refuses forms of foreign pages.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Content security policy of pages.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     frame-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Headers of every response.
///
/// With the referrer policy `no-referrer`, browsers would send forms with `Origin: null`.
pub(crate) fn guards(policy: &'static str) -> [(HeaderName, &'static str); 5] {
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ]
}

/// Refuses requests to a foreign host name, and forms from a foreign origin.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let Some(host) = only(headers, header::HOST).filter(|host| is_loopback(host)) else {
        let words =
            "This page is only for this machine: open it as http://127.0.0.1 with its port.\n";
        return refused(StatusCode::MISDIRECTED_REQUEST, words);
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let own = format!("http://{host}");
    if !reads && only(headers, header::ORIGIN) != Some(&own) {
        let words = "Only this page can send forms: the Origin must be its own.\n";
        return refused(StatusCode::FORBIDDEN, words);
    }
    next.run(request).await
}

fn refused(status: StatusCode, words: &'static str) -> Response {
    (status, guards("default-src 'none'"), words).into_response()
}

fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// With any port, since it can be forwarded.
fn is_loopback(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    matches!(name, "127.0.0.1" | "localhost") && port.parse::<u16>().is_ok()
}
