//! The command and the dyno of a job: keys of `[heroku]` or `[jobs.NAME]`.

use std::ops::Range;

use jiff::SignedDuration;

use super::super::duration::MAX_TIME_TO_LIVE;
use super::super::file_diagnostic::FileDiagnostics;
use super::super::names::{invalid_dyno_size_help, is_process_type};
use super::super::table::Section;
use super::length;
use picletter_worker::quote::quote;

/// The maximum length of a command, in bytes.
const MAX_COMMAND_BYTES: usize = 4096;

/// The parsed keys. Invalid values are replaced by defaults.
pub(super) struct ParsedDyno {
    /// `None` if the command is missing or invalid.
    pub(super) command: Option<String>,
    pub(super) command_is_valid: bool,
    pub(super) process_type: Option<String>,
    pub(super) dyno_size: String,
    pub(super) time_to_live: SignedDuration,
    /// The span of `time_to_live`.
    pub(super) time_to_live_span: Option<Range<usize>>,
}

pub(super) fn read(section: &Section<'_>, errors: &mut FileDiagnostics) -> ParsedDyno {
    let process_type = section.checked(
        "process_type",
        is_process_type,
        "at most 63 letters, digits, and underscores, such as `worker`",
        errors,
    );
    let before = errors.0.len();
    let command = section.checked(
        "command",
        |command| {
            !command.trim().is_empty()
                && command.len() <= MAX_COMMAND_BYTES
                && !command.chars().any(char::is_control)
        },
        "one line of at most 4,096 bytes, such as `worker`",
        errors,
    );
    let command_is_valid = errors.0.len() == before;
    let dyno_size = section.text("dyno_size", errors).map(|size| {
        let lower = size.value.to_lowercase();
        if let Some(help) = invalid_dyno_size_help(&lower) {
            let problem = format!("unknown dyno size: {}", quote(&size.value));
            errors.add(size.span, problem, help);
        }
        lower
    });
    let least = SignedDuration::from_secs(1);
    let text = section.text("time_to_live", errors);
    let span = text.as_ref().map(|text| text.span.clone());
    let time_to_live = text.and_then(|text| length(text, least, MAX_TIME_TO_LIVE, errors));
    ParsedDyno {
        command,
        command_is_valid,
        process_type,
        dyno_size: dyno_size.unwrap_or_else(|| "basic".to_owned()),
        time_to_live: time_to_live.unwrap_or(SignedDuration::from_mins(30)),
        time_to_live_span: span,
    }
}
