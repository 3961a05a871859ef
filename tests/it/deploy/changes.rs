//! What a deployment creates and changes.

use std::fmt::Write as _;

use http::Method;
use picletter_core::deploy::difference::Difference;
use picletter_core::deploy::plan::{Change, Plan, ResourceKind};
use picletter_core::deploy::step::Step;
use picletter_sandbox::faults::{Fault, Which};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use crate::support::world::{FILE, SG_KEY, WEBHOOK, World};

/// The plan, with one line for each resource and each difference.
fn render(plan: &Plan) -> String {
    let mut text = String::new();
    for item in &plan.items {
        let note = item.note.clone().unwrap_or_default();
        let _ = writeln!(
            text,
            "{:?} {} {} {note}",
            item.change(),
            item.resource.kind,
            item.resource.name
        );
        for Difference { name, old, new } in &item.differences {
            let _ = writeln!(
                text,
                "    {name}: {} -> {}",
                value(old.as_ref()),
                value(new.as_ref())
            );
        }
    }
    text
}

fn value(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// Values that differ in each sandbox.
const FILTERS: [(&str, &str); 2] = [
    (r"127\.0\.0\.1:\d+", "[host]"),
    (r"\([0-9a-f-]{36}/", "([subscription]/"),
];

#[tokio::test]
async fn creates_everything_and_a_second_deployment_changes_nothing() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let (_, plan) = world.plan(&desired).await.unwrap();
    insta::with_settings!({filters => FILTERS.to_vec()}, {
        insta::assert_snapshot!(render(&plan));
    });

    world.deploy(&desired).await.unwrap();

    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{}", render(&plan));
    assert!(live.heroku.made_by_us());
    assert_eq!(live.heroku.authorizations.len(), 1);
    assert_eq!(live.heroku.formation[0].quantity, 0);
    assert_eq!(live.azure.alerts.len(), 3);
    let requests = world.sandbox.faults().record().len();
    assert!(world.deploy(&desired).await.unwrap().is_empty());
    let changing = world.sandbox.faults().record().split_off(requests);
    assert!(
        changing.iter().all(|(method, _)| method == "GET"),
        "{changing:?}"
    );
}

#[tokio::test]
async fn a_run_after_the_deployment_mails_the_picture() {
    let (world, desired) = World::deployed().await;

    let arm = &world.clouds.arm;
    let id = world
        .clouds
        .workflow_id(&desired, &desired.jobs[0].workflow)
        .await
        .unwrap();
    let trigger = arm.triggers(&id).await.unwrap().swap_remove(0);
    let run = arm.run_trigger(&id, &trigger.name).await.unwrap();
    let ended = picletter_core::deploy::azure::follow_run(arm, &id, &run, |_| ())
        .await
        .unwrap();

    assert_eq!((ended.status.as_str(), ended.message), ("Succeeded", None));
    assert_eq!(world.sandbox.inbox().mails().len(), 1);
}

#[tokio::test]
async fn changes_only_what_differs() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();

    let other = FILE.replace("you@", "me@");
    let steps = world.deploy(&world.desired(&other)).await.unwrap();
    assert_eq!(steps, [Step::SetConfigVars, Step::Verify]);

    let other = other.replace("08:30", "09:00");
    let desired = world.desired(&other);
    let (_, plan) = world.plan(&desired).await.unwrap();
    insta::with_settings!({filters => FILTERS.to_vec()}, {
        insta::assert_snapshot!(render(&plan));
    });
    let steps = world.deploy(&desired).await.unwrap();
    assert_eq!(
        steps,
        [
            Step::Validate,
            Step::CreateAuthorization,
            Step::Deploy,
            Step::Verify,
            Step::RevokeAuthorization
        ]
    );
    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{}", render(&plan));
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn plan_shows_conditions_of_the_schedule() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let other = FILE.replace("every = \"day\"", "on = \"first monday\"");
    let desired = world.desired(&other);
    let (_, plan) = world.plan(&desired).await.unwrap();
    let text = render(&plan);
    let change = "every day at 08:30, W. Europe Standard Time, from 2026-01-01T00:00:00 -> every week \
                  on Monday at 08:30, if lessOrEquals(dayOfMonth(date), 7), W. Europe Standard Time";
    assert!(text.contains(change), "{text}");
    world.deploy(&desired).await.unwrap();
    let (_, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{}", render(&plan));

    // A change of only the condition is a change as well.
    let desired = world.desired(&other.replace("first", "last"));
    let (_, plan) = world.plan(&desired).await.unwrap();
    let text = render(&plan);
    let change = "08:30, if lessOrEquals(dayOfMonth(addDays(date, 7)), 7), W. Europe";
    assert!(text.contains(change), "{text}");
}

