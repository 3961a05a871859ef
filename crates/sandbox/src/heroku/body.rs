//! Request bodies: parsing, and validation with errors like the vendor's.
//!
//! Source: the vendor's JSON hyper-schema, links `create` of `dyno` and `log-session`. Properties
//! that the schema does not contain are refused, so that typos are found here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::log::{Filter, LINES};
use super::refusal::Refusal;
use super::release::{Code, Contents};
use super::size;

/// Default and maximum of `time_to_live`, in seconds.
const DAY_SECONDS: u64 = 86_400;

/// Default number of lines of a log session.
const DEFAULT_LINES: usize = 100;

/// A valid request for a dyno.
#[derive(Debug)]
pub(super) struct DynoCreate {
    pub(super) command: String,
    pub(super) process_type: String,
    pub(super) code: Code,
    /// `None` selects the size of the formation.
    pub(super) size: Option<&'static str>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) time_to_live: Duration,
}

/// A valid request for a log session.
#[derive(Debug)]
pub(super) struct LogSessionCreate {
    pub(super) lines: usize,
    pub(super) filter: Filter,
    pub(super) tail: bool,
}

impl DynoCreate {
    /// Parses a request. `contents` is what the dynos of the app run.
    pub(super) fn read(body: Map<String, Value>, contents: &Contents) -> Result<Self, Refusal> {
        let mut fields = Fields(body);
        let command = fields
            .string("command")?
            .filter(|command| !command.trim().is_empty())
            .ok_or_else(|| Refusal::invalid_params("Require params: command."))?;
        let process_type = fields.string("type")?.unwrap_or_else(|| "run".to_owned());
        let code = match contents {
            // Any type is valid, even one that the Procfile lacks:
            // https://github.com/heroku/platform-api/issues/57
            Contents::Slug(slug) => Code::Slug(Arc::clone(slug)),
            Contents::Images(images) => {
                // A dyno of type `run`, the default, runs the image of `web`:
                // https://devcenter.heroku.com/articles/container-registry-and-runtime#one-off-dynos
                let image_type = match process_type.as_str() {
                    "run" => "web",
                    other => other,
                };
                let image = images.get(image_type).cloned().ok_or_else(|| {
                    Refusal::invalid_params(format!(
                        "Couldn't find that process type ({image_type})."
                    ))
                })?;
                Code::Image(image)
            }
        };
        let size = fields.string("size")?;
        let size = size.map(|value| size::parse(&value)).transpose()?;
        let env = fields.env()?;
        let time_to_live = match fields.take("time_to_live") {
            None => DAY_SECONDS,
            Some(value) => value
                .as_u64()
                .filter(|seconds| (1..=DAY_SECONDS).contains(seconds))
                .ok_or_else(|| {
                    Refusal::invalid_params(format!(
                        "time_to_live must be an integer from 1 to {DAY_SECONDS}."
                    ))
                })?,
        };
        if fields.boolean("attach")? == Some(true) {
            // An attached dyno would require a connection with another protocol.
            return Err(Refusal::invalid_params(
                "This fake starts detached dynos only: attach must be false.",
            ));
        }
        if fields.0.get("force_no_tty") == Some(&Value::Null) {
            fields.0.remove("force_no_tty");
        }
        fields.boolean("force_no_tty")?;
        fields.end()?;
        Ok(Self {
            command,
            process_type,
            code,
            size,
            env,
            time_to_live: Duration::from_secs(time_to_live),
        })
    }
}

impl LogSessionCreate {
    pub(super) fn read(body: Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields(body);
        let lines = match fields.take("lines") {
            None => DEFAULT_LINES,
            Some(value) => value
                .as_u64()
                .and_then(|lines| usize::try_from(lines).ok())
                .ok_or_else(|| Refusal::invalid_params("lines must be an integer of 0 or more."))?,
        };
        // `dyno` is sent by the vendor's command line; the schema contains the other two.
        let mut process = None;
        for name in ["dyno_name", "dyno", "type"] {
            if let Some(value) = fields.string(name)? {
                process.get_or_insert(value);
            }
        }
        let source = fields.string("source")?;
        let tail = fields.boolean("tail")? == Some(true);
        fields.end()?;
        Ok(Self {
            lines: lines.min(LINES),
            filter: Filter { process, source },
            tail,
        })
    }
}

/// Whether a name is valid for an environment variable.
pub(super) fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Parses a body, which must be a JSON object.
pub(super) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Refusal::bad_request(
            "Content-Type should be application/json.",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::bad_request("The body should be a JSON object.")),
        Err(error) => Err(Refusal::bad_request(format!(
            "Unable to parse the JSON request: {error}."
        ))),
    }
}

/// The properties of an object that are not yet read.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name)
    }

    pub(super) fn string(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::invalid_params(format!("{name} must be a string."))),
        }
    }

    /// A string; null counts as absent.
    pub(super) fn optional_string(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        if self.0.get(name) == Some(&Value::Null) {
            self.take(name);
        }
        self.string(name)
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(Refusal::invalid_params(format!(
                "{name} must be a boolean."
            ))),
        }
    }

    fn env(&mut self) -> Result<BTreeMap<String, String>, Refusal> {
        let variables = match self.take("env") {
            None => return Ok(BTreeMap::new()),
            Some(Value::Object(variables)) => variables,
            Some(_) => return Err(Refusal::invalid_params("env must be an object.")),
        };
        let read = |(key, value): (String, Value)| match value {
            Value::String(value) if is_variable_name(&key) => Ok((key, value)),
            // The message contains only the key: the value may be a secret.
            Value::String(_) => Err(Refusal::invalid_params(format!(
                "env has an invalid key: {key:?}."
            ))),
            _ => Err(Refusal::invalid_params(format!(
                "env {key} must be a string."
            ))),
        };
        variables.into_iter().map(read).collect()
    }

    pub(super) fn end(self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(Refusal::invalid_params(format!(
                "Unknown param: {unknown}."
            ))),
        }
    }
}
