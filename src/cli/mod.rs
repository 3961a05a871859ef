//! What a person types: a file for each verb.

mod browser;
mod check;
mod cloud;
mod completions;
mod config_file;
mod doctor;
mod folded;
mod import;
mod init;
mod interrupted;
mod interruption;
mod job_names;
mod man;
pub mod output;
mod preview;
mod schedule;
mod template;
mod try_run;
mod worker_binary;
mod write_file;

use std::ffi::{OsStr, OsString};
use std::future::{Future, poll_fn};
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::cloud::CommandError;
pub use self::cloud::exit_status;
use self::interrupted::Interrupted;
use self::interruption::Interruption;
use self::output::{Color, IO, Output, OutputOptions, USAGE};
use crate::deploy::schedule_switch::Switch;
use crate::diagnostic::Diagnose as _;
use crate::shell;
use picletter_logic_apps::suggest::suggest;

/// Scheduled jobs on Heroku, paid by the second and started by an Azure Logic App.
#[derive(Debug, Parser)]
#[command(
    name = "picletter",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  picletter try                    # all of it on this machine, no account
  picletter init                   # writes picletter.toml
  picletter deploy --image worker.tar",
    after_long_help = "\
Examples:
  picletter try                    # all of it on this machine, no account
  picletter init                   # writes picletter.toml
  picletter deploy --image worker.tar

Ends with
    0  done
    1  failed, as told
    2  plan --detailed-exitcode: something would change
   64  something is wrong in what was typed
   69  a vendor could not be reached, or had no picture
   73  a file is there already that would be overwritten
   74  a file could not be read or written; or whether a run began, or sent a mail, is not known
   75  a vendor is out for a while, or somebody else changes the same: try later
   77  a vendor, or a proxy before it, refused: a key, a token or a permission
   78  something is wrong in picletter.toml, in a config var or in a secret
  130  ended by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP, 131 by SIGQUIT
`run`, `deploy --run` and `try --once` end with the worker's where it has run."
)]
pub struct Cli {
    #[command(flatten)]
    output: OutputOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write picletter.toml from a few answers
    Init(init::Init),
    /// Translate a crontab into jobs
    Import(import::Import),
    /// Check picletter.toml without contacting anyone
    Check(check::Check),
    /// Check all that a deployment needs, at each vendor, and say what to do next
    Doctor(doctor::Doctor),
    /// Show what a deployment would change
    Plan(cloud::plan::Plan),
    /// Bring Heroku and Azure to what picletter.toml says
    Deploy(cloud::deploy::Deploy),
    /// Push the image, and nothing else
    Push(cloud::push::Push),
    /// Start a run now and follow it
    Run(cloud::run::Run),
    /// Show how the schedule goes: the next runs, the last ones, and what they cost
    Status(cloud::status::Status),
    /// Show what the app writes
    Logs(cloud::logs::Logs),
    /// Show jobs, runs and costs in the browser
    Dashboard(cloud::dashboard::Dashboard),
    /// Write jobs, runs and costs to one file
    Report(cloud::report::Report),
    /// Pause jobs and their alerts until `resume`
    #[command(after_help = "\
An active run continues. While the workflow is paused, `run` starts nothing, `deploy` leaves it \
paused, and Azure Monitor sends no mail; the webhook still reports a run that was active.

Exits with 75 if a deployment under way may undo it: repeat it then.

Examples:
  picletter pause
  picletter pause reports cleanup
  picletter pause --all")]
    Pause(cloud::pause::SwitchOptions),
    /// Resume jobs and their alerts
    #[command(after_help = "\
Times that passed during the pause are not made up for, unless the schedule has `catch_up`. Azure may \
start one run at once; `overlap` applies to it as to any other.

Exits with 75 if a deployment under way may undo it: repeat it then.

Examples:
  picletter resume
  picletter resume --all")]
    Resume(cloud::pause::SwitchOptions),
    /// Remove what `deploy` has made
    Destroy(cloud::destroy::Destroy),
    /// Show when the jobs will run
    Schedule(schedule::Schedule),
    /// Run the Logic App and the worker on this machine against fakes, and show the mail
    Try(try_run::Try),
    /// Compose today's mail from the live sources without sending it
    Preview(preview::Preview),
    /// Write the Logic App's ARM template and its parameters
    Template(template::Template),
    /// Print what lets a shell complete commands and options
    Completions(completions::Completions),
    /// Write the man pages
    Man(man::ManPages),
}

impl Cli {
    /// What was typed; where it cannot be had, or was a question for help, that is answered, and the
    /// status to end with is given.
    ///
    /// # Errors
    /// The status.
    pub fn typed() -> Result<Self, ExitCode> {
        if completions::answer() {
            return Err(ExitCode::SUCCESS);
        }
        let typed: Vec<OsString> = std::env::args_os().collect();
        let command = Self::command().color(Color::typed(&typed).into());
        let matches = command.try_get_matches_from(&typed);
        let cli = matches.and_then(|matches| {
            if let Some(path) = config_option(&matches) {
                shell::name_config(Path::new(path));
            }
            Self::from_arg_matches(&matches)
        });
        cli.map_err(|mut answer| {
            suggest_nearest(&mut answer, &typed);
            match answer.print() {
                _ if answer.use_stderr() => ExitCode::from(USAGE),
                // A closed pipe has had enough.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(IO),
                _ => ExitCode::SUCCESS,
            }
        })
    }

