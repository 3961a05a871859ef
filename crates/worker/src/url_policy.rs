//! Policy for the URLs that a run may fetch.
//!
//! A picture's URL comes from an API's response or a redirect, so it must not lead to the dyno's
//! own network or to a connection without TLS.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::Url;
use thiserror::Error;
use url::{Host, Origin};

/// Allows only https and public addresses, except for origins that the operator set in a variable.
#[derive(Debug, Clone, Default)]
pub struct UrlPolicy {
    named: Vec<Origin>,
}

/// The URL policy forbids a URL.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Forbidden {
    /// The scheme is not https.
    #[error("leads to `{0}:`, but only https is allowed")]
    Scheme(String),
    /// The URL contains a user name or password.
    #[error("leads to a URL that contains a user name or password")]
    Credentials,
    /// The host is a loopback, private, link-local, or similar address.
    #[error("leads to `{0}`, a private network address")]
    PrivateHost(String),
}

impl UrlPolicy {
    /// Allows the origin of a URL that the operator set.
    pub fn allow(&mut self, url: &Url) {
        self.named.push(url.origin());
    }

    /// Checks whether `url` may be fetched.
    pub fn check(&self, url: &Url) -> Result<(), Forbidden> {
        if has_credentials(url) {
            return Err(Forbidden::Credentials);
        }
        if self.named.contains(&url.origin()) {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(Forbidden::Scheme(url.scheme().to_owned()));
        }
        if is_private(url) {
            return Err(Forbidden::PrivateHost(
                url.host_str().unwrap_or_default().to_owned(),
            ));
        }
        Ok(())
    }
}

/// Whether the URL contains a user name or password.
pub fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// Whether the URL's host is a loopback address or `localhost`. Does not resolve names.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

fn is_private(url: &Url) -> bool {
    let ip = match url.host() {
        Some(Host::Domain(name)) => return is_localhost(name),
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical(),
        None => return true,
    };
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => {
            // NAT64, 6to4, IPv4-compatible, and site-local addresses can map to private ones.
            let [a, b, ..] = ip.segments();
            ip.is_unique_local()
                || ip.is_unicast_link_local()
                || matches!((a, b), (0x64, 0xff9b) | (0x2002, _) | (0, 0))
                || a & 0xffc0 == 0xfec0
        }
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    // 100.64.0.0/10 is shared address space for carriers (RFC 6598).
    let [a, b, ..] = ip.octets();
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_broadcast()
        || (a == 100 && b & 0xc0 == 64)
        || a == 0
}
