//! Any https URL that answers with a picture, perhaps after redirects: the original's way.

use crate::http::FetchError;
use crate::picture::{CreditPart, Embed, PictureInfo, SourceName};
use crate::sources::PictureSettings;

/// `PICTURE_URL`. Nothing is known of its licence; that it may be mailed is the operator's word.
pub(super) fn picture(settings: &PictureSettings) -> Result<PictureInfo, FetchError> {
    let url = settings
        .url
        .clone()
        .ok_or(FetchError::NoPicture("PICTURE_URL is not set"))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    // Not the whole URL: its path or query may hold what only the operator should know.
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
