//! Which subscription is meant.

use serde_json::{Value, json};

use super::server::{Reply, SUBSCRIPTION, Server, error};

fn subscription(id: &str, name: &str, state: &str) -> Value {
    json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": "31c75423-32d6-4322-88b7-c478bdde4858", "displayName": name, "state": state, "authorizationSource": "RoleBased"})
}

async fn with(subscriptions: Value) -> Server {
    Server::start(move |seen| match seen.path.as_str() {
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
async fn a_list_is_read_over_all_its_pages() {
    let server = Server::start(|seen| {
        Some(match seen.query.contains("skiptoken") {
            _ if seen.path != "/subscriptions" => return None,
            false => Reply::Json(
                200,
                json!({"value": [subscription("1", "One", "Enabled")], "nextLink": format!("{}/subscriptions?api-version=2022-12-01&$skiptoken=x", seen.base)}),
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
async fn a_next_page_elsewhere_does_not_get_the_token() {
    let elsewhere = Server::start(|_| None).await;
    let next = elsewhere.url.join("subscriptions?page=2").unwrap();
    let server = Server::start(move |seen| {
        let page = json!({"value": [], "nextLink": next});
        (seen.path == "/subscriptions").then(|| Reply::Json(200, page))
    })
    .await;
    let error = server.arm().subscriptions().await.unwrap_err().to_string();
    assert!(
        error.contains("it names the address http://127.0.0.1"),
        "{error}"
    );
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn one_is_found_by_id_or_name_or_as_the_only_one_in_use() {
    let two = json!([
        subscription(SUBSCRIPTION, "Mine", "Enabled"),
        subscription("b", "Old", "Disabled")
    ]);
    let server = with(two).await;
    let arm = server.arm();
    for wanted in [None, Some("mine"), Some(SUBSCRIPTION)] {
        assert_eq!(
            arm.subscription(wanted).await.unwrap().id,
            SUBSCRIPTION,
            "{wanted:?}"
        );
    }
    assert_eq!(
        server.lines().last().unwrap(),
        &format!("GET /subscriptions/{SUBSCRIPTION}"),
        "an id is asked for by itself"
    );
}

#[tokio::test]
async fn one_that_is_not_there_or_not_the_only_one_is_told_with_those_that_are() {
    let mut told = Vec::new();
    let three = json!([
        subscription("a", "Work", "Enabled"),
        subscription("b", "Work", "Enabled"),
        subscription("c", "Old", "Disabled")
    ]);
    for (subscriptions, wanted) in [
        (json!([]), None),
        (three.clone(), None),
        (three.clone(), Some("Work")),
        (three.clone(), Some("Home")),
        (three.clone(), Some("00000000-0000-0000-0000-000000000000")),
        (three, Some("old")),
    ] {
        let server = with(subscriptions).await;
        let result = server.arm().subscription(wanted).await;
        told.push(format!("{wanted:?}: {}", result.unwrap_err()));
    }
    insta::assert_snapshot!("subscriptions", told.join("\n"));
}
