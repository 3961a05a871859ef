//! Unpacks slugs and the layers of images.
//!
//! Source: <https://github.com/opencontainers/image-spec/blob/main/layer.md>.

use std::fs::{self, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use picletter_oci::digest;

/// Prefix of the name of a file that marks another file as deleted.
const WHITEOUT: &str = ".wh.";

/// Minimum permissions of a directory for its owner: later layers add files to it, and it is
/// removed at the end, perhaps not by root. The directories in Nix images are read-only.
const OWNER_MODE: u32 = 0o700;

/// A layer of an image.
#[derive(Debug)]
pub struct Layer {
    /// A tar, which may be gzipped.
    pub content: Bytes,
    /// The digest of `content`.
    pub digest: String,
    /// The expected digest of the uncompressed tar, from the image's config.
    pub plain: String,
}

/// Why a layer or a slug was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The archive is damaged, or a file cannot be written.
    #[error("cannot unpack an archive: {0}")]
    Io(#[from] io::Error),
    /// The uncompressed tar does not have [`Layer::plain`] as its digest.
    #[error("a layer does not have the digest {0}, which the image's config contains")]
    Differs(String),
    /// The layer is compressed with zstd.
    #[error(
        "a layer is compressed with zstd, which this sandbox does not support; build the image with gzip"
    )]
    Zstd,
    /// A path or a link leads out of the root directory.
    #[error("an archive contains a path outside its root: {}", .0.display())]
    Outside(PathBuf),
    /// The layer deletes a file of a lower layer.
    #[error("a layer removes a file ({}), which this sandbox does not support", .0.display())]
    Whiteout(PathBuf),
    /// An entry such as a device or a named pipe.
    #[error("an archive contains {}, which is not a file, directory, or link", .0.display())]
    Special(PathBuf),
}

/// Unpacks a layer into a root directory, which may contain the files of lower layers. Absolute paths
/// are relative to `root`.
///
/// # Errors
/// See [`UnpackError`]. The directory may then contain a part of the layer.
pub fn unpack(layer: &Layer, root: &Path) -> Result<(), UnpackError> {
    let Layer {
        content,
        digest: compressed_digest,
        plain,
    } = layer;
    // Source: RFC 8878, 3.1.1.
    if content.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Err(UnpackError::Zstd);
    }
    let mut unzipped = Vec::new();
    let is_zipped = content.starts_with(&[0x1f, 0x8b]);
    let same = if is_zipped {
        MultiGzDecoder::new(&**content).read_to_end(&mut unzipped)?;
        digest(&unzipped) == *plain
    } else {
        compressed_digest == plain
    };
    if !same {
        return Err(UnpackError::Differs(plain.clone()));
    }
    unpack_tar(if is_zipped { &unzipped } else { content }, root)
}

/// Unpacks a slug, a gzipped tar.
pub(super) fn unpack_slug(slug: &[u8], root: &Path) -> Result<(), UnpackError> {
    let mut tar = Vec::new();
    MultiGzDecoder::new(slug).read_to_end(&mut tar)?;
    unpack_tar(&tar, root)
}

fn unpack_tar(tar: &[u8], root: &Path) -> Result<(), UnpackError> {
    for entry in Archive::new(tar).entries()? {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        // A comment on the whole archive, such as the commit that `git archive` adds.
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let path = entry.path()?.into_owned();
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(UnpackError::Outside(path));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(WHITEOUT) {
            return Err(UnpackError::Whiteout(path));
        }
        match kind {
            EntryType::Regular | EntryType::Directory | EntryType::Symlink | EntryType::Link => {}
            _ => return Err(UnpackError::Special(path)),
        }
        // This also refuses to follow links out of the root.
        if !entry.unpack_in(root)? {
            return Err(UnpackError::Outside(path));
        }
        if kind == EntryType::Directory {
            let inside = path.strip_prefix("/").unwrap_or(&path);
            let mode = entry.header().mode()? & 0o777;
            fs::set_permissions(root.join(inside), Permissions::from_mode(mode | OWNER_MODE))?;
        }
    }
    Ok(())
}
