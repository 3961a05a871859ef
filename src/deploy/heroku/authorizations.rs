//! OAuth authorizations: tokens for programs, each with a scope.
//!
//! Source: <https://devcenter.heroku.com/articles/oauth>.

use http::Method;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::error::Error;
use super::{HerokuApi, json};
use crate::deploy::http::Hidden;

/// An authorization of the account, without its token, which Heroku shows only once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Authorization {
    /// Another for each.
    pub id: String,
    /// What it is for, in its maker's words.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub description: String,
    /// What it allows, such as `write`.
    #[serde(default)]
    pub scope: Vec<String>,
    /// When it was made.
    #[serde(deserialize_with = "json::timestamp")]
    pub created_at: Timestamp,
}

/// An authorization just made.
#[derive(Debug, Clone)]
pub struct NewAuthorization {
    /// By which it is deleted.
    pub id: String,
    /// The token; it does not expire.
    pub token: SecretString,
}

impl HerokuApi {
    /// The account's authorizations.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn authorizations(&self) -> Result<Vec<Authorization>, Error> {
        let mut call = self.call(Method::GET, &["oauth", "authorizations"]);
        // Heroku leaves the tokens out, and should it not, they are not for showing.
        call.hidden = Hidden::Answer;
        self.list(call, usize::MAX).await
    }

    /// Makes an authorization that does not expire.
    ///
    /// # Errors
    /// Refused, such as a scope that the account's token does not cover; or no answer, and then
    /// there may be an authorization of that description whose token nobody knows.
    pub async fn create_authorization(
        &self,
        scope: &[&str],
        description: &str,
    ) -> Result<NewAuthorization, Error> {
        #[derive(Deserialize)]
        struct Created {
            id: String,
            access_token: AccessToken,
        }
        #[derive(Deserialize)]
        struct AccessToken {
            token: String,
        }
        let mut call = self.call(Method::POST, &["oauth", "authorizations"]);
        call.hidden = Hidden::Answer;
        let body = json!({ "scope": scope, "description": description, "expires_in": null });
        let created: Created = self.ask(call.json(body)).await?;
        let token = SecretString::from(created.access_token.token);
        self.http.redactor().learn(&token);
        Ok(NewAuthorization {
            id: created.id,
            token,
        })
    }

    /// Revokes an authorization and its token; one that is gone is revoked.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn delete_authorization(&self, id: &str) -> Result<(), Error> {
        let mut call = self.call(Method::DELETE, &["oauth", "authorizations", id]);
        call.hidden = Hidden::Answer;
        match self.accepted(call).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}
