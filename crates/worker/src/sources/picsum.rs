//! Lorem Picsum: a photo from Unsplash, the same for the whole day.
//! Source: <https://picsum.photos/>

use jiff::civil::Date;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::html_text::plain;
use crate::http::{FetchError, Http, join, parse};
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

/// The response of `GET /seed/{seed}/info`.
#[derive(Debug, Deserialize)]
struct Info {
    author: String,
    url: Url,
}

/// The photo for the date as a seed.
pub(super) async fn picture_for(
    http: &Http,
    settings: &PictureSettings,
    date: Date,
) -> Result<PictureInfo, FetchError> {
    let seed = join(&settings.picsum, &format!("seed/{date}"));
    read(
        &http
            .get_document(join(&seed, "info"), HeaderMap::new())
            .await?,
        &seed,
    )
}

/// Parses the response of `{seed}/info`.
pub fn read(json: &[u8], seed: &Url) -> Result<PictureInfo, FetchError> {
    let info: Info = parse(json)?;
    let author = plain(&info.author);
    Ok(PictureInfo {
        source: SourceName::Picsum,
        title: None,
        alt: format!("Photo by {author}"),
        credit: vec![
            CreditPart::text("Photo by "),
            CreditPart::link(author, Some(info.url.clone())),
            CreditPart::text(" on Unsplash, via "),
            CreditPart::link("Lorem Picsum", Url::parse("https://picsum.photos/").ok()),
        ],
        page: Some(info.url),
        url: join(seed, "1200/800"),
        embed: Embed::Cid,
        download_location: None,
    })
}
