//! The account, and the teams that it is in: any that is asked for.
//!
//! Source: the vendor's hyper-schema, `account` and `team`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::app::id_of;
use super::dyno::date_time;
use super::{Core, EMAIL, Heroku};

pub(super) async fn info(State(Heroku { core, .. }): State<Heroku>) -> Json<Value> {
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

pub(super) async fn team(
    State(Heroku { core, .. }): State<Heroku>,
    Path(team): Path<String>,
) -> Json<Value> {
    let now = date_time(core.clock.now());
    Json(json!({
        "created_at": now,
        "credit_card_collections": true,
        "default": false,
        "enterprise_account": null,
        "id": id_of(&team),
        "identity_provider": null,
        "membership_limit": 25,
        "name": team,
        "provisioned_licenses": false,
        "role": "admin",
        "type": "team",
        "updated_at": now,
    }))
}
