//! One TLS connection of a test server: reads requests, and sends valid or invalid responses.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::time::Duration;

use picletter_test_support::tls::Connection;
use serde_json::Value;

/// The maximum wait of a test.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path and query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The peer's port, which identifies the connection.
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

/// One connection, on the server's side.
pub(crate) struct Wire {
    tls: Connection,
    unread: Vec<u8>,
    /// The number of earlier requests to this route.
    pub(crate) nth: usize,
    pub(crate) open: bool,
}

impl Wire {
    /// Wraps a new connection.
    pub(crate) fn new(tls: Connection) -> io::Result<Self> {
        tls.sock.set_write_timeout(Some(BOUND))?;
        tls.sock.set_nodelay(true)?;
        Ok(Self {
            tls,
            unread: Vec::new(),
            nth: 0,
            open: true,
        })
    }

    /// Sends a complete response and keeps the connection open.
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
        let mut head = format!("HTTP/1.1 {status} Test\r\n");
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

    /// Closes the connection with a TLS close_notify.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        self.open = false;
        self.tls.conn.send_close_notify();
        self.tls.flush()?;
        self.tls.sock.shutdown(Shutdown::Write)
    }

    /// Closes the connection without a TLS close_notify.
    pub(crate) fn close_abruptly(&mut self) {
        self.open = false;
    }

    /// Closes the connection with a TCP reset.
    pub(crate) fn reset(&mut self) -> io::Result<()> {
        self.open = false;
        socket2::SockRef::from(&self.tls.sock).set_linger(Some(Duration::ZERO))
    }

    /// Sends nothing until the peer closes the connection.
    pub(crate) fn stay_silent(&mut self) -> io::Result<()> {
        self.open = false;
        self.peer_closes_within(BOUND).map(drop)
    }

    /// Waits for the peer to close the connection. Returns whether it did.
    pub(crate) fn peer_closes_within(&mut self, limit: Duration) -> io::Result<bool> {
        self.tls.sock.set_read_timeout(Some(limit))?;
        match self.tls.read(&mut [0; 1]) {
            Ok(1) => Err(io::Error::other("unexpected data from the peer")),
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

    pub(crate) fn read_head(&mut self) -> io::Result<Option<Request>> {
        self.tls.sock.set_read_timeout(Some(BOUND))?;
        loop {
            if let Some((mut request, length)) = parsed(&self.unread)? {
                self.unread.drain(..length);
                request.connection = self.tls.sock.peer_addr()?.port();
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
