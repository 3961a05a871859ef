//! Conversion between HTTP messages and the JSON of inputs and outputs.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Map, Value, json};

use super::data::to_text;
use super::execute::Outcome;
use super::http::ResponseResult;
use crate::definition::requests;
use crate::history::Problem;
use crate::status::Status;

/// Builds a request from evaluated inputs.
pub(super) fn request(inputs: &Value, metadata: &HeaderMap) -> Result<Request<Bytes>, String> {
    let uri = inputs.get("uri").map(to_text).unwrap_or_default();
    let mut url =
        requests::check_uri(&uri).map_err(|message| format!("Invalid uri: {message}."))?;
    if let Some(Value::Object(queries)) = inputs.get("queries") {
        let mut pairs = url.query_pairs_mut();
        for (name, value) in queries {
            pairs.append_pair(name, &to_text(value));
        }
    }
    // A fragment is never sent.
    url.set_fragment(None);
    let method = inputs.get("method").map(to_text).unwrap_or_default();
    let method = Method::from_bytes(method.to_uppercase().as_bytes())
        .map_err(|_| "The method is invalid.".to_owned())?;
    let (body, content_type) = encode_body(inputs.get("body"))?;
    let mut headers = metadata.clone();
    if let Some(content_type) = content_type {
        let value = HeaderValue::from_str(&content_type);
        let value = value.map_err(|_| "The content type is invalid.".to_owned())?;
        headers.insert(header::CONTENT_TYPE, value);
    }
    if let Some(Value::Object(given)) = inputs.get("headers") {
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let invalid = || format!("The header '{name}' has an invalid name or value.");
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
            let value = HeaderValue::from_str(&to_text(value)).map_err(|_| invalid())?;
            headers.insert(key, value);
        }
    }
    if let Some(authentication) = inputs.get("authentication") {
        let text = |key: &str| authentication.get(key).map(to_text).unwrap_or_default();
        let value = if authentication.get("type").is_some_and(|kind| kind == "Raw") {
            text("value")
        } else {
            let pair = format!("{}:{}", text("username"), text("password"));
            format!("Basic {}", BASE64.encode(pair))
        };
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| "The authentication is not a valid header value.".to_owned())?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url
        .as_str()
        .parse()
        .map_err(|_| "The uri is invalid.".to_owned())?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Returns the bytes of a body, and the default content type for its JSON type.
fn encode_body(body: Option<&Value>) -> Result<(Bytes, Option<String>), String> {
    match body {
        None | Some(Value::Null) => Ok((Bytes::new(), None)),
        Some(Value::String(text)) => Ok((
            Bytes::copy_from_slice(text.as_bytes()),
            Some("text/plain; charset=utf-8".to_owned()),
        )),
        Some(Value::Object(map)) if is_content(map) => {
            let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
            let bytes = BASE64
                .decode(text("$content"))
                .map_err(|_| "The body's $content is not valid base64.".to_owned())?;
            Ok((bytes.into(), Some(text("$content-type").to_owned())))
        }
        Some(json) => {
            let bytes = serde_json::to_vec(json).map_err(|error| error.to_string())?;
            Ok((bytes.into(), Some("application/json".to_owned())))
        }
    }
}

fn is_content(map: &Map<String, Value>) -> bool {
    map.len() == 2 && map.contains_key("$content") && map.contains_key("$content-type")
}

/// Removes credentials from recorded inputs: "By default, Authorization headers aren't visible
/// through inputs or outputs" (`logic-apps-securing-a-logic-app.md`).
pub(super) fn without_credentials(inputs: &Value) -> Value {
    let mut inputs = inputs.clone();
    if let Some(Value::Object(headers)) = inputs.get_mut("headers") {
        headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
    }
    if let Some(Value::Object(authentication)) = inputs.get_mut("authentication") {
        for (key, value) in authentication.iter_mut().filter(|(key, _)| *key != "type") {
            let _ = key;
            *value = "*sanitized*".into();
        }
    }
    inputs
}

/// Returns the outcome of an action with this response. Redirects are not followed and count as
/// failures.
pub(super) fn outcome(result: ResponseResult) -> Outcome {
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            return Outcome::failed(
                "BadRequest",
                format!("Http request failed as there is an error: '{error}'."),
            );
        }
    };
    let status = response.status();
    let code = result_code(status);
    let mut outputs = message(response.headers(), response.body());
    outputs.shift_insert(0, "statusCode".to_owned(), status.as_u16().into());
    let succeeded = status.is_success();
    Outcome {
        status: if succeeded {
            Status::Succeeded
        } else {
            Status::Failed
        },
        problem: (!succeeded).then(|| Problem {
            code: code.clone().into_owned(),
            message: format!("Http request failed with status code '{status}'."),
        }),
        code,
        outputs: Some(Arc::new(Value::Object(outputs))),
    }
}

/// Returns the headers and the body of a message as JSON for expressions.
pub(super) fn message(headers: &HeaderMap, body: &Bytes) -> Map<String, Value> {
    let mut fields = Map::new();
    for name in headers.keys() {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        fields.insert(capitalized(name.as_str()), values.join(",").into());
    }
    let mut message = Map::new();
    message.insert("headers".to_owned(), Value::Object(fields));
    if !body.is_empty() {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("application/octet-stream");
        message.insert("body".to_owned(), decode_body(content_type, body));
    }
    message
}

/// Converts a body to JSON: JSON is parsed, text becomes a string, and other content becomes an
/// object with its type and base64.
fn decode_body(content_type: &str, body: &Bytes) -> Value {
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let media = media.to_ascii_lowercase();
    if media == "application/json" || media == "text/json" || media.ends_with("+json") {
        if let Ok(value) = serde_json::from_slice(body) {
            return value;
        }
        return String::from_utf8_lossy(body).into();
    }
    if media.starts_with("text/") {
        return String::from_utf8_lossy(body).into();
    }
    json!({ "$content-type": content_type, "$content": BASE64.encode(body) })
}

/// Converts `content-type` to `Content-Type`.
fn capitalized(name: &str) -> String {
    let mut first = true;
    name.chars()
        .map(|letter| {
            let upper = std::mem::replace(&mut first, letter == '-');
            if upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        })
        .collect()
}

/// The service's result code for a status, such as `NotFound`.
pub(super) fn result_code(status: StatusCode) -> Cow<'static, str> {
    match status {
        StatusCode::OK => Cow::Borrowed("OK"),
        StatusCode::NOT_FOUND => Cow::Borrowed("NotFound"),
        StatusCode::CREATED => Cow::Borrowed("Created"),
        status => match status.canonical_reason() {
            Some(reason) => reason
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
                .into(),
            None => status.as_str().to_owned().into(),
        },
    }
}
