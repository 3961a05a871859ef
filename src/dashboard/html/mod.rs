//! The HTML of boards, jobs and runs, without a server.
//!
//! Modules from the bottom up: a module uses only modules of earlier items:
//!
//! 1. `tone`, `format`, `links`, `card`, `prose`
//! 2. `badge`, `outages`
//! 3. `job_table`, `calendar`, `failures`, `alert_rules`, `recent_runs`, `upcoming`, `dynos`, `timeline`
//! 4. `chart`: durations of the days that `calendar` shows.
//! 5. `job_sections`: the parts of a job's page.

mod alert_rules;
mod badge;
mod calendar;
mod card;
mod chart;
mod dynos;
mod failures;
mod format;
mod job_sections;
mod job_table;
mod links;
mod outages;
mod prose;
mod recent_runs;
mod timeline;
mod tone;
mod upcoming;

pub(crate) use badge::badge;
pub(crate) use card::card;
pub(crate) use dynos::list as dynos;
pub(crate) use failures::recent as recent_failures;
pub(crate) use format::{age, brief, count, date_time, outcome};
pub(crate) use job_sections::parts;
pub(crate) use job_table::table as job_table;
pub(crate) use links::Links;
pub(crate) use outages::banners;
pub(crate) use prose::prose;
pub use recent_runs::Recent;
pub(crate) use recent_runs::{
    LISTED as RECENT_RUNS, by_start, list as recent_runs, list_of_job as runs_of_job, no_runs,
};
pub use timeline::RunNotes;
pub(crate) use timeline::run;
pub(crate) use tone::Tone;
pub(crate) use upcoming::calendar as upcoming;

use super::view::Board;
use picletter_core::config::{Job, common_zone};
use picletter_core::schedule::Zone;

/// The styles of everything in here.
pub(crate) const STYLES: &str = concat!(
    include_str!("style.css"),
    include_str!("run.css"),
    include_str!("lists.css"),
    include_str!("jobs.css")
);

/// The zone of times that belong to no single job.
pub(crate) fn zone(board: &Board) -> Zone {
    common_zone(&jobs(board))
}

/// Whether all jobs have the same zone.
pub(crate) fn has_common_zone(board: &Board) -> bool {
    let common = zone(board);
    board
        .jobs
        .iter()
        .all(|view| *view.job.schedule.zone() == common)
}

fn jobs(board: &Board) -> Vec<&Job> {
    board.jobs.iter().map(|view| &*view.job).collect()
}

/// The number of the job at an index, which the calendar of all jobs shows.
fn number(job: usize) -> String {
    format!("#{}", job + 1)
}
