//! The inbox that accepted mails are delivered to.

use std::sync::Arc;

use tokio::sync::watch;

use super::mail::Mail;

/// Delivered mails, oldest first. Clones share one inbox.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    mails: Arc<watch::Sender<Vec<Arc<Mail>>>>,
}

impl Inbox {
    /// Adds the copies of one message, all at once.
    pub(super) fn deliver(&self, copies: impl IntoIterator<Item = Mail>) {
        self.mails
            .send_modify(|mails| mails.extend(copies.into_iter().map(Arc::new)));
    }

    /// All mails delivered so far.
    pub fn mails(&self) -> Vec<Arc<Mail>> {
        self.mails.borrow().clone()
    }

    /// Waits until at least `count` mails were delivered, and returns all.
    pub async fn arrival_of(&self, count: usize) -> Vec<Arc<Mail>> {
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

    /// The mail of the page `/mails/{id}`: they are numbered from 1.
    pub fn mail(&self, id: usize) -> Option<Arc<Mail>> {
        self.mails.borrow().get(id.checked_sub(1)?).cloned()
    }

    /// The path of the page of a mail, by its place in [`Self::mails`].
    pub fn path_of(place: usize) -> String {
        format!("/mails/{}", place + 1)
    }

    /// Is told of each delivery from now on.
    pub fn news(&self) -> watch::Receiver<Vec<Arc<Mail>>> {
        self.mails.subscribe()
    }
}
