//! What `destroy` removes, and what it keeps.

use std::collections::BTreeMap;

use http::Method;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::destroy::{Removal, Removals};
use picletter_core::deploy::heroku::NewApp;
use picletter_core::deploy::plan::ResourceKind;
use picletter_core::deploy::step::Step;
use picletter_sandbox::faults::Fault;
use serde_json::json;

use crate::support::world::{FILE, Steps, World};

#[tokio::test]
async fn removes_everything_of_a_deployment() {
    let (world, desired) = World::deployed().await;

    world.destroy(&desired, false).await.unwrap();

    let live = world.live(&desired).await.unwrap();
    assert!(live.heroku.app.is_none());
    assert!(live.heroku.authorizations.is_empty());
    assert!(live.azure.workflows.is_empty());
    assert!(live.azure.alerts.is_empty());
    assert!(live.azure.group.is_none());
}

#[tokio::test]
async fn keep_app_keeps_the_app() {
    let (world, desired) = World::deployed().await;

    world.destroy(&desired, true).await.unwrap();

    let live = world.live(&desired).await.unwrap();
    assert!(live.heroku.app.is_some());
    assert!(live.heroku.authorizations.is_empty());
    assert!(live.azure.group.is_none());
}

#[tokio::test]
async fn keeps_an_app_and_a_group_that_existed_before() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let app = NewApp {
        name: desired.app.clone(),
        region: None,
        team: None,
    };
    let heroku = &world.clouds.heroku;
    heroku.create_app(&app).await.unwrap();
    let mine = BTreeMap::from([("MINE".to_owned(), Some("1".into()))]);
    heroku.set_config_vars(&desired.app, &mine).await.unwrap();
    let subscription = world.clouds.arm.subscription_id(None).await.unwrap();
    world
        .clouds
        .arm
        .create_resource_group(&subscription, "pictures", "westeurope", &BTreeMap::new())
        .await
        .unwrap();
    world.deploy(&desired).await.unwrap();

    world.destroy(&desired, false).await.unwrap();

    let live = world.live(&desired).await.unwrap();
    assert!(live.heroku.app.is_some());
    assert!(live.azure.group.is_some());
    assert!(live.azure.workflows.is_empty());
    assert!(live.heroku.authorizations.is_empty());
}

