//! Apps and their config vars.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::Error;
use super::{HerokuApi, json};
use crate::deploy::http::{Call, Redacted, Repeat};

/// An app.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct App {
    /// Its id, which stays when the name changes.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The stack of its next release: `container` for images.
    #[serde(deserialize_with = "json::name")]
    pub build_stack: String,
    /// Its current stack.
    #[serde(deserialize_with = "json::name")]
    pub stack: String,
    /// Its region: `us`, `eu`, or another.
    #[serde(deserialize_with = "json::name")]
    pub region: String,
    /// Its platform generation, such as `cedar` or `fir`.
    #[serde(default, deserialize_with = "json::maybe_name")]
    pub generation: Option<String>,
    /// Time of its last release; `None` if it was never released.
    #[serde(default, deserialize_with = "json::maybe_timestamp")]
    pub released_at: Option<Timestamp>,
}

/// An app to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// Its name, which is unique at Heroku.
    pub name: String,
    /// Its region; `None` for Heroku's default.
    pub region: Option<String>,
    /// The team that owns it; `None` for the account.
    pub team: Option<String>,
}

impl App {
    /// Whether it can run images. The Fir generation has no container registry.
    /// Source: <https://devcenter.heroku.com/articles/generations>.
    pub fn takes_images(&self) -> bool {
        self.generation.as_deref() != Some("fir")
    }
}

impl HerokuApi {
    /// The app of that name; `None` if it does not exist.
    ///
    /// # Errors
    /// [`Error::NameTaken`] if it belongs to somebody else; Heroku refuses, or there is no answer.
    pub async fn app(&self, name: &str) -> Result<Option<App>, Error> {
        let call = self.call(Method::GET, &["apps", name]);
        match self.ask_app(name, call).await {
            Ok(app) => Ok(Some(app)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(Error::Refused(refusal))
                if refusal.status == StatusCode::FORBIDDEN
                    && refusal.id.as_deref() == Some("forbidden") =>
            {
                Err(Error::NameTaken {
                    app: name.to_owned(),
                    refusal,
                })
            }
            Err(error) => Err(error),
        }
    }

    /// Creates an app for images.
    ///
    /// # Errors
    /// The name is taken or invalid, Heroku refuses, or there is no answer.
    pub async fn create_app(&self, new: &NewApp) -> Result<App, Error> {
        let path: &[&str] = if new.team.is_some() {
            &["teams", "apps"]
        } else {
            &["apps"]
        };
        let mut body = json!({ "name": new.name, "stack": "container" });
        for (key, value) in [("region", &new.region), ("team", &new.team)] {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        let call = self.call(Method::POST, path).json(body);
        self.ask_app(&new.name, call).await
    }

    /// Changes an app's stack to `container` from its next release.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn set_build_stack(&self, app: &str) -> Result<App, Error> {
        let mut call = self.call(Method::PATCH, &["apps", app]);
        call.repeat = Repeat::Safe;
        let call = call.json(json!({ "build_stack": "container" }));
        self.ask_app(app, call).await
    }

    /// Deletes an app with all its data.
    ///
    /// # Errors
    /// It does not exist (a retry may have deleted it before), Heroku refuses, or there is no
    /// answer.
    pub async fn delete_app(&self, app: &str) -> Result<(), Error> {
        self.ask_app(app, self.call(Method::DELETE, &["apps", app]))
            .await?;
        Ok(())
    }

    /// Sends a request that Heroku answers with the app.
    async fn ask_app(&self, name: &str, call: Call) -> Result<App, Error> {
        let answer = self.accepted(call).await?;
        let app: App = self.read(&answer, false)?;
        if app.name == name || app.id == name {
            return Ok(app);
        }
        Err(self.no_effect(
            &answer,
            format!("the answer describes the app {}, not {name}", app.name),
        ))
    }

    /// All config vars of an app. An empty object is read twice, because a proxy may answer one.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn config_vars(&self, app: &str) -> Result<BTreeMap<String, SecretString>, Error> {
        let mut call = self.call(Method::GET, &["apps", app, "config-vars"]);
        call.redacted = Redacted::Answer;
        let mut vars: BTreeMap<String, String> = self.fetch(call.clone()).await?;
        if vars.is_empty() {
            vars = self.fetch(call).await?;
        }
        let secret = |(name, value)| (name, SecretString::from(value));
        Ok(vars.into_iter().map(secret).collect())
    }

    /// Sets config vars, and unsets those that are `None`; others stay. This creates a release and
    /// restarts the app's dynos. Checks the changes in Heroku's answer, which contains all config
    /// vars.
    ///
    /// Source: `config-var` of <https://devcenter.heroku.com/articles/platform-api-reference>.
    ///
    /// # Errors
    /// The answer lacks the changes, Heroku refuses, or there is no answer.
    pub async fn set_config_vars(
        &self,
        app: &str,
        vars: &BTreeMap<String, Option<SecretString>>,
    ) -> Result<(), Error> {
        let body: Map<String, Value> = vars
            .iter()
            .map(|(name, value)| {
                let value = value.as_ref().map(ExposeSecret::expose_secret);
                (name.clone(), json!(value))
            })
            .collect();
        let mut call = self.call(Method::PATCH, &["apps", app, "config-vars"]);
        call.repeat = Repeat::Safe;
        call.redacted = Redacted::Both;
        let answer = self.accepted(call.json(Value::Object(body))).await?;
        let set: BTreeMap<String, Option<String>> = self.read(&answer, true)?;
        let differ: Vec<&str> = vars
            .iter()
            .filter(|(name, value)| {
                let value = value.as_ref().map(ExposeSecret::expose_secret);
                set.get(*name).and_then(Option::as_deref) != value
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if differ.is_empty() {
            return Ok(());
        }
        let what = format!(
            "these config vars differ from those sent: {}",
            differ.join(", ")
        );
        Err(self.no_effect(&answer, what))
    }
}
