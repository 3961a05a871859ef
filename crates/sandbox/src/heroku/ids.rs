//! Ids, random and of names.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::iter;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::ids::uuid;

/// The source of ids and of other random values; the same seed gives the same ones.
pub(super) struct Ids(Rng);

impl Ids {
    pub(super) fn with_seed(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub(super) fn uuid(&mut self) -> String {
        uuid(&mut self.0)
    }

    /// A token that opens nothing else; see [`random_token`].
    pub(super) fn token(&mut self) -> String {
        random_token(&mut self.0)
    }

    /// A name of an app for which none was asked.
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

/// A token that opens nothing else, of the form that the vendor's have.
pub(crate) fn random_token(rng: &mut Rng) -> String {
    let random = iter::repeat_with(|| rng.alphanumeric()).take(60);
    "HRKU-".chars().chain(random).collect()
}

/// Something of the vendor's that has a name and an id.
pub(super) fn named(name: &str) -> Value {
    json!({ "id": id_of(name), "name": name })
}

/// The id of a name, always the same.
pub(super) fn id_of(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    Ids::with_seed(hasher.finish()).uuid()
}
