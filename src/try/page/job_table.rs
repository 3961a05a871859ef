//! Several jobs side by side.

use std::sync::Arc;

use jiff::Timestamp;
use maud::{Markup, html};

use super::ShownJobs;
use super::record::Recorded;
use super::timeline::badge;

/// By what the calendar names a job: its place in the file, from 1.
pub(super) fn number(job: usize) -> String {
    format!("#{}", job + 1)
}

/// A row for each job: its number, its last run, and when the next is due after `now`.
pub(super) fn of(jobs: &ShownJobs, runs: &[Arc<Recorded>], now: Timestamp) -> Markup {
    let clock = jobs.zone.clock();
    html! {
        table.jobs {
            thead { tr { th scope="col" { "Job" } th scope="col" { "Last run" } th scope="col" { "Next" } } }
            tbody {
                @for (n, job) in jobs.jobs.iter().enumerate() {
                    tr data-job=(job.job.label()) {
                        th scope="row" { (number(n)) " " (job.job.label()) }
                        td {
                            @match runs.iter().find(|run| run.job == n) {
                                Some(run) => a href={ "/runs/" (run.run.id) } { (badge(run.tone(), &jobs.outcome(run))) },
                                None => "none yet",
                            }
                        }
                        td {
                            @match job.job.schedule.occurrences(now).next() {
                                Some(due) => time datetime=(due.at) { (clock.to_datetime(due.at).strftime("%a %-d %b, %H:%M")) },
                                None => "never",
                            }
                        }
                    }
                }
            }
        }
    }
}
