//! OAuth authorizations: tokens for programs, each with a scope.
//!
//! Source: <https://devcenter.heroku.com/articles/oauth>.

use http::Method;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::error::Error;
use super::{HerokuApi, json};
use crate::deploy::http::Redacted;

/// An authorization of the account, without its token, which Heroku returns only once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Authorization {
    /// Its id.
    pub id: String,
    /// Its description.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub description: String,
    /// Its scopes, such as `write`.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Time of its creation.
    #[serde(deserialize_with = "json::timestamp")]
    pub created_at: Timestamp,
}

/// The scope of an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Everything except config vars: the narrowest scope that can start a dyno.
    #[default]
    Write,
    /// Config vars too, if Heroku requires that for starting a dyno.
    WriteProtected,
}

impl Scope {
    /// Heroku's name for it.
    /// Source: <https://devcenter.heroku.com/articles/oauth#scopes>.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::WriteProtected => "write-protected",
        }
    }
}

/// A new authorization.
#[derive(Debug, Clone)]
pub struct NewAuthorization {
    /// Its id.
    pub id: String,
    /// Its token, which does not expire.
    pub token: SecretString,
}

impl HerokuApi {
    /// The account's authorizations.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn authorizations(&self) -> Result<Vec<Authorization>, Error> {
        let mut call = self.call(Method::GET, &["oauth", "authorizations"]);
        // Marked secret in case Heroku does not omit the tokens.
        call.redacted = Redacted::Answer;
        self.list(call, usize::MAX).await
    }

    /// The scope of one of the account's tokens, if it can be determined: Heroku returns at most
    /// parts of tokens, and none for logins by single sign-on.
    ///
    /// Source: the vendor's CLI, which finds its own authorization like this
    /// (<https://github.com/heroku/heroku-cli-command>, `login`).
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn token_scope(&self, token: &SecretString) -> Result<Option<Vec<String>>, Error> {
        #[derive(Deserialize)]
        struct Listed {
            #[serde(default)]
            scope: Vec<String>,
            access_token: Option<AccessToken>,
        }
        #[derive(Deserialize)]
        struct AccessToken {
            token: Option<String>,
        }
        let mut call = self.call(Method::GET, &["oauth", "authorizations"]);
        call.redacted = Redacted::Answer;
        let listed: Vec<Listed> = self.list(call, usize::MAX).await?;
        let mut scopes = listed.into_iter().filter_map(|listed| {
            let shown = listed.access_token?.token?;
            is_shown_as(token.expose_secret(), &shown).then_some(listed.scope)
        });
        let first = scopes.next();
        // Several partly masked tokens may match.
        let is_same = scopes.all(|scope| Some(&scope) == first.as_ref());
        Ok(first.filter(|_| is_same))
    }

    /// Creates an authorization that does not expire.
    ///
    /// # Errors
    /// Heroku refuses, for example a scope that the account's token does not include; or there is
    /// no answer, and an authorization with an unknown token may exist.
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
        call.redacted = Redacted::Answer;
        let body = json!({ "scope": scope, "description": description, "expires_in": null });
        let created: Created = self.fetch(call.json(body)).await?;
        let token = SecretString::from(created.access_token.token);
        self.http.redactor().learn(&token);
        Ok(NewAuthorization {
            id: created.id,
            token,
        })
    }

    /// Revokes an authorization and its token. A missing one counts as revoked.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn delete_authorization(&self, id: &str) -> Result<(), Error> {
        /// Heroku's answer is the revoked authorization.
        #[derive(Deserialize)]
        struct Revoked {
            id: String,
        }
        let mut call = self.call(Method::DELETE, &["oauth", "authorizations", id]);
        call.redacted = Redacted::Answer;
        let answer = match self.accepted(call).await {
            Err(error) if error.is_not_found() => return Ok(()),
            answer => answer?,
        };
        let revoked: Revoked = self.read(&answer, true)?;
        if revoked.id == id {
            return Ok(());
        }
        Err(self.no_effect(
            &answer,
            format!("the answer describes an authorization other than {id}"),
        ))
    }
}

/// Whether a token matches a masked one, in which asterisks replace the middle.
fn is_shown_as(token: &str, shown: &str) -> bool {
    match shown.split_once('*') {
        None => token == shown,
        Some((beginning, rest)) => {
            let end = rest.trim_start_matches('*');
            !(beginning.is_empty() && end.is_empty())
                && token.starts_with(beginning)
                && token.ends_with(end)
        }
    }
}
