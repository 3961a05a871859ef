//! An address on loopback that drops each attempt to connect, as a firewall does.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A listener that accepts nothing and whose backlog is full. Drops with its connections.
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
    /// On a free port.
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
            // One or two are accepted by the kernel; the rest wait.
            let _ = client.connect(&address);
            client
        });
        Self {
            _backlog: backlog.collect(),
            listener,
        }
    }

    /// Its address.
    pub fn url(&self, scheme: &str) -> String {
        let address = self.listener.local_addr().unwrap();
        format!("{scheme}://{}", address.as_socket().unwrap())
    }
}