#[tokio::test]
async fn keeps_a_resource_group_with_other_resources() {
    let (world, desired) = World::deployed().await;
    let mut another = world.desired(&FILE.replace("\"daily\"", "\"weekly\""));
    another.app = desired.app.clone();
    world.deploy(&another).await.unwrap();

    world.destroy(&desired, true).await.unwrap();

    let live = world.live(&another).await.unwrap();
    assert!(live.azure.group.is_some());
    assert!(live.azure.workflows.len() == 1);
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn succeeds_if_somebody_else_deletes_the_app() {
    let (world, desired) = World::deployed().await;
    let live = world.live(&desired).await.unwrap();
    let removals = Removals::new(&world.clouds, &desired, &live, false)
        .await
        .unwrap();
    world.clouds.heroku.delete_app(&desired.app).await.unwrap();

    let steps = Steps::default();
    removals
        .apply(&world.clouds, &desired, &live, &steps)
        .await
        .unwrap();

    assert!(world.live(&desired).await.unwrap().heroku.app.is_none());
}

#[tokio::test]
async fn does_not_report_an_app_as_deleted_after_a_single_404() {
    let (world, desired) = World::deployed().await;
    let not_found = r#"{"id":"not_found","message":"Couldn't find that app."}"#;
    for (nth, status, body) in [(1, 502, ""), (2, 404, not_found)] {
        let fault = Fault::status(status, body.to_owned());
        let path = format!("/apps/{}", desired.app);
        let faults = world.sandbox.faults();
        faults.on(Method::DELETE, path, nth, fault);
    }

    let error = world.destroy(&desired, false).await.unwrap_err();

    assert!(error.to_string().contains("Couldn't find that app."));
    world.destroy(&desired, false).await.unwrap();
    assert!(world.live(&desired).await.unwrap().heroku.app.is_none());
}

#[tokio::test]
async fn same_workflow_name_in_two_groups_is_two_deployments() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let another = world.desired(&FILE.replace("\"pictures\"", "\"Others\""));
    world.deploy(&desired).await.unwrap();
    world.deploy(&another).await.unwrap();
    let (_, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");

    world.destroy(&another, true).await.unwrap();

    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn resource_group_names_are_case_insensitive() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();

    let uppercase = world.desired(&FILE.replace("\"pictures\"", "\"PICTURES\""));

    let live = world.live(&uppercase).await.unwrap();
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn keeps_a_workflow_that_now_starts_another_app() {
    let world = World::new().await;
    let before = world.desired(FILE);
    world.deploy(&before).await.unwrap();
    let after = renamed(&world);
    let (_, plan) = world.plan(&after).await.unwrap();
    let workflow = plan
        .items
        .iter()
        .find(|item| item.resource.kind == ResourceKind::Workflow);
    let note = workflow.unwrap().note.as_deref().unwrap();
    assert!(
        note.contains("starts the app picletter-test now, and this file's job replaces that one"),
        "{note}"
    );
    assert!(note.contains("choose another `workflow` in [azure] to keep both"));
    assert!(note.contains("the app picletter-test stays"), "{note}");
    world.deploy(&after).await.unwrap();
    let held = world.live(&after).await.unwrap().heroku.authorizations;
    // The previous one was replaced.
    assert_eq!(held.len(), 1);
    assert!(held[0].description.contains(&after.app));

    world.destroy(&before, false).await.unwrap();

    assert!(world.live(&before).await.unwrap().heroku.app.is_none());
    let (_, plan) = world.plan(&after).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
}

#[tokio::test]
async fn removes_nothing_if_the_app_in_the_file_was_never_deployed() {
    let world = World::new().await;
    let before = world.desired(FILE);
    world.deploy(&before).await.unwrap();

    world.destroy(&renamed(&world), false).await.unwrap();

    let (_, plan) = world.plan(&before).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
}

pub(super) fn renamed(world: &World) -> DesiredState {
    let desired = world.desired(&FILE.replace("picletter-test", "picletter-next"));
    let registry = world.sandbox.registry();
    registry.put_image(&desired.app, "worker", world.image.clone());
    desired
}

#[tokio::test]
async fn keeps_and_reports_a_resource_group_that_gained_a_resource() {
    let (world, desired) = World::deployed().await;
    let live = world.live(&desired).await.unwrap();
    let removals = Removals::new(&world.clouds, &desired, &live, true)
        .await
        .unwrap();
    let mut another = world.desired(&FILE.replace("\"daily\"", "\"weekly\""));
    another.app.clone_from(&desired.app);
    world.deploy(&another).await.unwrap();

    let steps = Steps::default();
    let kept = removals
        .apply(&world.clouds, &desired, &live, &steps)
        .await
        .unwrap();

    let reasons = kept.into_iter().map(|one| (one.target, one.kept.unwrap()));
    let reasons: BTreeMap<String, String> = reasons
        .map(|(target, kept)| (target.resource().to_string(), kept))
        .collect();
    assert_eq!(reasons["app picletter-test"], "--keep-app");
    assert!(reasons["resource group pictures"].starts_with("it also contains weekly, "));
    assert!(world.live(&another).await.unwrap().azure.group.is_some());
}

#[tokio::test]
async fn keeps_a_workflow_without_its_tag_and_what_it_needs() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let authorization = live.heroku.authorizations[0].id.clone();
    let workflow = live.azure.workflows.first_mut().unwrap();
    workflow.tags.clear();

    let removals = Removals::new(&world.clouds, &desired, &live, false)
        .await
        .unwrap();

    assert!(removals.is_empty(), "{removals:?}");
    let reason = |kind| {
        let mut kept = removals.list.iter();
        let is_kind = |one: &&Removal| one.target.resource().kind == kind;
        kept.find(is_kind).unwrap().kept.clone().unwrap()
    };
    let id = world
        .clouds
        .workflow_id(&desired, &desired.jobs[0].workflow)
        .await
        .unwrap();
    let restore =
        format!("`az tag update --resource-id {id} --operation Merge --tags made-by=picletter`");
    assert!(reason(ResourceKind::Workflow).contains(&restore));
    let revoke = format!("`heroku authorizations:revoke {authorization}`");
    assert!(reason(ResourceKind::Authorization).contains(&revoke));
    let starts = "the workflow daily starts dynos in it";
    assert_eq!(reason(ResourceKind::App), starts);
    assert_eq!(
        reason(ResourceKind::ResourceGroup),
        "it also contains daily"
    );
    let alerts = removals.list.iter().filter(|one| {
        let watches = "it monitors the workflow daily";
        one.kept.as_deref() == Some(watches)
    });
    assert_eq!(alerts.count(), 3);

    // A foreign workflow does not keep Picletter's app.
    let workflow = live.azure.workflows.first_mut().unwrap();
    workflow.parameters = json!({});
    let removals = Removals::new(&world.clouds, &desired, &live, false).await;
    let removed = removals.unwrap().list.into_iter();
    let removed: Vec<String> = removed
        .filter(|one| one.kept.is_none())
        .map(|one| one.target.resource().to_string())
        .collect();
    assert_eq!(removed, ["app picletter-test"]);
}

#[tokio::test]
async fn keeps_an_empty_app_that_somebody_else_created() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let app = NewApp {
        name: desired.app.clone(),
        region: None,
        team: None,
    };
    world.clouds.heroku.create_app(&app).await.unwrap();

    world.destroy(&desired, false).await.unwrap();

    assert!(world.live(&desired).await.unwrap().heroku.app.is_some());
    // The plan announces that a deployment takes over the app.
    let (_, plan) = world.plan(&desired).await.unwrap();
    let note = plan.items.iter().find_map(|item| item.note.as_deref());
    assert!(note.unwrap().contains("Picletter takes it over"));
}

