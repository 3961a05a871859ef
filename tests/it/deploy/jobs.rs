//! Several jobs in one file: planned, deployed, changed, and removed together.

use http::Method;
use picletter::cli::exit_status;
use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::plan::{Change, Cloud, ResourceKind};
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::deploy::status::Status;
use picletter_core::deploy::step::CloudError;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::json;

use super::upgrades::redeploy;
use crate::support::world::{FILE, QUICK, WITHOUT_JOBS, World};

fn job(name: &str, at: &str) -> String {
    format!("[jobs.{name}]\ncommand = \"worker\"\nevery = \"day\"\nat = \"{at}\"\n")
}

pub(super) fn file(jobs: &[(&str, &str)]) -> String {
    let jobs = jobs.iter().map(|(name, at)| job(name, at));
    format!("{WITHOUT_JOBS}\n{}", jobs.collect::<String>())
}

/// The names of the workflows in the resource group.
pub(super) async fn workflows(world: &World, desired: &DesiredState) -> Vec<String> {
    let live = world.live(desired).await.unwrap();
    let arm = &world.clouds.arm;
    let group = &desired.resource_group;
    let listed = arm
        .workflows(&live.azure.subscription, group, |_, _| true)
        .await;
    let mut names: Vec<String> = listed.unwrap().into_iter().map(|it| it.name).collect();
    names.sort();
    names
}

/// The number of Picletter's authorizations.
pub(super) async fn authorizations(world: &World) -> usize {
    let all = world.clouds.heroku.authorizations().await.unwrap();
    let ours = all
        .iter()
        .filter(|one| one.description.starts_with("Picletter: "));
    ours.count()
}

#[tokio::test]
async fn deploys_three_jobs_with_one_authorization() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(&file(&[("a", "01:00"), ("b", "02:00"), ("c", "03:00")]));
    world.deploy(&desired).await.unwrap();
    let names = workflows(&world, &desired).await;
    assert_eq!(names, ["picletter-a", "picletter-b", "picletter-c"]);
    assert_eq!(authorizations(&world).await, 1);
    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
    assert_eq!(live.azure.alerts.len(), 9);
}

#[tokio::test]
async fn changes_creates_and_removes_jobs_in_one_plan() {
    let world = World::with_scripts(QUICK).await;
    let before = world.desired(&file(&[("a", "01:00"), ("b", "02:00"), ("c", "03:00")]));
    world.deploy(&before).await.unwrap();
    let after = world.desired(&file(&[("a", "01:00"), ("b", "05:00"), ("d", "03:00")]));
    let (_, plan) = world.plan(&after).await.unwrap();
    let planned_workflows: Vec<(&str, Change)> = plan
        .items
        .iter()
        .filter(|item| item.resource.kind == ResourceKind::Workflow)
        .map(|item| (item.resource.name.as_str(), item.change()))
        .collect();
    assert_eq!(
        planned_workflows,
        [
            ("picletter-a", Change::Change),
            ("picletter-b", Change::Change),
            ("picletter-d", Change::Create),
            ("picletter-c", Change::Remove),
        ]
    );
    let b = plan
        .items
        .iter()
        .find(|item| item.job.as_deref() == Some("b"));
    assert_eq!(b.unwrap().differences[0].name, "[jobs.b] schedule");

    world.deploy(&after).await.unwrap();
    let names = workflows(&world, &after).await;
    assert_eq!(names, ["picletter-a", "picletter-b", "picletter-d"]);
    assert_eq!(authorizations(&world).await, 1);
    let (live, plan) = world.plan(&after).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
    assert_eq!(live.azure.alerts.len(), 9);
}

#[tokio::test]
async fn switching_between_short_form_and_jobs_replaces_the_workflow() {
    let world = World::with_scripts(QUICK).await;
    let short = world.desired(&FILE.replace("workflow = \"daily\"", "workflow = \"picletter\""));
    let jobs = world.desired(&file(&[("a", "01:00")]));
    for (desired, names) in [
        (&short, ["picletter"]),
        (&jobs, ["picletter-a"]),
        (&short, ["picletter"]),
    ] {
        world.deploy(desired).await.unwrap();
        assert_eq!(workflows(&world, desired).await, names);
        assert_eq!(authorizations(&world).await, 1);
        assert!(world.plan(desired).await.unwrap().1.is_empty());
    }
}

