//! Identifiers in the service's form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::ticks;

/// Id of a run that starts at `now`, such as `08586447130394969981639729333CU06`: a number that
/// decreases with time, random digits, and the scale unit that runs it.
pub(super) fn for_run(now: Timestamp, random: &mut fastrand::Rng) -> String {
    let descending = ticks::descending(now);
    let (random, unit) = (random.u32(..1_000_000_000), random.u8(..100));
    format!("{descending:020}{random:09}CU{unit:02}")
}

/// Unguessable signature: 256 bits as URL-safe base64.
pub(super) fn signature(random: &mut fastrand::Rng) -> String {
    let bytes: [u8; 32] = std::array::from_fn(|_| random.u8(..));
    URL_SAFE_NO_PAD.encode(bytes)
}
