//! Images that Heroku can run.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::config::ONE_OFF;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_oci::{ArchiveError, ImageArchive, ImageId};

/// Help for a missing image.
pub(super) const HOW_TO_MAKE: &str = "use a release's `picletter-image-VERSION.tar.gz`, or build an image as described under \"Deploy\" in the README (with Nix: `nix build .#image`)";

/// The platform of Heroku's dynos.
const PLATFORM: &str = "linux/amd64";

/// A docker-archive whose image Heroku can run.
#[derive(Debug, Clone)]
pub struct Image(ImageArchive);

/// Why Heroku cannot run an image.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// Heroku cannot release an image for one-off dynos.
    OneOff,
    /// The file is not an image.
    Archive(#[from] ArchiveError),
    /// It is built for another platform.
    Platform {
        /// The file.
        path: PathBuf,
        /// Its platform, such as `linux/arm64`.
        platform: String,
    },
    /// It has no command.
    NoCommand(PathBuf),
}

impl Diagnose for ImageError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::OneOff => Diagnostic::new(
                format!("dynos of type `{ONE_OFF}` run the image of `web`"),
                "set `process_type`, such as \"worker\", to release an image for it",
            ),
            Self::Archive(error) => archive_diagnostic(error),
            Self::Platform { path, platform } => Diagnostic::new(
                format!(
                    "{} is built for {platform}, but Heroku runs only {PLATFORM}",
                    path.display()
                ),
                format!(
                    "build it with `--platform {PLATFORM}`, or on a machine with that platform"
                ),
            ),
            Self::NoCommand(path) => Diagnostic::new(
                format!(
                    "{} has no Cmd, which Heroku's registry requires",
                    path.display()
                ),
                "add one, such as `CMD [\"worker\"]`",
            ),
        }
    }
}

display_as_diagnostic!(ImageError);

/// The error with its help.
pub(super) fn archive_diagnostic(error: &ArchiveError) -> Diagnostic {
    let help = match error {
        ArchiveError::Missing(_) => HOW_TO_MAKE.to_owned(),
        ArchiveError::Unreadable { .. } => return Diagnostic::plain(error),
        ArchiveError::NotAnArchive(_) => "pass a docker-archive (.tar or .tar.gz), such as the output of `nix build .#image` or `docker save IMAGE`".to_owned(),
        ArchiveError::OciLayout { path } => {
            let of = if path.is_dir() { "" } else { "-archive" };
            format!(
                "convert it to a docker-archive, for example with `skopeo copy oci{of}:{} docker-archive:image.tar`",
                path.display()
            )
        }
        ArchiveError::NotOne { .. } => "save the image to deploy in a separate file".to_owned(),
        ArchiveError::Zstd { .. } => {
            "build it again with gzip layers, for example with `docker buildx build --output type=docker,compression=gzip,force-compression=true,dest=image.tar`".to_owned()
        }
        ArchiveError::Damaged { .. } => "create it again".to_owned(),
        ArchiveError::Temporary { .. } => {
            "free space in the folder for temporary files, or set TMPDIR to another folder".to_owned()
        }
    };
    Diagnostic::plain(error).with_help(help)
}

impl Image {
    /// Reads the description of an archive's image. No layer is read into memory.
    ///
    /// # Errors
    /// The file does not contain exactly one image that Heroku can run.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        Self::checked(ImageArchive::open(path)?)
    }

    /// Reads the description of an open archive's image; `path` is its name in errors.
    ///
    /// # Errors
    /// The file does not contain exactly one image that Heroku can run.
    pub fn read(file: File, path: &Path) -> Result<Self, ImageError> {
        Self::checked(ImageArchive::read(file, path)?)
    }

    fn checked(archive: ImageArchive) -> Result<Self, ImageError> {
        let path = || archive.path().to_owned();
        if archive.platform() != PLATFORM {
            return Err(ImageError::Platform {
                path: path(),
                platform: archive.platform().to_owned(),
            });
        }
        if archive.command().is_empty() {
            return Err(ImageError::NoCommand(path()));
        }
        Ok(Self(archive))
    }

    /// The digest of its config, which is also its id at Heroku.
    pub fn id(&self) -> &ImageId {
        self.0.id()
    }

    /// The archive.
    pub fn archive(&self) -> &ImageArchive {
        &self.0
    }
}
