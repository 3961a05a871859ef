//! Heroku's container registry.
//!
//! Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime>;
//! <https://distribution.github.io/distribution/spec/api/>.

mod host;
mod push;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::http::{Answer, Call, Http, HttpError, outage_help, retry_help};
use super::image::archive_diagnostic;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_oci::{ArchiveError, ImageId, media_type};

pub use host::{RegistryHost, RegistryHostError};

const EXCERPT: usize = 300;

/// An upload without progress is aborted after this time: the connection accepted nothing, or the
/// registry did not answer after the last byte. The registry may copy a large layer before it
/// answers.
const PATIENCE: Duration = Duration::from_mins(5);

const TOKEN: &str = "the token is wrong, or its account cannot deploy the app: set HEROKU_API_KEY to the output of `heroku auth:token`";

/// A client of the registry with one account's token. Clones share connections.
#[derive(Debug, Clone)]
pub struct Registry {
    http: Http,
    host: RegistryHost,
    /// Base64 of the user and the token.
    credentials: SecretString,
    patience: Duration,
}

/// An error of the registry.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There was no answer.
    Http(#[from] HttpError),
    /// The registry refused the request.
    Refused {
        /// The host that answered.
        host: String,
        /// The answer's status.
        status: StatusCode,
        /// The registry's message; often empty.
        message: String,
        /// The wait before the next request, from `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// A web page. The registry's own refusals are JSON or empty.
    Page {
        /// The host that answered.
        host: String,
        /// The answer's status.
        status: StatusCode,
        /// The page's title or text.
        page: String,
    },
    /// A success without a manifest.
    NoManifest {
        /// The host that answered.
        host: String,
        /// The answer's first characters.
        begins: String,
    },
    /// It accepts an upload, but returns no valid URL for it.
    NoUpload {
        /// The host that answered.
        host: String,
    },
    /// The image cannot be read.
    Image(#[from] ArchiveError),
    /// Another push happened concurrently, or a proxy changed the image.
    Differs {
        /// The registry's host.
        host: String,
        /// The pushed image.
        pushed: ImageId,
        /// The image in the registry.
        found: Option<ImageId>,
    },
}

impl Diagnose for RegistryError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Http(error) => error.diagnostic(),
            Self::Refused {
                host,
                status,
                message,
                retry_after,
            } => {
                let summary = format!("{host} answered {}", status.as_u16());
                Diagnostic {
                    summary: if message.is_empty() {
                        summary
                    } else {
                        format!("{summary}, {message:?}")
                    },
                    help: help(*status, message, *retry_after),
                }
            }
            Self::Page { host, status, page } => Diagnostic::new(
                format!(
                    "{host} answered {} with a web page ({page:?})",
                    status.as_u16()
                ),
                "check HEROKU_REGISTRY and HTTPS_PROXY: the answer may come from a proxy",
            ),
            Self::NoManifest { host, begins } => Diagnostic::new(
                format!("{host} answered without a manifest (begins with {begins:?})"),
                "check HEROKU_REGISTRY and HTTPS_PROXY: the answer may come from a proxy",
            ),
            Self::NoUpload { host } => Diagnostic::new(
                format!("{host} returned no valid upload address"),
                "check HEROKU_REGISTRY and HTTPS_PROXY: the answer may come from a proxy",
            ),
            Self::Image(error) => archive_diagnostic(error),
            Self::Differs {
                host,
                pushed,
                found,
            } => {
                let found = found.as_ref().map_or("nothing", ImageId::as_str);
                Diagnostic::new(
                    format!("{host} has {found} instead of {pushed}, which was just pushed"),
                    "another deployment may be running; run the command again",
                )
            }
        }
    }
}

display_as_diagnostic!(RegistryError);

