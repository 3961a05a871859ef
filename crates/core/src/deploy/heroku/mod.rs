//! A client for Heroku's Platform API, version 3.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference>.
//!
//! - [`credentials`]: lookup of the API token.
//! - [`log`]: an app's log.

mod account;
mod apps;
mod authorizations;
pub mod credentials;
mod dynos;
mod error;
mod formation;
mod json;
mod lines;
pub mod log;
mod releases;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::{ACCEPT, AUTHORIZATION, RANGE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use super::http::{Answer, Call, Http, Redacted};
use super::unexpected_answer::UnexpectedAnswer;

pub use account::{Account, Team};
pub use apps::{App, NewApp};
pub use authorizations::{Authorization, NewAuthorization, Scope};
pub use dynos::Dyno;
pub use error::{Error, Refusal};
pub use formation::Formation;
pub use releases::Release;

const VERSION_3: HeaderValue = HeaderValue::from_static("application/vnd.heroku+json; version=3");

/// Attempts of a request that conflicts with another change of the app, such as a pending release.
const CONFLICTS: usize = 5;

/// Headers with warnings for people.
const WARNINGS: [&str; 3] = ["heroku-warning", "x-heroku-warning", "warning-message"];

/// A client of Heroku's API with one account's token. Clones share connections and warnings.
#[derive(Clone)]
pub struct HerokuApi {
    http: Http,
    base: Url,
    token: Option<HeaderValue>,
    notes: Arc<Mutex<HeaderNotes>>,
}

/// Information from the headers of answers.
#[derive(Default)]
struct HeaderNotes {
    warnings: Vec<String>,
    rate_limit_remaining: Option<u32>,
}

impl HerokuApi {
    /// A client of the API at `base` (`https://api.heroku.com`), with an account's token.
    pub fn new(http: Http, base: Url, token: &SecretString) -> Self {
        http.redactor().learn(token);
        // Without a header, Heroku refuses the request as for any invalid token.
        let token = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let token = token.ok().map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self {
            http: http.for_vendor("Heroku"),
            base,
            token,
            notes: Arc::default(),
        }
    }

    /// Heroku's warnings since the last call, each once.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.notes().warnings)
    }

    /// The account's remaining requests in this hour, from the last answer; Heroku allows 4,500.
    /// Source: <https://devcenter.heroku.com/articles/platform-api-reference#rate-limits>.
    pub fn rate_limit_remaining(&self) -> Option<u32> {
        self.notes().rate_limit_remaining
    }

    fn notes(&self) -> MutexGuard<'_, HeaderNotes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, method: Method, path: &[&str]) -> Call {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut call = Call::new(method, url);
        call.headers.insert(ACCEPT, VERSION_3);
        if let Some(token) = &self.token {
            call.headers.insert(AUTHORIZATION, token.clone());
        }
        call
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Error> {
        self.fetch(self.call(Method::GET, path)).await
    }

    async fn fetch<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let redacted = matches!(call.redacted, Redacted::Answer | Redacted::Both);
        let answer = self.accepted(call).await?;
        self.read(&answer, redacted)
    }

    /// The items of all pages of a list, at most `most`. An empty list is read twice, because a
    /// proxy may answer one.
    /// Source: <https://devcenter.heroku.com/articles/platform-api-reference#ranges>.
    async fn list<T: DeserializeOwned>(
        &self,
        mut call: Call,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        let redacted = matches!(call.redacted, Redacted::Answer | Redacted::Both);
        let mut items = Vec::new();
        let mut read_twice = false;
        loop {
            let answer = self.accepted(call.clone()).await?;
            let page: Vec<T> = self.read(&answer, redacted)?;
            let empty = page.is_empty();
            if empty && items.is_empty() && !read_twice {
                read_twice = true;
                continue;
            }
            items.extend(page);
            match answer.headers.get("next-range") {
                Some(next)
                    if answer.status == StatusCode::PARTIAL_CONTENT
                        && !empty
                        && items.len() < most =>
                {
                    call.headers.insert(RANGE, next.clone());
                }
                _ => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }

    async fn accepted(&self, call: Call) -> Result<Answer, Error> {
        let answer = self.answer(call).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(self.refused(&answer))
        }
    }

    async fn answer(&self, call: Call) -> Result<Answer, Error> {
        let mut left = CONFLICTS;
        loop {
            let answer = self.http.send(call.clone()).await?;
            self.note(&answer.headers);
            left -= 1;
            if answer.status != StatusCode::CONFLICT || left == 0 {
                return Ok(answer);
            }
            tokio::time::sleep(self.http.timings().poll).await;
        }
    }

    fn no_effect(&self, answer: &Answer, what: String) -> Error {
        Error::NoEffect {
            host: self.base.host_str().unwrap_or_default().to_owned(),
            status: answer.status,
            what,
            request_id: answer.request_id().map(str::to_owned),
        }
    }

    fn refused(&self, answer: &Answer) -> Error {
        let host = self.base.host_str().unwrap_or_default();
        error::refused(host, answer, self.http.redactor())
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer, redacted: bool) -> Result<T, Error> {
        let read = json::read(answer, redacted, self.http.redactor());
        Ok(read.map_err(|reason| {
            UnexpectedAnswer::new(&self.base, "HEROKU_API_URL", answer, reason)
        })?)
    }

    fn note(&self, headers: &HeaderMap) {
        let mut notes = self.notes();
        let remaining = headers.get("ratelimit-remaining");
        let remaining = remaining.and_then(|remaining| remaining.to_str().ok()?.parse().ok());
        notes.rate_limit_remaining = remaining.or(notes.rate_limit_remaining);
        let warnings = WARNINGS.iter().flat_map(|name| headers.get_all(*name));
        for warning in warnings.filter_map(|warning| warning.to_str().ok()) {
            if !notes.warnings.iter().any(|known| known == warning) {
                notes.warnings.push(warning.to_owned());
            }
        }
    }
}

impl fmt::Debug for HerokuApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HerokuApi")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}
