//! Requests that really go over a connection, to a server on loopback.

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
async fn a_request_is_sent_as_it_is_and_its_answer_read_whole() {
    let base = serve().await;
    let client = HttpClient::new(picletter_test_support::loopback::tls()).unwrap();
    let request = Request::post(format!("{base}/echo"))
        .header("authorization", "Bearer x")
        .body(Bytes::from("body"))
        .unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["x-token"], "Bearer x");
    assert_eq!(answer.body(), "body");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let base = serve().await;
    let client = HttpClient::new(picletter_test_support::loopback::tls()).unwrap();
    let request = Request::get(format!("{base}/redirect"))
        .body(Bytes::new())
        .unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "/echo");
}

#[tokio::test]
async fn no_connection_is_an_error_without_the_address() {
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
