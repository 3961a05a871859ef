//! The exchanges between the client for Azure and the fake, compared with Azure's schemas. These
//! cover only resources and templates.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use picletter_core::config::Config;
use picletter_core::deploy::azure::{Arm, Credential, WorkflowState};
use picletter_core::deploy::desired::{AuthorizationTags, DesiredState};
use picletter_core::deploy::http::Timings;
use picletter_logic_apps::Clock;
use picletter_sandbox::azure::{Azure, Credentials, Setup, Subscription};
use picletter_sandbox::in_memory::InMemory;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::clients::http;
use crate::support::world::FILE;
use crate::vendor_specs::azure::{RESOURCES, resource_schema, template_schema, violations};

const SUBSCRIPTION: &str = "11111111-2222-4333-8444-555555555555";
const GROUP: &str = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/pictures";

/// The part of an exchange that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    /// The request contains a template.
    Template,
    /// The response is a resource.
    Resource,
    /// The response contains resources before and after a change.
    Changes,
    /// Neither body has a schema.
    Nothing,
}

/// Every route that the client uses.
const ROUTES: [(&str, &str, Content); 26] = [
    ("GET", "/subscriptions", Content::Nothing),
    ("GET", "/subscriptions/S", Content::Nothing),
    (
        "GET",
        "/subscriptions/S/operationresults/*",
        Content::Changes,
    ),
    ("PUT", "G", Content::Nothing),
    ("GET", "G", Content::Nothing),
    ("GET", "G/resources", Content::Nothing),
    ("DELETE", "G", Content::Nothing),
    ("POST", "D/validate", Content::Template),
    ("POST", "D/whatIf", Content::Template),
    ("PUT", "D", Content::Template),
    ("GET", "D", Content::Nothing),
    ("GET", "D/operations", Content::Nothing),
    (
        "GET",
        "G/providers/Microsoft.Logic/workflows/*",
        Content::Resource,
    ),
    (
        "DELETE",
        "G/providers/Microsoft.Logic/workflows/*",
        Content::Nothing,
    ),
    ("POST", "W/disable", Content::Nothing),
    ("POST", "W/enable", Content::Nothing),
    ("GET", "W/triggers", Content::Nothing),
    ("POST", "W/triggers/*/run", Content::Nothing),
    ("GET", "W/runs", Content::Nothing),
    ("GET", "W/runs/*", Content::Nothing),
    ("GET", "W/runs/*/actions", Content::Nothing),
    (
        "GET",
        "G/providers/Microsoft.Insights/metricAlerts/*",
        Content::Resource,
    ),
    (
        "PATCH",
        "G/providers/Microsoft.Insights/metricAlerts/*",
        Content::Resource,
    ),
    (
        "DELETE",
        "G/providers/Microsoft.Insights/metricAlerts/*",
        Content::Nothing,
    ),
    (
        "GET",
        "G/providers/Microsoft.Insights/actionGroups/*",
        Content::Resource,
    ),
    (
        "DELETE",
        "G/providers/Microsoft.Insights/actionGroups/*",
        Content::Nothing,
    ),
];

/// Fields of responses that templates cannot set, because only the service sets them. Sources:
/// Workflows_Get, MetricAlerts_Get, and ActionGroups_Get in Azure/azure-rest-api-specs.
const SET_BY_THE_SERVICE: [&str; 12] = [
    "identity",
    "kind",
    "id",
    "etag",
    "properties/accessEndpoint",
    "properties/changedTime",
    "properties/createdTime",
    "properties/provisioningState",
    "properties/sku",
    // Not documented, but part of every recorded metric alert (tests/it/recordings).
    "properties/templateType",
    "properties/version",
    "properties/endpointsConfiguration",
];

/// A request and its response.
struct Exchange {
    method: String,
    path: String,
    query: String,
    sent: Value,
    answer: Value,
}

type Record = Arc<Mutex<Vec<Exchange>>>;

async fn record_exchange(record: Record, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let sent = to_bytes(body, 1 << 22).await.unwrap();
    let body = Body::from(sent.clone());
    let (method, uri) = (head.method.to_string(), head.uri.clone());
    let answer = next.run(Request::from_parts(head, body)).await;
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, 1 << 22).await.unwrap();
    if head.status.is_success() && !uri.path().ends_with("/token") {
        record.lock().unwrap().push(Exchange {
            method,
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            sent: serde_json::from_slice(&sent).unwrap_or_default(),
            answer: serde_json::from_slice(&body).unwrap_or_default(),
        });
    }
    Response::from_parts(head, Body::from(body))
}

