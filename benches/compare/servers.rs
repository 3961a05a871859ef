//! The picture host and the fake of SendGrid, as TLS servers in this process, whose resource usage
//! is not counted.

use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io, mem, thread};

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use axum::serve::Listener;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body::Body as _;
use picletter_test_support::tls::Authority;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::BenchResult;

pub(crate) struct Servers {
    picture_host: SocketAddr,
    mail_api: SocketAddr,
    /// The certificate authority that every contender trusts.
    pub(crate) authority: PathBuf,
    pictures: Vec<Bytes>,
    /// The last mail posted; empty if there is none.
    inbox: Arc<Mutex<Vec<u8>>>,
}

impl Servers {
    /// Starts both servers, with a picture of each size.
    pub(crate) fn start(work: &Path, sizes: &[usize]) -> BenchResult<Self> {
        let authority = Authority::new();
        let acceptor = TlsAcceptor::from(authority.server_config(&["localhost"]));
        let authority_file = work.join("authority.pem");
        fs::write(&authority_file, authority.pem())?;

        let pictures: Vec<Bytes> = sizes.iter().map(|&size| picture(size)).collect();
        let mut picture_host = Router::new();
        for picture in &pictures {
            let body = picture.clone();
            picture_host = picture_host.route(
                &format!("/{}.jpg", picture.len()),
                get(async || ([(header::CONTENT_TYPE, "image/jpeg")], body)),
            );
        }

        let inbox = Arc::new(Mutex::new(Vec::new()));
        let delivery = Arc::clone(&inbox);
        let mail_api = Router::new().route(
            "/v3/mail/send",
            post(
                async move |body: Body| match deliver(body, &delivery).await {
                    Ok(()) => Ok((StatusCode::ACCEPTED, [("X-Message-Id", "bench")])),
                    Err(_) => Err(StatusCode::BAD_REQUEST),
                },
            ),
        );

        Ok(Self {
            picture_host: serve(picture_host, acceptor.clone())?,
            mail_api: serve(mail_api, acceptor)?,
            authority: authority_file,
            pictures,
            inbox,
        })
    }

    pub(crate) fn picture_url(&self, size: usize) -> String {
        format!("https://localhost:{}/{size}.jpg", self.picture_host.port())
    }

    pub(crate) fn mail_api_url(&self) -> String {
        format!("https://localhost:{}", self.mail_api.port())
    }

    /// Takes the last mail posted, and checks that it contains the whole picture of this size: as
    /// an attachment or as a `data:` URI in the HTML.
    pub(crate) fn check_mail(&self, size: usize) -> BenchResult<Vec<u8>> {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let body = inbox.clone();
        inbox.clear();
        if body.is_empty() {
            return Err("no mail arrived".into());
        }
        let mail: serde_json::Value = serde_json::from_slice(&body)?;
        let attached = mail["attachments"][0]["content"].as_str();
        let in_html = || {
            let html = mail["content"][1]["value"].as_str()?;
            html.split_once("data:image/jpeg;base64,")?
                .1
                .split('"')
                .next()
        };
        let encoded = attached
            .or_else(in_html)
            .ok_or("the mail contains no picture")?;
        let sent = STANDARD.decode(encoded)?;
        if !self
            .pictures
            .iter()
            .any(|picture| picture.len() == size && *picture == sent)
        {
            return Err("the picture in the mail differs from that of the picture host".into());
        }
        Ok(body)
    }
}

/// Reads a mail into a reused buffer: allocating new memory for each mail would cost more than the
/// transfer and slow down the contenders.
async fn deliver(mut body: Body, inbox: &Mutex<Vec<u8>>) -> Result<(), axum::Error> {
    let mut mail = mem::take(&mut *inbox.lock().unwrap_or_else(PoisonError::into_inner));
    mail.clear();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Some(data) = frame?.data_ref() {
            mail.extend_from_slice(data);
        }
    }
    *inbox.lock().unwrap_or_else(PoisonError::into_inner) = mail;
    Ok(())
}

/// Random bytes in a JPEG frame, which cannot be compressed.
fn picture(size: usize) -> Bytes {
    const START: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00";
    const END: &[u8] = b"\xff\xd9";
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(size + 8);
    noise.extend_from_slice(START);
    while noise.len() < size - END.len() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(size - END.len());
    noise.extend_from_slice(END);
    noise.into()
}

/// Serves on a separate thread until this process ends.
fn serve(router: Router, acceptor: TlsAcceptor) -> BenchResult<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let tcp = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = tcp.local_addr()?;
    thread::spawn(move || {
        runtime.block_on(async { axum::serve(TlsListener { tcp, acceptor }, router).await })
    });
    Ok(address)
}

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.tcp).await;
            // Otherwise, small responses would wait for the client's delayed acknowledgement.
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
