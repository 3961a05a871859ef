//! Requests to Azure Resource Manager, and parsing of answers.

use http::header::AUTHORIZATION;
use http::{HeaderValue, Method};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::error::{Error, Refusal};
use super::excerpt::{beginning, line};
use super::sign_in::{Credential, SignInError};
use crate::deploy::http::{Answer, Call, Http, Timings};
use crate::deploy::redact::Redactor;
use picletter_worker::url_policy::is_loopback;

/// Maximum number of pages of a list.
const MOST_PAGES: usize = 500;

const PUBLIC_SCOPE: &str = "https://management.azure.com/.default";

/// A client of Azure Resource Manager with one credential. Clones share connections and token.
#[derive(Debug, Clone)]
pub struct Arm {
    http: Http,
    base: Url,
    credential: Credential,
    scope: String,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) value: Vec<T>,
    #[serde(rename = "nextLink")]
    pub(super) next_link: Option<String>,
}

impl Arm {
    /// A client of the Resource Manager at `base`, such as `https://management.azure.com`. Tokens
    /// have its scope; for a fake on loopback, that of the public cloud.
    pub fn new(http: Http, base: Url, credential: Credential) -> Self {
        let scope = if is_loopback(&base) {
            PUBLIC_SCOPE.to_owned()
        } else {
            format!("{}/.default", base.origin().ascii_serialization())
        };
        Self {
            http: http.for_vendor("Azure"),
            base,
            credential,
            scope,
        }
    }

    pub(super) fn credential(&self) -> &Credential {
        &self.credential
    }

    pub(in crate::deploy) fn timings(&self) -> Timings {
        self.http.timings()
    }

    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    pub(super) fn is_on_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    pub(super) fn redactor(&self) -> &Redactor {
        self.http.redactor()
    }

    /// The URL of `path`, with its segments percent-encoded.
    pub(super) fn url(&self, path: &str, api_version: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments
                .pop_if_empty()
                .extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        url.query_pairs_mut()
            .append_pair("api-version", api_version);
        url
    }

    /// Parses a link in an answer. It must point to Azure Resource Manager, because no other host
    /// may receive the token.
    pub(super) fn parse_link(
        &self,
        doing: &str,
        answer: &Answer,
        link: &str,
    ) -> Result<Url, Error> {
        match self.base.join(link) {
            Ok(url) if url.origin() == self.base.origin() => Ok(url),
            _ => Err(self.garbled(doing, answer, &format!("it names the address {link}"))),
        }
    }

    /// Sends a request and returns its answer of any status.
    pub(super) async fn exchange(&self, doing: &str, mut call: Call) -> Result<Answer, Error> {
        let token = self.credential.token(&self.scope).await?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| {
                Error::from(SignInError::Garbled {
                    method: self.credential.method(),
                    status: None,
                    message: "the token contains characters that are invalid in a header"
                        .to_owned(),
                })
            })?;
        bearer.set_sensitive(true);
        call.headers.insert(AUTHORIZATION, bearer);
        self.http.send(call).await.map_err(|error| Error::Http {
            doing: doing.to_owned(),
            error,
        })
    }

    /// Sends a request and returns its answer if it is a success.
    pub(super) async fn send(&self, doing: &str, call: Call) -> Result<Answer, Error> {
        let answer = self.exchange(doing, call).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(self.refused(doing, &answer))
        }
    }

    /// The error for an answer without success.
    pub(super) fn refused(&self, doing: &str, answer: &Answer) -> Error {
        Error::Refused(Box::new(Refusal::new(doing, answer, self.redactor())))
    }

    /// Reads the JSON at a URL.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        doing: &str,
        url: Url,
    ) -> Result<T, Error> {
        let answer = self.send(doing, Call::new(Method::GET, url)).await?;
        self.parse(doing, &answer)
    }

    /// Reads a list, at most `most` items.
    ///
    /// # Errors
    /// A page cannot be read, or the list has more than [`MOST_PAGES`].
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        doing: &str,
        url: Url,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        let mut next = url;
        let mut items = Vec::new();
        for page in 1.. {
            let answer = self.send(doing, Call::new(Method::GET, next)).await?;
            let Page { value, next_link } = self.parse(doing, &answer)?;
            items.extend(value);
            match next_link.filter(|link| !link.is_empty()) {
                Some(_) if items.len() < most && page == MOST_PAGES => {
                    let what = format!("a list of more than {MOST_PAGES} pages");
                    return Err(self.garbled(doing, &answer, &what));
                }
                Some(link) if items.len() < most => {
                    next = self.parse_link(doing, &answer, &link)?;
                }
                _ => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }

    /// The JSON of an answer.
    pub(super) fn parse<T: DeserializeOwned>(
        &self,
        doing: &str,
        answer: &Answer,
    ) -> Result<T, Error> {
        serde_json::from_slice(&answer.body).map_err(|error| {
            let what = if error.is_data() {
                error.to_string()
            } else {
                format!(
                    "status {} and an invalid JSON body: {}",
                    answer.status.as_u16(),
                    beginning(&answer.body, self.redactor())
                )
            };
            self.garbled(doing, answer, &what)
        })
    }

    /// The JSON object of an answer; null for an empty body.
    pub(super) fn object(&self, doing: &str, answer: &Answer) -> Result<Value, Error> {
        if answer.body.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        let body: Value = self.parse(doing, answer)?;
        if body.is_object() {
            return Ok(body);
        }
        Err(self.garbled(doing, answer, "JSON, but not an object"))
    }

    /// An item of a list that does not have the documented form.
    pub(super) fn garbled_item(&self, doing: &str, what: &str) -> Error {
        Error::Garbled {
            doing: doing.to_owned(),
            what: line(what, self.redactor()),
            request_id: None,
        }
    }

    pub(super) fn garbled(&self, doing: &str, answer: &Answer, what: &str) -> Error {
        Error::Garbled {
            doing: doing.to_owned(),
            what: line(what, self.redactor()),
            request_id: answer.request_id().map(str::to_owned),
        }
    }
}

/// `None` if it does not exist.
pub(super) fn found<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
