//! Redirects requests of workflows from the vendors' hosts to the fakes.

use std::net::SocketAddr;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Uri};

use picletter_logic_apps::HttpClient;
use picletter_logic_apps::{Sending, Transport};

const HEROKU: &str = "api.heroku.com";

/// Sends requests over HTTP. A template that contains `https://api.heroku.com`, as the original
/// article's does, starts dynos at the fake.
pub(super) struct VendorHosts {
    pub(super) client: HttpClient,
    /// The address of the fake of Heroku.
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
