//! Requests that a test holds.

use http::Method;
use picletter_sandbox::faults::{Fault, Faults, Held};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Holds the first request like this until what is received is dropped.
pub(crate) fn hold_first(faults: &Faults, method: Method, path: &str) -> UnboundedReceiver<Held> {
    let (sender, receiver) = unbounded_channel();
    faults.on(method, path, 1, Fault::HoldRequest(sender));
    receiver
}
