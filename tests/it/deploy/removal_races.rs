//! `destroy` during a deployment.

use http::Method;
use picletter_core::deploy::step::CloudError;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::held::hold_first;
use crate::support::requests::{self, Sent};
use crate::support::world::{FILE, QUICK, World};

/// The deletions of an undisturbed removal.
async fn deletions() -> Vec<Sent> {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(FILE);
    world.deploy(&desired).await.unwrap();
    world.sandbox.faults().clear();
    world.destroy(&desired, false).await.unwrap();
    let sent = requests::sent(world.sandbox.faults().record(), |_| false);
    let deletions = sent.into_iter().filter(|sent| sent.method == "DELETE");
    deletions.collect()
}

#[tokio::test]
async fn removes_what_a_concurrent_deployment_creates() {
    let deletions = Box::pin(deletions()).await;
    assert!(deletions.len() >= 6, "{deletions:?}");
    for held in deletions {
        let world = World::with_scripts(QUICK).await;
        let desired = world.desired(FILE);
        world.deploy(&desired).await.unwrap();
        let (sender, mut receiver) = unbounded_channel();
        let faults = world.sandbox.faults();
        let which = Which::Nth(held.nth);
        faults.on(
            Method::DELETE,
            held.path.clone(),
            which,
            Fault::HoldAnswer(sender),
        );

        let destroying = world.destroy(&desired, false);
        let deploying = async {
            let guard = receiver.recv().await;
            let deployed = world.deploy(&desired).await;
            drop(guard);
            deployed
        };
        let (destroyed, deployed) = tokio::join!(Box::pin(destroying), Box::pin(deploying));

        destroyed.unwrap_or_else(|error| panic!("{held:?}: {error}"));
        let live = world.live(&desired).await.unwrap();
        let context = format!("{held:?}, {deployed:?}");
        assert!(live.heroku.app.is_none(), "{context}");
        assert!(live.azure.workflows.is_empty(), "{context}");
        assert!(live.azure.alerts.is_empty(), "{context}");
        assert!(live.azure.group.is_none(), "{context}");
        let left = world.clouds.heroku.authorizations().await.unwrap();
        assert!(left.is_empty(), "{context}: {left:?}");
    }
}

#[tokio::test]
async fn deployment_leaves_no_token_if_its_app_is_removed() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(FILE);
    // Azure validates the template, and the image is released, only after the removal.
    let validate = "/subscriptions/*/*/*/providers/*/deployments/*/validate";
    let config_vars = format!("/apps/{}/config-vars", desired.app);
    let faults = world.sandbox.faults();
    let mut validated = hold_first(faults, Method::POST, validate);
    let (sender, mut set) = unbounded_channel();
    faults.on(Method::PATCH, config_vars, 1, Fault::HoldAnswer(sender));

    let removing = async {
        let guards = (validated.recv().await, set.recv().await);
        let removed = world.clouds.heroku.delete_app(&desired.app).await;
        drop(guards);
        removed
    };
    let (deployed, removed) = tokio::join!(Box::pin(world.deploy(&desired)), removing);

    removed.unwrap();
    let error = deployed.unwrap_err();
    let removed = matches!(error.error, CloudError::RemovedMeanwhile(_));
    assert!(removed, "{error}");
    let left = world.clouds.heroku.authorizations().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn names_what_is_recreated_after_every_removal() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(FILE);
    world.deploy(&desired).await.unwrap();
    let subscription = world.live(&desired).await.unwrap().azure.subscription;
    let description = desired.names(&subscription).authorization_description();
    let again = json!([{
        "id": "11111111-2222-4333-8444-555555555555",
        "description": description,
        "scope": ["write"],
        "created_at": "2026-11-29T08:00:00Z",
    }]);
    let faults = world.sandbox.faults();
    let listed = Fault::status(200, again.to_string());
    faults.on(Method::GET, "/oauth/authorizations", Which::Every, listed);

    // With `--keep-app` first, which leaves the app to the second removal.
    for (keep_app, command) in [
        (true, "run `picletter destroy --keep-app` again"),
        (false, "run `picletter destroy` again"),
    ] {
        let error = world.destroy(&desired, keep_app).await.unwrap_err();

        let remains = matches!(error.error, CloudError::StillThere { .. });
        assert!(remains, "{error}");
        let error = error.to_string();
        assert!(error.contains(&description), "{error}");
        assert!(error.contains(command), "{error}");
    }
}
