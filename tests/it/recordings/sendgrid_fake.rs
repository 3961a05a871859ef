//! The fake of SendGrid, compared with recordings.

use picletter_sandbox::Sandbox;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::recordings::classes::Service;
use crate::recordings::fakes::{Answer, Comparison};
use picletter_test_support::loopback;

const KEY: &str = "SG.0123456789abcdefghij-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEF-";

fn mail() -> Value {
    json!({
        "personalizations": [{"to": [{"email": "you@picletter.example"}]}],
        "from": {"email": "bot@picletter.example"},
        "subject": "The picture",
        "content": [{"type": "text/plain", "value": "Look."}],
    })
}

struct Fake {
    client: Client,
    url: String,
}

impl Fake {
    async fn request(&self, method: Method, path: &str, key: &str, body: String) -> Answer {
        let request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(body);
        let mut answer = request.send().await.unwrap();
        let (status, headers) = (
            answer.status().as_u16(),
            std::mem::take(answer.headers_mut()),
        );
        let body = answer.bytes().await.unwrap();
        let text = || Value::from(String::from_utf8_lossy(&body));
        Answer {
            status,
            headers,
            body: serde_json::from_slice(&body).unwrap_or_else(|_| text()),
        }
    }

    async fn send(&self, mail: &Value) -> Answer {
        let path = "/v3/mail/send";
        self.request(Method::POST, path, KEY, mail.to_string())
            .await
    }
}

#[tokio::test]
#[ignore = "needs VENDOR_RECORDINGS"]
async fn sendgrid_fake_has_only_accepted_differences_from_recordings() {
    let sandbox = Sandbox::start().await.unwrap();
    let fake = Fake {
        client: loopback::client(),
        url: sandbox.sendgrid_url(),
    };
    let mut found = Comparison::new(Service::SendGrid);
    let path = "/v3/mail/send";
    found.add("POST", path, 202, &fake.send(&mail()).await);
    let answer = fake
        .request(Method::POST, path, "SG.wrong", mail().to_string())
        .await;
    found.add("POST", path, 401, &answer);
    let mut foreign = mail();
    foreign["from"]["email"] = json!("bot@elsewhere.example");
    let answer = fake.send(&foreign).await;
    found.add_where(
        "POST",
        path,
        403,
        " of an unverified sender",
        &answer,
        |one| one.text().contains("Sender Identity"),
    );
    let mut large = mail();
    large["content"][0]["value"] = json!("x".repeat(31 << 20));
    found.add("POST", path, 413, &fake.send(&large).await);
    for path in ["/v3/verified_senders", "/v3/whitelabel/domains"] {
        let answer = fake.request(Method::GET, path, KEY, String::new()).await;
        found.add("GET", path, 403, &answer);
    }
    found.check();
}
