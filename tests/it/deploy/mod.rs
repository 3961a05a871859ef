//! Deployments to fakes of both clouds: what they create, change, leave alone, and remove.

mod buildpack;
mod changes;
mod false_answers;
mod images;
mod jobs;
mod live_values;
mod portal;
mod removal;
mod removal_authorizations;
mod removal_races;
mod sequences;
mod sizes;
mod upgrades;
