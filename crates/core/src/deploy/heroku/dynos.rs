//! Dynos.

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use super::error::Error;
use super::{HerokuApi, json};

/// A dyno that Heroku lists. Its state does not show its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Dyno {
    /// Its id.
    pub id: String,
    /// Such as `worker.1234`.
    pub name: String,
    /// Its command.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub command: String,
    /// `starting`, `up`, `idle`, `crashed`, or `down`.
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
    /// Heroku refuses, or there is no answer.
    pub async fn dynos(&self, app: &str) -> Result<Vec<Dyno>, Error> {
        let call = self.call(Method::GET, &["apps", app, "dynos"]);
        self.list(call, usize::MAX).await
    }
}
