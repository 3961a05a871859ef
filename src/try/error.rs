//! Errors of a trial.

use std::io;
use std::path::PathBuf;

use super::StartError;
use crate::deploy::connect::ConnectError;
use crate::deploy::image::ImageError;
use crate::deploy::step::StepError;
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};

/// Why a configuration could not be tried.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrialError {
    Start(#[from] StartError),
    Image(io::Error),
    Archive(#[from] ImageError),
    Connect(#[from] ConnectError),
    Step(#[from] StepError),
    NoWorkflow,
    /// No dyno was started, for this reason.
    NoDyno(String),
    /// The worker's process did not begin; the last line of its dyno's log.
    NotStarted(String),
    /// The worker vanished; the last line of its dyno's log.
    Lost(String),
    NoMail(PathBuf),
    RunFailed(PathBuf),
}

impl Diagnose for TrialError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Start(error) => error.diagnostic(),
            Self::Image(error) => {
                Diagnostic::plain(format_args!("no image can be made of the worker: {error}"))
            }
            Self::Archive(error) => error.diagnostic(),
            Self::Connect(error) => error.diagnostic(),
            Self::Step(error) => error.diagnostic(),
            Self::NoWorkflow => Diagnostic::plain("the deployment made no workflow with a trigger"),
            Self::NoDyno(why) => {
                Diagnostic::plain(format_args!("the workflow started no dyno: {why}"))
            }
            Self::NotStarted(why) => Diagnostic::plain(format_args!(
                "cannot start the worker; its dyno says: {why}"
            )),
            Self::Lost(why) => {
                Diagnostic::plain(format_args!("lost the worker that was running: {why}"))
            }
            Self::NoMail(worker) => Diagnostic::new(
                format!("{} ended well, but no mail arrived", worker.display()),
                "is it Picletter's worker?",
            ),
            Self::RunFailed(worker) => Diagnostic::new(
                format!("{} ended well, but its run did not", worker.display()),
                "see above",
            ),
        }
    }
}

display_as_diagnostic!(TrialError);
