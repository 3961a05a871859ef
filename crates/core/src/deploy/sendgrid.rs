//! A read-only client of SendGrid.
//!
//! Source: the vendor's OpenAPI documents of its Scopes, Verified Senders, and Domain Authentication
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

/// Number of domains per page.
const PAGE: usize = 100;

/// "Each user may have a maximum of 3,000 authenticated domains."
const MOST_DOMAINS: usize = 3_000;

const EXCERPT: usize = 300;

/// A client of SendGrid's API with one key.
#[derive(Debug, Clone)]
pub struct SendGridApi {
    http: Http,
    base: Url,
    key: Option<HeaderValue>,
}

/// An error of SendGrid.
#[derive(Debug, thiserror::Error)]
pub enum SendGridError {
    /// There was no answer.
    Http(#[from] HttpError),
    /// SendGrid refused the request.
    Refused {
        /// The status.
        status: StatusCode,
        /// SendGrid's message; may be empty.
        message: String,
    },
    /// A success with an undocumented body.
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

/// A sender address that its owner has to verify.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VerifiedSender {
    /// The address.
    pub from_email: String,
    /// Whether it is verified.
    #[serde(default)]
    pub verified: bool,
}

/// A sender domain that DNS records have to authenticate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuthenticatedDomain {
    /// Its name.
    pub domain: String,
    /// Whether SendGrid has found the records.
    #[serde(default)]
    pub valid: bool,
}

impl SendGridApi {
    /// A client of the API at `base` (`https://api.sendgrid.com`), with a key.
    pub fn new(http: Http, base: Url, key: &SecretString) -> Self {
        http.redactor().learn(key);
        // Without a header, SendGrid refuses the request as for any invalid key.
        let key = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).ok();
        let key = key.map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self {
            http: http.for_vendor("SendGrid"),
            base,
            key,
        }
    }

    /// The key's scopes, such as `mail.send`.
    ///
    /// # Errors
    /// SendGrid refuses, or there is no answer.
    pub async fn scopes(&self) -> Result<Vec<String>, SendGridError> {
        #[derive(Deserialize)]
        struct Scopes {
            scopes: Vec<String>,
        }
        let scopes: Scopes = self.get(&["v3", "scopes"], &[]).await?;
        Ok(scopes.scopes)
    }

    /// The sender addresses, verified or not.
    ///
    /// # Errors
    /// SendGrid refuses, such as for a key that can only send, or there is no answer.
    pub async fn verified_senders(&self) -> Result<Vec<VerifiedSender>, SendGridError> {
        #[derive(Deserialize)]
        struct Senders {
            #[serde(default)]
            results: Vec<VerifiedSender>,
        }
        let senders: Senders = self.get(&["v3", "verified_senders"], &[]).await?;
        Ok(senders.results)
    }

    /// The sender domains, authenticated or not.
    ///
    /// # Errors
    /// SendGrid refuses, such as for a key that can only send, or there is no answer.
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
            let reason = self.excerpt(reason);
            UnexpectedAnswer::new(&self.base, "SENDGRID_API_URL", &answer, reason)
        };
        if status.is_success() {
            return Ok(serde_json::from_slice(&answer.body)
                .map_err(|error| unexpected(&error.to_string()))?);
        }
        let messages = messages(&answer);
        if messages.is_empty() {
            let page = self.http.redactor().page(&answer.body);
            // SendGrid refuses in JSON; its front-end servers answer errors and rate limits in
            // HTML.
            if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                return Err(unexpected(&format!("begins with {page:?}")).into());
            }
            let message = self.excerpt(&page);
            return Err(SendGridError::Refused { status, message });
        }
        let message = self.excerpt(&messages.join("; "));
        Err(SendGridError::Refused { status, message })
    }

    fn excerpt(&self, text: &str) -> String {
        self.http.redactor().line(text, EXCERPT)
    }
}

/// SendGrid's message, if the answer comes from SendGrid.
fn messages(answer: &Answer) -> Vec<String> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let errors = body["errors"].as_array().into_iter().flatten();
    let messages = errors.filter_map(|error| error["message"].as_str());
    messages.map(str::to_owned).collect()
}
