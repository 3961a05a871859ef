//! An app's config vars.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#config-vars>.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

use super::refusal::Refusal;
use super::{Heroku, body};

pub(super) fn routes() -> Router<Heroku> {
    Router::new().route("/apps/{app}/config-vars", get(info).patch(update))
}

async fn info(
    State(Heroku { core, .. }): State<Heroku>,
    Path(app): Path<String>,
) -> Result<Json<BTreeMap<String, String>>, Refusal> {
    Ok(Json(core.state().apps.get(&app)?.config_vars.clone()))
}

/// Sets and unsets config vars. A request that changes nothing creates no release.
async fn update(
    State(heroku): State<Heroku>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<BTreeMap<String, String>>, Refusal> {
    let core = &heroku.core;
    let mut state = core.state();
    let index = state.apps.index(&app)?;
    let mut config_vars = state.apps.hosted[index].config_vars.clone();
    let (mut set, mut removed) = (Vec::new(), Vec::new());
    for (key, value) in body::object(&headers, &body)? {
        if !body::is_variable_name(&key) {
            return Err(Refusal::invalid_params(format!(
                "Invalid config var name: {key:?}."
            )));
        }
        match value {
            Value::Null => {
                if config_vars.remove(&key).is_some() {
                    removed.push(key);
                }
            }
            Value::String(value) => {
                if config_vars.get(&key) != Some(&value) {
                    config_vars.insert(key.clone(), value);
                    set.push(key);
                }
            }
            // The message contains only the name: the value may be a secret.
            _ => {
                return Err(Refusal::invalid_params(format!(
                    "Config var {key} must be a string or null."
                )));
            }
        }
    }
    let changes = [("Set", set), ("Remove", removed)]
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(verb, names)| format!("{verb} {} config vars", names.join(", ")))
        .collect::<Vec<_>>();
    if !changes.is_empty() {
        let super::State { ids, apps, .. } = &mut *state;
        apps.hosted[index].config_vars.clone_from(&config_vars);
        apps.release(ids, index, core.clock.now(), changes.join("; "), None);
    }
    drop(state);
    heroku.scale(&app);
    Ok(Json(config_vars))
}
