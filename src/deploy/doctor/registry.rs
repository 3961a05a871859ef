//! Heroku's registry, and the program that pushes to it.

use super::check::{Check, Finding};
use crate::deploy::connect::{Endpoints, Lookup};
use crate::deploy::desired::DesiredState;
use crate::deploy::heroku::credentials::token;
use crate::deploy::http::Http;
use crate::deploy::live::LiveHeroku;
use crate::deploy::plan;
use crate::deploy::registry::{Registry, RegistryError, skopeo_version};
use crate::diagnostic::{Diagnose as _, Diagnostic};

pub(super) async fn examine(lookup: Lookup<'_>, endpoints: &Endpoints, http: &Http) -> Finding {
    let check = Check::RegistryLogin;
    let host = endpoints.heroku.host_str().unwrap_or_default();
    let Ok(token) = token(host, lookup) else {
        return Finding::skipped(check, Check::HerokuToken);
    };
    let registry = Registry::new(http.clone(), endpoints.registry.clone(), &token);
    match registry.log_in().await {
        Ok(()) => Finding::ok(check, format!("{} takes the token", registry.host())),
        Err(error) => Finding::wrong(check, refused(&error)),
    }
}

fn refused(error: &RegistryError) -> Diagnostic {
    match error {
        RegistryError::Refused {
            host,
            status,
            message,
        } if status.is_client_error() => Diagnostic::new(
            format!("{host} answered {}, {message:?}", status.as_u16()),
            "export what `heroku auth:token` prints as HEROKU_API_KEY, of an account that may deploy the app",
        ),
        error => error.diagnostic(),
    }
}

/// Skopeo is needed only where `deploy` would push.
pub(super) async fn examine_skopeo(
    desired: Option<&DesiredState>,
    live: Option<&LiveHeroku>,
) -> Finding {
    let pushes = desired.zip(live).is_none_or(|(desired, live)| {
        plan::pushes(desired, live)
            || desired.brings_image() && plan::image(desired, live).lacks_image()
    });
    if !pushes {
        return Finding::ok(Check::Skopeo, "not needed: no image has to be pushed");
    }
    match skopeo_version().await {
        Ok(version) => Finding::ok(Check::Skopeo, version),
        Err(error) => Finding::wrong(Check::Skopeo, error.diagnostic()),
    }
}
