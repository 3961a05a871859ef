//! Parsers for the values of single variables. Errors continue a sentence that starts with the
//! name.

use reqwest::Url;

use super::LARGEST_MAX_BYTES;
use crate::picture::SourceName;
use crate::quote::quote;
use crate::url_policy::has_credentials;

/// The value with the given name.
///
/// # Errors
/// The name is unknown.
pub fn choice<T: Copy>(text: &str, values: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, value)) = values.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    Err(format!("is {}; expected {}", quote(text), names.join(", ")))
}

/// Parses `PICTURE_SOURCES`, a comma-separated list. Returns each source once, and the errors.
pub fn sources(text: &str) -> (Vec<SourceName>, Vec<String>) {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for word in text.split(',').map(str::trim) {
        match SourceName::parse(word) {
            Some(source) if sources.contains(&source) => {}
            Some(source) => sources.push(source),
            None => problems.push(format!(
                "contains {}; expected {}",
                quote(word),
                SourceName::ALL.map(SourceName::name).join(", ")
            )),
        }
    }
    (sources, problems)
}

/// Parses `PICTURE_URL`.
///
/// # Errors
/// The text is not an https URL, or contains credentials.
pub fn picture_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Err(error) => Err(format!("is not a URL such as https://host/path ({error})")),
        Ok(url) if url.scheme() != "https" => Err(format!(
            "starts with `{}:`, but must be https",
            url.scheme()
        )),
        Ok(url) if has_credentials(&url) => {
            Err("contains a user name or password; use a URL without credentials".to_owned())
        }
        Ok(url) => Ok(url),
    }
}

/// Validates `PICTURE_MAX_BYTES`. `text` is the original value for the error message.
///
/// # Errors
/// The value is out of range or not a number.
pub fn max_bytes(number: Option<usize>, text: &str) -> Result<usize, String> {
    match number {
        Some(bytes) if (1..=LARGEST_MAX_BYTES).contains(&bytes) => Ok(bytes),
        _ => Err(format!(
            "is {}; expected a number from 1 to {LARGEST_MAX_BYTES}",
            quote(text)
        )),
    }
}
