//! What several of the tests set up.

pub(crate) mod archive;
pub(crate) mod azure_world;
pub(crate) mod black_hole;
pub(crate) mod daily;
pub(crate) mod loopback;
pub(crate) mod mails;
pub(crate) mod person;
pub(crate) mod publish;
pub(crate) mod sent;
pub(crate) mod state;
pub(crate) mod trying;
pub(crate) mod world;
