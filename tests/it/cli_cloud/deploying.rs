//! `plan`, `deploy`, and `destroy`.

use serde_json::Value;

use crate::support::person::{Person, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn deploy_makes_everything_and_its_run_mails_the_picture() {
    let person = Person::new().await;

    let output = person.types("deploy --yes --run --image worker.tar").await;

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = stdout(&output);
    for part in [
        "+ app picletter-test",
        "Deployed.",
        "event=picture_fetched",
        "Succeeded",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(person.sandbox.inbox().mails().len(), 1);

    let again = person.types("deploy --yes --image worker.tar").await;
    assert_eq!(again.status.code(), Some(0));
    assert!(stdout(&again).contains("Nothing to change."));
    assert_eq!(person.sandbox.inbox().mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_work_in_an_account_with_the_eco_plan_and_after_a_larger_dyno_size() {
    let person = Person::new().await;
    person.sandbox.heroku().subscribe_to_eco();
    let deploy = "deploy --yes --run --image worker.tar";

    let output = person.types(deploy).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(person.sandbox.inbox().mails().len(), 1);

    // As the command recommends after a run that was killed for memory.
    person.edits("[heroku]", "[heroku]\ndyno_size = \"standard-2x\"");
    let doctor = stdout(&person.types("doctor --image worker.tar").await);
    let change = "`deploy` changes its [heroku] dyno_size from basic to standard-2x";
    assert!(
        doctor.replace("\n         ", " ").contains(change),
        "{doctor}"
    );
    let output = person.types(deploy).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(person.sandbox.inbox().mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_does_not_mix_is_refused_by_plan_and_doctor_with_the_one_to_set() {
    let person = Person::deployed().await;
    let heroku = person.sandbox.heroku();
    heroku.set_dyno_size("picletter-test", "standard-1x");
    person.edits(
        "[heroku]",
        "[heroku]\nprocess_type = \"another\"\ndyno_size = \"basic\"",
    );
    person.sandbox.faults().clear();

    let planned = person.types("plan --image worker.tar").await;
    assert_eq!(planned.status.code(), Some(78), "{planned:?}");
    let checked = person.types("doctor --image worker.tar").await;
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    for told in [stderr(&planned), stdout(&checked)] {
        assert!(told.contains("`dyno_size = \"standard-1x\"`"), "{told}");
    }
    assert!(person.changes().is_empty(), "{:?}", person.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_without_a_yes_where_nobody_can_be_asked() {
    let person = Person::new().await;

    let planned = person.types("deploy --image worker.tar").await;
    assert_eq!(planned.status.code(), Some(64), "{planned:?}");
    assert!(person.changes().is_empty(), "{:?}", person.changes());

    let person = Person::deployed().await;
    person.sandbox.faults().clear();
    let shown = person.types("destroy").await;
    assert_eq!(shown.status.code(), Some(64), "{shown:?}");
    assert!(
        stdout(&shown).contains("- Azure workflow daily"),
        "{shown:?}"
    );
    assert!(person.changes().is_empty(), "{:?}", person.changes());
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_tells_by_its_status_whether_something_would_change() {
    let person = Person::new().await;
    let before = person
        .types("plan --detailed-exitcode --image worker.tar --json")
        .await;
    assert_eq!(before.status.code(), Some(2), "{}", stderr(&before));
    let plan: Value = serde_json::from_str(&stdout(&before)).unwrap();
    assert_eq!(plan["items"][0]["change"], "create");
    assert!(
        person
            .types("deploy --yes --image worker.tar")
            .await
            .status
            .success()
    );

    let after = person.types("plan --detailed-exitcode").await;

    assert_eq!(after.status.code(), Some(0));
    assert!(stdout(&after).contains("Nothing to change."));
}

#[tokio::test(flavor = "multi_thread")]
async fn few_requests_left_at_heroku_are_warned_of() {
    let person = Person::new().await;
    let plan = "plan --image worker.tar";
    assert!(!stderr(&person.types(plan).await).contains("requests"));
    person.sandbox.heroku().consume_quota(4_400);

    for typed in [plan, "deploy --yes --image worker.tar", "run", "logs"] {
        let warned = stderr(&person.types(typed).await);
        assert!(warned.contains("Heroku takes only"), "{typed}: {warned}");
    }
}

/// A metric alert has no start, and would ring from the deployment to the first run.
#[tokio::test(flavor = "multi_thread")]
async fn the_alert_on_a_day_without_success_is_planned_once_a_start_has_passed() {
    let person = Person::new().await;
    let file = person.folder.path().join("picletter.toml");
    let now = std::fs::read_to_string(&file).unwrap();
    let now = format!("{now}\n[alert]\nemail = \"ops@example.com\"\n");
    let later = now.replace("[schedule]\n", "[schedule]\nstart = \"2050-01-01 00:00\"\n");
    let name = "metric alert daily-no-success";
    let when = "the first run is due, at 2050-01-01 08:30 Europe/Berlin";
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");

    std::fs::write(&file, &later).unwrap();
    let checked = one_line(&stdout(&person.types("check").await));
    assert!(checked.contains(when), "{checked}");
    let deployed = person.types("deploy --yes --image worker.tar").await;
    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let told = one_line(&stdout(&deployed));
    assert!(told.contains("+ metric alert daily-failed-runs"), "{told}");
    assert!(told.contains(when) && !told.contains(name), "{told}");
    let again = one_line(&stdout(&person.types("plan").await));
    assert!(again.contains("Nothing to change"), "{again}");
    assert!(again.contains(when), "{again}");

    std::fs::write(&file, &now).unwrap();
    let begun = one_line(&stdout(&person.types("plan").await));
    assert!(begun.contains(&format!("+ {name}")), "{begun}");
    assert!(!begun.contains(when), "{begun}");
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_removes_everything_and_has_nothing_to_do_then() {
    let person = Person::deployed().await;

    let output = person.types("destroy --yes").await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let again = person.types("destroy --yes").await;
    assert!(stdout(&again).contains("Nothing to remove."), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_can_be_kept_when_the_rest_is_removed() {
    let person = Person::deployed().await;

    let output = person.types("destroy --yes --keep-app").await;
    assert!(output.status.success(), "{}", stderr(&output));

    let left = stdout(&person.types("destroy").await);
    assert!(left.contains("- Heroku app picletter-test"), "{left}");
    assert!(!left.contains("Azure"), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_starts_a_run_only_if_asked_to() {
    let person = Person::new().await;

    let deployed = person.types("deploy --yes --image worker.tar").await;

    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    assert!(person.sandbox.inbox().mails().is_empty());
    let run = stdout(&person.types("deploy --yes --run").await);
    assert!(
        run.contains("Afterwards, a run executes `worker` in picletter-test at once, unless"),
        "{run}"
    );
    assert!(run.contains("Nothing to change."), "{run}");
    assert_eq!(person.sandbox.inbox().mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn the_first_deployment_on_a_terminal_offers_a_run_and_names_its_command() {
    for (answer, mails) in [("\r", 0), ("y\r", 1)] {
        let person = Person::new().await;
        let seen = person
            .answers(
                "deploy --image worker.tar",
                &[("Apply this?", "y\r"), ("Start a run now?", answer)],
            )
            .await;
        assert!(
            seen.contains("a run executes `worker` in picletter-test at once"),
            "{seen}"
        );
        assert_eq!(person.sandbox.inbox().mails().len(), mails, "{seen}");
    }
}
