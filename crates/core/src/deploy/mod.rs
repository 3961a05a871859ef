//! From `picletter.toml` to both clouds and back: the live systems are the only state.
//!
//! [`desired`] is the state that the file and the secrets describe, [`live`] the one that both clouds
//! report; [`plan`] compares them and [`apply`] makes the second the first; [`what_if`] is Azure's own
//! comparison. [`destroy`] removes what was created; [`status`] reports how the schedule is doing.
//!
//! Modules from the bottom up; each uses only those of the lines above its own:
//!
//! 1. [`fingerprint`]: secrets as fingerprints. `secret_shapes`: secrets by what they look like.
//!    `body_shape`: answers without their text. [`address`]: base URLs. [`image`]: what dynos run.
//!    `api_version`: the versions of Azure's APIs. [`clock_offset`]: whether this machine's clock is
//!    right. `recurrence_words`: triggers in words. [`portal_edits`]: the changes that Azure's portal
//!    makes by itself. [`concurrent`]: several requests at the same time.
//! 2. [`redact`]: masks secrets. [`naming`]: names, tags, and descriptions that identify what Picletter
//!    creates.
//! 3. [`http`]: how every request is sent, traced, and retried. `resource`: kinds and names of what a
//!    deployment changes.
//! 4. [`unexpected_answer`]: an answer that does not have the documented form.
//! 5. [`heroku`], [`registry`], [`azure`], [`sendgrid`]: a client for each vendor's API.
//! 6. [`step`]: the steps of commands, and their errors.
//! 7. [`desired`]: no I/O. [`difference`]: changes without any live value.
//! 8. [`compare`]: the differences between two workflows. [`clouds`]: the clients of both clouds.
//! 9. [`connect`]: these clients from the environment. [`live`]: what both clouds report.
//! 10. [`revocation`]: which Heroku tokens nothing needs any more.
//! 11. [`plan`].
//! 12. [`apply`], [`destroy`], [`drift`], [`schedule_switch`], [`start_run`], [`status`], [`what_if`],
//!     [`doctor`].

pub mod address;
mod api_version;
pub mod apply;
pub mod azure;
mod body_shape;
pub mod clock_offset;
pub mod clouds;
pub mod compare;
pub mod concurrent;
pub mod connect;
pub mod desired;
pub mod destroy;
pub mod difference;
pub mod doctor;
pub mod drift;
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
mod resource;
pub mod revocation;
pub mod schedule_switch;
mod secret_shapes;
pub mod sendgrid;
pub mod start_run;
pub mod status;
pub mod step;
pub mod unexpected_answer;
pub mod what_if;
