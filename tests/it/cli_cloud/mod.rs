//! The commands that reach both clouds, as a person types them, against the stand-ins.

mod agreement;
mod cleared_tags;
mod commands;
mod doctor;
mod fifos;
mod images;
mod interrupted;
mod lacking;
mod live_values;
mod portal;
mod processes;
mod pushing;
mod secrets;
mod shown;
mod what_if;
