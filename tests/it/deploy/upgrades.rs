//! Deployments that an earlier version made.

use picletter_core::deploy::azure::{Parameter, WorkflowState};
use picletter_core::deploy::desired::{AuthorizationTags, DesiredState};
use picletter_core::deploy::plan::{Change, Item, ResourceKind};
use serde_json::Value;

use super::jobs::{authorizations, file, workflows};
use crate::support::world::{FILE, QUICK, World};

/// Deploys like the version before `[jobs.NAME]`: the workflow and its alerts have no tag
/// `deployment`.
async fn deploy_like_previous_version(world: &World) -> DesiredState {
    let desired = world.desired(FILE);
    world.deploy(&desired).await.unwrap();
    redeploy(world, &desired, |template| {
        let parameters = template["parameters"].as_object_mut().unwrap();
        parameters.remove("deployment").unwrap();
        for resource in template["resources"].as_array_mut().unwrap() {
            let tags = resource["tags"].as_object_mut().unwrap();
            tags.remove("deployment").unwrap();
        }
    })
    .await;
    let live = world.live(&desired).await.unwrap();
    let workflow = &live.azure.workflows[0];
    assert_eq!(workflow.name, "daily");
    assert!(!workflow.tags.contains_key("deployment"));
    desired
}

/// Deploys the first job again, with a modified template.
pub(super) async fn redeploy(
    world: &World,
    desired: &DesiredState,
    change: impl FnOnce(&mut Value),
) {
    let live = world.live(desired).await.unwrap();
    let tags = AuthorizationTags {
        authorization: live.azure.authorization(desired).unwrap(),
        replaced: "",
    };
    let secrets = ["a-token", ""].map(|secret| Parameter::Secret(secret.into()));
    let (job, subscription) = (&desired.jobs[0], &live.azure.subscription);
    let state = WorkflowState::Enabled;
    let mut deployment = desired.deployment(job, subscription, &tags, state, secrets);
    change(&mut deployment.template);
    let declared = &deployment.template["parameters"];
    deployment
        .parameters
        .retain(|name, _| declared.get(name).is_some());
    world.clouds.arm.deploy(&deployment, |_| {}).await.unwrap();
}

#[tokio::test]
async fn updates_a_deployment_of_the_previous_version() {
    let world = World::with_scripts(QUICK).await;
    let desired = deploy_like_previous_version(&world).await;
    let (_, plan) = world.plan(&desired).await.unwrap();
    let created = |item: &&Item| matches!(item.change(), Change::Create | Change::Remove);
    let others: Vec<_> = plan.items.iter().filter(created).collect();
    // Only the token is created again, because it cannot be read.
    assert!(
        others
            .iter()
            .all(|it| it.resource.kind == ResourceKind::Authorization),
        "{others:?}"
    );
    world.deploy(&desired).await.unwrap();
    assert_eq!(workflows(&world, &desired).await, ["daily"]);
    assert_eq!(authorizations(&world).await, 1);
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn replaces_a_deployment_of_the_previous_version_with_several_jobs() {
    let world = World::with_scripts(QUICK).await;
    deploy_like_previous_version(&world).await;
    let jobs = file(&[("a", "01:00"), ("b", "02:00")]);
    let jobs = world.desired(&jobs.replace("[azure]\n", "[azure]\nworkflow = \"daily\"\n"));
    world.deploy(&jobs).await.unwrap();
    assert_eq!(workflows(&world, &jobs).await, ["daily-a", "daily-b"]);
    assert_eq!(authorizations(&world).await, 1);
    assert!(world.plan(&jobs).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn removes_a_deployment_of_the_previous_version() {
    let world = World::with_scripts(QUICK).await;
    let desired = deploy_like_previous_version(&world).await;
    let kept = world.destroy(&desired, false).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(authorizations(&world).await, 0);
}
