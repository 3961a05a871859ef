//! A deployed workflow that somebody opens and saves in the Azure portal.

use http::Method;
use serde_json::{Value, json};

use crate::support::person::{Person, stderr, stdout};

const VERSION: &str = "2019-05-01";

/// Saves the workflow as the portal does.
async fn save_in_portal(person: &Person) {
    let path = person
        .clouds()
        .workflow_id(&person.desired(), &person.desired().jobs[0].workflow)
        .await
        .unwrap();
    let mut workflow = person.ask_azure(Method::GET, &path, VERSION, None).await;
    let properties = &mut workflow["properties"];
    let saved = properties["definition"]
        .to_string()
        .replace("listCallbackUrl()", "triggerOutputs()?['callbackUrl']");
    let mut definition: Value = saved.parse().unwrap();
    for trigger in definition["triggers"].as_object_mut().unwrap().values_mut() {
        let start = &mut trigger["recurrence"]["startTime"];
        *start = format!("{}Z", start.as_str().unwrap()).into();
    }
    // Secret parameters are in no answer, and have to be given again.
    let mut parameters = properties["parameters"].clone();
    for name in ["heroku_token", "alert_webhook"] {
        parameters[name] = json!({ "value": "https://hooks.picletter.example" });
    }
    let body = json!({
        "location": workflow["location"],
        "tags": workflow["tags"],
        "properties": {
            "state": workflow["properties"]["state"],
            "definition": definition,
            "parameters": parameters,
        },
    });
    person
        .ask_azure(Method::PUT, &path, VERSION, Some(&body))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_portal_breaks_is_reported_and_repaired() {
    let person = Person::deployed().await;
    save_in_portal(&person).await;

    let status = person.types("status").await;
    assert!(status.status.success(), "{}", stderr(&status));
    let warned = stderr(&status)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for effect in [
        "`Run` passes no callback URL, so no run can report its outcome, and each one fails",
        "a trigger's `startTime` ends with `Z`, so it is in UTC",
        "`picletter deploy` restores it",
    ] {
        assert!(warned.contains(effect), "{effect}: {warned}");
    }
    let plan = person.types("plan --detailed-exitcode").await;
    assert_eq!(plan.status.code(), Some(2), "{}", stderr(&plan));
    let planned = stdout(&plan)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        planned.contains("`Run` passes no callback URL"),
        "{planned}"
    );
    assert!(planned.contains("(UTC, not the time zone)"), "{planned}");

    let deployed = person.types("deploy --yes --run --image worker.tar").await;
    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let after = person.types("plan --detailed-exitcode").await;
    assert_eq!(after.status.code(), Some(0), "{}", stdout(&after));
    assert_eq!(
        stderr(&person.types("status").await)
            .matches("portal")
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_names_what_may_start_at_once() {
    let person = Person::deployed().await;
    assert!(person.types("pause").await.status.success());
    let resumed = stdout(&person.types("resume").await);
    let resumed = resumed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        resumed.contains(
            "Azure may start one at once: it is skipped if another run is active \
             (`overlap = \"skip\"`)."
        ),
        "{resumed}"
    );
}
