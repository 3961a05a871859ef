//! HTTP client setup: TLS configuration, common settings, and error descriptions.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use reqwest::{Client, ClientBuilder, redirect};
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use thiserror::Error;

/// Setting up a client or its TLS configuration failed.
#[derive(Debug, Error)]
#[error("cannot set up TLS: {0}")]
pub struct TlsError(String);

/// A TLS configuration on ring that trusts the compiled-in anchors and `extra_anchors`.
///
/// # Errors
/// ring does not support rustls's default protocol versions.
pub fn tls(extra_anchors: &[CertificateDer<'static>]) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    roots.add_parsable_certificates(extra_anchors.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// A client that sends no referrer, does not retry, and does not follow redirects. `configure` adds
/// the settings that differ between clients.
///
/// # Errors
/// reqwest rejects the configuration.
pub fn client(
    tls: ClientConfig,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, TlsError> {
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .referer(false)
        .retry(reqwest::retry::never())
        .redirect(redirect::Policy::none());
    configure(builder)
        .build()
        .map_err(|error| TlsError(describe(&error)))
}

/// The certificate error that caused `error`, if any.
pub fn certificate_error(error: &reqwest::Error) -> Option<&CertificateError> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(reason)) = error.downcast_ref() {
            return Some(reason);
        }
        // `io::Error::source` skips the error that it wraps, so use `get_ref`.
        cause = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    None
}

/// Describes an error by its two innermost causes. Omits the URL, which may contain a signature.
pub fn describe(error: &reqwest::Error) -> String {
    let (mut reasons, mut source) = (Vec::new(), error.source());
    while let Some(reason) = source {
        reasons.push(reason.to_string());
        source = reason.source();
    }
    reasons.dedup();
    if error.is_dns() {
        let host = error
            .url()
            .and_then(|url| url.host_str())
            .unwrap_or_default();
        return format!("cannot find the host {host}");
    }
    let kind = match error {
        _ if error.is_connect() && error.is_timeout() => {
            return "cannot connect: timed out".to_owned();
        }
        _ if error.is_timeout() => "timed out",
        _ if error.is_redirect() => "redirect not followed",
        _ if error.is_connect() => "cannot connect",
        _ if error.is_body() || error.is_decode() => "transfer interrupted",
        _ => "request failed",
    };
    let inner = reasons[reasons.len().saturating_sub(2)..].join(": ");
    if inner.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind}: {inner}")
    }
}
