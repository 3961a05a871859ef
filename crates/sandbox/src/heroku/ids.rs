//! Random IDs and IDs derived from names.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::iter;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::ids::uuid;

/// A generator of IDs and other random values. The same seed yields the same values.
pub(super) struct Ids(Rng);

impl Ids {
    pub(super) fn with_seed(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub(super) fn uuid(&mut self) -> String {
        uuid(&mut self.0)
    }

    /// A token that is valid only at this fake; see [`random_token`].
    pub(super) fn token(&mut self) -> String {
        random_token(&mut self.0)
    }

    /// A random name for an app.
    pub(super) fn app_name(&mut self) -> String {
        format!("app-{:08x}", self.0.u32(..))
    }

    /// The number of a one-off dyno.
    pub(super) fn dyno_number(&mut self) -> u32 {
        self.0.u32(1000..=9999)
    }

    pub(super) fn port(&mut self) -> u16 {
        self.0.u16(3_000..60_000)
    }
}

/// A random token in the vendor's format, valid only at this fake.
pub(crate) fn random_token(rng: &mut Rng) -> String {
    let random = iter::repeat_with(|| rng.alphanumeric()).take(60);
    "HRKU-".chars().chain(random).collect()
}

/// A reference to something of the vendor's: name and ID.
pub(super) fn reference(name: &str) -> Value {
    json!({ "id": id_for(name), "name": name })
}

/// The ID of a name, always the same.
pub(super) fn id_for(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    Ids::with_seed(hasher.finish()).uuid()
}
