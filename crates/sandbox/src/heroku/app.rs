//! Apps: create, update, delete.
//!
//! Source: the vendor's hyper-schema, `app` and `team-app`. Messages are quoted from users'
//! reports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::account::EMAIL;
use super::body::{self, Fields};
use super::dyno::date_time;
use super::formation::ProcessType;
use super::ids::{Ids, reference};
use super::log::Log;
use super::program::Program;
use super::refusal::Refusal;
use super::release::{Contents, Release};
use super::slug::Slug;
use super::{Core, Heroku, NoObserver, Observer, State, size};

/// Regions of the Common Runtime.
const REGIONS: [&str; 2] = ["us", "eu"];
pub(super) const STACKS: [&str; 4] = ["container", "heroku-22", "heroku-24", "heroku-26"];
const DEFAULT_STACK: &str = "heroku-24";

/// The part of an app that its dynos keep after the app is deleted.
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) observer: Arc<dyn Observer>,
}

/// An existing app.
pub(super) struct HostedApp {
    pub(super) identity: Arc<Identity>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) stack: &'static str,
    pub(super) build_stack: &'static str,
    pub(super) region: &'static str,
    pub(super) generation: &'static str,
    pub(super) team: Option<String>,
    pub(super) config_vars: BTreeMap<String, String>,
    pub(super) formation: Vec<ProcessType>,
    /// Oldest first.
    pub(super) releases: Vec<Release>,
    pub(super) slugs: Vec<Arc<Slug>>,
    pub(super) log: Log,
    /// What its dynos run instead of their image; only for an app deployed in code.
    pub(super) program: Option<Arc<dyn Program>>,
}

impl HostedApp {
    pub(super) fn new(
        id: String,
        name: String,
        now: Timestamp,
        observer: Arc<dyn Observer>,
    ) -> Self {
        Self {
            identity: Arc::new(Identity { id, name, observer }),
            created_at: now,
            updated_at: now,
            stack: "container",
            build_stack: "container",
            region: "us",
            generation: "cedar",
            team: None,
            config_vars: BTreeMap::new(),
            formation: Vec::new(),
            releases: Vec::new(),
            slugs: Vec::new(),
            log: Log::default(),
            program: None,
        }
    }

    pub(super) fn is(&self, id_or_name: &str) -> bool {
        self.identity.id == id_or_name || self.identity.name == id_or_name
    }

    /// The newest release.
    pub(super) fn current(&self) -> Option<&Release> {
        self.releases.last()
    }

    /// The contents of the newest release, with which the next one starts.
    pub(super) fn contents(&self) -> Option<&Contents> {
        self.current().map(|release| &release.contents)
    }

    fn json(&self, core: &Core) -> Value {
        let mut json = json!({
            "acm": false,
            "archived_at": null,
            "build_stack": reference(self.build_stack),
            "buildpack_provided_description": null,
            "created_at": date_time(self.created_at),
            "generation": { "name": self.generation },
            "git_url": format!("https://git.heroku.com/{}.git", self.identity.name),
            "id": self.identity.id,
            "internal_routing": null,
            "maintenance": false,
            "name": self.identity.name,
            "organization": null,
            "owner": { "email": EMAIL, "id": core.account_id },
            "region": reference(self.region),
            "released_at": self.current().map(|_| date_time(self.updated_at)),
            "repo_size": null,
            "slug_size": self.current().and_then(|release| release.contents.slug()?.size()),
            "space": null,
            "stack": reference(self.stack),
            "team": null,
            "updated_at": date_time(self.updated_at),
            "web_url": format!("https://{}.herokuapp.com/", self.identity.name),
        });
        if let Some(team) = &self.team {
            json["organization"] = reference(team);
            json["team"] = reference(team);
            json["owner"]["email"] = format!("{team}@herokumanager.com").into();
        }
        json
    }
}

/// All apps, and the names that are taken.
pub(super) struct Apps {
    pub(super) hosted: Vec<HostedApp>,
    /// Names of apps of other accounts.
    reserved_names: BTreeSet<String>,
    /// The observer of apps created by a request.
    observer: Arc<dyn Observer>,
}

impl Default for Apps {
    fn default() -> Self {
        Self {
            hosted: Vec::new(),
            reserved_names: BTreeSet::new(),
            observer: Arc::new(NoObserver),
        }
    }
}

impl Apps {
    pub(super) fn index(&self, id_or_name: &str) -> Result<usize, Refusal> {
        match self.hosted.iter().position(|app| app.is(id_or_name)) {
            Some(index) => Ok(index),
            None if self.reserved_names.contains(id_or_name) => Err(Refusal::forbidden(format!(
                "You do not have access to the app {id_or_name}."
            ))),
            None => Err(Refusal::not_found("app")),
        }
    }

    pub(super) fn get(&self, id_or_name: &str) -> Result<&HostedApp, Refusal> {
        self.index(id_or_name).map(|index| &self.hosted[index])
    }

