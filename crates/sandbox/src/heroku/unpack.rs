//! Unpacks slugs and the layers of images.
//!
//! Source: <https://github.com/opencontainers/image-spec/blob/main/layer.md>.

use std::fs::{self, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::images::Layer;
use picletter_oci::digest;

/// Prefix of the name of a file that marks another file as deleted.
const WHITEOUT: &str = ".wh.";

/// Minimum permissions of a directory for its owner: later layers add files to it, and it is
/// removed at the end, perhaps not by root. The directories in Nix images are read-only.
const OWNER_MODE: u32 = 0o700;

/// Why a layer or a slug was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    #[error("cannot unpack an archive: {0}")]
    Io(#[from] io::Error),
    #[error("a layer does not have the digest {0}, which the image's config contains")]
    Differs(String),
    #[error(
        "a layer is compressed with zstd, which this sandbox does not support; build the image with gzip"
    )]
    Zstd,
    #[error("an archive contains a path outside its root: {}", .0.display())]
    Outside(PathBuf),
    #[error("a layer removes a file ({}), which this sandbox does not support", .0.display())]
    Whiteout(PathBuf),
    #[error("an archive contains {}, which is not a file, directory, or link", .0.display())]
    Special(PathBuf),
}

/// Unpacks a layer into a root directory.
pub(super) fn unpack(layer: &Layer, root: &Path) -> Result<(), UnpackError> {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test's way to fail")]

    use std::io::Write as _;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    /// A layer with one entry.
    fn layer(kind: EntryType, path: &str, link: &str) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o555);
        header.set_size(if kind == EntryType::Regular { 5 } else { 0 });
        header.set_link_name_literal(link).unwrap();
        // `set_path` would reject invalid paths.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        let content: &[u8] = if kind == EntryType::Regular {
            b"hello"
        } else {
            b""
        };
        let mut tar = Builder::new(Vec::new());
        tar.append(&header, content).unwrap();
        tar.into_inner().unwrap()
    }

    fn unpacked(layer: &[u8], root: &Path) -> Result<(), UnpackError> {
        unpack_pulled(layer, &digest(layer), root)
    }

    fn unpack_pulled(layer: &[u8], plain: &str, root: &Path) -> Result<(), UnpackError> {
        let layer = Layer {
            content: Bytes::copy_from_slice(layer),
            digest: digest(layer),
            plain: plain.to_owned(),
        };
        unpack(&layer, root)
    }

    #[test]
    fn unpacks_plain_and_gzipped_layers() {
        let root = tempfile::tempdir().unwrap();
        let tar = layer(EntryType::Regular, "bin/one", "");
        unpacked(&tar, root.path()).unwrap();
        assert_eq!(fs::read(root.path().join("bin/one")).unwrap(), b"hello");

        let tar_of_two = layer(EntryType::Regular, "bin/two", "");
        let mut zipped = GzEncoder::new(Vec::new(), Compression::fast());
        zipped.write_all(&tar_of_two).unwrap();
        let zipped = zipped.finish().unwrap();
        unpack_pulled(&zipped, &digest(&tar_of_two), root.path()).unwrap();
        assert!(root.path().join("bin/two").is_file());

        let error = unpack_pulled(&zipped, &digest(&tar), root.path()).unwrap_err();
        assert!(matches!(error, UnpackError::Differs(_)), "{error}");
    }

    #[test]
    fn adds_files_of_later_layers_to_read_only_directories() {
        let root = tempfile::tempdir().unwrap();
        unpacked(&layer(EntryType::Directory, "/store/", ""), root.path()).unwrap();
        let folder = root.path().join("store");
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o755);
        unpacked(&layer(EntryType::Regular, "store/one", ""), root.path()).unwrap();
        assert_eq!(mode(&folder.join("one")), 0o555);
    }

    #[test]
    fn ignores_global_headers() {
        let root = tempfile::tempdir().unwrap();
        let header = layer(EntryType::XGlobalHeader, "pax_global_header", "");
        unpacked(&header, root.path()).unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn refuses_paths_outside_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        let error = unpacked(&layer(EntryType::Regular, "../out", ""), &root).unwrap_err();
        assert!(matches!(error, UnpackError::Outside(_)), "{error}");

        unpacked(&layer(EntryType::Symlink, "up", ".."), &root).unwrap();
        unpacked(&layer(EntryType::Regular, "up/out", ""), &root).unwrap_err();
        unpacked(&layer(EntryType::Link, "hard", "../../etc/passwd"), &root).unwrap_err();
        // An absolute path is relative to the root of the image.
        unpacked(&layer(EntryType::Regular, "/in", ""), &root).unwrap();
        assert!(root.join("in").is_file());
        assert!(!folder.path().join("out").exists());
    }

    #[test]
    fn reports_unsupported_entries() {
        let root = tempfile::tempdir().unwrap();
        let whiteout = layer(EntryType::Regular, "bin/.wh.sh", "");
        let error = unpacked(&whiteout, root.path()).unwrap_err().to_string();
        assert!(error.contains("removes a file (bin/.wh.sh)"), "{error}");
        let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0];
        let error = unpacked(&zstd, root.path()).unwrap_err().to_string();
        assert!(error.contains("zstd"), "{error}");
        let device = layer(EntryType::Char, "dev/null", "");
        let error = unpacked(&device, root.path()).unwrap_err().to_string();
        assert!(error.contains("dev/null"), "{error}");
    }
}
