//! The client for Heroku's Platform API, with prepared responses.

mod credentials;
mod logs;
mod refusals;
mod releases;
mod requests;
mod scripted;
