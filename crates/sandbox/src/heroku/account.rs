//! The account and its teams. Any team name is valid.
//!
//! Source: the vendor's hyper-schema, `account` and `team`.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::dyno::date_time;
use super::ids::id_for;
use super::quota::Quota;
use super::{Core, Heroku};

/// The email address of the account.
pub(super) const EMAIL: &str = "picletter@picletter.example";

/// The state of the account.
pub(super) struct Account {
    /// Whether the account is subscribed to the Eco plan.
    pub(super) has_eco: bool,
    /// The teams that the account is a member of.
    pub(super) teams: BTreeSet<String>,
    pub(super) quota: Quota,
}

impl Account {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            has_eco: false,
            teams: BTreeSet::new(),
            quota: Quota::full(now),
        }
    }
}

impl Heroku {
    /// Subscribes the account to the Eco plan: its new apps get Eco dynos.
    pub fn subscribe_to_eco(&self) {
        self.core.state().account.has_eco = true;
    }

    /// Makes the account a member of a team.
    pub fn join_team(&self, team: impl Into<String>) {
        self.core.state().account.teams.insert(team.into());
    }

    /// Takes this number of requests from the rate limit's pool.
    pub fn consume_quota(&self, requests: u32) {
        let now = self.core.clock.now();
        let mut state = self.core.state();
        for _ in 0..requests {
            state.account.quota.take(now);
        }
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/account", get(info))
        .route("/teams/{team}", get(team))
}

async fn info(State(Heroku { core, .. }): State<Heroku>) -> Json<Value> {
    let Core {
        account_id, clock, ..
    } = &*core;
    let now = date_time(clock.now());
    Json(json!({
        "allow_tracking": true,
        "beta": false,
        "country_of_residence": null,
        "created_at": now,
        "default_organization": null,
        "default_team": null,
        "delinquent_at": null,
        "email": EMAIL,
        "federated": false,
        "id": account_id,
        "identity_provider": null,
        "last_login": null,
        "name": "Picletter",
        "sms_number": null,
        "suspended_at": null,
        "two_factor_authentication": true,
        "updated_at": now,
        "verified": true,
    }))
}

async fn team(State(Heroku { core, .. }): State<Heroku>, Path(team): Path<String>) -> Json<Value> {
    let now = date_time(core.clock.now());
    Json(json!({
        "created_at": now,
        "credit_card_collections": true,
        "default": false,
        "enterprise_account": null,
        "id": id_for(&team),
        "identity_provider": null,
        "membership_limit": 25,
        "name": team,
        "provisioned_licenses": false,
        "role": "admin",
        "type": "team",
        "updated_at": now,
    }))
}
