//! Slugs: apps that a buildpack has built, or any other program that makes a slug.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-deploying-slugs> and the vendor's
//! hyper-schema, `slug`; of commands
//! <https://devcenter.heroku.com/articles/one-off-dynos#execution-syntax>. Not modeled: `.profile.d`,
//! a stack's own files, the release phase.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{self, DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{post, put};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::app::{Hosted, STACKS, existing};
use super::body::{self, Fields};
use super::container::NOT_STARTED;
use super::dyno::date_time;
use super::ids::named;
use super::process::run_group;
use super::program::{Ending, Life, Program, Run, Start};
use super::refusal::Refusal;
use super::unpack::{UnpackError, unpack_slug};
use super::{Core, Heroku};

/// A slug.
#[derive(Debug, Clone)]
pub(super) struct Slug {
    pub(super) id: String,
    /// The Procfile: commands by process type.
    pub(super) process_types: BTreeMap<String, String>,
    pub(super) stack: &'static str,
    commit: Option<String>,
    created_at: Timestamp,
    /// A gzipped tar with the app in `./app`, once it was uploaded.
    archive: Arc<Mutex<Option<Bytes>>>,
}

impl Slug {
    fn archive(&self) -> Option<Bytes> {
        let archive = self.archive.lock();
        archive.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// In bytes.
    pub(super) fn size(&self) -> Option<usize> {
        self.archive().map(|archive| archive.len())
    }

    /// The description of its release.
    pub(super) fn description(&self) -> String {
        let commit = self.commit.as_deref().unwrap_or_default();
        let short: String = commit.chars().take(7).collect();
        format!("Deploy {short}").trim_end().to_owned()
    }

    /// What a shell runs for a command: one that begins with a process type stands for that type's,
    /// with further words appended.
    fn expanded(&self, command: &str) -> String {
        let command = command.trim_start();
        let (first, rest) =
            command.split_at(command.find(char::is_whitespace).unwrap_or(command.len()));
        match self.process_types.get(first) {
            Some(of_type) => format!("{of_type}{rest}"),
            None => command.to_owned(),
        }
    }

    fn json(&self, core: &Core) -> Value {
        json!({
            "blob": { "method": "PUT", "url": format!("{}/slugs/{}", core.url, self.id) },
            "buildpack_provided_description": null,
            "checksum": null,
            "commit": self.commit,
            "commit_description": null,
            "created_at": date_time(self.created_at),
            "id": self.id,
            "process_types": self.process_types,
            "size": self.size(),
            "stack": named(self.stack),
            "updated_at": date_time(self.created_at),
        })
    }
}

impl Hosted {
    pub(super) fn slug(&self, id: &str) -> Result<&Arc<Slug>, Refusal> {
        let mut slugs = self.slugs.iter();
        let slug = slugs.find(|slug| slug.id == id);
        slug.ok_or_else(|| Refusal::not_found("slug"))
    }
}

/// A dyno runs its command by bash in the folder of the app, of which it has a copy of its own.
impl Program for Slug {
    fn run(&self, start: Start, life: Life) -> Run {
        let command = self.expanded(&start.dyno.command);
        let archive = self.archive();
        Box::pin(async move {
            let unpacked = spawn_blocking(move || unpacked(archive)).await;
            let root = match unpacked.map_err(io::Error::other) {
                Ok(Ok(root)) => root,
                Ok(Err(error)) => {
                    life.print(&error.to_string());
                    return Ending::Exited(NOT_STARTED);
                }
                Err(error) => {
                    life.print(&error.to_string());
                    return Ending::Exited(NOT_STARTED);
                }
            };
            let folder = root.path().join("app");
            run_group(bash(&command, &folder, &start), &life).await
        })
    }
}

fn bash(command: &str, folder: &Path, start: &Start) -> Command {
    let mut bash = Command::new("bash");
    bash.args(["-c", command])
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", folder)
        .envs(&start.env);
    bash
}

/// A folder with what a slug holds; it has an `app` at least.
fn unpacked(archive: Option<Bytes>) -> Result<TempDir, UnpackError> {
    let root = tempfile::Builder::new().prefix("dyno-").tempdir()?;
    fs::create_dir(root.path().join("app"))?;
    if let Some(archive) = archive {
        unpack_slug(&archive, root.path())?;
    }
    Ok(root)
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new().route("/apps/{app}/slugs", post(create))
}

async fn create(
    State(Heroku { core, .. }): State<Heroku>,
    extract::Path(app): extract::Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut fields = Fields(body::object(&headers, &body)?);
    let process_types = fields.take("process_types");
    let process_types = process_types
        .ok_or_else(|| Refusal::invalid_params("Require params: process_types."))
        .and_then(|types| {
            serde_json::from_value(types)
                .map_err(|_| Refusal::invalid_params("process_types must be an object of strings."))
        })?;
    let stack = existing(&mut fields, "stack", &STACKS)?;
    let commit = fields.optional_string("commit")?;
    fields.end()?;
    let mut state = core.state();
    let index = state.apps.index(&app)?;
    let slug = Arc::new(Slug {
        id: state.ids.uuid(),
        process_types,
        stack: stack.unwrap_or(state.apps.hosted[index].build_stack),
        commit,
        created_at: core.clock.now(),
        archive: Arc::default(),
    });
    state.apps.hosted[index].slugs.push(Arc::clone(&slug));
    Ok((StatusCode::CREATED, Json(slug.json(&core))))
}

/// Where the archive is uploaded, by a URL that admits anyone, as a signed one does.
pub(super) fn archive_routes() -> Router<Heroku> {
    let archive = put(upload).layer(DefaultBodyLimit::disable());
    Router::new().route("/slugs/{slug}", archive)
}

async fn upload(
    State(heroku): State<Heroku>,
    extract::Path(id): extract::Path<String>,
    body: Bytes,
) -> StatusCode {
    let Some(slug) = heroku.slug(&id) else {
        return StatusCode::NOT_FOUND;
    };
    let archive = slug.archive.lock();
    *archive.unwrap_or_else(PoisonError::into_inner) = Some(body);
    StatusCode::OK
}

impl Heroku {
    fn slug(&self, id: &str) -> Option<Arc<Slug>> {
        let state = self.core.state();
        let mut slugs = state.apps.hosted.iter().flat_map(|app| &app.slugs);
        slugs.find(|slug| slug.id == id).cloned()
    }
}
