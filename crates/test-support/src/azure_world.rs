//! In-memory fakes of Azure and Heroku on simulated time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use jiff::SignedDuration;
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport;
use picletter_sandbox::azure::{Azure, Credentials, Setup, Subscription};
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{self, App, Heroku, NoObserver};
use picletter_sandbox::in_memory::InMemory;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("../../core/logic-app/picletter-app.definition.json");

/// The ID of the subscription.
pub const SUBSCRIPTION: &str = "11111111-2222-4333-8444-555555555555";
/// The ID of the resource group.
pub const GROUP: &str = "/subscriptions/11111111-2222-4333-8444-555555555555/resourceGroups/jobs";
/// The token of the fake of Heroku, a parameter of the workflow.
pub const HEROKU_TOKEN: &str = "HRKU-secret-of-the-workflow";
/// The URL of the alert webhook.
pub const WEBHOOK: &str = "https://hooks.example/secret-address";
/// The name of the workflow's trigger.
pub const TRIGGER: &str = "Every_day_at_08_00";

const HOST: &str = "management.azure.com";

/// The fakes and a signed-in client.
pub struct World {
    /// The simulated clock.
    pub clock: Clock,
    /// The fake of Azure.
    pub azure: Azure,
    /// The credentials of the fake's service principal.
    pub credentials: Credentials,
    hosts: InMemory,
    token: String,
}

/// A response.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON, or as a string if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The value of a header, or empty.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Checks the status and returns the response.
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// Checks the status and the error code, and returns the error message.
    pub fn error(self, status: u16, code: &str) -> String {
        let answer = self.is(status);
        assert_eq!(answer.body["error"]["code"], code, "{}", answer.body);
        answer.body["error"]["message"].as_str().unwrap().to_owned()
    }
}

impl World {
    /// Creates a signed-in client on the runtime's paused clock. Long-running operations take
    /// `retry_after` seconds.
    pub async fn slow(retry_after: u32, end: End) -> Self {
        let clock = Clock::simulated("2026-12-01T07:30:00Z".parse().unwrap());
        let hosts = InMemory::default();
        let heroku = Heroku::new(heroku::Setup {
            clock,
            token: SecretString::from(HEROKU_TOKEN),
            url: "https://api.heroku.com".to_owned(),
            seed: 1,
        });
        heroku.deploy(heroku::Deployment {
            app: App {
                name: "picletter-app".to_owned(),
                process_types: vec!["worker".to_owned()],
                config_vars: BTreeMap::new(),
            },
            program: Arc::new(Simulated::new(Arc::new(hosts.clone()), move |_| Script {
                boot: Duration::from_secs(5),
                work: Duration::from_secs(20),
                end: end.clone(),
                on_sigterm: OnSigterm::Report,
            })),
            observer: Arc::new(NoObserver),
        });
        hosts.mount("api.heroku.com", heroku.router());
        let credentials = Credentials {
            tenant: "aaaaaaaa-2222-4333-8444-555555555555".to_owned(),
            client_id: "bbbbbbbb-2222-4333-8444-555555555555".to_owned(),
            client_secret: SecretString::from("secret-of-the-application"),
            assertion: SecretString::from("header.subject.signature"),
        };
        let azure = Azure::new(Setup {
            clock,
            url: format!("https://{HOST}"),
            subscriptions: vec![Subscription {
                id: SUBSCRIPTION.to_owned(),
                name: "Pay as you go".to_owned(),
            }],
            credentials: credentials.clone(),
            transport: Arc::new(hosts.clone()),
            seed: 1,
            retry_after,
        });
        hosts.mount(HOST, azure.router());
        let mut world = Self {
            clock,
            azure,
            credentials,
            hosts,
            token: String::new(),
        };
        world.sign_in().await;
        world
    }

    /// Creates a world without a resource group, in which operations complete immediately.
    pub async fn new() -> Self {
        Self::slow(0, End::Sent).await
    }

    /// Creates a world with a resource group in which the template is deployed.
    pub async fn deployed(end: End) -> Self {
        let world = Self::slow(0, end).await;
        world.make_group().await;
        world.deploy(parameters()).await;
        world
    }

    /// Requests a new access token.
    pub async fn sign_in(&mut self) {
        let secret = self.credentials.client_secret.expose_secret();
        let form = [("client_secret", secret)];
        let answer = self
            .ask_token(&self.credentials.tenant, &form)
            .await
            .is(200);
        let token = answer.body["access_token"].as_str().unwrap();
        self.token = token.into();
    }

