//! The page of `picletter try`: content, scenarios, and security.

mod azure_records;
mod content;
mod jobs;
mod scenarios;
mod security;
mod try_page;
