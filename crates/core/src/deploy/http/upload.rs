//! Request bodies that are read while they are sent.

use std::fmt;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::timeout;

/// The size of a piece of a body, in bytes.
const PIECE: u64 = 64 << 10;

/// Opens a body's content from its beginning, for each attempt to send it.
type Open = Box<dyn Fn() -> Box<dyn Read + Send + Sync> + Send + Sync>;

/// A body of known size that is not kept in memory. It has no time limit as a whole.
#[derive(Clone)]
pub struct Upload(Arc<Content>);

struct Content {
    media_type: &'static str,
    size: u64,
    open: Open,
    patience: Duration,
    /// Changes with each piece that the connection accepts.
    progress: watch::Sender<()>,
}

impl Upload {
    /// A body of `size` bytes. A request with it is aborted after `patience` without progress: the
    /// connection accepted no piece, or no answer arrived after the last one.
    pub fn new(
        media_type: &'static str,
        size: u64,
        patience: Duration,
        open: impl Fn() -> Box<dyn Read + Send + Sync> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Content {
            media_type,
            size,
            open: Box::new(open),
            patience,
            progress: watch::Sender::default(),
        }))
    }

    pub(super) fn media_type(&self) -> &'static str {
        self.0.media_type
    }

    pub(super) fn size(&self) -> u64 {
        self.0.size
    }

    pub(super) fn patience(&self) -> Duration {
        self.0.patience
    }

    pub(super) fn body(&self) -> reqwest::Body {
        reqwest::Body::wrap(Pieces {
            content: (self.0.open)(),
            left: self.0.size,
            progress: self.0.progress.clone(),
        })
    }

    /// The result of sending it; `None` if it makes no progress.
    pub(super) async fn while_it_progresses<T>(
        &self,
        sending: impl Future<Output = T>,
    ) -> Option<T> {
        let mut progress = self.0.progress.subscribe();
        tokio::pin!(sending);
        loop {
            tokio::select! {
                sent = &mut sending => return Some(sent),
                progressed = timeout(self.0.patience, progress.changed()) => {
                    progressed.ok()?.ok()?;
                }
            }
        }
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("media_type", &self.0.media_type)
            .field("size", &self.0.size)
            .finish_non_exhaustive()
    }
}

struct Pieces {
    content: Box<dyn Read + Send + Sync>,
    /// Number of unsent bytes.
    left: u64,
    progress: watch::Sender<()>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.progress.send_replace(());
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = Vec::new();
        let most = self.left.min(PIECE);
        let read = self.content.as_mut().take(most).read_to_end(&mut piece);
        self.left -= piece.len() as u64;
        Poll::Ready(Some(match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(Frame::data(piece.into())),
            Err(error) => Err(error),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
