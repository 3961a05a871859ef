//! docs/configuration.md documents the schedule correctly.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{error_text, parse, with};

/// Read at run time, because lints are built without the documents.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    std::fs::read_to_string(path).unwrap()
});

/// The cells of each row of the table below `heading` whose first column is `column`.
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

/// The texts in backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_schedule_key_is_documented_with_a_valid_example() {
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
    // The error for an unknown key lists the valid keys.
    let refused = error_text(&with("every = \"day\"\nzzzzzzzz = 1", ""));
    let (_, known) = refused.split_once("expected ").unwrap();
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
fn documented_expressions_are_equivalent_to_their_keys() {
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
        let keys = code(&row[1]).join("\n");
        if !keys.is_empty() {
            assert_eq!(triggers(&keys), by_cron, "{expression}");
        }
    }
}
