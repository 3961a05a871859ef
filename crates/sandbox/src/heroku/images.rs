//! The registry that images are released from, as the platform reads it.
//!
//! Source: <https://distribution.github.io/distribution/spec/api/>, and of what an image's config
//! means <https://github.com/opencontainers/image-spec/blob/main/config.md>.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use reqwest::{Client, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use picletter_oci::{Manifest, digest, media_type};
use picletter_worker::client::{TlsError, client, describe, tls};

/// How long the registry may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// A registry. Clones share their connections.
#[derive(Clone)]
pub struct Images {
    client: Client,
    registry: String,
    token: SecretString,
}

/// Why an image could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// There was no answer.
    #[error("the registry cannot be reached: {0}")]
    Unreachable(String),
    /// The registry said no.
    #[error("the registry answered {0} to GET {1}")]
    Refused(StatusCode, String),
    /// What it gave is not what was asked for.
    #[error("the registry gave something else than {0}")]
    Differs(String),
    /// A manifest or a config that cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, serde_json::Error),
}

/// An image, as it was pulled.
#[derive(Debug)]
pub(super) struct Pulled {
    pub(super) config: Config,
    /// Lowest first.
    pub(super) layers: Vec<Layer>,
}

/// A layer of an image.
#[derive(Debug)]
pub(super) struct Layer {
    /// A tar, which may be gzipped.
    pub(super) content: Bytes,
    /// Its digest.
    pub(super) digest: String,
    /// What the digest of the plain tar should be.
    pub(super) plain: String,
}

/// What an image says of how it is run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Config {
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) cmd: Option<Vec<String>>,
    pub(super) env: Option<Vec<String>>,
    pub(super) working_dir: String,
}

#[derive(Deserialize)]
struct ConfigFile {
    #[serde(default)]
    config: Config,
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

impl Images {
    /// The registry at a URL without a slash at its end, with a token as the password of any user.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(registry: impl Into<String>, token: SecretString) -> Result<Self, TlsError> {
        let client = client(tls(&[])?, |builder| {
            builder
                .no_proxy()
                .redirect(redirect::Policy::default())
                .connect_timeout(PATIENCE)
                .read_timeout(PATIENCE)
        })?;
        Ok(Self {
            client,
            registry: registry.into(),
            token,
        })
    }

    /// The digest of the manifest that was pushed last to a repository, if it is that of the image
    /// with this id.
    pub(super) async fn find(
        &self,
        repository: &str,
        id: &str,
    ) -> Result<Option<String>, PullError> {
        let text = match self.get(repository, "manifests/latest").await {
            Err(PullError::Refused(StatusCode::NOT_FOUND, _)) => return Ok(None),
            text => text?,
        };
        let manifest: Manifest = read("the manifest", &text)?;
        Ok((manifest.config.digest == id).then(|| digest(&text)))
    }

    /// The image whose manifest has this digest.
    pub(super) async fn pull(&self, repository: &str, manifest: &str) -> Result<Pulled, PullError> {
        let text = self.checked(repository, "manifests", manifest).await?;
        let manifest: Manifest = read("the manifest", &text)?;
        let text = self
            .checked(repository, "blobs", &manifest.config.digest)
            .await?;
        let ConfigFile { config, rootfs } = read("the image's config", &text)?;
        if manifest.layers.len() != rootfs.diff_ids.len() {
            return Err(PullError::Differs("the config's layers".to_owned()));
        }
        let mut layers = Vec::new();
        for (layer, plain) in manifest.layers.iter().zip(rootfs.diff_ids) {
            let content = self.checked(repository, "blobs", &layer.digest).await?;
            layers.push(Layer {
                content,
                digest: layer.digest.clone(),
                plain,
            });
        }
        Ok(Pulled { config, layers })
    }

    async fn checked(&self, of: &str, kind: &str, wanted: &str) -> Result<Bytes, PullError> {
        let content = self.get(of, &format!("{kind}/{wanted}")).await?;
        if digest(&content) == wanted {
            Ok(content)
        } else {
            Err(PullError::Differs(wanted.to_owned()))
        }
    }

    async fn get(&self, repository: &str, what: &str) -> Result<Bytes, PullError> {
        let unreachable = |error: reqwest::Error| PullError::Unreachable(describe(&error));
        let path = format!("/v2/{repository}/{what}");
        let answer = self
            .client
            .get(format!("{}{path}", self.registry))
            .basic_auth("_", Some(self.token.expose_secret()))
            .header(header::ACCEPT, media_type::MANIFEST)
            .send()
            .await
            .map_err(unreachable)?;
        if !answer.status().is_success() {
            return Err(PullError::Refused(answer.status(), path));
        }
        answer.bytes().await.map_err(unreachable)
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Images")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

fn read<'a, T: Deserialize<'a>>(what: &str, text: &'a [u8]) -> Result<T, PullError> {
    serde_json::from_slice(text).map_err(|error| PullError::Unreadable(what.to_owned(), error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test's way to fail")]

    use tokio::net::TcpListener;

    use super::*;

    // The clock goes on by itself when nothing else happens.
    #[tokio::test(start_paused = true)]
    async fn a_registry_that_says_nothing_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let images = Images::new(url, "token".into()).unwrap();
        let (found, _open) = tokio::join!(images.find("app/worker", "sha256:0"), silent.accept());
        let error = found.unwrap_err();
        assert!(matches!(error, PullError::Unreachable(_)), "{error}");
    }
}
