//! Preflight checks: reads from each vendor and changes nothing. The changes of the app come from
//! [`super::plan`], so the two agree.
//!
//! A [`Check`] is the subject of a check, a [`Finding`] its result. Vendors are queried
//! concurrently; the findings have a fixed order.

mod azure;
mod check;
mod clock;
mod file;
mod heroku;
mod image;
mod pictures;
mod registry;
mod sendgrid;

use std::path::Path;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::connect::{ConnectError, Endpoints, Lookup, http};
use super::desired::DesiredState;
use super::http::{Http, Timings, Verbosity};
use super::image::{Image, ImageError};
use super::redact::Redactor;
use crate::config::{Config, ConfigError, Secrets};
use crate::diagnostic::Diagnose as _;
use picletter_worker::settings::{ParsedVariables, Variables};

pub use check::{Check, Finding, State};

/// The input of the checks.
pub struct Input<'a> {
    /// The path of the configuration file.
    pub path: &'a Path,
    /// The parsed configuration.
    pub config: Result<&'a Config, &'a ConfigError>,
    /// The image to deploy, if given.
    pub image: Option<&'a Path>,
    /// The environment, for the secrets.
    pub variables: &'a Variables,
    /// The environment, for credentials.
    pub lookup: Lookup<'a>,
    /// Waits and timeouts.
    pub timings: Timings,
    /// How much of each request is printed.
    pub verbosity: Verbosity,
    /// Masks secrets in all output.
    pub redactor: &'a Redactor,
}

/// Runs all checks.
pub async fn examine(given: &Input<'_>) -> Vec<Finding> {
    let mut findings = vec![file::examine(given)];
    let config = given.config.ok();
    let learn = |secret: &SecretString| given.redactor.learn(secret);
    let secrets = config.map(|config| Secrets::read(config, given.variables, learn));
    findings.push(file::examine_secrets(secrets.as_ref()));
    let secrets = secrets.and_then(Result::ok);
    let image = given.image.map(Image::open);
    let desired = config.map(|config| {
        let vars = secrets.as_ref().map(Secrets::config_vars);
        let webhook = secrets.as_ref().and_then(Secrets::alert_webhook).cloned();
        let image = image.as_ref().and_then(|image| image.as_ref().ok());
        let image = image.map(|image| image.id().clone());
        DesiredState::new(
            config,
            vars.unwrap_or_default(),
            webhook,
            image,
            Timestamp::now(),
        )
    });
    let connected = connected(given);
    findings.push(match &connected {
        Ok(_) => Finding::ok(Check::Addresses, addresses(given.lookup)),
        Err(error) => Finding::wrong(Check::Addresses, error.diagnostic()),
    });
    let connected = connected.ok();
    let desired = Configured {
        config,
        secrets: secrets.as_ref(),
        desired: desired.as_ref(),
        image: image.as_ref(),
    };
    let vendors = Box::pin(vendors(given, &desired, connected.as_ref()));
    findings.extend(vendors.await);
    findings.push(match connected {
        Some((_, http)) => clock::examine(http.clock()),
        None => Finding::skipped(Check::Clock, Check::Addresses),
    });
    for finding in &mut findings {
        finding.clean(given.redactor);
    }
    findings
}

/// The parsed file, secrets, and image, if they are valid.
struct Configured<'a> {
    config: Option<&'a Config>,
    secrets: Option<&'a Secrets>,
    desired: Option<&'a DesiredState>,
    /// The image, if a file is given.
    image: Option<&'a Result<Image, ImageError>>,
}

async fn vendors(
    given: &Input<'_>,
    desired: &Configured<'_>,
    connected: Option<&(Endpoints, Http)>,
) -> Vec<Finding> {
    let Configured {
        config,
        secrets,
        desired,
        image,
    } = *desired;
    let variables = config.zip(secrets);
    let variables = variables.map(|(config, secrets)| worker_settings(given, config, secrets));
    let vendors = async {
        let (endpoints, http) = connected?;
        Some(tokio::join!(
            heroku::examine(given.lookup, desired, endpoints, http),
            registry::examine(given.lookup, endpoints, http),
            azure::examine(given.lookup, config.zip(desired), endpoints, http),
            sendgrid::examine(config, secrets, variables.as_ref(), http),
        ))
    };
    let (vendors, pictures) = tokio::join!(
        vendors,
        pictures::examine(config, secrets, variables.as_ref()),
    );
    let (heroku, mut registry, azure, sendgrid) = vendors.unwrap_or_else(|| {
        let skipped = |check| Finding::skipped(check, Check::Addresses);
        let all = |checks: Vec<Check>| checks.into_iter().map(skipped).collect::<Vec<_>>();
        let heroku = heroku::HerokuFindings {
            findings: all(heroku::checks(desired)),
            live: None,
        };
        let registry = skipped(Check::RegistryLogin);
        (
            heroku,
            registry,
            all(azure::checks(config)),
            all(sendgrid::checks(config)),
        )
    });
    let is_wrong = |finding: &Finding| finding.state == State::Wrong;
    if heroku.findings.first().is_some_and(is_wrong) && is_wrong(&registry) {
        // Both use the same token.
        registry = Finding::skipped(Check::RegistryLogin, Check::HerokuToken);
    }
    let live = heroku.live.as_ref();
    let image = image::examine(image, desired, live);
    let mut findings = heroku.findings;
    findings.extend([registry, image]);
    for of_vendor in [azure, sendgrid, pictures] {
        findings.extend(of_vendor);
    }
    findings
}

fn connected(given: &Input<'_>) -> Result<(Endpoints, Http), ConnectError> {
    let endpoints = Endpoints::from_env(given.lookup)?;
    let http = http(given.lookup, given.timings, given.verbosity, given.redactor)?;
    Ok((endpoints, http))
}

/// Describes the APIs' addresses.
fn addresses(lookup: Lookup<'_>) -> String {
    let replaced: Vec<_> = [
        "HEROKU_API_URL",
        "HEROKU_REGISTRY",
        "AZURE_RESOURCE_MANAGER_URL",
        "AZURE_AUTHORITY_HOST",
    ]
    .into_iter()
    .filter(|name| lookup(name).is_some())
    .collect();
    if replaced.is_empty() {
        "default addresses of Heroku and Azure".to_owned()
    } else {
        format!(
            "set by {}, instead of the default addresses",
            replaced.join(", ")
        )
    }
}

/// The worker's settings, with placeholders for values that are not needed here or already reported
/// as missing.
fn worker_settings(given: &Input<'_>, config: &Config, secrets: &Secrets) -> ParsedVariables {
    const UNSPLASH: &str = "UNSPLASH_ACCESS_KEY";
    let of_secrets = secrets.config_vars();
    let of_secrets = of_secrets
        .iter()
        .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let anchors = (given.lookup)("SSL_CERT_FILE").map(|path| ("SSL_CERT_FILE".to_owned(), path));
    let mut variables: Variables = of_secrets.chain(anchors).collect();
    // With a key, the worker uses unsplash if the file lists no sources.
    let mut all = secrets.list().iter();
    if all.any(|secret| secret.name == UNSPLASH && secret.required) {
        variables.set_default(UNSPLASH, "not-there");
    }
    let in_file = config.config_var_keys();
    for (name, value) in [
        ("SG_KEY", "SG.not.there"),
        ("BOT_EMAIL", "bot@picletter.example"),
        ("RECEIVER_EMAIL", "you@picletter.example"),
    ] {
        if !in_file.contains_key(name) {
            variables.set_default(name, value);
        }
    }
    config.worker_settings(variables)
}
