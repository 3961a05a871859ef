//! An app's process types: their image, and how many dynos of each run all the time.
//!
//! Source: the vendor's hyper-schema, `formation`; the images, which it lacks, from the vendor's
//! command line (<https://github.com/heroku/cli>, `container:release`).

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, patch};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::app::Hosted;
use super::body::{self, Fields};
use super::dyno::{Dyno, DynoInfo, Stopper, date_time};
use super::ids::{id_of, named};
use super::lifecycle::Launch;
use super::program::repository;
use super::refusal::Refusal;
use super::release::Contents;
use super::{Core, Heroku, State, size};

/// The variant of the API in which a formation has images.
const IMAGES: &str = "version=3.docker-releases";

/// Source: <https://devcenter.heroku.com/articles/dyno-size#default-scaling-limits>
const MOST: u64 = 100;

/// A process type.
#[derive(Debug, Clone)]
pub(super) struct ProcessType {
    pub(super) name: String,
    pub(super) quantity: u64,
    pub(super) size: &'static str,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// What is to become of a process type.
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

    fn id(&self, of: &Hosted) -> String {
        id_of(&format!("{} {}", of.identity.id, self.name))
    }

    fn json(&self, of: &Hosted, with_images: bool) -> Value {
        let contents = of.current().map(|release| &release.contents);
        let command = contents.and_then(|contents| Some(contents.of(&self.name)?.1));
        let mut json = json!({
            "app": { "id": of.identity.id, "name": of.identity.name },
            "command": command.as_ref().unwrap_or(&self.name),
            "created_at": date_time(self.created_at),
            "dyno_size": named(self.size),
            "id": self.id(of),
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
                Refusal::invalid_params(format!("quantity must be an integer from 0 to {MOST}."))
            })?),
        };
        let mut size = None;
        for name in ["dyno_size", "size"] {
            let asked = match fields.take(name) {
                Some(Value::Object(mut size)) => size.shift_remove("name"),
                asked => asked,
            };
            match asked {
                None | Some(Value::Null) => {}
                Some(Value::String(asked)) => size = Some(size::parse(&asked)?),
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

/// A number, or one in quotes, as the vendor's command line sends it.
fn read_quantity(value: &Value) -> Option<u64> {
    let quantity = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    quantity.filter(|quantity| *quantity <= MOST)
}

/// The size of a new process type: that of the app's others; of the first one, Eco where the account
/// has the Eco plan, else Basic. Source: the "Getting Started" apps of <https://github.com/heroku>.
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
        .is_some_and(|accept| accept.contains(IMAGES))
}

impl State {
    /// Does all updates or none, and returns the process types that they name.
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
            unknowns,
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
            let known = formation.iter().position(|process_type| {
                process_type.name == update.process_type
                    || process_type.id(app) == update.process_type
            });
            let at = match (known, &update.image) {
                (Some(at), _) => at,
                (None, Some(NewImage::Released(_))) => {
                    let quantity = match update.process_type.as_str() {
                        "web" => 1,
                        _ => unknowns.first_quantity,
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
                self.look_up(app, &update.process_type, id).await?;
            }
        }
        let now = self.core.clock.now();
        let formation = self.core.state().update(app, updates, now, with_images)?;
        self.form(app);
        Ok(formation)
    }

    /// Finds an image in the registry, unless it was released before. What the vendor answers
    /// about one that is not there is documented nowhere.
    async fn look_up(&self, app: &str, process_type: &str, id: &str) -> Result<(), Refusal> {
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

    /// Starts the dynos that an app's formation asks for and stops those for which it has no place,
    /// or that are of an older release.
    pub(super) fn form(&self, app: &str) {
        loop {
            // Not let go of in between: who forms the app at the same time sees the dyno.
            let mut state = self.core.state();
            let Some(launch) = self.core.form(&mut state, app) else {
                return;
            };
            self.launch(state, launch);
        }
    }
}

impl Core {
    /// Stops the dynos that have no place, and gives the first place that has no dyno.
    fn form(&self, state: &mut State, app: &str) -> Option<Launch> {
        let hosted = state.apps.hosted.iter().find(|hosted| hosted.is(app))?;
        let current = hosted.current()?;
        let places = hosted.formation.iter().flat_map(|process_type| {
            let runs = current.contents.of(&process_type.name);
            let quantity = runs.as_ref().map_or(0, |_| process_type.quantity);
            (1..=quantity).filter_map(move |number| {
                let name = format!("{}.{number}", process_type.name);
                Some((name, process_type, runs.clone()?))
            })
        });
        let places: Vec<_> = places.collect();
        let has_place = |dyno: &Dyno| {
            dyno.release.0 == current.id && places.iter().any(|(name, ..)| *name == dyno.info.name)
        };
        let (mut taken, mut crashed) = (Vec::new(), Vec::new());
        for dyno in &state.dynos.listed {
            if !dyno.of_formation || dyno.app.id != hosted.identity.id {
                continue;
            }
            if has_place(dyno) {
                taken.push(dyno.info.name.clone());
            } else if dyno.is_alive() {
                dyno.stop(Stopper::Formation);
            } else {
                crashed.push(dyno.info.id.clone());
            }
        }
        let free = places.into_iter().find(|(name, ..)| !taken.contains(name));
        let launch = free.map(|(name, process_type, (code, command))| Launch {
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
            of_formation: true,
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

/// The process types of an app that is deployed in code.
pub(super) fn of_images(images: &BTreeMap<String, String>, now: Timestamp) -> Vec<ProcessType> {
    let names = images.keys();
    names
        .map(|name| ProcessType::new(name, 0, size::BASIC, now))
        .collect()
}
