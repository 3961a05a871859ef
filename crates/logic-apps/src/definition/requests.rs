//! Loader of HTTP requests and their retry policies.

use std::time::Duration;

use serde_json::Value;

use super::action::{ActionId, Http, Kind, Retry};
use super::actions::constant_text;
use super::duration::{self, Span};
use super::error::{At, Fields, LoadError, integer, keyword, text};
use super::loader::{Loader, Site};

/// "Maximum string size: 2 KB" (`logic-apps-workflow-actions-triggers.md`).
pub(crate) const MAX_URI_LENGTH: usize = 2048;
/// "The default minimum interval is PT5S and the maximum interval is PT1D"
/// (`logic-apps-exception-handling.md`).
const MIN_INTERVAL: Span = Duration::from_secs(5);
const MAX_INTERVAL: Span = Duration::from_hours(24);
const METHODS: [(&str, ()); 7] = [
    ("GET", ()),
    ("PUT", ()),
    ("POST", ()),
    ("PATCH", ()),
    ("DELETE", ()),
    ("HEAD", ()),
    ("OPTIONS", ()),
];

impl Retry {
    /// The default policy: "up to four retries at exponentially increasing intervals, which scale
    /// by 7.5 seconds but are capped between 5 and 45 seconds".
    pub(crate) const DEFAULT: Self = Self::Exponential {
        count: 4,
        interval: Duration::from_millis(7500),
        min: MIN_INTERVAL,
        max: Duration::from_secs(45),
    };
}

impl Loader {
    pub(super) fn http(
        &mut self,
        inputs: &Value,
        at: &At<'_>,
        id: ActionId,
        site: Site,
    ) -> Result<Http, LoadError> {
        let known = [
            "method",
            "uri",
            "headers",
            "queries",
            "body",
            "authentication",
            "retryPolicy",
        ];
        let fields = Fields::read(inputs, at, &known)?;
        if constant_text(fields.require("method")?).is_some() {
            keyword(
                fields.require("method")?,
                &at.to("method"),
                "method",
                &METHODS,
            )?;
        }
        let uri = fields.require("uri")?;
        let uri_at = at.to("uri");
        text(uri, &uri_at)?;
        if let Some(uri) = constant_text(uri) {
            check_uri(uri).map_err(|message| uri_at.error(message))?;
        }
        for key in ["headers", "queries"] {
            if let Some(value) = fields.get(key).filter(|value| !value.is_string()) {
                super::error::object(value, &at.to(key))?;
            }
        }
        if let Some(authentication) = fields.get("authentication") {
            check_authentication(authentication, &at.to("authentication"))?;
        }
        let retry = match fields.get("retryPolicy") {
            Some(policy) => retry(policy, &at.to("retryPolicy"))?,
            None => Retry::DEFAULT,
        };
        let mut inputs = inputs.clone();
        if let Some(map) = inputs.as_object_mut() {
            map.shift_remove("retryPolicy");
        }
        Ok(Http {
            inputs: self.templated(&inputs, at, id, site)?,
            retry,
        })
    }

    pub(super) fn webhook(
        &mut self,
        inputs: &Value,
        at: &At<'_>,
        id: ActionId,
    ) -> Result<Kind, LoadError> {
        let fields = Fields::read(inputs, at, &["subscribe", "unsubscribe"])?;
        let subscribe = fields.require("subscribe")?;
        let subscribe = self.http(subscribe, &at.to("subscribe"), id, Site::Webhook)?;
        let unsubscribe = match fields.get("unsubscribe") {
            // The designer stores a missing request as an empty object.
            Some(Value::Object(map)) if map.is_empty() => None,
            Some(value) => {
                let request = self.http(value, &at.to("unsubscribe"), id, Site::Webhook)?;
                Some(Box::new(request))
            }
            None => None,
        };
        Ok(Kind::HttpWebhook {
            subscribe: Box::new(subscribe),
            unsubscribe,
        })
    }
}

/// Checks that `uri` is a valid target of a request.
pub(crate) fn check_uri(uri: &str) -> Result<url::Url, String> {
    let length = uri.chars().count();
    if length > MAX_URI_LENGTH {
        return Err(format!(
            "{length} characters exceed the service's limit of {MAX_URI_LENGTH}"
        ));
    }
    match url::Url::parse(uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) => Err("must start with http:// or https://".to_owned()),
        Err(error) => Err(format!("not an absolute URI: {error}")),
    }
}

fn check_authentication(value: &Value, at: &At<'_>) -> Result<(), LoadError> {
    let fields = Fields::read(value, at, &["type", "username", "password", "value"])?;
    let keys: &[&str] = match text(fields.require("type")?, &at.to("type"))? {
        "Basic" => &["username", "password"],
        "Raw" => &["value"],
        other => {
            return Err(at.to("type").error(format!(
                "unsupported type {other:?} (expected Basic or Raw)"
            )));
        }
    };
    for key in keys {
        text(fields.require(key)?, &at.to(key))?;
    }
    Ok(())
}

fn retry(value: &Value, at: &At<'_>) -> Result<Retry, LoadError> {
    let known = [
        "type",
        "interval",
        "count",
        "minimumInterval",
        "maximumInterval",
    ];
    let fields = Fields::read(value, at, &known)?;
    let kinds = [
        ("default", "default"),
        ("none", "none"),
        ("fixed", "fixed"),
        ("exponential", "exponential"),
    ];
    let type_at = at.to("type");
    let kind = keyword(fields.require("type")?, &type_at, "retry policy", &kinds)?;
    let interval = |key: &str, min: Span| -> Result<Option<Span>, LoadError> {
        let Some(value) = fields.get(key) else {
            return Ok(None);
        };
        let at = at.to(key);
        let span = duration::parse(text(value, &at)?).map_err(|message| at.error(message))?;
        if !(min..=MAX_INTERVAL).contains(&span) {
            let min = duration::format(min);
            return Err(at.error(format!("must be between {min} and P1D, not {value}")));
        }
        Ok(Some(span))
    };
    let count = |value| -> Result<u32, LoadError> {
        let count = integer(value, &at.to("count"), 1, 90)?;
        Ok(u32::try_from(count).unwrap_or(90))
    };
    let required = || -> Result<Span, LoadError> {
        fields.require("interval")?;
        Ok(interval("interval", MIN_INTERVAL)?.unwrap_or(MIN_INTERVAL))
    };
    let is_exponential = kind == "exponential";
    for key in &known[1..] {
        let allowed = match *key {
            "interval" | "count" => is_exponential || kind == "fixed",
            _ => is_exponential,
        };
        if !allowed && fields.get(key).is_some() {
            return Err(at
                .to(key)
                .error(format!("not allowed in a policy of type {kind}")));
        }
    }
    Ok(match kind {
        "none" => Retry::None,
        "fixed" => Retry::Fixed {
            count: count(fields.require("count")?)?,
            interval: required()?,
        },
        "exponential" => {
            let min = interval("minimumInterval", Span::ZERO)?.unwrap_or(MIN_INTERVAL);
            let max = interval("maximumInterval", Span::ZERO)?.unwrap_or(MAX_INTERVAL);
            if min > max {
                let at = at.to("minimumInterval");
                return Err(at.error("exceeds maximumInterval"));
            }
            Retry::Exponential {
                count: count(fields.require("count")?)?,
                interval: required()?,
                min,
                max,
            }
        }
        _ => Retry::DEFAULT,
    })
}
