//! A TLS server on loopback that plays all the vendors, and can answer as no honest server does.

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

/// What the worker is to trust: one for each test, so that no server of another is trusted.
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
    /// Answers as soon as the head is there.
    early: bool,
    calls: Arc<AtomicUsize>,
    answer: Arc<Answer>,
}

#[derive(Default)]
struct Shared {
    routes: Mutex<Vec<Route>>,
    requests: Mutex<Vec<Request>>,
    came: Condvar,
}

/// All the vendors on one port; what a test does not change answers as it should.
pub(crate) struct Server {
    trust: Arc<Trust>,
    tls: TlsServer,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::trusted_by(Arc::new(Trust::new()), &["localhost", "127.0.0.1"])
    }

    /// Another server of the same authority, whose certificate is for `name`.
    pub(crate) fn sibling_named(&self, name: &str) -> Self {
        Self::trusted_by(Arc::clone(&self.trust), &[name])
    }

    fn trusted_by(trust: Arc<Trust>, names: &[&str]) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let config = trust.authority.server_config(names);
        let answers = Arc::clone(&shared);
        let tls = TlsServer::start(config, move |connection| {
            // A peer that leaves in the middle is what some tests are about.
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

    /// From now on, requests whose path begins with `path` are answered so.
    pub(crate) fn on(
        &self,
        method: &'static str,
        path: &str,
        answer: impl Fn(&Request, &mut Wire) -> io::Result<()> + Send + Sync + 'static,
    ) -> &Self {
        self.route(method, path, false, answer)
    }

    /// As `on`, but before the body is read.
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

    /// What reached the mail API as a mail; the early connection does not count.
    pub(crate) fn mails(&self) -> Vec<Request> {
        self.requests_to("POST", MAIL)
    }

    /// Waits until such a request is there.
    pub(crate) fn wait_for(&self, method: &str, path: &str) {
        let requests = self.shared.requests.lock().unwrap();
        let is_missing = |requests: &mut Vec<Request>| {
            !requests
                .iter()
                .any(|request| request.method == method && request.path.starts_with(path))
        };
        let (requests, waited) = self
            .shared
            .came
            .wait_timeout_while(requests, BOUND, is_missing)
            .unwrap();
        assert!(!waited.timed_out(), "{method} {path}: {requests:?}");
    }
}

/// SendGrid's answer to a mail that it takes.
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
        shared.came.notify_all();
        match route {
            Some(route) => {
                wire.nth = route.calls.fetch_add(1, Ordering::Relaxed);
                (route.answer)(&request, &mut wire)?;
            }
            None => wire.answer(404, &[], "no such thing here")?,
        }
    }
    Ok(())
}
