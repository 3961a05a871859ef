//! Prompts that a signal can interrupt.

use std::io::{self, Write as _, stderr, stdin};
use std::thread;

use inquire::InquireError;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;
use tokio::task::yield_now;

/// Stops marking pasted text, shows the cursor, and starts a new line.
const RESET: &[u8] = b"\x1b[?2004l\x1b[?25h\n";

/// Runs `ask` on a thread of its own, because it blocks. If this future is dropped, the thread is
/// abandoned. Without an answer, the terminal is restored.
pub(super) async fn prompt<T: Send + 'static>(
    ask: impl FnOnce() -> Result<T, InquireError> + Send + 'static,
) -> Result<T, InquireError> {
    // A command handles signals after its first poll.
    yield_now().await;
    let (sender, answer) = oneshot::channel();
    let mut terminal = Terminal(tcgetattr(stdin()).ok());
    thread::Builder::new().spawn(move || sender.send(ask()))?;
    let answer = answer.await.map_err(io::Error::other)??;
    terminal.0 = None;
    Ok(answer)
}

/// Restores these attributes when it is dropped.
struct Terminal(Option<Termios>);

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(attributes) = &self.0 {
            // The terminal may be closed.
            let _ = tcsetattr(stdin(), OptionalActions::Now, attributes);
            let _ = stderr().lock().write_all(RESET);
        }
    }
}
