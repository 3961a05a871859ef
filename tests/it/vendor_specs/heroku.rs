//! Every request of the client for Heroku, compared with the vendor's hyper-schema, and the
//! client's results for the schema's own examples.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use picletter_core::deploy::heroku::log::LogRequest;
use picletter_core::deploy::heroku::{HerokuApi, NewApp};
use picletter_core::deploy::http::{Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use picletter_oci::ImageId;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::vendor_specs::{heroku_spec, violations};

/// Responds to each request with the schema's example.
struct Vendor {
    spec: Value,
    url: String,
    calls: Mutex<Vec<Call>>,
}

/// A request that a test validates when all requests are done: validating takes longer than a
/// client waits, if another test is validating.
struct Call {
    /// The definition and the link, such as `app Info`.
    endpoint: String,
    schema: Value,
    body: Value,
}

impl Vendor {
    async fn start() -> (Arc<Self>, HerokuApi) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let vendor = Arc::new(Self {
            spec: heroku_spec(),
            url: url.clone(),
            calls: Mutex::default(),
        });
        let shared = vendor.clone();
        let router = Router::new().fallback(move |request: Request| {
            let shared = shared.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                shared.answer(parts.method.as_str(), parts.uri.path(), body)
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let redactor = Redactor::default();
        let http = Http::new(&[], Timings::default(), Verbosity::Quiet, redactor).unwrap();
        let api = HerokuApi::new(http, url.parse().unwrap(), &SecretString::from("HRKU-0123"));
        (vendor, api)
    }

    fn answer(&self, method: &str, path: &str, mut body: Value) -> Response {
        if path == "/log" {
            return ([(CONTENT_TYPE, "text/event-stream")], "data: line\n\n").into_response();
        }
        // The schema lacks variants that the vendor's own CLI sends. For the size, it has
        // `dyno_size`, but recordings show that Heroku reads `size`.
        if let Some(update) = body.pointer_mut("/updates/0") {
            let update = update.as_object_mut().unwrap();
            if let Some(image) = update.remove("docker_image") {
                assert!(ImageId::parse(image.as_str().unwrap()).is_some());
            }
            if let Some(size) = update.remove("size") {
                assert!(size.is_string());
            }
        }
        let (of, link) = self.link(method, path);
        self.calls.lock().unwrap().push(Call {
            endpoint: format!("{of} {}", link["title"].as_str().unwrap()),
            schema: link["schema"].clone(),
            body,
        });
        let reference = json!({ "$ref": format!("#/definitions/{of}") });
        let schema = match &link["targetSchema"] {
            Value::Null => &reference,
            schema => schema,
        };
        let mut answer = self.example(schema);
        if let Some(url) = answer.get_mut("logplex_url") {
            *url = json!(format!("{}/log", self.url));
        }
        axum::Json(answer).into_response()
    }

    /// The only endpoint with this method and path, and the name of its definition.
    fn link(&self, method: &str, path: &str) -> (&str, &Value) {
        let matches_path = |href: &str| {
            let (hrefs, paths) = (href.split('/'), path.split('/'));
            hrefs.clone().count() == paths.clone().count()
                && hrefs
                    .zip(paths)
                    .all(|(href, part)| href.starts_with('{') || href == part)
        };
        let definitions = self.spec["definitions"].as_object().unwrap();
        let links = definitions.iter().flat_map(|(name, definition)| {
            let links = definition["links"].as_array().into_iter().flatten();
            links.map(move |link| (name.as_str(), link))
        });
        let found: Vec<_> = links
            .filter(|(name, link)| {
                // An older name of the same endpoints.
                *name != "dyno_size"
                    && link["method"] == method
                    && matches_path(link["href"].as_str().unwrap())
            })
            .collect();
        assert_eq!(found.len(), 1, "{method} {path}: {found:#?}");
        found[0]
    }

    /// The schema's own example of a value.
    fn example(&self, schema: &Value) -> Value {
        if let Some(pointer) = schema["$ref"].as_str() {
            let schema = self.spec.pointer(pointer.trim_start_matches('#')).unwrap();
            return self.example(schema);
        }
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            return self.example(&choices[0]);
        }
        if let Some(properties) = schema["properties"].as_object() {
            let example = |(key, schema): (&String, &Value)| (key.clone(), self.example(schema));
            return Value::Object(properties.iter().map(example).collect());
        }
        match schema["type"][0].as_str() {
            Some("array") => json!([self.example(&schema["items"])]),
            Some("object") => match &schema["patternProperties"] {
                Value::Null => json!({}),
                _ => json!({ "FOO": "bar" }),
            },
            _ => Value::Null,
        }
    }
}

#[tokio::test]
#[ignore = "needs VENDOR_SPECS"]
async fn requests_match_herokus_schema_and_its_examples_are_read() {
    let (vendor, api) = Vendor::start().await;
    // The names in the schema's examples: the client rejects responses about other names.
    let (app, process_type) = ("example", "web");
    assert_eq!(api.app(app).await.unwrap().unwrap().name, "example");
    let mut new = NewApp {
        name: app.to_owned(),
        region: Some("eu".to_owned()),
        team: None,
    };
    api.create_app(&new).await.unwrap();
    new.team = Some("ours".to_owned());
    api.create_app(&new).await.unwrap();
    api.set_build_stack(app).await.unwrap();
    let vars = api.config_vars(app).await.unwrap();
    assert_eq!(vars["FOO"].expose_secret(), "bar");
    let change = BTreeMap::from([
        ("FOO".to_owned(), Some(SecretString::from("bar"))),
        ("B".to_owned(), None),
    ]);
    api.set_config_vars(app, &change).await.unwrap();
    let image = ImageId::from_config(b"{}");
    api.release_image(app, process_type, &image).await.unwrap();
    api.scale(app, process_type, 0, "basic").await.unwrap();
    assert_eq!(api.formation(app).await.unwrap()[0].r#type, "web");
    let mut release = api.releases(app, 5).await.unwrap().remove(0);
    release.status = "pending".to_owned();
    release.output_stream_url = None;
    let released = api.await_release(app, &release, |_| {}).await.unwrap();
    assert_eq!(released.status, "succeeded");
    assert_eq!(api.dynos(app).await.unwrap()[0].name, "run.1");
    let log = LogRequest {
        dyno: Some("worker.1".to_owned()),
        source: Some("app".to_owned()),
        lines: 10,
        tail: false,
    };
    let mut log = api.log_session(app, &log).await.unwrap();
    assert_eq!(log.next_line().await.unwrap().as_deref(), Some("line"));
    let authorization = api.create_authorization(&["write"], "x").await.unwrap();
    let example = "HRKU-01234567-89ab-cdef-0123-456789abcdef".into();
    let scope = api.token_scope(&example).await.unwrap();
    assert_eq!(scope.unwrap(), ["global"]);
    assert_eq!(api.team("ours").await.unwrap().role, "admin");
    let listed = api.authorizations().await.unwrap();
    assert_eq!(listed[0].id, authorization.id);
    api.delete_authorization(&authorization.id).await.unwrap();
    api.delete_app(app).await.unwrap();

    let calls = vendor.calls.lock().unwrap();
    let called: Vec<_> = calls.iter().map(|call| call.endpoint.as_str()).collect();
    assert_eq!(
        called,
        [
            "app Info",
            "app Create",
            "team-app Create",
            "app Update",
            "config-var Info for App",
            "config-var Update",
            "formation Batch Update",
            "formation Batch Update",
            "formation List",
            "release List",
            "release Info",
            "dyno List",
            "log-session Create",
            "oauth-authorization Create",
            "oauth-authorization List",
            "team Info",
            "oauth-authorization List",
            "oauth-authorization Delete",
            "app Delete",
        ]
    );
    for call in calls.iter() {
        let violations = match &call.schema {
            Value::Null if call.body.is_null() => Vec::new(),
            Value::Null => vec!["a body where none is documented".to_owned()],
            schema => violations(&vendor.spec, schema, &call.body),
        };
        assert!(violations.is_empty(), "{}: {violations:#?}", call.endpoint);
    }
}
