//! Process types: their images, and the number of dynos of each.
//!
//! Source: the vendor's hyper-schema, `formation`; for images, which it lacks, the vendor's command
//! line (<https://github.com/heroku/cli>, `container:release`).

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, patch};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::app::HostedApp;
use super::body::{self, Fields};
use super::dyno::{Dyno, DynoInfo, Stopper, date_time};
use super::ids::{id_for, reference};
use super::lifecycle::Launch;
use super::program::repository;
use super::refusal::Refusal;
use super::release::Contents;
use super::{Core, Heroku, State, size};

/// The variant of the API whose formations have images.
const IMAGES_VARIANT: &str = "version=3.docker-releases";

/// Maximum number of dynos of a process type. Source:
/// <https://devcenter.heroku.com/articles/dyno-size#default-scaling-limits>
const MAX_QUANTITY: u64 = 100;

/// A process type.
#[derive(Debug, Clone)]
pub(super) struct ProcessType {
    pub(super) name: String,
    pub(super) quantity: u64,
    pub(super) size: &'static str,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// A requested update of a process type.
struct Update {
    process_type: String,
    quantity: Option<u64>,
    size: Option<&'static str>,
    image: Option<NewImage>,
}

enum NewImage {
    Released(String),
    Removed,
}

impl ProcessType {
    pub(super) fn new(name: &str, quantity: u64, size: &'static str, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            quantity,
            size,
            created_at: now,
            updated_at: now,
        }
    }

    fn id(&self, app: &HostedApp) -> String {
        id_for(&format!("{} {}", app.identity.id, self.name))
    }

    fn json(&self, app: &HostedApp, with_images: bool) -> Value {
        let contents = app.current().map(|release| &release.contents);
        let command = contents.and_then(|contents| Some(contents.for_process_type(&self.name)?.1));
        let mut json = json!({
            "app": { "id": app.identity.id, "name": app.identity.name },
            "command": command.as_ref().unwrap_or(&self.name),
            "created_at": date_time(self.created_at),
            "dyno_size": reference(self.size),
            "id": self.id(app),
            "quantity": self.quantity,
            "size": self.size,
            "type": self.name,
            "updated_at": date_time(self.updated_at),
        });
        if with_images {
            let image = contents.and_then(|contents| contents.images()?.get(&self.name));
            json["docker_image"] = image.map(|id| json!({ "id": id })).into();
        }
        json
    }
}

impl Update {
    fn read(
        process_type: Option<String>,
        object: Map<String, Value>,
        with_images: bool,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields(object);
        let process_type = match process_type {
            Some(process_type) => process_type,
            None => fields
                .string("type")?
                .ok_or_else(|| Refusal::invalid_params("Require params: type."))?,
        };
        let quantity = match fields.take("quantity") {
            None | Some(Value::Null) => None,
            Some(quantity) => Some(read_quantity(&quantity).ok_or_else(|| {
                Refusal::invalid_params(format!(
                    "quantity must be an integer from 0 to {MAX_QUANTITY}."
                ))
            })?),
        };
        let mut size = None;
        for name in ["dyno_size", "size"] {
            let value = match fields.take(name) {
                Some(Value::Object(mut size)) => size.shift_remove("name"),
                value => value,
            };
            match value {
                None | Some(Value::Null) => {}
                Some(Value::String(value)) => size = Some(size::parse(&value)?),
                Some(_) => {
                    return Err(Refusal::invalid_params(format!("{name} must be a string.")));
                }
            }
        }
        let image = match fields.0.shift_remove("docker_image") {
            Some(image) if with_images => Some(match image {
                Value::Null => NewImage::Removed,
                Value::String(id) if is_image_id(&id) => NewImage::Released(id),
                _ => {
                    return Err(Refusal::invalid_params(
                        "docker_image is not an image's id.",
                    ));
                }
            }),
            None => None,
            Some(_) => return Err(Refusal::invalid_params("Unknown param: docker_image.")),
        };
        fields.end()?;
        Ok(Self {
            process_type,
            quantity,
            size,
            image,
        })
    }
}

/// Parses a quantity: a number, or a string, as the vendor's command line sends it.
fn read_quantity(value: &Value) -> Option<u64> {
    let quantity = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    quantity.filter(|quantity| *quantity <= MAX_QUANTITY)
}

