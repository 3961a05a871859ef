//! Requests, and the values read from responses.

use std::collections::BTreeMap;
use std::time::Duration;

use picletter_core::deploy::heroku::{HerokuApi, NewApp};
use picletter_core::deploy::http::{Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use picletter_oci::ImageId;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::heroku_client::scripted::{Answer, Server, TOKEN};
use picletter_test_support::black_hole::BlackHole;

fn app() -> Value {
    json!({
        "id": "01234567-89ab-cdef-0123-456789abcdef",
        "name": "picletter-app",
        "build_stack": { "id": "1", "name": "container" },
        "stack": { "id": "2", "name": "heroku-24" },
        "region": { "id": "3", "name": "eu" },
        "released_at": "2026-12-01T08:00:00Z",
        "something_new": true,
    })
}

#[tokio::test]
async fn requests_contain_version_3_and_the_token() {
    let answers = [Answer::json(200, &json!([])), Answer::json(200, &json!([]))];
    let (server, api) = Server::with_answers(answers).await;
    api.authorizations().await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].line, "GET /oauth/authorizations");
    let header = |name| requests[0].headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(header("accept"), "application/vnd.heroku+json; version=3");
    assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
    assert!(!format!("{api:?}").contains(TOKEN));
}

#[tokio::test]
async fn reads_creates_changes_and_deletes_an_app() {
    let (server, api) = Server::with_answers([
        Answer::json(200, &app()),
        Answer::refusal(404, "not_found", "Couldn't find that app."),
        Answer::json(201, &app()),
        Answer::json(201, &app()),
        Answer::json(200, &app()),
        Answer::json(200, &app()),
    ])
    .await;
    let found = api.app("picletter-app").await.unwrap().unwrap();
    assert_eq!(
        (&*found.build_stack, &*found.stack, &*found.region),
        ("container", "heroku-24", "eu")
    );
    assert_eq!(
        found.released_at.unwrap().to_string(),
        "2026-12-01T08:00:00Z"
    );
    assert!(api.app("../x y").await.unwrap().is_none());
    let mut new = NewApp {
        name: "picletter-app".to_owned(),
        region: None,
        team: None,
    };
    api.create_app(&new).await.unwrap();
    new.region = Some("eu".to_owned());
    new.team = Some("ours".to_owned());
    api.create_app(&new).await.unwrap();
    api.set_build_stack("picletter-app").await.unwrap();
    api.delete_app("picletter-app").await.unwrap();
    insta::assert_snapshot!(server.lines().join("\n"));
}

#[tokio::test]
async fn a_host_that_drops_packets_is_unreachable_even_for_a_post() {
    let hole = BlackHole::new();
    let timings = Timings {
        backoff: Duration::from_millis(1),
        answer: Duration::from_millis(300),
        ..Timings::default()
    };
    let http = Http::new(&[], timings, Verbosity::Quiet, Redactor::default()).unwrap();
    let url = hole.url("http").parse().unwrap();
    let api = HerokuApi::new(http, url, &SecretString::from(TOKEN));
    let new = NewApp {
        name: "picletter-app".to_owned(),
        region: None,
        team: None,
    };
    let error = api.create_app(&new).await.unwrap_err().to_string();
    let message = "Heroku (127.0.0.1) cannot be reached (cannot connect: timed out)";
    assert!(error.starts_with(message), "{error}");
}

#[tokio::test]
async fn sets_and_unsets_config_vars_in_one_request() {
    let (server, api) = Server::with_answers([
        Answer::json(200, &json!({ "A": "1", "SG_KEY": "SG.secret" })),
        Answer::json(200, &json!({ "A": "2" })),
    ])
    .await;
    let vars = api.config_vars("picletter-app").await.unwrap();
    assert_eq!(vars["SG_KEY"].expose_secret(), "SG.secret");
    assert!(!format!("{vars:?}").contains("SG.secret"));
    let change = BTreeMap::from([
        ("A".to_owned(), Some(SecretString::from("2"))),
        ("SG_KEY".to_owned(), None),
    ]);
    api.set_config_vars("picletter-app", &change).await.unwrap();
    insta::assert_snapshot!(server.lines().join("\n"));
}

#[tokio::test]
async fn names_config_vars_that_the_response_does_not_confirm() {
    let change = BTreeMap::from([
        ("A".to_owned(), Some(SecretString::from("a-new-value"))),
        ("B".to_owned(), None),
        ("C".to_owned(), Some(SecretString::from("1"))),
    ]);
    for (answer, named) in [
        (json!({ "A": "an-old-value", "C": "1" }), "those sent: A"),
        (
            json!({ "A": "a-new-value", "B": "2", "C": "1" }),
            "those sent: B",
        ),
        (json!({}), "those sent: A, C"),
        (json!([]), "documented JSON"),
        (json!(null), "documented JSON"),
    ] {
        let (_server, api) = Server::with_answers([Answer::json(200, &answer)]).await;
        let error = api.set_config_vars("picletter-app", &change).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
        assert!(!error.contains("value"), "{error}");
    }
    for body in ["", "<html>Hello</html>"] {
        let (_server, api) = Server::with_answers([Answer::text(200, body)]).await;
        api.set_config_vars("picletter-app", &change)
            .await
            .unwrap_err();
    }
}

