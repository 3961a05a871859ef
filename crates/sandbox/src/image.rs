//! A container image that contains a single program. It replaces the real image where Nix is not
//! available.

use std::io::{self, Read};

use bytes::Bytes;
use serde_json::json;
use tar::{Builder, EntryType, Header};

use picletter_oci::{Descriptor, ImageId, Manifest, digest, media_type};

/// A single-layer image: a static program as `/bin/worker`, and symbolic links to it where Heroku
/// expects a shell. The same program yields the same image, byte for byte.
#[derive(Debug, Clone)]
pub struct WorkerImage {
    config: Bytes,
    layer: Bytes,
    layer_digest: String,
}

impl WorkerImage {
    /// Builds the image of a program.
    ///
    /// # Errors
    /// The program is too large for a tar.
    pub fn new(program: &[u8]) -> io::Result<Self> {
        let mut layer = Builder::new(Vec::new());
        let folder = header(EntryType::Directory, 0o755, 0);
        append(&mut layer, folder, "bin/", io::empty())?;
        let file = header(EntryType::Regular, 0o755, program.len() as u64);
        append(&mut layer, file, "bin/worker", program)?;
        for shell in ["bin/sh", "bin/bash"] {
            let mut link = header(EntryType::Symlink, 0o777, 0);
            link.set_link_name("worker")?;
            append(&mut layer, link, shell, io::empty())?;
        }
        let layer = layer.into_inner()?;
        let layer_digest = digest(&layer);
        let config = json!({
            "architecture": "amd64",
            "config": { "Cmd": ["worker"], "Entrypoint": ["/bin/worker"] },
            "created": "1970-01-01T00:00:00Z",
            "history": [{ "created": "1970-01-01T00:00:00Z" }],
            "os": "linux",
            "rootfs": { "diff_ids": [layer_digest], "type": "layers" },
        });
        Ok(Self {
            config: config.to_string().into(),
            layer: layer.into(),
            layer_digest,
        })
    }

    /// The image ID: the digest of its config.
    pub fn id(&self) -> ImageId {
        ImageId::from_config(&self.config)
    }

    /// The config, as JSON.
    pub fn config(&self) -> &[u8] {
        &self.config
    }

    /// The layer, an uncompressed tar.
    pub fn layer(&self) -> &[u8] {
        &self.layer
    }

    /// The image as a docker-archive.
    ///
    /// The image is too large for a tar.
    pub fn docker_archive(&self) -> io::Result<Vec<u8>> {
        let config = format!("{}.json", self.id().hex());
        let manifest = json!([{
            "Config": config,
            "RepoTags": ["worker:latest"],
            "Layers": ["layer.tar"],
        }]);
        let manifest = manifest.to_string();
        let mut archive = Builder::new(Vec::new());
        for (name, content) in [
            ("manifest.json", manifest.as_bytes()),
            (&config, &self.config),
            ("layer.tar", &self.layer),
        ] {
            let file = header(EntryType::Regular, 0o644, content.len() as u64);
            append(&mut archive, file, name, content)?;
        }
        archive.into_inner()
    }

    /// The manifest, which refers to the uncompressed layer.
    pub(super) fn manifest(&self) -> Manifest {
        let part = |media_type: &str, content: &[u8], digest: &str| Descriptor {
            media_type: media_type.to_owned(),
            size: content.len() as u64,
            digest: digest.to_owned(),
        };
        Manifest::new(
            part(media_type::CONFIG, &self.config, self.id().as_str()),
            vec![part(
                media_type::PLAIN_LAYER,
                &self.layer,
                &self.layer_digest,
            )],
        )
    }

    /// The config and the layer.
    pub(super) fn into_parts(self) -> [Bytes; 2] {
        [self.config, self.layer]
    }
}

/// Why a program cannot run without other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotStandalone {
    /// Not an ELF file, for example a script.
    #[error("not a 64-bit ELF program, so it requires an interpreter")]
    NotElf,
    /// Not linked statically.
    #[error(
        "dynamically linked, and the image has no loader; `ci/static-worker x86_64-unknown-linux-gnu` builds a static program"
    )]
    NeedsLoader,
}

/// Checks that a program can run in a root directory that contains nothing else.
///
/// Source: elf(5). A dynamically linked program has a `PT_INTERP` header, which names its loader.
///
/// # Errors
/// See [`NotStandalone`].
pub fn check_standalone(program: &[u8]) -> Result<(), NotStandalone> {
    const INTERP: u32 = 3;
    if !program.starts_with(b"\x7fELF\x02\x01") {
        return Err(NotStandalone::NotElf);
    }
    let number = |at: usize, length: usize| {
        let bytes = program.get(at..at.checked_add(length)?)?;
        let bytes = bytes.iter().rev();
        Some(bytes.fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let header = || Some((number(32, 8)?, number(54, 2)?, number(56, 2)?));
    let (first, size, count) = header().ok_or(NotStandalone::NotElf)?;
    let needs_loader = (0..count)
        .filter_map(|index| number(first.checked_add(index * size)?, 4))
        .any(|kind| u32::try_from(kind) == Ok(INTERP));
    if needs_loader {
        Err(NotStandalone::NeedsLoader)
    } else {
        Ok(())
    }
}

/// A tar header of an entry that is owned by root and dated 1970.
fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

fn append(
    to: &mut Builder<Vec<u8>>,
    mut header: Header,
    path: &str,
    content: impl Read,
) -> io::Result<()> {
    to.append_data(&mut header, path, content)
}
