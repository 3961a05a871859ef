//! Collects dyno events and alerts in a single stream.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer};

/// A dyno event, or an alert that the workflow sent.
pub(super) enum Observed {
    Started(DynoInfo),
    /// The process of the dyno with this name has started.
    Up(Arc<str>),
    /// The dyno with this name wrote a line.
    Line(Arc<str>, String),
    Ended(DynoRecord),
    /// The workflow sent this alert.
    Alert(String),
}

/// Forwards the events of dynos.
#[derive(Clone)]
pub(super) struct Watch(pub(super) UnboundedSender<Observed>);

impl Watch {
    pub(super) fn send(&self, observed: Observed) {
        // Fails if no run is followed any more.
        let _ = self.0.send(observed);
    }
}

impl Observer for Watch {
    fn started(&self, dyno: &DynoInfo, _: &[Arc<DynoInfo>]) {
        self.send(Observed::Started(dyno.clone()));
    }

    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            self.send(Observed::Line(line.process.clone(), line.text.clone()));
        } else if line.text == "State changed from starting to up" {
            self.send(Observed::Up(line.process.clone()));
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.send(Observed::Ended(record.clone()));
    }
}

/// The counts before the run.
pub(super) struct Earlier {
    pub(super) requests: usize,
    pub(super) mails: usize,
    pub(super) heartbeats: usize,
}

impl Earlier {
    /// The current counts.
    pub(super) fn read(sandbox: &Sandbox) -> Self {
        Self {
            requests: requests_to_heroku(sandbox),
            mails: sandbox.inbox().mails().len(),
            heartbeats: sandbox.heartbeats().all().len(),
        }
    }
}

/// The number of requests about apps so far.
pub(super) fn requests_to_heroku(sandbox: &Sandbox) -> usize {
    let record = sandbox.faults().record();
    let about_apps = record.iter().filter(|(_, path)| path.starts_with("/apps/"));
    about_apps.count()
}
