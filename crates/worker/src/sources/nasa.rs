//! NASA's Astronomy Picture of the Day.
//!
//! Uses the successor of `api.nasa.gov/planetary/apod`, which needs no key. NASA archives the old
//! API on 2026-12-01; since the site moved, it has returned NASA's logo for every date.
//! Source: <https://api.nasa.gov/assets/files/apod/APOD-APIs-and-RSS-info.pdf>

use jiff::civil::Date;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::html_text::{html_to_text, plain};
use crate::http::{FetchError, Http, join, parse};
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

/// The response of `GET /apod-basic/{YYMMDD}`. `credit` and `title` are HTML; `hdurl` is the
/// picture.
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

/// The picture for `date`, or for the day before if the one for `date` is not published yet. NASA
/// publishes at 00:05 US Eastern time, several hours into the UTC day.
pub(super) async fn picture_for(
    http: &Http,
    settings: &PictureSettings,
    date: Date,
) -> Result<PictureInfo, FetchError> {
    let json = match entry_for(http, settings, date).await {
        Err(error) if error.is_not_found() => match date.yesterday() {
            Ok(yesterday) => entry_for(http, settings, yesterday).await?,
            Err(_) => return Err(error),
        },
        entry => entry?,
    };
    read(&json)
}

/// Parses an entry.
pub fn read(json: &[u8]) -> Result<PictureInfo, FetchError> {
    let entry: Entry = parse(json)?;
    if entry.media_type != "image" {
        return Err(FetchError::NoPicture(
            "has a video today instead of a picture",
        ));
    }
    let hdurl = entry
        .hdurl
        .ok_or(FetchError::NoPicture("has no picture today"))?;
    // Placeholders that the service returns if a picture is missing.
    if ["nasa-logo", "news-thumbnail"]
        .iter()
        .any(|name| hdurl.path().contains(name))
    {
        return Err(FetchError::NoPicture(
            "answered with a placeholder instead of a picture",
        ));
    }
    let title = html_to_text(&entry.title);
    let alt = plain(&entry.alt);
    Ok(PictureInfo {
        source: SourceName::Nasa,
        alt: if alt.is_empty() { title.clone() } else { alt },
        title: Some(title),
        credit: vec![
            CreditPart::text(format!("Image credit: {}, ", html_to_text(&entry.credit))),
            CreditPart::link(
                "Astronomy Picture of the Day",
                Some(entry.permalink.clone()),
            ),
        ],
        page: Some(entry.permalink),
        url: sized_for_mail(hdurl),
        // Third parties own many of the pictures, and the response does not identify these.
        embed: Embed::Link,
        download_location: None,
    })
}

async fn entry_for(
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

// Originals have up to 37 MB. The image server scales pictures under this path.
fn sized_for_mail(mut hdurl: Url) -> Url {
    if hdurl.path().starts_with("/dynamicimage/") {
        hdurl.set_query(Some("w=1200&fit=clip"));
    }
    hdurl
}
