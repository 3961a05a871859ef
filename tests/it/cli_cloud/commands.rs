//! What each command does and says.

use http::Method;
use picletter::deploy::live::LiveState;
use picletter_sandbox::server::{Trouble, Which};
use serde_json::Value;
use tokio::sync::mpsc;

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
    person.sandbox.troubles().clear();

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
    person.sandbox.troubles().clear();
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
    person.sandbox.heroku().use_up(4_400);

    for typed in [plan, "deploy --yes --image worker.tar", "run", "logs"] {
        let warned = stderr(&person.types(typed).await);
        assert!(warned.contains("Heroku takes only"), "{typed}: {warned}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_not_there_or_read_only_is_told() {
    let person = Person::new().await;
    let refused = r#"{"error":{"code":"ReadOnlyDisabledSubscription","message":"The subscription is disabled and therefore marked as read only."}}"#;
    person.sandbox.troubles().on(
        Method::PUT,
        "/subscriptions/*/resourceGroups/pictures",
        Which::Every,
        Trouble::Status(409, refused.to_owned()),
    );

    let read_only = person.types("deploy --yes --image worker.tar").await;
    let file = person.folder.path().join("picletter.toml");
    let toml = std::fs::read_to_string(&file).unwrap();
    let id = "99999999-2222-4333-8444-555555555555";
    let other = toml.replace("[azure]", &format!("[azure]\nsubscription = \"{id}\""));
    std::fs::write(&file, other).unwrap();
    let unknown = person.types("plan --image worker.tar").await;

    assert_ne!(read_only.status.code(), Some(0));
    let told = stderr(&read_only);
    assert!(told.contains("the subscription is disabled: see"), "{told}");
    assert_ne!(unknown.status.code(), Some(0), "{}", stdout(&unknown));
    let told = stderr(&unknown);
    assert!(
        told.contains(id) && told.contains("az account list"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn run_ends_with_the_workers_status() {
    let person = Person::deployed().await;
    let well = person.types("run").await;
    assert_eq!(well.status.code(), Some(0), "{}", stderr(&well));
    assert!(
        stdout(&well).contains("event=picture_fetched"),
        "{}",
        stdout(&well)
    );

    // The stand-in for SendGrid is gone: the mail cannot be handed over.
    person.sandbox.troubles().on(
        http::Method::POST,
        "/v3/mail/send",
        picletter_sandbox::server::Which::Every,
        picletter_sandbox::server::Trouble::Status(403, r#"{"errors":[{"message":"no"}]}"#.into()),
    );
    let badly = person.types("run").await;
    assert_eq!(badly.status.code(), Some(77), "{}", stdout(&badly));
    assert!(stdout(&badly).contains("refused"), "{}", stdout(&badly));
    let told = stderr(&badly);
    let begun = told.lines().find_map(|line| line.strip_prefix("Run "));
    let run = begun.and_then(|line| line.split(' ').next()).unwrap();
    assert!(told.contains("next: export a new SG_KEY"), "{told}");
    let log = format!("`picletter logs --run {run}`");
    assert!(told.contains(&log), "{told}");
    // How the workflow decides is for -v.
    assert!(!told.contains("Verdict"), "{told}");
    let all = stderr(&person.types("run -v").await);
    assert!(all.contains("  Verdict Succeeded"), "{all}");
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
async fn the_last_lines_of_a_failed_run_outlive_the_log() {
    let person = Person::deployed().await;
    assert!(person.types("run").await.status.success());
    let troubles = person.sandbox.troubles();
    let refusal = r#"{"errors":[{"message":"no"}]}"#;
    let refused = Trouble::Status(403, refusal.to_owned());
    troubles.on(Method::POST, "/v3/mail/send", Which::Every, refused);
    let failed = person.types("run").await;
    assert!(!stdout(&failed).contains("\nlog"), "{}", stdout(&failed));

    let status = stdout(&person.types("status --json").await);
    let status: Value = serde_json::from_str(&status).unwrap();
    let [failed, sent] = [&status["runs"][0], &status["runs"][1]];
    assert_eq!(failed["code"], "refused");
    assert!(!failed["message"].as_str().unwrap().contains("app["));
    let log = failed["log"].as_array().unwrap().iter();
    let log: Vec<&str> = log.map(|line| line.as_str().unwrap()).collect();
    let fetched = log
        .iter()
        .any(|line| line.contains("event=picture_fetched"));
    assert!(fetched, "{log:?}");
    assert_eq!(sent["log"], Value::Array(Vec::new()));
    let shown = stdout(&person.types("status").await);
    let own = log.iter().rfind(|line| line.contains(" app[")).unwrap();
    let (_, own) = own.split_once("]: ").unwrap();
    assert!(shown.contains(&format!("  log: {own}")), "{shown}");

    // The app's other dynos have written since.
    person.sandbox.heroku().forget_logs();
    let id = failed["id"].as_str().unwrap();
    for asked in [id, &id[..27], &format!("1a2b3c4d/pictures/daily/{id}")] {
        let kept = person.types(&format!("logs --run {asked}")).await;
        assert_eq!(kept.status.code(), Some(0), "{}", stderr(&kept));
        // Their times are in the schedule's zone.
        let words = |line: &str| line.split_once(' ').unwrap().1.to_owned();
        let printed: Vec<String> = stdout(&kept).lines().map(words).collect();
        assert_eq!(
            printed,
            log.iter().map(|line| words(line)).collect::<Vec<_>>()
        );
        let told = stderr(&kept);
        assert!(
            told.contains(&format!("Heroku no longer has the log of run {id}")),
            "{told}"
        );
    }
    let id = sent["id"].as_str().unwrap();
    let none = person.types(&format!("logs --run {id}")).await;
    assert_eq!(none.status.code(), Some(1));
    assert!(stderr(&none).contains("log_lines"), "{}", stderr(&none));
    let unknown = person.types("logs --run none").await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        stderr(&unknown).contains("none of a run none"),
        "{}",
        stderr(&unknown)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_runs_and_what_comes_next() {
    let person = Person::new().await;
    let before = person.types("status").await;
    assert_eq!(before.status.code(), Some(1));
    assert!(
        stderr(&before).contains("picletter deploy"),
        "{}",
        stderr(&before)
    );
    person.types("deploy --yes --run --image worker.tar").await;

    let output = person.types("status --json").await;
    let status: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(status["state"], "Enabled");
    assert_eq!(status["runs"][0]["outcome"], "succeeded");
    assert_eq!(status["next"].as_array().unwrap().len(), 3);
    assert_eq!(status["cost"]["executions"], 9);

    assert!(person.types("pause").await.status.success());
    let paused = stdout(&person.types("status").await);
    assert!(paused.contains("paused"), "{paused}");
    assert!(person.types("resume").await.status.success());
    let resumed = stdout(&person.types("status").await);
    assert!(resumed.contains("on schedule"), "{resumed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_of_the_app_or_of_one_run() {
    let person = Person::deployed().await;
    assert!(person.types("run").await.status.success());
    let status: Value =
        serde_json::from_str(&stdout(&person.types("status --json").await)).unwrap();
    let run = status["runs"][0]["id"].as_str().unwrap();

    let all = stdout(&person.types("logs").await);
    let one = stdout(&person.types(&format!("logs --run {run}")).await);

    assert!(all.contains("app[worker."), "{all}");
    assert!(one.lines().all(|line| line.contains("[worker.")), "{one}");
    assert!(one.contains("event=picture_fetched"), "{one}");
    let beginning = stdout(&person.types(&format!("logs --run {}", &run[..25])).await);
    assert_eq!(beginning, one);
    let status = stdout(&person.types("status").await);
    assert!(status.contains(run), "{status}");
    for part in [&run[8..12], "0000"] {
        let none = person.types(&format!("logs --run {part}")).await;
        assert_eq!(none.status.code(), Some(1));
    }
    let slip = format!("{}X", &run[..run.len() - 1]);
    let none = stderr(&person.types(&format!("logs --run {slip}")).await);
    assert!(none.contains(&format!("did you mean {run}?")), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_an_absent_app_say_who_creates_it() {
    let person = Person::new().await;
    let error = stderr(&person.types("logs").await);
    assert!(error.contains("`picletter deploy` creates it"), "{error}");

    let file = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let own = text
        .replace("[heroku]", "[heroku]\ncommand = \"rake digest\"")
        .replace("[run]", "[run]\nreport = \"shell\"");
    std::fs::write(&file, own).unwrap();
    let error = stderr(&person.types("logs").await);
    assert!(!error.contains("creates it"), "{error}");
    assert!(error.contains("deploy the app first"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_certificates_of_any_size_is_not_read_into_memory() {
    let mut person = Person::new().await;
    let large = person.folder.path().join("large.pem");
    std::fs::File::create(&large)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let path = large.to_str().unwrap().to_owned();
    person.environment.insert("SSL_CERT_FILE".to_owned(), path);
    let output = person.types("plan").await;
    assert_eq!(output.status.code(), Some(78));
    let error = stderr(&output);
    assert!(error.contains("larger than 10240 kB"), "{error}");
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
async fn reports_what_is_missing_or_refused_with_help() {
    let mut person = Person::new().await;
    let good = person.environment.clone();
    for (name, value, status, words) in [
        ("SG_KEY", None, 78, "SG_KEY"),
        ("HEROKU_API_KEY", None, 78, "HEROKU_API_KEY"),
        ("HEROKU_API_KEY", Some("wrong-key"), 77, "heroku auth:token"),
        (
            "AZURE_CLIENT_SECRET",
            Some("wrong-secret"),
            77,
            "AADSTS7000215",
        ),
        ("AZURE_CLIENT_ID", None, 78, "AZURE_CLIENT_ID"),
        (
            "HEROKU_API_URL",
            Some("http://127.0.0.1:9"),
            69,
            "Heroku (127.0.0.1) cannot be reached",
        ),
        (
            "AZURE_AUTHORITY_HOST",
            Some("http://127.0.0.1:9"),
            69,
            "Azure's sign-in (127.0.0.1) cannot be reached",
        ),
        (
            "HEROKU_API_URL",
            Some("http://heroku.example"),
            78,
            "HEROKU_API_URL",
        ),
    ] {
        person.environment.clone_from(&good);
        match value {
            Some(value) => person.environment.insert(name.to_owned(), value.to_owned()),
            None => person.environment.remove(name),
        };
        let output = person.types("deploy --yes --image worker.tar").await;
        let told = stderr(&output);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{name} {value:?}: {told}"
        );
        let lines: Vec<&str> = told
            .lines()
            .filter(|line| line.starts_with("error:"))
            .collect();
        assert_eq!(lines.len(), 1, "{told}");
        assert!(told.contains(words), "{told}");
        assert!(
            told.lines().any(|line| line.starts_with("help: ")),
            "{told}"
        );
        let asks_doctor = told.contains("checks each token");
        let is_of_credentials = name != "SG_KEY" && !words.contains("cannot be reached");
        let is_of_address = name == "HEROKU_API_URL";
        assert_eq!(asks_doctor, is_of_credentials && !is_of_address, "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_an_address_with_credentials_and_does_not_show_it() {
    let mut person = Person::new().await;
    let good = person.environment.clone();
    for (name, value) in [
        ("HEROKU_API_URL", "https://me:hush-hush@127.0.0.1:9"),
        ("HEROKU_API_URL", "https://hush-hush@127.0.0.1:9"),
        ("HEROKU_REGISTRY", "me:hush-hush@127.0.0.1:9"),
        (
            "AZURE_RESOURCE_MANAGER_URL",
            "https://me:hush/hush@127.0.0.1:9",
        ),
        ("AZURE_AUTHORITY_HOST", "https://me:hush-hush@[::1]:9"),
    ] {
        person.environment.clone_from(&good);
        person.environment.insert(name.to_owned(), value.to_owned());
        for (command, status) in [
            ("check", 78),
            ("plan -vv", 78),
            ("status -vv", 78),
            ("destroy --yes -vv", 78),
            ("doctor -vv", 1),
            ("doctor --json", 1),
        ] {
            let output = person.types(command).await;
            let shown = stdout(&output) + &stderr(&output);
            assert_eq!(output.status.code(), Some(status), "{command}: {shown}");
            let refused = format!("{name} contains a user name or a password");
            assert!(shown.contains(&refused), "{command}: {shown}");
            assert!(!shown.contains("checks each token"), "{command}: {shown}");
            assert!(!shown.contains("hush"), "{command}: {shown}");
        }
    }
    assert_eq!(person.changes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_there_is_anything_every_command_says_what_makes_it() {
    let person = Person::new().await;
    for command in ["run", "status", "pause", "resume"] {
        let output = person.types(command).await;
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
        let told = stderr(&output);
        assert!(
            told.contains("`picletter deploy` creates it"),
            "{command}: {told}"
        );
    }
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
async fn a_file_whose_app_the_workflow_does_not_start_is_told_so() {
    let person = Person::deployed().await;
    let file = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"picletter-test\"", "\"picletter-new\""),
    )
    .unwrap();
    let another = "the workflow daily starts the app picletter-test, not picletter-new";
    let told = stderr(&person.types("status").await);
    assert!(told.contains(&format!("warning: {another}")), "{told}");
    person.sandbox.troubles().clear();
    for command in ["run", "pause", "resume"] {
        let refused = person.types(command).await;
        assert_eq!(refused.status.code(), Some(78), "{command}: {refused:?}");
        let told = stderr(&refused);
        assert!(told.contains(another), "{command}: {told}");
        let changes = person.changes();
        let is_changed = changes
            .iter()
            .any(|(_, path)| !path.ends_with("/log-sessions"));
        assert!(!is_changed, "{command}: {changes:?}");
    }
    std::fs::write(&file, text).unwrap();
    let told = stderr(&person.types("status").await);
    assert!(!told.contains("warning"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_v_a_stream_is_told_with_its_answer_and_without_its_signature() {
    let person = Person::deployed().await;
    let told = stderr(&person.types("logs -v").await);
    let mut lines = told
        .lines()
        .skip_while(|line| !line.ends_with("/[secret] (a stream)"));
    let asked = lines.next().unwrap_or_default();
    assert!(asked.starts_with("> GET http://127.0.0.1:"), "{told}");
    let answered = lines.next().unwrap_or_default();
    assert!(answered.starts_with("< 200 OK"), "{told}");
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

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
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

#[tokio::test(flavor = "multi_thread")]
async fn status_warns_of_a_workflow_whose_app_is_gone() {
    let person = Person::deployed().await;
    person
        .clouds()
        .heroku
        .delete_app("picletter-test")
        .await
        .unwrap();
    let output = person.types("status").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = stderr(&output);
    assert!(
        told.contains(
            "warning: the workflow daily is there, but there is no app picletter-test: \
             `picletter plan` shows what to create"
        ),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_beside_an_active_one_is_skipped() {
    let person = Person::deployed().await;
    let (tell, mut told) = mpsc::unbounded_channel();
    person.sandbox.troubles().on(
        Method::POST,
        "/v3/mail/send",
        Which::Nth(1),
        Trouble::Waits(tell),
    );
    let active = person.begins("run");
    let held = told.recv().await;

    let output = person.types("run").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let shown = stdout(&output);
    assert!(shown.contains("Skipped after "), "{shown}");
    assert!(shown.contains(": another run is active"), "{shown}");
    let next = stderr(&output);
    assert!(
        next.contains("next: `picletter status` shows the active run"),
        "{next}"
    );
    drop(held);
    let active = active.wait_with_output().await.unwrap();
    assert_eq!(active.status.code(), Some(0), "{}", stderr(&active));
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_starts_no_run_beside_an_active_one_and_still_succeeds() {
    let person = Person::deployed().await;
    let (tell, mut told) = mpsc::unbounded_channel();
    person.sandbox.troubles().on(
        Method::POST,
        "/v3/mail/send",
        Which::Nth(1),
        Trouble::Waits(tell),
    );
    let active = person.begins("run");
    let held = told.recv().await;

    let deployed = person.types("deploy --yes --run --rotate-token").await;

    assert_eq!(deployed.status.code(), Some(0), "{}", stderr(&deployed));
    let shown = stdout(&deployed);
    assert!(shown.contains("No run was started, because run"), "{shown}");
    let kept = stderr(&deployed);
    assert!(
        kept.contains("The previous Heroku token stays valid"),
        "{kept}"
    );
    drop(held);
    let active = active.wait_with_output().await.unwrap();
    assert_eq!(active.status.code(), Some(0), "{}", stderr(&active));
    assert_eq!(person.sandbox.inbox().mails().len(), 1);

    let next = person.types("deploy --yes").await;
    assert_eq!(next.status.code(), Some(0), "{}", stderr(&next));
    let live = LiveState::read(&person.clouds(), &person.desired())
        .await
        .unwrap();
    assert_eq!(
        live.heroku.authorizations.len(),
        1,
        "the old one is revoked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_can_no_longer_be_followed_continues_and_ends_with_74() {
    let person = Person::deployed().await;
    let runs = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows/*/runs/*";
    let outage = Trouble::Status(503, "{}".to_owned());
    person
        .sandbox
        .troubles()
        .on(Method::GET, runs, Which::Every, outage);

    let output = person.types("run").await;

    assert_eq!(output.status.code(), Some(74), "{}", stderr(&output));
    let shown = stderr(&output);
    assert!(
        shown.contains("continues\nhelp: `picletter status` shows how it ends"),
        "{shown}"
    );
}
