//! The lifecycle of an app, from creation to deletion.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use picletter_logic_apps::Transport as _;
use picletter_sandbox::heroku::program::Image;
use picletter_sandbox::heroku::{Assumptions, Images};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{Held, InMemoryHeroku, request};

pub(crate) const IMAGES: &str = "application/vnd.heroku+json; version=3.docker-releases";

pub(crate) fn image(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

impl InMemoryHeroku {
    pub(crate) async fn ok(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!(status.is_success(), "{path}: {answer}");
        answer
    }

    /// Sends a request that is refused. Returns status, ID, and message.
    pub(crate) async fn refused(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> (u16, String, String) {
        let (status, answer) = self.call(method, path, Some(body)).await;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        (status.as_u16(), text("id"), text("message"))
    }

    pub(crate) async fn create(&self, name: &str) -> Value {
        let body = json!({ "name": name, "stack": "container", "region": "eu" });
        self.ok(Method::POST, "/apps", Some(body)).await
    }

    /// Sets the image of the process type `worker` of `an-app`.
    pub(crate) async fn release(&self, image: Value) -> Value {
        let (status, formation) = self.try_release(image).await;
        assert_eq!(status, StatusCode::OK, "{formation}");
        formation
    }

    async fn try_release(&self, image: Value) -> (StatusCode, Value) {
        let update = json!({ "updates": [{ "type": "worker", "docker_image": image }] });
        let mut request = request(Method::PATCH, "/apps/an-app/formation", Some(update));
        let accept = IMAGES.parse().unwrap();
        request.headers_mut().insert("accept", accept);
        let answer = self.hosts.send(request).await.unwrap();
        let body = serde_json::from_slice(answer.body()).unwrap();
        (answer.status(), body)
    }

    /// The newest releases, newest first.
    async fn newest(&self, max: u32) -> Response<Bytes> {
        let range = format!("version ..; max={max}, order=desc");
        self.releases(&range).await
    }

    async fn releases(&self, range: &str) -> Response<Bytes> {
        let mut request = request(Method::GET, "/apps/an-app/releases", None);
        request
            .headers_mut()
            .insert("range", range.parse().unwrap());
        self.hosts.send(request).await.unwrap()
    }

    async fn newest_release(&self) -> Value {
        releases(&self.newest(1).await).swap_remove(0)
    }
}

fn releases(answer: &Response<Bytes>) -> Vec<Value> {
    serde_json::from_slice(answer.body()).unwrap()
}

fn descriptions(releases: &[Value]) -> Vec<String> {
    let descriptions = |release: &Value| {
        format!(
            "v{} {}: {}",
            release["version"],
            release["status"].as_str().unwrap(),
            release["description"].as_str().unwrap()
        )
    };
    releases.iter().map(descriptions).collect()
}

#[tokio::test(start_paused = true)]
async fn creates_finds_and_deletes_apps() {
    let heroku = InMemoryHeroku::new();
    let created = heroku.create("an-app").await;
    assert_eq!(created["stack"]["name"], "container");
    assert_eq!(created["build_stack"]["name"], "container");
    assert_eq!(created["region"]["name"], "eu");
    for key in ["an-app", created["id"].as_str().unwrap()] {
        let found = heroku.ok(Method::GET, &format!("/apps/{key}"), None).await;
        assert_eq!(found, created);
    }
    let deleted = heroku.ok(Method::DELETE, "/apps/an-app", None).await;
    assert_eq!(deleted, created);
    let (status, _) = heroku.call(Method::GET, "/apps/an-app", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    // The name is available again.
    assert_ne!(heroku.create("an-app").await["id"], created["id"]);
}

#[tokio::test(start_paused = true)]
async fn apps_of_a_team_are_owned_by_the_team() {
    let heroku = InMemoryHeroku::new();
    heroku.heroku.join_team("a-team");
    let body = json!({ "name": "an-app", "stack": "container", "team": "a-team" });
    let created = heroku.ok(Method::POST, "/teams/apps", Some(body)).await;
    assert_eq!(created["team"], json!({ "name": "a-team" }));
    let found = heroku.ok(Method::GET, "/apps/an-app", None).await;
    assert_eq!(found["team"]["name"], "a-team");
    assert_eq!(found["owner"]["email"], "a-team@herokumanager.com");
}

#[tokio::test(start_paused = true)]
async fn app_names_are_unique_and_well_formed() {
    let heroku = InMemoryHeroku::new();
    heroku.heroku.reserve_name("taken-app");
    heroku.create("an-app").await;
    let mut messages = Vec::new();
    let long = "a".repeat(31);
    for name in [
        "an-app",
        "taken-app",
        "ab",
        &long,
        "1app",
        "an_app",
        "An-app",
        "app-",
    ] {
        let (status, id, message) = heroku
            .refused(Method::POST, "/apps", json!({ "name": name }))
            .await;
        assert_eq!((status, id.as_str()), (422, "invalid_params"), "{name}");
        messages.push(format!("{name}: {message}"));
    }
    insta::assert_snapshot!("refused_names", messages.join("\n"));
    let unnamed = heroku.ok(Method::POST, "/apps", Some(json!({}))).await;
    assert_ne!(unnamed["name"], "an-app");
    let (status, id, message) = heroku
        .refused(Method::PATCH, "/apps/taken-app/config-vars", json!({}))
        .await;
    assert_eq!((status, id.as_str()), (403, "forbidden"));
    assert_eq!(message, "You do not have access to the app taken-app.");
    for body in [json!({ "region": "mars" }), json!({ "stack": "cedar-14" })] {
        assert_eq!(heroku.refused(Method::POST, "/apps", body).await.0, 404);
    }
}

#[tokio::test(start_paused = true)]
async fn the_stack_changes_at_once_or_with_the_next_release() {
    let heroku = InMemoryHeroku::new();
    let created = json!({ "name": "an-app" });
    let app = heroku.ok(Method::POST, "/apps", Some(created)).await;
    assert_eq!(app["stack"]["name"], "heroku-24");
    let set = async |stack: &str| {
        let body = json!({ "build_stack": stack });
        let app = heroku.ok(Method::PATCH, "/apps/an-app", Some(body)).await;
        assert_eq!(app["build_stack"]["name"], stack);
        app["stack"]["name"].clone()
    };
    assert_eq!(set("container").await, "container");
    heroku.release(json!(image('1'))).await;
    assert_eq!(set("heroku-22").await, "container");
    assert_eq!(set("container").await, "container");
    let refused = heroku
        .refused(
            Method::PATCH,
            "/apps/an-app",
            json!({ "build_stack": "none" }),
        )
        .await;
    assert_eq!(refused.0, 404);
}

#[tokio::test(start_paused = true)]
async fn each_change_of_config_vars_creates_one_release() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    let path = "/apps/an-app/config-vars";
    let change = async |body: Value| heroku.ok(Method::PATCH, path, Some(body)).await;
    assert_eq!(heroku.ok(Method::GET, path, None).await, json!({}));
    change(json!({ "A": "1", "B": "2", "C": null })).await;
    let now = change(json!({ "A": null, "B": "3" })).await;
    assert_eq!(now, json!({ "B": "3" }));
    assert_eq!(change(json!({ "A": null, "B": "3" })).await, now);
    assert_eq!(heroku.ok(Method::GET, path, None).await, now);
    let all = releases(&heroku.newest(10).await);
    insta::assert_snapshot!("releases_of_config_vars", descriptions(&all).join("\n"));

    for body in [json!({ "A-B": "x" }), json!({ "A": 1 }), json!({ "": "x" })] {
        let (status, id, message) = heroku.refused(Method::PATCH, path, body).await;
        assert_eq!((status, id.as_str()), (422, "invalid_params"), "{message}");
    }
    assert_eq!(heroku.ok(Method::GET, path, None).await, now);
}

#[tokio::test(start_paused = true)]
async fn the_first_image_creates_the_process_type() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    let formation = "/apps/an-app/formation";
    let scale = json!({ "updates": [{ "type": "worker", "quantity": 0 }] });
    let missing = "Couldn't find that process type (worker).";
    let refused = heroku
        .refused(Method::PATCH, formation, scale.clone())
        .await;
    assert_eq!(refused, (404, "not_found".to_owned(), missing.to_owned()));
    let dyno = json!({ "command": "worker", "type": "worker" });
    let refused = heroku
        .refused(Method::POST, "/apps/an-app/dynos", dyno)
        .await;
    assert_eq!(
        refused,
        (422, "invalid_params".to_owned(), missing.to_owned())
    );
    assert_eq!(heroku.ok(Method::GET, formation, None).await, json!([]));

    let released = heroku.release(json!(image('a'))).await;
    assert_eq!(released[0]["docker_image"]["id"], image('a'));
    assert_eq!(released[0]["quantity"], 0);
    // Only this variant of the API contains images.
    let plain = heroku.ok(Method::PATCH, formation, Some(scale)).await;
    assert_eq!(plain[0].get("docker_image"), None);
    let release = heroku.newest_release().await;
    assert_eq!(release["description"], "Deployed worker (aaaaaaaaaaaa)");
    assert_eq!(release["current"], true);
    assert_eq!(release["output_stream_url"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn only_a_different_image_creates_a_release() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    for image in [
        json!(image('a')),
        json!(image('a')),
        json!(image('b')),
        json!(null),
        json!(null),
    ] {
        heroku.release(image).await;
    }
    let all = releases(&heroku.newest(10).await);
    insta::assert_snapshot!("releases_of_images", descriptions(&all).join("\n"));
    let dyno = json!({ "command": "worker", "type": "worker" });
    assert_eq!(
        heroku
            .refused(Method::POST, "/apps/an-app/dynos", dyno)
            .await
            .0,
        422
    );
}

#[tokio::test(start_paused = true)]
async fn formation_updates_are_atomic() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    heroku.release(json!(image('a'))).await;
    let formation = "/apps/an-app/formation";
    let body = json!({ "updates": [{ "type": "worker", "quantity": "2", "size": "standard-1x" }] });
    let set = heroku.ok(Method::PATCH, formation, Some(body)).await;
    assert_eq!(
        (&set[0]["quantity"], &set[0]["size"]),
        (&json!(2), &json!("Standard-1X"))
    );
    let one = format!("{formation}/worker");
    let set = heroku
        .ok(Method::PATCH, &one, Some(json!({ "quantity": 0 })))
        .await;
    assert_eq!(
        (&set["quantity"], &set["size"]),
        (&json!(0), &json!("Standard-1X"))
    );
    for (update, status) in [
        (json!({ "type": "worker", "quantity": 101 }), 422),
        (json!({ "type": "worker", "quantity": "many" }), 422),
        (json!({ "type": "worker", "size": "Huge" }), 422),
        (json!({ "type": "worker", "docker_image": image('b') }), 422),
        (json!({ "type": "worker", "quantitty": 1 }), 422),
        (json!({ "quantity": 1 }), 422),
        (json!({ "type": "clock", "quantity": 1 }), 404),
    ] {
        let body = json!({ "updates": [{ "type": "worker", "quantity": 7 }, update] });
        let (got, _, message) = heroku.refused(Method::PATCH, formation, body).await;
        assert_eq!(got, status, "{update}: {message}");
    }
    let all = heroku.ok(Method::GET, formation, None).await;
    assert_eq!(all[0]["quantity"], 0);
}

#[tokio::test(start_paused = true)]
async fn undocumented_behavior_is_configurable() {
    let heroku = InMemoryHeroku::new();
    heroku.heroku.set_assumptions(Assumptions {
        first_quantity: 1,
        ..Assumptions::default()
    });
    heroku.create("an-app").await;
    assert_eq!(heroku.release(json!(image('a'))).await[0]["quantity"], 1);
}

#[tokio::test(start_paused = true)]
async fn lists_releases_in_pages_and_finds_them_by_id_and_version() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    heroku.release(json!(image('a'))).await;
    let first = heroku.newest(2).await;
    assert_eq!(first.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(first.headers()["content-range"], "version 3..2");
    let next = first.headers()["next-range"].to_str().unwrap();
    let rest = heroku.releases(next).await;
    assert_eq!(rest.status(), StatusCode::OK);
    assert_eq!(rest.headers().get("next-range"), None);
    let versions = |answer| {
        releases(answer)
            .iter()
            .map(|one| one["version"].clone())
            .collect()
    };
    let (first_versions, rest_versions): (Vec<_>, Vec<_>) = (versions(&first), versions(&rest));
    assert_eq!(
        (first_versions, rest_versions),
        (vec![json!(3), json!(2)], vec![json!(1)])
    );
    let all = heroku.ok(Method::GET, "/apps/an-app/releases", None).await;
    assert_eq!(all[0]["version"], 1);

    let newest = &releases(&first)[0];
    for key in ["3", newest["id"].as_str().unwrap()] {
        let path = format!("/apps/an-app/releases/{key}");
        assert_eq!(heroku.ok(Method::GET, &path, None).await, *newest);
    }
    let (status, _) = heroku
        .call(Method::GET, "/apps/an-app/releases/9", None)
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn ranges_have_a_start_a_maximum_and_an_order() {
    let heroku = InMemoryHeroku::new();
    // Creates two releases.
    heroku.create("an-app").await;
    for version in 3..=1_008 {
        let config_vars = json!({ "A": version.to_string() });
        let path = "/apps/an-app/config-vars";
        heroku.ok(Method::PATCH, path, Some(config_vars)).await;
    }
    for (range, content, next) in [
        (
            "version ..",
            "version 1..200",
            "version ]200..; max=200, order=asc",
        ),
        (
            "version ..;",
            "version 1..200",
            "version ]200..; max=200, order=asc",
        ),
        (
            "version ..; max=1, order=desc",
            "version 1008..1008",
            "version ]1008..; max=1, order=desc",
        ),
        (
            "version ]7..; order=asc,max=1000",
            "version 8..1007",
            "version ]1007..; max=1000, order=asc",
        ),
    ] {
        let page = heroku.releases(range).await;
        assert_eq!(page.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(page.headers()["content-range"], content, "{range}");
        assert_eq!(page.headers()["next-range"], next, "{range}");
    }
    for range in [
        "id ..",
        "version",
        "version ..; max=0",
        "version ..; max=1001",
        "version ..; order=up",
        "version ]a..",
    ] {
        let status = heroku.releases(range).await.status();
        assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
    }
}

// The paused clock advances by itself when all tasks are idle.
#[tokio::test(start_paused = true)]
async fn a_registry_that_does_not_respond_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    let images = Images::new(url, "token".into()).unwrap();
    heroku.heroku.set_registry(images);
    let (answer, _open) = tokio::join!(heroku.try_release(json!(image('a'))), silent.accept());
    assert_eq!(answer.0, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.1);
}

#[tokio::test(start_paused = true)]
async fn dynos_run_the_program_set_for_their_image() {
    let heroku = InMemoryHeroku::new();
    let held = Held::new();
    heroku.heroku.set_program(move |of: &Image<'_>| {
        assert_eq!(
            (of.app, of.process_type, of.id),
            ("an-app", "worker", &*image('a'))
        );
        Arc::new(held.clone())
    });
    heroku.create("an-app").await;
    heroku.create("another").await;
    heroku.release(json!(image('a'))).await;
    let config_vars = json!({ "A": "1" });
    let path = "/apps/an-app/config-vars";
    heroku.ok(Method::PATCH, path, Some(config_vars)).await;
    let dyno = json!({ "command": "worker", "type": "worker" });
    let dynos = "/apps/an-app/dynos";
    let dyno = heroku.ok(Method::POST, dynos, Some(dyno)).await;
    assert_eq!(dyno["release"]["version"], 4);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(heroku.ok(Method::GET, dynos, None).await[0]["state"], "up");
    // Each app has its own program.
    let path_of_other_app = "/apps/another/dynos";
    assert_eq!(
        heroku.ok(Method::GET, path_of_other_app, None).await,
        json!([])
    );
    let one = format!("{path_of_other_app}/{}", dyno["id"].as_str().unwrap());
    assert_eq!(
        heroku.call(Method::GET, &one, None).await.0,
        StatusCode::NOT_FOUND
    );

    heroku.ok(Method::DELETE, "/apps/an-app", None).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(heroku.heroku.alive().is_empty());
    assert_eq!(heroku.heroku.drain_ended().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dynos_without_a_program_for_their_image_fail() {
    let heroku = InMemoryHeroku::new();
    heroku.create("an-app").await;
    heroku.release(json!(image('a'))).await;
    let dyno = json!({ "command": "worker", "type": "worker" });
    heroku
        .ok(Method::POST, "/apps/an-app/dynos", Some(dyno))
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let log = heroku.heroku.log().join("\n");
    assert!(log.contains("no program for this image"), "{log}");
    assert!(log.contains("Process exited with status 126"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn only_team_members_create_apps_of_the_team() {
    let heroku = InMemoryHeroku::new();
    let new = json!({ "name": "an-app", "stack": "container", "team": "a-team" });
    let path = "/teams/apps";
    let refused = heroku.refused(Method::POST, path, new.clone()).await;
    let message = "Couldn't find that team.".to_owned();
    assert_eq!(refused, (404, "not_found".to_owned(), message));
    heroku.heroku.join_team("a-team");
    let created = heroku.ok(Method::POST, path, Some(new)).await;
    assert_eq!(created["team"]["name"], "a-team");
}