    /// Does it; errors are printed, as one line.
    pub fn run(self) -> ExitCode {
        let output = self.output.output();
        match self.command {
            Command::Init(init) => init.run(&output),
            Command::Import(import) => import.run(&output),
            Command::Check(check) => check.run(&output),
            Command::Schedule(schedule) => schedule.run(&output),
            Command::Try(trial) => waiting(&output, async {
                trial.run(&output).await.unwrap_or_else(|error| {
                    output.report(&error.diagnostic());
                    error.exit_code()
                })
            }),
            Command::Preview(preview) => waiting(&output, async {
                match preview.run(&output).await {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => {
                        for diagnostic in error.diagnostics() {
                            output.report(&diagnostic);
                        }
                        error.exit_code()
                    }
                }
            }),
            Command::Doctor(doctor) => cloud(&output, async { Ok(doctor.run(&output).await) }),
            Command::Plan(plan) => cloud(&output, plan.run(&output)),
            Command::Deploy(deploy) => cloud(&output, deploy.run(&output)),
            Command::Push(push) => cloud(&output, push.run(&output)),
            Command::Run(run) => cloud(&output, run.run(&output)),
            Command::Status(status) => cloud(&output, status.run(&output)),
            Command::Logs(logs) => cloud(&output, logs.run(&output)),
            Command::Dashboard(dashboard) => cloud(&output, dashboard.run(&output)),
            Command::Report(report) => cloud(&output, report.run(&output)),
            Command::Pause(switch) => {
                output.leaves(Interrupted::Resumable);
                cloud(&output, switch.run(Switch::Pause, &output))
            }
            Command::Resume(switch) => {
                output.leaves(Interrupted::Resumable);
                cloud(&output, switch.run(Switch::Resume, &output))
            }
            Command::Destroy(destroy) => cloud(&output, destroy.run(&output)),
            Command::Template(template) => template.run(&output),
            Command::Completions(completions) => completions.run(&output),
            Command::Man(pages) => pages.run(&output),
        }
    }
}

/// The value of `--config`, if it was typed.
fn config_option(matches: &ArgMatches) -> Option<&OsStr> {
    if let Some((_, matches)) = matches.subcommand() {
        return config_option(matches);
    }
    let id = config_file::ID;
    let is_typed = matches.try_contains_id(id).is_ok()
        && matches.value_source(id) == Some(ValueSource::CommandLine);
    is_typed.then(|| matches.get_raw(id)?.next()).flatten()
}

/// Of a mistyped command's neighbours, clap names several, and not the nearest first; those of a
/// short word it does not see.
fn suggest_nearest(answer: &mut clap::Error, arguments: &[OsString]) {
    let Some(ContextValue::String(typed)) = answer.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let mut words = arguments.iter().skip(1).map(|word| word.to_string_lossy());
    let first = words.find(|word| !word.starts_with('-'));
    let root = Cli::command();
    let names = match answer.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(several)) => several.iter().map(String::as_str).collect(),
        // As in `picletter tyr`; not in `picletter schedule tyr`.
        _ if first.is_some_and(|first| *first == **typed) => root
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect(),
        _ => Vec::new(),
    };
    if let Some(near) = suggest(typed, names).map(str::to_owned) {
        answer.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(vec![near]),
        );
    }
}

/// Runs a command that reaches both clouds, until it ends or is interrupted.
fn cloud(
    output: &Output,
    command: impl Future<Output = Result<ExitCode, CommandError>>,
) -> ExitCode {
    waiting(output, async {
        let mut command = pin!(command);
        // A command opens its files before it waits for anything. Until then nothing has to be
        // cleaned up, and a signal ends the process by itself, even where a FIFO has no writer.
        let opened = poll_fn(|context| Poll::Ready(command.as_mut().poll(context))).await;
        if let Poll::Ready(ended) = opened {
            return ended.unwrap_or_else(|error| error.end(output));
        }
        let mut interruption = match Interruption::listen() {
            Ok(interruption) => interruption,
            Err(error) => {
                return output.failed(format_args!("cannot listen for Ctrl-C: {error}"), 1);
            }
        };
        tokio::select! {
            ended = command => ended.unwrap_or_else(|error| error.end(output)),
            code = interruption.received() => {
                match output.interrupted() {
                    Interrupted::Expected => {}
                    interrupted => output.error(interrupted),
                }
                code
            }
        }
    })
}

/// Runs what waits for others, which the rest of the commands need not be ready for.
fn waiting(output: &Output, work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => output.failed(format_args!("cannot begin: {error}"), 1),
    }
}
