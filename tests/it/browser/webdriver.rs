//! A minimal WebDriver client.
//! Source: <https://www.w3.org/TR/webdriver2/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Method;
use picletter_test_support::loopback;
use reqwest::Client;
use serde_json::{Value, json};

/// An error response of the driver, or the reason for a missing response.
pub(crate) type Refusal = String;

/// An element, in the form of a script argument.
#[derive(Debug, Clone)]
pub(crate) struct Element(pub(crate) Value);

/// A browser, which ends with its driver.
pub(crate) struct Session {
    client: Client,
    url: String,
}

impl Session {
    /// Starts a browser with these capabilities.
    pub(crate) async fn start(driver: &str, capabilities: &Value) -> Result<Self, Refusal> {
        let mut session = Self {
            client: loopback::client(),
            url: format!("{driver}/session"),
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let started = session.post("", &wanted).await?;
        let id = started["sessionId"].as_str().ok_or("no session id")?;
        session.url = format!("{}/{id}", session.url);
        Ok(session)
    }

    pub(crate) async fn open(&self, url: &str) -> Result<(), Refusal> {
        self.post("/url", &json!({ "url": url })).await.map(drop)
    }

    /// The first element of the page that matches.
    pub(crate) async fn find(&self, css: &str) -> Result<Element, Refusal> {
        let by = json!({ "using": "css selector", "value": css });
        self.post("/element", &by).await.map(Element)
    }

    /// The element with the keyboard's focus.
    pub(crate) async fn focused(&self) -> Result<Element, Refusal> {
        self.get("/element/active").await.map(Element)
    }

    pub(crate) async fn click(&self, element: &Element) -> Result<(), Refusal> {
        let path = format!("/element/{}/click", element.id());
        self.post(&path, &json!({})).await.map(drop)
    }

    pub(crate) async fn type_into(&self, element: &Element, keys: &str) -> Result<(), Refusal> {
        let path = format!("/element/{}/value", element.id());
        self.post(&path, &json!({ "text": keys })).await.map(drop)
    }

    /// An attribute, null if the element lacks it.
    pub(crate) async fn attribute(&self, element: &Element, name: &str) -> Result<Value, Refusal> {
        let path = format!("/element/{}/attribute/{name}", element.id());
        self.get(&path).await
    }

    /// Makes later calls search in a frame.
    pub(crate) async fn enter(&self, frame: &Element) -> Result<(), Refusal> {
        self.post("/frame", &json!({ "id": frame.0 }))
            .await
            .map(drop)
    }

    /// Returns the result of a script.
    pub(crate) async fn run_script(&self, script: &str) -> Result<Value, Refusal> {
        let script = json!({ "script": script, "args": [] });
        self.post("/execute/sync", &script).await
    }

    /// Returns the value that an asynchronous script passes to its last argument, a callback.
    pub(crate) async fn run_async_script(
        &self,
        script: &str,
        args: &[Value],
    ) -> Result<Value, Refusal> {
        let script = json!({ "script": script, "args": args });
        self.post("/execute/async", &script).await
    }

    /// A screenshot of the window, as a PNG.
    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>, Refusal> {
        let picture = self.get("/screenshot").await?;
        let picture = BASE64.decode(picture.as_str().ok_or("no picture")?);
        picture.map_err(|error| error.to_string())
    }

    async fn get(&self, path: &str) -> Result<Value, Refusal> {
        self.send(Method::GET, path, String::new()).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        self.send(Method::POST, path, body.to_string()).await
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Result<Value, Refusal> {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        let answer = request.body(body).send().await.map_err(|e| e.to_string())?;
        let succeeded = answer.status().is_success();
        let body = answer.bytes().await.map_err(|e| e.to_string())?;
        let mut body: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
        let value = body["value"].take();
        if succeeded {
            Ok(value)
        } else {
            Err(value.to_string())
        }
    }
}

impl Element {
    fn id(&self) -> &str {
        // The key is a constant of the standard.
        let id = self.0.as_object().and_then(|named| named.values().next());
        id.and_then(Value::as_str).unwrap()
    }
}
