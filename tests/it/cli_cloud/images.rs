//! Which image a command uses, and what its release does to the rest of the app.

use picletter_core::deploy::heroku::NewApp;
use picletter_core::deploy::image::Image;
use picletter_sandbox::image::WorkerImage;

use crate::support::cli::{Cli, stderr, stdout};

impl Cli {
    /// Creates an app that somebody else has deployed, with only this process type.
    async fn create_foreign_app(&self, process_type: &str) {
        let heroku = self.clouds().heroku;
        let new = NewApp {
            name: "picletter-test".to_owned(),
            region: None,
            team: None,
        };
        heroku.create_app(&new).await.unwrap();
        let image = WorkerImage::new(b"somebody else's").unwrap();
        let registry = self.sandbox.registry();
        registry.put_image("picletter-test", process_type, image.clone());
        let path = self.folder.path().join("others.tar");
        std::fs::write(&path, image.docker_archive().unwrap()).unwrap();
        let id = Image::open(&path).unwrap().id().clone();
        let released = heroku.release_image("picletter-test", process_type, &id);
        released.await.unwrap();
    }

    /// Configures a custom command, with these additional lines in `[heroku]`.
    fn configure_custom_command(&self, heroku: &str) {
        let file = self.folder.path().join("picletter.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (before, _) = text.split_once("[mail]").unwrap();
        let command = format!("[heroku]\ncommand = \"rake nightly\"\n{heroku}");
        let custom = before
            .replace("[heroku]", &command)
            .replace("[run]", "[run]\nreport = \"none\"");
        std::fs::write(&file, custom).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_picletter_image_only_for_the_worker() {
    let mut cli = Cli::new().await;
    let variable = |cli: &mut Cli, path: &str| {
        let environment = &mut cli.environment;
        environment.insert("PICLETTER_IMAGE".to_owned(), path.to_owned());
    };
    variable(&mut cli, "worker.tar");
    cli.create_foreign_app("worker").await;
    let plan = stdout(&cli.run("plan").await);
    assert!(plan.contains("~ image worker"), "{plan}");

    cli.configure_custom_command("process_type = \"worker\"");
    let plan = cli.run("plan").await;
    assert!(plan.status.success(), "{}", stderr(&plan));
    let printed = stdout(&plan);
    assert!(!printed.contains("image"), "{printed}");
    let push = cli.run("push").await;
    assert_eq!(push.status.code(), Some(64), "{push:?}");
    assert!(stderr(&push).contains("--image"), "{push:?}");
    let doctor = stdout(&cli.run("doctor").await);
    assert!(!doctor.contains("worker.tar"), "{doctor}");

    // The option applies to any command.
    let plan = stdout(&cli.run("plan --image worker.tar").await);
    assert!(plan.contains("~ image worker"), "{plan}");
    variable(&mut cli, "nowhere.tar");
    assert!(cli.run("plan").await.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_truncated_image_before_any_change() {
    let cli = Cli::new().await;
    let archive = cli.folder.path().join("worker.tar");
    let content = std::fs::read(&archive).unwrap();
    std::fs::write(&archive, &content[..content.len() / 2]).unwrap();

    for command in ["plan", "deploy --yes", "push"] {
        let output = cli.run(&format!("{command} --image worker.tar")).await;
        assert_eq!(output.status.code(), Some(78), "{command}: {output:?}");
        let error = stderr(&output);
        assert!(error.contains("error: worker.tar is "), "{error}");
    }
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
    let doctor = cli.run("doctor --image worker.tar").await;
    assert_eq!(doctor.status.code(), Some(1), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_an_image_for_process_type_run() {
    let cli = Cli::new().await;
    cli.create_foreign_app("web").await;
    cli.configure_custom_command("");
    cli.sandbox.faults().clear();

    for command in ["plan", "deploy --yes", "push"] {
        let output = cli.run(&format!("{command} --image worker.tar")).await;
        assert_eq!(output.status.code(), Some(78), "{command}: {output:?}");
        let error = stderr(&output);
        assert!(error.contains("set `process_type`, such as"), "{error}");
    }
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
    let doctor = stdout(&cli.run("doctor --image worker.tar").await);
    assert!(doctor.contains("set `process_type`, such as"), "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_and_doctor_report_a_process_type_without_an_image() {
    let lack = "no image for `web`, which dynos of type `run` run";
    let moved = "it is in region us, not eu";
    let eu = "region = \"eu\"";
    for (has, heroku, state, problems, status) in [
        ("web", "", "✓ ok ", String::new(), 0),
        ("web", eu, "! unsure ", format!("; {moved}"), 0),
        ("clock", "", "✗ wrong ", format!("; {lack}"), 1),
        ("clock", eu, "✗ wrong ", format!("; {lack}; {moved}"), 1),
    ] {
        let cli = Cli::new().await;
        cli.create_foreign_app(has).await;
        cli.configure_custom_command(heroku);

        // Lines are wrapped only on a terminal.
        let plan = stdout(&cli.run("plan").await);
        let doctor = cli.run("doctor").await;

        assert_eq!(plan.contains(lack), has == "clock", "{plan}");
        let report = stdout(&doctor);
        let mut lines = report.lines();
        let app = lines.find(|line| line.contains("Heroku app:")).unwrap();
        assert!(app.starts_with(state), "{report}");
        let end = format!("releases, or formation{problems}");
        assert!(app.ends_with(&end), "{report}");
        assert_eq!(doctor.status.code(), Some(status), "{report}");
    }
}

/// The end of a plan for a command of type `run` in an app without an image for `web`.
const NO_IMAGE_FOR_WEB: &str = "
Heroku cannot start dynos of the app: no image for `web`, which dynos of type `run` run
help: set `process_type` to a process type that has an image (`heroku ps:type` lists them), or release \
an image for `web`
";

#[tokio::test(flavor = "multi_thread")]
async fn plan_ends_with_what_has_to_be_done_before_deploy() {
    let cli = Cli::new().await;
    cli.create_foreign_app("clock").await;
    cli.configure_custom_command("");

    let plan = stdout(&cli.run("plan").await);

    assert!(plan.ends_with(NO_IMAGE_FOR_WEB), "{plan}");
    for once in ["no image for `web`", "release an image for `web`"] {
        assert_eq!(plan.matches(once).count(), 1, "{plan}");
    }
    cli.edit_config("[heroku]", "[heroku]\nprocess_type = \"clock\"");
    let plan = stdout(&cli.run("plan").await);
    assert!(
        plan.ends_with("`picletter deploy` applies this plan.\n"),
        "{plan}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_process_type_without_an_image_if_nothing_changes() {
    let cli = Cli::new().await;
    cli.create_foreign_app("web").await;
    cli.configure_custom_command("");
    let deployed = cli.run("deploy --yes").await;
    assert!(deployed.status.success(), "{}", stderr(&deployed));
    let heroku = cli.clouds().heroku;
    heroku.delete_app("picletter-test").await.unwrap();
    cli.create_foreign_app("clock").await;

    let plan = cli.run("plan --detailed-exitcode").await;
    assert_eq!(plan.status.code(), Some(0), "{plan:?}");
    let plan = stdout(&plan);
    let expected = format!("No changes.{NO_IMAGE_FOR_WEB}");
    assert!(plan.ends_with(&expected), "{plan}");
    let refused = cli.run("deploy --yes").await;
    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    let error = stderr(&refused);
    assert!(error.contains("no image for `web`"), "{error}");
    assert!(error.contains("help: set `process_type`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_as_json_contains_what_has_to_be_done_before_deploy() {
    let cli = Cli::new().await;
    cli.create_foreign_app("clock").await;
    cli.configure_custom_command("");

    let plan = stdout(&cli.run("plan --json").await);

    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let lack = &plan["lacks_process_type"];
    let summary = "no image for `web`, which dynos of type `run` run";
    assert_eq!(lack["summary"], summary, "{plan}");
    let help = lack["help"].as_str().unwrap();
    assert!(help.starts_with("set `process_type`"), "{plan}");
}

/// Covers an upgrade: earlier versions ran custom commands in dynos of type `worker`.
#[tokio::test(flavor = "multi_thread")]
async fn deploy_rejects_a_process_type_without_an_image() {
    let cli = Cli::new().await;
    cli.create_foreign_app("worker").await;
    cli.configure_custom_command("");
    cli.sandbox.faults().clear();

    let refused = cli.run("deploy --yes").await;

    assert_eq!(refused.status.code(), Some(78), "{refused:?}");
    let error = stderr(&refused);
    assert!(error.contains("no image for `web`"), "{error}");
    assert!(error.contains("help: set `process_type`"), "{error}");
    assert!(cli.changes().is_empty(), "{:?}", cli.changes());
    cli.edit_config("[heroku]", "[heroku]\nprocess_type = \"worker\"");
    let deployed = cli.run("deploy --yes").await;
    assert_eq!(deployed.status.code(), Some(0), "{deployed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn announces_that_a_release_restarts_other_process_types() {
    let cli = Cli::new().await;
    cli.create_foreign_app("web").await;
    let words = "this release also restarts web";

    let plan = stdout(&cli.run("plan --image worker.tar").await);
    let pushed = cli.run("push --image worker.tar").await;

    assert!(plan.contains(words), "{plan}");
    assert_eq!(pushed.status.code(), Some(0), "{}", stderr(&pushed));
    let warnings = stderr(&pushed);
    assert!(
        warnings.contains("picletter-test: this release also restarts web"),
        "{warnings}"
    );

    let alone = Cli::deployed().await;
    let warnings = stderr(&alone.run("push --image worker.tar").await);
    assert!(!warnings.contains("also restarts"), "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_shows_the_running_image_as_the_old_one() {
    let cli = Cli::deployed().await;
    let archive = |name: &str, content: &[u8]| {
        let image = WorkerImage::new(content).unwrap();
        let path = cli.folder.path().join(name);
        std::fs::write(&path, image.docker_archive().unwrap()).unwrap();
        image
    };
    let pushed = archive("pushed.tar", b"pushed, not released");
    let registry = cli.sandbox.registry();
    registry.put_image("picletter-test", "worker", pushed.clone());
    archive("new.tar", b"new");

    let plan = stdout(&cli.run("plan --image new.tar").await);

    let running = Image::open(&cli.folder.path().join("worker.tar")).unwrap();
    let change = format!("~ image: {} -> ", running.id());
    assert!(plan.contains(&change), "{plan}");
    assert!(!plan.contains(pushed.id().as_str()), "{plan}");
}
