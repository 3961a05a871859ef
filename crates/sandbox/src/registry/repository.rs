//! The images of one process type.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use picletter_oci::{Manifest, digest};

/// Images and their blobs, by digest.
#[derive(Debug, Default)]
pub(super) struct Repository {
    blobs: BTreeMap<String, Bytes>,
    manifests: BTreeMap<String, Bytes>,
    /// The digest of the last manifest pushed as `latest`.
    latest: Option<String>,
    uploads: BTreeSet<String>,
}

impl Repository {
    /// Stores a blob and returns its digest.
    pub(super) fn add_blob(&mut self, content: Bytes) -> String {
        let digest = digest(&content);
        self.blobs.insert(digest.clone(), content);
        digest
    }

    pub(super) fn blob(&self, digest: &str) -> Option<Bytes> {
        self.blobs.get(digest).cloned()
    }

    /// Starts an upload and returns its name.
    pub(super) fn begin_upload(&mut self) -> String {
        let name = format!("{:032x}", fastrand::u128(..));
        self.uploads.insert(name.clone());
        name
    }

    /// Ends an upload. Returns false if there is none with this name.
    pub(super) fn end_upload(&mut self, name: &str) -> bool {
        self.uploads.remove(name)
    }

    /// Whether all blobs of an image are stored.
    pub(super) fn has_blobs_for(&self, manifest: &Manifest) -> bool {
        let mut parts = manifest.layers.iter().chain([&manifest.config]);
        parts.all(|part| self.blobs.contains_key(&part.digest))
    }

    /// Stores a manifest and returns its digest.
    pub(super) fn add_manifest(&mut self, manifest: Bytes, is_latest: bool) -> String {
        let digest = digest(&manifest);
        self.manifests.insert(digest.clone(), manifest);
        if is_latest {
            self.latest = Some(digest.clone());
        }
        digest
    }

    /// The digest and the content of a manifest. `reference` is a tag or a digest.
    pub(super) fn manifest(&self, reference: &str) -> Option<(String, Bytes)> {
        let digest = match reference {
            "latest" => self.latest.as_deref()?,
            digest => digest,
        };
        let manifest = self.manifests.get(digest)?;
        Some((digest.to_owned(), manifest.clone()))
    }
}
