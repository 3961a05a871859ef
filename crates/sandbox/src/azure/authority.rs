//! Sign-in of a service principal with Entra ID.
//!
//! Source: "Microsoft identity platform and the OAuth 2.0 client credentials flow" and "Microsoft
//! Entra authentication and authorization error codes".

use std::collections::HashMap;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::call::Call;
use super::ids::Ids;
use super::refusal::Refusal;
use super::{Azure, Core};

/// Lifetime of an access token, in seconds.
const LIFETIME: i64 = 3_600;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Access tokens and their expiration times.
#[derive(Default)]
pub(super) struct Tokens(HashMap<String, Timestamp>);

impl Azure {
    /// All access tokens issued, so that tests can check that none is printed.
    pub fn tokens(&self) -> Vec<SecretString> {
        let state = self.core.state();
        let tokens = state.tokens.0.keys();
        tokens.map(|token| token.as_str().into()).collect()
    }
}

struct Denied {
    status: StatusCode,
    error: &'static str,
    code: u32,
    message: String,
}

fn denied(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Denied {
    Denied {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        error,
        code,
        message: message.into(),
    }
}

impl Core {
    /// `POST /TENANT/oauth2/v2.0/token`.
    pub(super) fn token(&self, tenant: &str, call: &Call) -> Response {
        let now = self.now();
        let mut state = self.state();
        if let Err(denied) = self.sign_in(tenant, &call.form()) {
            return denied.response(&mut state.ids, now);
        }
        let token = [36, 240, 86].map(|length| state.ids.text(length)).join(".");
        let expires = now.checked_add(SignedDuration::from_secs(LIFETIME));
        state
            .tokens
            .0
            .insert(token.clone(), expires.unwrap_or(Timestamp::MAX));
        Json(json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME,
            "ext_expires_in": LIFETIME,
            "access_token": token,
        }))
        .into_response()
    }

    /// `GET /TENANT/v2.0/.well-known/openid-configuration`: the addresses at which clients sign in.
    ///
    /// Source: <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>.
    pub(super) fn openid_configuration(&self, tenant: &str) -> Response {
        if let Err(denied) = self.check_tenant(tenant) {
            return denied.response(&mut self.state().ids, self.now());
        }
        let base = format!("{}/{tenant}", self.setup.url);
        Json(json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "jwks_uri": format!("{base}/discovery/v2.0/keys"),
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }))
        .into_response()
    }

    fn check_tenant(&self, tenant: &str) -> Result<(), Denied> {
        if tenant.eq_ignore_ascii_case(&self.setup.credentials.tenant) {
            return Ok(());
        }
        Err(denied(
            400,
            "invalid_request",
            90_002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
            ),
        ))
    }

    fn sign_in(&self, tenant: &str, form: &[(String, String)]) -> Result<(), Denied> {
        let credentials = &self.setup.credentials;
        let field = |name: &str| {
            let mut form = form.iter();
            form.find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let required = |name: &str| {
            field(name).ok_or_else(|| {
                let message =
                    format!("The request body must contain the following parameter: '{name}'.");
                denied(400, "invalid_request", 900_144, message)
            })
        };
        self.check_tenant(tenant)?;
        let grant = required("grant_type")?;
        if grant != "client_credentials" {
            return Err(denied(
                400,
                "unsupported_grant_type",
                70_003,
                format!("The app requested an unsupported grant type '{grant}'."),
            ));
        }
        let client = required("client_id")?;
        if !client.eq_ignore_ascii_case(&credentials.client_id) {
            return Err(denied(
                400,
                "unauthorized_client",
                700_016,
                format!(
                    "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
                ),
            ));
        }
        let scope = required("scope")?;
        if !scope.ends_with("/.default") {
            return Err(denied(
                400,
                "invalid_scope",
                1_002_012,
                format!(
                    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
                ),
            ));
        }
        match (field("client_secret"), field("client_assertion")) {
            (Some(secret), _) if secret == credentials.client_secret.expose_secret() => Ok(()),
            (Some(_), _) => Err(denied(
                401,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'."
                ),
            )),
            (None, Some(assertion))
                if assertion.trim() == credentials.assertion.expose_secret()
                    && field("client_assertion_type") == Some(ASSERTION_TYPE) =>
            {
                Ok(())
            }
            (None, Some(_)) => Err(denied(
                401,
                "invalid_client",
                700_213,
                "No matching federated identity record found for presented assertion subject. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
            )),
            (None, None) => Err(denied(
                401,
                "invalid_client",
                7_000_218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )),
        }
    }

    /// Checks that a request has a valid access token.
    pub(super) fn authenticate(&self, call: &Call) -> Result<(), Refusal> {
        let refused = |code, message: &str, why: &str| {
            let tenant = &self.setup.credentials.tenant;
            Err(Refusal {
                challenge: Some(format!(
                    "Bearer authorization_uri=\"{}/{tenant}\", error=\"invalid_token\", error_description=\"{why}\"",
                    self.setup.url
                )),
                ..Refusal::new(StatusCode::UNAUTHORIZED, code, message)
            })
        };
        let Some(authorization) = call.header("authorization") else {
            return refused(
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                "The authentication failed because of missing 'Authorization' header.",
            );
        };
        let Some(token) = authorization.strip_prefix("Bearer ") else {
            return refused(
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
                "The authentication failed because the 'Authorization' header is invalid.",
            );
        };
        let now = self.now();
        match self.state().tokens.0.get(token) {
            None => refused(
                "InvalidAuthenticationToken",
                "The access token is invalid.",
                "The access token is invalid.",
            ),
            Some(expires) if *expires <= now => refused(
                "ExpiredAuthenticationToken",
                &format!(
                    "The access token expiry UTC time '{expires}' is earlier than current UTC time '{now}'."
                ),
                "The access token has expired.",
            ),
            Some(_) => Ok(()),
        }
    }
}

impl Denied {
    fn response(self, ids: &mut Ids, now: Timestamp) -> Response {
        let (trace, correlation) = (ids.uuid(), ids.uuid());
        let at = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let Self {
            status,
            error,
            code,
            message,
        } = self;
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
            ),
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        (status, Json(body)).into_response()
    }
}
