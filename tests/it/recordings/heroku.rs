//! Recorded responses of Heroku's Platform API, read by the client for Heroku.

use picletter_core::deploy::heroku::log::LogRequest;
use picletter_core::deploy::heroku::{App, Error, HerokuApi, NewApp, Release};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::recordings::Read;
use crate::recordings::classes::{Receiver, class_for};
use crate::recordings::recording::{Recording, recordings};
use crate::recordings::refusals::Refused;
use crate::recordings::replay::Replay;
use crate::support::clients::{HASTY, http};

/// A server that replays recordings, and a client of it.
pub(crate) struct Vendor {
    replay: Replay,
    api: HerokuApi,
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let replay = Replay::start().await;
        let token = SecretString::from("HRKU-0123456789");
        let api = HerokuApi::new(http(HASTY), replay.url.clone(), &token);
        Self { replay, api }
    }

    /// Passes a response to the client and returns what it reads.
    pub(crate) async fn read(&self, answer: &Recording, receiver: Receiver) -> Read {
        self.replay.clear();
        for method in ["GET", "POST", "PATCH"] {
            if !matches!(receiver, Receiver::LogSession | Receiver::Log) {
                self.replay.on(method, "", answer);
            }
        }
        self.call(answer, receiver).await.map_err(|error| {
            let kind = match &error {
                Error::Refused(_) => "refused",
                Error::ReleaseFailed { .. } => "release failed",
                Error::NoLog { .. } => "no log",
                _ => "another",
            };
            Refused::new(kind, &error)
        })
    }

    async fn call(&self, answer: &Recording, receiver: Receiver) -> Result<Value, Error> {
        let api = &self.api;
        match receiver {
            Receiver::Account => {
                let one = api.account().await?;
                Ok(json!({
                    "email": one.email, "verified": one.verified,
                    "two_factor": one.two_factor_authentication,
                    "suspended": one.suspended_at.is_some(),
                    "delinquent": one.delinquent_at.is_some(),
                }))
            }
            Receiver::App => {
                let name = answer.body["name"].as_str().unwrap_or("nonesuch");
                Ok(api.app(name).await?.as_ref().map_or(Value::Null, app))
            }
            Receiver::NewApp => {
                let new = NewApp {
                    name: "picletter".to_owned(),
                    region: None,
                    team: None,
                };
                Ok(app(&api.create_app(&new).await?))
            }
            Receiver::Dynos => {
                let all = api.dynos("picletter").await?;
                let all = all.into_iter().map(|one| {
                    json!({
                        "id": one.id, "name": one.name, "command": one.command,
                        "state": one.state, "type": one.r#type, "size": one.size,
                        "created_at": one.created_at.to_string(),
                    })
                });
                Ok(all.collect())
            }
            Receiver::Releases => {
                let all = api.releases("picletter", 1_000).await?;
                Ok(all.iter().map(release).collect())
            }
            Receiver::Release => {
                let mut pending: Release = serde_json::from_value(json!({
                    "id": answer.body["id"], "version": answer.body["version"], "status": "pending",
                }))
                .unwrap();
                if answer.body["status"] == "pending" {
                    self.replay.clear();
                    self.replay.once("GET", "", answer);
                    let end = recordings().iter().find(|one| {
                        class_for(one).is_some_and(|class| class.receiver == receiver)
                            && one.body["status"] == "succeeded"
                    });
                    self.replay.on("GET", "", end.unwrap());
                }
                pending.current = false;
                Ok(release(
                    &api.await_release("picletter", &pending, |_| ()).await?,
                ))
            }
            Receiver::Formation => {
                let all = api.scale("picletter", "worker", 1, "standard-1x").await?;
                Ok(all
                    .into_iter()
                    .map(|one| json!({"type": one.r#type}))
                    .collect())
            }
            Receiver::LogSession => {
                self.replay.on("POST", "/log-sessions", answer);
                self.replay.on("GET", "/stream", stream());
                self.lines().await
            }
            Receiver::Log => {
                let session = recordings().iter().find(|one| {
                    class_for(one).is_some_and(|class| class.receiver == Receiver::LogSession)
                });
                self.replay.on("POST", "/log-sessions", session.unwrap());
                self.replay.on("GET", "/stream", answer);
                self.lines().await
            }
            other => panic!("{other:?} is not a function of `HerokuApi`"),
        }
    }

    async fn lines(&self) -> Result<Value, Error> {
        let request = LogRequest {
            dyno: None,
            source: None,
            lines: 100,
            tail: false,
        };
        let mut log = self.api.log_session("picletter", &request).await?;
        let mut lines = Vec::new();
        while let Some(line) = log.next_line().await? {
            lines.push(line);
        }
        Ok(lines.into())
    }
}

fn stream() -> &'static Recording {
    let mut all = recordings().iter();
    all.find(|one| class_for(one).is_some_and(|class| class.receiver == Receiver::Log))
        .unwrap()
}

fn app(app: &App) -> Value {
    json!({
        "id": app.id, "name": app.name, "build_stack": app.build_stack, "stack": app.stack,
        "region": app.region, "released_at": app.released_at.map(|time| time.to_string()),
    })
}

fn release(release: &Release) -> Value {
    json!({
        "id": release.id, "version": release.version, "status": release.status,
        "description": release.description, "current": release.current,
    })
}

/// What the client should read, based on the recording itself.
pub(crate) fn expected(recording: &Recording, receiver: Receiver) -> Value {
    let body = &recording.body;
    let list = |read: &dyn Fn(&Value) -> Value| -> Value {
        body.as_array().unwrap().iter().map(read).collect()
    };
    let release = |item: &Value| {
        json!({
            "id": item["id"], "version": item["version"],
            // Releases before release phases had no status. They are current immediately.
            "status": item["status"].as_str().unwrap_or("succeeded"),
            "description": item["description"], "current": item["current"].as_bool().unwrap_or(false),
        })
    };
    match receiver {
        Receiver::Account => json!({
            "email": body["email"], "verified": body["verified"],
            "two_factor": body["two_factor_authentication"],
            "suspended": !body["suspended_at"].is_null(),
            "delinquent": !body["delinquent_at"].is_null(),
        }),
        Receiver::App => json!({
            "id": body["id"], "name": body["name"], "build_stack": body["build_stack"]["name"],
            "stack": body["stack"]["name"], "region": body["region"]["name"],
            "released_at": body["released_at"],
        }),
        Receiver::Dynos => list(&|item| {
            json!({
                "id": item["id"], "name": item["name"], "command": item["command"],
                "state": item["state"], "type": item["type"], "size": item["size"],
                "created_at": item["created_at"],
            })
        }),
        Receiver::Releases => list(&release),
        Receiver::Release => {
            let mut read = release(body);
            if read["status"] == "pending" {
                read["status"] = json!("succeeded");
            }
            read
        }
        Receiver::LogSession | Receiver::Log => {
            let lines = stream().body.as_str().unwrap().lines();
            lines
                .filter_map(|line| line.strip_prefix("data: "))
                .collect()
        }
        other => panic!("{other:?} has no recorded success"),
    }
}
