//! Downloads an action's inputs and outputs from signed URLs.
//!
//! Source: <https://learn.microsoft.com/rest/api/logic/workflow-run-actions/get> (`ContentLink`).

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use url::Url;

use super::arm::Arm;
use super::error::Error;
use crate::deploy::http::{Call, HttpError, Redacted};
use picletter_worker::url_policy::is_loopback;

/// A link to inputs or outputs that can be read without a token.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentLink {
    #[serde(deserialize_with = "secret")]
    uri: SecretString,
    /// In bytes.
    #[serde(default)]
    content_size: u64,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

/// The beginning of inputs or outputs.
#[derive(Debug, Clone)]
pub struct Bounded {
    /// Its bytes, up to the requested limit.
    pub bytes: Vec<u8>,
    /// The size of the whole content in bytes, if known.
    pub size: u64,
    /// Whether there are more than these bytes.
    pub is_cut: bool,
}

impl Arm {
    /// Reads at most `limit` bytes of inputs or outputs.
    ///
    /// # Errors
    /// No answer, or an answer without success.
    pub async fn content(&self, link: &ContentLink, limit: usize) -> Result<Bounded, Error> {
        let doing = "read inputs or outputs of an action".to_owned();
        let address = link.uri.expose_secret();
        let url = Url::parse(address).ok().filter(|url| self.is_allowed(url));
        let Some(url) = url else {
            return Err(Error::Garbled {
                doing,
                what: "the address does not use HTTPS".to_owned(),
                request_id: None,
            });
        };
        let mut call = Call::new(Method::GET, url);
        call.redacted = Redacted::Answer;
        let reading = self.beginning(&call, link.content_size, limit);
        let read = tokio::time::timeout(self.timings().answer, reading).await;
        let read = read.unwrap_or_else(|_| {
            Err(HttpError::Lost {
                server: "Azure".to_owned(),
                reason: "the content did not arrive in time".to_owned(),
                read_only: true,
            })
        });
        match read {
            Ok(Some(content)) => Ok(content),
            Ok(None) => Err(Error::Garbled {
                doing,
                what: "the content is not available".to_owned(),
                request_id: None,
            }),
            Err(error) => Err(Error::Http { doing, error }),
        }
    }

    /// Whether it is HTTPS, or both it and Azure are on this machine.
    fn is_allowed(&self, url: &Url) -> bool {
        url.scheme() == "https" || is_loopback(url) && self.is_on_loopback()
    }

    async fn beginning(
        &self,
        call: &Call,
        size: u64,
        limit: usize,
    ) -> Result<Option<Bounded>, HttpError> {
        let mut response = self.http().stream(call).await?;
        if !response.status().is_success() {
            return Ok(None);
        }
        let mut content = Bounded {
            bytes: Vec::new(),
            size,
            is_cut: false,
        };
        loop {
            let chunk = response.chunk().await.map_err(|error| HttpError::Lost {
                server: "Azure".to_owned(),
                // Its text contains the URL, which is secret.
                reason: error.without_url().to_string(),
                read_only: true,
            })?;
            let Some(chunk) = chunk else {
                break;
            };
            let room = limit - content.bytes.len();
            content.bytes.extend(chunk.iter().take(room));
            if chunk.len() > room {
                content.is_cut = true;
                break;
            }
        }
        let read = u64::try_from(content.bytes.len()).unwrap_or(u64::MAX);
        content.size = content.size.max(read);
        Ok(Some(content))
    }
}
