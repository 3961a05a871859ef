//! Heroku: the token, the account, the app, the team, and the registry.

use serde_json::{Value, json};

use super::{Defect, assert_report, problems, table};
use crate::support::cli::{Cli, stdout};

const DEFECTS: &[Defect] = &[
    ("no token", |cli| cli.unset_variable("HEROKU_API_KEY")),
    ("a revoked token", |cli| {
        cli.set_variable("HEROKU_API_KEY", "HRKU-0123456789abcdef");
    }),
    ("an unpaid invoice", |cli| {
        cli.answer_json("/account", 200, &account("delinquent_at"));
    }),
    ("a suspended account", |cli| {
        cli.answer_json("/account", 200, &account("suspended_at"));
    }),
    ("no payment method", |cli| {
        cli.answer_json(
            "/account",
            200,
            &json!({"email": "a@b.example", "verified": false}),
        );
    }),
    ("no second factor", |cli| {
        let account = json!({"email": "a@b.example", "two_factor_authentication": false});
        cli.answer_json("/account", 200, &account);
    }),
    ("somebody else's app", |cli| {
        cli.sandbox.heroku().reserve_name("picletter-test");
    }),
    ("an unknown team", |cli| {
        cli.edit_config("[heroku]", "[heroku]\nteam = \"theirs\"");
        let refusal = json!({"id": "not_found", "message": "Couldn't find that team."});
        cli.answer_json("/teams/theirs", 404, &refusal);
    }),
    ("a team with the account as a guest", |cli| {
        cli.edit_config("[heroku]", "[heroku]\nteam = \"theirs\"");
        let team = json!({"name": "theirs", "role": "collaborator"});
        cli.answer_json("/teams/theirs", 200, &team);
    }),
    ("a registry that rejects the token", |cli| {
        let refusal = json!({"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]});
        cli.answer_json("/v2/", 401, &refusal);
    }),
];

fn account(since: &str) -> Value {
    json!({"email": "a@b.example", since: "2026-11-01T08:00:00Z"})
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_heroku_problems_with_help() {
    assert_report("heroku", &table(DEFECTS).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_missing_permissions_of_a_token() {
    let mut table = String::new();
    for scope in ["identity", "read", "write", "write-protected"] {
        let mut cli = Cli::new().await;
        cli.use_scope(scope).await;
        table.push_str(&problems(scope, &cli).await);
    }
    assert_report("heroku_scopes", &table);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_an_app_in_another_region_once() {
    let cli = Cli::deployed().await;
    cli.edit_config("[heroku]", "[heroku]\nregion = \"eu\"");

    let report = stdout(&cli.run("doctor").await);

    let app = report.lines().find(|line| line.contains("Heroku app"));
    let expected = "picletter-test exists; it is in region us, not eu";
    assert!(app.is_some_and(|line| line.ends_with(expected)), "{report}");
}
