//! Confirmation prompts.

use inquire::{Confirm, InquireError, Text};

use super::CommandError;
use crate::cli::output::{INTERRUPTED, Output};
use picletter_core::diagnostic::Diagnostic;

/// Prompts with `question`, unless `yes` is set. Without a terminal, `yes` is required.
pub(super) fn confirm(output: &Output, yes: bool, question: &str) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    prompt(output, || {
        Confirm::new(question).with_default(false).prompt()
    })
}

/// Prompts for something optional. Without a terminal, the answer is no.
pub(super) fn offer(output: &Output, question: &str) -> Result<bool, CommandError> {
    if !output.can_ask() {
        return Ok(false);
    }
    confirm(output, false, question)
}

/// Prompts for `name`, unless `yes` is set. Without a terminal, `yes` is required.
pub(super) fn typed(
    output: &Output,
    yes: bool,
    question: &str,
    name: &str,
) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    let answer = prompt(output, || Text::new(question).prompt())?;
    Ok(answer.trim() == name)
}

fn prompt<T>(
    output: &Output,
    run_prompt: impl FnOnce() -> Result<T, InquireError>,
) -> Result<T, CommandError> {
    if !output.can_ask() {
        return Err(CommandError::Usage(Diagnostic::new(
            "not a terminal: cannot prompt for confirmation",
            "review the plan above, then pass --yes",
        )));
    }
    run_prompt().map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            CommandError::Reported(INTERRUPTED)
        }
        other => CommandError::Usage(Diagnostic::new(
            format!("cannot prompt for confirmation: {other}"),
            "pass --yes",
        )),
    })
}