/// The size of a new process type: that of the app's other process types. The first one gets Eco if
/// the account has the Eco plan, else Basic. Source: the "Getting Started" apps of
/// <https://github.com/heroku>.
pub(super) fn default_size(formation: &[ProcessType], has_eco: bool) -> &'static str {
    match formation.first() {
        Some(other) => other.size,
        None if has_eco => size::ECO,
        None => size::BASIC,
    }
}

fn is_image_id(id: &str) -> bool {
    id.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn shows_images(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains(IMAGES_VARIANT))
}

impl State {
    /// Applies all updates or none, and returns the process types that they contain.
    fn update(
        &mut self,
        app: &str,
        mut updates: Vec<Update>,
        now: Timestamp,
        with_images: bool,
    ) -> Result<Vec<Value>, Refusal> {
        let State {
            ids,
            apps,
            account,
            assumptions,
            ..
        } = self;
        let index = apps.index(app)?;
        let app = &apps.hosted[index];
        let mut formation = app.formation.clone();
        let before = app.contents().and_then(Contents::images).cloned();
        let before = before.unwrap_or_default();
        let mut images = before.clone();
        let mut deployed = Vec::new();
        for update in &mut updates {
            let index = formation.iter().position(|process_type| {
                process_type.name == update.process_type
                    || process_type.id(app) == update.process_type
            });
            let at = match (index, &update.image) {
                (Some(at), _) => at,
                (None, Some(NewImage::Released(_))) => {
                    let quantity = match update.process_type.as_str() {
                        "web" => 1,
                        _ => assumptions.first_quantity,
                    };
                    let size = default_size(&formation, account.has_eco);
                    formation.push(ProcessType::new(&update.process_type, quantity, size, now));
                    formation.len() - 1
                }
                (None, _) => {
                    return Err(Refusal::no_process_type(&update.process_type));
                }
            };
            let process_type = &mut formation[at];
            update.process_type.clone_from(&process_type.name);
            process_type.quantity = update.quantity.unwrap_or(process_type.quantity);
            process_type.size = update.size.unwrap_or(process_type.size);
            process_type.updated_at = now;
            match &update.image {
                None => {}
                Some(NewImage::Removed) => {
                    images.remove(&process_type.name);
                    deployed.push(format!("Removed {}", process_type.name));
                }
                Some(NewImage::Released(id)) => {
                    images.insert(process_type.name.clone(), id.clone());
                    let short = &id["sha256:".len()..][..12];
                    deployed.push(format!("Deployed {} ({short})", process_type.name));
                }
            }
        }
        size::check_mix(formation.iter().map(|process_type| process_type.size))?;
        let app = &mut apps.hosted[index];
        app.formation = formation;
        if images != before {
            app.stack = app.build_stack;
            let contents = Contents::Images(images);
            apps.release(ids, index, now, deployed.join(", "), Some(contents));
        }
        let app = &apps.hosted[index];
        let is_named = |process_type: &&ProcessType| {
            let mut updates = updates.iter();
            updates.any(|update| update.process_type == process_type.name)
        };
        let named = app.formation.iter().filter(is_named);
        Ok(named.map(|named| named.json(app, with_images)).collect())
    }
}

impl Heroku {
    async fn update(
        &self,
        app: &str,
        updates: Vec<Update>,
        with_images: bool,
    ) -> Result<Vec<Value>, Refusal> {
        for update in &updates {
            if let Some(NewImage::Released(id)) = &update.image {
                self.find_image(app, &update.process_type, id).await?;
            }
        }
        let now = self.core.clock.now();
        let formation = self.core.state().update(app, updates, now, with_images)?;
        self.scale(app);
        Ok(formation)
    }

    /// Looks up an image in the registry, unless it was released before. The vendor's response for
    /// a missing image is not documented.
    async fn find_image(&self, app: &str, process_type: &str, id: &str) -> Result<(), Refusal> {
        let (images, key) = {
            let state = self.core.state();
            let repository = repository(&state.apps.get(app)?.identity.name, process_type);
            let key = (repository, id.to_owned());
            let programs = &state.programs;
            match &programs.registry {
                Some(images) if !programs.manifests.contains_key(&key) => (images.clone(), key),
                _ => return Ok(()),
            }
        };
        let found = images.find(&key.0, id).await;
        let found = found.map_err(|_| Refusal::failure(StatusCode::SERVICE_UNAVAILABLE, None))?;
        let manifest = found.ok_or_else(|| {
            let repository = &key.0;
            Refusal::invalid_params(format!("Image {id} was not pushed to {repository}."))
        })?;
        let manifests = &mut self.core.state().programs.manifests;
        manifests.insert(key, manifest);
        Ok(())
    }

