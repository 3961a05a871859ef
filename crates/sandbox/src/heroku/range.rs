//! Pagination of lists by the `Range` header.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#ranges>.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::refusal::Refusal;

const NEXT_RANGE: HeaderName = HeaderName::from_static("next-range");

/// Number of items in a page without `max`.
const DEFAULT_MAX: usize = 200;
const MAX: usize = 1_000;

/// The requested page and order of a list.
struct Range {
    descending: bool,
    max: usize,
    /// The item before the first one, in the requested order.
    after: Option<u64>,
}

impl Range {
    /// Parses a range such as `version ]12..; max=10, order=desc`.
    fn read(text: &str, property: &str) -> Option<Self> {
        let (bounds, options) = text.split_once(';').unwrap_or((text, ""));
        let bounds = bounds.trim().strip_prefix(property)?.trim();
        let (from, to) = bounds.split_once("..")?;
        let mut range = Self {
            descending: false,
            max: DEFAULT_MAX,
            after: None,
        };
        match from.trim() {
            "" => {}
            from => range.after = Some(from.strip_prefix(']')?.parse().ok()?),
        }
        if !to.trim().is_empty() {
            return None;
        }
        for option in options.split([',', ';']).map(str::trim) {
            match option.split_once('=') {
                None if option.is_empty() => {}
                Some(("max", max)) => {
                    range.max = max.parse().ok().filter(|max| (1..=MAX).contains(max))?;
                }
                Some(("order", "desc")) => range.descending = true,
                Some(("order", "asc")) => range.descending = false,
                _ => return None,
            }
        }
        Some(range)
    }
}

/// The requested page of a list that is sorted by its numeric `property`.
pub(super) fn page(
    headers: &HeaderMap,
    property: &str,
    mut list: Vec<(u64, Value)>,
) -> Result<Response, Refusal> {
    let requested = match headers.get(header::RANGE) {
        None => format!("{property} .."),
        Some(requested) => requested.to_str().unwrap_or_default().to_owned(),
    };
    let range = Range::read(&requested, property).ok_or_else(Refusal::range)?;
    if range.descending {
        list.reverse();
    }
    if let Some(after) = range.after {
        list.retain(|(at, _)| {
            if range.descending {
                *at < after
            } else {
                *at > after
            }
        });
    }
    let is_all = list.len() <= range.max;
    list.truncate(range.max);
    let bounds = list.first().zip(list.last());
    let bounds = bounds.map(|((first, _), (last, _))| (*first, *last));
    let items: Vec<Value> = list.into_iter().map(|(_, item)| item).collect();
    let mut response = Json(items).into_response();
    let mut set = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    };
    set(header::ACCEPT_RANGES, property.to_owned());
    if let Some((first, last)) = bounds {
        set(header::CONTENT_RANGE, format!("{property} {first}..{last}"));
        if !is_all {
            let order = if range.descending { "desc" } else { "asc" };
            let max = range.max;
            set(
                NEXT_RANGE,
                format!("{property} ]{last}..; max={max}, order={order}"),
            );
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
    }
    Ok(response)
}
