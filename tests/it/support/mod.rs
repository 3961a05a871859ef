//! Set-up that several tests share.

#[path = "../../../crates/sandbox/tests/it/support/azure_world.rs"]
pub(crate) mod azure_world;
pub(crate) mod command;
pub(crate) mod daily;
#[cfg(feature = "vendor-specs")]
#[path = "../../../crates/worker/tests/it/mails.rs"]
pub(crate) mod mails;
pub(crate) mod person;
pub(crate) mod publish;
pub(crate) mod sent;
#[path = "../../../crates/sandbox/tests/it/support/slug_archive.rs"]
pub(crate) mod slug_archive;
pub(crate) mod state;
pub(crate) mod trying;
pub(crate) mod world;
