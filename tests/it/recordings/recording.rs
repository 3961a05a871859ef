//! Recorded exchanges, read from their files.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};
use serde_json::Value;

use crate::recordings::classes::Service;

/// One exchange with a real service.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) service: Service,
    /// Line in the service's file, starting at 1.
    pub(crate) line: usize,
    /// The source: a file of a public repository, or an issue.
    pub(crate) source: String,
    pub(crate) method: String,
    /// The path or URL, without the query.
    pub(crate) path: String,
    pub(crate) status: u16,
    /// Without headers that belong to a single connection.
    pub(crate) headers: HeaderMap,
    /// JSON, a string for other text, or null for an empty body.
    pub(crate) body: Value,
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            line,
            source,
            method,
            path,
            status,
            ..
        } = self;
        write!(
            f,
            "{service:?} line {line} ({source}), {method} {path}, {status}"
        )
    }
}

impl Recording {
    /// A response that is not recorded, with only a status and a body.
    pub(crate) fn bare(status: u16, body: Value) -> Self {
        Self {
            service: Service::Azure,
            line: 0,
            source: String::new(),
            method: String::new(),
            path: String::new(),
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    /// The body as it was sent.
    pub(crate) fn text(&self) -> String {
        match &self.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string(),
        }
    }

    /// The same response with another body.
    pub(crate) fn with_body(&self, body: Value) -> Self {
        Self {
            body,
            ..self.clone()
        }
    }
}

/// All recordings.
pub(crate) fn recordings() -> &'static [Recording] {
    static RECORDINGS: OnceLock<Vec<Recording>> = OnceLock::new();
    RECORDINGS.get_or_init(|| {
        let services = [Service::Azure, Service::Heroku, Service::SendGrid];
        services.into_iter().flat_map(read).collect()
    })
}

fn read(service: Service) -> Vec<Recording> {
    let folder = std::env::var_os("VENDOR_RECORDINGS")
        .expect("set VENDOR_RECORDINGS to the folder of the recordings (CONTRIBUTING.md)");
    let name = format!("{service:?}.jsonl").to_lowercase();
    let path = PathBuf::from(folder).join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines = text.lines().enumerate();
    lines
        .map(|(at, line)| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| value[name].as_str().unwrap().to_owned();
            let (source, method, path) = (text("source"), text("method"), text("path"));
            Recording {
                service,
                line: at + 1,
                source,
                method,
                path: path.split('?').next().unwrap().to_owned(),
                status: value["status"].as_u64().unwrap().try_into().unwrap(),
                headers: headers(&value["headers"]),
                body: value["body"].take(),
            }
        })
        .collect()
}

fn headers(recorded: &Value) -> HeaderMap {
    let headers = recorded.as_object().unwrap().iter();
    headers
        .map(|(name, value)| {
            let name = HeaderName::try_from(name).unwrap();
            (name, value.as_str().unwrap().parse().unwrap())
        })
        .filter(|(name, _)| ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name))
        .collect()
}