#[tokio::test]
async fn releases_a_new_image_without_scaling_the_formation() {
    let mut world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let image = picletter_sandbox::image::WorkerImage::new(b"another worker").unwrap();
    world
        .sandbox
        .registry()
        .put_image("picletter-test", "worker", image.clone());
    world.image = image;

    let desired = world.desired(FILE);
    assert_eq!(
        world.deploy(&desired).await.unwrap(),
        [Step::Release, Step::Verify]
    );
    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{}", render(&plan));
    assert_eq!(live.heroku.formation[0].quantity, 0);
}

#[tokio::test]
async fn scales_running_formations_to_zero() {
    let (world, desired) = World::deployed().await;
    world
        .clouds
        .heroku
        .scale(&desired.app, "worker", 1, "basic")
        .await
        .unwrap();

    assert_eq!(
        world.deploy(&desired).await.unwrap(),
        [Step::Scale, Step::Verify]
    );
}

#[tokio::test]
async fn a_paused_workflow_stays_paused() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let desired = world.desired(&FILE.replace("08:30", "09:00"));
    let id = world
        .clouds
        .workflow_id(&desired, &desired.jobs[0].workflow)
        .await
        .unwrap();
    world.clouds.arm.disable(&id).await.unwrap();

    world.deploy(&desired).await.unwrap();

    assert!(
        world.live(&desired).await.unwrap().azure.workflows[0]
            .is(picletter_core::deploy::azure::WorkflowState::Disabled)
    );
}

#[tokio::test]
async fn rotate_token_creates_a_token_and_revokes_the_previous_one() {
    let (world, desired) = World::deployed().await;
    let before = world
        .live(&desired)
        .await
        .unwrap()
        .heroku
        .authorizations
        .swap_remove(0);

    world.deploy_rotating(&desired, true).await.unwrap();

    let live = world.live(&desired).await.unwrap();
    assert_eq!(live.heroku.authorizations.len(), 1);
    assert_ne!(live.heroku.authorizations[0].id, before.id);
    assert_eq!(
        live.azure.authorization(&desired),
        Some(live.heroku.authorizations[0].id.as_str())
    );
}

#[tokio::test]
async fn recreates_a_revoked_authorization() {
    let (world, desired) = World::deployed().await;
    let id = world
        .live(&desired)
        .await
        .unwrap()
        .heroku
        .authorizations
        .swap_remove(0)
        .id;
    world.clouds.heroku.delete_authorization(&id).await.unwrap();

    world.deploy(&desired).await.unwrap();

    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn plan_shows_changed_secrets_as_fingerprints() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let mut desired = world.desired(FILE);
    let key = SG_KEY.replace('a', "d");
    desired
        .config_vars
        .insert("SG_KEY".to_owned(), key.as_str().into());
    desired.alert_webhook = Some(WEBHOOK.replace("cc", "dd").into());

    let (_, plan) = world.plan(&desired).await.unwrap();

    let text = serde_json::to_string(&plan).unwrap();
    for secret in [
        SG_KEY,
        &key,
        WEBHOOK,
        desired.alert_webhook.as_ref().unwrap().expose_secret(),
    ] {
        assert!(!text.contains(secret), "{text}");
    }
    assert_eq!(plan.change_for(ResourceKind::ConfigVars), Change::Change);
    assert_eq!(plan.change_for(ResourceKind::Workflow), Change::Change);
}

#[tokio::test]
async fn removes_alerts_that_are_no_longer_configured() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let desired = world.desired(&FILE.replace("[alert]\nemail = \"ops@picletter.example\"", ""));

    world.deploy(&desired).await.unwrap();

    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(live.azure.alerts.is_empty());
    assert!(plan.is_empty(), "{}", render(&plan));
}

