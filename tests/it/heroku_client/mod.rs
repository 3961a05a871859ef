//! The client for Heroku's Platform API against prepared answers.

mod credentials;
mod logs;
mod refusals;
mod releases;
mod requests;
mod scripted;
