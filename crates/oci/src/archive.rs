//! Images in docker-archives, as `nix build .#image` and `docker save` write them.
//!
//! Source: <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;

use super::ImageId;
use super::archive_file::{Contents, Found, find};

/// An image in a file.
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

/// A layer of an image, lowest first.
#[derive(Debug, Clone)]
pub(super) struct ArchivedLayer {
    /// Its file in the archive.
    pub(super) name: String,
    /// The digest of the plain tar, out of the image's config.
    pub(super) diff_id: String,
}

/// Why a file cannot be used as an image.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// No file.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// The system does not let it be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Something else.
    #[error("{} is not an image", .0.display())]
    NotAnArchive(PathBuf),
    /// The other format that images are kept in.
    #[error("{} is an OCI layout, not a docker-archive", path.display())]
    OciLayout {
        /// Which.
        path: PathBuf,
    },
    /// Not one.
    #[error("{} holds {count} images instead of one", path.display())]
    NotOne {
        /// Which.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// A layer in a compression that Heroku's registry is not known to take.
    #[error("{} has a layer compressed with zstd", path.display())]
    Zstd {
        /// Which.
        path: PathBuf,
    },
    /// An archive that contradicts itself, or ends early.
    #[error("{} is damaged ({reason})", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Its unpacked or compressed content cannot be stored in a temporary file.
    #[error("{} cannot be prepared in a temporary file: {source}", path.display())]
    Temporary {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// `manifest.json`: what the archive holds.
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
    /// Reads the description of an archive's image. No layer is read into memory.
    ///
    /// # Errors
    /// The file does not hold one image.
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
        // It is read several times, which a FIFO is not.
        if !metadata.is_file() {
            return Err(ArchiveError::NotAnArchive(path.to_owned()));
        }
        Self::read(File::open(path).map_err(unreadable)?, path)
    }

    /// Reads the description of an open archive's image; `path` is its name in errors.
    ///
    /// # Errors
    /// The file does not hold one image.
    pub fn read(file: File, path: &Path) -> Result<Self, ArchiveError> {
        let file = Arc::new(file);
        let damaged = |reason: String| ArchiveError::Damaged {
            path: path.to_owned(),
            reason,
        };
        let contents = Contents::of(&file);
        let found = find(&contents, "manifest.json")
            .map_err(|_| ArchiveError::NotAnArchive(path.to_owned()))?;
        let manifest = match found {
            Found::Content(manifest) => manifest,
            Found::Nothing { names } if names.iter().any(|name| name == "oci-layout") => {
                return Err(ArchiveError::OciLayout {
                    path: path.to_owned(),
                });
            }
            Found::Nothing { .. } => return Err(ArchiveError::NotAnArchive(path.to_owned())),
        };
        let images: Vec<Manifest> = serde_json::from_slice(&manifest)
            .map_err(|error| damaged(format!("manifest.json: {error}")))?;
        let [image] = images.as_slice() else {
            return Err(ArchiveError::NotOne {
                path: path.to_owned(),
                count: images.len(),
            });
        };
        let found = find(&contents, &image.config).map_err(|error| damaged(error.to_string()))?;
        let Found::Content(json) = found else {
            return Err(damaged(format!("{} is missing", image.config)));
        };
        let config: Config = serde_json::from_slice(&json)
            .map_err(|error| damaged(format!("its config: {error}")))?;
        let diff_ids = config.rootfs.diff_ids;
        if diff_ids.len() != image.layers.len() {
            return Err(damaged(
                "its config and its manifest.json differ in the number of layers".to_owned(),
            ));
        }
        let layers = image.layers.iter().cloned().zip(diff_ids);
        let process = config.process.unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            size: file.metadata().map_or(0, |metadata| metadata.len()),
            file,
            id: ImageId::of_config(&json),
            config: json.into(),
            platform: format!("{}/{}", config.os, config.architecture),
            entrypoint: process.entrypoint.unwrap_or_default(),
            command: process.cmd.unwrap_or_default(),
            layers: layers
                .map(|(name, diff_id)| ArchivedLayer { name, diff_id })
                .collect(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The digest of the config.
    pub fn id(&self) -> &ImageId {
        &self.id
    }

    /// The file's size, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The config: JSON, byte for byte as the archive holds it.
    pub fn config(&self) -> &Bytes {
        &self.config
    }

    /// Operating system and architecture, such as `linux/amd64`.
    pub fn platform(&self) -> &str {
        &self.platform
    }

    /// Its entrypoint; empty if it has none.
    pub fn entrypoint(&self) -> &[String] {
        &self.entrypoint
    }

    /// Its Cmd: the command, or the entrypoint's arguments; empty if it has none.
    pub fn command(&self) -> &[String] {
        &self.command
    }
}
