//! From `picletter.toml` to both clouds and back: the live systems are the only state.
//!
//! [`desired`] is the state that the file and the secrets describe, and [`live`] the state of both
//! clouds. [`plan`] compares them, and [`apply`] changes the live state into the desired one.
//! [`what_if`] is Azure's own comparison. [`destroy`] removes the created resources. [`status`] reads
//! the state and the runs of the jobs.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. [`fingerprint`]: fingerprints of secrets. `secret_shapes`: detection of secrets by their shape.
//!    `body_shape`: answers without their text. [`address`]: base URLs. [`image`]: images that dynos
//!    run. `api_version`: versions of Azure's APIs. `clock_offset`: offset of this machine's clock.
//!    `recurrence_words`: descriptions of triggers. [`portal_edits`]: unintended changes by Azure's
//!    portal. [`concurrent`]: concurrent futures.
//! 2. [`redact`]: masks secrets. `naming`: names, tags, and descriptions that identify what Picletter
//!    creates.
//! 3. [`http`]: sending, tracing, and retries of requests. `resource`: kinds and names of the
//!    resources that a deployment changes.
//! 4. `unexpected_answer`: an answer that does not have the documented form.
//! 5. [`heroku`], [`registry`], [`azure`], [`sendgrid`]: a client for each vendor's API.
//! 6. [`step`]: the steps of commands, and their errors.
//! 7. [`desired`], which does no I/O. [`difference`]: changes, without text from a live system.
//! 8. [`compare`]: the differences between two workflows. [`clouds`]: the clients of both clouds.
//! 9. [`connect`]: creates these clients from the environment. [`live`]: the live state.
//! 10. [`revocation`]: unused Heroku authorizations. [`drift`]: the differences of a live workflow.
//! 11. [`plan`].
//! 12. [`apply`], [`destroy`], [`schedule_switch`], [`start_run`], [`status`], [`what_if`], [`doctor`].

pub mod address;
mod api_version;
pub mod apply;
pub mod azure;
mod body_shape;
mod clock_offset;
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
mod naming;
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
mod unexpected_answer;
pub mod what_if;