#[tokio::test]
async fn verifies_that_a_deletion_returns_the_deleted_object() {
    let other = json!({ "id": "other", "name": "another-app" });
    let mut another_app = app();
    another_app["name"] = "another-app".into();
    for answer in [json!({}), json!([]), json!(null), other, another_app] {
        let answers = [Answer::json(200, &answer), Answer::json(200, &answer)];
        let (_server, api) = Server::with_answers(answers).await;
        api.delete_app("picletter-app").await.unwrap_err();
        api.delete_authorization("9").await.unwrap_err();
    }
    for (status, body) in [
        (200, ""),
        (200, "<html>Hello</html>"),
        (404, "<html></html>"),
    ] {
        let answers = [Answer::text(status, body), Answer::text(status, body)];
        let (_server, api) = Server::with_answers(answers).await;
        api.delete_app("picletter-app").await.unwrap_err();
        api.delete_authorization("9").await.unwrap_err();
    }
}

#[tokio::test]
async fn a_404_with_an_unknown_id_is_an_error() {
    let (_server, api) = Server::with_answers([Answer::refusal(404, "gone", "Not here.")]).await;
    api.app("picletter-app").await.unwrap_err();
}

#[tokio::test]
async fn confirms_an_empty_result_by_a_second_request() {
    let authorization = json!({
        "id": "9", "scope": ["write"], "description": "x", "created_at": "2026-12-01T08:00:00Z",
    });
    let (_server, api) = Server::with_answers([
        Answer::json(200, &json!([])),
        Answer::json(200, &json!([authorization])),
        Answer::json(200, &json!({})),
        Answer::json(200, &json!({ "A": "1" })),
        Answer::json(200, &json!({})),
        Answer::json(200, &json!({})),
    ])
    .await;
    assert_eq!(api.authorizations().await.unwrap().len(), 1);
    assert_eq!(api.config_vars("picletter-app").await.unwrap().len(), 1);
    assert_eq!(api.config_vars("picletter-app").await.unwrap().len(), 0);
}

#[tokio::test]
async fn releases_an_image_and_scales_with_the_docker_releases_variant() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let worker = |quantity: u32| {
        json!([{
            "type": "worker", "quantity": quantity, "size": "Basic",
            "docker_image": { "id": digest },
        }])
    };
    let plain = json!([{ "type": "worker", "quantity": 0, "size": "Basic" }]);
    let (server, api) = Server::with_answers([
        Answer::json(200, &worker(1)),
        Answer::json(200, &worker(0)),
        Answer::json(200, &plain),
    ])
    .await;
    let image = ImageId::parse(&digest).unwrap();
    let released = api.release_image("picletter-app", "worker", &image).await;
    assert_eq!(released.unwrap()[0].docker_image.as_ref(), Some(&digest));
    let scaled = api
        .scale("picletter-app", "worker", 0, "basic")
        .await
        .unwrap();
    assert_eq!((&*scaled[0].r#type, scaled[0].quantity), ("worker", 0));
    let formation = api.formation("picletter-app").await.unwrap();
    assert_eq!(formation[0].docker_image, None);
    for request in server.requests() {
        assert_eq!(
            request.headers["accept"],
            "application/vnd.heroku+json; version=3.docker-releases"
        );
    }
    insta::assert_snapshot!(server.lines().join("\n"));
}

#[tokio::test]
async fn retries_and_verifies_a_change_of_the_formation() {
    let nothing = || Answer::json(200, &json!([]));
    let worker = || Answer::json(200, &json!([{ "type": "worker", "quantity": 0 }]));
    let answers = [nothing(), worker()];
    let (server, api) = Server::with_answers(answers).await;
    api.scale("picletter-app", "worker", 0, "basic")
        .await
        .unwrap();
    let patch = "PATCH /apps/picletter-app/formation";
    assert!(server.lines().iter().all(|line| line.starts_with(patch)));

    let (_server, api) = Server::with_answers([nothing(), nothing(), worker()]).await;
    api.scale("picletter-app", "worker", 0, "basic")
        .await
        .unwrap();

    let (_server, api) = Server::with_answers((0..4).map(|_| nothing())).await;
    let error = api
        .scale("picletter-app", "worker", 0, "basic")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no process type worker"),
        "{error}"
    );
}

