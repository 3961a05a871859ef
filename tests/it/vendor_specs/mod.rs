//! Our wire formats, compared with the vendors' own schemas, whose licenses do not allow us to
//! include them. `VENDOR_SPECS` names their folder (CONTRIBUTING.md lists the sources).

mod azure;
mod azure_recorded;
mod heroku;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use picletter_logic_apps::Clock;
use picletter_logic_apps::Transport as _;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{App, Deployment, Heroku, NoObserver, Setup};
use picletter_sandbox::in_memory::InMemory;
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use picletter_test_support::mails;

/// SendGrid's OpenAPI document, and the schema of a mail.
fn mail_schema() -> (Value, Value) {
    let spec = spec("sendgrid-mail-v3.openapi.json");
    let schema = json!({
        "$ref": "#/components/requestBodies/PostMailSend/content/application~1json/schema",
        "components": spec["components"],
    });
    (spec, schema)
}

#[test]
#[ignore = "needs VENDOR_SPECS"]
fn mails_match_sendgrids_openapi_schema() {
    let (spec, schema) = mail_schema();
    let request = &schema["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
        ["schema"];
    for (name, payload) in mails::all() {
        let payload = serde_json::to_value(&payload).unwrap();
        let errors = schema_violations(&schema, &payload);
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert_eq!(
            unknown(&payload, request, &spec, ""),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

#[test]
#[ignore = "needs VENDOR_SPECS"]
fn mail_check_finds_a_missing_sender_and_an_unknown_property() {
    let (spec, schema) = mail_schema();
    let request = &schema["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
        ["schema"];
    let (_, payload) = mails::all().swap_remove(0);
    let mut payload = serde_json::to_value(&payload).unwrap();
    payload["from"].take();
    payload["attachments"][0]["name"] = json!("x");
    assert!(!schema_violations(&schema, &payload).is_empty());
    assert_eq!(
        unknown(&payload, request, &spec, ""),
        ["/attachments/0/name"]
    );
}

/// A fake of Heroku with an app, without a network.
fn heroku() -> InMemory {
    let hosts = InMemory::default();
    let heroku = Heroku::new(Setup {
        clock: Clock::simulated("2026-12-01T08:00:00Z".parse().unwrap()),
        token: SecretString::from("HRKU-0123456789"),
        url: "https://logplex.heroku.com".to_owned(),
        seed: 1,
    });
    let hang = |_: &_| Script {
        boot: Duration::from_secs(2),
        work: Duration::ZERO,
        end: End::Hang,
        on_sigterm: OnSigterm::Die,
    };
    heroku.deploy(Deployment {
        app: App {
            name: "picletter-app".to_owned(),
            process_types: vec!["worker".to_owned()],
            config_vars: BTreeMap::new(),
        },
        program: Arc::new(Simulated::new(Arc::new(InMemory::default()), hang)),
        observer: Arc::new(NoObserver),
    });
    heroku.join_team("a-team");
    hosts.mount("api.heroku.com", heroku.router());
    hosts
}

async fn call(hosts: &InMemory, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://api.heroku.com{path}"))
        .header("accept", "application/vnd.heroku+json; version=3")
        .header("authorization", "Bearer HRKU-0123456789")
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let answer = hosts.send(request).await.unwrap();
    let json = serde_json::from_slice(answer.body()).unwrap();
    (answer.status(), json)
}

/// The vendor's definitions, with two dangling references repaired.
fn heroku_spec() -> Value {
    let mut spec = spec("heroku-platform-api.schema.json");
    let definitions = spec["definitions"].as_object_mut().unwrap();
    let dyno_size = definitions["dyno-size"].clone();
    definitions.insert("dyno_size".to_owned(), dyno_size);
    for definition in definitions.values_mut() {
        // Each definition names the dialect, like a separate document.
        definition.as_object_mut().unwrap().remove("$schema");
    }
    spec
}

/// The violations in a value, by a schema that refers to the vendor's definitions.
fn violations(spec: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut document = schema.clone();
    document["definitions"] = Value::Object(definitions_for(spec, schema));
    let mut found = schema_violations(&document, value);
    found.extend(unknown(value, schema, spec, ""));
    found
}

/// The vendor's definitions that a schema refers to, directly or not. All of them together take
/// most of the time of a check.
fn definitions_for(spec: &Value, schema: &Value) -> Map<String, Value> {
    let mut needed = Map::new();
    let mut unread = vec![schema];
    while let Some(value) = unread.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            let name = reference.trim_start_matches("#/definitions/");
            let name = name.split('/').next().unwrap();
            if !needed.contains_key(name) {
                let definition = &spec["definitions"][name];
                needed.insert(name.to_owned(), definition.clone());
                unread.push(definition);
            }
        }
        match value {
            // The schemas of a definition's endpoints describe other values.
            Value::Object(object) => {
                unread.extend(
                    object
                        .iter()
                        .filter(|(key, _)| *key != "links")
                        .map(|(_, v)| v),
                );
            }
            Value::Array(items) => unread.extend(items),
            _ => (),
        }
    }
    needed
}

/// The schemas of an endpoint's request and response.
fn link(spec: &Value, definition: &str, title: &str) -> (Value, Value) {
    let links = spec["definitions"][definition]["links"].as_array().unwrap();
    let link = links.iter().find(|link| link["title"] == title).unwrap();
    (link["schema"].clone(), link["targetSchema"].clone())
}

#[tokio::test(start_paused = true)]
#[ignore = "needs VENDOR_SPECS"]
async fn responses_of_the_heroku_fake_match_herokus_schema() {
    let (spec, hosts) = (heroku_spec(), heroku());
    let none = json!({});
    let start = json!({ "command": "worker --run-id 1", "type": "worker" });
    let logs = json!({ "lines": 10, "tail": false });
    let dynos = "/apps/picletter-app/dynos";
    let (_, dyno) = call(&hosts, Method::POST, dynos, &start).await;
    let one = format!("{dynos}/{}", dyno["name"].as_str().unwrap());
    let stop = format!("{one}/actions/stop");
    let log_sessions = "/apps/picletter-app/log-sessions";
    for (of, title, method, path, body) in [
        ("dyno", "Create", Method::POST, dynos, &start),
        ("dyno", "List", Method::GET, dynos, &none),
        ("dyno", "Info", Method::GET, &one, &none),
        ("dyno", "Stop", Method::POST, &stop, &none),
        ("log-session", "Create", Method::POST, log_sessions, &logs),
        ("app", "Info", Method::GET, "/apps/picletter-app", &none),
        ("account", "Info", Method::GET, "/account", &none),
        ("team", "Info", Method::GET, "/teams/ours", &none),
    ] {
        let (status, answer) = call(&hosts, method, path, body).await;
        assert!(status.is_success(), "{of} {title}: {answer}");
        let mut schema = link(&spec, of, title).1;
        if schema.is_null() {
            schema = json!({ "$ref": format!("#/definitions/{of}") });
        }
        let violations = violations(&spec, &schema, &answer);
        assert!(violations.is_empty(), "{of} {title}: {violations:#?}");
    }
    // The schema requires no property, but the vendor sends all.
    let all: Vec<_> = spec["definitions"]["dyno"]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    for property in all {
        assert!(dyno.get(property).is_some(), "{property}");
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "needs VENDOR_SPECS"]
async fn responses_about_a_deployment_match_herokus_schema() {
    let (spec, hosts) = (heroku_spec(), heroku());
    let none = json!({});
    let new = json!({ "name": "an-app", "stack": "container", "region": "eu" });
    let in_team = json!({ "name": "of-a-team", "stack": "container", "team": "a-team" });
    let stack = json!({ "build_stack": "container" });
    let config_vars = json!({ "A": "1", "B": null });
    let updates = json!({ "updates": [{ "type": "worker", "quantity": 0 }] });
    let update = json!({ "quantity": 1 });
    let authorization = json!({ "scope": ["write"], "description": "A", "expires_in": null });
    let app = "/apps/picletter-app";
    let vars = format!("{app}/config-vars");
    let formation = format!("{app}/formation");
    let worker = format!("{formation}/worker");
    let releases = format!("{app}/releases");
    let release = format!("{releases}/2");
    let authorizations = "/oauth/authorizations";
    let (_, made) = call(&hosts, Method::POST, authorizations, &authorization).await;
    let one = format!("{authorizations}/{}", made["id"].as_str().unwrap());
    for (of, title, method, path, body) in [
        ("app", "Create", Method::POST, "/apps", &new),
        ("team-app", "Create", Method::POST, "/teams/apps", &in_team),
        ("app", "Info", Method::GET, "/apps/of-a-team", &none),
        ("app", "Update", Method::PATCH, app, &stack),
        ("config-var", "Update", Method::PATCH, &vars, &config_vars),
        ("config-var", "Info for App", Method::GET, &vars, &none),
        ("formation", "List", Method::GET, &formation, &none),
        (
            "formation",
            "Batch Update",
            Method::PATCH,
            &formation,
            &updates,
        ),
        ("formation", "Update", Method::PATCH, &worker, &update),
        ("release", "List", Method::GET, &releases, &none),
        ("release", "Info", Method::GET, &release, &none),
        (
            "oauth-authorization",
            "Create",
            Method::POST,
            authorizations,
            &authorization,
        ),
        (
            "oauth-authorization",
            "List",
            Method::GET,
            authorizations,
            &none,
        ),
        ("oauth-authorization", "Delete", Method::DELETE, &one, &none),
        ("app", "Delete", Method::DELETE, app, &none),
    ] {
        let (request, answer_schema) = link(&spec, of, title);
        if method != Method::GET && method != Method::DELETE {
            let violations = violations(&spec, &request, body);
            assert!(violations.is_empty(), "{of} {title}, sent: {violations:#?}");
        }
        let (status, answer) = call(&hosts, method, path, body).await;
        assert!(status.is_success(), "{of} {title}: {answer}");
        let violations = violations(&spec, &answer_schema, &answer);
        assert!(violations.is_empty(), "{of} {title}: {violations:#?}");
        let target = answer_schema["$ref"].as_str();
        let target = target.or(answer_schema["items"]["$ref"].as_str());
        let target = spec
            .pointer(target.unwrap().trim_start_matches('#'))
            .unwrap();
        let Some(properties) = target["properties"].as_object() else {
            continue;
        };
        let item = answer.get(0).unwrap_or(&answer);
        for property in properties.keys() {
            assert!(item.get(property).is_some(), "{of} {title}: {property}");
        }
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "needs VENDOR_SPECS"]
async fn heroku_fake_accepts_only_bodies_that_match_the_schema() {
    let (spec, hosts) = (heroku_spec(), heroku());
    for (of, path, good, bad) in [
        (
            "dyno",
            "/apps/picletter-app/dynos",
            json!({
                "attach": false, "command": "worker", "env": { "RUN_CALLBACK_URL": "http://x/" },
                "force_no_tty": null, "size": "basic", "type": "worker", "time_to_live": 60,
            }),
            json!({
                "attach": 0, "command": null, "env": { "A-B": "x" }, "force_no_tty": "yes",
                "size": 1, "type": {}, "time_to_live": "60",
            }),
        ),
        (
            "log-session",
            "/apps/picletter-app/log-sessions",
            json!({ "dyno_name": "web.1", "type": "web", "lines": 10, "source": "app", "tail": false }),
            json!({ "dyno_name": 1, "type": 1, "lines": "10", "source": 1, "tail": "no" }),
        ),
    ] {
        let schema = link(&spec, of, "Create").0;
        let sorted = |object: &Value| {
            let mut keys: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(sorted(&good), sorted(&schema["properties"]), "{of}");
        assert_eq!(violations(&spec, &schema, &good), Vec::<String>::new());
        assert_eq!(
            call(&hosts, Method::POST, path, &good).await.0,
            StatusCode::CREATED
        );
        for (property, value) in bad.as_object().unwrap() {
            let mut body = good.clone();
            body[property] = value.clone();
            assert!(
                !violations(&spec, &schema, &body).is_empty(),
                "{of} {property}"
            );
            let (status, answer) = call(&hosts, Method::POST, path, &body).await;
            assert_eq!(
                status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{of} {property}: {answer}"
            );
        }
    }
}

fn spec(file: &str) -> Value {
    let folder = std::env::var_os("VENDOR_SPECS")
        .expect("set VENDOR_SPECS to the folder of the vendors' files (CONTRIBUTING.md)");
    let path = PathBuf::from(folder).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The violations in a value, by a schema of draft 4.
fn schema_violations(schema: &Value, value: &Value) -> Vec<String> {
    // All tests share one process, because starting one takes as long as all the checks.
    static CHECK: OnceLock<Mutex<(Child, BufReader<ChildStdout>)>> = OnceLock::new();
    let check = CHECK.get_or_init(|| {
        let mut check = Command::new("ci/schema-check/run")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(check.stdout.take().unwrap());
        Mutex::new((check, output))
    });
    let (check, output) = &mut *check.lock().unwrap();
    let line = json!({ "schema": schema, "value": value });
    writeln!(check.stdin.as_mut().unwrap(), "{line}").unwrap();
    let mut answer = String::new();
    output.read_line(&mut answer).unwrap();
    serde_json::from_str(&answer).expect("ci/schema-check prints violations")
}

/// Properties that are not in the schema, as JSON pointers. Free-form objects allow any.
fn unknown(value: &Value, schema: &Value, spec: &Value, at: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(pointer) => spec.pointer(pointer.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(object) => {
            let Some(properties) = schema["properties"].as_object() else {
                return Vec::new();
            };
            let unknown_in = |(key, value): (&String, &Value)| match properties.get(key) {
                Some(schema) => unknown(value, schema, spec, &format!("{at}/{key}")),
                None => vec![format!("{at}/{key}")],
            };
            object.iter().flat_map(unknown_in).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(n, item)| unknown(item, &schema["items"], spec, &format!("{at}/{n}")))
            .collect(),
        _ => Vec::new(),
    }
}
