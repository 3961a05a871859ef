//! IDs of the fakes' resources.

use fastrand::Rng;

/// A random UUID of version 4, in lower case with hyphens. The same generator state yields the same
/// ID.
pub(crate) fn uuid(rng: &mut Rng) -> String {
    let bytes = rng.u128(..).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}
