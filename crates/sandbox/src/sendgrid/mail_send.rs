//! The payload of `POST /v3/mail/send`: the fields that the worker uses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_path_to_error::{Path, Segment};

use super::refusal::{Problems, Refusal};
use crate::mail::Address;

/// A request to send a mail. Fields that the worker does not send are refused. Required fields are
/// optional here, so that [`super::rules`] can report all missing fields together and in the
/// vendor's words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailSend<'a> {
    #[serde(default)]
    pub(super) personalizations: Vec<Personalization>,
    #[serde(default, deserialize_with = "non_null")]
    pub(super) from: Option<Address>,
    #[serde(default, deserialize_with = "non_null")]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) content: Vec<Content>,
    #[serde(default, borrow)]
    pub(super) attachments: Vec<EncodedAttachment<'a>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    mail_settings: MailSettings,
}

/// One envelope: the receivers of one copy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Personalization {
    #[serde(default)]
    pub(super) to: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    #[serde(rename = "type")]
    pub(super) media_type: String,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EncodedAttachment<'a> {
    // Borrowed from the request body: a picture of up to 20 MiB is copied only once, when decoded.
    #[serde(borrow)]
    pub(super) content: Cow<'a, str>,
    #[serde(rename = "type")]
    pub(super) media_type: String,
    pub(super) filename: String,
    pub(super) disposition: String,
    pub(super) content_id: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailSettings {
    #[serde(default)]
    sandbox_mode: SandboxMode,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SandboxMode {
    #[serde(default)]
    enable: bool,
}

impl<'a> MailSend<'a> {
    /// Parses a payload. Reports the first error if it is invalid JSON or has the wrong shape.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Refusal> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let request = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let message = error.inner().to_string();
            match dotted(error.path()) {
                Some(field) if error.inner().is_data() => {
                    let mut problems = Problems::default();
                    problems.add(field, message);
                    problems.into()
                }
                _ => Refusal::new(StatusCode::BAD_REQUEST, &format!("Bad Request: {message}")),
            }
        })?;
        json.end()
            .map_err(|_trailing| Refusal::new(StatusCode::BAD_REQUEST, "Bad Request"))?;
        Ok(request)
    }

    /// Whether the request is only to be validated.
    pub(super) fn is_sandboxed(&self) -> bool {
        self.mail_settings.sandbox_mode.enable
    }
}

/// The vendor rejects `null`, but accepts an absent field.
fn non_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The path as the vendor writes it: `personalizations.0.to`.
fn dotted(path: &Path) -> Option<String> {
    let names = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { variant } => Some(variant.clone()),
            Segment::Unknown => None,
        })
        .collect::<Vec<_>>();
    (!names.is_empty()).then(|| names.join("."))
}
