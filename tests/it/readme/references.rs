//! What a document names: commands, files, other documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::document::{Document, repository};
use super::none;

/// All documents for those who use or change the project.
fn documents() -> Vec<Document> {
    let folder = fs::read_dir(repository().join("docs")).unwrap();
    let mut names: Vec<String> = folder
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "md"))
        .collect();
    names.extend(["README.md", "CONTRIBUTING.md", "logic-app/README.md"].map(str::to_owned));
    names.sort_unstable();
    names.iter().map(|name| Document::read(name)).collect()
}

#[test]
fn every_document_with_commands_is_followed() {
    let with_blocks = documents().into_iter().filter(|document| {
        let mut blocks = document.blocks.iter();
        blocks.any(|block| block.language != "mermaid")
    });
    let names = with_blocks.map(|document| document.name);
    let followed = [
        "README.md",
        "docs/configuration.md",
        "docs/nix.md",
        "docs/operations.md",
        "docs/scale.md",
        "docs/try.md",
        "logic-app/README.md",
    ];
    assert_eq!(names.collect::<Vec<_>>(), followed);
}

#[test]
fn every_link_leads_to_an_existing_file_and_heading() {
    let mut mistakes = Vec::new();
    for document in documents() {
        for link in &document.links {
            if link.text.contains("://") {
                continue;
            }
            let (path, anchor) = document.target(&link.text);
            if !repository().join(&path).exists() {
                let what = format!("{} is not there", path.display());
                mistakes.push(document.mistake(link.line, what));
            } else if let Some(anchor) = anchor {
                let target = Document::read(path.to_str().unwrap());
                if !target.anchors.contains(&anchor) {
                    let what = format!("{} has no heading #{anchor}", target.name);
                    mistakes.push(document.mistake(link.line, what));
                }
            }
        }
    }
    none(&mistakes);
}

#[test]
fn each_file_that_is_named_is_there() {
    const FOLDERS: [&str; 8] = [
        "benches/",
        "ci/",
        "docs/",
        "examples/",
        "logic-app/",
        "nix/",
        "src/",
        "tests/",
    ];
    let mut mistakes = Vec::new();
    for document in documents() {
        for name in &document.code {
            let is_path = FOLDERS.iter().any(|folder| name.text.starts_with(folder))
                && !name.text.contains(['{', ' ', '*']);
            if is_path && !repository().join(&name.text).exists() {
                mistakes.push(document.mistake(name.line, format!("{} is not there", name.text)));
            }
        }
    }
    none(&mistakes);
}

/// What the command line says to these words, which are not acted upon; none where it takes them.
fn refused(words: &str) -> Option<String> {
    // A name in capitals stands for what a person has in its place.
    let words = shlex::split(words)?
        .into_iter()
        .map(|word| match word.as_str() {
            "N" => "1".to_owned(),
            "TIME" => "2027-01-01".to_owned(),
            _ => word,
        });
    let output = Command::new(env!("CARGO_BIN_EXE_picletter"))
        .args(words)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or_default().to_owned();
    (!output.status.success()).then_some(first)
}

#[test]
fn each_command_that_is_mentioned_is_taken_by_the_command_line() {
    let mut mistakes = Vec::new();
    for document in documents() {
        for code in &document.code {
            let words = ["picletter ", "cargo run -- "]
                .iter()
                .find_map(|program| code.text.strip_prefix(program));
            if let Some(refused) = words.and_then(refused) {
                let what = format!("`{}`: {refused}", code.text);
                mistakes.push(document.mistake(code.line, what));
            }
        }
    }
    none(&mistakes);
}

/// `| command | what it does, with its options |`
#[test]
fn each_option_in_a_table_of_commands_is_one_of_its_commands() {
    let mut mistakes = Vec::new();
    let mut seen = 0;
    for document in documents() {
        for (index, line) in document.text.lines().enumerate() {
            let Some((command, _)) = line
                .strip_prefix("| `")
                .and_then(|line| line.split_once('`'))
                .filter(|(command, _)| refused(command).is_none())
            else {
                continue;
            };
            let on_this_line = document.code.iter().filter(|code| code.line == index + 1);
            for option in on_this_line.filter(|code| code.text.starts_with("--")) {
                seen += 1;
                if let Some(refused) = refused(&format!("{command} {}", option.text)) {
                    mistakes.push(document.mistake(index + 1, refused));
                }
            }
        }
    }
    none(&mistakes);
    assert!(seen > 5, "only {seen} options");
}
