//! Confirmation prompts.

use inquire::{Confirm, InquireError, Text};

use super::CommandError;
use crate::cli::output::{INTERRUPTED, Output};
use crate::cli::prompt::prompt;
use picletter_core::diagnostic::Diagnostic;

/// Prompts with `question`, unless `yes` is set. Without a terminal, `yes` is required.
pub(super) async fn confirm(
    output: &Output,
    yes: bool,
    question: String,
) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    ask(output, move || {
        Confirm::new(&question).with_default(false).prompt()
    })
    .await
}

/// Prompts for something optional. Without a terminal, the answer is no.
pub(super) async fn offer(output: &Output, question: String) -> Result<bool, CommandError> {
    if !output.can_ask() {
        return Ok(false);
    }
    confirm(output, false, question).await
}

/// Prompts for `name`, unless `yes` is set. Without a terminal, `yes` is required.
pub(super) async fn typed(
    output: &Output,
    yes: bool,
    question: String,
    name: &str,
) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    let answer = ask(output, move || Text::new(&question).prompt()).await?;
    Ok(answer.trim() == name)
}

async fn ask<T: Send + 'static>(
    output: &Output,
    run_prompt: impl FnOnce() -> Result<T, InquireError> + Send + 'static,
) -> Result<T, CommandError> {
    if !output.can_ask() {
        return Err(CommandError::Usage(Diagnostic::new(
            "not a terminal: cannot prompt for confirmation",
            "review the plan above, then pass --yes",
        )));
    }
    prompt(run_prompt).await.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            output.error(output.interrupted());
            CommandError::Reported(INTERRUPTED)
        }
        other => CommandError::Usage(Diagnostic::new(
            format!("cannot prompt for confirmation: {other}"),
            "pass --yes",
        )),
    })
}
