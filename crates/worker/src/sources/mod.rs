//! Where pictures come from. Each vendor has a client of its own, and the first that works wins.

pub mod nasa;
pub mod picsum;
pub mod unsplash;
mod url;
pub mod wikimedia;

use jiff::civil::Date;
use reqwest::header::HeaderMap;
use tokio::time::{Instant, timeout};

use super::http::{FetchError, Http};
use super::log::Log;
use super::picture::{self, Picture, PictureInfo};
use super::settings::{Embed, PictureSettings};

/// The sources by the names that `PICTURE_SOURCES` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceName {
    /// Unsplash's random photo; needs a key.
    Unsplash,
    /// Wikimedia Commons' picture of the day.
    Wikimedia,
    /// NASA's Astronomy Picture of the Day.
    Nasa,
    /// Lorem Picsum, seeded by the date.
    Picsum,
    /// `PICTURE_URL`.
    Url,
}

impl SourceName {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Unsplash,
        Self::Wikimedia,
        Self::Nasa,
        Self::Picsum,
        Self::Url,
    ];

    /// The name in variables, logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsplash => "unsplash",
            Self::Wikimedia => "wikimedia",
            Self::Nasa => "nasa",
            Self::Picsum => "picsum",
            Self::Url => "url",
        }
    }

    /// The source of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// No source gave a picture: why not, source by source.
#[derive(Debug, thiserror::Error)]
#[error("no picture: {0}")]
pub struct NoPicture(String);

/// The first picture that a source gives, in the order of the settings, no later than `by`.
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
        // A source that is slow but not stalled leaves time for those after it.
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

/// The picture of one source.
///
/// # Errors
/// It gives none.
pub async fn from(
    source: SourceName,
    http: &Http,
    settings: &PictureSettings,
    embed: Embed,
    date: Date,
) -> Result<Picture, FetchError> {
    let info: PictureInfo = match source {
        SourceName::Unsplash => unsplash::photo(http, settings).await?,
        SourceName::Wikimedia => wikimedia::picture_of(http, settings, date).await?,
        SourceName::Nasa => nasa::picture_of(http, settings, date).await?,
        SourceName::Picsum => picsum::picture_of(http, settings, date).await?,
        SourceName::Url => url::picture(settings)?,
    };
    let headers = match source {
        SourceName::Wikimedia => wikimedia::identified(&settings.contact),
        _ => HeaderMap::new(),
    };
    picture::fetch(http, info, headers, embed, settings.max_bytes).await
}
