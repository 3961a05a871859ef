//! The page of `picletter try`: what it shows, what its switches bring about, and who may call it.

mod guards;
mod jobs;
mod shown;
mod switches;
mod tried;
