//! Commands on a file with several jobs.

use http::Method;
use insta::assert_snapshot;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::Value;

use crate::support::person::{Person, stderr, stdout};

/// A person whose file has two jobs, both Picletter's worker.
async fn person() -> Person {
    let person = Person::new().await;
    let path = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = text.split_once("[heroku]").unwrap();
    let rest = rest.replace("workflow = \"daily\"", "workflow = \"mail\"");
    let rest = rest.replace("[run]\nstart_window", "[defaults]\nstart_window");
    let jobs = "\n[jobs.morning]\ncommand = \"worker\"\nevery = \"day\"\nat = \"08:30\"\n\
                \n[jobs.evening]\ncommand = \"worker\"\nevery = \"day\"\nat = \"20:30\"\n";
    std::fs::write(&path, format!("[heroku]{rest}{jobs}")).unwrap();
    person
}

/// A person who has deployed them.
async fn deployed() -> Person {
    let person = person().await;
    let output = person.types("deploy --yes --image worker.tar").await;
    assert!(output.status.success(), "{output:?}");
    let told = stdout(&output);
    assert!(
        told.contains("`picletter run JOB` starts a run now"),
        "{told}"
    );
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_deployed_run_listed_paused_and_removed_by_their_names() {
    let person = person().await;
    let deployed = person.types("deploy --yes --image worker.tar").await;
    assert!(deployed.status.success(), "{}", stderr(&deployed));
    let planned = stdout(&person.types("plan --image worker.tar").await);
    assert!(planned.contains("Nothing to change."), "{planned}");

    let unnamed = person.types("run").await;
    assert_eq!(unnamed.status.code(), Some(64));
    assert!(
        stderr(&unnamed).contains("the file has 2 jobs: morning, evening"),
        "{}",
        stderr(&unnamed)
    );
    let mistyped = person.types("run mornin").await;
    assert_eq!(mistyped.status.code(), Some(64));
    assert!(stderr(&mistyped).contains("did you mean `morning`?"));
    let run = person.types("run morning").await;
    assert!(run.status.success(), "{}", stderr(&run));
    let lines = stdout(&person.types("logs morning").await);
    assert!(lines.contains("outcome=sent"), "{lines}");
    let none = stdout(&person.types("logs evening").await);
    assert!(!none.contains("app[worker"), "{none}");

    assert!(person.types("pause evening").await.status.success());
    let status = stdout(&person.types("status").await);
    let rows: Vec<&str> = status.lines().collect();
    assert!(rows[1].starts_with("morning  on schedule"), "{status}");
    assert!(rows[1].contains("succeeded"), "{status}");
    assert!(rows[2].starts_with("evening  paused"), "{status}");
    let json = stdout(&person.types("status --json").await);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["jobs"][0]["job"], "morning");
    assert_eq!(json["jobs"][0]["last"]["outcome"], "succeeded");
    assert_eq!(json["jobs"][1]["state"], "Disabled");
    assert_eq!(json["jobs"][1]["month"]["runs"], 0);
    let details = stdout(&person.types("status morning").await);
    assert!(details.contains("mail-morning: on schedule"), "{details}");

    assert!(person.types("resume --all").await.status.success());
    let removed = person.types("destroy --yes").await;
    assert!(removed.status.success(), "{}", stderr(&removed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_has_all_jobs_or_one() {
    let person = person().await;
    let from = "schedule next -n 4 --from 2026-12-01";
    assert_snapshot!(stdout(&person.types(from).await));
    let one = format!("{from} evening");
    assert_snapshot!(stdout(&person.types(&one).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_deployed_status_says_so_of_all_jobs() {
    let person = person().await;
    let output = person.types("status").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = stderr(&output);
    assert!(told.contains("none of the 2 jobs is deployed"), "{told}");
    let unnamed = person.types("deploy --yes --run").await;
    assert_eq!(unnamed.status.code(), Some(64), "{unnamed:?}");
    assert!(person.changes().is_empty(), "{:?}", person.changes());
    let named = person
        .types("deploy --yes --image worker.tar --run evening")
        .await;
    assert_eq!(named.status.code(), Some(0), "{named:?}");
    assert!(stdout(&named).contains("Succeeded"), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lines_of_a_job_are_found_behind_those_of_others() {
    let person = deployed().await;
    for run in ["run morning", "run evening"] {
        let output = person.types(run).await;
        assert!(output.status.success(), "{output:?}");
    }

    let all = stdout(&person.types("logs morning -n 1500").await);
    let last = stdout(&person.types("logs morning -n 2").await);

    let all: Vec<&str> = all.lines().collect();
    assert!(all.len() > 2, "{all:?}");
    let of_job = all
        .iter()
        .filter(|line| line.contains("Starting process with command"));
    let of_job: Vec<_> = of_job.collect();
    assert_eq!(of_job.len(), 1, "{all:?}");
    assert!(of_job[0].contains("/mail-morning/"), "{all:?}");
    assert_eq!(last.lines().collect::<Vec<_>>(), all[all.len() - 2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_azure_kept_is_found_though_a_job_is_not_deployed() {
    let person = deployed().await;
    let digest = "[jobs.digest]\ncommand = \"worker\"\nevery = \"day\"\n\n[jobs.morning]";
    person.edits("[jobs.morning]", digest);
    let refused = Fault::status(403, r#"{"errors":[{"message":"no"}]}"#.to_owned());
    let faults = person.sandbox.faults();
    faults.on(Method::POST, "/v3/mail/send", Which::Every, refused);
    let failed = person.types("run morning").await;
    let told = stderr(&failed);
    assert!(told.contains("`picletter run morning`"), "{told}");
    let status = stdout(&person.types("status morning --json").await);
    let status: Value = serde_json::from_str(&status).unwrap();
    let id = status["runs"][0]["id"].as_str().unwrap();
    person.sandbox.heroku().clear_logs();

    let kept = person.types(&format!("logs --run {id}")).await;

    assert_eq!(kept.status.code(), Some(0), "{kept:?}");
    assert!(stdout(&kept).contains("event=picture_fetched"), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_is_named_by_the_command_that_resumes_it() {
    let person = deployed().await;
    let paused = person.types("pause evening").await;
    assert_eq!(paused.status.code(), Some(0), "{paused:?}");
    let resume = "`picletter resume evening`";
    assert!(stdout(&paused).contains(resume), "{paused:?}");
    person.edits("at = \"08:30\"", "at = \"09:30\"");
    let deployed = person.types("deploy --yes --run evening").await;
    assert_eq!(deployed.status.code(), Some(0), "{deployed:?}");
    let told = stdout(&deployed);
    assert!(told.contains(resume), "{told}");
    assert!(told.contains("evening is paused"), "{told}");
    let resumed = person.types("resume evening").await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_job_that_is_run_and_a_job_without_its_own_free_executions_are_shown_by_name() {
    let person = deployed().await;
    let details = stdout(&person.types("status morning").await);
    assert!(
        details.contains("shared by the subscription's jobs"),
        "{details}"
    );
    assert!(person.types("pause morning").await.status.success());
    let run = person.types("run morning").await;
    let error = stderr(&run);
    assert!(error.contains("`picletter resume morning`"), "{error}");

    let path = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (rest, _) = text.split_once("\n[jobs.evening]").unwrap();
    std::fs::write(&path, rest).unwrap();
    for command in ["status", "pause --all"] {
        let warned = stderr(&person.types(command).await);
        let expected =
            "the workflow mail-evening is on schedule, but the file no longer has its job";
        assert!(warned.contains(expected), "{command}: {warned}");
    }
}
