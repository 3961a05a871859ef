//! Arguments that select jobs of the file.

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::completions;
use picletter_core::config::{Config, Job};
use picletter_core::diagnostic::Diagnostic;
use picletter_core::schedule::choice;
use picletter_worker::quote::quote;

/// One job.
#[derive(Debug, Args)]
pub(super) struct JobName {
    /// Name of a job, as in [jobs.JOB]; may be omitted if there is only one
    #[arg(value_name = "JOB", add = ArgValueCandidates::new(completions::jobs))]
    pub(super) job: Option<String>,
}

/// Several jobs.
#[derive(Debug, Args)]
pub(super) struct JobNames {
    /// Names of jobs, as in [jobs.JOB]; may be omitted if there is only one
    #[arg(value_name = "JOB", add = ArgValueCandidates::new(completions::jobs))]
    jobs: Vec<String>,
    /// All jobs of the file
    #[arg(long, conflicts_with = "jobs")]
    all: bool,
}

impl JobName {
    /// The named job, or the only one.
    ///
    /// # Errors
    /// The file has no such job, or it has several jobs and none is named.
    pub(super) fn select<'c>(&self, config: &'c Config) -> Result<&'c Job, Diagnostic> {
        match (&self.job, config.jobs.as_slice()) {
            (Some(name), _) => find(config, name),
            (None, [only]) => Ok(only),
            (None, _) => Err(several(config, "pass one of these names")),
        }
    }

    /// The named job, or all.
    ///
    /// # Errors
    /// The file has no such job.
    pub(super) fn select_or_all<'c>(&self, config: &'c Config) -> Result<Vec<&'c Job>, Diagnostic> {
        match &self.job {
            Some(name) => Ok(vec![find(config, name)?]),
            None => Ok(config.jobs.iter().collect()),
        }
    }
}

impl JobNames {
    /// The named jobs, or the only one.
    ///
    /// # Errors
    /// The file has no such job, or it has several jobs and none is named.
    pub(super) fn select<'c>(&self, config: &'c Config) -> Result<Vec<&'c Job>, Diagnostic> {
        if self.all || self.jobs.is_empty() && config.jobs.len() == 1 {
            return Ok(config.jobs.iter().collect());
        }
        if self.jobs.is_empty() {
            return Err(several(config, "pass one or more of these names, or --all"));
        }
        let mut jobs: Vec<&Job> = Vec::new();
        for name in &self.jobs {
            let job = find(config, name)?;
            if !jobs.iter().any(|known| known.workflow == job.workflow) {
                jobs.push(job);
            }
        }
        Ok(jobs)
    }
}

fn find<'c>(config: &'c Config, name: &str) -> Result<&'c Job, Diagnostic> {
    let mut jobs = config.jobs.iter();
    // Azure's names are case-insensitive.
    let found = jobs.find(|job| job.label().eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let names: Vec<&str> = config.jobs.iter().map(Job::label).collect();
        Diagnostic::new(
            format!("no job {} in the file", quote(name)),
            choice(name, &names),
        )
    })
}

fn several(config: &Config, help: &str) -> Diagnostic {
    let names: Vec<&str> = config.jobs.iter().map(Job::label).collect();
    Diagnostic::new(
        format!("the file has {} jobs: {}", names.len(), names.join(", ")),
        help,
    )
}
