//! HTTP client for servers on loopback.

use std::sync::Arc;

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};

/// A client for plain HTTP that uses no proxies and does not follow redirects.
pub fn client() -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls())
        .no_proxy()
        .redirect(redirect::Policy::none())
        .build()
        .unwrap()
}

/// A TLS configuration without trust anchors.
pub fn tls() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}
