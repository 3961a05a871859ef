//! Wikimedia Commons' picture of the day, from Wikipedia's featured feed.
//!
//! Uses the address from the deprecation notice of `api.wikimedia.org`, which has been deprecated
//! since July 2026.
//! Source: <https://en.wikipedia.org/api/rest_v1/> (`/feed/featured/{yyyy}/{mm}/{dd}`)

use jiff::civil::Date;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use serde::Deserialize;

use crate::html_text::{html_to_text, shortened};
use crate::http::{FetchError, Http, join, parse};
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

#[derive(Debug, Deserialize)]
struct Featured {
    image: Option<Image>,
}

/// The day's file. The service omits fields that are missing in Commons.
#[derive(Debug, Deserialize)]
struct Image {
    title: String,
    thumbnail: File,
    #[serde(rename = "image")]
    original: File,
    file_page: Url,
    artist: Option<Text>,
    license: Option<License>,
    description: Option<Text>,
}

#[derive(Debug, Deserialize)]
struct File {
    source: Url,
}

/// `text` is `html` without tags, but with entities.
#[derive(Debug, Deserialize)]
struct Text {
    text: String,
}

#[derive(Debug, Deserialize)]
struct License {
    #[serde(rename = "type")]
    name: Option<String>,
    url: Option<Url>,
}

/// The picture for `date`: the feed's thumbnail (960 pixels wide), because originals have up to 40
/// MB and the server rejects other widths. Source:
/// <https://www.mediawiki.org/wiki/Common_thumbnail_sizes>
pub(super) async fn picture_for(
    http: &Http,
    settings: &PictureSettings,
    date: Date,
) -> Result<PictureInfo, FetchError> {
    let day = date.strftime("%Y/%m/%d");
    let url = join(&settings.wikimedia, &format!("feed/featured/{day}"));
    read(
        &http
            .get_document(url, user_agent(&settings.contact))
            .await?,
    )
}

/// Parses the day's feed.
pub fn read(json: &[u8]) -> Result<PictureInfo, FetchError> {
    let featured: Featured = parse(json)?;
    let image = featured
        .image
        .ok_or(FetchError::NoPicture("has no picture today"))?;
    if is_video(&image.original.source) {
        return Err(FetchError::NoPicture(
            "has a video today instead of a picture",
        ));
    }
    let title = file_title(&image.title);
    let description = image
        .description
        .map(|description| html_to_text(&description.text));
    let artist = image
        .artist
        .map(|artist| html_to_text(&artist.text))
        .filter(|artist| !artist.is_empty());
    let (license, license_url) = image
        .license
        .map_or((None, None), |license| (license.name, license.url));
    Ok(PictureInfo {
        source: SourceName::Wikimedia,
        alt: description
            .filter(|description| !description.is_empty())
            .map_or_else(|| title.clone(), |description| shortened(&description, 250)),
        title: Some(title),
        credit: vec![
            CreditPart::text(artist.unwrap_or_else(|| "Unknown author".to_owned()) + ", "),
            CreditPart::link(
                html_to_text(
                    license
                        .as_deref()
                        .unwrap_or("see the file's page for its license"),
                ),
                license_url,
            ),
            CreditPart::text(", via "),
            CreditPart::link("Wikimedia Commons", Some(image.file_page.clone())),
        ],
        page: Some(image.file_page),
        url: image.thumbnail.source,
        embed: Embed::Cid,
        download_location: None,
    })
}

/// The headers for Wikimedia, which blocks clients without a contact in their `User-Agent`.
/// Source: <https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy>
pub(super) fn user_agent(contact: &str) -> HeaderMap {
    let agent = format!(
        "Picletter/{} (picture of the day; {contact})",
        env!("CARGO_PKG_VERSION")
    );
    HeaderValue::from_str(&agent)
        .map(|agent| (USER_AGENT, agent))
        .into_iter()
        .collect()
}

fn is_video(source: &Url) -> bool {
    let path = source.path().to_ascii_lowercase();
    ["webm", "ogv", "ogg", "mpg", "mpeg"].iter().any(|video| {
        path.rsplit('.')
            .next()
            .is_some_and(|extension| extension == *video)
    })
}

fn file_title(file: &str) -> String {
    let name = file.strip_prefix("File:").unwrap_or(file);
    html_to_text(name.rsplit_once('.').map_or(name, |(name, _)| name))
}
