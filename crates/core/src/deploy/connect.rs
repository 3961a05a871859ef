//! Creates the clients of both clouds from the environment.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::address::{AddressError, address, without_credentials};
use super::azure::{AUTHORITY, Arm, Credential, SignInError};
use super::clouds::Clouds;
use super::heroku::HerokuApi;
use super::heroku::credentials::{CredentialsError, token};
use super::http::{Http, Timings, Verbosity};
use super::redact::Redactor;
use super::registry::{Registry, RegistryHost, RegistryHostError};
use crate::config::credentials;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::bounded_file::{self, MAX_CERTIFICATE_BYTES};
use picletter_worker::client::TlsError;

/// The variable with the registry's host.
const REGISTRY: &str = "HEROKU_REGISTRY";

/// The variables that configure proxies, with credentials.
const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

/// Looks up an environment variable; an empty one counts as unset.
pub type Lookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Base URLs of the vendors' APIs.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// `HEROKU_API_URL`.
    pub heroku: Url,
    /// `HEROKU_REGISTRY`.
    pub registry: RegistryHost,
    /// `AZURE_RESOURCE_MANAGER_URL`.
    pub arm: Url,
}

/// Why no client could be created.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A variable is not a URL to which secrets may be sent.
    Address(#[from] AddressError),
    /// `SSL_CERT_FILE` cannot be read.
    Anchors {
        /// The file.
        path: String,
        /// The problem.
        reason: String,
    },
    /// `HEROKU_REGISTRY` is not a valid host.
    Registry(#[from] RegistryHostError),
    /// There is no Heroku token.
    Heroku(#[from] CredentialsError),
    /// No credentials for Azure were found.
    Azure(#[from] SignInError),
    /// TLS cannot be set up.
    Tls(#[from] TlsError),
}

impl Diagnose for ConnectError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Address(error) => error.diagnostic(),
            Self::Anchors { path, reason } => Diagnostic::new(
                format!("SSL_CERT_FILE: cannot read PEM certificates from {path} ({reason})"),
                "set it to a file with PEM certificates, or unset it",
            ),
            Self::Registry(error) => error.diagnostic(),
            Self::Heroku(error) => error.diagnostic(),
            Self::Azure(error) => error.diagnostic(),
            Self::Tls(error) => Diagnostic::plain(error),
        }
    }
}

display_as_diagnostic!(ConnectError);

impl Endpoints {
    /// The default URLs, or those from the environment.
    ///
    /// # Errors
    /// A variable is not a URL to which secrets may be sent.
    pub fn from_env(lookup: Lookup<'_>) -> Result<Self, ConnectError> {
        if let Some(authority) = lookup(AUTHORITY) {
            without_credentials(AUTHORITY, &authority)?;
        }
        let url =
            |name, default: &str| address(name, lookup(name).unwrap_or_else(|| default.to_owned()));
        let registry = lookup(REGISTRY);
        if let Some(registry) = &registry {
            without_credentials(REGISTRY, registry)?;
        }
        Ok(Self {
            heroku: url("HEROKU_API_URL", "https://api.heroku.com")?,
            registry: registry
                .as_deref()
                .unwrap_or("registry.heroku.com")
                .parse()?,
            arm: url("AZURE_RESOURCE_MANAGER_URL", "https://management.azure.com")?,
        })
    }
}

/// Clients of both clouds, with credentials from the environment. Contacts nothing yet.
///
/// # Errors
/// A variable is invalid, or credentials are missing.
pub fn connect(
    lookup: Lookup<'_>,
    timings: Timings,
    verbosity: Verbosity,
    redactor: &Redactor,
) -> Result<Clouds, ConnectError> {
    connect_with(lookup, http(lookup, timings, verbosity, redactor)?)
}

/// Clients of both clouds that send their requests by `http`, with credentials from the environment.
/// Contacts nothing yet.
///
/// # Errors
/// A variable is invalid, or credentials are missing.
pub fn connect_with(lookup: Lookup<'_>, http: Http) -> Result<Clouds, ConnectError> {
    let endpoints = Endpoints::from_env(lookup)?;
    let host = endpoints.heroku.host_str().unwrap_or_default();
    let token = token(host, lookup)?;
    let credential = Credential::from_environment(&http, lookup)?;
    Ok(Clouds {
        registry: Registry::new(http.clone(), endpoints.registry, &token),
        heroku: HerokuApi::new(http.clone(), endpoints.heroku, &token),
        arm: Arm::new(http, endpoints.arm, credential),
    })
}

/// The HTTP client of all requests.
///
/// # Errors
/// The file in `SSL_CERT_FILE` cannot be read, or TLS cannot be set up.
pub fn http(
    lookup: Lookup<'_>,
    timings: Timings,
    verbosity: Verbosity,
    redactor: &Redactor,
) -> Result<Http, ConnectError> {
    for proxy in PROXIES.into_iter().filter_map(lookup) {
        if let Some(range) = credentials(&proxy) {
            redactor.learn(&proxy[range].into());
        }
    }
    let anchors = match lookup("SSL_CERT_FILE") {
        Some(path) => anchors(Path::new(&path))?,
        None => Vec::new(),
    };
    Ok(Http::new(&anchors, timings, verbosity, redactor.clone())?)
}

fn anchors(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let wrong = |reason: String| ConnectError::Anchors {
        path: path.display().to_string(),
        reason,
    };
    let file = bounded_file::read(path, MAX_CERTIFICATE_BYTES);
    let file = file.map_err(|error| wrong(error.to_string()))?;
    let anchors: Vec<_> = CertificateDer::pem_slice_iter(&file.bytes)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    if anchors.is_empty() {
        return Err(wrong("it contains no certificate".to_owned()));
    }
    Ok(anchors)
}
