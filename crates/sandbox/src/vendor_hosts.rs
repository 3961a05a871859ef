//! Requests of workflows to the vendors' own hosts, which reach the fakes instead.

use std::net::SocketAddr;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Uri};

use picletter_logic_apps::HttpClient;
use picletter_logic_apps::{Sending, Transport};

const HEROKU: &str = "api.heroku.com";

/// Sends over HTTP. A template that names `https://api.heroku.com` itself, as the original article's
/// does, starts dynos at the fake.
pub(super) struct VendorHosts {
    pub(super) client: HttpClient,
    /// Where the fake of Heroku listens.
    pub(super) heroku: SocketAddr,
}

impl Transport for VendorHosts {
    fn send(&self, mut request: Request<Bytes>) -> Sending<'_> {
        if request.uri().host() == Some(HEROKU) {
            let mut parts = request.uri().clone().into_parts();
            parts.scheme = Some(Scheme::HTTP);
            parts.authority = Authority::try_from(self.heroku.to_string()).ok();
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
        self.client.send(request)
    }
}
