//! Base URLs of APIs from the environment.

use url::Url;

use crate::config::credentials;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::quote::quote;
use picletter_worker::url_policy::is_loopback;

/// Why a variable of the environment is not the base URL of an API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It contains credentials, which would be sent, printed, and stored with the URL. The value is
    /// omitted.
    Credentials(&'static str),
    /// It is not a valid API URL.
    Wrong {
        /// The variable.
        name: &'static str,
        /// The variable's value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl Diagnose for AddressError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Credentials(name) => Diagnostic::new(
                format!("{name} contains a user name or password"),
                "remove it from the URL; set credentials with the variables for signing in",
            ),
            Self::Wrong {
                name,
                value,
                reason,
            } => Diagnostic::new(
                format!(
                    "{name} is {}, which is not a valid API URL ({reason})",
                    quote(value)
                ),
                format!("correct {name}, or unset it"),
            ),
        }
    }
}

display_as_diagnostic!(AddressError);

impl AddressError {
    /// The variable.
    pub fn variable(&self) -> &'static str {
        match self {
            Self::Credentials(name) | Self::Wrong { name, .. } => name,
        }
    }
}

/// The base URL of an API from the variable `name`.
pub(super) fn address(name: &'static str, value: String) -> Result<Url, AddressError> {
    without_credentials(name, &value)?;
    let wrong = |value: String, reason: &str| AddressError::Wrong {
        name,
        value,
        reason: reason.to_owned(),
    };
    let url = match Url::parse(&value) {
        Ok(url) => url,
        Err(error) => {
            return Err(wrong(
                value,
                &format!("{error}; expected a URL such as https://host"),
            ));
        }
    };
    if url.host().is_none() {
        return Err(wrong(value, "it contains no host"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(wrong(
            value,
            "http is accepted only for loopback addresses, because requests contain secrets",
        )),
        _ => Err(wrong(value, "expected https://")),
    }
}

/// Rejects credentials, even if the value is not a URL.
pub(super) fn without_credentials(name: &'static str, value: &str) -> Result<(), AddressError> {
    let has_scheme = value.contains("://");
    if credentials(value).is_some() || !has_scheme && value.contains('@') {
        return Err(AddressError::Credentials(name));
    }
    Ok(())
}
