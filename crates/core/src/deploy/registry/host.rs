//! The registry's host.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::url_policy::is_loopback;

/// A registry's host. Requires HTTPS, except on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryHost {
    url: Url,
}

/// Not a registry's host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RegistryHostError(String);

impl Diagnose for RegistryHostError {
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(
            format!("HEROKU_REGISTRY: {:?} is not a registry's host", self.0),
            "write `registry.heroku.com`, or `http://127.0.0.1:5000` for one on this machine",
        )
    }
}

display_as_diagnostic!(RegistryHostError);

impl RegistryHost {
    /// The host's own address, without a path.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for RegistryHost {
    type Err = RegistryHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || RegistryHostError(text.to_owned());
        let url = if text.starts_with("http://") || text.starts_with("https://") {
            text.parse()
        } else {
            format!("https://{text}").parse()
        };
        let url: Url = url.map_err(|_| refused())?;
        if url.host().is_none() {
            return Err(refused());
        }
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if bare && (is_loopback(&url) || url.scheme() == "https") {
            Ok(Self { url })
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for RegistryHost {
    /// The host with its port, as in image references.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.host_str().unwrap_or_default())?;
        match self.url.port() {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}
