//! Set-up that several tests share.

pub(crate) mod clients;
pub(crate) mod command;
pub(crate) mod daily;
pub(crate) mod held;
pub(crate) mod person;
pub(crate) mod publish;
pub(crate) mod sent;
pub(crate) mod state;
pub(crate) mod trying;
pub(crate) mod world;
