//! Missing or rejected credentials, URLs, and subscriptions.

use http::Method;
use picletter_sandbox::faults::{Fault, Which};

use crate::support::cli::{Cli, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn reports_an_unknown_or_read_only_subscription() {
    let cli = Cli::new().await;
    let refused = r#"{"error":{"code":"ReadOnlyDisabledSubscription","message":"The subscription is disabled and therefore marked as read only."}}"#;
    cli.sandbox.faults().on(
        Method::PUT,
        "/subscriptions/*/resourceGroups/pictures",
        Which::Every,
        Fault::status(409, refused.to_owned()),
    );

    let read_only = cli.run("deploy --yes --image worker.tar").await;
    let file = cli.folder.path().join("picletter.toml");
    let toml = std::fs::read_to_string(&file).unwrap();
    let id = "99999999-2222-4333-8444-555555555555";
    let other = toml.replace("[azure]", &format!("[azure]\nsubscription = \"{id}\""));
    std::fs::write(&file, other).unwrap();
    let unknown = cli.run("plan --image worker.tar").await;

    assert_ne!(read_only.status.code(), Some(0));
    let error = stderr(&read_only);
    assert!(
        error.contains("the subscription is disabled: see"),
        "{error}"
    );
    assert_ne!(unknown.status.code(), Some(0), "{}", stdout(&unknown));
    let error = stderr(&unknown);
    assert!(
        error.contains(id) && error.contains("az account list"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_certificate_file_that_is_too_large() {
    let mut cli = Cli::new().await;
    let large = cli.folder.path().join("large.pem");
    std::fs::File::create(&large)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let path = large.to_str().unwrap().to_owned();
    cli.environment.insert("SSL_CERT_FILE".to_owned(), path);
    let output = cli.run("plan").await;
    assert_eq!(output.status.code(), Some(78));
    let error = stderr(&output);
    assert!(error.contains("larger than 10240 kB"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_what_is_missing_or_refused_with_help() {
    let mut cli = Cli::new().await;
    let good = cli.environment.clone();
    let mut cases = Vec::new();
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
        cli.environment.clone_from(&good);
        match value {
            Some(value) => cli.environment.insert(name.to_owned(), value.to_owned()),
            None => cli.environment.remove(name),
        };
        let command = cli.spawn("deploy --yes --image worker.tar");
        cases.push((name, value, status, words, command));
    }
    for (name, value, status, words, command) in cases {
        let output = command.wait_with_output().await.unwrap();
        let error = stderr(&output);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{name} {value:?}: {error}"
        );
        let lines: Vec<&str> = error
            .lines()
            .filter(|line| line.starts_with("error:"))
            .collect();
        assert_eq!(lines.len(), 1, "{error}");
        assert!(error.contains(words), "{error}");
        assert!(
            error.lines().any(|line| line.starts_with("help: ")),
            "{error}"
        );
        let suggests_doctor = error.contains("checks all tokens");
        let is_about_credentials = name != "SG_KEY" && !words.contains("cannot be reached");
        let is_about_url = name == "HEROKU_API_URL";
        assert_eq!(
            suggests_doctor,
            is_about_credentials && !is_about_url,
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_url_with_credentials_without_printing_it() {
    let mut cli = Cli::new().await;
    let good = cli.environment.clone();
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
        cli.environment.clone_from(&good);
        cli.environment.insert(name.to_owned(), value.to_owned());
        for (command, status) in [
            ("check", 78),
            ("plan -vv", 78),
            ("status -vv", 78),
            ("destroy --yes -vv", 78),
            ("doctor -vv", 1),
            ("doctor --json", 1),
        ] {
            let output = cli.run(command).await;
            let printed = stdout(&output) + &stderr(&output);
            assert_eq!(output.status.code(), Some(status), "{command}: {printed}");
            let refused = format!("{name} contains a user name or password");
            assert!(printed.contains(&refused), "{command}: {printed}");
            assert!(
                !printed.contains("checks all tokens"),
                "{command}: {printed}"
            );
            assert!(!printed.contains("hush"), "{command}: {printed}");
        }
    }
    assert_eq!(cli.changes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_to_move_a_deployment_to_another_location() {
    let cli = Cli::deployed().await;
    cli.edit_config("location = \"westeurope\"", "location = \"eastus\"");
    cli.sandbox.faults().clear();

    let problem = "workflow daily is in westeurope, not eastus";
    for (command, status) in [
        ("plan", 78),
        ("plan --json", 78),
        ("deploy --yes", 78),
        ("doctor", 1),
    ] {
        let output = cli.run(command).await;
        let printed = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{command}: {printed}");
        assert!(printed.contains(problem), "{command}: {printed}");
        assert!(
            printed.contains("Azure cannot move it"),
            "{command}: {printed}"
        );
        let help = "set `location` in [azure] to the workflow's; to move it, run \
                    `picletter destroy --keep-app`, then `picletter deploy`";
        assert!(printed.contains(help), "{command}: {printed}");
    }
    let report = stdout(&cli.run("report --json").await);
    assert!(report.contains(problem), "{report}");
    assert_eq!(cli.changes(), []);

    for command in ["destroy --yes --keep-app", "deploy --yes"] {
        let output = cli.run(command).await;
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suggests_another_workflow_if_another_app_s_workflow_is_in_another_location() {
    let cli = Cli::deployed().await;
    cli.edit_config("location = \"westeurope\"", "location = \"eastus\"");
    cli.edit_config("app = \"picletter-test\"", "app = \"my-app\"");
    cli.sandbox.faults().clear();

    for (command, status) in [
        ("plan --image worker.tar", 78),
        ("deploy --yes --image worker.tar", 78),
        ("doctor --image worker.tar", 1),
    ] {
        let output = cli.run(command).await;
        let printed = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{command}: {printed}");
        let problem = "the workflow daily is in westeurope, not eastus; Azure cannot move it to \
                       another location, and it starts another app, picletter-test";
        assert!(printed.contains(problem), "{command}: {printed}");
        let help = "choose another `workflow` in [azure]";
        assert!(printed.contains(help), "{command}: {printed}");
        assert!(!printed.contains("destroy"), "{command}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_azure_rejects_changes_nothing() {
    let cli = Cli::new().await;
    cli.edit_config("location = \"westeurope\"", "location = \"nowhere\"");

    let planned = stdout(&cli.run("plan --image worker.tar").await);
    let output = cli.run("deploy --yes --image worker.tar").await;

    let note = "in nowhere, which Picletter does not know: `az account list-locations` lists \
                Azure's locations";
    assert!(planned.contains(note), "{planned}");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr(&output).contains("nowhere"), "{output:?}");
    let heroku = &cli.clouds().heroku;
    assert!(heroku.app("picletter-test").await.unwrap().is_none());
}
