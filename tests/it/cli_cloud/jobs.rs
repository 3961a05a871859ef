//! Commands for a file with several jobs.

use http::Method;
use insta::assert_snapshot;
use picletter_sandbox::faults::{Fault, Which};
use serde_json::Value;

use crate::support::cli::{Cli, stderr, stdout};
use crate::support::held::hold_first;

/// A configuration with two jobs that both run Picletter's worker.
async fn two_jobs() -> Cli {
    let cli = Cli::new().await;
    let path = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = text.split_once("[heroku]").unwrap();
    let rest = rest.replace("workflow = \"daily\"", "workflow = \"mail\"");
    let rest = rest.replace("[run]\nstart_window", "[defaults]\nstart_window");
    let jobs = "\n[jobs.morning]\ncommand = \"worker\"\nevery = \"day\"\nat = \"08:30\"\n\
                \n[jobs.evening]\ncommand = \"worker\"\nevery = \"day\"\nat = \"20:30\"\n";
    std::fs::write(&path, format!("[heroku]{rest}{jobs}")).unwrap();
    cli
}

/// The same, after a deployment.
pub(super) async fn deployed() -> Cli {
    let cli = two_jobs().await;
    let output = cli.run("deploy --yes --image worker.tar").await;
    assert!(output.status.success(), "{output:?}");
    let printed = stdout(&output);
    assert!(
        printed.contains("`picletter run JOB` starts a run now"),
        "{printed}"
    );
    cli
}

#[tokio::test(flavor = "multi_thread")]
async fn deploys_runs_lists_pauses_and_removes_jobs_by_name() {
    let cli = two_jobs().await;
    let deployed = cli.run("deploy --yes --image worker.tar").await;
    assert!(deployed.status.success(), "{}", stderr(&deployed));
    let planned = stdout(&cli.run("plan --image worker.tar").await);
    assert!(planned.contains("No changes."), "{planned}");

    let unnamed = cli.run("run").await;
    assert_eq!(unnamed.status.code(), Some(64));
    assert!(
        stderr(&unnamed).contains("the file has 2 jobs: morning, evening"),
        "{}",
        stderr(&unnamed)
    );
    let mistyped = cli.run("run mornin").await;
    assert_eq!(mistyped.status.code(), Some(64));
    assert!(stderr(&mistyped).contains("did you mean `morning`?"));
    let run = cli.run("run morning").await;
    assert!(run.status.success(), "{}", stderr(&run));
    let lines = stdout(&cli.run("logs morning").await);
    assert!(lines.contains("outcome=sent"), "{lines}");
    let none = stdout(&cli.run("logs evening").await);
    assert!(!none.contains("app[worker"), "{none}");

    assert!(cli.run("pause evening").await.status.success());
    let status = stdout(&cli.run("status").await);
    let rows: Vec<&str> = status.lines().collect();
    assert!(rows[1].starts_with("morning  on schedule"), "{status}");
    assert!(rows[1].contains("succeeded"), "{status}");
    assert!(rows[2].starts_with("evening  paused"), "{status}");
    let json = stdout(&cli.run("status --json").await);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["jobs"][0]["job"], "morning");
    assert_eq!(json["jobs"][0]["last"]["outcome"], "succeeded");
    assert_eq!(json["jobs"][1]["state"], "Disabled");
    assert_eq!(json["jobs"][1]["month"]["runs"], 0);
    let details = stdout(&cli.run("status morning").await);
    assert!(details.contains("mail-morning: on schedule"), "{details}");

    assert!(cli.run("resume --all").await.status.success());
    let removed = cli.run("destroy --yes").await;
    assert!(removed.status.success(), "{}", stderr(&removed));
}

