//! A parsed request to Azure Resource Manager.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, header, request};
use jsonc_parser::ParseOptions;
use serde_json::Value;

use super::refusal::Refusal;

/// A request. As in ARM, names in its path are case-insensitive.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// The segments of the path, in the case of the request.
    pub(super) segments: Vec<String>,
    pub(super) headers: HeaderMap,
    query: Vec<(String, String)>,
    body: Bytes,
}

impl Call {
    pub(super) fn new(head: request::Parts, body: Bytes) -> Self {
        let path = head.uri.path().to_owned();
        let query = head.uri.query().unwrap_or_default();
        Self {
            segments: path
                .split('/')
                .filter(|part| !part.is_empty())
                .map(decoded)
                .collect(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            path,
            method: head.method,
            headers: head.headers,
            body,
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The fields of a form in the body.
    pub(super) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    /// The body as text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body, which must be a JSON object with media type `application/json`.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        let kind = self.header(header::CONTENT_TYPE.as_str());
        if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
            return Err(Refusal::new(
                http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                "The content media type is not supported. Only 'application/json' is supported.",
            ));
        }
        match read(&self.body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) => Err(invalid("the body is not an object")),
            Err(why) => Err(invalid(&why)),
        }
    }
}

/// Parses JSON like Json.NET, which the service uses: it accepts property names without quotes,
/// comments, and trailing commas. The Azure CLI sends `template:{…}`.
fn read(body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let options = ParseOptions {
        allow_missing_commas: false,
        ..ParseOptions::default()
    };
    jsonc_parser::parse_to_serde_value(text, &options).map_err(|error| error.to_string())
}

fn invalid(why: &str) -> Refusal {
    Refusal::bad_request(
        "InvalidRequestContent",
        format!(
            "The request content was invalid and could not be deserialized: '{}'.",
            why.trim_end_matches('.')
        ),
    )
}

fn decoded(segment: &str) -> String {
    let pair = format!("name={}", segment.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
