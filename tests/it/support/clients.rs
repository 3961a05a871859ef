//! HTTP clients for servers on loopback.

use std::collections::HashMap;
use std::time::Duration;

use picletter_core::deploy::azure::{Arm, Credential};
use picletter_core::deploy::http::{Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use url::Url;

/// The client secret of [`service_principal`].
pub(crate) const SECRET: &str = "a~client/secret+of=mine";

/// Timings without delays: 1 ms before a retry or a poll, and at most 20 ms if `Retry-After` requires
/// more.
pub(crate) const HASTY: Timings = Timings {
    backoff: Duration::from_millis(1),
    poll: Duration::from_millis(1),
    answer: Duration::from_secs(10),
    longest_retry_after: Duration::from_millis(20),
    longest_poll: Duration::from_millis(20),
};

/// An HTTP client that prints nothing.
pub(crate) fn http(timings: Timings) -> Http {
    Http::new(&[], timings, Verbosity::Quiet, Redactor::default()).unwrap()
}

/// The environment variables of a service principal that signs in at `authority`.
pub(crate) fn service_principal(authority: &Url) -> HashMap<&'static str, String> {
    HashMap::from([
        ("AZURE_TENANT_ID", "contoso.onmicrosoft.com".to_owned()),
        (
            "AZURE_CLIENT_ID",
            "d3590ed6-52b3-4102-aeff-aad2292ab01c".to_owned(),
        ),
        ("AZURE_CLIENT_SECRET", SECRET.to_owned()),
        ("AZURE_AUTHORITY_HOST", authority.to_string()),
    ])
}

/// A client of a server that acts as both Azure Resource Manager and Entra ID.
pub(crate) fn arm(url: &Url) -> Arm {
    arm_with(http(HASTY), url)
}

/// [`arm`] with this HTTP client.
pub(crate) fn arm_with(http: Http, url: &Url) -> Arm {
    let variables = service_principal(url);
    let credential = Credential::from_environment(&http, |name| variables.get(name).cloned());
    Arm::new(http, url.clone(), credential.unwrap())
}
