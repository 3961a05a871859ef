//! Plans of what cannot be deployed yet, for want of something.

use serde_json::Value;

use crate::support::person::{Person, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn a_first_plan_without_an_image_shows_the_rest_and_deploy_refuses_before_any_change() {
    let person = Person::new().await;

    let plan = person.types("plan --detailed-exitcode").await;
    let deploy = person.types("deploy --yes").await;

    assert_eq!(plan.status.code(), Some(2), "{}", stderr(&plan));
    let shown = stdout(&plan);
    for part in [
        "+ app picletter-test\n",
        "+ image worker (give --image PATH or set PICLETTER_IMAGE)\n",
        "+ workflow daily\n",
        "applies this plan, and also needs: --image PATH\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("formation"), "{shown}");
    assert_eq!(deploy.status.code(), Some(64), "{}", stderr(&deploy));
    let told = stderr(&deploy);
    assert!(told.contains("pass --image PATH"), "{told}");
    assert!(person.changes().is_empty(), "{:?}", person.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_set_is_not_compared_and_deploy_needs_it() {
    let mut person = Person::deployed().await;
    person.environment.remove("SG_KEY");

    let plan = person.types("plan --detailed-exitcode").await;
    let json = person.types("plan --json").await;
    let deploy = person.types("deploy --yes").await;

    assert_eq!(plan.status.code(), Some(2), "{}", stderr(&plan));
    let shown = stdout(&plan);
    for part in [
        "Note on the config vars picletter-test: SG_KEY: not set here, so not compared\n",
        "0 to create, 0 to change, 0 to remove; not compared: SG_KEY.\n",
        "applies this plan, and also needs: SG_KEY\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["not_set"], serde_json::json!(["SG_KEY"]));
    let vars = &json["items"][1];
    assert_eq!(vars["differences"], serde_json::json!([]), "{vars}");
    assert_eq!(deploy.status.code(), Some(78), "{}", stderr(&deploy));
    assert!(stderr(&deploy).contains("SG_KEY is missing"), "{deploy:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_is_told_with_the_secret_that_is_not_set() {
    let mut person = Person::new().await;
    person.environment.remove("SG_KEY");
    let output = person.types("deploy --yes --image nope.tar").await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    let told = stderr(&output);
    assert!(told.contains("nope.tar does not exist"), "{told}");
    assert!(told.contains("SG_KEY"), "{told}");
    assert!(person.changes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn check_doctor_plan_and_deploy_warn_when_no_alert_is_configured() {
    let mut person = Person::new().await;
    let commands = [
        "check",
        "doctor --image worker.tar",
        "plan --image worker.tar",
        "deploy --yes --image worker.tar",
    ];
    for command in commands {
        let output = person.types(command).await;
        let shown = stdout(&output) + &stderr(&output);
        assert!(!shown.contains("nobody is notified"), "{command}: {shown}");
    }
    person.environment.remove("ALERT_WEBHOOK");
    for command in commands {
        let output = person.types(command).await;
        let shown = stdout(&output) + &stderr(&output);
        assert!(shown.contains("nobody is notified"), "{command}: {shown}");
        assert!(output.status.success(), "{command}: {shown}");
    }
}
