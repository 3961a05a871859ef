//! A dyno: as the API tells of it, and what remains known when it is gone.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::app::Identity;
use super::ids::Ids;
use super::program::Ending;
use super::refusal::Refusal;
use super::{Heroku, body};

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

/// How many ended dynos are remembered; of more, the oldest are forgotten.
const RECORDS: usize = 1_000;

/// The dynos.
#[derive(Default)]
pub(super) struct Dynos {
    /// Oldest first.
    pub(super) listed: Vec<Dyno>,
    ended: VecDeque<DynoRecord>,
}

impl Dynos {
    /// Those that are alive.
    pub(super) fn infos(&self) -> Vec<Arc<DynoInfo>> {
        let alive = self.listed.iter().filter(|dyno| dyno.is_alive());
        alive.map(|dyno| dyno.info.clone()).collect()
    }

    /// A name that no living dyno has. One-off dynos are numbered at random.
    pub(super) fn free_name(&self, ids: &mut Ids, process_type: &str) -> String {
        loop {
            let name = format!("{process_type}.{}", ids.dyno_number());
            if !self.listed.iter().any(|dyno| dyno.info.name == name) {
                return name;
            }
        }
    }

    pub(super) fn find(&self, id_or_name: &str) -> Option<&Dyno> {
        self.listed.iter().find(|dyno| dyno.is(id_or_name))
    }

    /// Stops the dynos of an app that is deleted.
    pub(super) fn stop_all_of(&mut self, app_id: &str) {
        let of_app = |dyno: &Dyno| dyno.app.id == app_id;
        for dyno in self.listed.iter().filter(|dyno| of_app(dyno)) {
            dyno.stop(Stopper::Request);
        }
        self.listed.retain(|dyno| dyno.is_alive() || !of_app(dyno));
    }

    /// Notes that a dyno is up.
    pub(super) fn set_up(&mut self, id: &str, now: Timestamp) {
        if let Some(dyno) = self.listed.iter_mut().find(|dyno| dyno.info.id == id) {
            dyno.state = DynoState::Up;
            dyno.updated_at = now;
        }
    }

    /// Notes that a dyno ended. One that crashed stays listed, and is not started again before the
    /// next release: the vendor waits longer and longer.
    pub(super) fn end(&mut self, record: DynoRecord, crashed: bool) {
        let listed = self.listed.iter().position(|it| it.is(&record.dyno.id));
        match listed {
            Some(at) if crashed => {
                self.listed[at].state = DynoState::Crashed;
                self.listed[at].updated_at = record.ended_at;
            }
            Some(at) => {
                self.listed.remove(at);
            }
            None => {}
        }
        if self.ended.len() == RECORDS {
            self.ended.pop_front();
        }
        self.ended.push_back(record);
    }
}

impl Heroku {
    /// The dynos that are alive, oldest first.
    pub fn alive(&self) -> Vec<Arc<DynoInfo>> {
        self.core.state().dynos.infos()
    }

    /// The dynos that ended since this was last asked, in the order of their ends; of very many only
    /// the last 1,000.
    pub fn drain_ended(&self) -> Vec<DynoRecord> {
        self.core.state().dynos.ended.drain(..).collect()
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/apps/{app}/dynos", get(list).post(create))
        .route("/apps/{app}/dynos/{dyno}", get(info))
        .route("/apps/{app}/dynos/{dyno}/actions/stop", post(stop))
}

async fn list(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let state = core.state();
    let app = &state.apps.get(&app)?.identity.id;
    let dynos = state.dynos.listed.iter();
    let dynos = dynos.filter(|dyno| dyno.app.id == *app);
    Ok(Json(dynos.map(Dyno::json).collect()))
}

impl super::State {
    fn dyno(&self, app: &str, id_or_name: &str) -> Result<&Dyno, Refusal> {
        let app = &self.apps.get(app)?.identity.id;
        let mut dynos = self.dynos.listed.iter();
        dynos
            .find(|dyno| dyno.app.id == *app && dyno.is(id_or_name))
            .ok_or_else(|| Refusal::not_found("dyno"))
    }
}

async fn create(
    State(heroku): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let dyno = heroku.start(&app, body::object(&headers, &body)?)?;
    Ok((StatusCode::CREATED, Json(dyno)))
}

async fn info(
    State(Heroku { core, .. }): State<Heroku>,
    Path((app, id_or_name)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(core.state().dyno(&app, &id_or_name)?.json()))
}

async fn stop(
    State(Heroku { core, .. }): State<Heroku>,
    Path((app, id_or_name)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    core.state().dyno(&app, &id_or_name)?.stop(Stopper::Request);
    Ok((StatusCode::ACCEPTED, Json(json!({}))))
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
