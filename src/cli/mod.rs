//! The command line: a module for each command.

mod browser;
mod check;
mod cloud;
mod completions;
mod config_file;
mod doctor;
mod import;
mod init;
mod interrupted;
mod interruption;
mod job_names;
mod man;
pub mod output;
mod preview;
mod prompt;
mod schedule;
mod template;
mod try_run;
mod worker_binary;
mod wrap;
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
pub use self::cloud::{actions, exit_status};
use self::interrupted::Interrupted;
use self::interruption::Interruption;
use self::output::{Color, IO, Output, OutputOptions, USAGE};
use picletter_core::deploy::schedule_switch::Switch;
use picletter_core::diagnostic::Diagnose as _;
use picletter_core::shell;
use picletter_logic_apps::suggest::suggest;

/// Scheduled jobs on Heroku, billed by the second and started by an Azure Logic App.
#[derive(Debug, Parser)]
#[command(
    name = "picletter",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  picletter try                    # runs locally, without an account
  picletter init                   # writes picletter.toml
  picletter deploy --image worker.tar",
    after_long_help = "\
Examples:
  picletter try                    # runs locally, without an account
  picletter init                   # writes picletter.toml
  picletter deploy --image worker.tar

Exit status:
    0  success
    1  failure (see the error message)
    2  plan --detailed-exitcode: there are changes
   64  invalid command line
   69  a vendor is unreachable, or no picture source has a picture
   73  the output file already exists
   74  I/O error; or it is unknown whether a run started or a mail was sent
   75  temporary failure of a vendor, or a concurrent change: retry later
   77  access denied by a vendor or a proxy: check keys, tokens, and permissions
   78  invalid picletter.toml, config var, or secret
  130  interrupted by Ctrl-C (129: SIGHUP, 131: SIGQUIT, 143: SIGTERM)
  `run`, `deploy --run`, and `try --once` exit with the job's own status if it ran."
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
    /// Validate picletter.toml and the secrets, offline
    Check(check::Check),
    /// Run preflight checks of accounts, permissions, image, and secrets
    Doctor(doctor::Doctor),
    /// Show what a deployment would change
    Plan(cloud::plan::Plan),
    /// Deploy picletter.toml to Heroku and Azure
    Deploy(cloud::deploy::Deploy),
    /// Push the image without releasing it
    Push(cloud::push::Push),
    /// Start a run now and follow it
    Run(cloud::run::Run),
    /// Show the state, next and past runs, and cost of jobs
    Status(cloud::status::Status),
    /// Show the app's log
    Logs(cloud::logs::Logs),
    /// Show jobs, runs, and costs in the browser
    Dashboard(cloud::dashboard::Dashboard),
    /// Write jobs, runs, and costs to a file
    Report(cloud::report::Report),
    /// Pause jobs and their alerts until `resume`
    #[command(after_help = "\
Active runs continue. While a job is paused, `run` refuses to start it, `deploy` leaves it paused, and \
Azure Monitor sends no mail. The webhook still reports the failure of a run that was active when you paused.

Exits with 75 if a deployment in progress may undo the change: repeat the command afterwards.

Examples:
  picletter pause
  picletter pause reports cleanup
  picletter pause --all")]
    Pause(cloud::pause::SwitchOptions),
    /// Resume jobs and their alerts
    #[command(after_help = "\
Runs that were due during the pause are skipped, unless the schedule has `catch_up`. Azure may start \
one run immediately; `overlap` applies to it.

Exits with 75 if a deployment in progress may undo the change: repeat the command afterwards.

Examples:
  picletter resume
  picletter resume --all")]
    Resume(cloud::pause::SwitchOptions),
    /// Remove everything that `deploy` created
    Destroy(cloud::destroy::Destroy),
    /// Show when jobs will run
    Schedule(schedule::Schedule),
    /// Deploy to local fakes, run each job, and show the results in the browser
    Try(try_run::Try),
    /// Compose today's mail from the live sources, without sending it
    Preview(preview::Preview),
    /// Export the Logic App's ARM template and its parameters
    Template(template::Template),
    /// Print a completion script for a shell
    Completions(completions::Completions),
    /// Write the man pages
    Man(man::ManPages),
}

