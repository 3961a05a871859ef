//! Any https URL that returns a picture, possibly after redirects, as in the original article.

use crate::http::FetchError;
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

/// The picture at `PICTURE_URL`. The operator is responsible for its license.
pub(super) fn picture(settings: &PictureSettings) -> Result<PictureInfo, FetchError> {
    let url = settings
        .url
        .clone()
        .ok_or(FetchError::NoPicture("PICTURE_URL is not set"))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    // Credits only the host, because the path or query may contain secrets.
    let home = url.join("/").ok();
    Ok(PictureInfo {
        source: SourceName::Url,
        title: None,
        alt: "Picture of the day".to_owned(),
        page: None,
        credit: vec![
            CreditPart::text("Picture from "),
            CreditPart::link(host, home),
        ],
        url,
        embed: Embed::Cid,
        download_location: None,
    })
}
