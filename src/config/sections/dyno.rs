//! What a job runs, and in which dyno: keys of `[heroku]`, or of `[jobs.NAME]`.

use std::ops::Range;

use jiff::SignedDuration;

use super::super::duration::LONGEST_LIFE;
use super::super::names::{is_process_type, wrong_dyno_size};
use super::super::places::Mistakes;
use super::super::table::Section;
use super::length;
use picletter_worker::quote::quote;

/// More than any command that a person writes on one line.
const LONGEST_COMMAND: usize = 4096;

/// What is read; the defaults stand for what is wrong.
pub(super) struct ReadDyno {
    /// None where the file gives none, or a wrong one.
    pub(super) command: Option<String>,
    pub(super) command_is_right: bool,
    pub(super) process_type: Option<String>,
    pub(super) dyno_size: String,
    pub(super) time_to_live: SignedDuration,
    /// Where the file gives the time to live.
    pub(super) life: Option<Range<usize>>,
}

pub(super) fn read(section: &Section<'_>, mistakes: &mut Mistakes) -> ReadDyno {
    let process_type = section.checked(
        "process_type",
        is_process_type,
        "it has at most 63 letters, digits and underscores, such as `worker`",
        mistakes,
    );
    let before = mistakes.0.len();
    let command = section.checked(
        "command",
        |command| {
            !command.trim().is_empty()
                && command.len() <= LONGEST_COMMAND
                && !command.chars().any(char::is_control)
        },
        "it is what the dyno runs, on one line of at most 4,096 bytes, such as `worker`",
        mistakes,
    );
    let command_is_right = mistakes.0.len() == before;
    let dyno_size = section.text("dyno_size", mistakes).map(|size| {
        let lower = size.value.to_lowercase();
        if let Some(help) = wrong_dyno_size(&lower) {
            let problem = format!("{} is no dyno size", quote(&size.value));
            mistakes.add(size.span, problem, help);
        }
        lower
    });
    let least = SignedDuration::from_secs(1);
    let life = section.text("time_to_live", mistakes);
    let span = life.as_ref().map(|life| life.span.clone());
    let time_to_live = life.and_then(|life| length(life, least, LONGEST_LIFE, mistakes));
    ReadDyno {
        command,
        command_is_right,
        process_type,
        dyno_size: dyno_size.unwrap_or_else(|| "basic".to_owned()),
        time_to_live: time_to_live.unwrap_or(SignedDuration::from_mins(30)),
        life: span,
    }
}
