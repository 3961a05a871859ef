//! The container image of a single program.

use std::io::Read as _;

use picletter_sandbox::image::WorkerImage;
use tar::Archive;

const PROGRAM: &[u8] = b"\x7fELF, and what follows";

#[test]
fn images_are_reproducible() {
    let archive = || WorkerImage::new(PROGRAM).unwrap().docker_archive().unwrap();
    assert_eq!(archive(), archive());
    let other = WorkerImage::new(b"another program").unwrap();
    assert_ne!(WorkerImage::new(PROGRAM).unwrap().id(), other.id());
}

#[test]
fn the_layer_contains_the_program_and_shell_links() {
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
