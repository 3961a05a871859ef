//! Authorizations: tokens with fewer permissions than the account's own token.

use http::{HeaderValue, Method, StatusCode};
use picletter_logic_apps::Transport as _;
use picletter_sandbox::heroku::Assumptions;
use serde_json::{Value, json};

use super::{Held, InMemoryHeroku, request};

impl InMemoryHeroku {
    /// Creates an authorization. Returns its ID and token.
    async fn authorize(&self, scope: &str) -> (String, String) {
        let body = json!({ "scope": [scope], "description": "A test", "expires_in": null });
        let path = "/oauth/authorizations";
        let (status, created) = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&created["id"]),
            text(&created["access_token"]["token"]),
        )
    }

    async fn status_with(&self, token: &str, method: &Method, path: &str, body: &Value) -> u16 {
        let mut request = request(method.clone(), path, Some(body.clone()));
        let bearer = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
        request.headers_mut().insert("authorization", bearer);
        let answer = self.hosts.send(request).await.unwrap();
        if answer.status() == StatusCode::FORBIDDEN {
            let error: Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(
                error,
                json!({
                    "id": "forbidden",
                    "message": "The scope of this OAuth authorization does not allow access to \
                                this resource.",
                })
            );
        }
        answer.status().as_u16()
    }
}

#[tokio::test(start_paused = true)]
async fn scopes_match_the_vendors_documentation() {
    let heroku = InMemoryHeroku::running(Held::new());
    let app = "/apps/picletter-app";
    let dyno = json!({ "command": "worker", "type": "worker" });
    let none = json!({});
    let quantity = json!({ "updates": [{ "type": "worker", "quantity": 0 }] });
    let operations = [
        ("account", Method::GET, "/account".to_owned(), &none),
        (
            "authorizations",
            Method::GET,
            "/oauth/authorizations".to_owned(),
            &none,
        ),
        ("app", Method::GET, app.to_owned(), &none),
        ("log", Method::POST, format!("{app}/log-sessions"), &none),
        (
            "scale",
            Method::PATCH,
            format!("{app}/formation"),
            &quantity,
        ),
        ("start", Method::POST, format!("{app}/dynos"), &dyno),
        (
            "config vars",
            Method::GET,
            format!("{app}/config-vars"),
            &none,
        ),
        (
            "set config vars",
            Method::PATCH,
            format!("{app}/config-vars"),
            &none,
        ),
    ];
    let mut table = Vec::new();
    for scope in [
        "global",
        "identity",
        "read",
        "read-protected",
        "write",
        "write-protected",
    ] {
        let (_, token) = heroku.authorize(scope).await;
        let mut allowed = Vec::new();
        for (operation, method, path, body) in &operations {
            match heroku.status_with(&token, method, path, body).await {
                200..300 => allowed.push(*operation),
                status => assert_eq!(status, 403, "{scope}: {operation}"),
            }
        }
        table.push(format!("{scope}: {}", allowed.join(", ")));
    }
    insta::assert_snapshot!("scopes", table.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn whether_scope_write_starts_dynos_is_configurable() {
    let heroku = InMemoryHeroku::running(Held::new());
    heroku.heroku.set_assumptions(Assumptions {
        write_starts_dynos: false,
        ..Assumptions::default()
    });
    let path = "/apps/picletter-app/dynos";
    let dyno = json!({ "command": "worker", "type": "worker" });
    let (_, write) = heroku.authorize("write").await;
    assert_eq!(
        heroku.status_with(&write, &Method::POST, path, &dyno).await,
        403
    );
    let (_, protected) = heroku.authorize("write-protected").await;
    assert_eq!(
        heroku
            .status_with(&protected, &Method::POST, path, &dyno)
            .await,
        201
    );
}

#[tokio::test(start_paused = true)]
async fn revoking_invalidates_only_one_token() {
    let heroku = InMemoryHeroku::running(Held::new());
    let (first, first_token) = heroku.authorize("read").await;
    let (_, second_token) = heroku.authorize("read").await;
    let path = "/oauth/authorizations";
    let one = format!("{path}/{first}");
    assert_eq!(
        heroku.call(Method::DELETE, &one, None).await.0,
        StatusCode::OK
    );
    assert_eq!(
        heroku.call(Method::DELETE, &one, None).await.0,
        StatusCode::NOT_FOUND
    );
    let app = "/apps/picletter-app";
    let none = json!({});
    assert_eq!(
        heroku
            .status_with(&first_token, &Method::GET, app, &none)
            .await,
        401
    );
    assert_eq!(
        heroku
            .status_with(&second_token, &Method::GET, app, &none)
            .await,
        200
    );
}

#[tokio::test(start_paused = true)]
async fn lists_mask_tokens() {
    let heroku = InMemoryHeroku::new();
    let (id, token) = heroku.authorize("write").await;
    let (_, list) = heroku
        .call(Method::GET, "/oauth/authorizations", None)
        .await;
    assert_eq!(list[0]["id"], id);
    assert_eq!(list[0]["description"], "A test");
    assert_eq!(list[0]["scope"], json!(["write"]));
    assert!(!list.to_string().contains(&token));
}

#[tokio::test(start_paused = true)]
async fn refuses_missing_and_unknown_scopes() {
    let heroku = InMemoryHeroku::new();
    for body in [
        json!({}),
        json!({ "scope": [] }),
        json!({ "scope": ["all"] }),
        json!({ "scope": "read" }),
        json!({ "scope": ["read"], "expires_in": 60 }),
        json!({ "scope": ["read"], "describtion": "x" }),
    ] {
        let path = "/oauth/authorizations";
        let (status, error) = heroku.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{error}");
    }
}