/// The fake, a client of it, and the record of their exchanges.
async fn start() -> (Azure, Arm, Record) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let credentials = Credentials::random();
    let azure = Azure::new(Setup {
        clock: Clock::system(),
        url: url.clone(),
        subscriptions: vec![Subscription {
            id: SUBSCRIPTION.to_owned(),
            name: "Pay as you go".to_owned(),
        }],
        credentials: credentials.clone(),
        transport: Arc::new(InMemory::default()),
        seed: 1,
        retry_after: 0,
    });
    let record = Record::default();
    let kept = record.clone();
    let layer =
        from_fn(move |request: Request, next: Next| record_exchange(kept.clone(), request, next));
    let router = azure.router().layer(layer);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let lookup = |name: &str| {
        Some(match name {
            "AZURE_AUTHORITY_HOST" => url.clone(),
            "AZURE_TENANT_ID" => credentials.tenant.clone(),
            "AZURE_CLIENT_ID" => credentials.client_id.clone(),
            "AZURE_CLIENT_SECRET" => credentials.client_secret.expose_secret().to_owned(),
            _ => return None,
        })
    };
    let http = http(Timings::default());
    let base: url::Url = url.parse().unwrap();
    let credential = Credential::from_environment(&http, lookup).unwrap();
    (azure, Arm::new(http, base, credential), record)
}

fn desired(file: &str) -> DesiredState {
    let config = Config::parse(Path::new("picletter.toml"), file).unwrap();
    DesiredState::new(
        &config,
        BTreeMap::new(),
        Some("https://hooks.example/1".into()),
        None,
        "2026-11-24T12:00:00Z".parse().unwrap(),
    )
}

/// Calls every function of the client once.
async fn use_every_function(arm: &Arm) {
    arm.subscription(None).await.unwrap();
    arm.subscription(Some(SUBSCRIPTION)).await.unwrap();
    let tags = BTreeMap::from([("made-by".to_owned(), "picletter".to_owned())]);
    arm.create_resource_group(SUBSCRIPTION, "pictures", "westeurope", &tags)
        .await
        .unwrap();
    arm.resource_group(SUBSCRIPTION, "pictures").await.unwrap();
    let tags = AuthorizationTags {
        authorization: "a-b-c",
        replaced: "d-e-f",
    };
    let deployment = |file: &str| {
        let secrets = ["HRKU-0123456789", "https://hooks.example/1"];
        let secrets = secrets.map(|secret| {
            picletter_core::deploy::azure::Parameter::Secret(SecretString::from(secret))
        });
        let desired = desired(file);
        desired.deployment(
            &desired.jobs[0],
            SUBSCRIPTION,
            &tags,
            WorkflowState::Enabled,
            secrets,
        )
    };
    arm.validate(&deployment(FILE)).await.unwrap();
    arm.deploy(&deployment(FILE), |_| ()).await.unwrap();
    let later = deployment(&FILE.replace("08:30", "09:30"));
    arm.what_if(&later).await.unwrap();
    let resources = arm.resources(SUBSCRIPTION, "pictures").await.unwrap();
    let workflow = format!("{GROUP}/providers/Microsoft.Logic/workflows/daily");
    arm.workflow(&workflow).await.unwrap().unwrap();
    arm.disable(&workflow).await.unwrap();
    arm.enable(&workflow).await.unwrap();
    let trigger = arm.triggers(&workflow).await.unwrap().remove(0);
    let run = arm.run_trigger(&workflow, &trigger.name).await.unwrap();
    arm.runs(&workflow, 5, "2026-01-01T00:00:00Z".parse().ok())
        .await
        .unwrap();
    arm.run(&workflow, &run).await.unwrap();
    arm.actions(&workflow, &run).await.unwrap();
    for resource in resources {
        let version = version_of(&resource.r#type);
        assert!(arm.get(&resource.id, version).await.unwrap().is_some());
        if resource.name.ends_with("failed-runs") {
            arm.enable_alert(&resource.id, false).await.unwrap();
        }
        arm.delete(&resource.id, version).await.unwrap();
    }
    arm.delete_resource_group(SUBSCRIPTION, "pictures")
        .await
        .unwrap();
}

fn version_of(r#type: &str) -> &'static str {
    match r#type {
        "Microsoft.Logic/workflows" => "2019-05-01",
        "Microsoft.Insights/metricAlerts" => "2018-03-01",
        _ => "2023-01-01",
    }
}

