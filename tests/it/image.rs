//! Errors for images that Heroku does not run.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use picletter::deploy::image::Image;
use picletter_sandbox::image::WorkerImage;
use serde_json::{Value, json};
use tar::{Builder, Header};
use tempfile::TempDir;

const PROGRAM: &[u8] = b"\x7fELF, and what follows";

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
