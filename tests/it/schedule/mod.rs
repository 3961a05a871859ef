//! Schedules: parsing, triggers, and due times.

mod calendar;
mod cron;
mod keys;
mod zones;
