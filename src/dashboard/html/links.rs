//! Addresses of jobs and runs.

use picletter_core::config::Job;

/// Where links lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// To pages of the dashboard.
    Pages,
    /// To sections of the same document, which has no runs.
    Sections,
}

impl Links {
    /// The address of a job.
    pub(crate) fn job(self, job: &Job) -> String {
        match self {
            Self::Pages => format!("/jobs/{}", job.workflow),
            Self::Sections => format!("#job-{}", job.workflow),
        }
    }

    /// The address of a run, where there is one.
    pub(crate) fn run(self, job: &Job, id: &str) -> Option<String> {
        match self {
            Self::Pages => Some(format!("/jobs/{}/runs/{id}", job.workflow)),
            Self::Sections => None,
        }
    }
}