#[tokio::test]
async fn deploys_other_jobs_if_azure_rejects_one() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(&file(&[("a", "01:00"), ("b", "02:00"), ("c", "03:00")]));
    let path = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/picletter-picletter-b";
    let refusal = r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#;
    let fault = Fault::status(403, refusal);
    world
        .sandbox
        .faults()
        .on(Method::PUT, path, Which::Every, fault);

    let error = world.deploy(&desired).await.unwrap_err();
    assert_eq!(exit_status::for_error(&error.error), 77);
    let CloudError::Jobs { failed, deployed } = &error.error else {
        panic!("{error}");
    };
    assert_eq!(failed[0].job, "b");
    assert_eq!(deployed, &["a", "c"]);
    assert_eq!(
        workflows(&world, &desired).await,
        ["picletter-a", "picletter-c"]
    );

    // Another attempt leaves no second authorization.
    world.deploy(&desired).await.unwrap_err();
    assert_eq!(authorizations(&world).await, 1);

    world.sandbox.faults().clear();
    world.deploy(&desired).await.unwrap();
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
    assert_eq!(authorizations(&world).await, 1);
}

#[tokio::test]
async fn keeps_the_old_workflow_if_azure_rejects_a_renamed_job() {
    let world = World::with_scripts(QUICK).await;
    let before = world.desired(&file(&[("a", "01:00"), ("c", "03:00")]));
    world.deploy(&before).await.unwrap();
    let after = world.desired(&file(&[("b", "01:00"), ("c", "03:00")]));
    let path = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/picletter-picletter-b";
    let refusal = r#"{"error":{"code":"QuotaExceeded","message":"no"}}"#;
    let fault = Fault::status(403, refusal);
    world
        .sandbox
        .faults()
        .on(Method::PUT, path, Which::Every, fault);

    world.deploy(&after).await.unwrap_err();
    let names = workflows(&world, &after).await;
    assert_eq!(names, ["picletter-a", "picletter-c"]);

    world.sandbox.faults().clear();
    world.deploy(&after).await.unwrap();
    let names = workflows(&world, &after).await;
    assert_eq!(names, ["picletter-b", "picletter-c"]);
    assert_eq!(authorizations(&world).await, 1);
}

/// More jobs than are deployed concurrently.
const MANY: usize = 10;

