//! Picture sources: one client per vendor. The first source that returns a picture is used.

pub mod nasa;
pub mod picsum;
pub mod unsplash;
mod url;
pub mod wikimedia;

use jiff::civil::Date;
use reqwest::Url;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use tokio::time::{Instant, timeout};

use crate::download::download;
use crate::http::{FetchError, Http};
use crate::log::Log;
use crate::picture::{Embed, Picture, PictureInfo, SourceName};

/// Settings of the picture sources.
#[derive(Debug, Clone)]
pub struct PictureSettings {
    /// `PICTURE_SOURCES`, in order, each once.
    pub sources: Vec<SourceName>,
    /// `PICTURE_URL`.
    pub url: Option<Url>,
    /// `PICTURE_MAX_BYTES`.
    pub max_bytes: usize,
    /// `UNSPLASH_ACCESS_KEY`.
    pub unsplash_key: Option<SecretString>,
    /// `UNSPLASH_API_URL`.
    pub unsplash: Url,
    /// `WIKIMEDIA_API_URL`.
    pub wikimedia: Url,
    /// `NASA_API_URL`.
    pub nasa: Url,
    /// `PICSUM_URL`.
    pub picsum: Url,
    /// The contact that Wikimedia's User-Agent policy requires: the sender's address.
    pub contact: String,
}

/// No source returned a picture. Contains the reason for each source.
#[derive(Debug, thiserror::Error)]
#[error("no picture: {0}")]
pub struct NoPicture(String);

/// Tries the sources in order until `by` and returns the first picture.
pub async fn first_picture(
    http: &Http,
    settings: &PictureSettings,
    embed: Embed,
    date: Date,
    by: Instant,
    log: &Log,
) -> Result<Picture, NoPicture> {
    let mut reasons = Vec::new();
    for (n, &source) in settings.sources.iter().enumerate() {
        log.debug("source_asked", &[("source", &source.name())]);
        // Limits each source to its share of the time left, so that the next ones can still be
        // tried.
        let left = by.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(settings.sources.len() - n).unwrap_or(1);
        let tried = timeout(share, from(source, http, settings, embed, date)).await;
        match tried.unwrap_or(Err(FetchError::TooSlow(share))) {
            Ok(picture) => return Ok(picture),
            Err(error) => {
                let next = settings
                    .sources
                    .get(n + 1)
                    .map_or("none", |next| next.name());
                log.warn(
                    "source_failed",
                    &[
                        ("source", &source.name()),
                        ("reason", &error),
                        ("next", &next),
                    ],
                );
                reasons.push(format!("{} {error}", source.name()));
            }
        }
    }
    Err(NoPicture(reasons.join("; ")))
}

/// Fetches the picture of one source.
///
/// # Errors
/// The source has no picture, or a request fails.
pub async fn from(
    source: SourceName,
    http: &Http,
    settings: &PictureSettings,
    embed: Embed,
    date: Date,
) -> Result<Picture, FetchError> {
    let info: PictureInfo = match source {
        SourceName::Unsplash => unsplash::photo(http, settings).await?,
        SourceName::Wikimedia => wikimedia::picture_for(http, settings, date).await?,
        SourceName::Nasa => nasa::picture_for(http, settings, date).await?,
        SourceName::Picsum => picsum::picture_for(http, settings, date).await?,
        SourceName::Url => url::picture(settings)?,
    };
    let headers = match source {
        SourceName::Wikimedia => wikimedia::user_agent(&settings.contact),
        _ => HeaderMap::new(),
    };
    download(http, info, headers, embed, settings.max_bytes).await
}