#[tokio::test]
async fn marks_and_removes_an_app_after_lost_config_vars() {
    for body in ["<html>Hello</html>", "", "{}"] {
        let world = World::new().await;
        let desired = world.desired(FILE);
        let faults = world.sandbox.faults();
        let path = format!("/apps/{}/config-vars", desired.app);
        let answered = Fault::status(200, body.to_owned());
        faults.on(Method::PATCH, path, 1, answered);

        let error = world.deploy(&desired).await.unwrap_err();
        assert_eq!(error.step, Step::SetConfigVars);
        let heroku = world.live(&desired).await.unwrap().heroku;
        assert!(heroku.formation.is_empty(), "nothing is released");

        world.deploy(&desired).await.unwrap();
        let heroku = world.live(&desired).await.unwrap().heroku;
        assert!(heroku.marked());
        assert!(heroku.config_vars.contains_key("SG_KEY"));

        world.destroy(&desired, false).await.unwrap();
        assert!(world.live(&desired).await.unwrap().heroku.app.is_none());
    }
}

#[tokio::test]
async fn keeps_the_app_until_its_last_workflow_is_removed() {
    let world = World::new().await;
    let daily = world.desired(FILE);
    let weekly = world.desired(&FILE.replace("\"daily\"", "\"weekly\""));
    world.deploy(&daily).await.unwrap();
    world.deploy(&weekly).await.unwrap();

    world.destroy(&daily, false).await.unwrap();

    let live = world.live(&weekly).await.unwrap();
    assert!(live.heroku.app.is_some());
    assert!(world.plan(&weekly).await.unwrap().1.is_empty());
    world.destroy(&weekly, false).await.unwrap();
    assert!(world.live(&weekly).await.unwrap().heroku.app.is_none());
}

#[tokio::test]
async fn keeps_an_app_in_which_a_workflow_of_another_deployment_starts_dynos() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let workflow = live.azure.workflows.first_mut().unwrap();
    let another = ("deployment".to_owned(), "another".to_owned());
    workflow.tags.extend([another]);

    let removals = Removals::new(&world.clouds, &desired, &live, false).await;

    let mut list = removals.unwrap().list.into_iter();
    let app = list.find(|one| one.target.resource().kind == ResourceKind::App);
    let kept = app.unwrap().kept;
    assert_eq!(
        kept.as_deref(),
        Some("the workflow daily starts dynos in it")
    );
}
