//! ISO 8601 durations.

use std::time::Duration;

use jiff::SpanRelativeTo;

/// A duration.
pub(crate) type Span = Duration;

/// Parses a duration such as `PT1H30M` or `P1D`. A day has 24 hours. Months are rejected, as they
/// have no fixed length.
pub(crate) fn parse(text: &str) -> Result<Span, String> {
    let invalid = || format!("{text:?} is not an ISO 8601 duration such as PT30S or PT1H");
    if !text.starts_with(['P', 'p']) || text.len() > 64 {
        return Err(invalid());
    }
    text.parse::<jiff::Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(invalid)
}

/// Formats a duration in ISO 8601, in whole seconds.
pub(crate) fn format(span: Span) -> String {
    format!("PT{}S", span.as_secs())
}
