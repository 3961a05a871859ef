//! The template, run by the interpreter against a simulated Heroku, for as long as a year.

mod drawn;
mod endings;
mod firings;
mod jobs;
mod kept_lines;
mod limits;
mod outages;
mod overlaps;
mod properties;
mod starts;
mod world;
mod year;
