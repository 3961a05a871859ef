//! The platform's client of the registry that contains the released images.
//!
//! Source: <https://distribution.github.io/distribution/spec/api/>; for the config of an image,
//! <https://github.com/opencontainers/image-spec/blob/main/config.md>.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, header};
use reqwest::{Client, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use picletter_oci::{Manifest, digest, media_type};
use picletter_worker::client::{TlsError, client, describe, tls};

use super::unpack::Layer;

/// Timeout for each response of the registry.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The client of a registry. Clones share its connections.
#[derive(Clone)]
pub struct Images {
    client: Client,
    registry: String,
    token: SecretString,
}

/// Why an image was not pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// No response.
    #[error("the registry cannot be reached: {0}")]
    Unreachable(String),
    /// An error response.
    #[error("the registry responded with {0} to GET {1}")]
    Refused(StatusCode, String),
    /// The content does not have the expected digest, or the layers do not match the config.
    #[error("the registry returned content that does not match {0}")]
    Differs(String),
    /// Invalid JSON of a manifest or a config.
    #[error("cannot parse {0}: {1}")]
    Unreadable(String, serde_json::Error),
}

/// A pulled image.
#[derive(Debug)]
pub(super) struct Pulled {
    pub(super) config: Config,
    /// The lowest layer first.
    pub(super) layers: Vec<Layer>,
}

/// The part of an image's config that controls how it runs.
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
    /// A client of the registry at a URL without a trailing slash. `token` is the password; the
    /// registry accepts any user.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(registry: impl Into<String>, token: SecretString) -> Result<Self, TlsError> {
        let client = client(tls(&[])?, |builder| {
            builder
                .no_proxy()
                .redirect(redirect::Policy::default())
                .connect_timeout(TIMEOUT)
                .read_timeout(TIMEOUT)
        })?;
        Ok(Self {
            client,
            registry: registry.into(),
            token,
        })
    }

    /// The digest of the manifest that was last pushed to a repository, if it belongs to the image
    /// with this ID.
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

    /// Pulls the image whose manifest has this digest.
    pub(super) async fn pull(&self, repository: &str, manifest: &str) -> Result<Pulled, PullError> {
        let text = self.get_verified(repository, "manifests", manifest).await?;
        let manifest: Manifest = read("the manifest", &text)?;
        let text = self
            .get_verified(repository, "blobs", &manifest.config.digest)
            .await?;
        let ConfigFile { config, rootfs } = read("the image's config", &text)?;
        if manifest.layers.len() != rootfs.diff_ids.len() {
            return Err(PullError::Differs("the config's layers".to_owned()));
        }
        let mut layers = Vec::new();
        for (layer, plain) in manifest.layers.iter().zip(rootfs.diff_ids) {
            let content = self
                .get_verified(repository, "blobs", &layer.digest)
                .await?;
            layers.push(Layer {
                content,
                digest: layer.digest.clone(),
                plain,
            });
        }
        Ok(Pulled { config, layers })
    }

    async fn get_verified(
        &self,
        repository: &str,
        kind: &str,
        expected: &str,
    ) -> Result<Bytes, PullError> {
        let content = self.get(repository, &format!("{kind}/{expected}")).await?;
        if digest(&content) == expected {
            Ok(content)
        } else {
            Err(PullError::Differs(expected.to_owned()))
        }
    }

    async fn get(&self, repository: &str, path: &str) -> Result<Bytes, PullError> {
        let unreachable = |error: reqwest::Error| PullError::Unreachable(describe(&error));
        let path = format!("/v2/{repository}/{path}");
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

fn read<'a, T: Deserialize<'a>>(name: &str, text: &'a [u8]) -> Result<T, PullError> {
    serde_json::from_slice(text).map_err(|error| PullError::Unreadable(name.to_owned(), error))
}
