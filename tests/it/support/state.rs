//! Summaries of the live state that are the same for each test run.

use std::fmt::Write as _;

use picletter_core::deploy::live::LiveState;
use secrecy::ExposeSecret as _;

/// Everything that a deployment creates, one line each.
pub(crate) fn summary(live: &LiveState) -> String {
    let mut state = String::new();
    let heroku = &live.heroku;
    let _ = writeln!(state, "app {:?}", heroku.app.as_ref().map(|app| &app.name));
    for (name, value) in &heroku.config_vars {
        let value = value.expose_secret();
        // The fakes' ports differ in each run.
        let is_url = value.starts_with("http");
        let _ = writeln!(state, "{name}={}", if is_url { "url" } else { value });
    }
    for formation in &heroku.formation {
        let _ = writeln!(state, "{} {}", formation.r#type, formation.quantity);
    }
    for release in &heroku.releases {
        let _ = writeln!(state, "v{} {}", release.version, release.description);
    }
    let _ = writeln!(state, "authorizations {}", heroku.authorizations.len());
    let azure = &live.azure;
    let group = azure
        .group
        .as_ref()
        .map(|group| (&group.location, &group.tags));
    let _ = writeln!(state, "group {group:?}");
    let workflow = azure.workflows.first();
    let workflow = workflow.map(|it| (&it.name, &it.state));
    let _ = writeln!(state, "workflow {workflow:?}");
    for alert in &azure.alerts {
        let _ = writeln!(state, "alert {}", alert.name);
    }
    state
}

/// Replaces the random IDs in a path.
pub(crate) fn pattern(path: &str) -> String {
    let is_random = |part: &str| part.len() >= 20 && part.chars().any(|c| c.is_ascii_digit());
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if is_random(part) { "*" } else { part })
        .collect();
    parts.join("/")
}