/// The row of the table for a request.
fn route(exchange: &Exchange) -> (&'static str, &'static str, Content) {
    let matches = |pattern: &str| {
        let deployment = "G/providers/Microsoft.Resources/deployments/*";
        let pattern = match pattern.split_once('/') {
            Some(("D", rest)) => format!("{deployment}/{rest}"),
            Some(("W", rest)) => format!("G/providers/Microsoft.Logic/workflows/*/{rest}"),
            _ if pattern == "D" => deployment.to_owned(),
            _ => pattern.to_owned(),
        };
        let pattern = pattern
            .replacen('G', GROUP, usize::from(pattern.starts_with('G')))
            .replace("/S", &format!("/{SUBSCRIPTION}"));
        let (parts, path) = (pattern.split('/'), exchange.path.split('/'));
        parts.clone().count() == path.clone().count()
            && parts
                .zip(path)
                .all(|(part, is)| part == "*" || part.eq_ignore_ascii_case(is))
    };
    let row = ROUTES
        .into_iter()
        .find(|(method, pattern, _)| *method == exchange.method && matches(pattern));
    row.unwrap_or_else(|| panic!("{} {}", exchange.method, exchange.path))
}

/// The violations in a resource that the service returned.
fn resource_errors(resource: &Value) -> Vec<String> {
    let r#type = resource["type"].as_str().unwrap_or_default();
    let known = RESOURCES
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(r#type));
    let Some((name, ..)) = known else {
        return vec![format!("no schema of {type}")];
    };
    let schema = resource_schema(name);
    let mut as_written = resource.clone();
    as_written["apiVersion"] = json!(version_of(name));
    // The service writes the types of action groups with different capitalization.
    as_written["type"] = json!(name);
    let mut errors = violations(&schema, &as_written);
    let (_, _, definition) = known.unwrap();
    let outer_schema = &schema["resourceDefinitions"][definition]["properties"];
    let reference = outer_schema["properties"]["oneOf"][0]["$ref"]
        .as_str()
        .unwrap();
    let inner_schema = &schema.pointer(reference.trim_start_matches('#')).unwrap()["properties"];
    let outer = as_written.as_object().unwrap().keys();
    let outer = outer.filter(|key| outer_schema.get(key).is_none()).cloned();
    let within = resource["properties"].as_object().unwrap().keys();
    let within = within.filter(|key| inner_schema.get(key).is_none());
    let unknown: BTreeSet<String> = outer
        .chain(within.map(|key| format!("properties/{key}")))
        .filter(|path| !SET_BY_THE_SERVICE.contains(&path.as_str()))
        .collect();
    errors.extend(
        unknown
            .into_iter()
            .map(|path| format!("{path} is in no schema")),
    );
    errors
}

/// The violations in an exchange, as far as there are schemas.
fn exchange_errors(exchange: &Exchange, content: Content) -> Vec<String> {
    match content {
        Content::Nothing => Vec::new(),
        Content::Template => {
            violations(&template_schema(), &exchange.sent["properties"]["template"])
        }
        Content::Resource => resource_errors(&exchange.answer),
        Content::Changes => {
            let changes = exchange.answer["properties"]["changes"].as_array();
            let changes = changes.into_iter().flatten();
            changes
                .flat_map(|change| [&change["before"], &change["after"]])
                .filter(|resource| !resource.is_null())
                .flat_map(resource_errors)
                .collect()
        }
    }
}

#[tokio::test]
#[ignore = "needs VENDOR_SPECS"]
async fn exchanges_of_client_and_fake_match_azures_schemas() {
    let (_azure, arm, record) = start().await;
    use_every_function(&arm).await;

    let record = record.lock().unwrap();
    let mut missing: BTreeSet<_> = ROUTES.into_iter().collect();
    let (mut found, mut resources) = (Vec::new(), 0);
    for exchange in record.iter() {
        let row = route(exchange);
        missing.remove(&row);
        resources += usize::from(row.2 == Content::Resource);
        assert!(exchange.query.contains("api-version="), "{}", exchange.path);
        let errors = exchange_errors(exchange, row.2);
        found.extend(errors.into_iter().map(|error| (row.0, row.1, error)));
    }
    assert!(missing.is_empty(), "unused routes: {missing:#?}");
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(resources, 8);

    // The check itself detects errors.
    let answer = record
        .iter()
        .find(|one| route(one).2 == Content::Resource)
        .unwrap();
    let mut broken = answer.answer.clone();
    broken["properties"]["state"] = json!(1);
    broken["properties"]["color"] = json!("red");
    broken.as_object_mut().unwrap().remove("name");
    assert_eq!(
        resource_errors(&broken).len(),
        3,
        "{:#?}",
        resource_errors(&broken)
    );
}
