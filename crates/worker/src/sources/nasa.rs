//! NASA's Astronomy Picture of the Day.
//!
//! `api.nasa.gov/planetary/apod` is archived on 2026-12-01 and had answered with NASA's logo for
//! every date since the site moved; its successor needs no key.
//! Source: <https://api.nasa.gov/assets/files/apod/APOD-APIs-and-RSS-info.pdf>

use jiff::civil::Date;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::html_text::{plain, text_of};
use crate::http::{FetchError, Http, join, parse};
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

/// `GET /apod-basic/{YYMMDD}`. `credit` and `title` are HTML; `hdurl` is the picture.
#[derive(Debug, Deserialize)]
struct Entry {
    title: String,
    permalink: Url,
    media_type: String,
    #[serde(default)]
    credit: String,
    #[serde(default)]
    alt: String,
    hdurl: Option<Url>,
}

/// The picture of `date`, or of the day before while the day's own is not out yet (it comes at
/// 00:05 US Eastern time, some hours into the UTC day).
pub(super) async fn picture_of(
    http: &Http,
    settings: &PictureSettings,
    date: Date,
) -> Result<PictureInfo, FetchError> {
    let json = match entry_of(http, settings, date).await {
        Err(error) if error.is_not_found() => match date.yesterday() {
            Ok(yesterday) => entry_of(http, settings, yesterday).await?,
            Err(_) => return Err(error),
        },
        entry => entry?,
    };
    read(&json)
}

/// Reads an entry.
pub fn read(json: &[u8]) -> Result<PictureInfo, FetchError> {
    let entry: Entry = parse(json)?;
    if entry.media_type != "image" {
        return Err(FetchError::NoPicture("has a film today, not a picture"));
    }
    let hdurl = entry
        .hdurl
        .ok_or(FetchError::NoPicture("has no picture today"))?;
    // What the service answers with where it has lost the picture.
    if ["nasa-logo", "news-thumbnail"]
        .iter()
        .any(|name| hdurl.path().contains(name))
    {
        return Err(FetchError::NoPicture(
            "answered with a placeholder instead of a picture",
        ));
    }
    let title = text_of(&entry.title);
    let alt = plain(&entry.alt);
    Ok(PictureInfo {
        source: SourceName::Nasa,
        alt: if alt.is_empty() { title.clone() } else { alt },
        title: Some(title),
        credit: vec![
            CreditPart::text(format!("Image credit: {}, ", text_of(&entry.credit))),
            CreditPart::link(
                "Astronomy Picture of the Day",
                Some(entry.permalink.clone()),
            ),
        ],
        page: Some(entry.permalink),
        url: sized_for_mail(hdurl),
        // Many of the pictures belong to others, and the answer does not show which.
        embed: Embed::Link,
        download_location: None,
    })
}

async fn entry_of(
    http: &Http,
    settings: &PictureSettings,
    date: Date,
) -> Result<Vec<u8>, FetchError> {
    let day = date.strftime("%y%m%d");
    http.get_document(
        join(&settings.nasa, &format!("apod-basic/{day}")),
        HeaderMap::new(),
    )
    .await
}

// The originals reach 37 MB; the image server scales those below this path.
fn sized_for_mail(mut hdurl: Url) -> Url {
    if hdurl.path().starts_with("/dynamicimage/") {
        hdurl.set_query(Some("w=1200&fit=clip"));
    }
    hdurl
}
