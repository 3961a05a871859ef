//! Values of single variables. Each error is what is wrong with the value, after the variable's name.

use reqwest::Url;

use super::LARGEST_MAX_BYTES;
use crate::picture::SourceName;
use crate::quote::quote;
use crate::url_policy::has_credentials;

/// The value of that name.
///
/// # Errors
/// There is none.
pub fn choice<T: Copy>(text: &str, values: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, value)) = values.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
    Err(format!("is {}; it takes {}", quote(text), names.join(", ")))
}

/// A comma separated `PICTURE_SOURCES`: each source once, and what is wrong with the others.
pub fn sources(text: &str) -> (Vec<SourceName>, Vec<String>) {
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for word in text.split(',').map(str::trim) {
        match SourceName::parse(word) {
            Some(source) if sources.contains(&source) => {}
            Some(source) => sources.push(source),
            None => problems.push(format!(
                "has {}; it takes {}",
                quote(word),
                SourceName::ALL.map(SourceName::name).join(", ")
            )),
        }
    }
    (sources, problems)
}

/// A `PICTURE_URL`.
///
/// # Errors
/// It is not an https URL without credentials.
pub fn picture_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Err(error) => Err(format!("is not a URL such as https://host/path ({error})")),
        Ok(url) if url.scheme() != "https" => Err(format!(
            "begins with `{}:`, but only https is fetched",
            url.scheme()
        )),
        Ok(url) if has_credentials(&url) => {
            Err("has a user name or password in it; use a URL that needs none".to_owned())
        }
        Ok(url) => Ok(url),
    }
}

/// A `PICTURE_MAX_BYTES`, written as `text`.
///
/// # Errors
/// It is out of range, or not a number.
pub fn max_bytes(number: Option<usize>, text: &str) -> Result<usize, String> {
    match number {
        Some(bytes) if (1..=LARGEST_MAX_BYTES).contains(&bytes) => Ok(bytes),
        _ => Err(format!(
            "is {}; it takes a number from 1 to {LARGEST_MAX_BYTES}",
            quote(text)
        )),
    }
}
