//! The account: verified senders, the permissions of its keys, and the properties they can read.
//!
//! Source: the vendor's OpenAPI documents of its Scopes, Verified Senders, and Domain Authentication
//! APIs, <https://github.com/twilio/sendgrid-oai>.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{Service, authorize};

/// The authenticated domain, from which the fakes' mails are sent.
const DOMAIN: &str = "picletter.example";

/// The account of the fake of SendGrid. Its domain `picletter.example` is authenticated. Its keys
/// have only the *Mail Send* permission. Clones share the account.
#[derive(Debug, Clone, Default)]
pub struct SendGridAccount(Arc<Mutex<Account>>);

#[derive(Debug, Default)]
struct Account {
    senders: BTreeSet<String>,
    keys_read_senders: bool,
}

impl SendGridAccount {
    /// Verifies a sender's address, as its owner does by following the link in a mail.
    pub fn verify_sender(&self, email: &str) {
        self.account().senders.insert(email.to_ascii_lowercase());
    }

    /// Sets whether keys can read the verified senders and authenticated domains.
    pub fn set_keys_read_senders(&self, allowed: bool) {
        self.account().keys_read_senders = allowed;
    }

    /// Whether mails can be sent from this address.
    pub(super) fn is_verified(&self, email: &str) -> bool {
        let email = email.to_ascii_lowercase();
        let domain = email.rsplit_once('@').map(|(_, domain)| domain);
        domain == Some(DOMAIN) || self.account().senders.contains(&email)
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn router() -> Router<Service> {
    Router::new()
        .route("/v3/scopes", get(scopes))
        .route("/v3/verified_senders", get(verified_senders))
        .route("/v3/whitelabel/domains", get(domains))
}

async fn scopes(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    authorize(&headers)?;
    let mut scopes = vec![
        "mail.send",
        "sender_verification_eligible",
        "sender_verification_exempt",
        "2fa_required",
    ];
    if service.account.account().keys_read_senders {
        scopes.push("whitelabel.read");
    }
    Ok(Json(json!({ "scopes": scopes })))
}

async fn verified_senders(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    authorize_reading_senders(&service, &headers)?;
    let account = service.account.account();
    let senders = account.senders.iter();
    let results = senders.map(|email| json!({ "from_email": email, "verified": true }));
    Ok(Json(json!({ "results": results.collect::<Vec<_>>() })))
}

fn authorize_reading_senders(service: &Service, headers: &HeaderMap) -> Result<(), Refusal> {
    authorize(headers)?;
    if service.account.account().keys_read_senders {
        Ok(())
    } else {
        Err(Refusal::forbidden())
    }
}

async fn domains(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    authorize_reading_senders(&service, &headers)?;
    let record = |host: &str, data: &str| {
        json!({
            "valid": true,
            "type": "cname",
            "host": format!("{host}.{DOMAIN}"),
            "data": data,
        })
    };
    Ok(Json(json!([{
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
    }])))
}
