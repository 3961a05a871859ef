//! The dashboard: jobs, runs and costs of a deployment, as a page and as a report.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. [`view`]: the data that a page shows, without HTML. [`month`]: what a job has cost since the first
//!    of the month. `next_step`: what to do after a run that failed.
//!    [`action_legend`]: what the template's actions do.
//! 2. [`source`]: where the data comes from: live clients or fakes. [`board`]: what both compute from
//!    what they read. `html`: the data as HTML.
//! 3. [`live`]: the live clients as a source. [`json`]: a board as JSON. [`page`]: pages of a source.
//!    [`report`]: the same as one static file.

pub mod action_legend;
pub mod board;
pub(crate) mod html;
pub mod json;
pub mod live;
pub mod month;
pub(crate) mod next_step;
pub mod page;
pub mod report;
pub mod source;
pub mod view;
