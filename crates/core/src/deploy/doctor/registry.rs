//! Heroku's registry.

use http::StatusCode;

use super::check::{Check, Finding};
use crate::deploy::connect::{Endpoints, Lookup};
use crate::deploy::heroku::credentials::token;
use crate::deploy::http::Http;
use crate::deploy::registry::{Registry, RegistryError};
use crate::diagnostic::{Diagnose as _, Diagnostic};

pub(super) async fn examine(lookup: Lookup<'_>, endpoints: &Endpoints, http: &Http) -> Finding {
    let check = Check::RegistryLogin;
    let host = endpoints.heroku.host_str().unwrap_or_default();
    let Ok(token) = token(host, lookup) else {
        return Finding::skipped(check, Check::HerokuToken);
    };
    let registry = Registry::new(http.clone(), endpoints.registry.clone(), &token);
    match registry.log_in().await {
        Ok(()) => Finding::ok(check, format!("{} accepts the token", registry.host())),
        Err(error) => Finding::wrong(check, registry_diagnostic(&error)),
    }
}

fn registry_diagnostic(error: &RegistryError) -> Diagnostic {
    match error {
        RegistryError::Refused {
            host,
            status,
            message,
            ..
        } if status.is_client_error() && *status != StatusCode::TOO_MANY_REQUESTS => {
            Diagnostic::new(
                format!("{host} answered {}, {message:?}", status.as_u16()),
                "set HEROKU_API_KEY to the output of `heroku auth:token`, for an account that can deploy the app",
            )
        }
        error => error.diagnostic(),
    }
}
