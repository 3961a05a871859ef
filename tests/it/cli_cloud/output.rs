//! The exact output of commands.

use crate::support::cli::{Cli, stderr, stdout};

impl Cli {
    /// Runs a command and returns its output. Lines on standard error are sorted if steps run
    /// concurrently, because their order varies.
    async fn run_and_print(&self, command: &str) -> String {
        let output = self.run(command).await;
        let errors = stderr(&output);
        let mut errors: Vec<&str> = errors.lines().collect();
        if command.starts_with("deploy") || command.starts_with("run") {
            errors.sort_unstable();
        }
        let mut printed = format!("$ picletter {command}\n{}", stdout(&output));
        if !errors.is_empty() {
            printed = format!(
                "{printed}--- on standard error
{}
",
                errors.join("\n")
            );
        }
        match output.status.code() {
            Some(0) => printed,
            status => format!("{printed}--- ends with {status:?}\n"),
        }
    }
}

const FILTERS: [(&str, &str); 16] = [
    (r"127\.0\.0\.1:\d+", "[host]"),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[id]",
    ),
    (
        r"[0-9a-f]{8}/(pictures/daily)/\d{23,}\w*",
        "[subscription]/$1/[run]",
    ),
    (r"\b\d{23,}\w*", "[run]"),
    (r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)", "[time]"),
    (r"\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "[time]"),
    (r"\b(run|worker)\.\d+", "$1.[n]"),
    (r"\b(date)=\d{4}-\d\d-\d\d", "$1=[date]"),
    (r" +\d+ s\b", " [n] s"),
    (r"\btook=\w+", "took=[time]"),
    (r"\bmessage_id=\S+", "message_id=[id]"),
    // How far the log goes when it is read depends on timing.
    (r"  log: .*", "  log: [line]"),
    // The dyno may already have ended.
    (r"  Stop_dyno(s_of_this_run)? .*\n", ""),
    // Errors of name resolution vary.
    (r"there is an error: '.*'", "there is an error: '[reason]'"),
    (r"\b(\w*_ms|bytes)=\d+", "$1=[n]"),
    (r#"today's is\s+"[^"]*""#, "today's is [title]"),
];

/// Compares output, without values that are random in each run.
macro_rules! assert_printed {
    ($name:literal, $printed:expr) => {
        insta::with_settings!({filters => FILTERS.to_vec()}, {
            insta::assert_snapshot!($name, $printed)
        })
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn first_deployment_with_a_run() {
    let cli = Cli::new().await;
    let mut printed = cli.run_and_print("plan --image worker.tar").await;
    printed += &cli
        .run_and_print("deploy --yes --run --image worker.tar")
        .await;
    printed += &cli.run_and_print("plan").await;
    printed += &cli.run_and_print("deploy --yes").await;
    assert_printed!("from_nothing", printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_shows_old_and_new_values_and_fingerprints_of_secrets() {
    let mut cli = Cli::deployed().await;
    cli.write("Pictures <pictures@picletter.example>");
    let file = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("08:30", "09:15")).unwrap();
    let another = crate::support::cli::SG_KEY.replace('b', "c");
    cli.environment.insert("SG_KEY".to_owned(), another);

    let mut printed = cli.run_and_print("plan").await;
    printed += &cli.run_and_print("plan --json --detailed-exitcode").await;
    printed += &cli.run_and_print("plan --color always").await;
    assert_printed!("a_change", printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn rotate_token_replaces_the_token() {
    let cli = Cli::deployed().await;
    let before = cli.sandbox.heroku().authorization_tokens();
    let printed = cli.run_and_print("deploy --yes --rotate-token").await;
    assert_printed!("rotate_token", printed);

    let after = cli.sandbox.heroku().authorization_tokens();
    assert_eq!((before.len(), after.len()), (1, 1));
    let token = secrecy::ExposeSecret::expose_secret;
    assert_ne!(token(&before[0]), token(&after[0]));
    // No run was requested.
    assert_eq!(cli.sandbox.inbox().mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_pauses_resumes_and_removes_a_workflow() {
    let cli = Cli::deployed().await;
    let mut printed = String::new();
    for command in [
        "status",
        "run",
        "status",
        "status --json",
        "logs",
        "pause",
        "status",
        "run",
        "deploy --yes",
        "resume",
        "destroy",
        "destroy --yes",
        "status",
        "logs",
        "destroy --yes",
    ] {
        printed += &cli.run_and_print(command).await;
    }
    assert_printed!("operated", printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_prints_its_reason() {
    let cli = Cli::deployed().await;
    cli.sandbox.faults().on(
        http::Method::POST,
        "/v3/mail/send",
        picletter_sandbox::faults::Which::Every,
        picletter_sandbox::faults::Fault::status(403, r#"{"errors":[{"message":"no"}]}"#),
    );
    let mut printed = cli.run_and_print("run --color always").await;
    printed += &cli.run_and_print("status").await;
    assert_printed!("failed_run", printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_the_next_wider_scope_if_write_cannot_start_dynos() {
    let cli = Cli::new().await;
    cli.sandbox
        .heroku()
        .set_assumptions(picletter_sandbox::heroku::Assumptions {
            write_starts_dynos: false,
            ..Default::default()
        });
    let mut printed = cli
        .run_and_print("deploy --yes --run --image worker.tar")
        .await;
    assert_eq!(cli.scopes().await, ["write-protected"]);
    assert_eq!(cli.sandbox.inbox().mails().len(), 1);

    // A scope that is known not to work is not tried again.
    printed += &cli.run_and_print("deploy --yes --rotate-token").await;
    assert_eq!(cli.scopes().await, ["write-protected"]);
    assert_printed!("wider_scope", printed);

    // An error with another reason is not attributed to the scope.
    cli.sandbox.faults().on(
        http::Method::POST,
        "/apps/*/dynos",
        picletter_sandbox::faults::Which::Every,
        picletter_sandbox::faults::Fault::status(403, r#"{"id":"forbidden","message":"no"}"#),
    );
    let output = cli.run("deploy --yes --rotate-token --run").await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(!error.contains("does not let the scope"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_pipe_is_not_an_error_for_run_and_watch() {
    let cli = Cli::deployed().await;
    for command in ["run", "status --watch"] {
        let mut child = cli.spawn(command);
        drop(child.stdout.take());
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{command}");
    }
}

impl Cli {
    /// The scopes of the account's authorizations.
    async fn scopes(&self) -> Vec<String> {
        let heroku = self.clouds().heroku;
        let authorizations = heroku.authorizations().await.unwrap().into_iter();
        authorizations.flat_map(|one| one.scope).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn wraps_errors_to_the_width_of_the_terminal() {
    let mut cli = Cli::new().await;
    cli.environment.remove("SG_KEY");
    let command = "deploy --image nope.tar --color never 2>&1";
    insta::assert_snapshot!("error_60", cli.run_in_terminal(command, 60).await);
}

/// A secret with spaces, at which lines are wrapped.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn masks_a_secret_that_would_be_wrapped() {
    let mut cli = Cli::new().await;
    let secret = "correct horse battery staple and a half";
    let file = cli.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text
        .replace("[heroku]\n", "[heroku]\nsecrets = [\"PHRASE\"]\n")
        .replace("[config]\n", &format!("[config]\nTOLD = \"{secret}\"\n"));
    std::fs::write(&file, text).unwrap();
    cli.environment
        .insert("PHRASE".to_owned(), secret.to_owned());
    let screen = cli.run_in_terminal("plan --image worker.tar", 40).await;
    assert!(screen.contains("TOLD: [secret]"), "{screen}");
    for word in secret.split(' ').filter(|word| word.len() > 4) {
        assert!(!screen.contains(word), "{screen}");
    }
}

/// Except lines that dynos wrote. Other snapshots contain the texts themselves.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn each_command_fits_a_narrow_terminal() {
    const COLUMNS: u16 = 64;
    let mut cli = Cli::deployed().await;
    cli.environment
        .insert("NO_COLOR".to_owned(), "1".to_owned());
    for command in [
        "check",
        "doctor",
        "plan",
        "plan --what-if",
        "pause",
        "deploy --yes",
        "resume",
        "run",
        "status",
        "logs",
        "schedule next --from 2027-03-27",
        "try --days 2 --from 2027-03-27",
        "destroy",
    ] {
        let printed = cli.run_in_terminal(command, COLUMNS).await;
        let is_from_dyno = |line: &str| {
            ["worker.", "app[", "heroku["]
                .iter()
                .any(|process| line.contains(process))
        };
        let lines = printed.lines().filter(|line| !is_from_dyno(line));
        for line in lines {
            let width = line.chars().count();
            assert!(width <= usize::from(COLUMNS), "{command}: {line}");
        }
    }
}
