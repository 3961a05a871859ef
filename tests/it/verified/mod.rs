//! Scenarios that must pass against both the real services and the fakes, with Picletter's own
//! clients. Every `cargo test` runs them against the fakes, and `just live` against the real
//! services. Any difference is a bug in a fake. CONTRIBUTING.md explains how to run them.

mod cleanup;
mod live;
mod scenarios;
mod services;

use std::sync::Arc;

use services::Services;

#[tokio::test(flavor = "multi_thread")]
async fn heroku_runs_a_one_off_dyno() {
    let (services, _sandbox) = Services::fake().await;
    let scenario = scenarios::heroku(Arc::clone(&services));
    cleanup::after(&services, scenario).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_runs_a_workflow() {
    let (services, _sandbox) = Services::fake().await;
    let scenario = scenarios::azure(Arc::clone(&services));
    cleanup::after(&services, scenario).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sendgrid_validates_a_mail_and_sends_none() {
    let (services, sandbox) = Services::fake().await;
    let scenario = scenarios::sendgrid(Arc::clone(&services));
    cleanup::after(&services, scenario).await.unwrap();
    assert!(sandbox.inbox().mails().is_empty());
}

/// The same scenarios against the real services.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "creates resources in real accounts; run it with `just live`"]
async fn live() {
    let lookup = |name: &str| std::env::var(name).ok();
    let services = live::services(&lookup).unwrap_or_else(|error| panic!("{error}"));
    let signed_in = live::sign_in(&services).await;
    signed_in.unwrap_or_else(|error| panic!("{error}\nNothing was created."));
    eprintln!("The app and the resource group are {}.", services.name);
    let mut failures = Vec::new();
    for (name, scenario) in scenarios::all(&services) {
        eprintln!("{name} …");
        if let Err(error) = cleanup::after(&services, scenario).await {
            failures.push(format!("{name}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
