//! Set-up that several tests share.

pub(crate) mod azure_world;
pub(crate) mod slug_archive;
