//! A loopback address that drops all connection attempts, like a firewall.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A listener that accepts no connections and whose backlog is full.
pub struct BlackHole {
    listener: Socket,
    _backlog: Vec<Socket>,
}

impl Default for BlackHole {
    fn default() -> Self {
        Self::new()
    }
}

impl BlackHole {
    /// Listens on a free port.
    pub fn new() -> Self {
        let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let listener = socket();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listener.bind(&any_port.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let backlog = (0..4).map(|_| {
            let client = socket();
            client.set_nonblocking(true).unwrap();
            // The kernel accepts one or two connections; the rest wait.
            let _ = client.connect(&address);
            client
        });
        Self {
            _backlog: backlog.collect(),
            listener,
        }
    }

    /// The URL of the address.
    pub fn url(&self, scheme: &str) -> String {
        let address = self.listener.local_addr().unwrap();
        format!("{scheme}://{}", address.as_socket().unwrap())
    }
}
