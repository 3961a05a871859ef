//! Reads lines of a body as they arrive.
//!
//! Not `tokio_util::codec::LinesCodec`: it fails on lines that are too long or not UTF-8. A log
//! should show the beginning of the former and the readable part of the latter.

use reqwest::{Error, Response};

/// Maximum length of a line; longer ones are truncated. Heroku's are at most 10,000 bytes.
/// Source: <https://devcenter.heroku.com/articles/logging#log-history-limits>.
const LONGEST: usize = 64 << 10;

/// Reads lines without keeping more than one.
#[derive(Debug)]
pub(super) struct Lines {
    response: Response,
    buffer: Vec<u8>,
    searched: usize,
    cut: bool,
}

impl Lines {
    pub(super) fn new(response: Response) -> Self {
        Self {
            response,
            buffer: Vec::new(),
            searched: 0,
            cut: false,
        }
    }

    /// The next line without its line break; `None` at the end. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            let unseen = self.buffer.get(self.searched..).unwrap_or_default();
            if let Some(at) = unseen.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=self.searched + at).collect();
                self.searched = 0;
                if !std::mem::take(&mut self.cut) {
                    return Ok(Some(text(&line)));
                }
                continue;
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > LONGEST {
                self.buffer.truncate(LONGEST);
                let line = text(&std::mem::take(&mut self.buffer));
                self.searched = 0;
                if !std::mem::replace(&mut self.cut, true) {
                    return Ok(Some(format!("{line}…")));
                }
            }
            if let Some(chunk) = self.response.chunk().await? {
                self.buffer.extend_from_slice(&chunk);
                continue;
            }
            let rest = std::mem::take(&mut self.buffer);
            self.searched = 0;
            let whole = !rest.is_empty() && !std::mem::take(&mut self.cut);
            return Ok(whole.then(|| text(&rest)));
        }
    }
}

fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}
