//! Heroku's container registry.
//!
//! Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime>;
//! <https://distribution.github.io/distribution/spec/api/>.

mod host;
mod push;

use std::io;
use std::process::ExitStatus;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::http::{Answer, Call, Http, HttpError};
use super::image::Image;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_oci::{ImageId, media_type};
use picletter_worker::html_text::{plain, shortened};

pub use host::{RegistryHost, RegistryHostError};
pub use push::skopeo_version;

const SHOWN: usize = 300;

/// After this time without a line from skopeo, a push hangs. It prints one for each layer, and
/// nothing while a layer is sent: this is enough for a gigabyte at 5 Mbit/s.
const PATIENCE: Duration = Duration::from_mins(30);

/// The program that pushes.
const SKOPEO: &str = "skopeo";

/// The registry, as one account sees it. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Registry {
    http: Http,
    host: RegistryHost,
    /// Base64 of the user and the token, as both HTTP and skopeo's auth file have it.
    credentials: SecretString,
    skopeo: String,
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
    /// The program that pushes is not installed.
    NoSkopeo(String),
    /// It is installed, and does not work.
    BrokenSkopeo {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote on standard error.
        words: String,
    },
    /// It did not get done.
    Push {
        /// Where to.
        host: String,
        /// Skopeo's last line, or how it ended.
        said: String,
        /// Whether it is for the credentials, by what it said.
        credentials: bool,
    },
    /// The system did not let it be started.
    Io(#[from] io::Error),
    /// It was given up.
    Stalled {
        /// Where to.
        host: String,
        /// How long nothing was heard of it.
        patience: Duration,
    },
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
                    help: advice(*status).map(str::to_owned),
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
            Self::NoSkopeo(program) => Diagnostic::new(
                format!("{program}, which pushes images, is not installed"),
                "get it with `apt install skopeo`, `dnf install skopeo`, `brew install skopeo` or `nix shell nixpkgs#skopeo`",
            ),
            Self::BrokenSkopeo {
                program,
                status,
                words,
            } => Diagnostic::new(
                format!("`{program} --version` ended with {status} ({words:?})"),
                format!("reinstall {program}"),
            ),
            Self::Push {
                host,
                said,
                credentials,
            } => {
                let advice = credentials.then(|| advice(StatusCode::UNAUTHORIZED));
                Diagnostic {
                    summary: format!("the image was not pushed to {host}: {said}"),
                    help: advice.flatten().map(str::to_owned),
                }
            }
            Self::Io(error) => {
                Diagnostic::plain(format_args!("the image cannot be pushed: {error}"))
            }
            Self::Stalled { host, patience } => Diagnostic::new(
                format!(
                    "the push to {host} has made no progress for {} minutes",
                    patience.as_secs() / 60
                ),
                "check the network and https://status.heroku.com, then run the same command again",
            ),
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

fn advice(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        // An account that may not use the app is told so by a bare 400.
        400 | 401 | 403 => Some(
            "the token is wrong, or its account may not deploy the app: export what `heroku auth:token` prints as HEROKU_API_KEY",
        ),
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
            skopeo: SKOPEO.to_owned(),
            patience: PATIENCE,
        }
    }

    /// With another program instead of the `skopeo` that PATH has.
    #[must_use]
    pub fn with_skopeo(mut self, program: &str) -> Self {
        program.clone_into(&mut self.skopeo);
        self
    }

    /// Gives a push up when skopeo has printed nothing for this long, instead of 30 minutes.
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
        let mut url = self.host.url().clone();
        url.set_path(path);
        let mut call = Call::new(Method::GET, url);
        call.headers
            .insert(ACCEPT, HeaderValue::from_static(media_type::MANIFEST));
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

    /// Pushes an image for a process type, and reads back that it arrived. `on_progress` is given
    /// what skopeo tells of it. Dropping the future ends skopeo.
    ///
    /// # Errors
    /// Skopeo is not installed, or did not get done; another image is there afterwards.
    pub async fn push(
        &self,
        image: &Image,
        app: &str,
        process_type: &str,
        on_progress: impl FnMut(&str),
    ) -> Result<(), RegistryError> {
        let repository = format!("{app}/{process_type}");
        self.copy(image.path(), &repository, on_progress).await?;
        let found = self.released_image(app, process_type).await?;
        if found.as_ref() == Some(image.id()) {
            return Ok(());
        }
        Err(RegistryError::Differs {
            host: self.host.to_string(),
            pushed: image.id().clone(),
            found,
        })
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
        shortened(&self.http.redactor().page(&answer.body), SHOWN)
    }

    fn one_line(&self, text: &str) -> String {
        shortened(&plain(&self.http.redactor().clean(text)), SHOWN)
    }
}
