//! Publishes a buildpack app through the Platform API, as `git push heroku` does after its build.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-deploying-slugs>.

use http::Method;
use reqwest::Client;
use serde_json::{Value, json};

/// The app to publish to, and access to its account.
pub(crate) struct Target<'a> {
    pub(crate) client: Client,
    /// Base URL of the API, without a trailing slash.
    pub(crate) api: &'a str,
    pub(crate) token: &'a str,
    pub(crate) app: &'a str,
}

impl Target<'_> {
    /// Sends a request to the API.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, String> {
        let Self {
            client, api, token, ..
        } = self;
        let answer = client
            .request(method, format!("{api}{path}"))
            .bearer_auth(token)
            .header("accept", "application/vnd.heroku+json; version=3")
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{path}: {status}: {text}"));
        }
        serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
    }

    /// Uploads the archive as a slug with this Procfile, and releases it.
    pub(crate) async fn publish(&self, procfile: Value, archive: Vec<u8>) -> Result<(), String> {
        let app = self.app;
        let path = format!("/apps/{app}/slugs");
        let slug = json!({ "process_types": procfile, "stack": "heroku-24" });
        let slug = self.call(Method::POST, &path, &slug).await?;
        let url = slug["blob"]["url"].as_str().unwrap_or_default();
        let uploaded = self.client.put(url).body(archive).send().await;
        let uploaded = uploaded.and_then(reqwest::Response::error_for_status);
        // The URL is signed, so it must not be printed.
        uploaded.map_err(|error| error.without_url().to_string())?;
        let path = format!("/apps/{app}/releases");
        let release = json!({ "slug": slug["id"] });
        self.call(Method::POST, &path, &release).await?;
        Ok(())
    }
}
