//! The page of `picletter try`: its content, its failures, and its protection.

mod guards;
mod jobs;
mod shown;
mod switches;
mod try_page;
