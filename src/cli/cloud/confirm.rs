//! Confirmation prompts.

use inquire::{Confirm, InquireError, Text};

use super::CommandError;
use crate::cli::output::{INTERRUPTED, Output};
use picletter_core::diagnostic::Diagnostic;

/// Asks `question`, unless `yes` is set. Without a terminal, `yes` is required.
pub(super) fn confirm(output: &Output, yes: bool, question: &str) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    ask(output, || {
        Confirm::new(question).with_default(false).prompt()
    })
}

/// Asks whether to do something optional. Without a terminal, the answer is no.
pub(super) fn offer(output: &Output, question: &str) -> Result<bool, CommandError> {
    if !output.can_ask() {
        return Ok(false);
    }
    confirm(output, false, question)
}

/// Asks to type `name`, unless `yes` is set. Without a terminal, `yes` is required.
pub(super) fn typed(
    output: &Output,
    yes: bool,
    question: &str,
    name: &str,
) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    let answer = ask(output, || Text::new(question).prompt())?;
    Ok(answer.trim() == name)
}

fn ask<T>(
    output: &Output,
    prompt: impl FnOnce() -> Result<T, InquireError>,
) -> Result<T, CommandError> {
    if !output.can_ask() {
        return Err(CommandError::Usage(Diagnostic::new(
            "not a terminal: cannot ask for confirmation",
            "review the plan above, then pass --yes",
        )));
    }
    prompt().map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            CommandError::Reported(INTERRUPTED)
        }
        other => CommandError::Usage(Diagnostic::new(
            format!("cannot ask for confirmation: {other}"),
            "pass --yes",
        )),
    })
}
