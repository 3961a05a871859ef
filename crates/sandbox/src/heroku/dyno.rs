//! Dynos: their representation in the API, and the records of ended dynos.

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

/// A started dyno.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynoInfo {
    /// The ID, a UUID.
    pub id: String,
    /// The name, such as `worker.1234`.
    pub name: String,
    /// The process type.
    pub process_type: String,
    /// The size, such as `Basic`.
    pub size: &'static str,
    /// The command as requested.
    pub command: String,
    /// The ID of the workflow run, if the command contains `--run-id JOB/X` or `RUN_ID=JOB/X`. The
    /// job is optional.
    pub run_id: Option<String>,
    /// The maximum lifetime; `Duration::MAX` for a dyno of the formation.
    pub time_to_live: Duration,
    /// When the dyno was started.
    pub started_at: Timestamp,
}

/// Why a dyno was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopper {
    /// A request to stop it.
    Request,
    /// Its time to live was over.
    TimeToLive,
    /// The formation no longer includes it, or replaced it with a dyno of a newer release.
    Formation,
}

/// An ended dyno.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynoRecord {
    /// The dyno.
    pub dyno: Arc<DynoInfo>,
    /// When the dyno ended.
    pub ended_at: Timestamp,
    /// How the dyno ended.
    pub ending: Ending,
    /// Why it was stopped; `None` if it ended by itself.
    pub stopped_by: Option<Stopper>,
}

/// The vendor's dyno states that this fake uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DynoState {
    Starting,
    Up,
    /// It ended by itself although it belongs to the formation.
    Crashed,
}

/// A dyno that is alive, or a crashed one of the formation.
pub(super) struct Dyno {
    pub(super) app: Arc<Identity>,
    pub(super) info: Arc<DynoInfo>,
    /// ID and version of the release that it runs.
    pub(super) release: (String, u64),
    pub(super) state: DynoState,
    /// Whether it belongs to the formation. Otherwise it is a one-off dyno.
    pub(super) in_formation: bool,
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

    /// Stops the dyno, unless it is being stopped already.
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

/// Maximum number of records of ended dynos. The oldest records are dropped.
const RECORDS: usize = 1_000;

/// All dynos.
#[derive(Default)]
pub(super) struct Dynos {
    /// Oldest first.
    pub(super) listed: Vec<Dyno>,
    ended: VecDeque<DynoRecord>,
}

impl Dynos {
    /// The dynos that are alive.
    pub(super) fn infos(&self) -> Vec<Arc<DynoInfo>> {
        let alive = self.listed.iter().filter(|dyno| dyno.is_alive());
        alive.map(|dyno| dyno.info.clone()).collect()
    }

    /// A name that no dyno has. One-off dynos have random numbers.
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

    /// Stops the dynos of a deleted app.
    pub(super) fn stop_all_for(&mut self, app_id: &str) {
        let is_of_app = |dyno: &Dyno| dyno.app.id == app_id;
        for dyno in self.listed.iter().filter(|dyno| is_of_app(dyno)) {
            dyno.stop(Stopper::Request);
        }
        self.listed
            .retain(|dyno| dyno.is_alive() || !is_of_app(dyno));
    }

    /// Sets the state of a dyno to up.
    pub(super) fn mark_up(&mut self, id: &str, now: Timestamp) {
        if let Some(dyno) = self.listed.iter_mut().find(|dyno| dyno.info.id == id) {
            dyno.state = DynoState::Up;
            dyno.updated_at = now;
        }
    }

    /// Records that a dyno ended. A crashed dyno stays listed and is not restarted before the next
    /// release; the vendor restarts it after increasing delays.
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

    /// Returns and removes the records of ended dynos, in the order of their ends. Only the last
    /// 1,000 are kept.
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

/// A time in the vendor's format, to the second.
pub(super) fn date_time(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}

/// The ID of the run in a command, without its job. It may be within quotes for a shell.
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
