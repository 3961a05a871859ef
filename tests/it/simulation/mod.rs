//! The template in the workflow interpreter, against a simulated Heroku, over up to a year.

mod endings;
mod firings;
mod generators;
mod jobs;
mod kept_lines;
mod limits;
mod outages;
mod overlaps;
mod properties;
mod starts;
mod world;
mod year;
