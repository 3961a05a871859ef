//! `picletter import`: translates the files of other schedulers.

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
use picletter_core::config::{Config, ConfigError};
use picletter_core::diagnostic::Diagnostic;

/// Maximum size of a crontab, in bytes.
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
Each line becomes a job that is named after its command. Comments above a line are kept. CRON_TZ and \
TZ set the time zone of the lines below them; the default is UTC, as on Heroku. Other variables are \
listed: set them as config vars of the app. Lines that cannot be translated, such as @reboot, are \
reported with their numbers.

Exits with 1 if a line could not be translated; the other jobs are still printed.

Examples:
  picletter import crontab my.crontab
  crontab -l | picletter import crontab - --app my-shop --out picletter.toml")]
struct Crontab {
    /// Crontab to translate; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Expect a user before each command, as in /etc/crontab
    #[arg(long)]
    system: bool,
    /// Write a complete file for this Heroku app, instead of only the jobs
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// With --app, write to FILE instead of standard output; fails if it exists
    #[arg(long, value_name = "FILE", requires = "app")]
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
                    format!("cannot read {}: {error}", name(&self.file)),
                    "pass the path of a crontab, or - for standard input",
                ));
                return ExitCode::from(IO);
            }
        };
        let kind = if self.system {
            Kind::System
        } else {
            Kind::User
        };
        let Imported {
            jobs,
            variables,
            untranslated,
        } = crontab::import(&text, kind);
        for Untranslated { line, diagnostic } in &untranslated {
            let position = format!("{}:{line}", self.file.display());
            output.report(
                &diagnostic
                    .clone()
                    .map_summary(|why| format!("{position}: {why}")),
            );
        }
        if !variables.is_empty() {
            output.warning(format_args!(
                "variables were not translated: {}; set those that the jobs need as config vars of \
                 the app, and use `[alert] email` instead of MAILTO",
                variables.join(", ")
            ));
        }
        if jobs.is_empty() {
            output.report(&Diagnostic::new(
                format!(
                    "{} contains no job that can be translated",
                    name(&self.file)
                ),
                "add a line such as `0 3 * * * bin/rails reports:send`",
            ));
            return ExitCode::from(FAILED);
        }
        let file = match &self.app {
            Some(app) => complete_file(app, &jobs),
            None => jobs,
        };
        if self.app.is_some()
            && let Err(ConfigError::Invalid(errors)) = Config::parse(Path::new("--app"), &file)
        {
            for error in errors.lines() {
                output.error(error);
            }
            return ExitCode::from(USAGE);
        }
        let written = match &self.out {
            None => output.print(file.trim_end()),
            Some(out) => match write_file::create(out, file.as_bytes()) {
                Ok(()) => output.print(format_args!("Wrote {}", out.display())),
                Err(WriteError { path, error }) if error.kind() == io::ErrorKind::AlreadyExists => {
                    output.report(&Diagnostic::new(
                        format!("{} already exists", path.display()),
                        "pass another path as --out",
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

/// A complete file for an app.
fn complete_file(app: &str, jobs: &str) -> String {
    let app = toml::Value::from(app);
    format!("[heroku]\napp = {app}\n\n[azure]\nlocation = \"westeurope\"\n\n{jobs}")
}

/// The name of the file in messages.
fn name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
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
        return Err(io::Error::other("larger than 1 MB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8"))
}
