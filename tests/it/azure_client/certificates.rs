//! What a person reads when the certificate of a server fails the check.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use picletter::deploy::azure::{Arm, Credential};
use picletter::deploy::http::{Http, Timings, Verbosity};
use picletter::deploy::redact::Redactor;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::server::Server;

/// A server whose certificate, by an authority of its own, has these names.
struct TlsServer {
    url: Url,
    authority: CertificateDer<'static>,
    connections: Arc<AtomicUsize>,
}

impl TlsServer {
    async fn start(names: Vec<String>) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                // Until the client rejects the certificate.
                let _ = acceptor.accept(stream).await;
            }
        });
        Self {
            url: url.parse().unwrap(),
            authority: issuer.der().clone(),
            connections,
        }
    }
}

#[tokio::test]
async fn an_untrusted_certificate_is_not_an_unreachable_host() {
    let others: Vec<String> = (0..40).map(|n| format!("host{n}.example.com")).collect();
    let mut errors = Vec::new();
    for (names, is_trusted) in [(vec!["127.0.0.1".to_owned()], false), (others, true)] {
        let tls = TlsServer::start(names).await;
        let anchors = is_trusted.then(|| tls.authority.clone());
        let http = Http::new(
            anchors.as_slice(),
            Timings::default(),
            Verbosity::Quiet,
            Redactor::default(),
        )
        .unwrap();
        let server = Server::start(|_| None).await;
        let mut variables = server.variables();
        let credential = |variables: &HashMap<&str, String>| {
            Credential::from_environment(&http, |name| variables.get(name).cloned()).unwrap()
        };
        let arm = Arm::new(http.clone(), tls.url.clone(), credential(&variables));
        errors.push(arm.subscriptions().await.unwrap_err().to_string());
        variables.insert("AZURE_AUTHORITY_HOST", tls.url.to_string());
        let arm = Arm::new(http.clone(), server.url.clone(), credential(&variables));
        errors.push(arm.subscriptions().await.unwrap_err().to_string());
        assert_eq!(
            tls.connections.load(Ordering::SeqCst),
            2,
            "neither request is sent again"
        );
    }
    insta::assert_snapshot!(errors.join("\n"));
}
