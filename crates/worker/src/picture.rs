//! A picture: what a source says of it, and its bytes, encoded as they arrive.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::html_text::shortened;
use super::http::{FetchError, Http, beginning};
use super::settings::Embed;
use super::sources::SourceName;

/// What a source says of its picture. All texts are plain, one line, not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureInfo {
    /// Who gave it.
    pub source: SourceName,
    /// Its title, where the source has one.
    pub title: Option<String>,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The page about it.
    pub page: Option<Url>,
    /// The credit line that the source's terms ask for.
    pub credit: Vec<CreditPart>,
    /// The picture itself.
    pub url: Url,
    /// What `MAIL_EMBED=auto` means by the source's terms.
    pub embed: Embed,
    /// Unsplash's download endpoint, to be called when the picture is used.
    pub download_location: Option<Url>,
}

/// A piece of the credit line, perhaps a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditPart {
    /// What it says, with the spaces around it.
    pub text: String,
    /// Where it leads.
    pub link: Option<Url>,
}

impl CreditPart {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            link: None,
        }
    }

    /// A link, or plain text where there is no address.
    pub fn link(text: impl Into<String>, link: Option<Url>) -> Self {
        Self {
            text: text.into(),
            link,
        }
    }
}

/// The types that mail programs show, recognised by their first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureType {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
    /// AVIF.
    Avif,
}

impl PictureType {
    /// How many bytes it takes to recognise any type.
    const SIGNATURE: usize = 12;

    /// Recognises a picture by its signature.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Self::WebP),
            [
                _,
                _,
                _,
                _,
                b'f',
                b't',
                b'y',
                b'p',
                b'a',
                b'v',
                b'i',
                b'f' | b's',
                ..,
            ] => Some(Self::Avif),
            _ => None,
        }
    }

    /// Its MIME type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    /// Its usual file name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Avif => "avif",
        }
    }
}

/// A picture's bytes, in base64 (RFC 4648, padded), cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The type, recognised from the bytes.
    pub kind: PictureType,
    /// The size before encoding, in bytes.
    pub bytes: usize,
    /// The base64 text.
    pub base64: Bytes,
}

impl Encoded {
    /// Encodes a whole picture.
    pub fn new(picture: &[u8]) -> Option<Self> {
        let kind = PictureType::of(picture)?;
        let mut encoder = Encoder::default();
        encoder.push(picture);
        Some(Self {
            kind,
            bytes: picture.len(),
            base64: encoder.finish(),
        })
    }
}

/// A picture ready to be composed into a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What is known of it.
    pub info: PictureInfo,
    /// How the mail carries it.
    pub carried: Carried,
}

/// How a mail carries its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// As an inline attachment.
    Attached(Encoded),
    /// Within the HTML.
    InHtml(Encoded),
    /// As a link to this address.
    Linked(Url),
}

impl Carried {
    /// The picture's size in bytes, where it travels with the mail.
    pub fn bytes(&self) -> Option<usize> {
        match self {
            Self::Attached(encoded) | Self::InHtml(encoded) => Some(encoded.bytes),
            Self::Linked(_) => None,
        }
    }
}

/// Fetches the picture in the way that `embed` needs. A linked one is looked at as well, so that a
/// dead link is never sent, but only its first bytes are read.
pub async fn fetch(
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
        return Err(FetchError::TooLarge(max_bytes, " by its own declaration"));
    }
    let label = response.headers().get(CONTENT_TYPE).map_or_else(
        || "as nothing".into(),
        |label| String::from_utf8_lossy(label.as_bytes()).into_owned(),
    );
    let (address, mut body) = (response.url().clone(), http.body(response));

    // A first chunk may be shorter than a signature.
    let mut first = Vec::new();
    while first.len() < PictureType::SIGNATURE
        && let Some(chunk) = body.next().await?
    {
        first.extend_from_slice(&chunk);
    }
    if first.is_empty() {
        return Err(FetchError::Empty);
    }
    let kind = PictureType::of(&first).ok_or_else(|| FetchError::NotAPicture {
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
            carried: Carried::Linked(address),
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
    let carried = match embed {
        Embed::DataUri => Carried::InHtml(data),
        _ => Carried::Attached(data),
    };
    Ok(Picture { info, carried })
}

// A quarter of the whole run's CPU would go into base64 without vector instructions.
static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// Base64 of bytes that come in pieces, in one buffer.
#[derive(Debug, Default)]
struct Encoder {
    // Zeroed from the start where the length is declared: that is fresh memory of the system's,
    // while a Vec that grows is zeroed byte by byte, a third of the run's CPU at opt-level z.
    text: Vec<u8>,
    written: usize,
    rest: Vec<u8>,
}

impl Encoder {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            text: vec![0; bytes.div_ceil(3) * 4],
            ..Self::default()
        }
    }

    fn push(&mut self, mut bytes: &[u8]) {
        if !self.rest.is_empty() {
            let missing = (3 - self.rest.len()).min(bytes.len());
            self.rest.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.rest.len() < 3 {
                return;
            }
            let rest = std::mem::take(&mut self.rest);
            self.encode(&rest);
        }
        let whole = bytes.len() / 3 * 3;
        self.encode(&bytes[..whole]);
        self.rest.extend_from_slice(&bytes[whole..]);
    }

    fn encode(&mut self, bytes: &[u8]) {
        let end = self.written + bytes.len().div_ceil(3) * 4;
        if self.text.len() < end {
            self.text.resize(end, 0);
        }
        // There is room for all of it, so this cannot fail.
        self.written += ENGINE
            .encode_slice(bytes, &mut self.text[self.written..])
            .unwrap_or_default();
    }

    fn finish(mut self) -> Bytes {
        let rest = std::mem::take(&mut self.rest);
        self.encode(&rest);
        self.text.truncate(self.written);
        Bytes::from(self.text)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn pieces_of_any_size_encode_as_the_whole_does() {
        let whole: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for size in [1, 2, 3, 4, 5, 7, 64, 999, 1000] {
            // Enough for the first piece only: the length may be declared or not.
            let mut encoder = Encoder::with_capacity(size);
            whole.chunks(size).for_each(|piece| encoder.push(piece));
            assert_eq!(
                encoder.finish(),
                STANDARD.encode(&whole),
                "pieces of {size}"
            );
        }
    }

    #[test]
    fn each_type_is_recognised_by_its_bytes_alone() {
        for (bytes, kind) in [
            (&b"\xff\xd8\xff\xe0"[..], Some(PictureType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(PictureType::Png)),
            (b"GIF89a", Some(PictureType::Gif)),
            (b"RIFF\x10\x00\x00\x00WEBPVP8 ", Some(PictureType::WebP)),
            (b"\x00\x00\x00\x1cftypavif", Some(PictureType::Avif)),
            (b"\x00\x00\x00\x1cftypmp42", None),
            (b"<!doctype html>", None),
            (b"", None),
        ] {
            assert_eq!(PictureType::of(bytes), kind);
        }
    }
}
