//! Releases: each change of an app's config vars, images, or slug creates one.
//!
//! Source: <https://devcenter.heroku.com/articles/releases>. Each succeeds immediately: the release
//! phase is not modeled.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::EMAIL;
use super::app::{Apps, HostedApp};
use super::body::{self, Fields};
use super::dyno::date_time;
use super::formation::{ProcessType, default_size};
use super::ids::Ids;
use super::refusal::Refusal;
use super::slug::Slug;
use super::{Core, Heroku, State, range};

/// What the dynos of a release run.
#[derive(Debug, Clone)]
pub(super) enum Contents {
    /// Image IDs by process type.
    Images(BTreeMap<String, String>),
    /// An app built by a buildpack.
    Slug(Arc<Slug>),
}

/// What a single dyno runs.
#[derive(Debug, Clone)]
pub(super) enum Code {
    /// The ID of an image.
    Image(String),
    Slug(Arc<Slug>),
}

impl Default for Contents {
    /// No images, as before the first deployment.
    fn default() -> Self {
        Self::Images(BTreeMap::new())
    }
}

impl Contents {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Images(images) if images.is_empty())
    }

    pub(super) fn images(&self) -> Option<&BTreeMap<String, String>> {
        match self {
            Self::Images(images) => Some(images),
            Self::Slug(_) => None,
        }
    }

    pub(super) fn slug(&self) -> Option<&Arc<Slug>> {
        match self {
            Self::Images(_) => None,
            Self::Slug(slug) => Some(slug),
        }
    }

    /// What the formation's dynos of a process type run, and the command.
    pub(super) fn for_process_type(&self, process_type: &str) -> Option<(Code, String)> {
        match self {
            Self::Images(images) => {
                let image = images.get(process_type)?;
                Some((Code::Image(image.clone()), process_type.to_owned()))
            }
            Self::Slug(slug) => {
                let command = slug.process_types.get(process_type)?;
                Some((Code::Slug(Arc::clone(slug)), command.clone()))
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) version: u64,
    description: String,
    created_at: Timestamp,
    /// What its dynos run.
    pub(super) contents: Contents,
}

impl Release {
    pub(super) fn new(
        id: String,
        version: u64,
        description: impl Into<String>,
        created_at: Timestamp,
        contents: Contents,
    ) -> Self {
        Self {
            id,
            version,
            description: description.into(),
            created_at,
            contents,
        }
    }

    fn json(&self, core: &Core, app: &HostedApp) -> Value {
        json!({
            "addon_plan_names": [],
            "artifacts": [],
            "app": { "id": app.identity.id, "name": app.identity.name },
            "created_at": date_time(self.created_at),
            "current": app.current().is_some_and(|current| current.id == self.id),
            "description": self.description,
            "eligible_for_rollback": true,
            "id": self.id,
            "output_stream_url": null,
            "slug": self.contents.slug().map(|slug| json!({ "id": slug.id })),
            "status": "succeeded",
            "updated_at": date_time(self.created_at),
            "user": { "email": EMAIL, "id": core.account_id },
            "version": self.version,
        })
    }
}

impl Apps {
    /// Adds a release to the app at `index`. By default it has the contents of the previous
    /// release.
    pub(super) fn release(
        &mut self,
        ids: &mut Ids,
        index: usize,
        now: Timestamp,
        description: String,
        contents: Option<Contents>,
    ) {
        let id = ids.uuid();
        let app = &mut self.hosted[index];
        let contents = contents.unwrap_or_else(|| app.contents().cloned().unwrap_or_default());
        let version = app.releases.last().map_or(0, |last| last.version) + 1;
        app.releases
            .push(Release::new(id, version, description, now, contents));
        app.updated_at = now;
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/apps/{app}/releases", get(list).post(create))
        .route("/apps/{app}/releases/{release}", get(info))
}

async fn list(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let state = core.state();
    let app = state.apps.get(&app)?;
    let releases = app.releases.iter();
    let releases = releases.map(|release| (release.version, release.json(&core, app)));
    range::page(&headers, "version", releases.collect())
}

/// Releases a slug. Its process types replace those of the formation. At the first release, `web`
/// gets one dyno and the other process types get none.
async fn create(
    extract::State(heroku): extract::State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let core = &heroku.core;
    let mut fields = Fields(body::object(&headers, &body)?);
    let slug = fields.string("slug")?;
    let slug = slug.ok_or_else(|| Refusal::invalid_params("Require params: slug."))?;
    let description = fields.optional_string("description")?;
    fields.end()?;
    let now = core.clock.now();
    let json = {
        let mut state = core.state();
        let index = state.apps.index(&app)?;
        let State {
            ids, apps, account, ..
        } = &mut *state;
        let hosted = &mut apps.hosted[index];
        let slug = Arc::clone(hosted.slug(&slug)?);
        let names = &slug.process_types;
        hosted.formation.retain(|one| names.contains_key(&one.name));
        for name in names.keys() {
            if !hosted.formation.iter().any(|one| one.name == *name) {
                let quantity = u64::from(name == "web");
                let size = default_size(&hosted.formation, account.has_eco);
                let process_type = ProcessType::new(name, quantity, size, now);
                hosted.formation.push(process_type);
            }
        }
        hosted.stack = slug.stack;
        let description = description.unwrap_or_else(|| slug.description());
        apps.release(ids, index, now, description, Some(Contents::Slug(slug)));
        let app = &apps.hosted[index];
        app.releases.last().map(|release| release.json(core, app))
    };
    heroku.scale(&app);
    Ok((StatusCode::CREATED, Json(json.unwrap_or_default())))
}

async fn info(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path((app, id_or_version)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let state = core.state();
    let app = state.apps.get(&app)?;
    let release = app.releases.iter().find(|release| {
        release.id == id_or_version || release.version.to_string() == id_or_version
    });
    let release = release.ok_or_else(|| Refusal::not_found("release"))?;
    Ok(Json(release.json(&core, app)))
}
