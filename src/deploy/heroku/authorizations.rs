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

/// What the token of an authorization allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Everything but config vars: the least that can start a dyno.
    #[default]
    Write,
    /// Config vars too, where Heroku wants that for starting a dyno.
    WriteProtected,
}

impl Scope {
    /// Heroku's word for it.
    /// Source: <https://devcenter.heroku.com/articles/oauth#scopes>.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::WriteProtected => "write-protected",
        }
    }
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

    /// The scope of a token of the account's, where Heroku lets it be told: it shows the tokens of
    /// authorizations in part at most, and those of logins by single sign-on not at all.
    ///
    /// Source: the vendor's CLI, which finds its own authorization like this
    /// (<https://github.com/heroku/heroku-cli-command>, `login`).
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn scope_of(&self, token: &SecretString) -> Result<Option<Vec<String>>, Error> {
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
        call.hidden = Hidden::Answer;
        let listed: Vec<Listed> = self.list(call, usize::MAX).await?;
        let mut scopes = listed.into_iter().filter_map(|listed| {
            let shown = listed.access_token?.token?;
            is_shown_as(token.expose_secret(), &shown).then_some(listed.scope)
        });
        let first = scopes.next();
        // Several may be shown alike.
        let is_same = scopes.all(|scope| Some(&scope) == first.as_ref());
        Ok(first.filter(|_| is_same))
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
        /// Heroku answers with what was revoked.
        #[derive(Deserialize)]
        struct Revoked {
            id: String,
        }
        let mut call = self.call(Method::DELETE, &["oauth", "authorizations", id]);
        call.hidden = Hidden::Answer;
        let answer = match self.accepted(call).await {
            Err(error) if error.is_not_found() => return Ok(()),
            answer => answer?,
        };
        let revoked: Revoked = self.read(&answer, true)?;
        if revoked.id == id {
            return Ok(());
        }
        Err(self.no_effect(&answer, format!("about another authorization than {id}")))
    }
}

/// Whether a token is what Heroku shows, with asterisks in place of its middle.
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
