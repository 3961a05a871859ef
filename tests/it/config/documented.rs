//! docs/configuration.md describes the schedule as the code reads it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{parse, said, with};

/// Read when the tests run, since lints are built without the documents.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    std::fs::read_to_string(path).unwrap()
});

/// The cells of each row of the table below that heading whose first column is called so.
fn rows(heading: &str, column: &str) -> Vec<Vec<String>> {
    let (_, section) = DOCUMENT.split_once(&format!("\n{heading}\n")).unwrap();
    let mut lines = section.lines();
    let start = format!("| {column} |");
    lines.find(|line| line.starts_with(&start)).unwrap();
    lines
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line[1..line.len() - 1].split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// What stands in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_key_of_the_schedule_is_documented_with_an_example_that_is_right() {
    let mut documented = BTreeSet::new();
    for row in rows("## Schedule", "key") {
        let [key] = code(&row[0])[..] else {
            panic!("{row:?}")
        };
        documented.insert(key.to_owned());
        let example = code(&row[4]).join("\n");
        assert!(example.contains(&format!("{key} = ")), "{example}");
        parse(&with(&example, "")).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
    // The answer to an unknown key lists those that there are.
    let refused = said(&with("every = \"day\"\nzzzzzzzz = 1", ""));
    let (_, known) = refused.split_once("it takes ").unwrap();
    let known: BTreeSet<String> = known
        .lines()
        .next()
        .unwrap()
        .split(", ")
        .map(str::to_owned)
        .collect();
    assert_eq!(documented, known);
}

#[test]
fn each_documented_expression_becomes_the_triggers_of_its_words() {
    for row in rows("### Cron", "`cron`") {
        let [expression] = code(&row[0])[..] else {
            panic!("{row:?}")
        };
        let triggers = |schedule: &str| {
            let config = parse(&with(schedule, ""));
            let config = config.unwrap_or_else(|error| panic!("{schedule}: {error}"));
            config.jobs[0].schedule.triggers()
        };
        let by_cron = triggers(&format!("cron = \"{expression}\""));
        let names: Vec<&str> = by_cron.keys().map(String::as_str).collect();
        assert_eq!(code(&row[2]), names, "{expression}");
        let words = code(&row[1]).join("\n");
        if !words.is_empty() {
            assert_eq!(triggers(&words), by_cron, "{expression}");
        }
    }
}
