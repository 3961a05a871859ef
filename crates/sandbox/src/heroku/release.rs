//! Releases: each change of an app's config vars, images or slug makes one.
//!
//! Source: <https://devcenter.heroku.com/articles/releases>, and of a pending one's output
//! <https://devcenter.heroku.com/articles/release-phase>.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes as Body;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::account::EMAIL;
use super::app::{Apps, Hosted};
use super::body::{self, Fields};
use super::dyno::date_time;
use super::formation::{ProcessType, default_size};
use super::ids::Ids;
use super::refusal::Refusal;
use super::slug::Slug;
use super::{Core, Heroku, State, range};
use crate::stream::stream;

/// How a release ends that was pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReleaseEnd {
    /// It becomes the current one.
    Succeeded,
    /// The one before stays the current one.
    Failed,
}

/// What a release does before it ends, decided by a test; see [`Heroku::hold_next_release`].
#[derive(Debug)]
pub struct ReleasePhase(watch::Sender<Output>);

/// What a pending release has written.
#[derive(Debug, Default)]
pub(super) struct Output {
    text: String,
    end: Option<ReleaseEnd>,
}

impl ReleasePhase {
    /// It writes a line to its output.
    pub fn print(&self, line: &str) {
        self.0.send_modify(|output| {
            output.text.push_str(line);
            output.text.push('\n');
        });
    }

    /// It ends. Called before the release is made, that one never is pending.
    pub fn end(self, end: ReleaseEnd) {
        self.0.send_modify(|output| output.end = Some(end));
    }
}

/// What a release's dynos run.
#[derive(Debug, Clone)]
pub(super) enum Contents {
    /// The images of its process types, by their ids.
    Images(BTreeMap<String, String>),
    /// An app that a buildpack has built.
    Slug(Arc<Slug>),
}

/// What one dyno runs.
#[derive(Debug, Clone)]
pub(super) enum Code {
    /// The id of an image.
    Image(String),
    Slug(Arc<Slug>),
}

impl Default for Contents {
    /// Nothing, as before the first deployment.
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

    /// What the formation's dynos of a process type run, and by which command.
    pub(super) fn of(&self, process_type: &str) -> Option<(Code, String)> {
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
    /// Of one that does not succeed at once.
    phase: Option<watch::Receiver<Output>>,
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
            phase: None,
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.status() == "succeeded"
    }

    pub(super) fn failed(&self) -> bool {
        self.status() == "failed"
    }

    fn status(&self) -> &'static str {
        match &self.phase {
            None => "succeeded",
            Some(phase) => match phase.borrow().end {
                None => "pending",
                Some(ReleaseEnd::Succeeded) => "succeeded",
                Some(ReleaseEnd::Failed) => "failed",
            },
        }
    }

    fn json(&self, core: &Core, of: &Hosted) -> Value {
        let output = self.phase.is_some();
        json!({
            "addon_plan_names": [],
            "artifacts": [],
            "app": { "id": of.identity.id, "name": of.identity.name },
            "created_at": date_time(self.created_at),
            "current": of.current().is_some_and(|current| current.id == self.id),
            "description": self.description,
            "eligible_for_rollback": self.succeeded(),
            "id": self.id,
            "output_stream_url":
                output.then(|| format!("{}/streams/{}", core.url, self.id)),
            "slug": self.contents.slug().map(|slug| json!({ "id": slug.id })),
            "status": self.status(),
            "updated_at": date_time(self.created_at),
            "user": { "email": EMAIL, "id": core.account_id },
            "version": self.version,
        })
    }
}

impl Apps {
    /// Adds a release to the app at an index, by default with the contents of the one before. The next
    /// one of an image may be held.
    pub(super) fn release(
        &mut self,
        ids: &mut Ids,
        index: usize,
        now: Timestamp,
        description: String,
        contents: Option<Contents>,
    ) {
        let id = ids.uuid();
        let phase = contents.is_some().then(|| self.next_phase.take()).flatten();
        let app = &mut self.hosted[index];
        let contents = contents.unwrap_or_else(|| app.contents().cloned().unwrap_or_default());
        let version = app.releases.last().map_or(0, |last| last.version) + 1;
        app.releases.push(Release {
            phase,
            ..Release::new(id, version, description, now, contents)
        });
        app.updated_at = now;
    }
}

impl Heroku {
    /// The next release of an image stays pending until the test says how it ends.
    pub fn hold_next_release(&self) -> ReleasePhase {
        let (phase, output) = watch::channel(Output::default());
        self.core.state().apps.next_phase = Some(output);
        ReleasePhase(phase)
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/apps/{app}/releases", get(list).post(create))
        .route("/apps/{app}/releases/{release}", get(info))
}

/// The address of a release's output, which needs no token.
pub(super) fn output_routes() -> Router<Heroku> {
    Router::new().route("/streams/{release}", get(output))
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
    range::part(&headers, "version", releases.collect())
}

/// Releases a slug. Its process types replace those of the formation; at the first release `web` gets
/// one dyno, the others none.
async fn create(
    extract::State(heroku): extract::State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Body,
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
    heroku.form(&app);
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

/// The output, as it is written, until the release has ended.
async fn output(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path(id): Path<String>,
) -> Response {
    let phase = {
        let state = core.state();
        let mut releases = state.apps.hosted.iter().flat_map(|app| &app.releases);
        let release = releases.find(|release| release.id == id);
        release.and_then(|release| release.phase.clone())
    };
    let Some(mut phase) = phase else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (writer, body) = stream();
    tokio::spawn(async move {
        let mut sent = 0;
        loop {
            let (text, ended) = {
                let output = phase.borrow_and_update();
                let text = Bytes::copy_from_slice(&output.text.as_bytes()[sent..]);
                (text, output.end.is_some())
            };
            sent += text.len();
            if !text.is_empty() && writer.send(text).is_err() || ended {
                return;
            }
            tokio::select! {
                () = writer.closed() => return,
                changed = phase.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    });
    ([(header::CONTENT_TYPE, "text/plain")], body).into_response()
}