#[tokio::test(flavor = "multi_thread")]
async fn schedule_next_lists_all_jobs_or_one() {
    let cli = two_jobs().await;
    let from = "schedule next -n 4 --from 2026-12-01";
    assert_snapshot!(stdout(&cli.run(from).await));
    let one = format!("{from} evening");
    assert_snapshot!(stdout(&cli.run(&one).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_reports_that_no_job_is_deployed() {
    let cli = two_jobs().await;
    let output = cli.run("status").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = stderr(&output);
    assert!(error.contains("none of the 2 jobs is deployed"), "{error}");
    let unnamed = cli.run("deploy --yes --run").await;
    assert_eq!(unnamed.status.code(), Some(64), "{unnamed:?}");
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
    let named = cli
        .run("deploy --yes --image worker.tar --run evening")
        .await;
    assert_eq!(named.status.code(), Some(0), "{named:?}");
    assert!(stdout(&named).contains("Succeeded"), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_a_job_are_found_among_lines_of_other_jobs() {
    let cli = deployed().await;
    for run in ["run morning", "run evening"] {
        let output = cli.run(run).await;
        assert!(output.status.success(), "{output:?}");
    }

    let all = stdout(&cli.run("logs morning -n 1500").await);
    let last = stdout(&cli.run("logs morning -n 2").await);

    let all: Vec<&str> = all.lines().collect();
    assert!(all.len() > 2, "{all:?}");
    let starts = all
        .iter()
        .filter(|line| line.contains("Starting process with command"));
    let starts: Vec<_> = starts.collect();
    assert_eq!(starts.len(), 1, "{all:?}");
    assert!(starts[0].contains("/mail-morning/"), "{all:?}");
    assert_eq!(last.lines().collect::<Vec<_>>(), all[all.len() - 2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_find_a_run_if_some_jobs_are_not_deployed() {
    let cli = deployed().await;
    let digest = "[jobs.digest]\ncommand = \"worker\"\nevery = \"day\"\n\n[jobs.morning]";
    cli.edit_config("[jobs.morning]", digest);
    let refused = Fault::status(403, r#"{"errors":[{"message":"no"}]}"#.to_owned());
    let faults = cli.sandbox.faults();
    faults.on(Method::POST, "/v3/mail/send", Which::Every, refused);
    let failed = cli.run("run morning").await;
    let error = stderr(&failed);
    assert!(error.contains("`picletter run morning`"), "{error}");
    let status = stdout(&cli.run("status morning --json").await);
    let status: Value = serde_json::from_str(&status).unwrap();
    let id = status["runs"][0]["id"].as_str().unwrap();
    cli.sandbox.heroku().clear_logs();

    let kept = cli.run(&format!("logs --run {id}")).await;

    assert_eq!(kept.status.code(), Some(0), "{kept:?}");
    assert!(stdout(&kept).contains("event=picture_fetched"), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_a_job_refuse_a_run_of_another_job() {
    let cli = deployed().await;
    let run = cli.run("run morning").await;
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let status = stdout(&cli.run("status morning --json").await);
    let status: Value = serde_json::from_str(&status).unwrap();
    let id = status["runs"][0]["id"].as_str().unwrap();

    let own = cli.run(&format!("logs morning --run {id}")).await;
    assert_eq!(own.status.code(), Some(0), "{own:?}");
    assert!(stdout(&own).contains("event=picture_fetched"), "{own:?}");
    let other = cli.run(&format!("logs evening --run {id}")).await;
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    assert_eq!(stdout(&other), "");
    let error = stderr(&other);
    assert!(
        error.contains(&format!("run {id} is not one of evening")),
        "{error}"
    );
    for empty in ["logs --run=", "logs --run morning/"] {
        let output = cli.run(empty).await;
        assert_eq!(output.status.code(), Some(64), "{empty}: {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_all_skips_a_job_that_is_not_deployed_and_pause_all_names_it() {
    let cli = deployed().await;
    let digest = "[jobs.digest]\ncommand = \"worker\"\nevery = \"day\"\n\n[jobs.morning]";
    cli.edit_config("[jobs.morning]", digest);
    // The deployment, which is less than 15 minutes old, could be about to create the job.
    let paused = cli.run("pause --all").await;
    assert_eq!(paused.status.code(), Some(75), "{paused:?}");
    let done = "disabling the workflow: done, except for digest, which is not deployed";
    assert!(stderr(&paused).contains(done), "{paused:?}");
    let resumed = cli.run("resume --all").await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    let warnings = stderr(&resumed);
    let warning = "warning: digest is not deployed; `picletter deploy` creates it";
    assert!(warnings.contains(warning), "{warnings}");
    assert!(!warnings.contains("in progress"), "{warnings}");
    assert_eq!(stdout(&resumed).matches("The workflow mail-").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn suggests_resume_with_the_name_of_the_paused_job() {
    let cli = deployed().await;
    let paused = cli.run("pause evening").await;
    assert_eq!(paused.status.code(), Some(0), "{paused:?}");
    let resume = "`picletter resume evening`";
    assert!(stdout(&paused).contains(resume), "{paused:?}");
    cli.edit_config("at = \"08:30\"", "at = \"09:30\"");
    let deployed = cli.run("deploy --yes --run evening").await;
    assert_eq!(deployed.status.code(), Some(0), "{deployed:?}");
    let printed = stdout(&deployed);
    assert!(printed.contains(resume), "{printed}");
    assert!(printed.contains("evening is paused"), "{printed}");
    let resumed = cli.run("resume evening").await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_name_the_paused_job_and_the_job_missing_in_the_file() {
    let cli = deployed().await;
    let details = stdout(&cli.run("status morning").await);
    assert!(
        details.contains("Azure: nothing (")
            && details.contains("all jobs of the subscription share"),
        "{details}"
    );
    assert!(cli.run("pause morning").await.status.success());
    let run = cli.run("run morning").await;
    let error = stderr(&run);
    assert!(error.contains("`picletter resume morning`"), "{error}");

    let path = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (rest, _) = text.split_once("\n[jobs.evening]").unwrap();
    std::fs::write(&path, rest).unwrap();
    for command in ["status", "pause --all"] {
        let warnings = stderr(&cli.run(command).await);
        let expected = "workflow mail-evening is on schedule, but its job is no longer in the file";
        assert!(warnings.contains(expected), "{command}: {warnings}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_reports_a_process_type_without_an_image_before_the_app_exists() {
    let cli = two_jobs().await;
    cli.edit_config(
        "[jobs.evening]\ncommand = \"worker\"",
        "[jobs.evening]\ncommand = \"rake nightly\"\nreport = \"none\"",
    );
    let problem = "no image for `web`, which dynos of type `run` run";
    let refused = cli.run("deploy --yes --image worker.tar").await;
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    assert!(stderr(&refused).contains(problem), "{refused:?}");

    let doctor = cli.run("doctor --image worker.tar").await;

    let report = stdout(&doctor);
    let wrong = format!(
        "✗ wrong    Heroku app: picletter-test does not exist yet: `deploy` creates it; {problem}"
    );
    assert!(report.contains(&wrong), "{report}");
    assert_eq!(doctor.status.code(), Some(1), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_and_destroy_name_the_active_run_of_a_removed_workflow() {
    let cli = deployed().await;
    let mut held = hold_first(cli.sandbox.faults(), Method::POST, "/v3/mail/send");
    let run = cli.spawn("run evening");
    let mail = held.recv().await.unwrap();
    let clouds = cli.clouds();
    let desired = cli.desired();
    let id = clouds.workflow_id(&desired, "mail-evening").await.unwrap();
    let active = &clouds.arm.active_runs(&id).await.unwrap()[0].id;
    let path = cli.folder.path().join("picletter.toml");
    let both = std::fs::read_to_string(&path).unwrap();

    let destroyed = cli.run("destroy").await;
    let kept_app = cli.run("destroy --keep-app").await;
    let (one, _) = both.split_once("\n[jobs.evening]").unwrap();
    std::fs::write(&path, one).unwrap();
    let deployed = cli.run("deploy").await;

    let all = stdout(&destroyed);
    let effect = "its dyno is stopped with the app, and its outcome is lost";
    let line = format!("workflow mail-evening (run {active} is active: {effect})\n");
    assert!(all.contains(&line), "{all}");
    assert!(all.contains("workflow mail-morning\n"), "{all}");
    let effect = "its dyno continues, but its outcome is lost";
    let without_app = stdout(&kept_app);
    let line = format!("workflow mail-evening (run {active} is active: {effect})\n");
    assert!(without_app.contains(&line), "{without_app}");
    let plan = stdout(&deployed);
    let line = format!(
        "workflow mail-evening (no longer in the file; run {active} is active: {effect})\n"
    );
    assert!(plan.contains(&line), "{plan}");

    std::fs::write(&path, both).unwrap();
    drop(mail);
    let run = run.wait_with_output().await.unwrap();
    assert!(run.status.success(), "{run:?}");
    let all = stdout(&cli.run("destroy").await);
    assert!(all.contains("workflow mail-evening\n"), "{all}");
}
