//! Waiting for a release.

use picletter_core::deploy::heroku::Release;
use serde_json::json;

use crate::heroku_client::scripted::{Answer, Server};

fn release(server: &Server, status: &str) -> Answer {
    let url = server.url().join("/output").unwrap();
    let body = json!({
        "id": "7", "version": 7, "status": status, "description": "Deployed worker (abcdef012345)",
        "output_stream_url": url, "current": status == "succeeded",
    });
    Answer::json(200, &body)
}

fn pending(server: &Server) -> Release {
    Release {
        id: "7".to_owned(),
        version: 7,
        status: "pending".to_owned(),
        description: String::new(),
        output_stream_url: Some(server.url().join("/output").unwrap()),
        current: false,
    }
}

#[tokio::test]
async fn follows_a_pending_release_until_it_is_current() {
    let (server, api) = Server::with_answers([]).await;
    let release_at_start = pending(&server);
    // The output is not available at first.
    server.answer(Answer::text(404, ""));
    server.answer(release(&server, "pending"));
    server.answer(Answer::text(200, "migrating\r\ndone"));
    server.answer(release(&server, "pending"));
    server.answer(release(&server, "succeeded"));
    let mut lines = Vec::new();
    let ended = api
        .await_release("picletter-app", &release_at_start, |line| {
            lines.push(line.to_owned());
        })
        .await
        .unwrap();
    assert!(ended.current);
    assert_eq!(lines, ["migrating", "done"]);
}

#[tokio::test]
async fn failed_release_is_an_error_with_the_end_of_its_output() {
    let (server, api) = Server::with_answers([]).await;
    let release_at_start = pending(&server);
    let output = (1..=9)
        .map(|n| format!("line {n}"))
        .collect::<Vec<_>>()
        .join("\n");
    server.answer(Answer::text(200, &output));
    server.answer(release(&server, "failed"));
    let error = api
        .await_release("picletter-app", &release_at_start, |_| {})
        .await
        .unwrap_err();
    insta::assert_snapshot!(error);
}

#[tokio::test]
async fn current_release_needs_no_request() {
    let (server, api) = Server::with_answers([]).await;
    let mut done = pending(&server);
    "succeeded".clone_into(&mut done.status);
    api.await_release("picletter-app", &done, |_| {})
        .await
        .unwrap();
    assert_eq!(server.requests().len(), 0);
}

/// Releases had no `status` before Heroku introduced release phases.
#[tokio::test]
async fn release_without_a_status_has_succeeded() {
    let old = json!([{
        "app": { "id": "1", "name": "picletter-app" }, "created_at": "2015-12-07T00:42:33Z",
        "description": "Deploy 774377e", "id": "2", "slug": { "id": "3" },
        "updated_at": "2015-12-07T00:42:33Z", "user": { "email": "a@example.com", "id": "4" },
        "version": 9,
    }]);
    let (_server, api) = Server::with_answers([Answer::json(200, &old)]).await;
    let releases = api.releases("picletter-app", 10).await.unwrap();
    assert_eq!(
        (releases[0].version, &*releases[0].status),
        (9, "succeeded")
    );
}
