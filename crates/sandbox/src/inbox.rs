//! The inbox that receives accepted mails.

use std::sync::Arc;

use tokio::sync::watch;

use super::mail::Mail;

/// Delivered mails, oldest first. Clones share one inbox.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    mails: Arc<watch::Sender<Vec<Arc<Mail>>>>,
}

impl Inbox {
    /// Adds the copies of one message in one step.
    pub(super) fn deliver(&self, copies: impl IntoIterator<Item = Mail>) {
        self.mails
            .send_modify(|mails| mails.extend(copies.into_iter().map(Arc::new)));
    }

    /// All mails delivered so far.
    pub fn mails(&self) -> Vec<Arc<Mail>> {
        self.mails.borrow().clone()
    }

    /// Waits until at least `count` mails were delivered, and returns all of them.
    pub async fn wait_for(&self, count: usize) -> Vec<Arc<Mail>> {
        // The sender lives as long as `self`, so waiting cannot fail.
        match self
            .mails
            .subscribe()
            .wait_for(|mails| mails.len() >= count)
            .await
        {
            Ok(mails) => mails.clone(),
            Err(_closed) => self.mails(),
        }
    }

    /// The mail shown on the page `/mails/{id}`. IDs start at 1.
    pub fn mail(&self, id: usize) -> Option<Arc<Mail>> {
        self.mails.borrow().get(id.checked_sub(1)?).cloned()
    }

    /// The path of the page of a mail; `index` is its index in [`Self::mails`].
    pub fn page_path(index: usize) -> String {
        format!("/mails/{}", index + 1)
    }

    /// A receiver that is notified of each delivery from now on.
    pub fn subscribe(&self) -> watch::Receiver<Vec<Arc<Mail>>> {
        self.mails.subscribe()
    }
}
