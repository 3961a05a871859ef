//! `picletter check`: everything that can be checked without contacting anyone.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::config_file::{ConfigFile, style};
use crate::config::Config;

/// Options of `picletter check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Checked are the schedule, the names and limits that Heroku and Azure have, and the config vars as
the worker reads them. Nobody is contacted, so whether the app and the resource group exist is not.
Secrets are not in the file: they are read from the environment when they are needed.

Ends with 0, also where there are warnings, and with 78 where there are mistakes.")]
pub(super) struct Check {
    #[command(flatten)]
    config: ConfigFile,
}

impl Check {
    pub(super) fn run(&self) -> ExitCode {
        let config = match self.config.load() {
            Ok(config) => config,
            Err(code) => return code,
        };
        if let Err(error) = self.report(&config)
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            eprintln!("picletter: cannot write to standard output: {error}");
            return ExitCode::from(74);
        }
        let warnings = config.warnings(Timestamp::now(), style());
        if !warnings.is_empty() {
            eprintln!("\n{warnings}");
        }
        ExitCode::SUCCESS
    }

    fn report(&self, config: &Config) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let mut line = |title: &str, text: &str| writeln!(out, "{title:<13} {text}");
        line(
            "file",
            &format!("{}: no mistakes", self.config.path.display()),
        )?;
        line("schedule", &schedule(config))?;
        for (n, (name, _)) in config.schedule.recurrences().enumerate() {
            line(if n == 0 { "triggers" } else { "" }, name)?;
        }
        let heroku = &config.heroku;
        line(
            "runs",
            &format!(
                "`{}` on a {} dyno of {}, for at most {:#}",
                heroku.command, heroku.dyno_size, heroku.app, heroku.time_to_live
            ),
        )?;
        line(
            "start",
            &format!("tried again for up to {:#}", config.run.start_window),
        )?;
        let reported = match config.run.report {
            crate::config::Report::Worker => "by the command itself",
            crate::config::Report::Shell => "by a shell around the command, as its exit status",
            crate::config::Report::None => "by nobody: the dyno is watched until it is gone",
        };
        line("outcome", &format!("reported {reported}"))?;
        let alerts = config.alerts.email.as_deref();
        line("alerts", alerts.unwrap_or("none by mail"))?;
        let names: Vec<&str> = config.config_vars.keys().map(String::as_str).collect();
        let as_read = if config.runs_own_worker() {
            ", as the worker reads them"
        } else {
            ""
        };
        if !names.is_empty() {
            line("config vars", &format!("{}{as_read}", names.join(", ")))?;
        }
        Ok(())
    }
}

fn schedule(config: &Config) -> String {
    let schedule = &config.schedule;
    let zone = match schedule.zone().windows_name() {
        Some(windows) => format!("{}, which Azure calls {windows}", schedule.zone().name()),
        None => "UTC".to_owned(),
    };
    let missed = if schedule.catches_up() {
        "made up for"
    } else {
        "not made up for"
    };
    format!(
        "in {zone}; overlap: {}; missed runs: {missed}",
        schedule.overlap().name()
    )
}
