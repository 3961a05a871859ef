//! Slugs: apps built by a buildpack or by any other program.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-deploying-slugs> and the vendor's
//! hyper-schema, `slug`; for commands
//! <https://devcenter.heroku.com/articles/one-off-dynos#execution-syntax>. Not modeled:
//! `.profile.d`, the stack's own files, and the release phase.

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

use super::app::{HostedApp, STACKS, known_name};
use super::body::{self, Fields};
use super::container::EXIT_NOT_STARTED;
use super::dyno::date_time;
use super::ids::reference;
use super::process::run_group;
use super::program::{DynoHandle, Ending, Program, Run, Start};
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
    /// A gzipped tar with the app in `./app`, once uploaded.
    archive: Arc<Mutex<Option<Bytes>>>,
}

impl Slug {
    fn archive(&self) -> Option<Bytes> {
        let archive = self.archive.lock();
        archive.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The size of the archive, in bytes, once uploaded.
    pub(super) fn size(&self) -> Option<usize> {
        self.archive().map(|archive| archive.len())
    }

    /// The description of a release of this slug.
    pub(super) fn description(&self) -> String {
        let commit = self.commit.as_deref().unwrap_or_default();
        let short: String = commit.chars().take(7).collect();
        format!("Deploy {short}").trim_end().to_owned()
    }

    /// The shell command for a dyno's command. If the first word is a process type, it is replaced
    /// with that type's command.
    fn expanded(&self, command: &str) -> String {
        let command = command.trim_start();
        let (first, rest) =
            command.split_at(command.find(char::is_whitespace).unwrap_or(command.len()));
        match self.process_types.get(first) {
            Some(type_command) => format!("{type_command}{rest}"),
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
            "stack": reference(self.stack),
            "updated_at": date_time(self.created_at),
        })
    }
}

impl HostedApp {
    pub(super) fn slug(&self, id: &str) -> Result<&Arc<Slug>, Refusal> {
        let mut slugs = self.slugs.iter();
        let slug = slugs.find(|slug| slug.id == id);
        slug.ok_or_else(|| Refusal::not_found("slug"))
    }
}

/// Runs the command with bash in the directory of the app. Each dyno has its own copy.
impl Program for Slug {
    fn run(&self, start: Start, handle: DynoHandle) -> Run {
        let command = self.expanded(&start.dyno.command);
        let archive = self.archive();
        Box::pin(async move {
            let unpacked = spawn_blocking(move || unpacked(archive)).await;
            let root = match unpacked.map_err(io::Error::other) {
                Ok(Ok(root)) => root,
                Ok(Err(error)) => {
                    handle.print(&error.to_string());
                    return Ending::Exited(EXIT_NOT_STARTED);
                }
                Err(error) => {
                    handle.print(&error.to_string());
                    return Ending::Exited(EXIT_NOT_STARTED);
                }
            };
            let folder = root.path().join("app");
            run_group(bash(&command, &folder, &start), &handle).await
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

/// Unpacks a slug into a temporary directory, which contains at least `app`.
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
    let stack = known_name(&mut fields, "stack", &STACKS)?;
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

/// The upload URLs of archives. Like signed URLs, they require no token.
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
