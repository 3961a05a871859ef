//! Commands on a file with several jobs.

use insta::assert_snapshot;
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