    /// Requests a token like `azure_identity`. `fields` override or extend the form.
    pub async fn ask_token(&self, tenant: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = BTreeMap::from([
            ("client_id", self.credentials.client_id.as_str()),
            ("grant_type", "client_credentials"),
            ("scope", "https://management.azure.com/.default"),
        ]);
        all.extend(fields.iter().copied());
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(all)
            .finish();
        let request = Request::post(format!("https://{HOST}/{tenant}/oauth2/v2.0/token"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form));
        self.send(request.unwrap()).await
    }

    /// Sends a request unchanged.
    pub async fn send(&self, request: Request<Bytes>) -> Answer {
        let answer = self.hosts.send(request).await.unwrap();
        let (head, body) = answer.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: match body.len() {
                0 => Value::Null,
                _ => serde_json::from_slice(&body)
                    .unwrap_or_else(|_| String::from_utf8_lossy(&body).into()),
            },
        }
    }

    /// Builds a request with the access token. `path` may be a whole URL.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Request<Bytes> {
        let url = if path.starts_with("https://") {
            path.to_owned()
        } else {
            format!("https://{HOST}{path}")
        };
        let request = Request::builder()
            .method(Method::try_from(method).unwrap())
            .uri(url)
            .header("authorization", format!("Bearer {}", self.token));
        match body {
            None => request.body(Bytes::new()),
            Some(body) => request
                .header("content-type", "application/json")
                .body(Bytes::from(body.to_string())),
        }
        .unwrap()
    }

    /// Sends a request. A null body means no body.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = Some(body).filter(|body| !body.is_null());
        self.send(self.request(method, path, body.as_ref())).await
    }

    /// Sends a GET request.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Value::Null).await
    }

    /// Sends a POST request without a body.
    pub async fn post(&self, path: &str) -> Answer {
        self.call("POST", path, Value::Null).await
    }

    /// Creates the resource group.
    pub async fn make_group(&self) {
        let body = json!({ "location": "West Europe", "tags": { "made-by": "picletter" } });
        self.call("PUT", &arm(""), body).await.is(201);
    }

    /// Deploys the template and waits until the deployment ends.
    pub async fn deploy(&self, parameters: Value) -> Value {
        let body = deployment(parameters);
        let path = deployment_path("");
        let answer = self.call("PUT", &path, body).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        loop {
            let deployment = self.get(&path).await.is(200).body;
            let state = deployment["properties"]["provisioningState"].as_str();
            if !matches!(state, Some("Accepted" | "Running")) {
                return deployment;
            }
            self.pass(1).await;
        }
    }

    /// Runs the trigger manually and waits until the run ends.
    pub async fn run(&self) -> Value {
        let started = self.post(&logic(&format!("/triggers/{TRIGGER}/run"))).await;
        let started = started.is(202);
        let path = logic(&format!("/runs/{}", started.header("x-ms-workflow-run-id")));
        loop {
            let run = self.get(&path).await.is(200).body;
            if !run["properties"]["endTime"].is_null() {
                return run;
            }
            self.pass(1).await;
        }
    }

    /// Advances the clock by the given number of seconds.
    pub async fn pass(&self, seconds: i64) {
        let until = self.clock.now() + SignedDuration::from_secs(seconds);
        self.clock.sleep_until(until).await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Breaks the reference cycle between the hosts.
        self.hosts.clear();
    }
}

/// A path of Azure Resource Manager in the resource group.
pub fn arm(rest: &str) -> String {
    format!("{GROUP}{rest}?api-version=2021-04-01")
}

/// A path of the deployment.
pub fn deployment_path(rest: &str) -> String {
    arm(&format!(
        "/providers/Microsoft.Resources/deployments/picletter-picletter-app{rest}"
    ))
}

/// A path of the workflow.
pub fn logic(rest: &str) -> String {
    format!(
        "{GROUP}/providers/Microsoft.Logic/workflows/picletter-app{rest}?api-version=2019-05-01"
    )
}

/// The template's parameters.
pub fn parameters() -> Value {
    json!({
        "app": "picletter-app",
        "heroku_token": HEROKU_TOKEN,
        "alert_webhook": WEBHOOK,
        "alert_address": "operator@picletter.example",
    })
}

/// The template's parameters with one replaced.
pub fn parameters_with(name: &str, value: Value) -> Value {
    let mut parameters = parameters();
    parameters[name] = value;
    parameters
}

/// The request body of a deployment of the template.
pub fn deployment(parameters: Value) -> Value {
    let template: Value = serde_json::from_str(TEMPLATE).unwrap();
    let Value::Object(parameters) = parameters else {
        panic!("parameters must be an object");
    };
    let parameters: serde_json::Map<String, Value> = parameters
        .into_iter()
        .map(|(name, value)| (name, json!({ "value": value })))
        .collect();
    json!({
        "properties": { "mode": "Incremental", "template": template, "parameters": parameters },
    })
}
