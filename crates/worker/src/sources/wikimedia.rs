//! Wikimedia Commons' picture of the day, out of Wikipedia's featured feed.
//!
//! The same feed at `api.wikimedia.org` is being retired since July 2026; this is the address
//! that its deprecation notice names.
//! Source: <https://en.wikipedia.org/api/rest_v1/> (`/feed/featured/{yyyy}/{mm}/{dd}`)

use jiff::civil::Date;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, USER_AGENT};
use serde::Deserialize;

use crate::html_text::{shortened, text_of};
use crate::http::{FetchError, Http, join, parse};
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

#[derive(Debug, Deserialize)]
struct Featured {
    image: Option<Image>,
}

/// The day's file; the service leaves out what Commons does not know.
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

/// `text` is `html` without tags, but its entities are left as they are.
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

/// The picture of `date`: the feed's thumbnail (960 pixels wide), since originals reach 40 MB and
/// other widths are refused. Source: <https://www.mediawiki.org/wiki/Common_thumbnail_sizes>
pub(super) async fn picture_of(
    http: &Http,
    settings: &PictureSettings,
    date: Date,
) -> Result<PictureInfo, FetchError> {
    let day = date.strftime("%Y/%m/%d");
    let url = join(&settings.wikimedia, &format!("feed/featured/{day}"));
    read(
        &http
            .get_document(url, identified(&settings.contact))
            .await?,
    )
}

/// Reads the day's feed.
pub fn read(json: &[u8]) -> Result<PictureInfo, FetchError> {
    let featured: Featured = parse(json)?;
    let image = featured
        .image
        .ok_or(FetchError::NoPicture("has no picture today"))?;
    if is_film(&image.original.source) {
        return Err(FetchError::NoPicture("has a film today, not a picture"));
    }
    let title = title_of(&image.title);
    let description = image
        .description
        .map(|description| text_of(&description.text));
    let artist = image
        .artist
        .map(|artist| text_of(&artist.text))
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
                text_of(
                    license
                        .as_deref()
                        .unwrap_or("see the file's page for its licence"),
                ),
                license_url,
            ),
            CreditPart::text(", by way of "),
            CreditPart::link("Wikimedia Commons", Some(image.file_page.clone())),
        ],
        page: Some(image.file_page),
        url: image.thumbnail.source,
        embed: Embed::Cid,
        download_location: None,
    })
}

/// Wikimedia's API and picture servers block clients without a contact in their `User-Agent`.
/// Source: <https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy>
pub(super) fn identified(contact: &str) -> HeaderMap {
    let agent = format!(
        "Picletter/{} (picture of the day; {contact})",
        env!("CARGO_PKG_VERSION")
    );
    HeaderValue::from_str(&agent)
        .map(|agent| (USER_AGENT, agent))
        .into_iter()
        .collect()
}

fn is_film(source: &Url) -> bool {
    let path = source.path().to_ascii_lowercase();
    ["webm", "ogv", "ogg", "mpg", "mpeg"].iter().any(|film| {
        path.rsplit('.')
            .next()
            .is_some_and(|extension| extension == *film)
    })
}

fn title_of(file: &str) -> String {
    let name = file.strip_prefix("File:").unwrap_or(file);
    text_of(name.rsplit_once('.').map_or(name, |(name, _)| name))
}
