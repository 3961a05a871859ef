//! The commands that reach both clouds, as a person types them, against the stand-ins.

mod agreement;
mod cleared_tags;
mod deploying;
mod doctor;
mod fifos;
mod images;
mod interrupted;
mod jobs;
mod lacking;
mod live_values;
mod logs;
mod portal;
mod processes;
mod pushing;
mod refusals;
mod runs;
mod secrets;
mod shown;
mod status;
mod what_if;
