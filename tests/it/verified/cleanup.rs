//! Removes the resources of a scenario, whatever its outcome.

use std::future::pending;

use picletter_core::deploy::heroku::Error;
use tokio::task::JoinError;
use tokio::time::{sleep, timeout};

use super::services::Services;

/// The maximum number of attempts to remove something.
const ATTEMPTS: u32 = 3;

/// Runs a scenario, then removes its app and its resource group, even if it fails, panics, exceeds
/// the time limit, or is interrupted.
///
/// # Errors
/// If the scenario failed, or if something is left. The error contains the command that removes it.
pub(crate) async fn after<F>(services: &Services, scenario: F) -> Result<(), String>
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut scenario = tokio::spawn(timeout(services.limit, scenario));
    let ended = tokio::select! {
        ended = &mut scenario => match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(format!("the scenario took longer than {:?}", services.limit)),
            Err(error) => Err(panic_message(error)),
        },
        () = interrupted(services.is_live) => {
            scenario.abort();
            let _ = scenario.await;
            Err("interrupted".to_owned())
        }
    };
    let left = remove(services).await;
    let problems: Vec<String> = ended.err().into_iter().chain(left).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\n"))
}

async fn interrupted(is_live: bool) {
    if !is_live || tokio::signal::ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}

fn panic_message(error: JoinError) -> String {
    let panic = match error.try_into_panic() {
        Ok(panic) => panic,
        Err(error) => return error.to_string(),
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or_else(|_| "panicked".to_owned(), |text| (*text).to_owned()),
    }
}

/// Returns a message for each resource that could not be removed.
async fn remove(services: &Services) -> Vec<String> {
    let name = &services.name;
    let (app, group) = tokio::join!(remove_app(services), remove_group(services));
    let left = |what: &str, error, command: String| {
        format!("LEFT BEHIND: the {what} {name} ({error}); remove it with `{command}`")
    };
    let app = app.err().map(|error| {
        let command = format!("heroku apps:destroy {name} --confirm {name}");
        left("Heroku app", error, command)
    });
    let group = group.err().map(|error| {
        let command = format!("az group delete --name {name}");
        left("Azure resource group", error, command)
    });
    app.into_iter().chain(group).collect()
}

/// The app is gone only if Heroku confirms it: a response may have been lost.
async fn remove_app(services: &Services) -> Result<(), String> {
    let (heroku, name) = (&services.clouds.heroku, &services.name);
    let mut problem = "it still exists".to_owned();
    for _ in 0..ATTEMPTS {
        match heroku.app(name).await {
            Ok(None) | Err(Error::NameTaken { .. }) => return Ok(()),
            Ok(Some(_)) => {
                if let Err(error) = heroku.delete_app(name).await {
                    problem = error.to_string();
                }
            }
            Err(error) => problem = error.to_string(),
        }
        sleep(services.poll).await;
    }
    match heroku.app(name).await {
        Ok(None) => Ok(()),
        _ => Err(problem),
    }
}

async fn remove_group(services: &Services) -> Result<(), String> {
    let (arm, name) = (&services.clouds.arm, &services.name);
    let mut problem = "it still exists".to_owned();
    for _ in 0..ATTEMPTS {
        let subscription = services.subscription().await?;
        match arm.resource_group(&subscription, name).await {
            Ok(None) => return Ok(()),
            Ok(Some(_)) => {
                if let Err(error) = arm.delete_resource_group(&subscription, name).await {
                    problem = error.to_string();
                }
            }
            Err(error) => problem = error.to_string(),
        }
        sleep(services.poll).await;
    }
    let subscription = services.subscription().await?;
    match arm.resource_group(&subscription, name).await {
        Ok(None) => Ok(()),
        _ => Err(problem),
    }
}

mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use http::Method;
    use picletter_sandbox::faults::{Fault, Which};

    use super::super::scenarios;
    use super::*;

    /// Whether the app and the resource group exist.
    async fn existing(services: &Services) -> (bool, bool) {
        let name = &services.name;
        let subscription = services.subscription().await.unwrap();
        let app = services.clouds.heroku.app(name).await.unwrap();
        let group = services.clouds.arm.resource_group(&subscription, name);
        (app.is_some(), group.await.unwrap().is_some())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn failed_scenario_leaves_nothing() {
        let (services, _sandbox) = Services::fake().await;
        let shared = Arc::clone(&services);
        let failing = async move {
            scenarios::create_app(&shared).await;
            scenarios::create_group(&shared).await;
            assert_eq!(existing(&shared).await, (true, true));
            panic!("a difference");
        };

        let error = after(&services, failing).await.unwrap_err();

        assert_eq!(error, "a difference");
        assert_eq!(existing(&services).await, (false, false));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn endless_scenario_leaves_nothing() {
        let (services, _sandbox) = Services::fake().await;
        let mut services = Arc::into_inner(services).unwrap();
        scenarios::create_app(&services).await;
        scenarios::create_group(&services).await;
        services.limit = Duration::ZERO;

        let error = after(&services, pending()).await.unwrap_err();

        assert!(error.contains("took longer"), "{error}");
        assert_eq!(existing(&services).await, (false, false));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn reports_what_cannot_be_removed_and_removes_the_rest() {
        let (services, sandbox) = Services::fake().await;
        scenarios::create_app(&services).await;
        scenarios::create_group(&services).await;
        let app = format!("/apps/{}", services.name);
        let refused = r#"{"id":"forbidden","message":"No."}"#.to_owned();
        let fault = Fault::status(403, refused);
        sandbox
            .faults()
            .on(Method::DELETE, &app, Which::Every, fault);

        let error = after(&services, async {}).await.unwrap_err();

        assert!(error.starts_with("LEFT BEHIND: the Heroku app"), "{error}");
        assert!(
            error.contains("heroku apps:destroy picletter-verify-"),
            "{error}"
        );
        assert_eq!(existing(&services).await, (true, false));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn verifies_a_removal_with_a_lost_response() {
        let (services, sandbox) = Services::fake().await;
        scenarios::create_app(&services).await;
        let app = format!("/apps/{}", services.name);
        let unavailable = r#"{"id":"unavailable","message":"Later."}"#.to_owned();
        let fault = Fault::status(503, unavailable);
        sandbox
            .faults()
            .on(Method::DELETE, &app, Which::Nth(1), fault);

        after(&services, async {}).await.unwrap();

        assert_eq!(existing(&services).await, (false, false));
    }
}
