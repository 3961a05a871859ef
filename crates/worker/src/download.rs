//! Downloads pictures and enforces the size limit while reading.

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::base64_encoder::Encoder;
use crate::html_text::shortened;
use crate::http::{FetchError, Http, beginning};
use crate::picture::{Embed, Embedded, Encoded, Picture, PictureInfo, PictureType};

/// Downloads the picture for the given `embed`. For a linked picture, reads only the first bytes,
/// to verify that the link works.
///
/// # Errors
/// The request fails, the body is empty, not a supported picture type, or larger than `max_bytes`.
pub(crate) async fn download(
    http: &Http,
    info: PictureInfo,
    mut headers: HeaderMap,
    embed: Embed,
    max_bytes: usize,
) -> Result<Picture, FetchError> {
    headers.insert(ACCEPT, HeaderValue::from_static("image/*"));
    let response = http.get(info.url.clone(), headers).await?;
    let declared = response
        .content_length()
        .map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if declared.is_some_and(|declared| declared > max_bytes) {
        return Err(FetchError::TooLarge(
            max_bytes,
            " according to its Content-Length",
        ));
    }
    let label = response.headers().get(CONTENT_TYPE).map_or_else(
        || "as nothing".into(),
        |label| String::from_utf8_lossy(label.as_bytes()).into_owned(),
    );
    let (address, mut body) = (response.url().clone(), http.body(response));

    // The first chunk may be shorter than a signature.
    let mut first = Vec::new();
    while first.len() < PictureType::SIGNATURE
        && let Some(chunk) = body.next().await?
    {
        first.extend_from_slice(&chunk);
    }
    if first.is_empty() {
        return Err(FetchError::Empty);
    }
    let kind = PictureType::from_bytes(&first).ok_or_else(|| FetchError::NotAPicture {
        label: shortened(&label, 60),
        begins: beginning(&first),
    })?;
    let embed = if embed == Embed::Auto {
        info.embed
    } else {
        embed
    };
    if embed == Embed::Link {
        return Ok(Picture {
            info,
            embedded: Embedded::Linked(address),
        });
    }

    let mut encoder = Encoder::with_capacity(declared.unwrap_or(first.len()));
    let mut bytes = 0;
    let mut chunk = Some(Bytes::from(first));
    while let Some(part) = chunk {
        bytes += part.len();
        if bytes > max_bytes {
            return Err(FetchError::TooLarge(max_bytes, ""));
        }
        encoder.push(&part);
        chunk = body.next().await?;
    }
    let data = Encoded {
        kind,
        bytes,
        base64: encoder.finish(),
    };
    let embedded = match embed {
        Embed::DataUri => Embedded::InHtml(data),
        _ => Embedded::Attached(data),
    };
    Ok(Picture { info, embedded })
}
