//! Image manifests, version 2 schema 2.
//!
//! Source: <https://distribution.github.io/distribution/spec/manifest-v2-2/>.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::media_type;

/// A manifest: the list of an image's parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u8,
    media_type: String,
    /// The config. Its digest is the image's ID.
    pub config: Descriptor,
    /// The layers, lowest first.
    pub layers: Vec<Descriptor>,
}

/// The description of an image's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type.
    pub media_type: String,
    /// The size in bytes.
    pub size: u64,
    /// The digest, with the prefix `sha256:`.
    pub digest: String,
}

impl Manifest {
    /// Creates a manifest of the given parts.
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: media_type::MANIFEST.to_owned(),
            config,
            layers,
        }
    }

    /// Serializes to JSON, deterministically.
    pub fn json(&self) -> Bytes {
        // Serializing text and numbers cannot fail.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}
