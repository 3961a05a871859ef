//! References in documents: commands, files, and other documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::assert_no_errors;
use super::document::{Document, repository};

/// All documents for users and contributors.
fn documents() -> Vec<Document> {
    let folder = fs::read_dir(repository().join("docs")).unwrap();
    let mut names: Vec<String> = folder
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "md"))
        .collect();
    names.extend(
        [
            "README.md",
            "CONTRIBUTING.md",
            "crates/core/logic-app/README.md",
        ]
        .map(str::to_owned),
    );
    names.sort_unstable();
    names.iter().map(|name| Document::read(name)).collect()
}

#[test]
fn every_document_with_commands_is_tested() {
    let with_blocks = documents().into_iter().filter(|document| {
        let mut blocks = document.blocks.iter();
        blocks.any(|block| block.language != "mermaid")
    });
    let names = with_blocks.map(|document| document.name);
    let tested = [
        "README.md",
        "crates/core/logic-app/README.md",
        "docs/configuration.md",
        "docs/nix.md",
        "docs/operations.md",
        "docs/scale.md",
        "docs/try.md",
    ];
    assert_eq!(names.collect::<Vec<_>>(), tested);
}

#[test]
fn links_target_existing_files_and_headings() {
    let mut errors = Vec::new();
    for document in documents() {
        for link in &document.links {
            if link.text.contains("://") {
                continue;
            }
            let (path, anchor) = document.target(&link.text);
            if !repository().join(&path).exists() {
                let what = format!("{} does not exist", path.display());
                errors.push(document.error_at(link.line, what));
            } else if let Some(anchor) = anchor {
                let target = Document::read(path.to_str().unwrap());
                if !target.anchors.contains(&anchor) {
                    let what = format!("{} has no heading #{anchor}", target.name);
                    errors.push(document.error_at(link.line, what));
                }
            }
        }
    }
    assert_no_errors(&errors);
}

#[test]
fn mentioned_files_exist() {
    const FOLDERS: [&str; 9] = [
        "benches/",
        "ci/",
        "docs/",
        "examples/",
        "crates/core/logic-app/",
        "crates/core/src/",
        "nix/",
        "src/",
        "tests/",
    ];
    let mut errors = Vec::new();
    for document in documents() {
        for name in &document.code {
            let is_path = FOLDERS.iter().any(|folder| name.text.starts_with(folder))
                && !name.text.contains(['{', ' ', '*']);
            if is_path && !repository().join(&name.text).exists() {
                errors.push(document.error_at(name.line, format!("{} does not exist", name.text)));
            }
        }
    }
    assert_no_errors(&errors);
}

/// The error of the command line for these arguments, without running the command; `None` if they
/// are valid.
fn usage_error(words: &str) -> Option<String> {
    // Replaces placeholders in capitals.
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
    let error = String::from_utf8_lossy(&output.stderr);
    let first = error.lines().next().unwrap_or_default().to_owned();
    (!output.status.success()).then_some(first)
}

#[test]
fn mentioned_commands_are_valid() {
    let mut errors = Vec::new();
    for document in documents() {
        for code in &document.code {
            let words = ["picletter ", "cargo run -- "]
                .iter()
                .find_map(|program| code.text.strip_prefix(program));
            if let Some(usage_error) = words.and_then(usage_error) {
                let what = format!("`{}`: {usage_error}", code.text);
                errors.push(document.error_at(code.line, what));
            }
        }
    }
    assert_no_errors(&errors);
}

/// Checks table rows of the form `| command | description with options |`.
#[test]
fn options_in_command_tables_are_valid() {
    let mut errors = Vec::new();
    let mut count = 0;
    for document in documents() {
        for (index, line) in document.text.lines().enumerate() {
            let Some((command, _)) = line
                .strip_prefix("| `")
                .and_then(|line| line.split_once('`'))
                .filter(|(command, _)| usage_error(command).is_none())
            else {
                continue;
            };
            let on_this_line = document.code.iter().filter(|code| code.line == index + 1);
            for option in on_this_line.filter(|code| code.text.starts_with("--")) {
                count += 1;
                if let Some(usage_error) = usage_error(&format!("{command} {}", option.text)) {
                    errors.push(document.error_at(index + 1, usage_error));
                }
            }
        }
    }
    assert_no_errors(&errors);
    assert!(count > 5, "only {count} options");
}
