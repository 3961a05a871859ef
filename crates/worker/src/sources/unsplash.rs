//! Unsplash's API. Its guidelines require that the photo is hotlinked, that the photographer and
//! Unsplash are credited with referral links, and that the download endpoint is called when a photo
//! is used.
//! Source: <https://help.unsplash.com/en/articles/2511245-unsplash-api-guidelines>

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::html_text::plain;
use crate::http::{FetchError, Http, join, parse};
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

/// The used fields of the response of `GET /photos/random`.
#[derive(Debug, Deserialize)]
struct Photo {
    description: Option<String>,
    alt_description: Option<String>,
    urls: Urls,
    links: PhotoLinks,
    user: User,
}

#[derive(Debug, Deserialize)]
struct Urls {
    regular: Url,
}

#[derive(Debug, Deserialize)]
struct PhotoLinks {
    html: Url,
    download_location: Url,
}

#[derive(Debug, Deserialize)]
struct User {
    name: String,
    links: UserLinks,
}

#[derive(Debug, Deserialize)]
struct UserLinks {
    html: Url,
}

/// Requests a random photo, 1080 pixels wide.
pub(super) async fn photo(
    http: &Http,
    settings: &PictureSettings,
) -> Result<PictureInfo, FetchError> {
    let mut url = join(&settings.unsplash, "photos/random");
    url.set_query(Some("orientation=landscape&content_filter=high"));
    read(
        &http
            .get_document(url, authorized(settings.unsplash_key.as_ref()))
            .await?,
    )
}

/// Parses the response of `/photos/random`.
pub fn read(json: &[u8]) -> Result<PictureInfo, FetchError> {
    let photo: Photo = parse(json)?;
    let one_line = |text: Option<String>| {
        text.map(|text| plain(&text))
            .filter(|text| !text.is_empty())
    };
    let (title, alt) = (one_line(photo.description), one_line(photo.alt_description));
    let name = plain(&photo.user.name);
    Ok(PictureInfo {
        source: SourceName::Unsplash,
        alt: alt
            .or_else(|| title.clone())
            .unwrap_or_else(|| format!("Photo by {name}")),
        title,
        page: Some(referred(photo.links.html)),
        credit: vec![
            CreditPart::text("Photo by "),
            CreditPart::link(name, Some(referred(photo.user.links.html))),
            CreditPart::text(" on "),
            CreditPart::link(
                "Unsplash",
                Url::parse("https://unsplash.com/").ok().map(referred),
            ),
        ],
        url: photo.urls.regular,
        embed: Embed::Link,
        download_location: Some(photo.links.download_location),
    })
}

/// Calls Unsplash's download endpoint to report that the photo was used. Sends the key only to the
/// API's own origin.
///
/// # Errors
/// `location` has another origin, or the request fails.
pub async fn report_download(
    http: &Http,
    settings: &PictureSettings,
    location: Url,
) -> Result<(), FetchError> {
    if location.origin() != settings.unsplash.origin() {
        return Err(FetchError::NoPicture(
            "returned a download endpoint with another origin",
        ));
    }
    http.get(location, authorized(settings.unsplash_key.as_ref()))
        .await
        .map(drop)
}

fn authorized(key: Option<&SecretString>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        HeaderName::from_static("accept-version"),
        HeaderValue::from_static("v1"),
    );
    let value = key
        .and_then(|key| HeaderValue::from_str(&format!("Client-ID {}", key.expose_secret())).ok());
    if let Some(mut value) = value {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    headers
}

fn referred(mut page: Url) -> Url {
    page.query_pairs_mut()
        .append_pair("utm_source", "picletter")
        .append_pair("utm_medium", "referral");
    page
}
