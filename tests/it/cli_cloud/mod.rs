//! The commands that use both clouds, as processes, against the fakes.

mod actions;
mod agreement;
mod cleared_tags;
mod deploying;
mod doctor;
mod exit_status;
mod fifos;
mod images;
mod interrupted;
mod jobs;
mod live_values;
mod logs;
mod missing;
mod output;
mod portal;
mod processes;
mod prompts;
mod pushing;
mod rate_limits;
mod refusals;
mod runs;
mod secrets;
mod status;
mod what_if;
