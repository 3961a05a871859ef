//! From `picletter.toml` to both clouds and back: the live systems are the only state.
//!
//! - [`http`]: how every request is sent, told of and repeated.
//! - [`redact`]: keeps secrets out of whatever is printed.

pub mod http;
pub mod redact;