#[tokio::test]
async fn pause_during_a_deployment_of_many_jobs_takes_effect_or_one_command_fails_with_75() {
    let world = World::with_scripts(QUICK).await;
    let names: Vec<String> = (0..MANY).map(|n| format!("job-{n}")).collect();
    let at = |time: &'static str| -> Vec<(&str, &str)> {
        names.iter().map(|name| (name.as_str(), time)).collect()
    };
    world
        .deploy(&world.desired(&file(&at("01:00"))))
        .await
        .unwrap();
    let changed = world.desired(&file(&at("02:00")));
    // Holds the first deployment, so that the last one has to wait.
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let path = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/*";
    let hold = Fault::HoldAnswer(sender);
    world
        .sandbox
        .faults()
        .on(Method::PUT, path, Which::Every, hold);
    let last = &changed.jobs[MANY - 1];
    let deploying = world.deploy(&changed);
    let pausing = async {
        let guard = receiver.recv().await.unwrap();
        let paused = Switch::Pause.apply(&world.clouds, &changed, &[last]).await;
        world.sandbox.faults().clear();
        drop(guard);
        while let Ok(guard) = receiver.try_recv() {
            drop(guard);
        }
        paused
    };
    let (deployed, paused) = tokio::join!(deploying, pausing);

    let live = world.live(&changed).await.unwrap();
    let is_paused = live.azure.workflow(last).unwrap().state == "Disabled";
    let failed =
        |error: &picletter_core::deploy::step::StepError| exit_status::for_error(&error.error);
    let statuses = [
        deployed.as_ref().err().map(failed),
        paused.as_ref().err().map(failed),
    ];
    assert!(
        is_paused && paused.is_ok() || statuses.contains(&Some(75)),
        "{is_paused} {statuses:?}"
    );
}

#[tokio::test]
async fn resume_skips_a_job_that_is_not_deployed_but_pause_could_miss_its_creation() {
    let world = World::with_scripts(QUICK).await;
    let deployed = file(&[("a", "01:00"), ("b", "01:00")]);
    world.deploy(&world.desired(&deployed)).await.unwrap();
    let desired = world.desired(&file(&[("a", "01:00"), ("b", "01:00"), ("c", "01:00")]));
    let [a, b, c] = &desired.jobs[..] else {
        panic!("three jobs");
    };

    let paused = Switch::Pause
        .apply(&world.clouds, &desired, &[a, b, c])
        .await;
    // The deployment of a and b could be about to create c.
    assert_eq!(exit_status::for_error(&paused.unwrap_err().error), 75);
    let paused = Switch::Pause.apply(&world.clouds, &desired, &[a, b]).await;
    paused.unwrap();
    let resumed = Switch::Resume
        .apply(&world.clouds, &desired, &[a, b, c])
        .await;

    assert_eq!(resumed.unwrap().not_deployed, ["picletter-c"]);
    let live = world.live(&desired).await.unwrap();
    assert_eq!(live.azure.workflow(a).unwrap().state, "Enabled");
}

#[tokio::test]
async fn destroy_revokes_only_the_authorization_of_its_own_app() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(&file(&[("a", "01:00")]));
    let other = file(&[("b", "02:00")]).replace("picletter-test", "picletter-other");
    let other = world.desired(&other);
    let registry = world.sandbox.registry();
    registry.put_image(&other.app, "worker", world.image.clone());
    world.deploy(&desired).await.unwrap();
    world.deploy(&other).await.unwrap();
    assert_eq!(authorizations(&world).await, 2);

    let kept = world.destroy(&desired, false).await.unwrap();

    let kept = kept.into_iter().map(|one| {
        let kind = one.target.resource().kind;
        (kind, one.kept.unwrap())
    });
    let reasons: Vec<(ResourceKind, String)> = kept
        .filter(|(kind, _)| kind.cloud() == Cloud::Heroku || *kind == ResourceKind::ResourceGroup)
        .collect();
    let uses = "the workflow picletter-b, which is kept, uses its token";
    assert_eq!(
        reasons,
        [
            (ResourceKind::Authorization, uses.to_owned()),
            (
                ResourceKind::ResourceGroup,
                "it also contains picletter-b".to_owned()
            ),
        ]
    );
    assert_eq!(authorizations(&world).await, 1);
    assert!(world.live(&desired).await.unwrap().heroku.app.is_none());
    let (_, plan) = world.plan(&other).await.unwrap();
    assert!(plan.is_empty(), "{plan:?}");
}

#[tokio::test]
async fn destroy_preserves_another_deployment_with_the_same_workflow_name() {
    let world = World::with_scripts(QUICK).await;
    let other = FILE.replace("workflow = \"daily\"", "workflow = \"picletter-a\"");
    let other = world.desired(&other);
    world.deploy(&other).await.unwrap();
    let desired = world.desired(&file(&[("a", "01:00")]));
    world.destroy(&desired, false).await.unwrap();
    assert!(world.plan(&other).await.unwrap().1.is_empty());
    assert_eq!(authorizations(&world).await, 1);
}

#[tokio::test]
async fn destroy_preserves_alerts_of_a_deployment_with_the_same_name_prefix() {
    let world = World::with_scripts(QUICK).await;
    let first = world.desired(&file(&[("a", "01:00")]));
    world.deploy(&first).await.unwrap();
    let second = file(&[("b", "01:00")]);
    let second = second.replace("[azure]\n", "[azure]\nworkflow = \"picletter-a\"\n");
    let second = world.desired(&second);
    world.deploy(&second).await.unwrap();
    assert!(world.plan(&first).await.unwrap().1.is_empty());
    world.destroy(&second, true).await.unwrap();
    assert!(world.plan(&first).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn a_paused_job_stays_paused_after_a_deployment() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(&file(&[("a", "01:00"), ("b", "02:00")]));
    world.deploy(&desired).await.unwrap();
    let paused = [&desired.jobs[0]];
    let switched = Switch::Pause.apply(&world.clouds, &desired, &paused).await;
    switched.unwrap();
    assert!(world.plan(&desired).await.unwrap().1.is_empty());
    let changed = world.desired(&file(&[("a", "01:30"), ("b", "02:00")]));
    world.deploy(&changed).await.unwrap();
    let live = world.live(&changed).await.unwrap();
    let state = |job: usize| {
        live.azure
            .workflow(&changed.jobs[job])
            .unwrap()
            .state
            .clone()
    };
    assert_eq!([state(0), state(1)], ["Disabled", "Enabled"]);
    let resumed = Switch::Resume
        .apply(&world.clouds, &changed, &[&changed.jobs[0]])
        .await;
    resumed.unwrap();
    assert!(world.plan(&changed).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn does_not_take_over_a_workflow_of_another_deployment() {
    let world = World::with_scripts(QUICK).await;
    let other = FILE.replace("workflow = \"daily\"", "workflow = \"picletter-a\"");
    let other = world.desired(&other);
    world.deploy(&other).await.unwrap();
    let desired = world.desired(&file(&[("a", "01:00"), ("b", "02:00")]));
    let error = world.plan(&desired).await.unwrap_err();
    assert!(matches!(error.error, CloudError::ForeignWorkflow { .. }));
    assert_eq!(exit_status::for_error(&error.error), 78);
}

#[tokio::test]
async fn destroy_also_removes_jobs_no_longer_in_the_file() {
    let world = World::with_scripts(QUICK).await;
    world
        .deploy(&world.desired(&file(&[("a", "01:00"), ("b", "02:00")])))
        .await
        .unwrap();
    let desired = world.desired(&file(&[("a", "01:00")]));
    let kept = world.destroy(&desired, false).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(authorizations(&world).await, 0);
}

#[tokio::test]
async fn a_plan_of_twenty_jobs_sends_as_many_requests_as_one() {
    let mut counts = Vec::new();
    for jobs in [1, 20] {
        let world = World::with_scripts(QUICK).await;
        let names: Vec<String> = (0..jobs).map(|n| format!("job-{n}")).collect();
        let jobs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "01:00")).collect();
        let desired = world.desired(&file(&jobs));
        world.deploy(&desired).await.unwrap();
        world.sandbox.faults().clear();
        assert!(world.plan(&desired).await.unwrap().1.is_empty());
        counts.push(world.sandbox.faults().record().len());
    }
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn removes_other_jobs_if_azure_rejects_one_removal() {
    let world = World::with_scripts(QUICK).await;
    let before = world.desired(&file(&[("a", "01:00"), ("b", "02:00"), ("c", "03:00")]));
    world.deploy(&before).await.unwrap();
    let after = world.desired(&file(&[("a", "01:00")]));
    let path = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/picletter-b";
    let refusal = r#"{"error":{"code":"ScopeLocked","message":"no"}}"#;
    let fault = Fault::status(409, refusal);
    let faults = world.sandbox.faults();
    faults.on(Method::DELETE, path, Which::Every, fault);
    world.deploy(&after).await.unwrap_err();
    let names = workflows(&world, &after).await;
    assert_eq!(names, ["picletter-a", "picletter-b"]);

    world.sandbox.faults().clear();
    world.deploy(&after).await.unwrap();
    assert_eq!(workflows(&world, &after).await, ["picletter-a"]);
    assert!(world.plan(&after).await.unwrap().1.is_empty());
}

#[tokio::test]
async fn names_a_workflow_that_changed_since_the_plan() {
    let world = World::with_scripts(QUICK).await;
    let before = world.desired(&file(&[("a", "01:00"), ("b", "02:00")]));
    world.deploy(&before).await.unwrap();
    let after = world.desired(&file(&[("a", "01:30"), ("b", "02:30")]));
    let (live, plan) = world.plan(&after).await.unwrap();
    let paused = [&before.jobs[1]];
    let switched = Switch::Pause.apply(&world.clouds, &before, &paused).await;
    switched.unwrap();
    let error = world.apply(&after, &live, &plan).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("the workflow picletter-b has changed"),
        "{text}"
    );
    assert_eq!(exit_status::for_error(&error.error), 75);
}

#[tokio::test]
async fn names_the_job_whose_resources_somebody_removed() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(&file(&[("a", "01:00"), ("b", "02:00")]));
    let path = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/picletter-picletter-b";
    let gone = r#"{"error":{"code":"ResourceGroupNotFound","message":"no"}}"#;
    let fault = Fault::status(404, gone);
    let faults = world.sandbox.faults();
    faults.on(Method::PUT, path, Which::Every, fault);
    let error = world.deploy(&desired).await.unwrap_err();
    let CloudError::Jobs { failed, .. } = &error.error else {
        panic!("{error}");
    };
    assert_eq!(failed[0].job, "b");
    assert!(matches!(*failed[0].error, CloudError::RemovedMeanwhile(_)));
}

#[tokio::test]
async fn does_not_pause_or_resume_a_workflow_without_the_tag() {
    let world = World::with_scripts(QUICK).await;
    let desired = world.desired(&file(&[("a", "01:00")]));
    world.deploy(&desired).await.unwrap();
    redeploy(&world, &desired, |template| {
        for resource in template["resources"].as_array_mut().unwrap() {
            resource["tags"] = json!({});
        }
    })
    .await;
    for switch in [Switch::Pause, Switch::Resume] {
        let error = world.switch(switch, &desired).await.unwrap_err();
        assert!(matches!(error.error, CloudError::NotOurs { .. }), "{error}");
    }
    let live = world.live(&desired).await.unwrap();
    assert_eq!(live.azure.workflows[0].state, "Enabled");
}

#[tokio::test]
async fn reports_a_workflow_whose_job_is_no_longer_in_the_file() {
    let world = World::with_scripts(QUICK).await;
    let before = world.desired(&file(&[("a", "01:00"), ("b", "02:00")]));
    world.deploy(&before).await.unwrap();
    let after = world.desired(&file(&[("a", "01:00")]));
    let jobs: Vec<_> = after.jobs.iter().collect();
    let status = Status::read(&world.clouds, &after, &jobs, 1).await.unwrap();
    assert_eq!(status.not_in_file, ["picletter-b"]);
    let switched = world.switch(Switch::Pause, &after).await.unwrap();
    assert_eq!(switched.not_in_file, ["picletter-b"]);
}
