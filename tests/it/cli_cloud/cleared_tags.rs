//! A deployed workflow whose tags somebody has cleared.

use http::Method;
use serde_json::{Value, json};

use crate::support::cli::{Cli, stderr, stdout};

const VERSION: &str = "2019-05-01";

/// Deploys, and sets the workflow's tags as the portal and `az tag` do. Returns the workflow's ID
/// as well.
async fn deployed_with_tags(tags: Value) -> (Cli, String) {
    let cli = Cli::deployed().await;
    let id = cli
        .clouds()
        .workflow_id(&cli.desired(), &cli.desired().jobs[0].workflow)
        .await
        .unwrap();
    tag(&cli, &id, tags).await;
    (cli, id)
}

async fn tag(cli: &Cli, id: &str, tags: Value) {
    let body = json!({ "tags": tags });
    let patch = Method::PATCH;
    cli.azure_request(patch, id, VERSION, Some(&body)).await;
}

async fn authorizations(cli: &Cli) -> Vec<String> {
    let all = cli.clouds().heroku.authorizations().await.unwrap();
    all.into_iter().map(|one| one.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_keeps_an_untagged_workflow_and_what_it_needs() {
    let (cli, id) = deployed_with_tags(json!({})).await;
    let held = authorizations(&cli).await;
    let before = cli.changes();

    let output = cli.run("destroy --yes").await;

    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed = stdout(&output);
    for part in [
        "Azure workflow daily (kept: it lacks the tag made-by=picletter",
        &format!("`az tag update --resource-id {id} --operation Merge --tags made-by=picletter`"),
        "(kept: the workflow daily may use its token",
        &format!("`heroku authorizations:revoke {}`", held[0]),
        "Heroku app picletter-test (kept: the workflow daily starts dynos in it",
        "Nothing to remove: everything listed is kept.",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert!(!printed.contains("\nRemoved."), "{printed}");
    assert_eq!(cli.changes(), before);
    assert_eq!(authorizations(&cli).await, held);

    tag(&cli, &id, json!({ "made-by": "picletter" })).await;
    let output = cli.run("destroy --yes").await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("Removed."));
    assert_eq!(authorizations(&cli).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_says_that_it_did_not_compare_an_untagged_workflow() {
    let (cli, _) = deployed_with_tags(json!({})).await;

    let output = cli.run("status").await;

    let table = stdout(&output);
    assert!(table.contains("unknown"), "{table}");
    assert!(!table.contains("differs"), "{table}");
    let warnings = stderr(&output);
    let warning = "warning: The workflow daily lacks the tag `made-by: picletter`\n";
    assert!(warnings.ends_with(warning), "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deploy_names_the_command_that_restores_the_tag() {
    let (cli, id) = deployed_with_tags(json!({ "team": "news" })).await;
    let restore =
        format!("az tag update --resource-id {id} --operation Merge --tags made-by=picletter");

    for command in ["plan", "deploy --yes --image worker.tar"] {
        let output = cli.run(command).await;
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(78), "{command}: {error}");
        for part in [
            "the Logic App daily exists, but lacks the tag made-by=picletter",
            &restore,
            "otherwise choose another `workflow` in [azure]",
        ] {
            assert!(error.contains(part), "{command}: {part}: {error}");
        }
    }

    let tags = json!({ "team": "news", "made-by": "picletter" });
    tag(&cli, &id, tags).await;
    let output = cli.run("deploy --yes --image worker.tar").await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let after = cli.run("plan --detailed-exitcode").await;
    assert_eq!(after.status.code(), Some(0), "{}", stdout(&after));
    assert_eq!(authorizations(&cli).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_lists_what_it_kept_at_the_end() {
    let cli = Cli::deployed().await;

    let output = cli.run("destroy --yes --keep-app").await;

    let printed = stdout(&output);
    let (_, end) = printed.split_once("Removed, except:").unwrap();
    assert_eq!(end.trim(), "Heroku app picletter-test (kept: --keep-app)");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_suggests_another_workflow_if_that_of_another_deployment_is_in_another_location() {
    let tags = json!({ "made-by": "picletter", "deployment": "another" });
    let (cli, _) = deployed_with_tags(tags).await;
    cli.edit_config("location = \"westeurope\"", "location = \"eastus\"");

    let report = stdout(&cli.run("doctor").await);

    let problem = "the tags of the Logic App daily assign it to another deployment";
    assert!(report.contains(problem), "{report}");
    assert!(report.contains("change `workflow` in [azure]"), "{report}");
    assert!(!report.contains("destroy"), "{report}");
}
