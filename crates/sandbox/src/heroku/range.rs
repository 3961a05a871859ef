//! Lists in parts.
//!
//! Source: <https://devcenter.heroku.com/articles/platform-api-reference#ranges>.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::refusal::Refusal;

const NEXT_RANGE: HeaderName = HeaderName::from_static("next-range");

/// How many items a list without `max` has, and the most that can be had.
const DEFAULT_MAX: usize = 200;
const MOST: usize = 1_000;

/// Which part of a list is asked for, and in what order.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    descending: bool,
    max: usize,
    /// In the order asked for, the item before the first.
    after: Option<u64>,
}

impl Range {
    /// Such as `version ]12..; max=10, order=desc`.
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
                    range.max = max.parse().ok().filter(|max| (1..=MOST).contains(max))?;
                }
                Some(("order", "desc")) => range.descending = true,
                Some(("order", "asc")) => range.descending = false,
                _ => return None,
            }
        }
        Some(range)
    }
}

/// The part that is asked for of a list, which is in the order of its `property`, a number.
pub(super) fn part(
    headers: &HeaderMap,
    property: &str,
    mut list: Vec<(u64, Value)>,
) -> Result<Response, Refusal> {
    let asked = match headers.get(header::RANGE) {
        None => format!("{property} .."),
        Some(asked) => asked.to_str().unwrap_or_default().to_owned(),
    };
    let range = Range::read(&asked, property).ok_or_else(Refusal::range)?;
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

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_has_bounds_a_maximum_and_an_order() {
        let range = |descending, max, after| {
            Some(Range {
                descending,
                max,
                after,
            })
        };
        for (text, expected) in [
            ("version ..", range(false, 200, None)),
            ("version ..; max=1, order=desc", range(true, 1, None)),
            (
                "version ]7..; order=asc,max=1000",
                range(false, 1000, Some(7)),
            ),
            ("version ..;", range(false, 200, None)),
            ("id ..", None),
            ("version", None),
            ("version ..; max=0", None),
            ("version ..; max=1001", None),
            ("version ..; order=up", None),
            ("version ]a..", None),
        ] {
            assert_eq!(Range::read(text, "version"), expected, "{text}");
        }
    }
}
