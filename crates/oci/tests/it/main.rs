//! Tests of the crate's public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod archives;
mod image_id;
