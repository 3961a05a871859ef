//! A picture: its source, description, type, and bytes.

use bytes::Bytes;
use reqwest::Url;

use crate::base64_encoder::Encoder;

/// The sources by the names that `PICTURE_SOURCES` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceName {
    /// Unsplash's random photo; needs a key.
    Unsplash,
    /// Wikimedia Commons' picture of the day.
    Wikimedia,
    /// NASA's Astronomy Picture of the Day.
    Nasa,
    /// Lorem Picsum, seeded by the date.
    Picsum,
    /// `PICTURE_URL`.
    Url,
}

impl SourceName {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Unsplash,
        Self::Wikimedia,
        Self::Nasa,
        Self::Picsum,
        Self::Url,
    ];

    /// The name in variables, logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsplash => "unsplash",
            Self::Wikimedia => "wikimedia",
            Self::Nasa => "nasa",
            Self::Picsum => "picsum",
            Self::Url => "url",
        }
    }

    /// The source of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// How the mail should carry the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embed {
    /// As the source's terms require.
    Auto,
    /// An inline attachment, shown by every mail program.
    Cid,
    /// A link to the source's own server.
    Link,
    /// Within the HTML, the original article's way; Gmail and Outlook do not show it.
    DataUri,
}

impl Embed {
    /// What `MAIL_EMBED` takes.
    pub const NAMES: [(&str, Self); 4] = [
        ("auto", Self::Auto),
        ("cid", Self::Cid),
        ("link", Self::Link),
        ("data-uri", Self::DataUri),
    ];
}

/// A source's description of its picture. All texts are plain, one line, not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureInfo {
    /// Its source.
    pub source: SourceName,
    /// Its title, where the source has one.
    pub title: Option<String>,
    /// The alternative text.
    pub alt: String,
    /// The page about it.
    pub page: Option<Url>,
    /// The credit line that the source's terms require.
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
    /// Its text, with the spaces around it.
    pub text: String,
    /// Its address.
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
    pub(crate) const SIGNATURE: usize = 12;

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
    /// Its description.
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

#[cfg(test)]
mod tests {
    use super::*;

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
