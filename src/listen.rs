//! The port of a page on this machine.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use tokio::net::TcpListener;

/// A port of this machine that the program cannot listen on.
#[derive(Debug, thiserror::Error)]
pub struct ListenError {
    /// The requested port; 0 means any free one.
    pub port: u16,
    /// The system's error.
    pub source: io::Error,
}

impl Diagnose for ListenError {
    fn diagnostic(&self) -> Diagnostic {
        let Self { port, source } = self;
        if source.kind() == io::ErrorKind::AddrInUse {
            Diagnostic::new(
                format!("port {port} is in use"),
                "choose another with --port (0 selects a free port)",
            )
        } else {
            Diagnostic::new(
                format!("cannot listen on port {port}: {source}"),
                "choose another with --port",
            )
        }
    }
}

display_as_diagnostic!(ListenError);

/// Listens on `port` of 127.0.0.1 (0: any free port). Returns the address with the actual port.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), ListenError> {
    let refused = |source| ListenError { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}