fn help(status: StatusCode, message: &str, retry_after: Option<Duration>) -> Option<String> {
    match status.as_u16() {
        401 | 403 => Some(TOKEN.to_owned()),
        // The answer to an account without access to the app.
        400 if message.is_empty() => Some(TOKEN.to_owned()),
        429 => Some(retry_help(retry_after, "a minute")),
        500.. => Some(outage_help("https://status.heroku.com", retry_after)),
        _ => None,
    }
}

impl Registry {
    /// The registry on a host, with an API token.
    pub fn new(http: Http, host: RegistryHost, token: &SecretString) -> Self {
        let pair = format!("_:{}", token.expose_secret());
        let credentials = SecretString::from(BASE64_STANDARD.encode(pair));
        http.redactor().learn(token);
        http.redactor().learn(&credentials);
        Self {
            http: http.for_vendor("Heroku's registry"),
            host,
            credentials,
            patience: PATIENCE,
        }
    }

    /// Sets the time without progress after which an upload is aborted; the default is 5 minutes.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Checks that the registry accepts the token.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub(crate) async fn log_in(&self) -> Result<(), RegistryError> {
        let answer = self.http.send(self.get("/v2/")).await?;
        self.accepted(&answer)
    }

    fn get(&self, path: &str) -> Call {
        let mut call = self.call(Method::GET, self.url(path));
        call.headers
            .insert(ACCEPT, HeaderValue::from_static(media_type::MANIFEST));
        call
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.host.url().clone();
        url.set_path(path);
        url
    }

    /// A request with the credentials.
    fn call(&self, method: Method, url: Url) -> Call {
        let mut call = Call::new(method, url);
        let basic = format!("Basic {}", self.credentials.expose_secret());
        if let Ok(mut basic) = HeaderValue::from_str(&basic) {
            basic.set_sensitive(true);
            call.headers.insert(AUTHORIZATION, basic);
        }
        call
    }

    fn accepted(&self, answer: &Answer) -> Result<(), RegistryError> {
        if answer.status.is_success() {
            return Ok(());
        }
        let (host, status) = (self.host.to_string(), answer.status);
        if status.is_client_error() && answer.body.trim_ascii_start().starts_with(b"<") {
            let page = self.excerpt(answer);
            return Err(RegistryError::Page { host, status, page });
        }
        Err(RegistryError::Refused {
            host,
            status,
            message: self.message(answer),
            retry_after: answer.retry_after(),
        })
    }

    /// Its host.
    pub fn host(&self) -> &RegistryHost {
        &self.host
    }

    /// The image pushed last for a process type, if any. A missing one is read twice, because the
    /// answer may come from a proxy.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn released_image(
        &self,
        app: &str,
        process_type: &str,
    ) -> Result<Option<ImageId>, RegistryError> {
        let path = format!("/v2/{app}/{process_type}/manifests/latest");
        match self.image_at(&path).await? {
            None => self.image_at(&path).await,
            found => Ok(found),
        }
    }

    async fn image_at(&self, path: &str) -> Result<Option<ImageId>, RegistryError> {
        let answer = self.http.send(self.get(path)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.accepted(&answer)?;
        let manifest: Value =
            serde_json::from_slice(&answer.body).map_err(|_| RegistryError::NoManifest {
                host: self.host.to_string(),
                begins: self.excerpt(&answer),
            })?;
        // Another kind of manifest has no config, so Picletter did not push it.
        let digest = manifest.pointer("/config/digest").and_then(Value::as_str);
        Ok(digest.and_then(ImageId::parse))
    }

    /// The registry's message, which is JSON if it comes from the registry.
    fn message(&self, answer: &Answer) -> String {
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let message = body.as_ref().and_then(|body| {
            let message = body.pointer("/errors/0/message");
            message.and_then(Value::as_str)
        });
        message.map_or_else(|| self.excerpt(answer), |message| self.one_line(message))
    }

    fn excerpt(&self, answer: &Answer) -> String {
        self.http.redactor().beginning(&answer.body, EXCERPT)
    }

    fn one_line(&self, text: &str) -> String {
        self.http.redactor().line(text, EXCERPT)
    }
}