    /// Returns the requested name if it is valid and free, else a random free name.
    fn name(&self, ids: &mut Ids, requested: Option<String>) -> Result<String, Refusal> {
        let Some(name) = requested else {
            return Ok(ids.app_name());
        };
        if self.hosted.iter().any(|app| app.identity.name == name)
            || self.reserved_names.contains(&name)
        {
            return Err(Refusal::invalid_params(format!(
                "Name {name} is already taken"
            )));
        }
        let complaint = match name.len() {
            0..3 => "Name is too short (minimum is 3 characters)",
            31.. => "Name is too long (maximum is 30 characters)",
            _ if is_name(&name) => return Ok(name),
            _ => {
                "Name must start with a letter, end with a letter or digit and can only contain \
                 lowercase letters, digits, and dashes."
            }
        };
        Err(Refusal::invalid_params(complaint))
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Takes a field whose value is one of the vendor's names, such as a region.
pub(super) fn known_name(
    fields: &mut Fields,
    field: &'static str,
    all: &[&'static str],
) -> Result<Option<&'static str>, Refusal> {
    let Some(requested) = fields.optional_string(field)? else {
        return Ok(None);
    };
    let found = all.iter().find(|name| **name == requested).copied();
    found.map(Some).ok_or_else(|| Refusal::not_found(field))
}

impl Core {
    fn create(&self, body: Map<String, Value>, in_team: bool) -> Result<Value, Refusal> {
        let mut fields = Fields(body);
        let name = fields.optional_string("name")?;
        let region = known_name(&mut fields, "region", &REGIONS)?;
        let stack = known_name(&mut fields, "stack", &STACKS)?.unwrap_or(DEFAULT_STACK);
        let team = if in_team {
            let team = fields.string("team")?;
            Some(team.ok_or_else(|| Refusal::invalid_params("Require params: team."))?)
        } else {
            None
        };
        // Sent by the vendor's command line.
        for unused in [
            "feature_flags",
            "internal_routing",
            "kernel",
            "locked",
            "space",
        ] {
            fields.take(unused);
        }
        fields.end()?;
        let now = self.clock.now();
        let mut state = self.state();
        if team
            .as_ref()
            .is_some_and(|team| !state.account.teams.contains(team))
        {
            return Err(Refusal::not_found("team"));
        }
        let State { ids, apps, .. } = &mut *state;
        let name = apps.name(ids, name)?;
        let mut app = HostedApp::new(ids.uuid(), name, now, apps.observer.clone());
        app.region = region.unwrap_or(app.region);
        (app.stack, app.build_stack) = (stack, stack);
        app.team = team;
        apps.hosted.push(app);
        let index = apps.hosted.len() - 1;
        for description in ["Initial release", "Enable Logplex"] {
            apps.release(ids, index, now, description.to_owned(), None);
        }
        Ok(apps.hosted[index].json(self))
    }
}

impl Heroku {
    /// Sets the dyno size of all process types of an app, if the vendor has this size.
    pub fn set_dyno_size(&self, app: &str, size: &str) {
        let Ok(size) = size::parse(size) else {
            return;
        };
        let mut state = self.core.state();
        if let Some(app) = state.apps.hosted.iter_mut().find(|hosted| hosted.is(app)) {
            app.formation.iter_mut().for_each(|it| it.size = size);
        }
    }

    /// Moves an app to the Fir generation, whose apps are created in a Private Space.
    pub fn move_to_fir(&self, app: &str) {
        let mut state = self.core.state();
        if let Some(app) = state.apps.hosted.iter_mut().find(|hosted| hosted.is(app)) {
            app.generation = "fir";
        }
    }

    /// Sets the observer of apps that later requests create.
    pub fn set_observer(&self, observer: Arc<dyn Observer>) {
        self.core.state().apps.observer = observer;
    }

    /// Reserves the name for an app of another account.
    pub fn reserve_name(&self, app: impl Into<String>) {
        self.core.state().apps.reserved_names.insert(app.into());
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/apps", get(list).post(create))
        .route("/teams/apps", post(create_in_team))
        .route("/apps/{app}", get(info).patch(update).delete(delete))
}

async fn create(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    // A request without a body creates an app with default values.
    let body = if body.is_empty() {
        Map::new()
    } else {
        body::object(&headers, &body)?
    };
    Ok((StatusCode::CREATED, Json(core.create(body, false)?)))
}

async fn create_in_team(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut app = core.create(body::object(&headers, &body)?, true)?;
    if let Some(app) = app.as_object_mut() {
        for absent in ["acm", "generation", "organization"] {
            app.shift_remove(absent);
        }
        app.insert("joined".to_owned(), true.into());
        app.insert("locked".to_owned(), false.into());
        let team = json!({ "name": app["team"]["name"] });
        app.insert("team".to_owned(), team);
    }
    Ok((StatusCode::CREATED, Json(app)))
}

async fn list(extract::State(Heroku { core, .. }): extract::State<Heroku>) -> Json<Vec<Value>> {
    let state = core.state();
    Json(
        state
            .apps
            .hosted
            .iter()
            .map(|app| app.json(&core))
            .collect(),
    )
}

async fn info(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let state = core.state();
    Ok(Json(state.apps.get(&app)?.json(&core)))
}

async fn update(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let mut state = core.state();
    let index = state.apps.index(&app)?;
    let app = &mut state.apps.hosted[index];
    let mut fields = Fields(body::object(&headers, &body)?);
    let requested = fields.optional_string("build_stack")?;
    fields.end()?;
    if let Some(requested) = requested {
        let found = STACKS.into_iter().find(|stack| *stack == requested);
        app.build_stack = found.ok_or_else(|| Refusal::not_found("stack"))?;
        // Otherwise the stack changes with the next release.
        if app.contents().is_none_or(Contents::is_empty) {
            app.stack = app.build_stack;
        }
        app.updated_at = core.clock.now();
    }
    Ok(Json(app.json(&core)))
}

/// Deletes an app and stops its dynos.
async fn delete(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let mut state = core.state();
    let index = state.apps.index(&app)?;
    let app = state.apps.hosted.remove(index);
    state.dynos.stop_all_for(&app.identity.id);
    Ok(Json(app.json(&core)))
}
