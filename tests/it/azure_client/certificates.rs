//! Errors for certificates that fail validation.

use std::collections::HashMap;

use picletter_core::deploy::azure::{Arm, Credential};
use picletter_core::deploy::http::{Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use picletter_test_support::tls::{Authority, TlsServer};
use url::Url;

use super::server::Server;

#[tokio::test]
async fn distinguishes_untrusted_certificates_from_unreachable_hosts() {
    let other_hosts: Vec<String> = (0..40).map(|n| format!("host{n}.example.com")).collect();
    let mut errors = Vec::new();
    for (names, is_trusted) in [(vec!["127.0.0.1".to_owned()], false), (other_hosts, true)] {
        let authority = Authority::new();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let tls = TlsServer::start(authority.server_config(&names), |mut connection| {
            // Runs until the client rejects the certificate.
            let _ = connection.conn.complete_io(&mut connection.sock);
        });
        let tls_url: Url = format!("https://{}", tls.address()).parse().unwrap();
        let anchors = is_trusted.then(|| authority.der());
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
        let arm = Arm::new(http.clone(), tls_url.clone(), credential(&variables));
        errors.push(arm.subscriptions().await.unwrap_err().to_string());
        variables.insert("AZURE_AUTHORITY_HOST", tls_url.to_string());
        let arm = Arm::new(http.clone(), server.url.clone(), credential(&variables));
        errors.push(arm.subscriptions().await.unwrap_err().to_string());
        assert_eq!(tls.connections(), 2, "neither request is retried");
    }
    insta::assert_snapshot!(errors.join("\n"));
}
