//! The payload of `POST /v3/mail/send`, as the vendor's OpenAPI document has it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::refusal::{Problems, Refusal};
use crate::mail::Address;

/// A request to send. What is required is optional here, so that [`super::rules`] can report every
/// omission at once and in the vendor's words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailSend<'a> {
    #[serde(default)]
    pub(super) personalizations: Vec<Personalization>,
    #[serde(default, deserialize_with = "present")]
    pub(super) from: Option<Address>,
    #[serde(default, deserialize_with = "present")]
    pub(super) reply_to: Option<Address>,
    #[serde(default)]
    pub(super) reply_to_list: Vec<Address>,
    #[serde(default, deserialize_with = "present")]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) content: Vec<Content>,
    #[serde(default, borrow)]
    pub(super) attachments: Vec<EncodedAttachment<'a>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) categories: Vec<String>,
    #[serde(default)]
    pub(super) custom_args: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) send_at: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    pub(super) template_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) batch_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) asm: Option<Asm>,
    #[serde(default, deserialize_with = "present")]
    pub(super) ip_pool_name: Option<String>,
    #[serde(default)]
    mail_settings: MailSettings,
    #[serde(default, rename = "tracking_settings")]
    _tracking_settings: TrackingSettings,
}

/// One envelope: who receives a copy, and what differs in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Personalization {
    #[serde(default, deserialize_with = "present")]
    pub(super) from: Option<Address>,
    #[serde(default)]
    pub(super) to: Vec<Address>,
    #[serde(default)]
    pub(super) cc: Vec<Address>,
    #[serde(default)]
    pub(super) bcc: Vec<Address>,
    #[serde(default, deserialize_with = "present")]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) custom_args: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) substitutions: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) dynamic_template_data: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(super) send_at: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    #[serde(default, rename = "type")]
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EncodedAttachment<'a> {
    // A picture of 20 MiB stays where it was read; it is copied once, by decoding.
    #[serde(default, borrow)]
    pub(super) content: Cow<'a, str>,
    #[serde(default, rename = "type", deserialize_with = "present")]
    pub(super) media_type: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) filename: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) disposition: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(super) content_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asm {
    pub(super) group_id: i64,
    #[serde(default, rename = "groups_to_display")]
    _groups_to_display: Vec<i64>,
}

/// Of these only the sandbox mode has an effect here; the others are checked for their shape.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct MailSettings {
    #[serde(default)]
    sandbox_mode: Switch,
    #[serde(default, rename = "bypass_list_management")]
    _bypass_list_management: Switch,
    #[serde(default, rename = "bypass_spam_management")]
    _bypass_spam_management: Switch,
    #[serde(default, rename = "bypass_bounce_management")]
    _bypass_bounce_management: Switch,
    #[serde(default, rename = "bypass_unsubscribe_management")]
    _bypass_unsubscribe_management: Switch,
    #[serde(default, rename = "footer")]
    _footer: Footer,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    #[serde(default)]
    enable: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    #[serde(default, rename = "enable")]
    _enable: bool,
    #[serde(default, rename = "text")]
    _text: String,
    #[serde(default, rename = "html")]
    _html: String,
}

/// Nothing is tracked here; the settings are checked for their shape.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrackingSettings {
    #[serde(default, rename = "click_tracking")]
    _click: ClickTracking,
    #[serde(default, rename = "open_tracking")]
    _open: OpenTracking,
    #[serde(default, rename = "subscription_tracking")]
    _subscription: SubscriptionTracking,
    #[serde(default, rename = "ganalytics")]
    _ganalytics: GoogleAnalytics,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClickTracking {
    #[serde(default, rename = "enable")]
    _enable: bool,
    #[serde(default, rename = "enable_text")]
    _enable_text: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenTracking {
    #[serde(default, rename = "enable")]
    _enable: bool,
    #[serde(default, rename = "substitution_tag")]
    _substitution_tag: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionTracking {
    #[serde(default, rename = "enable")]
    _enable: bool,
    #[serde(default, rename = "text")]
    _text: String,
    #[serde(default, rename = "html")]
    _html: String,
    #[serde(default, rename = "substitution_tag")]
    _substitution_tag: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoogleAnalytics {
    #[serde(default, rename = "enable")]
    _enable: bool,
    #[serde(default, rename = "utm_source")]
    _utm_source: String,
    #[serde(default, rename = "utm_medium")]
    _utm_medium: String,
    #[serde(default, rename = "utm_term")]
    _utm_term: String,
    #[serde(default, rename = "utm_content")]
    _utm_content: String,
    #[serde(default, rename = "utm_campaign")]
    _utm_campaign: String,
}

impl<'a> MailSend<'a> {
    /// Reads a payload; one that is no JSON or of the wrong shape is refused at its first mistake.
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

    /// Whether the vendor would only validate it.
    pub(super) fn is_sandboxed(&self) -> bool {
        self.mail_settings.sandbox_mode.enable
    }
}

/// `null` is no value to the vendor, though an absent field is fine.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
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
