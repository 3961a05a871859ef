//! Plans print no value read from a live system, and name the keys of `picletter.toml`.

use std::collections::BTreeMap;

use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::drift::drift;
use picletter_core::deploy::heroku::NewApp;
use picletter_core::deploy::plan::{Change, Plan, ResourceKind};
use picletter_core::deploy::what_if;
use serde_json::json;

use crate::support::world::{FILE, World};

/// Part of every live value in these tests, and of no file.
const CANARY: &str = "canary-5f1c0e";

fn without_canary(printed: &impl serde::Serialize) -> String {
    let json = serde_json::to_string_pretty(printed).unwrap();
    assert!(!json.contains(CANARY), "{json}");
    json
}

/// The names of the differences of resources of this kind.
fn names(plan: &Plan, kind: ResourceKind) -> Vec<&str> {
    let items = plan.items.iter().filter(|item| item.resource.kind == kind);
    let differences = items.flat_map(|item| &item.differences);
    differences.map(|one| one.name.as_str()).collect()
}

#[tokio::test]
async fn shows_config_vars_of_the_app_as_fingerprints() {
    let world = World::new().await;
    let app = NewApp {
        name: "picletter-test".to_owned(),
        region: None,
        team: None,
    };
    let heroku = &world.clouds.heroku;
    heroku.create_app(&app).await.unwrap();
    let url = format!("postgres://u:{CANARY}@db.example/app");
    let vars = [("DATABASE_URL", url.as_str()), ("OTHER", CANARY)]
        .map(|(name, value)| (name.to_owned(), Some(value.into())));
    heroku
        .set_config_vars(&app.name, &vars.into())
        .await
        .unwrap();
    let file = format!("{FILE}\n[config]\nDATABASE_URL = \"postgres://db.example/app\"\n");

    let (_, plan) = world.plan(&world.desired(&file)).await.unwrap();

    let json = without_canary(&plan);
    assert_eq!(plan.change_for(ResourceKind::ConfigVars), Change::Change);
    assert!(json.contains("\"old\": \"fingerprint "), "{json}");
    assert!(json.contains("postgres://db.example/app"), "{json}");
}

/// A desired state with the canary in the workflow and its alerts.
fn with_canary(world: &World) -> DesiredState {
    let mut desired = world.desired(FILE);
    let email = format!("{CANARY}@picletter.example");
    let trigger = json!({
        "type": "Recurrence",
        "recurrence": { "frequency": "Day", "interval": 1, "startTime": "2026-01-01T00:00:00Z" },
        "metadata": { "why": CANARY },
    });
    for (name, value) in [
        ("command", json!(format!("run {CANARY}"))),
        ("process_type", json!(CANARY)),
        ("dyno_size", json!(CANARY)),
        ("heroku_api_url", json!(format!("https://{CANARY}.example"))),
        ("alert_address", json!(email)),
        ("triggers", json!({ "Every_day": trigger })),
    ] {
        desired.jobs[0].parameters.insert(name.to_owned(), value);
    }
    desired
}

#[tokio::test]
async fn shows_parameters_triggers_and_alerts_as_fingerprints() {
    let world = World::new().await;
    world.deploy(&with_canary(&world)).await.unwrap();
    let desired = world.desired(FILE);

    let (live, plan) = world.plan(&desired).await.unwrap();

    without_canary(&plan);
    assert_eq!(plan.change_for(ResourceKind::Workflow), Change::Change);
    assert_eq!(plan.change_for(ResourceKind::ActionGroup), Change::Change);
    let outcome = what_if::preview(&world.clouds, &desired, &live, &plan).await;
    let outcome = without_canary(&outcome.unwrap().unwrap());
    assert!(outcome.contains("fingerprint "), "{outcome}");
}

#[tokio::test]
async fn shows_a_common_process_type_of_the_workflow() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let file = FILE.replace("[heroku]", "[heroku]\nprocess_type = \"jobs\"");

    let (_, plan) = world.plan(&world.desired(&file)).await.unwrap();

    let json = serde_json::to_value(&plan).unwrap();
    let items = json["items"].as_array().unwrap();
    let workflow = items
        .iter()
        .find(|item| item["kind"] == "workflow")
        .unwrap();
    let expected = json!([{ "name": "[heroku] process_type", "old": "worker", "new": "jobs" }]);
    assert_eq!(workflow["differences"], expected);
}

#[tokio::test]
async fn names_each_difference_once_by_its_key_in_the_file() {
    let world = World::new().await;
    let file = FILE.replace(
        "[heroku]",
        "[heroku]\nprocess_type = \"worker\"\ncommand = \"bin/mails 'now'\"",
    ) + "\n[run]\nreport = \"shell\"\n";
    world.deploy(&world.desired(&file)).await.unwrap();
    for (old, new, expected) in [
        ("bin/mails", "bin/mail", "[heroku] command"),
        ("app =", "dyno_size = \"eco\"\napp =", "[heroku] dyno_size"),
        (
            "process_type = \"worker\"",
            "process_type = \"jobs\"",
            "[heroku] process_type",
        ),
        (
            "app =",
            "time_to_live = \"20 minutes\"\napp =",
            "[heroku] time_to_live",
        ),
        ("\"shell\"", "\"worker\"", "[run] report"),
        ("\"shell\"", "\"none\"", "[run] report"),
        (
            "report =",
            "start_window = \"10 minutes\"\nreport =",
            "[run] start_window",
        ),
        (
            "every =",
            "overlap = \"allow\"\nevery =",
            "[schedule] overlap",
        ),
        (
            "every =",
            "overlap = \"queue\"\nevery =",
            "[schedule] overlap",
        ),
        ("every =", "on = \"weekdays\"\nevery =", "[schedule]"),
    ] {
        assert!(file.contains(old), "{old}");
        let (_, plan) = world
            .plan(&world.desired(&file.replace(old, new)))
            .await
            .unwrap();
        assert_eq!(names(&plan, ResourceKind::Workflow), [expected], "{new}");
    }
    let several = file
        .replace("bin/mails", "bin/mail")
        .replace("08:30", "09:00")
        .replace("\"shell\"", "\"none\"");
    let (_, plan) = world.plan(&world.desired(&several)).await.unwrap();
    assert_eq!(
        names(&plan, ResourceKind::Workflow),
        ["[schedule]", "[heroku] command", "[run] report"]
    );
    let other = file.replace("ops@", "me@").replace("you@", "they@");
    let (_, plan) = world.plan(&world.desired(&other)).await.unwrap();
    assert_eq!(names(&plan, ResourceKind::ActionGroup), ["[alert] email"]);
    assert_eq!(
        names(&plan, ResourceKind::ConfigVars),
        ["[mail] to (RECEIVER_EMAIL)"]
    );
}

