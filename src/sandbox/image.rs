//! An image that holds one program, for where there is no Nix to make the real one.

use std::io::{self, Read};

use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use crate::deploy::image::{ImageId, digest};
use crate::deploy::registry::MANIFEST_V2;

/// An image of one layer: a static program as `/bin/worker`, and links to it where Heroku looks for
/// a shell. The same program makes the same image, byte for byte.
#[derive(Debug, Clone)]
pub struct WorkerImage {
    config: Vec<u8>,
    layer: Vec<u8>,
    layer_digest: String,
}

impl WorkerImage {
    /// With this program.
    ///
    /// # Errors
    /// It is too large for a tar.
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
            config: config.to_string().into_bytes(),
            layer,
            layer_digest,
        })
    }

    /// The digest of its config.
    pub fn id(&self) -> ImageId {
        ImageId::of_config(&self.config)
    }

    /// Its config, which is JSON.
    pub fn config(&self) -> &[u8] {
        &self.config
    }

    /// Its layer, a tar.
    pub fn layer(&self) -> &[u8] {
        &self.layer
    }

    /// The image as a docker-archive.
    ///
    /// # Errors
    /// It is too large for a tar.
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

    /// Its manifest, version 2 schema 2.
    /// Source: <https://distribution.github.io/distribution/spec/manifest-v2-2/>.
    pub(super) fn manifest(&self) -> Value {
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_V2,
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": self.config.len(),
                "digest": self.id().as_str(),
            },
            "layers": [{
                "mediaType": "application/vnd.docker.image.rootfs.diff.tar",
                "size": self.layer.len(),
                "digest": self.layer_digest,
            }],
        })
    }
}

/// Owned by root, of 1970.
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
