//! Base64 of a picture, encoded while its bytes arrive.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use bytes::Bytes;

// A quarter of the whole run's CPU would go into base64 without vector instructions.
static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// Base64 of bytes that come in pieces, in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    // Zeroed from the start where the length is declared: that is fresh memory of the system's,
    // while a Vec that grows is zeroed byte by byte, a third of the run's CPU at opt-level z.
    text: Vec<u8>,
    written: usize,
    rest: Vec<u8>,
}

impl Encoder {
    /// An encoder with room for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: vec![0; bytes.div_ceil(3) * 4],
            ..Self::default()
        }
    }

    /// Appends bytes.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        if !self.rest.is_empty() {
            let missing = (3 - self.rest.len()).min(bytes.len());
            self.rest.extend_from_slice(&bytes[..missing]);
            bytes = &bytes[missing..];
            if self.rest.len() < 3 {
                return;
            }
            let rest = std::mem::take(&mut self.rest);
            self.encode(&rest);
        }
        let whole = bytes.len() / 3 * 3;
        self.encode(&bytes[..whole]);
        self.rest.extend_from_slice(&bytes[whole..]);
    }

    fn encode(&mut self, bytes: &[u8]) {
        let end = self.written + bytes.len().div_ceil(3) * 4;
        if self.text.len() < end {
            self.text.resize(end, 0);
        }
        // There is room for all of it, so this cannot fail.
        self.written += ENGINE
            .encode_slice(bytes, &mut self.text[self.written..])
            .unwrap_or_default();
    }

    /// The text, padded.
    pub(crate) fn finish(mut self) -> Bytes {
        let rest = std::mem::take(&mut self.rest);
        self.encode(&rest);
        self.text.truncate(self.written);
        Bytes::from(self.text)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn pieces_of_any_size_encode_as_the_whole_does() {
        let whole: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for size in [1, 2, 3, 4, 5, 7, 64, 999, 1000] {
            // Enough for the first piece only: the length may be declared or not.
            let mut encoder = Encoder::with_capacity(size);
            whole.chunks(size).for_each(|piece| encoder.push(piece));
            assert_eq!(
                encoder.finish(),
                STANDARD.encode(&whole),
                "pieces of {size}"
            );
        }
    }
}
