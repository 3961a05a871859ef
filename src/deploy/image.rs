//! An image in a file, as `nix build .#image` and `docker save` write it.
//!
//! Source: <https://github.com/moby/docker-image-spec/blob/main/spec.md#combined-image-json--filesystem-changeset-format>.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use tar::{Archive, Entries};

use crate::config::ONE_OFF;
use picletter_oci::ImageId;

/// Larger than any description of an image.
const LARGEST_JSON: u64 = 4 << 20;

/// What to do where there is none.
pub(super) const HOW_TO_MAKE: &str = "the README says under \"Deploy it\" how to make one (with Nix, `nix build .#image` makes `result`)";

/// An image in a file that Heroku can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    path: PathBuf,
    id: ImageId,
    size: u64,
    entrypoint: Vec<String>,
    command: Vec<String>,
}

/// Why there is no image that Heroku can run.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// One cannot be released for them.
    OneOff,
    /// No file.
    Missing(PathBuf),
    /// The system does not let it be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// Something else.
    NotAnArchive(PathBuf),
    /// The other format that images are kept in.
    OciLayout {
        /// Which.
        path: PathBuf,
    },
    /// Not one.
    NotOne {
        /// Which.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// For other machines than Heroku has.
    Platform {
        /// Which.
        path: PathBuf,
        /// Its platform, such as `linux/arm64`.
        platform: String,
    },
    /// It does not say what to run.
    NoCommand(PathBuf),
    /// An archive that contradicts itself, or ends early.
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Diagnose for ImageError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::OneOff => Diagnostic::new(
                format!("dynos of type `{ONE_OFF}` run the image of `web`"),
                "set `process_type` in [heroku], such as \"worker\", to release an image for it",
            ),
            Self::Missing(path) => {
                Diagnostic::new(format!("there is no file {}", path.display()), HOW_TO_MAKE)
            }
            Self::Unreadable { path, source } => {
                Diagnostic::plain(format_args!("{} cannot be read: {source}", path.display()))
            }
            Self::NotAnArchive(path) => Diagnostic::new(
                format!("{} is not an image", path.display()),
                "it must be a docker-archive (.tar or .tar.gz), as `nix build .#image` or `docker save IMAGE` makes it",
            ),
            Self::OciLayout { path } => {
                let of = if path.is_dir() { "" } else { "-archive" };
                let path = path.display();
                Diagnostic::new(
                    format!("{path} is an OCI layout, which Heroku's registry does not take"),
                    format!(
                        "make a docker-archive of it with `skopeo copy oci{of}:{path} docker-archive:image.tar`"
                    ),
                )
            }
            Self::NotOne { path, count } => Diagnostic::new(
                format!("{} holds {count} images instead of one", path.display()),
                "save the one to deploy into a file of its own",
            ),
            Self::Platform { path, platform } => Diagnostic::new(
                format!(
                    "{} is for {platform}, and Heroku runs linux/amd64 alone",
                    path.display()
                ),
                "build it with `--platform linux/amd64`, or on such a machine",
            ),
            Self::NoCommand(path) => Diagnostic::new(
                format!(
                    "{} has no Cmd, and Heroku's registry takes no image without",
                    path.display()
                ),
                "add one, such as `CMD [\"worker\"]`",
            ),
            Self::Damaged { path, reason } => Diagnostic::new(
                format!("{} is damaged ({reason})", path.display()),
                "make it once more",
            ),
        }
    }
}

display_as_diagnostic!(ImageError);

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
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Process {
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
}

