//! Commands in sequence, and during a run or a command of somebody else.

use http::Method;
use picletter::cli::exit_status;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::plan::Plan;
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::deploy::step::CloudError;
use picletter_sandbox::faults::{Fault, Which};

use crate::support::held::hold_first;
use crate::support::world::{FILE, World};

const DEPLOYMENT: &str =
    "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/*";

/// Whether each alert rule is enabled.
async fn alerts(world: &World, desired: &DesiredState) -> Vec<bool> {
    let live = world.live(desired).await.unwrap();
    let rules = live.azure.alerts.iter();
    let rules = rules.filter(|alert| alert.r#type.ends_with("metricAlerts"));
    rules
        .map(|alert| alert.resource["properties"]["enabled"] == true)
        .collect()
}

#[tokio::test]
async fn pause_and_resume_switch_the_alerts_without_drift() {
    let (world, desired) = World::deployed().await;

    for (switch, enabled) in [(Switch::Pause, false), (Switch::Resume, true)] {
        world.switch(switch, &desired).await.unwrap();

        assert_eq!(alerts(&world, &desired).await, [enabled; 2], "{switch:?}");
        let (live, plan) = world.plan(&desired).await.unwrap();
        assert_eq!(
            live.azure.workflows[0].is(picletter_core::deploy::azure::WorkflowState::Disabled),
            !enabled
        );
        assert!(plan.is_empty(), "{switch:?}: {plan:?}");
    }
}

#[tokio::test]
async fn resume_re_enables_alerts_after_a_deployment() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let changed = world.desired(&FILE.replace("08:30", "09:00"));

    world.switch(Switch::Pause, &changed).await.unwrap();
    world.deploy(&changed).await.unwrap();
    assert_eq!(alerts(&world, &changed).await, [false; 2]);
    world.switch(Switch::Resume, &changed).await.unwrap();

    assert_eq!(alerts(&world, &changed).await, [true; 2]);
    assert!(
        !world.live(&changed).await.unwrap().azure.workflows[0]
            .is(picletter_core::deploy::azure::WorkflowState::Disabled)
    );
}

#[tokio::test]
async fn pause_during_a_deployment_fails_with_75() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let changed = world.desired(&FILE.replace("08:30", "09:00"));
    let mut receiver = hold_first(world.sandbox.faults(), Method::PUT, DEPLOYMENT);

    let deploying = world.deploy(&changed);
    let pausing = async {
        let held = receiver.recv().await;
        let paused = world.switch(Switch::Pause, &changed).await;
        drop(held);
        paused
    };
    let (deployed, paused) = tokio::join!(deploying, pausing);

    deployed.unwrap();
    let error = paused.unwrap_err();
    assert!(
        matches!(&error.error, CloudError::DeploymentUnderWay { command, .. } if command == "pause"),
        "{error}"
    );
    assert_eq!(exit_status::for_error(&error.error), 75);
}

#[tokio::test]
async fn slower_of_two_first_deployments_fails_with_75() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let (live, plan) = world.plan(&desired).await.unwrap();
    world.deploy(&desired).await.unwrap();

    let error = world.apply(&desired, &live, &plan).await.unwrap_err();

    assert_eq!(exit_status::for_error(&error.error), 75, "{error}");
}

#[tokio::test]
async fn replaces_a_token_that_is_revoked_during_a_deployment() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let mut receiver = hold_first(world.sandbox.faults(), Method::PUT, DEPLOYMENT);

    let deploying = world.deploy(&desired);
    let revoking = async {
        let held = receiver.recv().await;
        for one in world.live(&desired).await.unwrap().heroku.authorizations {
            let heroku = &world.clouds.heroku;
            heroku.delete_authorization(&one.id).await.unwrap();
        }
        drop(held);
    };
    let (deployed, ()) = tokio::join!(deploying, revoking);

    deployed.unwrap();
    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
    let ids: Vec<&str> = live
        .heroku
        .authorizations
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ids, [live.azure.authorization(&desired).unwrap()]);
}

#[tokio::test]
async fn second_job_in_a_resource_group_is_not_an_interrupted_deployment() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let other = world.desired(&FILE.replace("\"daily\"", "\"weekly\""));

    let live = world.live(&other).await.unwrap();

    assert!(!live.is_half_done());
    assert!(!Plan::new(&other, &live, false).unwrap().is_empty());
}

#[tokio::test]
async fn deploy_during_another_deployment_changes_nothing() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let changed = world.desired(&FILE.replace("you@", "me@"));
    // An authorization that the other deployment has created, and that the workflow does not use
    // yet.
    let desired = world.desired(FILE);
    let subscription = world.clouds.arm.subscription_id(None).await.unwrap();
    let description = desired.names(&subscription).authorization_description();
    let heroku = &world.clouds.heroku;
    let creating = heroku.create_authorization(&["write"], &description);
    creating.await.unwrap();
    let running = r#"{"id":"/a","name":"picletter-daily","properties":{"provisioningState":"Running","timestamp":"2026-11-29T00:00:00Z"}}"#;
    let faults = world.sandbox.faults();
    let answer = Fault::status(200, running.to_owned());
    faults.on(Method::GET, DEPLOYMENT, Which::Every, answer);
    let requests = faults.record().len();

    let error = world.deploy(&changed).await.unwrap_err();

    assert!(
        matches!(error.error, CloudError::AnotherDeployment),
        "{error}"
    );
    assert_eq!(exit_status::for_error(&error.error), 75);
    let sent = world.sandbox.faults().record().split_off(requests);
    assert!(sent.iter().all(|(method, _)| method == "GET"), "{sent:?}");
}

#[tokio::test]
async fn does_not_revoke_a_token_that_azure_may_still_deploy() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let faults = world.sandbox.faults();
    let outage = Fault::status(500, "{}".to_owned());
    faults.on(Method::GET, DEPLOYMENT, Which::Every, outage);
    // Azure executes the deployment, and then has an outage.
    faults.on(
        Method::PUT,
        DEPLOYMENT,
        Which::Every,
        Fault::Body("{}".to_owned()),
    );

    world.deploy(&desired).await.unwrap_err();

    world.sandbox.faults().clear();
    let live = world.live(&desired).await.unwrap();
    let held = live.azure.authorization(&desired).unwrap();
    let authorizations = live.heroku.authorizations.iter();
    assert!(
        authorizations
            .map(|one| one.id.as_str())
            .any(|id| id == held)
    );
    world.deploy(&desired).await.unwrap();
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}
