//! Errors of a trial.

use std::io;
use std::path::PathBuf;

use super::StartError;
use picletter_core::deploy::connect::ConnectError;
use picletter_core::deploy::image::ImageError;
use picletter_core::deploy::step::StepError;
use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

/// Why a trial failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrialError {
    Start(#[from] StartError),
    Image(io::Error),
    Archive(#[from] ImageError),
    Connect(#[from] ConnectError),
    Step(#[from] StepError),
    NoWorkflow,
    /// The workflow started no dyno, for this reason.
    NoDyno(String),
    /// The worker's process did not start; contains the last line of its dyno's log.
    NotStarted(String),
    /// The worker's process disappeared; contains the last line of its dyno's log.
    Lost(String),
    NoMail(PathBuf),
    RunFailed(PathBuf),
}

impl Diagnose for TrialError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Start(error) => error.diagnostic(),
            Self::Image(error) => {
                Diagnostic::plain(format_args!("cannot build an image of the worker: {error}"))
            }
            Self::Archive(error) => error.diagnostic(),
            Self::Connect(error) => error.diagnostic(),
            Self::Step(error) => error.diagnostic(),
            Self::NoWorkflow => {
                Diagnostic::plain("the deployment created no workflow with a trigger")
            }
            Self::NoDyno(why) => {
                Diagnostic::plain(format_args!("the workflow started no dyno: {why}"))
            }
            Self::NotStarted(why) => {
                Diagnostic::plain(format_args!("cannot start the worker: {why}"))
            }
            Self::Lost(why) => {
                Diagnostic::plain(format_args!("the worker's process disappeared: {why}"))
            }
            Self::NoMail(worker) => Diagnostic::new(
                format!("{} succeeded, but sent no mail", worker.display()),
                "pass Picletter's worker as --worker",
            ),
            Self::RunFailed(worker) => Diagnostic::new(
                format!("{} succeeded, but its run did not", worker.display()),
                "see the run's outcome above",
            ),
        }
    }
}

display_as_diagnostic!(TrialError);
