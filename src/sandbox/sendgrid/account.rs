//! What can be read of the account: what the key may do, and which senders are known.
//!
//! Source: the vendor's OpenAPI documents of its Scopes, Verified Senders and Domain Authentication
//! APIs, <https://github.com/twilio/sendgrid-oai>.

use axum::Json;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use serde_json::{Value, json};

use super::authorize;
use super::refusal::Refusal;
use crate::sandbox::inbox::Inbox;

/// The domain that mails of the stand-ins' world come from.
const DOMAIN: &str = "picletter.example";

pub(super) fn router() -> Router<Inbox> {
    let signed_in = |body: Value| {
        async move |headers: HeaderMap| -> Result<Json<Value>, Refusal> {
            authorize(&headers)?;
            Ok(Json(body))
        }
    };
    Router::new()
        .route("/v3/scopes", get(signed_in(scopes())))
        .route(
            "/v3/verified_senders",
            get(signed_in(json!({ "results": [] }))),
        )
        .route("/v3/whitelabel/domains", get(signed_in(domains())))
}

fn scopes() -> Value {
    json!({
        "scopes": [
            "mail.send",
            "sender_verification_eligible",
            "sender_verification_exempt",
            "2fa_required",
        ],
    })
}

fn domains() -> Value {
    let record = |host: &str, data: &str| {
        json!({
            "valid": true,
            "type": "cname",
            "host": format!("{host}.{DOMAIN}"),
            "data": data,
        })
    };
    json!([{
        "id": 1,
        "user_id": 1,
        "subdomain": "em1",
        "domain": DOMAIN,
        "username": "picletter",
        "ips": [],
        "custom_spf": false,
        "default": true,
        "legacy": false,
        "automatic_security": true,
        "valid": true,
        "dns": {
            "mail_cname": record("em1", "u1.wl.sendgrid.net"),
            "dkim1": record("s1._domainkey", "s1.domainkey.u1.wl.sendgrid.net"),
            "dkim2": record("s2._domainkey", "s2.domainkey.u1.wl.sendgrid.net"),
        },
    }])
}
