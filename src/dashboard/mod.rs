//! The dashboard: jobs, runs and costs of a deployment, as a page and as a report.
//!
//! Modules from the bottom up; each uses only those above it in this list:
//!
//! 1. [`view`]: the data that a page shows, without HTML.
//! 2. [`source`]: where the data comes from: live clients or fakes. `html`: the data as HTML.
//! 3. [`page`]: pages of a source. `report`: the same as one static file.

mod html;
pub mod page;
pub mod report;
pub mod source;
pub mod view;
