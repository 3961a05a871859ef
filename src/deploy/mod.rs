//! From `picletter.toml` to both clouds and back: the live systems are the only state.
//!
//! [`desired`] is the state that the file and the secrets describe, [`live`] the one that both clouds
//! report; [`plan`] compares them and [`apply`] makes the second the first; [`what_if`] is Azure's own
//! comparison. [`destroy`] removes what was created; [`status`] reports how the schedule is doing.
//!
//! Each module depends only on modules of the lines above its own:
//!
//! 1. [`redact`], [`fingerprint`], [`address`], [`image`]: masks and fingerprints of secrets, base URLs,
//!    and the image that dynos run.
//! 2. [`concurrent`], [`http`], [`unexpected_answer`]: how every request is sent, traced, and retried.
//! 3. [`heroku`], [`registry`], [`azure`], [`sendgrid`]: a client for each vendor's API.
//! 4. [`naming`]: names, tags, and descriptions that identify what Picletter creates.
//! 5. [`step`]: the steps of commands, and their errors.
//! 6. [`desired`]: no I/O; [`difference`], [`compare`]: changes without any live value.
//! 7. [`clouds`], [`connect`]: the clients of both clouds, from the environment.
//! 8. [`live`], then [`revocation`]: which Heroku tokens nothing needs any more.
//! 9. [`plan`].
//! 10. [`apply`], [`destroy`], [`schedule_switch`], [`status`], [`what_if`], [`doctor`].

pub mod address;
pub mod apply;
pub mod azure;
mod body_shape;
pub mod clock_offset;
pub mod clouds;
pub mod compare;
pub(crate) mod concurrent;
pub mod connect;
pub mod desired;
pub mod destroy;
pub mod difference;
pub mod doctor;
pub mod fingerprint;
pub mod heroku;
pub mod http;
pub mod image;
pub mod live;
pub mod naming;
pub mod plan;
pub mod portal_edits;
pub(crate) mod recurrence_words;
pub mod redact;
pub mod registry;
mod resource;
pub mod revocation;
pub mod schedule_switch;
mod secret_shapes;
pub mod sendgrid;
pub mod status;
pub mod step;
pub mod unexpected_answer;
pub mod what_if;