    /// Scales an app: starts the dynos that its formation requires, and stops those that it does
    /// not include or that run an older release.
    pub(super) fn scale(&self, app: &str) {
        loop {
            // Locked until the dyno is added, so that concurrent calls include it.
            let mut state = self.core.state();
            let Some(launch) = self.core.scale(&mut state, app) else {
                return;
            };
            self.launch(state, launch);
        }
    }
}

impl Core {
    /// Stops the dynos that are no longer needed, and returns the first one to start.
    fn scale(&self, state: &mut State, app: &str) -> Option<Launch> {
        let hosted = state.apps.hosted.iter().find(|hosted| hosted.is(app))?;
        let current = hosted.current()?;
        let slots = hosted.formation.iter().flat_map(|process_type| {
            let runs = current.contents.for_process_type(&process_type.name);
            let quantity = runs.as_ref().map_or(0, |_| process_type.quantity);
            (1..=quantity).filter_map(move |number| {
                let name = format!("{}.{number}", process_type.name);
                Some((name, process_type, runs.clone()?))
            })
        });
        let slots: Vec<_> = slots.collect();
        let has_slot = |dyno: &Dyno| {
            dyno.release.0 == current.id && slots.iter().any(|(name, ..)| *name == dyno.info.name)
        };
        let (mut taken, mut crashed) = (Vec::new(), Vec::new());
        for dyno in &state.dynos.listed {
            if !dyno.in_formation || dyno.app.id != hosted.identity.id {
                continue;
            }
            if has_slot(dyno) {
                taken.push(dyno.info.name.clone());
            } else if dyno.is_alive() {
                dyno.stop(Stopper::Formation);
            } else {
                crashed.push(dyno.info.id.clone());
            }
        }
        let next = slots.into_iter().find(|(name, ..)| !taken.contains(name));
        let launch = next.map(|(name, process_type, (code, command))| Launch {
            app: hosted.identity.clone(),
            dyno: DynoInfo {
                id: state.ids.uuid(),
                name,
                process_type: process_type.name.clone(),
                size: process_type.size,
                command,
                run_id: None,
                time_to_live: Duration::MAX,
                started_at: self.clock.now(),
            },
            env: BTreeMap::new(),
            code,
            in_formation: true,
        });
        let listed = &mut state.dynos.listed;
        listed.retain(|dyno| !crashed.contains(&dyno.info.id));
        launch
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/apps/{app}/formation", get(list).patch(update_some))
        .route("/apps/{app}/formation/{process_type}", patch(update_one))
}

async fn list(
    extract::State(Heroku { core, .. }): extract::State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Vec<Value>>, Refusal> {
    let state = core.state();
    let app = state.apps.get(&app)?;
    let with_images = shows_images(&headers);
    let formation = app.formation.iter();
    Ok(Json(
        formation.map(|one| one.json(app, with_images)).collect(),
    ))
}

async fn update_some(
    extract::State(heroku): extract::State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Vec<Value>>, Refusal> {
    let with_images = shows_images(&headers);
    let mut fields = Fields(body::object(&headers, &body)?);
    let updates = fields.take("updates");
    fields.end()?;
    let Some(Value::Array(updates)) = updates else {
        return Err(Refusal::invalid_params("Require params: updates."));
    };
    let read = |update| match update {
        Value::Object(update) => Update::read(None, update, with_images),
        _ => Err(Refusal::invalid_params("updates must be objects.")),
    };
    let updates = updates.into_iter().map(read).collect::<Result<_, _>>()?;
    heroku.update(&app, updates, with_images).await.map(Json)
}

async fn update_one(
    extract::State(heroku): extract::State<Heroku>,
    Path((app, process_type)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let with_images = shows_images(&headers);
    let object = body::object(&headers, &body)?;
    let update = Update::read(Some(process_type), object, with_images)?;
    let mut updated = heroku.update(&app, vec![update], with_images).await?;
    Ok(Json(updated.pop().unwrap_or_default()))
}

/// The process types of an app deployed in code.
pub(super) fn for_images(images: &BTreeMap<String, String>, now: Timestamp) -> Vec<ProcessType> {
    let names = images.keys();
    names
        .map(|name| ProcessType::new(name, 0, size::BASIC, now))
        .collect()
}
