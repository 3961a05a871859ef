//! From the environment to both clouds.

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

/// Names the registry's host.
const REGISTRY: &str = "HEROKU_REGISTRY";

/// Where proxies are named, credentials included.
const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

/// Looks a variable of the environment up; empty ones are not set.
pub type Lookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Where the vendors' APIs are.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// `HEROKU_API_URL`.
    pub heroku: Url,
    /// `HEROKU_REGISTRY`.
    pub registry: RegistryHost,
    /// `AZURE_RESOURCE_MANAGER_URL`.
    pub arm: Url,
}

/// Why nothing can be connected to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A variable is not an address that secrets may be sent to.
    Address(#[from] AddressError),
    /// `SSL_CERT_FILE` cannot be read.
    Anchors {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// `HEROKU_REGISTRY` is not a registry.
    Registry(#[from] RegistryHostError),
    /// There is no Heroku token.
    Heroku(#[from] CredentialsError),
    /// There is no way to sign in to Azure.
    Azure(#[from] SignInError),
    /// TLS cannot be set up.
    Tls(#[from] TlsError),
}

impl Diagnose for ConnectError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Address(error) => error.diagnostic(),
            Self::Anchors { path, reason } => Diagnostic::new(
                format!(
                    "SSL_CERT_FILE names {path}, which cannot be read as PEM certificates ({reason})"
                ),
                "set it to a file of PEM certificates, or unset it",
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
    /// The vendors', or those that the environment names instead.
    ///
    /// # Errors
    /// A variable does not hold an address that secrets may be sent to.
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

/// Both clouds, with whatever the environment signs in by. Nothing is contacted yet.
///
/// # Errors
/// A variable is wrong, or there is nothing to sign in by.
pub fn connect(
    lookup: Lookup<'_>,
    timings: Timings,
    verbosity: Verbosity,
    redactor: &Redactor,
) -> Result<Clouds, ConnectError> {
    let endpoints = Endpoints::from_env(lookup)?;
    let http = http(lookup, timings, verbosity, redactor)?;
    let host = endpoints.heroku.host_str().unwrap_or_default();
    let token = token(host, lookup)?;
    let credential = Credential::from_environment(&http, lookup)?;
    Ok(Clouds {
        registry: Registry::new(http.clone(), endpoints.registry, &token),
        heroku: HerokuApi::new(http.clone(), endpoints.heroku, &token),
        arm: Arm::new(http, endpoints.arm, credential),
    })
}

/// What all requests are sent by.
///
/// # Errors
/// The file of `SSL_CERT_FILE` cannot be read, or TLS not be set up.
pub fn http(
    lookup: Lookup<'_>,
    timings: Timings,
    verbosity: Verbosity,
    redactor: &Redactor,
) -> Result<Http, ConnectError> {
    for proxy in PROXIES.into_iter().filter_map(lookup) {
        if let Some(place) = credentials(&proxy) {
            redactor.learn(&proxy[place].into());
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
        return Err(wrong("it holds no certificate".to_owned()));
    }
    Ok(anchors)
}
