//! Images in docker-archives, the format of `nix build .#image` and `docker save`.
//!
//! Source:
//! <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;

use super::ImageId;
use super::archive_file::{self, Contents, IndexError, Place};

/// An image in a docker-archive.
#[derive(Debug, Clone)]
pub struct ImageArchive {
    path: PathBuf,
    pub(super) file: Arc<File>,
    size: u64,
    id: ImageId,
    config: Bytes,
    platform: String,
    entrypoint: Vec<String>,
    command: Vec<String>,
    pub(super) layers: Vec<ArchivedLayer>,
}

/// A layer of an image.
#[derive(Debug, Clone)]
pub(super) struct ArchivedLayer {
    /// The layer's file in the archive.
    pub(super) name: String,
    pub(super) place: Place,
    /// The digest of the uncompressed tar, from the image's config.
    pub(super) diff_id: String,
}

/// A file cannot be used as an image.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file does not exist.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file's path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file is not a docker-archive.
    #[error("{} is not an image", .0.display())]
    NotAnArchive(PathBuf),
    /// The file has the other common image format.
    #[error("{} is an OCI layout, not a docker-archive", path.display())]
    OciLayout {
        /// The file's path.
        path: PathBuf,
    },
    /// The archive does not contain exactly one image.
    #[error("{} contains {count} images (expected one)", path.display())]
    NotOne {
        /// The file's path.
        path: PathBuf,
        /// The number of images.
        count: usize,
    },
    /// A layer is compressed with zstd, which Heroku's registry may not support.
    #[error("{} contains a layer compressed with zstd", path.display())]
    Zstd {
        /// The file's path.
        path: PathBuf,
    },
    /// The archive is inconsistent or truncated.
    #[error("{} is damaged ({reason})", path.display())]
    Damaged {
        /// The file's path.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The unpacked or compressed content cannot be stored in a temporary file.
    #[error("cannot unpack {} to a temporary file: {source}", path.display())]
    Temporary {
        /// The file's path.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// The archive's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    config: String,
    layers: Vec<String>,
}

#[derive(Deserialize)]
struct Config {
    architecture: String,
    os: String,
    #[serde(default, rename = "config")]
    process: Option<Process>,
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Process {
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

impl ImageArchive {
    /// Opens an archive and reads its manifest and config. Checks that all layers are complete, but
    /// not their digests. The layers are read only if the archive is gzipped.
    ///
    /// # Errors
    /// The file is not a complete docker-archive with exactly one image.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => ArchiveError::Missing(path.to_owned()),
            _ => ArchiveError::Unreadable {
                path: path.to_owned(),
                source,
            },
        };
        let metadata = path.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(if path.join("oci-layout").exists() {
                ArchiveError::OciLayout {
                    path: path.to_owned(),
                }
            } else {
                ArchiveError::NotAnArchive(path.to_owned())
            });
        }
        // The file is read several times, which is not possible with a FIFO.
        if !metadata.is_file() {
            return Err(ArchiveError::NotAnArchive(path.to_owned()));
        }
        Self::read(File::open(path).map_err(unreadable)?, path)
    }

    /// Does the same with an open archive. `path` is only used in errors.
    ///
    /// # Errors
    /// The file is not a complete docker-archive with exactly one image.
    pub fn read(file: File, path: &Path) -> Result<Self, ArchiveError> {
        let file = Arc::new(file);
        let damaged = |reason: String| ArchiveError::Damaged {
            path: path.to_owned(),
            reason,
        };
        let contents = Contents::new(&file);
        let index = archive_file::index(&contents, "manifest.json");
        let index = index.map_err(|error| match error {
            IndexError::NotTar => ArchiveError::NotAnArchive(path.to_owned()),
            IndexError::Damaged(error) => damaged(error.to_string()),
        })?;
        let Some(manifest) = &index.selected else {
            return Err(if index.contains("oci-layout") {
                ArchiveError::OciLayout {
                    path: path.to_owned(),
                }
            } else {
                ArchiveError::NotAnArchive(path.to_owned())
            });
        };
        let images: Vec<Manifest> = serde_json::from_slice(manifest)
            .map_err(|error| damaged(format!("manifest.json: {error}")))?;
        let [image] = images.as_slice() else {
            return Err(ArchiveError::NotOne {
                path: path.to_owned(),
                count: images.len(),
            });
        };
        let place = |name: &str| {
            let place = index.find(name);
            place.ok_or_else(|| damaged(format!("{name} is missing")))
        };
        let json = archive_file::read(&contents, place(&image.config)?);
        let json = json.map_err(|error| damaged(error.to_string()))?;
        let config: Config =
            serde_json::from_slice(&json).map_err(|error| damaged(format!("config: {error}")))?;
        let diff_ids = config.rootfs.diff_ids;
        if diff_ids.len() != image.layers.len() {
            return Err(damaged(
                "the config and manifest.json have different numbers of layers".to_owned(),
            ));
        }
        let layers = image.layers.iter().zip(diff_ids);
        let layers = layers.map(|(name, diff_id)| {
            Ok(ArchivedLayer {
                place: place(name)?,
                name: name.clone(),
                diff_id,
            })
        });
        let layers = layers.collect::<Result<_, ArchiveError>>()?;
        let process = config.process.unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            size: file.metadata().map_or(0, |metadata| metadata.len()),
            file,
            id: ImageId::from_config(&json),
            config: json.into(),
            platform: format!("{}/{}", config.os, config.architecture),
            entrypoint: process.entrypoint.unwrap_or_default(),
            command: process.cmd.unwrap_or_default(),
            layers,
        })
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The image's ID: the digest of the config.
    pub fn id(&self) -> &ImageId {
        &self.id
    }

    /// The file's size, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The config: the JSON bytes from the archive, unchanged.
    pub fn config(&self) -> &Bytes {
        &self.config
    }

    /// Operating system and architecture, such as `linux/amd64`.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// The entrypoint, or empty.
    pub fn entrypoint(&self) -> &[String] {
        &self.entrypoint
    }

    /// The `Cmd`: the command or the entrypoint's arguments, or empty.
    pub fn command(&self) -> &[String] {
        &self.command
    }
}
