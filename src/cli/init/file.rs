//! The file that `init` writes: the example, with the answers in it.

use std::path::Path;

use toml::Value;

use super::question::{Answers, Question};
use picletter_core::config::{Config, ConfigError};

const EXAMPLE: &str = include_str!("example.toml");

/// Column of the example's comments.
const COMMENT_COLUMN: usize = 32;

/// Whether the file is the unchanged example, as in a fresh clone.
pub(super) fn is_example(path: &Path) -> bool {
    // Reading a FIFO without a writer would block.
    path.is_file() && std::fs::read(path).is_ok_and(|text| text == EXAMPLE.as_bytes())
}

/// The example with its values replaced by the answers.
pub(super) fn text(answers: &Answers) -> String {
    let mut text = String::with_capacity(EXAMPLE.len());
    let mut section = "";
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default();
        }
        let answered = answers.iter().find(|(question, _)| {
            question.section() == section && line.starts_with(&format!("{} = ", question.key()))
        });
        match answered {
            Some((question, answer)) => text += &line_with(*question, answer, line),
            None => text += line,
        }
        text.push('\n');
    }
    text
}

/// A line with an answer and its original comment.
fn line_with(question: Question, answer: &[String], line: &str) -> String {
    let value = match answer {
        [one] => Value::from(one.as_str()),
        several => Value::from(several.to_vec()),
    };
    let setting = format!("{} = {value}", question.key());
    match line.split_once(" # ") {
        Some((_, comment)) => {
            let width = COMMENT_COLUMN - 1;
            format!("{setting:<width$} # {comment}")
        }
        None => setting,
    }
}

/// The errors in an answer, by the rules of the file.
pub(super) fn errors(question: Question, answer: &[String]) -> Vec<String> {
    let alone = Answers::from([(question, answer.to_vec())]);
    match Config::parse(Path::new("picletter.toml"), &text(&alone)) {
        Ok(_) => Vec::new(),
        Err(ConfigError::Invalid(errors)) => errors.lines(),
        Err(other) => vec![other.to_string()],
    }
}
