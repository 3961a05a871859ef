//! From `picletter.toml` to both clouds and back: the live systems are the only state.
//!
//! [`desired`] is the state that the file and the secrets describe, [`live`] the one that both clouds
//! report; [`plan`] compares them and [`apply`] makes the second the first; [`what_if`] is Azure's own
//! comparison. [`destroy`] removes what was created; [`status`] reports how the schedule is doing.
//!
//! - [`heroku`], [`image`], [`registry`]: the vendor's API, what dynos run, and where it is kept.
//! - [`azure`]: Azure Resource Manager and its Logic Apps.
//! - [`sendgrid`]: what a key may do, and which senders are verified; the worker sends by another.
//! - [`doctor`]: whether all that a deployment needs is there.
//! - [`clouds`]: both, and what goes wrong with them.
//! - [`revocation`]: which Heroku tokens nothing needs any more.
//! - [`schedule_switch`]: pauses and resumes the workflow and its alerts.
//! - [`naming`]: names, tags, and descriptions that identify what Picletter creates.
//! - [`connect`]: from the environment to both.
//! - [`http`]: how every request is sent, told of and repeated.
//! - [`difference`]: what a plan prints of a change, without any live value.
//! - [`redact`], [`fingerprint`]: keep secrets out of whatever is printed.

pub mod apply;
pub mod azure;
mod body_shape;
pub mod clock_offset;
pub mod clouds;
pub mod compare;
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
mod recurrence_words;
pub mod redact;
pub mod registry;
pub mod revocation;
pub mod schedule_switch;
mod secret_shapes;
pub mod sendgrid;
pub mod status;
pub mod what_if;
