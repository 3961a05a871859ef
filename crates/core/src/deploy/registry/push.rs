//! Pushing an image: its layers, its config, and the manifest that names them.
//!
//! Source: <https://distribution.github.io/distribution/spec/api/#pushing-an-image>.

use std::io::Cursor;
use std::time::Duration;

use http::header::LOCATION;
use http::{Method, StatusCode};
use url::Url;

use super::{Registry, RegistryError};
use crate::deploy::http::{Answer, HttpError, Repeat, Upload};
use crate::deploy::image::Image;
use picletter_oci::{Blob, Manifest, media_type};

/// Number of retries of an upload.
const RETRIES: u32 = 3;

impl Registry {
    /// Pushes an image for a process type and verifies it. `on_progress` receives a line for each
    /// layer. Parts that the registry has are not sent.
    ///
    /// # Errors
    /// The archive is damaged, the registry refuses or does not answer, or it has another image
    /// afterwards.
    pub async fn push(
        &self,
        image: &Image,
        app: &str,
        process_type: &str,
        mut on_progress: impl FnMut(&str),
    ) -> Result<(), RegistryError> {
        let repository = format!("{app}/{process_type}");
        let layers = image.archive().layers().await?;
        let mut sent = Vec::new();
        for index in 0..layers.count() {
            let layer = layers.blob(index).await?;
            let is_new = self.push_blob(&repository, &layer).await?;
            on_progress(&format!(
                "layer {} of {}: {}",
                index + 1,
                layers.count(),
                if is_new {
                    size(&layer)
                } else {
                    "already in the registry".to_owned()
                }
            ));
            sent.push(layer.descriptor().clone());
        }
        let config = image.archive().config_blob();
        self.push_blob(&repository, &config).await?;
        let manifest = Manifest::new(config.descriptor().clone(), sent);
        self.push_manifest(&repository, &manifest).await?;
        self.check_arrived(image, app, process_type).await
    }

    async fn check_arrived(
        &self,
        image: &Image,
        app: &str,
        process_type: &str,
    ) -> Result<(), RegistryError> {
        let found = self.released_image(app, process_type).await?;
        if found.as_ref() == Some(image.id()) {
            return Ok(());
        }
        Err(RegistryError::Differs {
            host: self.host.to_string(),
            pushed: image.id().clone(),
            found,
        })
    }

    /// Sends a part of an image, unless the registry has it. Returns whether it was sent.
    async fn push_blob(&self, repository: &str, blob: &Blob) -> Result<bool, RegistryError> {
        let mut attempt = 0;
        loop {
            if self.has_blob(repository, blob).await? {
                return Ok(attempt > 0);
            }
            let url = self.begin_upload(repository).await?;
            match self.upload(url, blob).await {
                Err(error) if attempt < RETRIES && may_pass(&error) => {
                    let backoff = self.http.timings().backoff * 2_u32.pow(attempt);
                    if !self.http.wait(backoff, required_wait(&error)).await {
                        return Err(error);
                    }
                    attempt += 1;
                }
                sent => return sent.map(|()| true),
            }
        }
    }

    async fn has_blob(&self, repository: &str, blob: &Blob) -> Result<bool, RegistryError> {
        let digest = &blob.descriptor().digest;
        let url = self.url(&format!("/v2/{repository}/blobs/{digest}"));
        let answer = self.http.send(self.call(Method::HEAD, url)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        // A redirect to the blob's storage.
        if answer.status.is_redirection() {
            return Ok(true);
        }
        self.accepted(&answer).map(|()| true)
    }

    async fn begin_upload(&self, repository: &str) -> Result<Url, RegistryError> {
        let url = self.url(&format!("/v2/{repository}/blobs/uploads/"));
        let mut call = self.call(Method::POST, url.clone());
        // The registry removes unused uploads.
        call.repeat = Repeat::Safe;
        let answer = self.http.send(call).await?;
        self.accepted(&answer)?;
        upload_url(&url, &answer).ok_or_else(|| RegistryError::NoUpload {
            host: self.host.to_string(),
        })
    }

    /// Sends the whole of it in one request, as containerd does.
    async fn upload(&self, mut url: Url, blob: &Blob) -> Result<(), RegistryError> {
        let (digest, size) = (&blob.descriptor().digest, blob.descriptor().size);
        url.query_pairs_mut().append_pair("digest", digest);
        let mut call = self.call(Method::PUT, url);
        // An upload cannot be completed twice.
        call.repeat = Repeat::Never;
        let blob = blob.clone();
        let upload = Upload::new("application/octet-stream", size, self.patience, move || {
            blob.reader()
        });
        let answer = self.http.send(call.uploading(upload)).await?;
        self.accepted(&answer)
    }

    async fn push_manifest(
        &self,
        repository: &str,
        manifest: &Manifest,
    ) -> Result<(), RegistryError> {
        let text = manifest.json();
        let size = text.len() as u64;
        let upload = Upload::new(media_type::MANIFEST, size, self.patience, move || {
            Box::new(Cursor::new(text.clone()))
        });
        let url = self.url(&format!("/v2/{repository}/manifests/latest"));
        let call = self.call(Method::PUT, url).uploading(upload);
        let answer = self.http.send(call).await?;
        self.accepted(&answer)
    }
}

/// The URL of an upload, relative to the request that started it. Must be at the registry, because
/// no other host may receive the token.
fn upload_url(begun_at: &Url, answer: &Answer) -> Option<Url> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    let url = begun_at.join(location).ok()?;
    (url.origin() == begun_at.origin()).then_some(url)
}

/// Whether another upload may succeed: the connection was lost, or the registry failed or lost the
/// upload.
fn may_pass(error: &RegistryError) -> bool {
    match error {
        RegistryError::Http(HttpError::Lost { .. }) => true,
        RegistryError::Refused { status, .. } => {
            status.is_server_error() || *status == StatusCode::NOT_FOUND
        }
        _ => false,
    }
}

/// The status and the wait of an answer with `Retry-After`.
fn required_wait(error: &RegistryError) -> Option<(StatusCode, Duration)> {
    match error {
        RegistryError::Refused {
            status,
            retry_after,
            ..
        } if status.is_server_error() => retry_after.map(|wait| (*status, wait)),
        _ => None,
    }
}

fn size(blob: &Blob) -> String {
    let tenths = blob.descriptor().size.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
