//! Generates IDs, tokens, and other random values.

use fastrand::Rng;

use crate::ids::uuid;

/// A generator of random values. The same seed yields the same values.
pub(super) struct Ids(Rng);

impl Ids {
    pub(super) fn with_seed(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub(super) fn uuid(&mut self) -> String {
        uuid(&mut self.0)
    }

    /// A text of `length` letters and digits.
    pub(super) fn text(&mut self, length: usize) -> String {
        std::iter::repeat_with(|| self.0.alphanumeric())
            .take(length)
            .collect()
    }

    /// 32 hexadecimal digits.
    pub(super) fn hex(&mut self) -> String {
        format!("{:032x}", self.0.u128(..))
    }

    /// The seed of another generator.
    pub(super) fn seed(&mut self) -> u64 {
        self.0.u64(..)
    }
}
