//! Manifests, version 2 schema 2.
//!
//! Source: <https://distribution.github.io/distribution/spec/manifest-v2-2/>.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::media_type;

/// The parts of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u8,
    media_type: String,
    /// Its config, whose digest is the image's id.
    pub config: Descriptor,
    /// Its layers, lowest first.
    pub layers: Vec<Descriptor>,
}

/// A part of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its size, in bytes.
    pub size: u64,
    /// Its digest, with `sha256:`.
    pub digest: String,
}

impl Manifest {
    /// Of these parts.
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: media_type::MANIFEST.to_owned(),
            config,
            layers,
        }
    }

    /// As registries store it; the same parts give the same bytes.
    pub fn json(&self) -> Bytes {
        // Text and numbers can be serialized.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}
