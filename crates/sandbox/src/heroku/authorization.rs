//! Authorizations: tokens with fewer permissions than the account's own token.
//!
//! Source: <https://devcenter.heroku.com/articles/oauth#scopes>. The message of the refusal is
//! quoted from users' reports.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::account::EMAIL;
use super::body::{self, Fields};
use super::dyno::date_time;
use super::refusal::Refusal;
use super::{Assumptions, Core, Heroku};

const SCOPES: [&str; 6] = [
    "global",
    "identity",
    "read",
    "write",
    "read-protected",
    "write-protected",
];

/// An operation of the API, as far as scopes distinguish it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Account,
    Authorizations,
    Read,
    ReadConfigVars,
    StartDyno,
    Write,
    WriteConfigVars,
}

impl Operation {
    pub(super) fn from_request(method: &Method, path: &str) -> Self {
        let reads = method == Method::GET;
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        match (parts.as_slice(), reads) {
            (["account", ..], _) => Self::Account,
            (["oauth", ..], _) => Self::Authorizations,
            (["apps", _, "config-vars"], true) => Self::ReadConfigVars,
            (["apps", _, "config-vars"], false) => Self::WriteConfigVars,
            (["apps", _, "dynos"], false) => Self::StartDyno,
            (["apps", _, "log-sessions"], _) | (_, true) => Self::Read,
            _ => Self::Write,
        }
    }

    fn is_allowed_by(self, scope: &str, assumptions: Assumptions) -> bool {
        match scope {
            "global" => true,
            "identity" => self == Self::Account,
            "read" => self == Self::Read,
            "read-protected" => matches!(self, Self::Read | Self::ReadConfigVars),
            "write" => match self {
                Self::Read | Self::Write => true,
                Self::StartDyno => assumptions.write_starts_dynos,
                _ => false,
            },
            "write-protected" => !matches!(self, Self::Account | Self::Authorizations),
            _ => false,
        }
    }
}

#[derive(Debug)]
struct Authorization {
    id: String,
    token_id: String,
    token: SecretString,
    description: String,
    scope: Vec<&'static str>,
    created_at: Timestamp,
}

impl Authorization {
    /// The authorization as JSON. Only the response to its creation contains the whole token; other
    /// responses mask it. How many characters remain is a guess, but the vendor's CLI recognizes a
    /// masked token by its asterisks.
    fn json(&self, core: &Core, with_token: bool) -> Value {
        let token = self.token.expose_secret();
        let token = if with_token {
            token.to_owned()
        } else {
            format!("{}**********{}", &token[..9], &token[token.len() - 4..])
        };
        let access_token = json!({
            "expires_in": null,
            "id": self.token_id,
            "token": token,
        });
        json!({
            "access_token": access_token,
            "client": null,
            "created_at": date_time(self.created_at),
            "description": self.description,
            "grant": null,
            "id": self.id,
            "refresh_token": null,
            "scope": self.scope,
            "session": null,
            "updated_at": date_time(self.created_at),
            "user": { "email": EMAIL, "full_name": null, "id": core.account_id },
        })
    }
}

/// The account's authorizations.
#[derive(Debug, Default)]
pub(super) struct Authorizations(Vec<Authorization>);

impl Authorizations {
    fn id_for_token(&self, token: &str) -> Option<String> {
        let mut authorizations = self.0.iter();
        let owner = authorizations.find(|one| one.token.expose_secret() == token);
        owner.map(|one| one.id.clone())
    }

    /// Checks that a token belongs to an authorization of the account whose scope allows the
    /// operation.
    pub(super) fn check(
        &self,
        token: &str,
        operation: Operation,
        assumptions: Assumptions,
    ) -> Result<(), Refusal> {
        let mut authorizations = self.0.iter();
        let Some(authorization) = authorizations.find(|one| one.token.expose_secret() == token)
        else {
            return Err(Refusal::unauthorized("Invalid credentials provided."));
        };
        let mut scopes = authorization.scope.iter();
        if scopes.any(|scope| operation.is_allowed_by(scope, assumptions)) {
            Ok(())
        } else {
            Err(Refusal::forbidden(
                "The scope of this OAuth authorization does not allow access to this resource.",
            ))
        }
    }
}

impl Heroku {
    /// The tokens of all authorizations, so that tests can check that none is printed.
    pub fn authorization_tokens(&self) -> Vec<SecretString> {
        let state = self.core.state();
        let authorizations = state.authorizations.0.iter();
        authorizations.map(|one| one.token.clone()).collect()
    }

    /// The ID of the authorization with this token, unless it was revoked.
    pub fn authorization_id(&self, token: &str) -> Option<String> {
        self.core.state().authorizations.id_for_token(token)
    }
}

pub(super) fn routes() -> Router<Heroku> {
    Router::new()
        .route("/oauth/authorizations", get(list).post(create))
        .route("/oauth/authorizations/{authorization}", delete(revoke))
}

async fn create(
    State(Heroku { core, .. }): State<Heroku>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut fields = Fields(body::object(&headers, &body)?);
    let description = fields.optional_string("description")?.unwrap_or_default();
    if !fields.take("expires_in").unwrap_or_default().is_null() {
        return Err(Refusal::invalid_params(
            "This fake issues tokens that do not expire: expires_in must be null.",
        ));
    }
    let Some(Value::Array(requested)) = fields.take("scope") else {
        return Err(Refusal::invalid_params("Require params: scope."));
    };
    fields.end()?;
    let parse_scope = |requested: &Value| {
        let scope = SCOPES.into_iter().find(|scope| requested == scope);
        scope.ok_or_else(|| Refusal::invalid_params(format!("Invalid scope: {requested}.")))
    };
    let scope = requested
        .iter()
        .map(parse_scope)
        .collect::<Result<Vec<_>, _>>()?;
    if scope.is_empty() {
        return Err(Refusal::invalid_params("Require params: scope."));
    }
    let mut state = core.state();
    let authorization = Authorization {
        id: state.ids.uuid(),
        token_id: state.ids.uuid(),
        token: state.ids.token().into(),
        description,
        scope,
        created_at: core.clock.now(),
    };
    let json = authorization.json(&core, true);
    state.authorizations.0.push(authorization);
    Ok((StatusCode::CREATED, Json(json)))
}

async fn list(State(Heroku { core, .. }): State<Heroku>) -> Json<Vec<Value>> {
    let state = core.state();
    let authorizations = state.authorizations.0.iter();
    Json(authorizations.map(|one| one.json(&core, false)).collect())
}

/// Revokes an authorization and its token.
async fn revoke(
    State(Heroku { core, .. }): State<Heroku>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let mut state = core.state();
    let index = state.authorizations.0.iter().position(|one| one.id == id);
    let index = index.ok_or_else(|| Refusal::not_found("authorization"))?;
    let revoked = state.authorizations.0.remove(index);
    Ok(Json(revoked.json(&core, false)))
}
