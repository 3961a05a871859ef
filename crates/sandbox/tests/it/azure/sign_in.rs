use bytes::Bytes;
use http::Request;
use secrecy::ExposeSecret as _;

use picletter_test_support::azure_world::World;

const SUBSCRIPTIONS: &str = "/subscriptions?api-version=2022-12-01";

#[tokio::test(start_paused = true)]
async fn tokens_expire_after_an_hour() {
    let world = World::new().await;
    world.pass(3_599).await;
    let answer = world.get(SUBSCRIPTIONS).await.is(200);
    assert_eq!(answer.body["value"][0]["displayName"], "Pay as you go");
    assert_eq!(answer.header("x-ms-request-id").len(), 36);

    world.pass(1).await;
    let answer = world.get(SUBSCRIPTIONS).await;
    assert!(answer.header("www-authenticate").starts_with("Bearer "));
    answer.error(401, "ExpiredAuthenticationToken");
}

#[tokio::test(start_paused = true)]
async fn signs_in_with_the_token_of_a_trusted_issuer() {
    let world = World::new().await;
    let assertion = world.credentials.assertion.expose_secret();
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let tenant = &world.credentials.tenant;
    let form = [
        ("client_assertion", assertion),
        ("client_assertion_type", kind),
    ];
    let answer = world.ask_token(tenant, &form).await.is(200);
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3_600);

    let form = [
        ("client_assertion", "header.someone-else.signature"),
        ("client_assertion_type", kind),
    ];
    let answer = world.ask_token(tenant, &form).await.is(401);
    assert_eq!(answer.body["error_codes"][0], 700_213);
}

#[tokio::test(start_paused = true)]
async fn refuses_wrong_secrets_with_the_message_of_entra_id() {
    let world = World::new().await;
    let tenant = &world.credentials.tenant;
    let answer = world.ask_token(tenant, &[("client_secret", "wrong")]).await;
    let mut body = answer.is(401).body.clone();
    let description = body["error_description"].as_str().unwrap();
    let description = description.split(" Trace ID").next().unwrap().to_owned();
    body["error_description"] = description.into();
    for id in ["trace_id", "correlation_id"] {
        body[id] = "[id]".into();
    }
    insta::assert_json_snapshot!(body);
}

#[tokio::test(start_paused = true)]
async fn sign_in_errors_have_distinct_codes() {
    let world = World::new().await;
    let ours = world.credentials.tenant.as_str();
    let secret = world.credentials.client_secret.expose_secret();
    let right = ("client_secret", secret);
    for (tenant, form, code) in [
        ("another", vec![right], 90_002),
        (ours, vec![right, ("client_id", "another")], 700_016),
        (ours, vec![right, ("grant_type", "password")], 70_003),
        (ours, vec![right, ("grant_type", "")], 900_144),
        (
            ours,
            vec![right, ("scope", "https://management.azure.com")],
            1_002_012,
        ),
        (ours, vec![], 7_000_218),
    ] {
        let answer = world.ask_token(tenant, &form).await;
        assert!(answer.status.is_client_error());
        assert_eq!(answer.body["error_codes"][0], code, "{form:?}");
        let described = answer.body["error_description"].as_str().unwrap();
        assert!(
            described.starts_with(&format!("AADSTS{code}: ")),
            "{described}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn requires_a_token() {
    let world = World::new().await;
    let url = format!("https://management.azure.com{SUBSCRIPTIONS}");
    let request = Request::get(&url).body(Bytes::new()).unwrap();
    world.send(request).await.error(401, "AuthenticationFailed");

    let request = Request::get(&url).header("authorization", "Bearer x");
    let request = request.body(Bytes::new()).unwrap();
    world
        .send(request)
        .await
        .error(401, "InvalidAuthenticationToken");
}