#[tokio::test]
async fn names_the_parts_that_differ_from_the_template() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let workflow = live.azure.workflows.first_mut().unwrap();
    workflow.definition["actions"] = json!({});
    workflow
        .tags
        .insert("alert-webhook".to_owned(), CANARY.to_owned());

    let plan = Plan::new(&desired, &live, false).unwrap();

    without_canary(&plan);
    assert_eq!(
        names(&plan, ResourceKind::Workflow),
        ["ALERT_WEBHOOK", "workflow template (actions)"]
    );
}

#[tokio::test]
async fn shows_a_location_with_foreign_text_as_a_fingerprint() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let workflow = live.azure.workflows.first_mut().unwrap();
    CANARY.clone_into(&mut workflow.location);

    let error = Plan::new(&desired, &live, false).unwrap_err().to_string();

    assert!(!error.contains(CANARY), "{error}");
    assert!(error.contains("is in fingerprint "), "{error}");
    let id = &live.azure.workflows[0].id;
    let command = format!("`az resource show --ids {id} --query location --output tsv` prints it");
    assert!(error.contains(&command), "{error}");
    // Azure also writes names with spaces.
    let workflow = live.azure.workflows.first_mut().unwrap();
    "East US".clone_into(&mut workflow.location);
    let error = Plan::new(&desired, &live, false).unwrap_err().to_string();
    assert!(error.contains("is in eastus, not westeurope"), "{error}");
    assert!(!error.contains("az resource show"), "{error}");
    let workflow = live.azure.workflows.first_mut().unwrap();
    "West Europe".clone_into(&mut workflow.location);
    assert!(Plan::new(&desired, &live, false).unwrap().is_empty());
}

#[tokio::test]
async fn shows_only_known_names_of_locations() {
    let (world, desired) = World::deployed().await;
    let mut live = world.live(&desired).await.unwrap();
    let workflow = live.azure.workflows.first_mut().unwrap();
    "5f1c0e5f1c0e".clone_into(&mut workflow.location);

    let error = Plan::new(&desired, &live, false).unwrap_err().to_string();

    assert!(!error.contains("5f1c0e5f1c0e"), "{error}");
    assert!(error.contains("is in fingerprint "), "{error}");
}

#[tokio::test]
async fn shows_the_location_of_the_resource_group_as_live() {
    let world = World::new().await;
    world.deploy(&world.desired(FILE)).await.unwrap();
    let desired = world.desired(&FILE.replace("location = \"westeurope\"", ""));
    let mut live = world.live(&desired).await.unwrap();
    let [problem, group] = [
        "workflow daily is in westeurope, but its resource group is in ",
        ", and [azure] has no `location`; Azure cannot move the workflow",
    ];
    for (location, shown) in [(CANARY, "fingerprint "), ("East US", "eastus, and")] {
        location.clone_into(&mut live.azure.group.as_mut().unwrap().location);

        let error = Plan::new(&desired, &live, false).unwrap_err().to_string();
        let azure = &live.azure;
        let live_group = azure.group.as_ref();
        let workflow = &azure.workflows[0];
        let drift = drift(
            &desired,
            &azure.subscription,
            live_group,
            &desired.jobs[0],
            workflow,
        )
        .unwrap();

        without_canary(&drift.sentences);
        without_canary(&error);
        for text in [error, drift.sentences.join(" ")] {
            assert!(text.contains(&format!("{problem}{shown}")), "{text}");
            assert!(text.contains(group), "{text}");
        }
        let is_sentence = |text: &String| text.starts_with("The workflow daily is in ");
        assert!(drift.sentences.iter().any(is_sentence), "{drift:?}");
    }
}

#[tokio::test]
async fn shows_a_recurrence_with_foreign_text_as_a_fingerprint() {
    let (world, desired) = World::deployed().await;
    let live = world.live(&desired).await.unwrap();
    let fields: BTreeMap<&str, serde_json::Value> = BTreeMap::from([
        ("frequency", json!(CANARY)),
        ("timeZone", json!(CANARY)),
        ("startTime", json!(CANARY)),
        ("schedule", json!({ "weekDays": [CANARY] })),
        ("note", json!(CANARY)),
    ]);
    for (name, value) in fields {
        let mut live = live.clone();
        let workflow = live.azure.workflows.first_mut().unwrap();
        let trigger = workflow.definition["triggers"].as_object_mut().unwrap();
        trigger.values_mut().next().unwrap()["recurrence"][name] = value;
        let plan = Plan::new(&desired, &live, false).unwrap();
        let json = without_canary(&plan);
        assert!(json.contains("\"old\": \"fingerprint "), "{name}: {json}");
        assert_eq!(
            names(&plan, ResourceKind::Workflow),
            ["[schedule]"],
            "{name}"
        );
    }
}
