//! The real services, configured by environment variables.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use picletter_core::deploy::connect::{Lookup, connect};
use picletter_core::deploy::http::{Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;

use super::services::{Services, client, random_name};

/// The required variables, and how to get each value.
const REQUIRED: [(&str, &str); 4] = [
    ("HEROKU_API_KEY", "`heroku auth:token` prints one"),
    (
        "AZURE_SUBSCRIPTION_ID",
        "`az account show --query id` prints it",
    ),
    ("SG_KEY", "a SendGrid API key with the permission Mail Send"),
    ("BOT_EMAIL", "a sender that SendGrid has verified"),
];

/// A service principal. If none of these is set, `az login` is used.
const PRINCIPAL: [&str; 3] = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];

/// Variables that replace a real service.
const OVERRIDES: [&str; 5] = [
    "HEROKU_API_URL",
    "HEROKU_REGISTRY",
    "AZURE_RESOURCE_MANAGER_URL",
    "AZURE_AUTHORITY_HOST",
    "SENDGRID_API_URL",
];

/// The real services. Sends no request yet.
///
/// # Errors
/// If live mode is off, or if variables are missing: the error names all of them.
pub(crate) fn services(lookup: Lookup<'_>) -> Result<Arc<Services>, String> {
    let lookup = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    if lookup("PICLETTER_LIVE").as_deref() != Some("1") {
        return Err("set PICLETTER_LIVE=1: this creates resources in real accounts".to_owned());
    }
    if lookup("CI").is_some() {
        return Err(
            "CI is set: the real services are never used by continuous integration".to_owned(),
        );
    }
    let mut missing: Vec<String> = REQUIRED
        .iter()
        .filter(|(name, _)| lookup(name).is_none())
        .map(|(name, help)| format!("{name} is not set ({help})"))
        .collect();
    let (given, absent): (Vec<_>, Vec<_>) =
        PRINCIPAL.iter().partition(|name| lookup(name).is_some());
    if !given.is_empty() {
        let message = |name: &&str| {
            format!(
                "{name} is not set (or unset {}, to use `az login`)",
                given[0]
            )
        };
        missing.extend(absent.into_iter().map(message));
    }
    let overrides = OVERRIDES.iter().filter(|name| lookup(name).is_some());
    missing.extend(overrides.map(|name| format!("{name} is set (unset it)")));
    if !missing.is_empty() {
        return Err(format!("{}\nNothing was created.", missing.join("\n")));
    }
    let timings = Timings::default();
    let clouds = connect(&lookup, timings, Verbosity::Quiet, &Redactor::default());
    let value = |name: &str| lookup(name).unwrap_or_default();
    let worker = ["SG_KEY", "BOT_EMAIL"].map(|name| (name.to_owned(), value(name)));
    Ok(Arc::new(Services {
        clouds: clouds.map_err(|error| format!("{error}\nNothing was created."))?,
        client: client(),
        heroku_url: "https://api.heroku.com".to_owned(),
        heroku_token: value("HEROKU_API_KEY").into(),
        subscription: lookup("AZURE_SUBSCRIPTION_ID"),
        worker: BTreeMap::from(worker),
        name: random_name(),
        poll: timings.poll,
        limit: Duration::from_mins(10),
        is_live: true,
    }))
}

/// Checks that both accounts accept the sign-in.
pub(crate) async fn sign_in(services: &Services) -> Result<(), String> {
    let account = services.clouds.heroku.account().await;
    account.map_err(|error| error.to_string())?;
    services.subscription().await.map(|_| ())
}

#[test]
fn live_mode_must_be_enabled_and_names_missing_variables() {
    let complete = [
        ("PICLETTER_LIVE", "1"),
        ("HEROKU_API_KEY", "HRKU-1"),
        (
            "AZURE_SUBSCRIPTION_ID",
            "11111111-2222-4333-8444-555555555555",
        ),
        ("AZURE_TENANT_ID", "t"),
        ("AZURE_CLIENT_ID", "c"),
        ("AZURE_CLIENT_SECRET", "s"),
        ("SG_KEY", "SG.1"),
        ("BOT_EMAIL", "bot@example.com"),
    ];
    let error = |changed: (&str, &str)| {
        let mut variables = BTreeMap::from(complete);
        variables.insert(changed.0, changed.1);
        let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        services(&lookup).err().unwrap_or_default()
    };
    for (name, _) in complete {
        assert!(error((name, " ")).contains(name), "{name}");
    }
    assert!(error(("PICLETTER_LIVE", "true")).contains("PICLETTER_LIVE=1"));
    assert!(error(("CI", "true")).contains("CI is set"));
    for name in OVERRIDES {
        assert!(error((name, "http://127.0.0.1:1")).contains(name), "{name}");
    }
    assert_eq!(error(("HOME", "/nowhere")), "");
    let all = services(&|name| (name == "PICLETTER_LIVE").then(|| "1".to_owned()));
    let all = all.err().unwrap();
    for (name, _) in REQUIRED {
        assert!(all.contains(&format!("{name} is not set")), "{all}");
    }
}
