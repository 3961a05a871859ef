//! `picletter init`: picletter.toml out of a few answers.

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
use super::write_file::{self, WriteError};
use crate::config::{Config, ConfigError, FILE, Style};
use crate::diagnostic::Diagnostic;
use crate::schedule::timeline;
use crate::shell;

/// Options of `picletter init`.
#[derive(Debug, Args)]
#[command(after_help = "\
What no flag answers is asked for on a terminal. Elsewhere --app, --from and --to must be given; the \
rest is as above. Each answer is checked by the rules of the file, and nobody is contacted.

Ends with 64 where an answer is missing or wrong, and with 73 where the file is there already, but \
for the example that comes with the sources, which it replaces.

With --command the file is for a job of your own, in an app of your own: no sender and no receiver is \
needed.

Examples:
  picletter init
  picletter init --app my-picletter --from bot@example.com --to me@example.com
  picletter init --app my-shop --command 'rake digest' --at 03:00")]
pub(super) struct Init {
    /// Name of the Heroku app
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Command of your own that the app's dynos run, in place of the newsletter
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["from", "to"])]
    command: Option<String>,
    /// How often it runs: "15 minutes", "6 hours", "day", "2 weeks", "month", counted from today where it
    /// has to be counted from a day [default: day]
    #[arg(long, value_name = "INTERVAL", requires = "command", conflicts_with_all = ["from", "to"])]
    every: Option<String>,
    /// Sender, verified at SendGrid
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Receiver; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Time of the day, or several [default: 08:30]
    #[arg(long, value_name = "HH:MM", value_delimiter = ',')]
    at: Vec<String>,
    /// Time zone of it, by IANA's name [default: this machine's]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Where the Logic App runs [default: westeurope]
    #[arg(long, value_name = "LOCATION")]
    location: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl Init {
    pub(super) fn run(self, output: &Output) -> ExitCode {
        let path = self.config.path.clone();
        if path.is_dir() {
            let file = path.join(FILE);
            output.report(&Diagnostic::new(
                format!("{} is a folder", path.display()),
                format!("pass --config {}", shell::quoted(&file.to_string_lossy())),
            ));
            return ExitCode::from(CANNOT_CREATE);
        }
        let force = self.force || file::is_example(&path);
        if !force && path.symlink_metadata().is_ok() {
            return is_there(&path, output);
        }
        let own = self.command.clone().map(|command| OwnCommand {
            command,
            every: self.every.clone().unwrap_or_else(|| "day".to_owned()),
        });
        let mut answers = self.given();
        let mistakes: Vec<String> = answers
            .iter()
            .flat_map(|(question, answer)| {
                let mistakes = file::mistakes(*question, answer).into_iter();
                let flag = question.flag();
                mistakes.map(move |mistake| format!("{flag}: {mistake}"))
            })
            .collect();
        for mistake in &mistakes {
            output.error(mistake);
        }
        if !mistakes.is_empty() {
            return ExitCode::from(USAGE);
        }
        let open = Question::ALL.into_iter();
        let open = open.filter(|one| own.as_ref().is_none_or(|own| own.asks(*one)));
        let open: Vec<Question> = open.filter(|one| !answers.contains_key(one)).collect();
        if output.can_ask() {
            for question in open {
                match ask(question, output.style()) {
                    Ok(answer) => answers.insert(question, answer),
                    Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
                        return output.failed("nothing was written", INTERRUPTED);
                    }
                    Err(error) => return output.failed(format_args!("cannot ask: {error}"), IO),
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
                    "not a terminal, so that nothing can be asked",
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
            Err(ConfigError::Mistakes(mistakes)) if own.is_some() => {
                for mistake in mistakes.lines() {
                    output.error(mistake);
                }
                return ExitCode::from(USAGE);
            }
            // Each alone was right.
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
                return is_there(&path, output);
            }
            Err(error) => return output.failed(error, IO),
        }
        let code = output.written(output.print(next(&path, &config)));
        let warnings = config.warnings(Timestamp::now(), output.style());
        if !warnings.is_empty() {
            output.say(format_args!("\n{warnings}"));
        }
        code
    }

    /// What the flags answer.
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

fn is_there(path: &Path, output: &Output) -> ExitCode {
    let path = path.display();
    output.report(&Diagnostic::new(
        format!("{path} already exists"),
        "--force replaces it, --config writes another",
    ));
    ExitCode::from(CANNOT_CREATE)
}

/// Asks until the answer is right.
fn ask(question: Question, style: Style) -> Result<Vec<String>, InquireError> {
    let default = question.default();
    let mut prompt = Text::new(question.words())
        .with_help_message(question.help())
        .with_validator(move |typed: &str| {
            let mistakes = file::mistakes(question, &question.parts(typed));
            Ok(if mistakes.is_empty() {
                Validation::Valid
            } else {
                Validation::Invalid(mistakes.join("; ").into())
            })
        });
    if let Some(default) = &default {
        prompt = prompt.with_default(default);
    }
    if style == Style::Plain {
        prompt = prompt.with_render_config(RenderConfig::empty());
    }
    prompt.prompt().map(|typed| question.parts(&typed))
}

/// What is printed once the file is written.
fn next(path: &Path, config: &Config) -> String {
    let mut text = format!("{} is written. The first runs are due:\n", path.display());
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
    if !config.runs_own_worker() {
        let _ = write!(
            text,
            "
Next:
  1. Sign in:             heroku login; az login
  2. Check, and deploy:   picletter doctor{named}
                          picletter deploy{named}
  3. Run it once:         picletter run{named}"
        );
        return text;
    }
    let _ = write!(
        text,
        "
Next:
  1. Verify the sender:   https://app.sendgrid.com/settings/sender_auth
  2. Make a key with the permission Mail Send, which goes into a file that only you can read:
                          https://app.sendgrid.com/settings/api_keys
     (umask 077; cat > ~/sendgrid.key); export SG_KEY_FILE=~/sendgrid.key
  3. Sign in:             heroku login; az login
  4. Make worker.tar, the worker's image, as the README says
  5. Check, and deploy:   picletter doctor{named} --image worker.tar
                          picletter deploy{named} --image worker.tar
  6. Run it once:         picletter run{named}"
    );
    text
}
