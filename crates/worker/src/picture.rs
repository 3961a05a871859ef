//! Pictures: source, description, type, and bytes.

use bytes::Bytes;
use reqwest::Url;

use crate::base64_encoder::Encoder;

/// A picture source, as named in `PICTURE_SOURCES`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceName {
    /// A random photo from Unsplash. Requires a key.
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
    /// All sources.
    pub const ALL: [Self; 5] = [
        Self::Unsplash,
        Self::Wikimedia,
        Self::Nasa,
        Self::Picsum,
        Self::Url,
    ];

    /// The name in variables, logs, and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsplash => "unsplash",
            Self::Wikimedia => "wikimedia",
            Self::Nasa => "nasa",
            Self::Picsum => "picsum",
            Self::Url => "url",
        }
    }

    /// The source with the given name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// How to include the picture in the mail: `MAIL_EMBED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embed {
    /// As required by the source's terms.
    Auto,
    /// An inline attachment, which every mail program displays.
    Cid,
    /// A link to the source's own server.
    Link,
    /// A data URI in the HTML, as in the original article. Gmail and Outlook do not display it.
    DataUri,
}

impl Embed {
    /// The values of `MAIL_EMBED`.
    pub const NAMES: [(&str, Self); 4] = [
        ("auto", Self::Auto),
        ("cid", Self::Cid),
        ("link", Self::Link),
        ("data-uri", Self::DataUri),
    ];
}

/// A picture's description. All texts are plain text in one line, not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureInfo {
    /// The source.
    pub source: SourceName,
    /// The title, if the source has one.
    pub title: Option<String>,
    /// The alternative text.
    pub alt: String,
    /// The page about the picture.
    pub page: Option<Url>,
    /// The credit line that the source's terms require.
    pub credit: Vec<CreditPart>,
    /// The URL of the picture.
    pub url: Url,
    /// The meaning of `MAIL_EMBED=auto` under the source's terms.
    pub embed: Embed,
    /// Unsplash's download endpoint, to call when the picture is used.
    pub download_location: Option<Url>,
}

/// A part of the credit line: text or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditPart {
    /// The text, including surrounding spaces.
    pub text: String,
    /// The link's URL, if any.
    pub link: Option<Url>,
}

impl CreditPart {
    /// Creates a part without a link.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            link: None,
        }
    }

    /// Creates a link, or plain text if `link` is `None`.
    pub fn link(text: impl Into<String>, link: Option<Url>) -> Self {
        Self {
            text: text.into(),
            link,
        }
    }
}

/// The picture types that mail programs display, detected from the first bytes.
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
    /// The number of bytes that suffices to detect any type.
    pub(crate) const SIGNATURE: usize = 12;

    /// Detects the type from the first bytes of a picture.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
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

    /// The MIME type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    /// The usual file name extension.
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

/// A picture in base64 (RFC 4648, padded). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The type, detected from the bytes.
    pub kind: PictureType,
    /// The size before encoding, in bytes.
    pub bytes: usize,
    /// The base64 text.
    pub base64: Bytes,
}

impl Encoded {
    /// Encodes a whole picture. Returns `None` if its type is not supported.
    pub fn new(picture: &[u8]) -> Option<Self> {
        let kind = PictureType::from_bytes(picture)?;
        let mut encoder = Encoder::default();
        encoder.push(picture);
        Some(Self {
            kind,
            bytes: picture.len(),
            base64: encoder.finish(),
        })
    }
}

/// A picture, ready to be included in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The description.
    pub info: PictureInfo,
    /// How the mail contains the picture.
    pub embedded: Embedded,
}

/// How a mail contains its picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embedded {
    /// As an inline attachment.
    Attached(Encoded),
    /// As a data URI in the HTML.
    InHtml(Encoded),
    /// As a link to this URL.
    Linked(Url),
}

impl Embedded {
    /// The picture's size in bytes, or `None` for a link.
    pub fn bytes(&self) -> Option<usize> {
        match self {
            Self::Attached(encoded) | Self::InHtml(encoded) => Some(encoded.bytes),
            Self::Linked(_) => None,
        }
    }
}
