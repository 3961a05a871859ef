//! Runs the commands in the README and docs, compares their output with the samples, and checks
//! links.

mod document;
mod printed;
mod reader;
mod references;

use std::path::Path;

use picletter_core::config::Config;
use toml::Table;

use document::{Block, Document, Passage};
use reader::Reader;

/// Fails if there are errors. The message contains all of them.
fn assert_no_errors(errors: &[String]) {
    assert!(errors.is_empty(), "\n{}\n", errors.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_commands_print_the_documented_output() {
    let mut reader = Reader::in_clone().await;
    reader.unset(&["HEROKU_API_KEY", "SG_KEY", "ALERT_WEBHOOK"]);
    run_blocks(&Document::read("README.md"), &reader).await;
    let mails = reader.cli.sandbox.inbox().mails().len();
    assert_eq!(mails, 1, "`run` has sent one mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn try_page_commands_print_the_documented_output() {
    let mut reader = Reader::in_clone().await;
    reader.unset(&["HEROKU_API_KEY", "SG_KEY", "ALERT_WEBHOOK"]);
    run_blocks(&Document::read("docs/try.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nix_page_commands_exist() {
    let reader = Reader::in_clone().await;
    run_blocks(&Document::read("docs/nix.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_commands_work() {
    let reader = Reader::after_deployment().await;
    run_blocks(&Document::read("docs/operations.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_commands_work() {
    let mut reader = Reader::in_clone().await;
    reader.unset(&["SG_KEY"]);
    run_blocks(&Document::read("docs/configuration.md"), &reader).await;
    assert_eq!(reader.cli.sandbox.inbox().mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn logic_app_commands_match_the_template() {
    let reader = Reader::in_clone().await;
    let template = include_str!("../../../crates/core/logic-app/picletter-app.definition.json");
    reader.write("picletter-app.definition.json", template);
    run_blocks(&Document::read("crates/core/logic-app/README.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scale_page_shows_the_output_of_the_simulation() {
    let reader = Reader::in_clone().await;
    run_blocks(&Document::read("docs/scale.md"), &reader).await;
}

/// Runs or checks each block of the document in order.
async fn run_blocks(document: &Document, reader: &Reader) {
    assert!(!document.blocks.is_empty());
    // Blocks after an error may depend on it, so only the first error is reported.
    assert_no_errors(&Vec::from_iter(first_error(document, reader).await));
}

async fn first_error(document: &Document, reader: &Reader) -> Option<String> {
    for block in &document.blocks {
        let Block { language, content } = block;
        let error = match language.as_str() {
            "sh" => reader.run(document, content).await.err(),
            "text" => sample(document, content, reader).await.err(),
            "toml" => file(document, content, reader).err(),
            "mermaid" => None,
            other => {
                Some(document.error_at(content.line - 1, format!("unsupported language `{other}`")))
            }
        };
        if error.is_some() {
            return error;
        }
    }
    None
}

/// Runs the command after `$`, and compares its output with the sample.
async fn sample(document: &Document, content: &Passage, reader: &Reader) -> Result<(), String> {
    let (command, shown) = content
        .text
        .strip_prefix("$ ")
        .and_then(|text| text.split_once('\n'))
        .ok_or_else(|| {
            document.error_at(
                content.line,
                "a sample must begin with `$ ` and its command",
            )
        })?;
    let command = Passage {
        line: content.line,
        text: command.to_owned(),
    };
    let printed = reader.run(document, &command).await?;
    match printed::difference(shown, &printed) {
        None => Ok(()),
        Some(line) => {
            let missing = shown.lines().nth(line).unwrap_or_default().trim();
            let what = format!("`{}` does not print `{missing}`\n{printed}", command.text);
            Err(document.error_at(content.line + 1 + line, what))
        }
    }
}

/// Writes a complete file, whose name is in its first line. For a partial file, checks that it can
/// be merged into the example.
fn file(document: &Document, content: &Passage, reader: &Reader) -> Result<(), String> {
    let name = content.text.lines().next().unwrap_or_default();
    if let Some(name) = name.strip_prefix("# ").filter(|name| {
        Path::new(name)
            .extension()
            .is_some_and(|kind| kind == "toml")
    }) {
        reader.write(name, &content.text);
        return Ok(());
    }
    let error_at = |error: &dyn std::fmt::Display| document.error_at(content.line, error);
    let mut whole: Table = include_str!("../../../src/cli/init/example.toml")
        .parse()
        .unwrap();
    let part: Table = content.text.parse().map_err(|error| error_at(&error))?;
    whole.extend(part);
    let whole = whole.to_string();
    Config::parse(Path::new("picletter.toml"), &whole).map_err(|error| error_at(&error))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_errors_with_their_lines() {
    let reader = Reader::in_clone().await;
    for (text, expected) in [
        (
            "Do:\n```sh\ntrue\ncargo run -- shedule next\n```\n",
            "A.md:4: `cargo run -- shedule next` ends with Some(64)",
        ),
        (
            "```sh\nexport SG_KEY=…\nexport NO_SUCH_KEY=…\n```\n",
            "A.md:3: no value for `NO_SUCH_KEY`",
        ),
        (
            "```sh\ncargo test --test no_such\n```\n",
            "A.md:2: `cargo test --test no_such` ends with Some(101)",
        ),
        (
            "```sh\nnix run .#no-such\n```\n",
            "A.md:2: `nix run .#no-such` ends with Some(1)",
        ),
        (
            "```text\n$ cargo run -- check\npicletter.toml is wrong\n…\n```\n",
            "A.md:3: `cargo run -- check` does not print `picletter.toml is wrong`",
        ),
        (
            "```text\n30 runs\n```\n",
            "A.md:2: a sample must begin with",
        ),
        ("```bash\ntrue\n```\n", "A.md:1: unsupported language"),
        ("```toml\n[schedule]\nevry = \"day\"\n```\n", "A.md:2: "),
    ] {
        let document = Document::parse("A.md", text.to_owned());
        let found = first_error(&document, &reader).await.unwrap_or_default();
        assert!(found.starts_with(expected), "{text}{found}");
    }
}
