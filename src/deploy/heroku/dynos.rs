//! Dynos.

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::error::Error;
use super::{HerokuApi, json};
use crate::deploy::http::Repeat;

/// A dyno that runs, or that Heroku still knows. Its state says nothing about its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Dyno {
    /// Another for each dyno.
    pub id: String,
    /// Such as `worker.1234`.
    pub name: String,
    /// What it runs.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub command: String,
    /// `starting`, `up`, `idle`, `crashed` or `down`.
    pub state: String,
    /// Its process type.
    pub r#type: String,
    /// Such as `Basic`.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub size: String,
    /// When it was started.
    #[serde(deserialize_with = "json::timestamp")]
    pub created_at: Timestamp,
}

impl HerokuApi {
    /// The app's dynos.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn dynos(&self, app: &str) -> Result<Vec<Dyno>, Error> {
        let call = self.call(Method::GET, &["apps", app, "dynos"]);
        self.list(call, usize::MAX).await
    }

    /// Stops a dyno, by its id or name; one that is gone is stopped.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn stop_dyno(&self, app: &str, dyno: &str) -> Result<(), Error> {
        let path = ["apps", app, "dynos", dyno, "actions", "stop"];
        let mut call = self.call(Method::POST, &path);
        call.repeat = Repeat::Safe;
        match self.accepted(call).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
