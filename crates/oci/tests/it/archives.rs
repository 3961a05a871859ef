//! Docker-archives from different tools.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use picletter_oci::{ImageArchive, ImageId, digest};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

const LAYER: &[u8] = b"a layer";

fn config() -> Value {
    json!({
        "architecture": "amd64",
        "config": { "Cmd": ["worker"], "Entrypoint": ["/bin/worker"] },
        "os": "linux",
        "rootfs": { "diff_ids": [digest(LAYER)], "type": "layers" },
    })
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_gnu();
        if name.ends_with('/') {
            header.set_entry_type(EntryType::Directory);
        }
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(content).unwrap();
    gz.finish().unwrap()
}

/// Two archives of the image with [`config`]: with the manifest first and last.
fn archives() -> [Vec<u8>; 2] {
    let manifest = json!([{ "Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"] }]);
    let (manifest, config) = (manifest.to_string(), config().to_string());
    let [manifest, config] = [manifest.as_bytes(), config.as_bytes()];
    [
        tar(&[
            ("manifest.json", manifest),
            ("config.json", config),
            ("layer.tar", LAYER),
        ]),
        tar(&[
            ("layer.tar", LAYER),
            ("config.json", config),
            ("./manifest.json", manifest),
        ]),
    ]
}

fn file(folder: &TempDir, content: &[u8]) -> PathBuf {
    let path = folder.path().join("image.tar");
    fs::write(&path, content).unwrap();
    path
}

#[test]
fn reads_plain_and_gzipped_archives_with_files_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let id = ImageId::from_config(config().to_string().as_bytes());
    for plain in archives() {
        for content in [gzipped(&plain), plain] {
            let path = file(&folder, &content);
            let archive = ImageArchive::open(&path).unwrap();
            assert_eq!(archive.id(), &id);
            assert_eq!(archive.size(), content.len() as u64);
            assert_eq!(archive.entrypoint(), ["/bin/worker"]);
            assert_eq!(archive.command(), ["worker"]);
            assert_eq!(archive.path(), path);
        }
    }
}

#[test]
fn rejects_truncated_archives_and_missing_layers() {
    let folder = tempfile::tempdir().unwrap();
    for plain in archives() {
        // Without the last content and the two blocks of zeros at the end.
        let content = plain.len() - 3 * 512;
        for length in (1..content).step_by(100) {
            let path = file(&folder, &plain[..length]);
            assert!(ImageArchive::open(&path).is_err(), "{length}");
        }
        let zipped = gzipped(&plain);
        for length in (1..zipped.len()).step_by(7) {
            let path = file(&folder, &zipped[..length]);
            assert!(ImageArchive::open(&path).is_err(), "{length}");
        }
        let renamed = String::from_utf8(plain).unwrap();
        let renamed = renamed.replacen("\"layer.tar", "\"lager.tar", 1);
        let error = ImageArchive::open(&file(&folder, renamed.as_bytes())).unwrap_err();
        let error = error.to_string();
        assert!(
            error.ends_with("is damaged (lager.tar is missing)"),
            "{error}"
        );
    }
}

/// nixpkgs adds directories, files of older formats, and unknown config fields.
#[test]
fn reads_an_archive_from_nixpkgs() {
    let mut config = config();
    config["config"]["Env"] = json!([]);
    config["preferLocalBuild"] = true.into();
    let config = format!("{config:#}\n");
    let manifest = json!([{
        "RepoTags": ["worker:latest"],
        "Layers": ["2dfd/layer.tar"],
        "Config": "7166.json",
    }]);
    let content = tar(&[
        ("./", b""),
        ("2dfd/", b""),
        ("2dfd/VERSION", b"1.0"),
        ("2dfd/json", b"{}"),
        ("2dfd/layer.tar", LAYER),
        ("7166.json", config.as_bytes()),
        ("manifest.json", format!("{manifest:#}\n").as_bytes()),
        ("repositories", br#"{"worker":{"latest":"2dfd"}}"#),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let read = ImageArchive::open(&file(&folder, &content)).unwrap();
    assert_eq!(*read.id(), ImageId::from_config(config.as_bytes()));
}

#[test]
fn does_not_read_a_layer_of_ten_gigabytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let mut file = File::create(&path).unwrap();
    let mut header = Header::new_gnu();
    header.set_path("huge.tar").unwrap();
    header.set_entry_type(EntryType::Regular);
    header.set_size(10 << 30);
    header.set_cksum();
    file.write_all(header.as_bytes()).unwrap();
    // A hole uses no disk space, but reading it would use memory.
    file.set_len((10 << 30) + 512).unwrap();
    io::Seek::seek(&mut file, io::SeekFrom::End(0)).unwrap();
    let [archive, _] = archives();
    file.write_all(&archive).unwrap();
    assert!(ImageArchive::open(&path).is_ok());
}
