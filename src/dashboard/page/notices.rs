//! Results of the commands that the pages execute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use maud::{Markup, html};
use tokio::sync::watch;

use crate::dashboard::html::{Tone, badge, prose};
use crate::dashboard::source::Command;
use picletter_core::diagnostic::Diagnostic;

/// Time for which the result of a command is shown.
const SHOWN: Duration = Duration::from_mins(5);

/// The last command of each job. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<watch::Sender<Vec<Notice>>>);

/// A command and its result.
#[derive(Debug)]
pub(super) struct Notice {
    job: usize,
    /// The job's name.
    label: String,
    since: Instant,
    command: Command,
    result: Option<Result<String, Diagnostic>>,
}

impl Notices {
    /// Records that a command of a job is in progress. Returns `false` if the same command already is:
    /// a double click sends a form twice.
    pub(super) fn begin(&self, job: usize, label: &str, command: Command) -> bool {
        self.0.send_if_modified(|notices| {
            let mut notices_of_job = notices.iter().filter(|notice| notice.job == job);
            if notices_of_job.any(|notice| notice.is_in_progress(command)) {
                return false;
            }
            replace(notices, job, label, command, None);
            true
        })
    }

    /// Records the result of a command.
    pub(super) fn end(
        &self,
        job: usize,
        label: &str,
        command: Command,
        result: Result<String, Diagnostic>,
    ) {
        self.0
            .send_modify(|notices| replace(notices, job, label, command, Some(result)));
    }

    /// Notifies of changes.
    pub(super) fn subscribe(&self) -> watch::Receiver<Vec<Notice>> {
        self.0.subscribe()
    }

    /// The newest result: of a job, or of any.
    pub(super) fn newest(&self, job: Option<usize>) -> Option<Markup> {
        let notices = self.0.borrow();
        let mut newest_first = notices.iter().rev();
        let notice = newest_first.find(|notice| job.is_none_or(|job| job == notice.job))?;
        (notice.since.elapsed() < SHOWN).then(|| notice.markup())
    }
}

fn replace(
    notices: &mut Vec<Notice>,
    job: usize,
    label: &str,
    command: Command,
    result: Option<Result<String, Diagnostic>>,
) {
    notices.retain(|notice| notice.job != job);
    notices.push(Notice {
        job,
        label: label.to_owned(),
        since: Instant::now(),
        command,
        result,
    });
}

impl Notice {
    fn is_in_progress(&self, command: Command) -> bool {
        self.command == command && self.result.is_none() && self.since.elapsed() < SHOWN
    }

    fn markup(&self) -> Markup {
        let job = html! { strong { (self.label) } };
        match &self.result {
            None => {
                let words = match self.command {
                    Command::Run => "starting a run",
                    Command::Pause => "pausing",
                    Command::Resume => "resuming",
                };
                html! { (badge(Tone::Going, words)) " " (job) }
            }
            Some(Ok(words)) => html! { (badge(Tone::Good, "done")) " " (job) ": " (prose(words)) },
            Some(Err(diagnostic)) => html! {
                (badge(Tone::Bad, "failed")) " " (job) ": " (prose(&diagnostic.summary)) "."
                @if let Some(help) = &diagnostic.help { " What to do: " (prose(help)) }
            },
        }
    }
}
