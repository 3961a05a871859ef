//! Asks before something is done.

use inquire::{Confirm, InquireError, Text};

use super::CommandError;
use crate::cli::output::{INTERRUPTED, Output};
use crate::diagnostic::Diagnostic;

/// Whether it may be done. Where nobody can be asked, only `yes` lets it.
pub(super) fn confirm(output: &Output, yes: bool, question: &str) -> Result<bool, CommandError> {
    if yes {
        return Ok(true);
    }
    ask(output, || {
        Confirm::new(question).with_default(false).prompt()
    })
}

/// Whether to do something optional: asked on a terminal only, and no unless the answer is yes.
pub(super) fn offer(output: &Output, question: &str) -> Result<bool, CommandError> {
    if !output.can_ask() {
        return Ok(false);
    }
    confirm(output, false, question)
}

/// Whether a name was typed as it is. Where nobody can be asked, only `yes` lets it.
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
            "not a terminal, so that nothing can be asked",
            "review the plan above, then pass --yes",
        )));
    }
    prompt().map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            CommandError::Reported(INTERRUPTED)
        }
        other => CommandError::Usage(Diagnostic::new(
            format!("nothing could be asked ({other})"),
            "pass --yes",
        )),
    })
}
