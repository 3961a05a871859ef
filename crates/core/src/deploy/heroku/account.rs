//! The account and its teams.

use jiff::Timestamp;
use serde::Deserialize;

use super::error::Error;
use super::{HerokuApi, json};

/// The account of the token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its email address.
    pub email: String,
    /// Time since which an invoice is overdue.
    #[serde(default, deserialize_with = "json::maybe_timestamp")]
    pub delinquent_at: Option<Timestamp>,
    /// Time since which it is suspended.
    #[serde(default, deserialize_with = "json::maybe_timestamp")]
    pub suspended_at: Option<Timestamp>,
    /// Whether it has a payment method; `None` if Heroku does not report it.
    pub verified: Option<bool>,
    /// Whether it requires a second factor; `None` if Heroku does not report it.
    pub two_factor_authentication: Option<bool>,
}

/// A team that the account belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// The account's role, such as `admin`, `member`, or `collaborator`.
    #[serde(default, deserialize_with = "json::or_empty")]
    pub role: String,
}

impl HerokuApi {
    /// The account of the token.
    ///
    /// # Errors
    /// Heroku refuses, or there is no answer.
    pub async fn account(&self) -> Result<Account, Error> {
        self.get(&["account"]).await
    }

    /// A team.
    ///
    /// # Errors
    /// It does not exist, the account is not a member, Heroku refuses, or there is no answer.
    pub async fn team(&self, name: &str) -> Result<Team, Error> {
        self.get(&["teams", name]).await
    }
}
