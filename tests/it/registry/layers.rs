//! Archives with layers that are pushed or rejected.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use picletter_sandbox::image::WorkerImage;
use serde_json::json;
use tar::{Builder, EntryType, Header};

use super::{Bench, File};

#[tokio::test]
async fn finds_layers_in_every_kind_of_archive() {
    let image = WorkerImage::new(b"a program").unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(image.layer()).unwrap();
    let gzipped = gzip.finish().unwrap();
    // The same layer twice: the second is a link, or has the same name.
    let mut config: serde_json::Value = serde_json::from_slice(image.config()).unwrap();
    let diff_id = config["rootfs"]["diff_ids"][0].clone();
    config["rootfs"]["diff_ids"] = json!([diff_id, diff_id]);
    let config = config.to_string();
    let archive = |content: &[u8], second: &str| {
        let mut tar = Builder::new(Vec::new());
        let mut link = Header::new_gnu();
        link.set_entry_type(EntryType::Symlink);
        link.set_size(0);
        tar.append_link(&mut link, "b/layer.tar", "../a/layer.tar")
            .unwrap();
        let manifest = json!([{ "Config": "c.json", "Layers": ["a/layer.tar", second] }]);
        for (name, content) in [
            ("a/layer.tar", content),
            ("c.json", config.as_bytes()),
            ("manifest.json", manifest.to_string().as_bytes()),
        ] {
            let mut header = Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content).unwrap();
        }
        tar.into_inner().unwrap()
    };
    let plain = archive(image.layer(), "b/layer.tar");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&plain).unwrap();
    let mut manifests = Vec::new();
    for archive in [
        plain,
        gzip.finish().unwrap(),
        archive(&gzipped, "b/layer.tar"),
        archive(image.layer(), "a/layer.tar"),
    ] {
        let bench = Bench::new().await;
        bench.push(&File::new(&archive)).await.unwrap();
        manifests.push(bench.get("manifests/latest").await.1);
    }
    manifests.dedup();
    assert_eq!(manifests.len(), 1);
}

#[tokio::test]
async fn does_not_send_a_layer_that_differs_from_the_config() {
    let bench = Bench::new().await;
    let mut archive = WorkerImage::new(b"a program")
        .unwrap()
        .docker_archive()
        .unwrap();
    let at = archive.windows(9).position(|at| at == b"a program");
    archive[at.unwrap()] = b'b';
    let error = bench.push_error(&File::new(&archive)).await;
    assert!(
        error.contains("is damaged (the digest of layer.tar is not sha256:"),
        "{error}"
    );
    assert_eq!(bench.requests(), [""; 0]);
}

#[tokio::test]
async fn rejects_layers_compressed_with_zstd() {
    let bench = Bench::new().await;
    let image = WorkerImage::new(b"a program").unwrap();
    let mut archive = image.docker_archive().unwrap();
    let layer = &image.layer()[..16];
    let at = archive.windows(16).position(|at| at == layer).unwrap();
    archive[at..at + 4].copy_from_slice(&[0x28, 0xb5, 0x2f, 0xfd]);
    let error = bench.push_error(&File::new(&archive)).await;
    assert!(
        error.contains("contains a layer compressed with zstd: build it again with gzip layers"),
        "{error}"
    );
    assert_eq!(bench.requests(), [""; 0]);
}
