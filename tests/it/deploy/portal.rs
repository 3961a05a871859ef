//! Changes that Azure and its portal make to a deployed workflow on their own.

use picletter_core::deploy::desired::DesiredState;
use picletter_core::deploy::live::LiveState;
use picletter_core::deploy::plan::{Plan, ResourceKind};
use picletter_core::deploy::portal_edits::{PortalEdit, portal_edits};
use serde_json::{Value, json};

use crate::support::world::{FILE, World};

async fn deployed(file: &str) -> (World, DesiredState, LiveState) {
    let world = World::new().await;
    let desired = world.desired(file);
    world.deploy(&desired).await.unwrap();
    let live = world.live(&desired).await.unwrap();
    (world, desired, live)
}

fn definition(live: &mut LiveState) -> &mut Value {
    &mut live.azure.workflows.first_mut().unwrap().definition
}

/// The first trigger.
fn trigger(live: &mut LiveState) -> &mut Value {
    let triggers = definition(live)["triggers"].as_object_mut().unwrap();
    triggers.values_mut().next().unwrap()
}

fn differences(desired: &DesiredState, live: &LiveState) -> Vec<String> {
    let plan = Plan::new(desired, live, false).unwrap();
    let is_workflow = |kind| kind == ResourceKind::Workflow;
    let items = plan
        .items
        .iter()
        .filter(|item| is_workflow(item.resource.kind));
    let differences = items.flat_map(|item| &item.differences);
    differences
        .map(|one| {
            let old = one.old.as_ref().map(|old| format!(": {old}"));
            format!("{}{}", one.name, old.unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn ignores_evaluated_recurrence() {
    let (_world, desired, mut live) = deployed(FILE).await;
    let trigger = trigger(&mut live);
    trigger["evaluatedRecurrence"] = trigger["recurrence"].clone();

    assert_eq!(differences(&desired, &live), [""; 0]);

    // Anywhere else, the field is a manual change.
    definition(&mut live)["actions"]["evaluatedRecurrence"] = json!({ "type": "Compose" });
    assert_eq!(
        differences(&desired, &live),
        ["workflow template (actions)"]
    );
}

#[tokio::test]
async fn reports_a_replaced_callback_url_with_its_effect() {
    let (_world, desired, mut live) = deployed(FILE).await;
    assert_eq!(portal_edits(definition(&mut live)), []);
    let saved = definition(&mut live)
        .to_string()
        .replace("listCallbackUrl()", "triggerOutputs()?['callbackUrl']");
    *definition(&mut live) = saved.parse().unwrap();

    assert_eq!(
        portal_edits(definition(&mut live)),
        [PortalEdit::CallbackUrl]
    );
    assert_eq!(
        differences(&desired, &live),
        [
            "workflow template (actions; `Run` lacks the callback URL, so no run can report its \
             outcome, and every run fails)"
        ]
    );
}

#[tokio::test]
async fn reports_a_start_time_that_the_portal_changed_to_utc() {
    for schedule in [
        "every = \"day\"\nat = \"08:30\"",
        "every = \"month\"\non = 1\nat = \"08:30\"",
        "every = \"6 hours\"",
    ] {
        let file = FILE.replace("every = \"day\"\nat = \"08:30\"", schedule);
        let (_world, desired, mut live) = deployed(&file).await;
        assert_eq!(differences(&desired, &live), [""; 0], "{schedule}");
        let start = &mut trigger(&mut live)["recurrence"]["startTime"];
        *start = format!("{}Z", start.as_str().unwrap()).into();

        assert_eq!(portal_edits(definition(&mut live)), [PortalEdit::StartTime]);
        let differences = differences(&desired, &live);
        assert_eq!(differences.len(), 1, "{schedule}");
        assert!(
            differences[0].starts_with("[schedule]: every ")
                && differences[0].ends_with("Z (UTC, not the time zone)"),
            "{differences:?}"
        );
    }
}

#[tokio::test]
async fn reports_a_foreign_condition_without_its_text() {
    let (_world, desired, mut live) = deployed(FILE).await;
    let set_condition = |live: &mut LiveState, expression: &str| {
        trigger(live)["conditions"] = json!([{ "expression": expression }]);
    };
    // Functions and numbers that Picletter's own conditions use.
    let due = "addSeconds(coalesce(trigger()?['scheduledTime'], utcNow()), 60)";
    set_condition(&mut live, &format!("@equals(dayOfWeek({due}), 2)"));
    let text = differences(&desired, &live).concat();
    assert!(text.contains(", if equals(dayOfWeek(date), 2), "), "{text}");

    for expression in [
        "@equals(parameters('heroku_token'), 'hunter2')",
        "@equals(dayOfWeek(utcNow()), 2)",
        "@equals(20271231, 2)",
        &format!("@equals(dayOfWeek(convertFromUtc({due}, 'hunter2')), 2)"),
    ] {
        set_condition(&mut live, expression);
        let text = differences(&desired, &live).concat();
        assert!(text.starts_with("[schedule]: "), "{text}");
        assert!(!text.contains("every"), "{text}");
        for part in ["hunter2", "heroku_token", "utcNow", "20271231"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}
