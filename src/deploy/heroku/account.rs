//! The account, and the teams that it belongs to.

use jiff::Timestamp;
use serde::Deserialize;

use super::error::Error;
use super::{HerokuApi, json};

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its address.
    pub email: String,
    /// Since when an invoice is not paid.
    #[serde(default, deserialize_with = "json::maybe_timestamp")]
    pub delinquent_at: Option<Timestamp>,
    /// Since when Heroku has it locked.
    #[serde(default, deserialize_with = "json::maybe_timestamp")]
    pub suspended_at: Option<Timestamp>,
    /// Whether it has a payment method; `None` where Heroku does not say.
    pub verified: Option<bool>,
    /// Whether it asks for a second factor; `None` where Heroku does not say.
    pub two_factor_authentication: Option<bool>,
}

/// A team that the account belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// What the account is in it, such as `admin`, `member` or `collaborator`.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub role: String,
}

impl HerokuApi {
    /// Whose token it is.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub async fn account(&self) -> Result<Account, Error> {
        self.get(&["account"]).await
    }

    /// A team.
    ///
    /// # Errors
    /// There is none of that name, or the account is not in it; refused, or no answer.
    pub async fn team(&self, name: &str) -> Result<Team, Error> {
        self.get(&["teams", name]).await
    }
}
