//! A client for what SendGrid lets be read: nothing is sent by it.
//!
//! Source: the vendor's OpenAPI documents of its Scopes, Verified Senders and Domain Authentication
//! APIs, <https://github.com/twilio/sendgrid-oai>.

use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::http::{Answer, Call, Http, HttpError};
use super::unexpected_answer::UnexpectedAnswer;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

/// How many domains are asked for at a time.
const PAGE: usize = 100;

/// "Each user may have a maximum of 3,000 authenticated domains."
const MOST_DOMAINS: usize = 3_000;

const SHOWN: usize = 300;

/// SendGrid's API, as one key sees it.
#[derive(Debug, Clone)]
pub struct SendGridApi {
    http: Http,
    base: Url,
    key: Option<HeaderValue>,
}

/// Why something was not found out.
#[derive(Debug, thiserror::Error)]
pub enum SendGridError {
    /// There was no answer.
    Http(#[from] HttpError),
    /// SendGrid said no.
    Refused {
        /// The status.
        status: StatusCode,
        /// Its words; may be empty.
        message: String,
    },
    /// A success, and yet not what SendGrid documents.
    Unexpected(#[from] UnexpectedAnswer),
}

impl Diagnose for SendGridError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Http(error) => error.diagnostic(),
            Self::Refused { status, message } if message.is_empty() => {
                Diagnostic::plain(format_args!("SendGrid answered {}", status.as_u16()))
            }
            Self::Refused { status, message } => Diagnostic::plain(format_args!(
                "SendGrid answered {}, {message:?}",
                status.as_u16()
            )),
            Self::Unexpected(error) => error.diagnostic(),
        }
    }
}

display_as_diagnostic!(SendGridError);

/// An address that mails may come from, once its owner has said so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VerifiedSender {
    /// The address.
    pub from_email: String,
    /// Whether its owner has said so.
    #[serde(default)]
    pub verified: bool,
}

/// A domain that mails may come from, once its DNS records say so.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuthenticatedDomain {
    /// Its name.
    pub domain: String,
    /// Whether SendGrid has found the records.
    #[serde(default)]
    pub valid: bool,
}

impl SendGridApi {
    /// The API at `base` (`https://api.sendgrid.com`), with a key.
    pub fn new(http: Http, base: Url, key: &SecretString) -> Self {
        http.redactor().learn(key);
        // A key that cannot be sent is refused like any other that is none.
        let key = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok();
        let key = key.map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self {
            http: http.of_vendor("SendGrid"),
            base,
            key,
        }
    }

    /// What the key may do, such as `mail.send`.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn scopes(&self) -> Result<Vec<String>, SendGridError> {
        #[derive(Deserialize)]
        struct Scopes {
            scopes: Vec<String>,
        }
        let scopes: Scopes = self.get(&["v3", "scopes"], &[]).await?;
        Ok(scopes.scopes)
    }

    /// The addresses that were given to be verified.
    ///
    /// # Errors
    /// Refused, as for a key that may only send; or no answer.
    pub async fn verified_senders(&self) -> Result<Vec<VerifiedSender>, SendGridError> {
        #[derive(Deserialize)]
        struct Senders {
            #[serde(default)]
            results: Vec<VerifiedSender>,
        }
        let senders: Senders = self.get(&["v3", "verified_senders"], &[]).await?;
        Ok(senders.results)
    }

    /// The domains that were given to be authenticated.
    ///
    /// # Errors
    /// Refused, as for a key that may only send; or no answer.
    pub async fn authenticated_domains(&self) -> Result<Vec<AuthenticatedDomain>, SendGridError> {
        let mut domains: Vec<AuthenticatedDomain> = Vec::new();
        loop {
            let query = [("limit", PAGE), ("offset", domains.len())];
            let page: Vec<_> = self.get(&["v3", "whitelabel", "domains"], &query).await?;
            let is_last = page.len() < PAGE;
            domains.extend(page);
            if is_last || domains.len() >= MOST_DOMAINS {
                return Ok(domains);
            }
        }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, usize)],
    ) -> Result<T, SendGridError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        for (name, value) in query {
            url.query_pairs_mut().append_pair(name, &value.to_string());
        }
        let mut call = Call::new(Method::GET, url);
        if let Some(key) = &self.key {
            call.headers.insert(AUTHORIZATION, key.clone());
        }
        let answer = self.http.send(call).await?;
        let status = answer.status;
        let unexpected = |reason: &str| {
            let reason = self.shown(reason);
            UnexpectedAnswer::new(&self.base, "SENDGRID_API_URL", &answer, reason)
        };
        if status.is_success() {
            return Ok(serde_json::from_slice(&answer.body)
                .map_err(|error| unexpected(&error.to_string()))?);
        }
        let messages = messages(&answer);
        if messages.is_empty() {
            let page = self.http.redactor().page(&answer.body);
            // SendGrid refuses in JSON; its front servers fail and limit in HTML.
            if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                return Err(unexpected(&format!("begins with {page:?}")).into());
            }
            let message = self.shown(&page);
            return Err(SendGridError::Refused { status, message });
        }
        let message = self.shown(&messages.join("; "));
        Err(SendGridError::Refused { status, message })
    }

    fn shown(&self, text: &str) -> String {
        self.http.redactor().line(text, SHOWN)
    }
}

/// SendGrid's words, if the answer is its own.
fn messages(answer: &Answer) -> Vec<String> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let errors = body["errors"].as_array().into_iter().flatten();
    let messages = errors.filter_map(|error| error["message"].as_str());
    messages.map(str::to_owned).collect()
}
