//! The report as a whole, and the errors that suggest `doctor`.

use super::{DOCTOR, assert_report, problems};
use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_finding_for_each_passed_check() {
    let mut cli = Cli::new().await;
    cli.edit_config(
        "[mail]",
        "[alert]\nemail = \"ops@picletter.example\"\n\n[mail]",
    );
    cli.edit_config("[heroku]", "[heroku]\nteam = \"ours\"");
    cli.use_scope("global").await;

    let output = cli.run(DOCTOR).await;

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    cli.assert_unchanged(&(stdout(&output) + &stderr(&output)));
    assert_report("no_problems", &stdout(&output));
    let output = cli.run("doctor --image worker.tar --json").await;
    assert_report("no_problems_json", &stdout(&output));
    let verbose = cli.run("doctor --image worker.tar -vv").await;
    cli.assert_unchanged(&(stdout(&verbose) + &stderr(&verbose)));
    assert!(
        stderr(&verbose).contains("/v3/scopes"),
        "{}",
        stderr(&verbose)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_no_problems_after_a_deployment_without_image() {
    let cli = Cli::deployed().await;
    cli.sandbox.faults().clear();

    let output = cli.run("doctor").await;

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    cli.assert_unchanged(&stdout(&output));
    assert_report("after_a_deployment", &stdout(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_each_unreachable_service_once() {
    let mut cli = Cli::new().await;
    // Nothing listens on this port.
    for name in ["HEROKU_API_URL", "AZURE_AUTHORITY_HOST"] {
        cli.set_variable(name, "http://127.0.0.1:9");
    }
    cli.set_variable("HEROKU_REGISTRY", "127.0.0.1:9");
    cli.edit_config(&cli.sandbox.sendgrid_url(), "http://127.0.0.1:9");
    let report = problems("unreachable services", &cli).await;
    assert_report("unreachable", &report);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_credentials_suggest_doctor() {
    for (name, value, status) in [
        ("HEROKU_API_KEY", Some("HRKU-0123456789abcdef"), 77),
        ("AZURE_CLIENT_SECRET", Some("not-this-one"), 77),
        ("HEROKU_API_KEY", None, 78),
    ] {
        let mut cli = Cli::new().await;
        match value {
            Some(value) => cli.set_variable(name, value),
            None => cli.unset_variable(name),
        }
        let output = cli.run("deploy --yes --image worker.tar").await;
        let report = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{report}");
        assert!(report.contains("`picletter doctor`"), "{report}");
    }
}
