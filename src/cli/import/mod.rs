//! `picletter import`: jobs out of another scheduler's files.

mod crontab;
mod job_name;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::crontab::{Imported, Kind, Untranslated};
use super::output::{CANNOT_CREATE, FAILED, IO, Output, USAGE};
use super::write_file::{self, WriteError};
use crate::config::{Config, ConfigError};
use crate::diagnostic::Diagnostic;

/// More than any crontab has.
const LARGEST: u64 = 1 << 20;

/// Options of `picletter import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  crontab -l | picletter import crontab -")]
pub(super) struct Import {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    /// Translate a crontab into the jobs of picletter.toml
    Crontab(Crontab),
}

/// Options of `picletter import crontab`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line of the crontab becomes a job that is named after its command; the comment above it stays with \
it. CRON_TZ and TZ set the time zone of the lines below them; without them it is UTC, as on Heroku. \
Other variables are listed: set them as config vars of the app. Lines that cannot be translated are \
reported with their numbers, among them @reboot: a one-off dyno starts on a schedule only.

Exits with 1 if a line could not be translated; the others are printed all the same.

Examples:
  picletter import crontab my.crontab
  crontab -l | picletter import crontab - --app my-shop --out picletter.toml")]
struct Crontab {
    /// Crontab; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Lines have a user before the command, as in /etc/crontab
    #[arg(long)]
    system: bool,
    /// Write a whole file for this Heroku app, not the jobs alone
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Write to FILE instead of standard output; an existing file is not replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Import {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        let From::Crontab(crontab) = &self.from;
        crontab.run(output)
    }
}

impl Crontab {
    fn run(&self, output: &Output) -> ExitCode {
        let text = match read(&self.file) {
            Ok(text) => text,
            Err(error) => {
                output.report(&Diagnostic::new(
                    format!("{} cannot be read: {error}", self.file.display()),
                    "name a crontab, or - for standard input",
                ));
                return ExitCode::from(IO);
            }
        };
        let kind = if self.system {
            Kind::System
        } else {
            Kind::Person
        };
        let Imported {
            jobs,
            variables,
            untranslated,
        } = crontab::import(&text, kind);
        for Untranslated { line, diagnostic } in &untranslated {
            let place = format!("{}:{line}", self.file.display());
            output.report(
                &diagnostic
                    .clone()
                    .map_summary(|why| format!("{place}: {why}")),
            );
        }
        if !variables.is_empty() {
            output.warning(format_args!(
                "these variables of the crontab are not in the file: {}; set those that the jobs need \
                 as config vars of the app, and use `[alert] email` in place of MAILTO",
                variables.join(", ")
            ));
        }
        if jobs.is_empty() {
            output.report(&Diagnostic::new(
                format!("{} has no job that can be translated", self.file.display()),
                "a job is a line such as `0 3 * * * bin/rails reports:send`",
            ));
            return ExitCode::from(FAILED);
        }
        let file = match &self.app {
            Some(app) => whole(app, &jobs),
            None => jobs,
        };
        if self.app.is_some()
            && let Err(ConfigError::Mistakes(mistakes)) = Config::parse(Path::new("--app"), &file)
        {
            for mistake in mistakes.lines() {
                output.error(mistake);
            }
            return ExitCode::from(USAGE);
        }
        let written = match &self.out {
            None => output.print(file.trim_end()),
            Some(out) => match write_file::create(out, file.as_bytes()) {
                Ok(()) => output.print(format_args!("{} is written", out.display())),
                Err(WriteError { path, error }) if error.kind() == io::ErrorKind::AlreadyExists => {
                    output.report(&Diagnostic::new(
                        format!("{} already exists", path.display()),
                        "name another with --out",
                    ));
                    return ExitCode::from(CANNOT_CREATE);
                }
                Err(error) => return output.failed(error, IO),
            },
        };
        let code = output.written(written);
        if untranslated.is_empty() {
            code
        } else {
            ExitCode::from(FAILED)
        }
    }
}

/// A file for an app, which Azure can be asked about at once.
fn whole(app: &str, jobs: &str) -> String {
    let app = toml::Value::from(app);
    format!("[heroku]\napp = {app}\n\n[azure]\nlocation = \"westeurope\"\n\n{jobs}")
}

/// The text of a file, or of standard input.
fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than a megabyte"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}
