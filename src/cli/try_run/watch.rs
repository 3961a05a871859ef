//! All that is to be seen of a run but for its actions, in one order.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use picletter_sandbox::heroku::{DynoInfo, DynoRecord, LogLine, Observer};

/// What has happened outside the workflow.
pub(super) enum Seen {
    Started(DynoInfo),
    /// The process of the dyno of this name has begun.
    Up(Arc<str>),
    /// The dyno of this name wrote a line.
    Line(Arc<str>, String),
    Ended(DynoRecord),
    /// The workflow alerts with this text.
    Alert(String),
}

/// Tells of dynos and alerts.
#[derive(Clone)]
pub(super) struct Watch(pub(super) UnboundedSender<Seen>);

impl Watch {
    pub(super) fn tell(&self, seen: Seen) {
        // Nobody looks any more.
        let _ = self.0.send(seen);
    }
}

impl Observer for Watch {
    fn started(&self, dyno: &DynoInfo, _: &[Arc<DynoInfo>]) {
        self.tell(Seen::Started(dyno.clone()));
    }

    fn logged(&self, line: &LogLine) {
        if line.source == "app" && &*line.process != "api" {
            self.tell(Seen::Line(line.process.clone(), line.text.clone()));
        } else if line.text == "State changed from starting to up" {
            self.tell(Seen::Up(line.process.clone()));
        }
    }

    fn ended(&self, record: &DynoRecord) {
        self.tell(Seen::Ended(record.clone()));
    }
}
