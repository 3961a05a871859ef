//! Spans of time as ISO 8601 writes them.

use std::time::Duration;

use jiff::SpanRelativeTo;

/// A length of time.
pub(crate) type Span = Duration;

/// Reads a duration such as `PT1H30M` or `P1D`; days have 24 hours, and months, having no fixed
/// length, are refused.
pub(crate) fn parse(text: &str) -> Result<Span, String> {
    let refuse = || format!("{text:?} is not an ISO 8601 duration such as PT30S or PT1H");
    if !text.starts_with(['P', 'p']) || text.len() > 64 {
        return Err(refuse());
    }
    text.parse::<jiff::Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(refuse)
}

/// Writes a whole number of seconds as ISO 8601 does.
pub(crate) fn text(span: Span) -> String {
    format!("PT{}S", span.as_secs())
}
