//! Streaming base64 encoder for pictures.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::Simd;
use base64::engine::general_purpose::PAD;
use bytes::Bytes;

// Without vector instructions, base64 would use a quarter of the run's CPU time.
static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// Encodes chunks of bytes as base64 into one buffer.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    // If the length is known, the buffer is allocated zeroed, which is free for fresh memory.
    // Growing a Vec zeroes it byte by byte, which uses a third of the run's CPU time at opt-level
    // z.
    text: Vec<u8>,
    written: usize,
    rest: Vec<u8>,
}

impl Encoder {
    /// Creates an encoder with capacity for the given number of input bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: vec![0; bytes.div_ceil(3) * 4],
            ..Self::default()
        }
    }

    /// Encodes a chunk of bytes.
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
        // The buffer is large enough, so this cannot fail.
        self.written += ENGINE
            .encode_slice(bytes, &mut self.text[self.written..])
            .unwrap_or_default();
    }

    /// Returns the padded base64 text.
    pub(crate) fn finish(mut self) -> Bytes {
        let rest = std::mem::take(&mut self.rest);
        self.encode(&rest);
        self.text.truncate(self.written);
        Bytes::from(self.text)
    }
}
