//! A TLS server on loopback that plays all the vendors, and can answer as no honest server does.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::job::program::Readable;

/// No wait of a test is longer.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

pub(crate) const MAIL: &str = "/v3/mail/send";
pub(crate) const PICTURE: &str = "/picture.jpg";
pub(crate) const CALLBACK: &str = "/callback";
pub(crate) const HEARTBEAT: &str = "/heartbeat";
pub(crate) const PHOTO: &[u8] = picletter_test_support::COFFEE;

/// What the worker is to trust: one for each test, so that no server of another is trusted.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: Readable,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = Readable::new(&issuer.pem());
        Self { issuer, file }
    }

    fn config_for(&self, names: &[&str]) -> Arc<ServerConfig> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &self.issuer)
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
        Arc::new(config)
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The peer's port: the same for all that one connection carried.
    pub(crate) connection: u16,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(same)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
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
    authority: Arc<Authority>,
    port: u16,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::of(Arc::new(Authority::new()), &["localhost", "127.0.0.1"])
    }

    /// Another server of the same authority, whose certificate is for `name`.
    pub(crate) fn sibling_named(&self, name: &str) -> Self {
        Self::of(Arc::clone(&self.authority), &[name])
    }

    fn of(authority: Arc<Authority>, names: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = authority.config_for(names);
        let server = Self {
            authority,
            port: listener.local_addr().unwrap().port(),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&server.shared);
        // Ends with the test's process.
        thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                let (config, shared) = (Arc::clone(&config), Arc::clone(&shared));
                thread::spawn(move || serve(tcp, config, &shared));
            }
        });
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
        format!("https://localhost:{}{path}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authority_file(&self) -> &Readable {
        &self.authority.file
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

fn serve(tcp: TcpStream, config: Arc<ServerConfig>, shared: &Shared) {
    // A peer that leaves in the middle is what some tests are about.
    let _ = answer_all(tcp, config, shared);
}

fn answer_all(tcp: TcpStream, config: Arc<ServerConfig>, shared: &Shared) -> io::Result<()> {
    tcp.set_write_timeout(Some(BOUND))?;
    tcp.set_nodelay(true)?;
    let tls = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut wire = Wire {
        tls: StreamOwned::new(tls, tcp),
        unread: Vec::new(),
        nth: 0,
        open: true,
    };
    while wire.open {
        let Some(mut request) = wire.read_head()? else {
            break;
        };
        request.connection = wire.tls.sock.peer_addr()?.port();
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

/// One connection, as the server sees it.
pub(crate) struct Wire {
    tls: StreamOwned<ServerConnection, TcpStream>,
    unread: Vec<u8>,
    /// How many requests this route had before.
    pub(crate) nth: usize,
    open: bool,
}

impl Wire {
    /// A whole answer, of which the connection is kept.
    pub(crate) fn answer(
        &mut self,
        status: u16,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> io::Result<()> {
        let length = body.as_ref().len().to_string();
        let headers = [headers, &[("content-length", &length)]].concat();
        self.head(status, &headers)?;
        self.send(body)
    }

    pub(crate) fn head(&mut self, status: u16, headers: &[(&str, &str)]) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {status} Told\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        self.send(head + "\r\n")
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.tls.write_all(bytes.as_ref())?;
        self.tls.flush()
    }

    pub(crate) fn send_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
    }

    /// Closes the connection as TLS wants it.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.open = false;
        self.tls.conn.send_close_notify();
        self.tls.flush()?;
        self.tls.sock.shutdown(Shutdown::Write)
    }

    /// Ends the connection without a word of TLS.
    pub(crate) fn break_off(&mut self) {
        self.open = false;
    }

    /// Ends the connection by a TCP reset.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        self.open = false;
        socket2::SockRef::from(&self.tls.sock).set_linger(Some(Duration::ZERO))
    }

    /// Says nothing more until the peer has left.
    pub(crate) fn stay_silent(&mut self) -> io::Result<()> {
        self.open = false;
        self.peer_leaves_within(BOUND).map(drop)
    }

    /// Waits for the peer to leave; whether it did.
    pub(crate) fn peer_leaves_within(&mut self, limit: Duration) -> io::Result<bool> {
        self.tls.sock.set_read_timeout(Some(limit))?;
        match self.tls.read(&mut [0; 1]) {
            Ok(1) => Err(io::Error::other("the peer went on to speak")),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    fn read_head(&mut self) -> io::Result<Option<Request>> {
        self.tls.sock.set_read_timeout(Some(BOUND))?;
        loop {
            if let Some((request, length)) = parsed(&self.unread)? {
                self.unread.drain(..length);
                return Ok(Some(request));
            }
            if self.read_more()? == 0 {
                return Ok(None);
            }
        }
    }

    pub(crate) fn read_body(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        let length = request
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        while self.unread.len() < length {
            if self.read_more()? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.unread.drain(..length).collect())
    }

    fn read_more(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 16 << 10];
        let read = self.tls.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

fn parsed(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut headers);
    let status = head.parse(bytes).map_err(io::Error::other)?;
    let httparse::Status::Complete(length) = status else {
        return Ok(None);
    };
    let headers = head.headers.iter().map(|header| {
        let value = String::from_utf8_lossy(header.value).into_owned();
        (header.name.to_owned(), value)
    });
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: head.path.unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
        connection: 0,
    };
    Ok(Some((request, length)))
}