impl Cli {
    /// Parses the command line. Prints help, completions, and usage errors itself.
    ///
    /// # Errors
    /// The exit status, if there is no command to run.
    pub fn from_command_line() -> Result<Self, ExitCode> {
        if completions::print_requested() {
            return Err(ExitCode::SUCCESS);
        }
        let typed: Vec<OsString> = std::env::args_os().collect();
        let command = Self::command().color(Color::from_arguments(&typed).into());
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
                // A closed pipe is not an error.
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(IO),
                _ => ExitCode::SUCCESS,
            }
        })
    }

    /// Runs the command, prints its errors, and returns the exit status.
    pub fn run(self) -> ExitCode {
        let output = self.output.output();
        match self.command {
            Command::Init(init) => interruptible(&output, async { Ok(init.run(&output).await) }),
            Command::Import(import) => import.run(&output),
            Command::Check(check) => check.run(&output),
            Command::Schedule(schedule) => schedule.run(&output),
            Command::Try(trial) => block_on(&output, async {
                trial.run(&output).await.unwrap_or_else(|error| {
                    output.report(&error.diagnostic());
                    error.exit_code()
                })
            }),
            Command::Preview(preview) => block_on(&output, async {
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
            Command::Doctor(doctor) => {
                interruptible(&output, async { Ok(doctor.run(&output).await) })
            }
            Command::Plan(plan) => interruptible(&output, plan.run(&output)),
            Command::Deploy(deploy) => interruptible(&output, deploy.run(&output)),
            Command::Push(push) => interruptible(&output, push.run(&output)),
            Command::Run(run) => interruptible(&output, run.run(&output)),
            Command::Status(status) => interruptible(&output, status.run(&output)),
            Command::Logs(logs) => interruptible(&output, logs.run(&output)),
            Command::Dashboard(dashboard) => interruptible(&output, dashboard.run(&output)),
            Command::Report(report) => interruptible(&output, report.run(&output)),
            Command::Pause(switch) => {
                output.set_interrupted(Interrupted::Resumable);
                interruptible(&output, switch.run(Switch::Pause, &output))
            }
            Command::Resume(switch) => {
                output.set_interrupted(Interrupted::Resumable);
                interruptible(&output, switch.run(Switch::Resume, &output))
            }
            Command::Destroy(destroy) => interruptible(&output, destroy.run(&output)),
            Command::Template(template) => template.run(&output),
            Command::Completions(completions) => completions.run(&output),
            Command::Man(pages) => pages.run(&output),
        }
    }
}

/// The value of `--config` on the command line.
fn config_option(matches: &ArgMatches) -> Option<&OsStr> {
    if let Some((_, matches)) = matches.subcommand() {
        return config_option(matches);
    }
    let id = config_file::ID;
    let is_typed = matches.try_contains_id(id).is_ok()
        && matches.value_source(id) == Some(ValueSource::CommandLine);
    is_typed.then(|| matches.get_raw(id)?.next()).flatten()
}

/// Suggests the nearest command for a mistyped one. Clap suggests several in another order, and none for
/// short words or after `help`.
fn suggest_nearest(answer: &mut clap::Error, arguments: &[OsString]) {
    let Some(ContextValue::String(typed)) = answer.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let mut root = Cli::command();
    root.build();
    // The command whose subcommand is mistyped, such as `schedule` in `picletter schedule nxt`.
    let mut parent = &root;
    for word in arguments.iter().skip(1) {
        match parent.find_subcommand(word) {
            Some(command) => parent = command,
            None if *word == **typed => break,
            None => {}
        }
    }
    let names = parent.get_subcommands().map(clap::Command::get_name);
    if let Some(near) = suggest(typed, names).map(str::to_owned) {
        answer.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(vec![near]),
        );
    }
}

/// Runs a command until it ends or is interrupted.
fn interruptible(
    output: &Output,
    command: impl Future<Output = Result<ExitCode, CommandError>>,
) -> ExitCode {
    block_on(output, async {
        let code = {
            let mut command = pin!(command);
            // A command reads its files in the first poll, before it awaits anything. Signals are not
            // handled until then: the default action ends the process, even while it opens a FIFO.
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
                ended = command => return ended.unwrap_or_else(|error| error.end(output)),
                code = interruption.received() => code,
            }
        };
        // The command is dropped, so its prompt and spinners are gone.
        match output.interrupted() {
            Interrupted::Expected => {}
            interrupted => output.error(interrupted),
        }
        code
    })
}

/// Runs `work` on an async runtime.
fn block_on(output: &Output, work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => output.failed(format_args!("cannot start the async runtime: {error}"), 1),
    }
}
