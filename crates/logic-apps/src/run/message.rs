//! Requests and answers as a workflow sees them.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Map, Value, json};

use super::data::text_of;
use super::execute::Outcome;
use super::http::Answer;
use crate::definition::requests;
use crate::history::Problem;
use crate::status::Status;

/// Makes a request out of evaluated inputs.
pub(super) fn request(inputs: &Value, metadata: &HeaderMap) -> Result<Request<Bytes>, String> {
    let uri = inputs.get("uri").map(text_of).unwrap_or_default();
    let mut url = requests::check_uri(&uri).map_err(|message| format!("The uri {message}."))?;
    if let Some(Value::Object(queries)) = inputs.get("queries") {
        let mut pairs = url.query_pairs_mut();
        for (name, value) in queries {
            pairs.append_pair(name, &text_of(value));
        }
    }
    // What follows a `#` is never sent.
    url.set_fragment(None);
    let method = inputs.get("method").map(text_of).unwrap_or_default();
    let method = Method::from_bytes(method.to_uppercase().as_bytes())
        .map_err(|_| "The method is none.".to_owned())?;
    let (body, content_type) = body_of(inputs.get("body"))?;
    let mut headers = metadata.clone();
    if let Some(content_type) = content_type {
        let value = HeaderValue::from_str(&content_type);
        let value = value.map_err(|_| "The content type is none.".to_owned())?;
        headers.insert(header::CONTENT_TYPE, value);
    }
    if let Some(Value::Object(given)) = inputs.get("headers") {
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let wrong =
                || format!("The header '{name}' has a name or a value that cannot be sent.");
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let value = HeaderValue::from_str(&text_of(value)).map_err(|_| wrong())?;
            headers.insert(key, value);
        }
    }
    if let Some(authentication) = inputs.get("authentication") {
        let text = |key: &str| authentication.get(key).map(text_of).unwrap_or_default();
        let value = if authentication.get("type").is_some_and(|kind| kind == "Raw") {
            text("value")
        } else {
            let pair = format!("{}:{}", text("username"), text("password"));
            format!("Basic {}", BASE64.encode(pair))
        };
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| "The authentication cannot be sent as a header.".to_owned())?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url
        .as_str()
        .parse()
        .map_err(|_| "The uri cannot be sent.".to_owned())?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The bytes of a body and, where the inputs do not say it, of what type they are.
fn body_of(body: Option<&Value>) -> Result<(Bytes, Option<String>), String> {
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
                .map_err(|_| "The body's $content is no base64.".to_owned())?;
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

/// "By default, Authorization headers aren't visible through inputs or outputs"
/// (`logic-apps-securing-a-logic-app.md`).
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

/// How an action ends that has such an answer. A redirect is not followed and is a failure.
pub(super) fn outcome(answer: Answer) -> Outcome {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            return Outcome::failed(
                "BadRequest",
                format!("Http request failed as there is an error: '{error}'."),
            );
        }
    };
    let status = response.status();
    let code = code_of(status);
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

/// Headers and body of a message, as expressions see them.
pub(super) fn message(headers: &HeaderMap, body: &Bytes) -> Map<String, Value> {
    let mut shown = Map::new();
    for name in headers.keys() {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        shown.insert(capitalized(name.as_str()), values.join(",").into());
    }
    let mut message = Map::new();
    message.insert("headers".to_owned(), Value::Object(shown));
    if !body.is_empty() {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("application/octet-stream");
        message.insert("body".to_owned(), content(content_type, body));
    }
    message
}

/// JSON is read, text is kept, and what is neither becomes an object of its type and its base64.
fn content(content_type: &str, body: &Bytes) -> Value {
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

/// `content-type` as `Content-Type`.
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

/// The service's word for a status: `NotFound`.
pub(super) fn code_of(status: StatusCode) -> Cow<'static, str> {
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
