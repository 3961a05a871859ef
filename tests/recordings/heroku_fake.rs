//! The fake of Heroku, asked for what is recorded.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::azure_world::{HEROKU_TOKEN, World};
use crate::classes::Service;
use crate::fakes::{Answer, Comparison};

const APP: &str = "https://api.heroku.com/apps/picletter-app";
const VERSION_3: &str = "application/vnd.heroku+json; version=3";

async fn ask(world: &World, method: &str, url: &str, accept: &str, body: Value) -> Answer {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
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
    ask(world, "GET", url, VERSION_3, Value::Null).await
}

#[tokio::test(start_paused = true)]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn heroku_fake_differs_from_recordings_only_as_accepted() {
    let mut found = Comparison::of(Service::Heroku);
    let world = &World::new().await;
    let answer = get(world, "https://api.heroku.com/account").await;
    found.add("GET", "/account", 200, &answer);
    let url = "https://api.heroku.com/apps";
    let answer = ask(world, "GET", url, "application/json", Value::Null).await;
    found.add("GET", "/apps", 400, &answer);
    found.add("GET", "/apps/*", 200, &get(world, APP).await);
    let answer = get(world, "https://api.heroku.com/apps/nonesuch").await;
    found.add("GET", "/apps/*", 404, &answer);

    let releases = get(world, &format!("{APP}/releases")).await;
    // Older releases had neither a status nor add-ons.
    found.add_where("GET", "/apps/*/releases", 200, "", &releases, |one| {
        one.body[0]["status"].is_string()
    });
    let id = releases.body[0]["id"].as_str().unwrap();
    let answer = get(world, &format!("{APP}/releases/{id}")).await;
    found.add_where("GET", "/apps/*/releases/*", 200, "", &answer, |one| {
        one.body["status"].is_string()
    });

    let body = json!({"command": "worker", "type": "worker"});
    let dyno = ask(world, "POST", &format!("{APP}/dynos"), VERSION_3, body).await;
    let answer = get(world, &format!("{APP}/dynos")).await;
    found.add("GET", "/apps/*/dynos", 200, &answer);
    let name = dyno.body["name"].as_str().unwrap();
    let url = format!("{APP}/dynos/{name}/actions/stop");
    let answer = ask(world, "POST", &url, VERSION_3, Value::Null).await;
    found.add("POST", "/apps/*/dynos/*/actions/stop", 202, &answer);

    let body = json!({"lines": 100, "tail": false});
    let url = format!("{APP}/log-sessions");
    let answer = ask(world, "POST", &url, VERSION_3, body).await;
    found.add("POST", "/apps/*/log-sessions", 201, &answer);
    let url = answer.body["logplex_url"].as_str().unwrap();
    let answer = ask(world, "GET", url, "text/event-stream", Value::Null).await;
    found.add("GET", "https://logs.heroku.com/stream", 200, &answer);

    let account = "https://api.heroku.com/account";
    let mut answer = get(world, account).await;
    while answer.status == 200 {
        answer = get(world, account).await;
    }
    found.add("GET", "/account", 429, &answer);
    found.check();
}
