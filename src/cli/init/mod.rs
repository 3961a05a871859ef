//! `picletter init`: writes picletter.toml from a few answers.

mod file;
mod own_command;
mod question;

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use inquire::ui::RenderConfig;
use inquire::validator::Validation;
use inquire::{InquireError, Text};
use jiff::Timestamp;

use self::own_command::OwnCommand;
use self::question::{Answers, Question};
use super::config_file::ConfigFile;
use super::output::{CANNOT_CREATE, CONFIG, INTERRUPTED, IO, Output, USAGE};
use super::prompt::prompt;
use super::write_file::{self, WriteError};
use picletter_core::config::{Config, ConfigError, FILE, Style};
use picletter_core::diagnostic::Diagnostic;
use picletter_core::schedule::timeline;
use picletter_core::shell;

/// Options of `picletter init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Prompts for values that no option sets. Without a terminal, --app, --from, and --to are required. \
Validates each answer, and sends no requests.

With --command, the file is for your own command and app, and needs no sender or receivers.

An existing file is replaced only with --force, or if it is the unmodified example of Picletter's repository.

Exits with 64 if an answer is missing or invalid, and with 73 if the file exists.

Examples:
  picletter init
  picletter init --app my-picletter --from bot@example.com --to me@example.com
  picletter init --app my-shop --command 'rake digest' --at 03:00")]
pub(super) struct Init {
    /// Name of the Heroku app
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Your own command for the app's dynos, instead of the worker that mails a picture
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["from", "to"])]
    command: Option<String>,
    /// With --command, interval of the runs: "15 minutes", "6 hours", "day", "2 weeks", "month". An
    /// interval that needs a start date starts today [default: day]
    #[arg(long, value_name = "INTERVAL")]
    every: Option<String>,
    /// Sender address, verified at SendGrid
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Receiver address; repeatable
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Time of day; several are separated by commas [default: 08:30]
    #[arg(long, value_name = "HH:MM", value_delimiter = ',')]
    at: Vec<String>,
    /// Time zone, as an IANA name [default: this machine's]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Azure location of the Logic App [default: westeurope]
    #[arg(long, value_name = "LOCATION")]
    location: Option<String>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl Init {
    pub(super) async fn run(self, output: &Output) -> ExitCode {
        if self.every.is_some() && self.command.is_none() {
            output.report(&every_without_command());
            return ExitCode::from(USAGE);
        }
        let path = self.config.path.clone();
        if path.is_dir() {
            let file = path.join(FILE);
            output.report(&Diagnostic::new(
                format!("{} is a directory", path.display()),
                format!("pass --config {}", shell::quoted(&file.to_string_lossy())),
            ));
            return ExitCode::from(CANNOT_CREATE);
        }
        let force = self.force || file::is_example(&path);
        if !force && path.symlink_metadata().is_ok() {
            return already_exists(&path, output);
        }
        let own = self.command.clone().map(|command| OwnCommand {
            command,
            every: self.every.clone().unwrap_or_else(|| "day".to_owned()),
        });
        let mut answers = self.given();
        let errors: Vec<String> = answers
            .iter()
            .flat_map(|(question, answer)| {
                let errors = file::errors(*question, answer).into_iter();
                let flag = question.flag();
                errors.map(move |error| format!("{flag}: {error}"))
            })
            .collect();
        for error in &errors {
            output.error(error);
        }
        if !errors.is_empty() {
            return ExitCode::from(USAGE);
        }
        let open = Question::ALL.into_iter();
        let open = open.filter(|one| own.as_ref().is_none_or(|own| own.needs(*one)));
        let open: Vec<Question> = open.filter(|one| !answers.contains_key(one)).collect();
        if output.can_ask() {
            for question in open {
                match ask(question, output.style()).await {
                    Ok(answer) => answers.insert(question, answer),
                    Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
                        return output.failed(output.interrupted(), INTERRUPTED);
                    }
                    Err(error) => return output.failed(format_args!("cannot prompt: {error}"), IO),
                };
            }
        } else {
            let mut missing = Vec::new();
            for question in open {
                match question.default() {
                    Some(default) => drop(answers.insert(question, question.parts(&default))),
                    None => missing.push(question.flag()),
                }
            }
            if !missing.is_empty() {
                let flags = missing.join(", ");
                output.report(&Diagnostic::new(
                    "not a terminal: cannot prompt for the missing values",
                    format!("pass {flags}"),
                ));
                return ExitCode::from(USAGE);
            }
        }
        let text = match &own {
            Some(own) => own.text(&answers, Timestamp::now()),
            None => file::text(&answers),
        };
        let config = match Config::parse(&path, &text) {
            Ok(config) => config,
            Err(ConfigError::Invalid(errors)) if own.is_some() => {
                for error in errors.lines() {
                    output.error(error);
                }
                return ExitCode::from(USAGE);
            }
            // Each answer was valid on its own.
            Err(error) => return output.ends_with(&error, CONFIG),
        };
        let write = if force {
            write_file::replace_regular
        } else {
            write_file::create
        };
        match write(&path, text.as_bytes()) {
            Ok(()) => {}
            Err(WriteError { error, .. }) if error.kind() == io::ErrorKind::AlreadyExists => {
                return already_exists(&path, output);
            }
            Err(error) => return output.failed(error, IO),
        }
        let code = output.written(output.print(next(&path, &config)));
        let warnings = config.warnings(Timestamp::now(), output.style());
        if !warnings.is_empty() {
            output.note(format_args!("\n{warnings}"));
        }
        code
    }

    /// The answers from options.
    fn given(self) -> Answers {
        let one = |text: Option<String>| text.into_iter().collect::<Vec<_>>();
        let times = self.at.iter().map(|time| time.trim().to_owned());
        let answers = [
            (Question::App, one(self.app)),
            (Question::From, one(self.from)),
            (Question::To, self.to),
            (Question::At, times.collect()),
            (Question::TimeZone, one(self.time_zone)),
            (Question::Location, one(self.location)),
        ];
        let given = answers.into_iter();
        given.filter(|(_, answer)| !answer.is_empty()).collect()
    }
}

