//! Results of the commands that the pages execute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use maud::{Markup, html};
use tokio::sync::watch;

use crate::dashboard::html::{Tone, badge, prose};
use crate::dashboard::source::Command;
use crate::diagnostic::Diagnostic;

/// Time for which the result of a command is shown.
const SHOWN: Duration = Duration::from_mins(5);

/// The last command of each job. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Notices(Arc<watch::Sender<Vec<Notice>>>);

/// A command and its result.
#[derive(Debug)]
pub(super) struct Notice {
    job: usize,
    since: Instant,
    command: Command,
    result: Option<Result<String, Diagnostic>>,
}

impl Notices {
    /// Records that a command of a job is in progress, or its result.
    pub(super) fn record(
        &self,
        job: usize,
        command: Command,
        result: Option<Result<String, Diagnostic>>,
    ) {
        self.0.send_modify(|notices| {
            notices.retain(|notice| notice.job != job);
            notices.push(Notice {
                job,
                since: Instant::now(),
                command,
                result,
            });
        });
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

impl Notice {
    fn markup(&self) -> Markup {
        match &self.result {
            None => badge(
                Tone::Going,
                match self.command {
                    Command::Run => "starting a run",
                    Command::Pause => "pausing",
                    Command::Resume => "resuming",
                },
            ),
            Some(Ok(words)) => html! { (badge(Tone::Good, "done")) " " (words) },
            Some(Err(diagnostic)) => html! {
                (badge(Tone::Bad, "failed")) " " (prose(&diagnostic.summary)) "."
                @if let Some(help) = &diagnostic.help { " What to do: " (prose(help)) }
            },
        }
    }
}
