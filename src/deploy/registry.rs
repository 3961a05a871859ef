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

use super::http::{Answer, Call, Http, HttpError};
use super::image::archive_diagnostic;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_oci::{ArchiveError, ImageId, media_type};

pub use host::{RegistryHost, RegistryHostError};

const SHOWN: usize = 300;

/// After this time without progress a request that sends a part of an image is given up: the
/// connection took nothing, or the registry did not answer after the last byte. The registry may
/// copy a large layer before it answers.
const PATIENCE: Duration = Duration::from_mins(5);

const TOKEN: &str = "the token is wrong, or its account may not deploy the app: export what `heroku auth:token` prints as HEROKU_API_KEY";

/// The registry, as one account sees it. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Registry {
    http: Http,
    host: RegistryHost,
    /// Base64 of the user and the token.
    credentials: SecretString,
    patience: Duration,
}

/// Why an image was not pushed, or not found out.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There was no answer.
    Http(#[from] HttpError),
    /// The registry said no.
    Refused {
        /// Whose answer.
        host: String,
        /// Its status.
        status: StatusCode,
        /// Its words; often none.
        message: String,
    },
    /// A page, which the registry does not refuse with: its own refusals are JSON or empty.
    Page {
        /// Whose answer.
        host: String,
        /// Its status.
        status: StatusCode,
        /// Its title, or its text.
        page: String,
    },
    /// A success, and yet no manifest.
    NoManifest {
        /// Whose answer.
        host: String,
        /// Its first characters.
        begins: String,
    },
    /// It accepts an upload, and names no place of its own for it.
    NoUpload {
        /// Whose answer.
        host: String,
    },
    /// The image cannot be read.
    Image(#[from] ArchiveError),
    /// Somebody else pushed meanwhile, or something in between changes images.
    Differs {
        /// Whose.
        host: String,
        /// What was pushed.
        pushed: ImageId,
        /// What is there.
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
            } => {
                let summary = format!("{host} answered {}", status.as_u16());
                Diagnostic {
                    summary: if message.is_empty() {
                        summary
                    } else {
                        format!("{summary}, {message:?}")
                    },
                    help: advice(*status, message).map(str::to_owned),
                }
            }
            Self::Page { host, status, page } => Diagnostic::new(
                format!("{host} answered {} with a page ({page:?})", status.as_u16()),
                "check HEROKU_REGISTRY, and whether a proxy stands in between",
            ),
            Self::NoManifest { host, begins } => Diagnostic::new(
                format!(
                    "{host} answered with something else than a manifest (begins with {begins:?})"
                ),
                "check HEROKU_REGISTRY, and whether a proxy stands in between",
            ),
            Self::NoUpload { host } => Diagnostic::new(
                format!("{host} named no place of its own to upload to"),
                "check HEROKU_REGISTRY, and whether a proxy stands in between",
            ),
            Self::Image(error) => archive_diagnostic(error),
            Self::Differs {
                host,
                pushed,
                found,
            } => {
                let found = found.as_ref().map_or("nothing", ImageId::as_str);
                Diagnostic::new(
                    format!("{host} has {found} where {pushed} was pushed just now"),
                    "somebody else may be deploying; run the same command again",
                )
            }
        }
    }
}

display_as_diagnostic!(RegistryError);

fn advice(status: StatusCode, message: &str) -> Option<&'static str> {
    match status.as_u16() {
        401 | 403 => Some(TOKEN),
        // The answer to an account that may not use the app.
        400 if message.is_empty() => Some(TOKEN),
        429 => Some("wait a minute, then run the same command again"),
        500.. => Some("see https://status.heroku.com, then run the same command again"),
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
            http: http.of_vendor("Heroku's registry"),
            host,
            credentials,
            patience: PATIENCE,
        }
    }

    /// Gives a request that sends a part of an image up after this time without progress, instead of
    /// 5 minutes.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Whether the registry takes the token.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn log_in(&self) -> Result<(), RegistryError> {
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
            let page = self.shown(answer);
            return Err(RegistryError::Page { host, status, page });
        }
        Err(RegistryError::Refused {
            host,
            status,
            message: self.message(answer),
        })
    }

    /// Its host.
    pub fn host(&self) -> &RegistryHost {
        &self.host
    }

    /// The image that was pushed last for a process type, if any was. None is read twice: that is also
    /// what a server answers that is not Heroku's.
    ///
    /// # Errors
    /// Refused, or no answer.
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
                begins: self.shown(&answer),
            })?;
        // A manifest of another kind names no config: whatever it is, it was not pushed by us.
        let digest = manifest.pointer("/config/digest").and_then(Value::as_str);
        Ok(digest.and_then(ImageId::parse))
    }

    /// The registry's words, which are JSON where they come from itself.
    fn message(&self, answer: &Answer) -> String {
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let message = body.as_ref().and_then(|body| {
            let message = body.pointer("/errors/0/message");
            message.and_then(Value::as_str)
        });
        message.map_or_else(|| self.shown(answer), |message| self.one_line(message))
    }

    fn shown(&self, answer: &Answer) -> String {
        self.http.redactor().beginning(&answer.body, SHOWN)
    }

    fn one_line(&self, text: &str) -> String {
        self.http.redactor().line(text, SHOWN)
    }
}
