//! Images in files: the one that the sandbox makes, and what is told of those that Heroku would not
//! run.

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use picletter::deploy::image::Image;
use picletter_oci::ImageId;
use picletter_sandbox::image::WorkerImage;
use serde_json::{Value, json};
use tar::{Archive, Builder, EntryType, Header};
use tempfile::TempDir;

const PROGRAM: &[u8] = b"\x7fELF, and what follows";

fn archive() -> Vec<u8> {
    WorkerImage::new(PROGRAM).unwrap().docker_archive().unwrap()
}

/// A folder for files of one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, content: &[u8]) -> PathBuf {
        let path = self.0.path().join("image.tar");
        fs::write(&path, content).unwrap();
        path
    }

    /// What is told of a file with this content, without the folder's name.
    fn refusal(&self, content: &[u8]) -> String {
        self.told(&self.file(content))
    }

    fn told(&self, path: &Path) -> String {
        let told = Image::open(path).unwrap_err().to_string();
        told.replace(&self.0.path().display().to_string(), "FOLDER")
    }
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

/// An archive whose config was changed.
fn changed(change: impl Fn(&mut Value)) -> Vec<u8> {
    let image = WorkerImage::new(PROGRAM).unwrap();
    let mut config = serde_json::from_slice(image.config()).unwrap();
    change(&mut config);
    let manifest = json!([{ "Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"] }]);
    tar(&[
        ("layer.tar", image.layer()),
        ("config.json", config.to_string().as_bytes()),
        ("./manifest.json", manifest.to_string().as_bytes()),
    ])
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(content).unwrap();
    gz.finish().unwrap()
}

#[test]
fn the_same_program_makes_the_same_image_byte_for_byte() {
    assert_eq!(archive(), archive());
    let other = WorkerImage::new(b"another program").unwrap();
    assert_ne!(WorkerImage::new(PROGRAM).unwrap().id(), other.id());
}

#[test]
fn the_layer_holds_the_program_and_links_to_it_where_a_shell_is_looked_for() {
    let image = WorkerImage::new(PROGRAM).unwrap();
    let mut entries = Vec::new();
    for entry in Archive::new(image.layer()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 0);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        let link = entry.link_name().unwrap();
        let link = link.map(|link| link.display().to_string());
        let path = entry.path().unwrap().display().to_string();
        let mode = entry.header().mode().unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((path, format!("{mode:o}"), link, content.len()));
    }
    let entry = |path: &str, mode: &str, link: Option<&str>, size| {
        (
            path.to_owned(),
            mode.to_owned(),
            link.map(str::to_owned),
            size,
        )
    };
    assert_eq!(
        entries,
        [
            entry("bin/", "755", None, 0),
            entry("bin/worker", "755", None, PROGRAM.len()),
            entry("bin/sh", "777", Some("worker"), 0),
            entry("bin/bash", "777", Some("worker"), 0),
        ]
    );
}

#[test]
fn an_archive_is_read_plain_and_gzipped_whatever_the_order_of_its_files() {
    let files = Files::new();
    let id = WorkerImage::new(PROGRAM).unwrap().id();
    for content in [
        archive(),
        gzipped(&archive()),
        changed(|_| {}),
        gzipped(&changed(|_| {})),
    ] {
        let path = files.file(&content);
        let image = Image::open(&path).unwrap();
        assert_eq!(image.id(), &id);
        let archive = image.archive();
        assert_eq!(archive.size(), content.len() as u64);
        assert_eq!(archive.entrypoint(), ["/bin/worker"]);
        assert_eq!(archive.command(), ["worker"]);
        assert_eq!(archive.path(), path);
    }
}

/// With folders of their own, files of older formats, and more in the config than is looked for.
#[test]
fn an_archive_as_nixpkgs_makes_it_is_read() {
    let image = WorkerImage::new(PROGRAM).unwrap();
    let mut config: Value = serde_json::from_slice(image.config()).unwrap();
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
        ("2dfd/layer.tar", image.layer()),
        ("7166.json", config.as_bytes()),
        ("manifest.json", format!("{manifest:#}\n").as_bytes()),
        ("repositories", br#"{"worker":{"latest":"2dfd"}}"#),
    ]);
    let read = Image::open(&Files::new().file(&content)).unwrap();
    assert_eq!(*read.id(), ImageId::of_config(config.as_bytes()));
}

#[test]
fn a_layer_of_ten_gigabytes_is_passed_over() {
    let files = Files::new();
    let path = files.0.path().join("image.tar");
    let mut file = File::create(&path).unwrap();
    let mut header = Header::new_gnu();
    header.set_path("huge.tar").unwrap();
    header.set_entry_type(EntryType::Regular);
    header.set_size(10 << 30);
    header.set_cksum();
    file.write_all(header.as_bytes()).unwrap();
    // A hole: it takes no room on the disk, and as much memory as any other if it is read.
    file.set_len((10 << 30) + 512).unwrap();
    io::Seek::seek(&mut file, io::SeekFrom::End(0)).unwrap();
    file.write_all(&archive()).unwrap();
    assert!(Image::open(&path).is_ok());
}

#[test]
fn what_heroku_would_not_run_is_told_with_what_to_do() {
    let files = Files::new();
    let layout = files.0.path().join("layout");
    fs::create_dir(&layout).unwrap();
    let mut told = vec![files.told(&layout)];
    fs::write(layout.join("oci-layout"), "{}").unwrap();
    told.push(files.told(&layout));
    told.push(files.told(&files.0.path().join("missing.tar")));
    for content in [
        b"#!/bin/sh\n".to_vec(),
        Vec::new(),
        gzipped(b"no tar"),
        tar(&[("hello.txt", b"hello")]),
        tar(&[("oci-layout", b"{}"), ("index.json", b"{}")]),
        tar(&[("manifest.json", b"{}")]),
        tar(&[("manifest.json", b"[]")]),
        tar(&[(
            "manifest.json",
            br#"[{"Config":"a","Layers":[]},{"Config":"b","Layers":[]}]"#,
        )]),
        tar(&[("manifest.json", br#"[{"Config":"a","Layers":[]}]"#)]),
        changed(|config| config["architecture"] = json!("arm64")),
        changed(|config| config["config"]["Cmd"] = json!([])),
        changed(|config| config["config"] = Value::Null),
        changed(|config| config["rootfs"]["diff_ids"] = json!([])),
        changed(|config| config["os"] = Value::Null),
    ] {
        told.push(files.refusal(&content));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_image_id_is_a_sha256_digest_and_nothing_else() {
    let id = ImageId::of_config(b"{}");
    assert_eq!(
        id.as_str(),
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
    assert_eq!(ImageId::parse(id.as_str()), Some(id.clone()));
    let upper = format!("sha256:{}", id.hex().to_uppercase());
    for text in ["", "sha256:", id.hex(), &id.as_str()[..70], &upper] {
        assert_eq!(ImageId::parse(text), None, "{text}");
    }
}
