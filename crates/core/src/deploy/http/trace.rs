//! Traces of requests for `-v` and `-vv`, on standard error.

use std::fmt;
use std::io::{self, Write as _};
use std::time::Instant;

use http::{HeaderMap, StatusCode};

use super::call::{Answer, Call, Redacted, request_id};
use crate::deploy::body_shape::body_shape;
use crate::deploy::redact::Redactor;
use crate::printable::printable;

/// How much of each request is printed on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Nothing.
    #[default]
    Quiet,
    /// Each request with its answer's status, duration, and request id.
    Requests,
    /// Bodies too, except those with secrets; of a success only the shape, because any text from a
    /// live system may be a secret.
    Bodies,
}

/// Prints requests, with the secrets masked.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    pub(super) verbosity: Verbosity,
    pub(super) redactor: Redactor,
}

impl Trace {
    pub(super) fn request(&self, call: &Call) {
        self.line(format_args!("> {} {}", call.method, call.url));
        let redacted = matches!(call.redacted, Redacted::Request | Redacted::Both);
        if let Some(upload) = &call.upload {
            self.line(format_args!(">   ({} bytes)", upload.size()));
        }
        if let Some(body) = &call.body {
            self.body('>', body.to_string().as_bytes(), redacted);
        }
    }

    pub(super) fn answer(&self, call: &Call, begun: Instant, answer: &Answer) {
        self.head(begun, answer.status, &answer.headers);
        let redacted = matches!(call.redacted, Redacted::Answer | Redacted::Both);
        if answer.status.is_success() && !redacted {
            self.shape(&answer.body);
        } else {
            self.body('<', &answer.body, redacted);
        }
    }

    pub(super) fn head(&self, begun: Instant, status: StatusCode, headers: &HeaderMap) {
        let id = request_id(headers).map(|id| format!(", request id {id}"));
        self.line(format_args!(
            "< {status} in {} ms{}",
            begun.elapsed().as_millis(),
            id.unwrap_or_default()
        ));
    }

    pub(super) fn failure(&self, begun: Instant, reason: &str) {
        self.line(format_args!(
            "< no answer in {} ms: {reason}",
            begun.elapsed().as_millis()
        ));
    }

    pub(super) fn line(&self, line: fmt::Arguments<'_>) {
        if self.verbosity < Verbosity::Requests {
            return;
        }
        let line = line.to_string();
        let line = self.redactor.clean(&line);
        // A closed standard error must not end a deployment.
        let _ = writeln!(io::stderr().lock(), "{}", printable(&line, false));
    }

    fn body(&self, arrow: char, body: &[u8], redacted: bool) {
        if self.verbosity < Verbosity::Bodies || body.is_empty() {
            return;
        }
        if redacted {
            self.line(format_args!(
                "{arrow}   ({} bytes that contain secrets)",
                body.len()
            ));
        } else {
            self.line(format_args!("{arrow}   {}", String::from_utf8_lossy(body)));
        }
    }

    fn shape(&self, body: &[u8]) {
        if self.verbosity < Verbosity::Bodies || body.is_empty() {
            return;
        }
        match body_shape(body) {
            Some(shape) => self.line(format_args!("<   {shape}")),
            None => self.line(format_args!("<   ({} bytes)", body.len())),
        }
    }
}
