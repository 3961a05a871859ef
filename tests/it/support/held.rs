//! Requests that a test holds back.

use http::Method;
use picletter_sandbox::faults::{Fault, Faults, Held};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Holds the first matching request until the test drops the received value.
pub(crate) fn hold_first(faults: &Faults, method: Method, path: &str) -> UnboundedReceiver<Held> {
    let (sender, receiver) = unbounded_channel();
    faults.on(method, path, 1, Fault::HoldRequest(sender));
    receiver
}
