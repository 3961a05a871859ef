//! `HttpClient` with a real connection to a loopback server.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use http::Request;
use picletter_logic_apps::HttpClient;
use picletter_logic_apps::{Transport, TransportError};
use tokio::net::TcpListener;

async fn serve() -> String {
    let echo = |headers: HeaderMap, body: Bytes| async move {
        let token = headers["authorization"].to_str().unwrap().to_owned();
        (StatusCode::CREATED, [("x-token", token)], body)
    };
    let redirect = || async { (StatusCode::FOUND, [("location", "/echo")]) };
    let app = Router::new()
        .route("/echo", post(echo))
        .route("/redirect", get(redirect));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

#[tokio::test]
async fn http_client_sends_the_request_and_reads_the_whole_response() {
    let base = serve().await;
    let client = HttpClient::new(picletter_test_support::loopback::tls()).unwrap();
    let request = Request::post(format!("{base}/echo"))
        .header("authorization", "Bearer x")
        .body(Bytes::from("body"))
        .unwrap();
    let response = client.send(request).await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-token"], "Bearer x");
    assert_eq!(response.body(), "body");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let base = serve().await;
    let client = HttpClient::new(picletter_test_support::loopback::tls()).unwrap();
    let request = Request::get(format!("{base}/redirect"))
        .body(Bytes::new())
        .unwrap();
    let response = client.send(request).await.unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], "/echo");
}

#[tokio::test]
async fn connection_error_does_not_contain_the_url() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = HttpClient::new(picletter_test_support::loopback::tls()).unwrap();
    let request = Request::get(format!("http://{address}/?sig=geheim"))
        .body(Bytes::new())
        .unwrap();
    let error = client.send(request).await.unwrap_err();
    assert!(matches!(error, TransportError::Connection(_)));
    assert!(!error.to_string().contains("geheim"), "{error}");
}
