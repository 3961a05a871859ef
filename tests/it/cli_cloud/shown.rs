//! What a person reads, word for word.

use crate::support::person::{Person, stderr, stdout};

impl Person {
    /// What a command shows. The lines on standard error are sorted where steps are taken at the
    /// same time, since which ends first is chance.
    async fn reads(&self, command: &str) -> String {
        let output = self.types(command).await;
        let told = stderr(&output);
        let mut told: Vec<&str> = told.lines().collect();
        if command.starts_with("deploy") || command.starts_with("run") {
            told.sort_unstable();
        }
        let mut shown = format!("$ picletter {command}\n{}", stdout(&output));
        if !told.is_empty() {
            shown = format!("{shown}--- on standard error\n{}\n", told.join("\n"));
        }
        match output.status.code() {
            Some(0) => shown,
            status => format!("{shown}--- ends with {status:?}\n"),
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
    // How far the dyno has got when its log is read.
    (r"  log: .*", "  log: [line]"),
    // The dyno may have ended by itself.
    (r"  Stop_dyno(s_of_this_run)? .*\n", ""),
    // Names are looked up in various ways.
    (r"there is an error: '.*'", "there is an error: '[reason]'"),
    (r"\b(\w*_ms|bytes)=\d+", "$1=[n]"),
    (r#"today's is\s+"[^"]*""#, "today's is [title]"),
];

/// Compares what was read, without what is drawn anew each time.
macro_rules! assert_shown {
    ($name:literal, $shown:expr) => {
        insta::with_settings!({filters => FILTERS.to_vec()}, {
            insta::assert_snapshot!($name, $shown)
        })
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_to_a_run_that_succeeds() {
    let person = Person::new().await;
    let mut shown = person.reads("plan --image worker.tar").await;
    shown += &person.reads("deploy --yes --run --image worker.tar").await;
    shown += &person.reads("plan").await;
    shown += &person.reads("deploy --yes").await;
    assert_shown!("from_nothing", shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_shown_as_old_and_new_and_a_secret_as_its_fingerprint() {
    let mut person = Person::deployed().await;
    person.write("Pictures <pictures@picletter.example>");
    let file = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("08:30", "09:15")).unwrap();
    let another = crate::support::person::SG_KEY.replace('b', "c");
    person.environment.insert("SG_KEY".to_owned(), another);

    let mut shown = person.reads("plan").await;
    shown += &person.reads("plan --json --detailed-exitcode").await;
    shown += &person.reads("plan --color always").await;
    assert_shown!("a_change", shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_takes_the_place_of_the_one_before() {
    let person = Person::deployed().await;
    let before = person.sandbox.heroku().authorization_tokens();
    let shown = person.reads("deploy --yes --rotate-token").await;
    assert_shown!("rotate_token", shown);

    let after = person.sandbox.heroku().authorization_tokens();
    assert_eq!((before.len(), after.len()), (1, 1));
    let token = secrecy::ExposeSecret::expose_secret;
    assert_ne!(token(&before[0]), token(&after[0]));
    // No run was asked for.
    assert_eq!(person.sandbox.inbox().mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_run_looked_at_switched_and_removed() {
    let person = Person::deployed().await;
    let mut shown = String::new();
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
        shown += &person.reads(command).await;
    }
    assert_shown!("operated", shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_says_why() {
    let person = Person::deployed().await;
    person.sandbox.faults().on(
        http::Method::POST,
        "/v3/mail/send",
        picletter_sandbox::faults::Which::Every,
        picletter_sandbox::faults::Fault::status(403, r#"{"errors":[{"message":"no"}]}"#),
    );
    let mut shown = person.reads("run --color always").await;
    shown += &person.reads("status").await;
    assert_shown!("failed_run", shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_scope_write_starts_no_dyno_the_next_wider_one_is_taken_and_told() {
    let person = Person::new().await;
    person
        .sandbox
        .heroku()
        .set_assumptions(picletter_sandbox::heroku::Assumptions {
            write_starts_dynos: false,
            ..Default::default()
        });
    let mut shown = person.reads("deploy --yes --run --image worker.tar").await;
    assert_eq!(person.scopes().await, ["write-protected"]);
    assert_eq!(person.sandbox.inbox().mails().len(), 1);

    // What was found out once is not tried again.
    shown += &person.reads("deploy --yes --rotate-token").await;
    assert_eq!(person.scopes().await, ["write-protected"]);
    assert_shown!("wider_scope", shown);

    // What is refused for another reason is not blamed on the scope.
    person.sandbox.faults().on(
        http::Method::POST,
        "/apps/*/dynos",
        picletter_sandbox::faults::Which::Every,
        picletter_sandbox::faults::Fault::status(403, r#"{"id":"forbidden","message":"no"}"#),
    );
    let told = person.types("deploy --yes --rotate-token --run").await;
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(!told.status.success());
    assert!(!said.contains("does not let the scope"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_no_more_ends_what_is_watched_and_fails_nothing() {
    let person = Person::deployed().await;
    for command in ["run", "status --watch"] {
        let mut child = person.begins(command);
        drop(child.stdout.take());
        assert_eq!(child.wait().await.unwrap().code(), Some(0), "{command}");
    }
}

impl Person {
    /// Those of the account's authorizations.
    async fn scopes(&self) -> Vec<String> {
        let heroku = self.clouds().heroku;
        let authorizations = heroku.authorizations().await.unwrap().into_iter();
        authorizations.flat_map(|one| one.scope).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn an_error_fits_the_terminal_that_it_is_told_on() {
    let mut person = Person::new().await;
    person.environment.remove("SG_KEY");
    let command = "deploy --image nope.tar --color never 2>&1";
    insta::assert_snapshot!("error_60", person.sees(command, 60).await);
}

/// A secret with spaces in it, where a line is broken.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn no_secret_is_broken_into_pieces_that_are_shown() {
    let mut person = Person::new().await;
    let secret = "correct horse battery staple and a half";
    let file = person.folder.path().join("picletter.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text
        .replace("[heroku]\n", "[heroku]\nsecrets = [\"PHRASE\"]\n")
        .replace("[config]\n", &format!("[config]\nTOLD = \"{secret}\"\n"));
    std::fs::write(&file, text).unwrap();
    person
        .environment
        .insert("PHRASE".to_owned(), secret.to_owned());
    let seen = person.sees("plan --image worker.tar", 40).await;
    assert!(seen.contains("TOLD: [secret]"), "{seen}");
    for word in secret.split(' ').filter(|word| word.len() > 4) {
        assert!(!seen.contains(word), "{seen}");
    }
}

/// Everything but lines that dynos wrote. The texts themselves are in other snapshots.
#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(not(target_os = "linux"), ignore = "needs `script` of util-linux")]
async fn each_command_fits_a_narrow_terminal() {
    const COLUMNS: u16 = 64;
    let mut person = Person::deployed().await;
    person
        .environment
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
        let shown = person.sees(command, COLUMNS).await;
        let is_of_dyno = |line: &str| {
            ["worker.", "app[", "heroku["]
                .iter()
                .any(|process| line.contains(process))
        };
        let lines = shown.lines().filter(|line| !is_of_dyno(line));
        for line in lines {
            let width = line.chars().count();
            assert!(width <= usize::from(COLUMNS), "{command}: {line}");
        }
    }
}
