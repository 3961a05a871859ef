//! Errors for images that Heroku cannot run.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use picletter_core::deploy::image::Image;
use picletter_sandbox::image::WorkerImage;
use serde_json::{Value, json};
use tar::{Builder, Header};
use tempfile::TempDir;

const PROGRAM: &[u8] = b"\x7fELF, followed by anything";

/// A temporary folder for the files of one test.
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

    /// The error for a file with this content, without the folder's name.
    fn error_for_content(&self, content: &[u8]) -> String {
        self.error(&self.file(content))
    }

    fn error(&self, path: &Path) -> String {
        let error = Image::open(path).unwrap_err().to_string();
        error.replace(&self.0.path().display().to_string(), "FOLDER")
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

/// An archive with a modified config.
fn with_config(change: impl Fn(&mut Value)) -> Vec<u8> {
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
fn rejects_images_that_heroku_cannot_run_with_help() {
    let files = Files::new();
    let layout = files.0.path().join("layout");
    fs::create_dir(&layout).unwrap();
    let mut errors = vec![files.error(&layout)];
    fs::write(layout.join("oci-layout"), "{}").unwrap();
    errors.push(files.error(&layout));
    errors.push(files.error(&files.0.path().join("missing.tar")));
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
        with_config(|config| config["architecture"] = json!("arm64")),
        with_config(|config| config["config"]["Cmd"] = json!([])),
        with_config(|config| config["config"] = Value::Null),
        with_config(|config| config["rootfs"]["diff_ids"] = json!([])),
        with_config(|config| config["os"] = Value::Null),
    ] {
        errors.push(files.error_for_content(&content));
    }
    insta::assert_snapshot!(errors.join("\n"));
}
