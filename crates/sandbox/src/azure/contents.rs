//! Inputs and outputs of triggers and actions. Responses only contain signed URLs of them.
//!
//! Source: <https://learn.microsoft.com/rest/api/logic/workflow-run-actions/get> (`ContentLink`).

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::call::Call;
use super::ids::Ids;
use super::refusal::Refusal;
use super::workflow::Workflow;
use super::{Core, State, history};

/// How long a signed URL is valid.
const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(4);

/// The key that signs the URLs of inputs and outputs.
pub(super) struct LinkKey(String);

impl LinkKey {
    pub(super) fn random(ids: &mut Ids) -> Self {
        Self(ids.hex())
    }
}

/// The links in the responses about a run.
pub(super) struct Links<'a> {
    url: &'a str,
    key: &'a str,
    /// `/workflows/KEY/runs/RUN`.
    run: String,
    expires: String,
    api_version: &'a str,
}

impl Links<'_> {
    /// Replaces the inputs and outputs of a run and its trigger with their URLs.
    pub(super) fn put_into_run(&self, run: &mut Value) {
        self.replace(&mut run["properties"]["trigger"], "contents/Trigger");
    }

    /// Replaces the inputs and outputs of an action with their URLs.
    pub(super) fn put_into_action(&self, action: &mut Value) {
        let name = action["name"].as_str().unwrap_or_default();
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let item = format!("actions/{}/contents/Action", name.replace('+', "%20"));
        self.replace(&mut action["properties"], &item);
    }

    fn replace(&self, properties: &mut Value, item: &str) {
        for (name, link, last) in [
            ("inputs", "inputsLink", "Inputs"),
            ("outputs", "outputsLink", "Outputs"),
        ] {
            let content = properties.as_object_mut().and_then(|it| it.remove(name));
            let Some(content) = content else { continue };
            let path = format!("{}/{item}{last}", self.run);
            let query: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("api-version", self.api_version)
                .append_pair("se", &self.expires)
                .append_pair("sp", "/runs/read")
                .append_pair("sv", "1.0")
                .append_pair("sig", &signature(self.key, &path, &self.expires))
                .finish();
            properties[link] = json!({
                "uri": format!("{}{path}?{query}", self.url),
                "contentSize": content.to_string().len(),
            });
        }
    }
}

/// The signature of a path and an expiration time.
fn signature(key: &str, path: &str, expires: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{key}\n{path}\n{expires}")))
}

impl Core {
    /// The links for a run, in responses of this API version.
    pub(super) fn links<'a>(
        &'a self,
        state: &'a State,
        workflow: &Workflow,
        run: &str,
        api_version: &'a str,
    ) -> Links<'a> {
        let until = self
            .now()
            .checked_add(LINK_LIFETIME)
            .unwrap_or(Timestamp::MAX);
        Links {
            url: &self.setup.url,
            key: &state.links.0,
            run: format!("/workflows/{}/runs/{run}", workflow.key),
            expires: until.strftime("%Y-%m-%dT%H:00:00.0000000Z").to_string(),
            api_version,
        }
    }

    /// Responds to a request to a signed URL.
    pub(super) fn contents(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        match self.content(&Call::new(head, body)) {
            Ok(content) => {
                let mut response = Response::new(Bytes::from(content.to_string()));
                let json = HeaderValue::from_static("application/json; charset=utf-8");
                response.headers_mut().insert(header::CONTENT_TYPE, json);
                response
            }
            Err(refusal) => refusal.into_bytes(),
        }
    }

    fn content(&self, call: &Call) -> Result<Value, Refusal> {
        let unauthorized = |code, message| Refusal::new(StatusCode::UNAUTHORIZED, code, message);
        if call.header("authorization").is_some() {
            return Err(unauthorized(
                "DirectApiAuthorizationRequired",
                "The request must be authenticated only by Shared Access scheme.",
            ));
        }
        let state = self.state();
        let expires = call.query("se").unwrap_or_default();
        let is_valid = expires
            .parse()
            .is_ok_and(|until: Timestamp| until > self.now())
            && call.query("sig") == Some(&signature(&state.links.0, &call.path, expires));
        if !is_valid {
            return Err(unauthorized(
                "AuthorizationFailed",
                "The authentication credentials are not valid.",
            ));
        }
        let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        let ["workflows", key, "runs", run, ref content @ ..] = segments[..] else {
            return Err(Refusal::no_such_path(&call.path));
        };
        let mut workflows = state.groups.workflows();
        let workflow = workflows.find(|workflow| workflow.key == key);
        let app = workflow.and_then(|workflow| workflow.app_for_run(run));
        let found = app.and_then(|app| match content {
            ["contents", "TriggerOutputs"] => Some(history::trigger_outputs(&app.run(run)?)),
            ["actions", name, "contents", which] => {
                let mut actions = app.actions(run)?.into_iter();
                let action = actions.find(|action| *action.name == **name)?;
                let content = match *which {
                    "ActionInputs" => action.inputs,
                    "ActionOutputs" => action.outputs,
                    _ => return None,
                };
                Some(content.value().cloned().unwrap_or_default())
            }
            _ => None,
        });
        found.ok_or_else(|| Refusal::no_such_path(&call.path))
    }
}
