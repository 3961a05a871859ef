//! Selection of the subscription.

use serde_json::{Value, json};

use super::server::{Reply, SUBSCRIPTION, Server, error};

fn subscription(id: &str, name: &str, state: &str) -> Value {
    json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": "31c75423-32d6-4322-88b7-c478bdde4858", "displayName": name, "state": state, "authorizationSource": "RoleBased"})
}

async fn server_with(subscriptions: Value) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/subscriptions" => Some(Reply::Json(200, json!({"value": subscriptions}))),
        path if path.ends_with(SUBSCRIPTION) => Some(Reply::Json(
            200,
            subscription(SUBSCRIPTION, "Mine", "Enabled"),
        )),
        path if path.ends_with("/token") => None,
        _ => Some(Reply::Json(
            404,
            error(
                "SubscriptionNotFound",
                "The subscription could not be found.",
            ),
        )),
    })
    .await
}

#[tokio::test]
async fn reads_all_pages_of_a_list() {
    let server = Server::start(|request| {
        Some(match request.query.contains("skiptoken") {
            _ if request.path != "/subscriptions" => return None,
            false => Reply::Json(
                200,
                json!({"value": [subscription("1", "One", "Enabled")], "nextLink": format!("{}/subscriptions?api-version=2022-12-01&$skiptoken=x", request.base)}),
            ),
            true => Reply::Json(200, json!({"value": [subscription("2", "Two", "Enabled")]})),
        })
    })
    .await;
    let all = server.arm().subscriptions().await.unwrap();
    assert_eq!(
        all.iter().map(|one| &*one.name).collect::<Vec<_>>(),
        ["One", "Two"]
    );
}

#[tokio::test]
async fn does_not_send_the_token_to_another_host() {
    let elsewhere = Server::start(|_| None).await;
    let next = elsewhere.url.join("subscriptions?page=2").unwrap();
    let server = Server::start(move |request| {
        let page = json!({"value": [], "nextLink": next});
        (request.path == "/subscriptions").then(|| Reply::Json(200, page))
    })
    .await;
    let error = server.arm().subscriptions().await.unwrap_err().to_string();
    assert!(
        error.contains("it names the address http://127.0.0.1"),
        "{error}"
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn finds_a_subscription_by_id_or_name_or_as_the_only_enabled_one() {
    let two = json!([
        subscription(SUBSCRIPTION, "Mine", "Enabled"),
        subscription("b", "Old", "Disabled")
    ]);
    let server = server_with(two).await;
    let arm = server.arm();
    for name in [None, Some("mine"), Some(SUBSCRIPTION)] {
        assert_eq!(
            arm.subscription(name).await.unwrap().id,
            SUBSCRIPTION,
            "{name:?}"
        );
    }
    assert_eq!(
        server.lines().last().unwrap(),
        &format!("GET /subscriptions/{SUBSCRIPTION}"),
        "an ID is requested directly"
    );
}

#[tokio::test]
async fn lists_subscriptions_if_the_name_is_unknown_or_ambiguous() {
    let mut errors = Vec::new();
    let three = json!([
        subscription("a", "Work", "Enabled"),
        subscription("b", "Work", "Enabled"),
        subscription("c", "Old", "Disabled")
    ]);
    for (subscriptions, name) in [
        (json!([]), None),
        (three.clone(), None),
        (three.clone(), Some("Work")),
        (three.clone(), Some("Home")),
        (three.clone(), Some("00000000-0000-0000-0000-000000000000")),
        (three, Some("old")),
    ] {
        let server = server_with(subscriptions).await;
        let result = server.arm().subscription(name).await;
        errors.push(format!("{name:?}: {}", result.unwrap_err()));
    }
    insta::assert_snapshot!("subscriptions", errors.join("\n"));
}
