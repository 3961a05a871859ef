//! A TLS server on loopback that fakes all vendors, including invalid responses.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use picletter_test_support::tls::{Authority, Connection, TlsServer};

use crate::job::program::Readable;
use crate::job::wire::{BOUND, Request, Wire};

pub(crate) const MAIL: &str = "/v3/mail/send";
pub(crate) const PICTURE: &str = "/picture.jpg";
pub(crate) const CALLBACK: &str = "/callback";
pub(crate) const HEARTBEAT: &str = "/heartbeat";
pub(crate) const PHOTO: &[u8] = picletter_test_support::COFFEE;

/// A certificate authority that the worker trusts. Each test has its own.
struct Trust {
    authority: Authority,
    file: Readable,
}

impl Trust {
    fn new() -> Self {
        let authority = Authority::new();
        let file = Readable::new(&authority.pem());
        Self { authority, file }
    }
}

type Answer = dyn Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync;

#[derive(Clone)]
struct Route {
    method: &'static str,
    path: String,
    /// Whether the handler runs before the request's body is read.
    early: bool,
    calls: Arc<AtomicUsize>,
    answer: Arc<Answer>,
}

#[derive(Default)]
struct Shared {
    routes: Mutex<Vec<Route>>,
    requests: Mutex<Vec<Request>>,
    received: Condvar,
}

/// Fakes of all vendors on one port. Routes that a test does not override succeed.
pub(crate) struct Server {
    trust: Arc<Trust>,
    tls: TlsServer,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::trusted_by(Arc::new(Trust::new()), &["localhost", "127.0.0.1"])
    }

    /// Starts another server, with a certificate for `name` from the same authority.
    pub(crate) fn sibling_named(&self, name: &str) -> Self {
        Self::trusted_by(Arc::clone(&self.trust), &[name])
    }

    fn trusted_by(trust: Arc<Trust>, names: &[&str]) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let config = trust.authority.server_config(names);
        let answers = Arc::clone(&shared);
        let tls = TlsServer::start(config, move |connection| {
            // Ignores the error: in some tests, the peer closes the connection early.
            let _ = answer_all(connection, &answers);
        });
        let server = Self { trust, tls, shared };
        server
            .on("HEAD", MAIL, |_, wire| wire.answer(405, &[], ""))
            .on("POST", MAIL, |_, wire| accept(wire))
            .on("GET", PICTURE, |_, wire| {
                wire.answer(200, &[("content-type", "image/jpeg")], PHOTO)
            })
            .on("POST", CALLBACK, |_, wire| wire.answer(200, &[], ""))
            .on("GET", HEARTBEAT, |_, wire| wire.answer(200, &[], ""));
        server
    }

    /// Handles requests whose path starts with `path`. Later routes take precedence.
    pub(crate) fn on(
        &self,
        method: &'static str,
        path: &str,
        answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
    ) -> &Self {
        self.route(method, path, false, answer)
    }

    /// Like `on`, but handles the request before its body is read.
    pub(crate) fn early_on(
        &self,
        method: &'static str,
        path: &str,
        answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
    ) -> &Self {
        self.route(method, path, true, answer)
    }

    fn route(
        &self,
        method: &'static str,
        path: &str,
        early: bool,
        answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
    ) -> &Self {
        self.shared.routes.lock().unwrap().push(Route {
            method,
            path: path.to_owned(),
            early,
            calls: Arc::default(),
            answer: Arc::new(answer),
        });
        self
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port())
    }

    pub(crate) fn port(&self) -> u16 {
        self.tls.address().port()
    }

    pub(crate) fn authority_file(&self) -> &Readable {
        &self.trust.file
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn requests_to(&self, method: &str, path: &str) -> Vec<Request> {
        self.requests()
            .into_iter()
            .filter(|request| request.method == method && request.path.starts_with(path))
            .collect()
    }

    /// The mails that the mail API received, without the `HEAD` request that opens the connection.
    pub(crate) fn mails(&self) -> Vec<Request> {
        self.requests_to("POST", MAIL)
    }

    /// Waits until such a request has been received.
    pub(crate) fn wait_for(&self, method: &str, path: &str) {
        let requests = self.shared.requests.lock().unwrap();
        let is_missing = |requests: &mut Vec<Request>| {
            !requests
                .iter()
                .any(|request| request.method == method && request.path.starts_with(path))
        };
        let (requests, waited) = self
            .shared
            .received
            .wait_timeout_while(requests, BOUND, is_missing)
            .unwrap();
        assert!(!waited.timed_out(), "{method} {path}: {requests:?}");
    }
}

/// SendGrid's response to an accepted mail.
pub(crate) fn accept(wire: &mut Wire) -> io::Result<()> {
    wire.answer(202, &[("x-message-id", "mEP4pfmxTSaIrIdEgxdAdw")], "")
}

fn answer_all(connection: Connection, shared: &Shared) -> io::Result<()> {
    let mut wire = Wire::new(connection)?;
    while wire.open {
        let Some(mut request) = wire.read_head()? else {
            break;
        };
        let route = shared
            .routes
            .lock()
            .unwrap()
            .iter()
            .rfind(|route| route.method == request.method && request.path.starts_with(&route.path))
            .cloned();
        if !route.as_ref().is_some_and(|route| route.early) {
            request.body = wire.read_body(&request)?;
        }
        shared.requests.lock().unwrap().push(request.clone());
        shared.received.notify_all();
        match route {
            Some(route) => {
                wire.nth = route.calls.fetch_add(1, Ordering::Relaxed);
                (route.answer)(&request, &mut wire)?;
            }
            None => wire.answer(404, &[], "no such route")?,
        }
    }
    Ok(())
}
