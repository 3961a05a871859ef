//! The request body that contains the mail.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::payload::Pieces;

/// Frame size in bytes, small enough that the connection never buffers a second copy of a large
/// body.
const FRAME: usize = 64 << 10;

/// The mail as a request body of known length, in small frames. Records when the connection has
/// read the last frame.
pub(super) struct MailBody {
    pieces: [Bytes; 3],
    left: u64,
    whole: Arc<AtomicBool>,
}

impl MailBody {
    /// Creates the body of `mail`. Sets `whole` when the last byte has been read.
    pub(super) fn new(mail: &Pieces, whole: Arc<AtomicBool>) -> Self {
        Self {
            pieces: mail.0.clone(),
            left: mail.len() as u64,
            whole,
        }
    }
}

impl http_body::Body for MailBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(piece) = self.pieces.iter_mut().find(|piece| !piece.is_empty()) else {
            return Poll::Ready(None);
        };
        let frame = piece.split_to(piece.len().min(FRAME));
        self.left -= frame.len() as u64;
        if self.left == 0 {
            self.whole.store(true, Ordering::Release);
        }
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
