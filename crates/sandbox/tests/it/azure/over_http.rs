use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use picletter_logic_apps::HttpClient;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{App, Deployment, NoObserver};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use picletter_test_support::azure_world::deployment;
use picletter_test_support::loopback::client;

#[tokio::test]
async fn signs_in_deploys_and_runs_over_http() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = client();
    let at_once = |_: &_| Script {
        boot: Duration::ZERO,
        work: Duration::ZERO,
        end: End::Sent,
        on_sigterm: OnSigterm::Report,
    };
    sandbox.heroku().deploy(Deployment {
        app: App {
            name: "picletter-app".to_owned(),
            process_types: vec!["worker".to_owned()],
            config_vars: BTreeMap::new(),
        },
        program: Arc::new(Simulated::new(
            Arc::new(HttpClient::new(picletter_test_support::loopback::tls()).unwrap()),
            at_once,
        )),
        observer: Arc::new(NoObserver),
    });

    let credentials = sandbox.azure_credentials();
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &credentials.client_id)
        .append_pair("client_secret", credentials.client_secret.expose_secret())
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", "https://management.azure.com/.default")
        .finish();
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        sandbox.azure_url(),
        credentials.tenant
    );
    let request = http.post(url).body(form);
    let answer = request.send().await.unwrap().bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let token = answer["access_token"].as_str().unwrap().to_owned();

    let call = async |method: &str, path: &str, body: Value| {
        let url = format!("{}{path}", sandbox.azure_url());
        let mut request = http
            .request(method.parse().unwrap(), url)
            .header("authorization", format!("Bearer {token}"));
        if !body.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}");
        let run = answer.headers().get("x-ms-workflow-run-id").cloned();
        let body = answer.bytes().await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        (body, run.map(|run| run.to_str().unwrap().to_owned()))
    };
    let subscriptions = "/subscriptions?api-version=2022-12-01";
    let (subscriptions, _) = call("GET", subscriptions, Value::Null).await;
    let subscription = subscriptions["value"][0]["id"].as_str().unwrap();
    let group = format!("{subscription}/resourcegroups/jobs");
    let arm = "api-version=2021-04-01";
    let body = json!({ "location": "westeurope" });
    call("PUT", &format!("{group}?{arm}"), body).await;

    let body = deployment(json!({
        "app": "picletter-app",
        "heroku_token": sandbox.heroku_token().expose_secret(),
        "heroku_api_url": sandbox.heroku_url(),
    }));
    let path = format!("{group}/providers/Microsoft.Resources/deployments/one?{arm}");
    call("PUT", &path, body).await;
    let ended = |body: &Value, name: &str| {
        let state = body["properties"][name].as_str().unwrap().to_owned();
        (!["Accepted", "Running", "Waiting"].contains(&state.as_str())).then_some(state)
    };
    let state = loop {
        let (deployment, _) = call("GET", &path, Value::Null).await;
        if let Some(state) = ended(&deployment, "provisioningState") {
            break state;
        }
    };
    assert_eq!(state, "Succeeded");

    let workflow = format!("{group}/providers/Microsoft.Logic/workflows/picletter-app");
    let logic = "api-version=2019-05-01";
    let path = format!("{workflow}/triggers/Every_day_at_08_00/run?{logic}");
    let (_, run) = call("POST", &path, Value::Null).await;
    let path = format!("{workflow}/runs/{}?{logic}", run.unwrap());
    let state = loop {
        let (run, _) = call("GET", &path, Value::Null).await;
        if let Some(state) = ended(&run, "status") {
            break state;
        }
    };
    assert_eq!(state, "Succeeded");
}
