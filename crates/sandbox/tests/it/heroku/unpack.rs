//! Unpacking of the layers of images.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use picletter_oci::digest;
use picletter_sandbox::heroku::unpack::{Layer, UnpackError, unpack};
use tar::{Builder, EntryType, Header};

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