impl Image {
    /// Reads what an archive says of its image: however large it is, no layer is kept in memory.
    ///
    /// # Errors
    /// It is not one that Heroku can run.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        let unreadable = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => ImageError::Missing(path.to_owned()),
            _ => ImageError::Unreadable {
                path: path.to_owned(),
                source,
            },
        };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(if path.join("oci-layout").exists() {
                ImageError::OciLayout {
                    path: path.to_owned(),
                }
            } else {
                ImageError::NotAnArchive(path.to_owned())
            });
        }
        // It is read twice, which a FIFO is not.
        if !metadata.is_file() {
            return Err(ImageError::NotAnArchive(path.to_owned()));
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let damaged = |reason: String| ImageError::Damaged {
            path: path.to_owned(),
            reason,
        };

        let found = find(&mut file, "manifest.json");
        let found = found.map_err(|_| ImageError::NotAnArchive(path.to_owned()))?;
        let Some(manifest) = found.content else {
            let is_oci = found.names.iter().any(|name| name == "oci-layout");
            return Err(if is_oci {
                ImageError::OciLayout {
                    path: path.to_owned(),
                }
            } else {
                ImageError::NotAnArchive(path.to_owned())
            });
        };
        let images: Vec<Manifest> = serde_json::from_slice(&manifest)
            .map_err(|error| damaged(format!("manifest.json: {error}")))?;
        let [image] = images.as_slice() else {
            return Err(ImageError::NotOne {
                path: path.to_owned(),
                count: images.len(),
            });
        };
        let found = find(&mut file, &image.config).map_err(|error| damaged(error.to_string()))?;
        let config = found
            .content
            .ok_or_else(|| damaged(format!("{} is missing", image.config)))?;
        Self::described(path, metadata.len(), &config, image.layers.len())
    }

    fn described(path: &Path, size: u64, json: &[u8], layers: usize) -> Result<Self, ImageError> {
        let damaged = |reason: String| ImageError::Damaged {
            path: path.to_owned(),
            reason,
        };
        let config: Config = serde_json::from_slice(json)
            .map_err(|error| damaged(format!("its config: {error}")))?;
        let value: Value = serde_json::from_slice(json).unwrap_or_default();
        let diff_ids = value.pointer("/rootfs/diff_ids").and_then(Value::as_array);
        if diff_ids.map_or(0, Vec::len) != layers {
            return Err(damaged(
                "its config and its manifest.json differ in the number of layers".to_owned(),
            ));
        }
        if (config.os.as_str(), config.architecture.as_str()) != ("linux", "amd64") {
            return Err(ImageError::Platform {
                path: path.to_owned(),
                platform: format!("{}/{}", config.os, config.architecture),
            });
        }
        let process = config.process.unwrap_or_default();
        let command = process.cmd.unwrap_or_default();
        if command.is_empty() {
            return Err(ImageError::NoCommand(path.to_owned()));
        }
        Ok(Self {
            path: path.to_owned(),
            id: ImageId::of_config(json),
            size,
            entrypoint: process.entrypoint.unwrap_or_default(),
            command,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The digest of its config, by which Heroku names it too.
    pub fn id(&self) -> &ImageId {
        &self.id
    }

    /// The file's size, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What it starts, if it says so.
    pub fn entrypoint(&self) -> &[String] {
        &self.entrypoint
    }

    /// Its Cmd: what it starts, or the entrypoint's arguments.
    pub fn command(&self) -> &[String] {
        &self.command
    }
}

struct Found {
    /// The file's content, if it is there.
    content: Option<Vec<u8>>,
    /// The names that stand before it.
    names: Vec<String>,
}

/// Looks for a file in an archive, from its beginning.
fn find(file: &mut File, desired: &str) -> io::Result<Found> {
    file.rewind()?;
    let mut magic = Vec::with_capacity(2);
    file.by_ref().take(2).read_to_end(&mut magic)?;
    file.rewind()?;
    if magic == [0x1f, 0x8b] {
        let unpacked = MultiGzDecoder::new(BufReader::new(file));
        find_in(Archive::new(unpacked).entries()?, desired)
    } else {
        // Layers are passed over without being read.
        find_in(Archive::new(file).entries_with_seek()?, desired)
    }
}

fn find_in<R: Read>(entries: Entries<'_, R>, desired: &str) -> io::Result<Found> {
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if name == desired {
            let mut content = Vec::new();
            entry.take(LARGEST_JSON).read_to_end(&mut content)?;
            return Ok(Found {
                content: Some(content),
                names,
            });
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Found {
        content: None,
        names,
    })
}
