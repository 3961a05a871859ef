//! A client for Heroku's Platform API, version 3.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference>.
//!
//! - [`credentials`]: where the API token is found.
//! - [`log`]: an app's log, as it is written.

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

use super::http::{Answer, Call, Hidden, Http};
use super::unexpected_answer::UnexpectedAnswer;

pub use account::{Account, Team};
pub use apps::{App, NewApp};
pub use authorizations::{Authorization, NewAuthorization, Scope};
pub use dynos::Dyno;
pub use error::{Error, Refusal};
pub use formation::Formation;
pub use releases::Release;

const VERSION_3: HeaderValue = HeaderValue::from_static("application/vnd.heroku+json; version=3");

/// How often a request is sent that meets another change of the app, such as a release that is not
/// in force yet.
const CONFLICTS: usize = 5;

/// The headers by which Heroku tells people something beside the answer.
const WARNINGS: [&str; 3] = ["heroku-warning", "x-heroku-warning", "warning-message"];

/// Heroku's API, as one account sees it. Clones share their connections, and what Heroku told.
#[derive(Clone)]
pub struct HerokuApi {
    http: Http,
    base: Url,
    token: Option<HeaderValue>,
    told: Arc<Mutex<Told>>,
}

/// What Heroku tells beside its answers.
#[derive(Default)]
struct Told {
    warnings: Vec<String>,
    rate_limit_remaining: Option<u32>,
}

impl HerokuApi {
    /// The API at `base` (`https://api.heroku.com`), with the token of an account.
    pub fn new(http: Http, base: Url, token: &SecretString) -> Self {
        http.redactor().learn(token);
        // A token that cannot be sent is refused by Heroku like any other that is none.
        let token = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let token = token.ok().map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self {
            http: http.of_vendor("Heroku"),
            base,
            token,
            told: Arc::default(),
        }
    }

    /// What Heroku warned of since this was last asked; each warning once.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.told().warnings)
    }

    /// How many more requests the account may send in this hour, by the last answer; Heroku allows
    /// 4,500. Source: <https://devcenter.heroku.com/articles/platform-api-reference#rate-limits>.
    pub fn rate_limit_remaining(&self) -> Option<u32> {
        self.told().rate_limit_remaining
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.ask(self.call(Method::GET, path)).await
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let hidden = matches!(call.hidden, Hidden::Answer | Hidden::Both);
        let answer = self.accepted(call).await?;
        self.read(&answer, hidden)
    }

    /// All items of a list, at most `most`, however many pages they are on. An empty list is read
    /// twice: it is also what a server answers that is not Heroku's.
    /// Source: <https://devcenter.heroku.com/articles/platform-api-reference#ranges>.
    async fn list<T: DeserializeOwned>(
        &self,
        mut call: Call,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        let hidden = matches!(call.hidden, Hidden::Answer | Hidden::Both);
        let mut items = Vec::new();
        let mut read_twice = false;
        loop {
            let answer = self.accepted(call.clone()).await?;
            let page: Vec<T> = self.read(&answer, hidden)?;
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

    fn read<T: DeserializeOwned>(&self, answer: &Answer, hidden: bool) -> Result<T, Error> {
        let read = json::read(answer, hidden, self.http.redactor());
        Ok(read.map_err(|reason| {
            UnexpectedAnswer::new(&self.base, "HEROKU_API_URL", answer, reason)
        })?)
    }

    fn note(&self, headers: &HeaderMap) {
        let mut told = self.told();
        let remaining = headers.get("ratelimit-remaining");
        let remaining = remaining.and_then(|remaining| remaining.to_str().ok()?.parse().ok());
        told.rate_limit_remaining = remaining.or(told.rate_limit_remaining);
        let warnings = WARNINGS.iter().flat_map(|name| headers.get_all(*name));
        for warning in warnings.filter_map(|warning| warning.to_str().ok()) {
            if !told.warnings.iter().any(|known| known == warning) {
                told.warnings.push(warning.to_owned());
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
