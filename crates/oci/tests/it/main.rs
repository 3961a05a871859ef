//! What the crate promises about container images, through its public interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's way to fail"
)]

mod archives;
mod image_id;
