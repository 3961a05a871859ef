//! Runs the commands of the README and docs, compares their output with the samples, and follows links.

mod document;
mod printed;
mod reader;
mod references;

use std::path::Path;

use picletter::config::Config;
use toml::Table;

use document::{Block, Document, Passage};
use reader::Reader;

/// Fails with all mistakes at once.
fn none(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "\n{}\n", mistakes.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn readme_commands_print_what_it_shows() {
    let mut reader = Reader::in_a_clone().await;
    reader.forgets(&["HEROKU_API_KEY", "SG_KEY", "ALERT_WEBHOOK"]);
    follow(&Document::read("README.md"), &reader).await;
    let mails = reader.cli.sandbox.inbox().mails().len();
    assert_eq!(mails, 1, "`run` has sent one");
}

#[tokio::test(flavor = "multi_thread")]
async fn try_page_commands_print_what_it_shows() {
    let mut reader = Reader::in_a_clone().await;
    reader.forgets(&["HEROKU_API_KEY", "SG_KEY", "ALERT_WEBHOOK"]);
    follow(&Document::read("docs/try.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nix_page_commands_exist() {
    let reader = Reader::in_a_clone().await;
    follow(&Document::read("docs/nix.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_commands_work() {
    let reader = Reader::of_a_deployment().await;
    follow(&Document::read("docs/operations.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_commands_work() {
    let mut reader = Reader::in_a_clone().await;
    reader.forgets(&["SG_KEY"]);
    follow(&Document::read("docs/configuration.md"), &reader).await;
    assert_eq!(reader.cli.sandbox.inbox().mails().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn logic_app_commands_fit_the_template() {
    let reader = Reader::in_a_clone().await;
    let template = include_str!("../../../logic-app/picletter-app.definition.json");
    reader.writes("picletter-app.definition.json", template, 0o644);
    follow(&Document::read("logic-app/README.md"), &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scale_page_shows_what_the_simulation_prints() {
    let reader = Reader::in_a_clone().await;
    follow(&Document::read("docs/scale.md"), &reader).await;
}

/// Does what each block says, in the document's order.
async fn follow(document: &Document, reader: &Reader) {
    assert!(!document.blocks.is_empty());
    // What follows a mistake may build on it.
    none(&Vec::from_iter(first_mistake(document, reader).await));
}

async fn first_mistake(document: &Document, reader: &Reader) -> Option<String> {
    for block in &document.blocks {
        let Block { language, content } = block;
        let mistake = match language.as_str() {
            "sh" => reader.run(document, content).await.err(),
            "text" => sample(document, content, reader).await.err(),
            "toml" => file(document, content, reader).err(),
            "mermaid" => None,
            other => Some(document.mistake(
                content.line - 1,
                format!("nothing is known of blocks in `{other}`"),
            )),
        };
        if mistake.is_some() {
            return mistake;
        }
    }
    None
}

/// A command after a `$`, and what it prints.
async fn sample(document: &Document, content: &Passage, reader: &Reader) -> Result<(), String> {
    let (command, shown) = content
        .text
        .strip_prefix("$ ")
        .and_then(|text| text.split_once('\n'))
        .ok_or_else(|| {
            document.mistake(content.line, "a sample begins with `$ ` and its command")
        })?;
    let command = Passage {
        line: content.line,
        text: command.to_owned(),
    };
    let printed = reader.run(document, &command).await?;
    match printed::difference(shown, &printed) {
        None => Ok(()),
        Some(line) => {
            let told = shown.lines().nth(line).unwrap_or_default().trim();
            let what = format!("`{}` does not print `{told}`\n{printed}", command.text);
            Err(document.mistake(content.line + 1 + line, what))
        }
    }
}

/// A whole file, whose name stands in its first line, is written; of a part it is seen that it fits
/// into the example.
fn file(document: &Document, content: &Passage, reader: &Reader) -> Result<(), String> {
    let name = content.text.lines().next().unwrap_or_default();
    if let Some(name) = name.strip_prefix("# ").filter(|name| {
        Path::new(name)
            .extension()
            .is_some_and(|kind| kind == "toml")
    }) {
        reader.writes(name, &content.text, 0o644);
        return Ok(());
    }
    let mistake = |error: &dyn std::fmt::Display| document.mistake(content.line, error);
    let mut whole: Table = include_str!("../../../src/cli/init/example.toml")
        .parse()
        .unwrap();
    let part: Table = content.text.parse().map_err(|error| mistake(&error))?;
    whole.extend(part);
    let whole = whole.to_string();
    Config::parse(Path::new("picletter.toml"), &whole).map_err(|error| mistake(&error))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_mistake_with_its_line() {
    let reader = Reader::in_a_clone().await;
    for (text, mistake) in [
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
        ("```text\n30 runs\n```\n", "A.md:2: a sample begins with"),
        ("```bash\ntrue\n```\n", "A.md:1: nothing is known of"),
        ("```toml\n[schedule]\nevry = \"day\"\n```\n", "A.md:2: "),
    ] {
        let document = Document::parse("A.md", text.to_owned());
        let found = first_mistake(&document, &reader).await.unwrap_or_default();
        assert!(found.starts_with(mistake), "{text}{found}");
    }
}
