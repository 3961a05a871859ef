//! The fake of Heroku, compared with recordings.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::recordings::classes::Service;
use crate::recordings::fakes::{Answer, Comparison};
use crate::recordings::recording::recordings;
use picletter_test_support::azure_world::{HEROKU_TOKEN, World};
use picletter_test_support::slug_archive::archive;

const APPS: &str = "https://api.heroku.com/apps";
const APP: &str = "https://api.heroku.com/apps/my-shop";
const VERSION_3: &str = "application/vnd.heroku+json; version=3";

async fn request(world: &World, method: &str, url: &str, accept: &str, body: Value) -> Answer {
    let body = match body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    exchange(world, method, url, accept, body).await
}

async fn exchange(world: &World, method: &str, url: &str, accept: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", format!("Bearer {HEROKU_TOKEN}"))
        .header("accept", accept)
        .header("content-type", "application/json");
    let answer = world.send(request.body(Bytes::from(body)).unwrap()).await;
    Answer {
        status: answer.status.as_u16(),
        headers: answer.headers,
        body: answer.body,
    }
}

async fn get(world: &World, url: &str) -> Answer {
    request(world, "GET", url, VERSION_3, Value::Null).await
}

/// Sends a request that changes something.
async fn change(world: &World, method: &str, url: &str, body: Value) -> Answer {
    request(world, method, url, VERSION_3, body).await
}

/// Creates an app like the recorded ones: built by a buildpack, with two process types.
async fn deploy(world: &World) {
    let app = json!({"name": "my-shop", "stack": "heroku-24"});
    change(world, "POST", APPS, app).await;
    let slug = json!({"process_types": {"web": "serve", "worker": "work"}, "commit": "60883d9"});
    let slug = change(world, "POST", &format!("{APP}/slugs"), slug).await;
    let url = slug.body["blob"]["url"].as_str().unwrap();
    let archive = archive(&[("serve", "exit"), ("work", "exit")]);
    exchange(world, "PUT", url, VERSION_3, archive).await;
    let release = json!({"slug": slug.body["id"]});
    let answer = change(world, "POST", &format!("{APP}/releases"), release).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

async fn formation(found: &mut Comparison, world: &World) {
    let url = format!("{APP}/formation/worker");
    let body = json!({"quantity": 1, "size": "Standard-1X"});
    let answer = change(world, "PATCH", &url, body).await;
    found.add("PATCH", "/apps/*/formation/*", 422, &answer);
    // In the recording, a PATCH of the formation exceeds the limit of dynos. The fake enforces that
    // limit only for one-off dynos, with the same error.
    let url = format!("{APP}/dynos");
    let body = json!({"command": "work", "type": "run"});
    let mut answer = change(world, "POST", &url, body.clone()).await;
    while answer.status == 201 {
        answer = change(world, "POST", &url, body.clone()).await;
    }
    found.add("PATCH", "/apps/*/formation", 422, &answer);
}

async fn releases(found: &mut Comparison, world: &World) {
    // In the oldest recording, releases have neither `status` nor `addon_plan_names`.
    let has_status = |release: &Value| release["status"].is_string();
    let releases = get(world, &format!("{APP}/releases")).await;
    let mut slug_releases = releases.clone();
    // All recorded releases have slugs.
    let all = slug_releases.body.as_array_mut().unwrap();
    all.retain(|release| release["slug"].is_object());
    found.add_where("GET", "/apps/*/releases", 200, "", &slug_releases, |one| {
        has_status(&one.body[0])
    });
    let id = slug_releases.body[0]["id"].as_str().unwrap();
    let answer = get(world, &format!("{APP}/releases/{id}")).await;
    found.add_where("GET", "/apps/*/releases/*", 200, "", &answer, |one| {
        has_status(&one.body)
    });
}

async fn dynos(found: &mut Comparison, world: &World) {
    let body = json!({"command": "work", "type": "run"});
    let dyno = change(world, "POST", &format!("{APP}/dynos"), body).await;
    let answer = get(world, &format!("{APP}/dynos")).await;
    found.add("GET", "/apps/*/dynos", 200, &answer);
    let recorded = recordings().iter();
    let recorded = recorded.filter(|one| one.path == "api:dyno create");
    let recorded = recorded.map(|one| &one.body["data"]);
    found.add_part(
        "one-off dyno, as in a webhook's payload",
        &dyno.body,
        recorded,
    );
    let name = dyno.body["name"].as_str().unwrap();
    let url = format!("{APP}/dynos/{name}/actions/stop");
    let answer = change(world, "POST", &url, Value::Null).await;
    found.add("POST", "/apps/*/dynos/*/actions/stop", 202, &answer);

    let body = json!({"lines": 100, "tail": false});
    let answer = change(world, "POST", &format!("{APP}/log-sessions"), body).await;
    found.add("POST", "/apps/*/log-sessions", 201, &answer);
    let url = answer.body["logplex_url"].as_str().unwrap();
    let answer = request(world, "GET", url, "text/event-stream", Value::Null).await;
    found.add("GET", "https://logs.heroku.com/stream", 200, &answer);
}

async fn account(found: &mut Comparison, world: &World) {
    let url = "https://api.heroku.com/account";
    let mut answer = get(world, url).await;
    found.add("GET", "/account", 200, &answer);
    while answer.status == 200 {
        answer = get(world, url).await;
    }
    found.add("GET", "/account", 429, &answer);
}

#[tokio::test(start_paused = true)]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn heroku_fake_has_only_accepted_differences_from_recordings() {
    let mut found = Comparison::new(Service::Heroku);
    let world = &World::new().await;
    deploy(world).await;
    let answer = request(world, "GET", APPS, "application/json", Value::Null).await;
    found.add("GET", "/apps", 400, &answer);
    found.add("GET", "/apps/*", 200, &get(world, APP).await);
    let answer = get(world, &format!("{APPS}/nonesuch")).await;
    found.add("GET", "/apps/*", 404, &answer);
    releases(&mut found, world).await;
    dynos(&mut found, world).await;
    formation(&mut found, world).await;
    account(&mut found, world).await;
    found.check();
}