/// A usage error. Clap ignores `requires = "command"` if --from is given, because --command conflicts
/// with it.
fn every_without_command() -> Diagnostic {
    Diagnostic::new(
        "--every requires --command",
        "to send the picture at another interval, remove --every and edit `every` in the file",
    )
}

fn already_exists(path: &Path, output: &Output) -> ExitCode {
    let path = path.display();
    output.report(&Diagnostic::new(
        format!("{path} already exists"),
        "pass --force to replace it, or --config to write another file",
    ));
    ExitCode::from(CANNOT_CREATE)
}

/// Prompts until the answer is valid.
async fn ask(question: Question, style: Style) -> Result<Vec<String>, InquireError> {
    let typed = prompt(move || {
        let default = question.default();
        let mut text = Text::new(question.prompt())
            .with_help_message(question.help())
            .with_validator(move |typed: &str| {
                let errors = file::errors(question, &question.parts(typed));
                Ok(if errors.is_empty() {
                    Validation::Valid
                } else {
                    Validation::Invalid(errors.join("; ").into())
                })
            });
        if let Some(default) = &default {
            text = text.with_default(default);
        }
        if style == Style::Plain {
            text = text.with_render_config(RenderConfig::empty());
        }
        text.prompt()
    });
    typed.await.map(|typed| question.parts(&typed))
}

/// The message after the file is written.
fn next(path: &Path, config: &Config) -> String {
    let mut text = format!("Wrote {}. The first runs are due:\n", path.display());
    let schedules = config.jobs.iter().map(|job| &job.schedule);
    for (n, due) in timeline(schedules, Timestamp::now()).take(3) {
        let Some(job) = config.jobs.get(n) else {
            continue;
        };
        let local = job.schedule.zone().clock().to_datetime(due.at);
        let zone = job.schedule.zone().name();
        let _ = writeln!(text, "  {} {zone}", local.strftime("%a %F %R"));
    }
    let named = shell::config();
    if !config.runs_picletter_worker() {
        let _ = write!(
            text,
            "
Next:
  1. Sign in:             heroku login; az login
  2. Check and deploy:    picletter doctor{named}
                          picletter deploy{named}
  3. Start a run:         picletter run{named}"
        );
        return text;
    }
    let _ = write!(
        text,
        "
Next:
  1. Verify the sender:   https://app.sendgrid.com/settings/sender_auth
  2. Create an API key with the permission Mail Send, and save it in a private file:
                          https://app.sendgrid.com/settings/api_keys
     (umask 077; cat > ~/sendgrid.key); export SG_KEY_FILE=~/sendgrid.key
  3. Sign in:             heroku login; az login
  4. Build the worker's image, worker.tar: see the README
  5. Check and deploy:    picletter doctor{named} --image worker.tar
                          picletter deploy{named} --image worker.tar
  6. Start a run:         picletter run{named}"
    );
    text
}
