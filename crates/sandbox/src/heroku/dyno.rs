//! A dyno: as the API tells of it, and what remains known when it is gone.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::app::Identity;
use super::program::Ending;

/// A dyno that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynoInfo {
    /// Its id, a UUID.
    pub id: String,
    /// Such as `worker.1234`.
    pub name: String,
    /// Its process type.
    pub process_type: String,
    /// Its size, such as `Basic`.
    pub size: &'static str,
    /// The command as it was asked for.
    pub command: String,
    /// Azure's id of the run, where the command names one: `--run-id JOB/X` or `RUN_ID=JOB/X`,
    /// where the job may be left out.
    pub run_id: Option<String>,
    /// How long it may live; of a formation's dyno, for ever.
    pub time_to_live: Duration,
    /// When it was started.
    pub started_at: Timestamp,
}

/// Who ended a dyno that did not end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopper {
    /// A request to stop it.
    Request,
    /// Its time to live was over.
    TimeToLive,
    /// The formation has no place for it any more, or has another of a newer release there.
    Formation,
}

/// A dyno's whole life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynoRecord {
    /// The dyno.
    pub dyno: Arc<DynoInfo>,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// Who asked it to.
    pub stopped_by: Option<Stopper>,
}

/// Of the vendor's states those that a dyno is seen in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DynoState {
    Starting,
    Up,
    /// It ended by itself and should not have: it is one of the formation.
    Crashed,
}

/// A dyno that is alive, or of the formation and crashed.
pub(super) struct Dyno {
    pub(super) app: Arc<Identity>,
    pub(super) info: Arc<DynoInfo>,
    /// Id and version of the release that it was started from.
    pub(super) release: (String, u64),
    pub(super) state: DynoState,
    /// Whether it is one of the formation and no one-off dyno.
    pub(super) of_formation: bool,
    pub(super) updated_at: Timestamp,
    pub(super) stop: watch::Sender<Option<Stopper>>,
}

impl Dyno {
    pub(super) fn is(&self, id_or_name: &str) -> bool {
        self.info.id == id_or_name || self.info.name == id_or_name
    }

    pub(super) fn is_alive(&self) -> bool {
        self.state != DynoState::Crashed
    }

    /// Asks it to end, unless that was done before.
    pub(super) fn stop(&self, stopper: Stopper) {
        self.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            stop.get_or_insert(stopper);
            first
        });
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "attach_url": null,
            "command": self.info.command,
            "created_at": date_time(self.info.started_at),
            "id": self.info.id,
            "name": self.info.name,
            "app": { "id": self.app.id, "name": self.app.name },
            "release": { "id": self.release.0, "version": self.release.1 },
            "size": self.info.size,
            "state": self.state,
            "type": self.info.process_type,
            "updated_at": date_time(self.updated_at),
        })
    }
}

/// A time as the vendor writes it: to the second.
pub(super) fn date_time(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}

/// The run that a command names, without its job; it may stand within quotes for a shell.
pub(super) fn run_id(command: &str) -> Option<String> {
    ["--run-id=", "--run-id ", "RUN_ID="]
        .iter()
        .find_map(|key| {
            let (_, rest) = command.split_once(key)?;
            let rest = rest.trim_start().trim_start_matches(['\'', '"']);
            let end = rest
                .find(|c: char| c.is_whitespace() || "'\";&|".contains(c))
                .unwrap_or(rest.len());
            let id = rest[..end].rsplit('/').next()?;
            (!id.is_empty()).then(|| id.to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::run_id;

    #[test]
    fn a_run_is_known_by_its_command() {
        for (command, id) in [
            ("worker --run-id X1", Some("X1")),
            ("worker --run-id=X1 --more", Some("X1")),
            ("worker --run-id 1a2b3c4d/group/daily/X1", Some("X1")),
            ("RUN_ID=1a2b3c4d/group/daily/X1 bin/backup", Some("X1")),
            ("worker --run-id 'X1'", Some("X1")),
            (
                "sh -c 'RUN_ID=X1; backup; curl \"$RUN_CALLBACK_URL\"'",
                Some("X1"),
            ),
            ("worker", None),
            ("worker --run-id ", None),
        ] {
            assert_eq!(run_id(command).as_deref(), id, "{command}");
        }
    }
}
