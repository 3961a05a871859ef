//! Routing of requests to Azure Resource Manager.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::Core;
use super::call::Call;
use super::groups::Scope;
use super::refusal::Refusal;
use super::{access, versions};

/// Maximum size of a request's body, in bytes. "The request size for templates is limited to 4 MB"
/// ("Best practices for ARM templates").
const MAX_BODY_BYTES: usize = 4 << 20;

pub(super) type Answer = Result<Response, Refusal>;

pub(super) fn router(core: Arc<Core>) -> Router {
    Router::new().fallback(handle).with_state(core)
}

async fn handle(State(core): State<Arc<Core>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let mut response = match to_bytes(body, MAX_BODY_BYTES).await {
        Ok(body) => {
            let call = Call::new(head, body);
            let answer = core.answer(&call);
            let mut response = answer.unwrap_or_else(Refusal::into_response);
            // The correlation ID groups all requests of an operation. Clients can set it.
            let correlation = call.headers.get("x-ms-correlation-request-id").cloned();
            if let Some(correlation) = correlation {
                let headers = response.headers_mut();
                headers.insert("x-ms-correlation-request-id", correlation);
            }
            if call.method == Method::HEAD {
                *response.body_mut() = Body::empty();
            }
            response
        }
        Err(_) => Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestContentTooLarge",
            "The request content size exceeds the maximum size of 4 MB.",
        )
        .into_response(),
    };
    let id = core.state().ids.uuid();
    if let Ok(id) = HeaderValue::try_from(id) {
        let headers = response.headers_mut();
        headers.insert("x-ms-request-id", id.clone());
        headers.entry("x-ms-correlation-request-id").or_insert(id);
    }
    response
}

impl Core {
    fn answer(self: &Arc<Self>, call: &Call) -> Answer {
        let names: Vec<String> = call
            .segments
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names[..] {
            [_, "oauth2", "v2.0", "token"] => {
                return match call.method {
                    Method::POST => Ok(self.token(&call.segments[0], call)),
                    _ => Err(Refusal::method()),
                };
            }
            [_, "v2.0", ".well-known", "openid-configuration"] => {
                get_only(call)?;
                return Ok(self.openid_configuration(&call.segments[0]));
            }
            ["metadata", "endpoints"] => {
                get_only(call)?;
                return Ok(ok(&self.endpoints()));
            }
            _ => {}
        }
        self.authenticate(call)?;
        self.state().groups.remove_deleted(self.now());
        let version = versions::requested(call)?;
        match names[..] {
            ["subscriptions"] => {
                versions::check(version, versions::SUBSCRIPTIONS)?;
                get_only(call)?;
                let all = self.setup.subscriptions.iter();
                let all: Vec<Value> = all.map(|one| self.subscription_json(one)).collect();
                Ok(ok(
                    &json!({ "value": all, "count": { "type": "Total", "value": all.len() } }),
                ))
            }
            ["subscriptions", _, ref rest @ ..] => {
                let subscription = self.subscription(&call.segments[1])?;
                match *rest {
                    [] => {
                        versions::check(version, versions::SUBSCRIPTIONS)?;
                        get_only(call)?;
                        Ok(ok(&self.subscription_json(subscription)))
                    }
                    ["operationresults", _] => {
                        get_only(call)?;
                        self.outcome(call)
                    }
                    ["providers", "microsoft.authorization", "permissions"] => {
                        access::permissions(call, version)
                    }
                    ["providers", _] => access::provider(call, version, &subscription.id),
                    ["resources"] => {
                        versions::check(version, versions::RESOURCES)?;
                        get_only(call)?;
                        self.resources(call, &subscription.id, None)
                    }
                    ["resourcegroups"] => {
                        versions::check(version, versions::RESOURCES)?;
                        get_only(call)?;
                        Ok(ok(&self.groups(&subscription.id)))
                    }
                    ["resourcegroups", _, ref rest @ ..] => {
                        let scope = Scope {
                            subscription: &subscription.id,
                            group: &call.segments[3],
                        };
                        self.in_group(call, version, scope, rest)
                    }
                    _ => Err(Refusal::no_such_path(&call.path)),
                }
            }
            _ => Err(Refusal::no_such_path(&call.path)),
        }
    }

    fn in_group(
        self: &Arc<Self>,
        call: &Call,
        version: &str,
        scope: Scope<'_>,
        rest: &[&str],
    ) -> Answer {
        match *rest {
            [] => {
                versions::check(version, versions::RESOURCES)?;
                self.group(call, scope)
            }
            ["resources"] => {
                versions::check(version, versions::RESOURCES)?;
                get_only(call)?;
                self.state().groups.group(scope)?;
                self.resources(call, scope.subscription, Some(scope.group))
            }
            ["providers", "microsoft.authorization", "permissions"] => {
                self.state().groups.group(scope)?;
                access::permissions(call, version)
            }
            [
                "providers",
                "microsoft.resources",
                "deployments",
                ref rest @ ..,
            ] => {
                versions::check(version, versions::RESOURCES)?;
                let name = call.segments.get(7).map_or("", String::as_str);
                self.deployments(call, scope, name, rest)
            }
            // The short form of the path, without the provider, which the Azure CLI uses.
            ["deployments", _, "operations"] => {
                versions::check(version, versions::RESOURCES)?;
                self.deployments(call, scope, &call.segments[5], &rest[1..])
            }
            ["providers", ..] if call.segments.len() >= 7 => {
                let r#type = call.segments[5..7].join("/");
                self.resource(call, version, scope, &r#type, &call.segments[7..])
            }
            _ => Err(Refusal::no_such_path(&call.path)),
        }
    }
}

pub(super) fn ok(body: &Value) -> Response {
    Json(body).into_response()
}

pub(super) fn created(body: &Value) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

pub(super) fn get_only(call: &Call) -> Result<(), Refusal> {
    match call.method {
        Method::GET => Ok(()),
        _ => Err(Refusal::method()),
    }
}
