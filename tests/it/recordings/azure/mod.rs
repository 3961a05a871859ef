//! Recorded responses of Azure Resource Manager and Entra ID, read by the client for Azure.

mod deployments;
mod resources;
mod workflows;

use picletter_core::deploy::azure::{Arm, Error};
use serde_json::{Value, json};

use crate::recordings::Read;
use crate::recordings::classes::{Receiver, class_for};
use crate::recordings::recording::{Recording, recordings};
use crate::recordings::refusals::Refused;
use crate::recordings::replay::Replay;
use crate::support::clients::arm;

pub(crate) use resources::expected;

const SUBSCRIPTION: &str = "11111111-2222-4333-8444-555555555555";
const GROUP: &str = "pictures";
const WORKFLOW: &str = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/pictures/providers/Microsoft.Logic/workflows/daily";

/// A server that replays recordings, and a client of it.
pub(crate) struct Vendor {
    replay: Replay,
    arm: Arm,
}

/// A successful sign-in. No recording has one, because recorders omit tokens.
fn token() -> Recording {
    Recording::bare(
        200,
        json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ0eXAi.a.token"}),
    )
}

/// The first matching recording of a receiver.
fn recorded(receiver: Receiver, fits: impl Fn(&Recording) -> bool) -> &'static Recording {
    let mut all = recordings().iter();
    all.find(|one| class_for(one).is_some_and(|class| class.receiver == receiver) && fits(one))
        .expect("a recording")
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let replay = Replay::start().await;
        let arm = arm(&replay.url);
        Self { replay, arm }
    }

    /// Passes a response to the client and returns what it reads.
    pub(crate) async fn read(&self, recording: &Recording, receiver: Receiver) -> Read {
        let answer = &complete(recording);
        self.replay.clear();
        if receiver == Receiver::SignIn {
            self.replay.on("POST", "/oauth2/v2.0/token", answer);
            let read = arm(&self.replay.url).subscriptions().await;
            return classify_error(read.map(|_| Value::Null));
        }
        self.replay.on("POST", "/oauth2/v2.0/token", &token());
        if answer.status >= 400 {
            for method in ["GET", "PUT", "POST", "DELETE"] {
                self.replay.on(method, "", answer);
            }
        }
        classify_error(self.read_resources(answer, receiver).await)
    }

    /// Responds to every GET with this. If a list continues, its next page is empty.
    fn get(&self, answer: &Recording) {
        if answer.body["nextLink"].is_string() {
            self.replay.once("GET", "", answer);
            let end = Recording::bare(200, json!({"value": []}));
            self.replay.on("GET", "", &end);
        }
        self.replay.on("GET", "", answer);
    }
}

/// Transcribed recordings contain only some headers, but Resource Manager sends an ID with each
/// response.
fn complete(recording: &Recording) -> Recording {
    let mut answer = recording.clone();
    let headers = &mut answer.headers;
    headers
        .entry("x-ms-request-id")
        .or_insert(http::HeaderValue::from_static(
            "00000000-0000-0000-0000-000000000000",
        ));
    answer
}

fn classify_error(read: Result<Value, Error>) -> Read {
    read.map_err(|error| {
        let kind = match &error {
            Error::SignIn(_) => "sign-in",
            Error::Refused(_) => "refused",
            Error::StartUnknown { .. } => "start unknown",
            _ => "another",
        };
        Refused::new(kind, &error)
    })
}

/// The tags of a resource; empty if the response has none.
fn tags(resource: &Value) -> Value {
    match &resource["tags"] {
        Value::Null => json!({}),
        tags => tags.clone(),
    }
}