#[tokio::test]
async fn reverts_manual_changes_of_configured_vars_only() {
    let (world, desired) = World::deployed().await;
    let by_hand = [
        ("MAIL_SUBJECT", "By hand"),
        ("RECEIVER_EMAIL", "me@picletter.example"),
    ]
    .map(|(name, value)| (name.to_owned(), Some(value.into())));
    world
        .clouds
        .heroku
        .set_config_vars(&desired.app, &by_hand.into())
        .await
        .unwrap();

    let steps = world.deploy(&desired).await.unwrap();

    assert_eq!(steps, [Step::SetConfigVars, Step::Verify]);
    // Config vars that are not in the file are not changed.
    let vars = world.live(&desired).await.unwrap().heroku.config_vars;
    assert_eq!(vars["MAIL_SUBJECT"].expose_secret(), "By hand");
    assert_eq!(
        vars["RECEIVER_EMAIL"].expose_secret(),
        "you@picletter.example"
    );
}

#[tokio::test]
async fn refuses_an_outdated_plan() {
    let (world, _) = World::deployed().await;
    let desired = world.desired(&FILE.replace("you@", "me@"));
    let (live, plan) = world.plan(&desired).await.unwrap();
    world
        .deploy(&world.desired(&FILE.replace("you@", "they@")))
        .await
        .unwrap();

    let refused = world.apply(&desired, &live, &plan).await.unwrap_err();

    assert_eq!(refused.step, Step::CheckNothingChanged);
    let vars = world.live(&desired).await.unwrap().heroku.config_vars;
    assert_eq!(
        vars["RECEIVER_EMAIL"].expose_secret(),
        "they@picletter.example"
    );
}

#[tokio::test]
async fn outdated_first_plan_leaves_nothing_behind() {
    let world = World::new().await;
    let desired = world.desired(FILE);
    let (live, plan) = world.plan(&desired).await.unwrap();
    world.deploy(&desired).await.unwrap();

    let refused = world.apply(&desired, &live, &plan).await.unwrap_err();

    assert_eq!(refused.step, Step::CreateApp);
    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{}", render(&plan));
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn reports_concurrent_failures_together() {
    let world = World::new().await;
    let validate =
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/*/validate";
    let faults = world.sandbox.faults();
    for (method, path, words) in [
        (
            Method::PATCH,
            "/apps/*/config-vars",
            r#"{"id":"no","message":"Not these"}"#,
        ),
        (
            Method::POST,
            validate,
            r#"{"error":{"code":"No","message":"Nor this"}}"#,
        ),
    ] {
        let fault = Fault::status(422, words.to_owned());
        faults.on(method, path, Which::Every, fault);
    }

    let error = world.deploy(&world.desired(FILE)).await.unwrap_err();

    let error = error.to_string();
    let (one, other) = error.split_once("; at the same time, ").unwrap();
    assert!(one.contains("Not these"), "{error}");
    assert!(other.contains("validating the template") && other.contains("Nor this"));
}

#[tokio::test]
async fn of_two_concurrent_deployments_exactly_one_succeeds() {
    let world = World::new().await;
    let desired = world.desired(FILE);

    let (one, other) = tokio::join!(world.deploy(&desired), world.deploy(&desired));

    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let (live, plan) = world.plan(&desired).await.unwrap();
    assert!(plan.is_empty(), "{}", render(&plan));
    assert_eq!(live.heroku.authorizations.len(), 1);
}

#[tokio::test]
async fn overlapping_deployments_leave_one_app_one_workflow_and_one_token() {
    let deployments =
        "/subscriptions/*/resourceGroups/*/providers/Microsoft.Resources/deployments/*";
    for (method, path) in [(Method::POST, "/apps"), (Method::PUT, deployments)] {
        let world = World::new().await;
        let desired = world.desired(FILE);
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let faults = world.sandbox.faults();
        faults.on(method, path, 1, Fault::HoldAnswer(sender));

        let overtaken = world.deploy(&desired);
        let overtaking = async {
            let guard = receiver.recv().await;
            let deployed = world.deploy(&desired).await;
            drop(guard);
            deployed
        };
        let (one, other) = tokio::join!(overtaken, overtaking);

        assert!(one.is_ok() || other.is_ok(), "{path}: {one:?} {other:?}");
        let (live, plan) = world.plan(&desired).await.unwrap();
        assert!(
            plan.is_empty(),
            "{path}: {}{one:?} {other:?}",
            render(&plan)
        );
        let authorizations: Vec<_> = live
            .heroku
            .authorizations
            .iter()
            .map(|one| &*one.id)
            .collect();
        assert_eq!(
            authorizations,
            [live.azure.authorization(&desired).unwrap()],
            "{path}"
        );
    }
}
