//! Setup that several tests share.

pub(crate) mod cli;
pub(crate) mod clients;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod daily;
pub(crate) mod held;
pub(crate) mod publish;
pub(crate) mod requests;
pub(crate) mod state;
pub(crate) mod terminal;
pub(crate) mod try_process;
pub(crate) mod world;