#[tokio::test]
async fn retries_conflicting_changes_a_few_times() {
    let conflict = || Answer::refusal(409, "conflict", "release isn't found yet");
    let worker = json!([{ "type": "worker", "quantity": 0 }]);
    let done = Answer::json(200, &worker);
    let (server, api) = Server::with_answers([conflict(), conflict(), done]).await;
    api.scale("picletter-app", "worker", 0, "basic")
        .await
        .unwrap();
    assert_eq!(server.requests().len(), 3);

    let (server, api) = Server::with_answers((0..9).map(|_| conflict())).await;
    let error = api
        .scale("picletter-app", "worker", 0, "basic")
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn does_not_retry_a_failed_creation() {
    let failed = || Answer::text(503, "");
    let (server, api) = Server::with_answers([failed(), failed()]).await;
    let new = NewApp {
        name: "picletter-app".to_owned(),
        region: None,
        team: None,
    };
    api.create_app(&new).await.unwrap_err();
    api.create_authorization(&["write"], "x").await.unwrap_err();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn masks_the_token_of_a_new_authorization() {
    let created = json!({
        "id": "9", "scope": ["write"], "description": "x", "created_at": "2026-12-01T08:00:00Z",
    });
    let mut with_token = created.clone();
    with_token["access_token"] =
        json!({ "id": "8", "token": "HRKU-made-token", "expires_in": null });
    let (server, api) = Server::with_answers([
        Answer::json(201, &with_token),
        Answer::json(200, &json!([created])),
        Answer::json(200, &created),
        Answer::refusal(404, "not_found", "Couldn't find that authorization."),
    ])
    .await;
    let new = api.create_authorization(&["write"], "x").await.unwrap();
    assert_eq!(new.token.expose_secret(), "HRKU-made-token");
    assert!(!format!("{new:?}").contains("HRKU-made-token"));
    let cleaned = server
        .redactor()
        .clean("it is HRKU-made-token")
        .into_owned();
    assert_eq!(cleaned, "it is [secret]");
    let listed = api.authorizations().await.unwrap();
    assert_eq!(
        (&*listed[0].id, &*listed[0].description, &*listed[0].scope),
        ("9", "x", &["write".to_owned()][..])
    );
    api.delete_authorization("9").await.unwrap();
    api.delete_authorization("9").await.unwrap();
    insta::assert_snapshot!(server.lines().join("\n"));
}

#[tokio::test]
async fn lists_dynos() {
    let dyno = json!({
        "id": "1", "name": "worker.1", "command": "worker", "state": "up", "type": "worker",
        "size": "Basic", "created_at": "2026-12-01T08:00:00Z",
    });
    let (server, api) = Server::with_answers([Answer::json(200, &json!([dyno]))]).await;
    let dynos = api.dynos("picletter-app").await.unwrap();
    assert_eq!((&*dynos[0].name, &*dynos[0].state), ("worker.1", "up"));
    insta::assert_snapshot!(server.lines().join("\n"));
}

async fn releases(api: &HerokuApi, max: usize) -> Vec<u64> {
    let releases = api.releases("picletter-app", max).await.unwrap();
    releases.iter().map(|release| release.version).collect()
}

#[tokio::test]
async fn reads_as_many_pages_of_a_list_as_needed() {
    let page = |versions: &[u64]| {
        let release = |version: &u64| json!({ "id": version.to_string(), "version": version, "status": "succeeded" });
        let body = Value::Array(versions.iter().map(release).collect());
        Answer::json(206, &body).with("next-range", "version ]5..; max=2, order=desc")
    };
    let last = Answer::json(
        200,
        &json!([{ "id": "1", "version": 1, "status": "failed" }]),
    );
    let (server, api) =
        Server::with_answers([page(&[6, 5]), page(&[4, 3]), last, page(&[6, 5])]).await;
    assert_eq!(releases(&api, 9).await, [6, 5, 4, 3, 1]);
    assert_eq!(releases(&api, 1).await, [6]);
    let ranges: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.headers["range"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        ranges,
        [
            "version ..; max=9, order=desc",
            "version ]5..; max=2, order=desc",
            "version ]5..; max=2, order=desc",
            "version ..; max=1, order=desc",
        ]
    );
}

#[tokio::test]
async fn keeps_warnings_and_the_remaining_rate_limit() {
    let dyno = json!({
        "id": "1", "name": "worker.1", "state": "up", "type": "worker",
        "created_at": "2026-12-01T08:00:00Z",
    });
    let answer = |left| {
        Answer::json(200, &json!([dyno]))
            .with("ratelimit-remaining", left)
            .with("heroku-warning", "This stack is old.")
            .with("x-heroku-warning", "Dynos restart soon.")
    };
    let (_server, api) = Server::with_answers([answer("4499"), answer("4498")]).await;
    assert_eq!(api.rate_limit_remaining(), None);
    api.dynos("picletter-app").await.unwrap();
    api.clone().dynos("picletter-app").await.unwrap();
    assert_eq!(api.rate_limit_remaining(), Some(4498));
    assert_eq!(
        api.take_warnings(),
        ["This stack is old.", "Dynos restart soon."]
    );
    assert_eq!(api.take_warnings(), Vec::<String>::new());
}
