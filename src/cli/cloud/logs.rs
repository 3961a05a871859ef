//! `picletter logs`: what the app writes.

use std::process::ExitCode;

use clap::Args;

use super::dyno_of::{self, DynoOf};
use super::{CommandError, Needs, Session, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::clouds::{During as _, Step};
use crate::deploy::heroku::log::LogRequest;

/// What Heroku keeps.
const KEPT: u32 = 1500;

/// Options of `picletter logs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Heroku keeps the app's last 1,500 lines.

Examples:
  picletter logs --follow
  picletter logs --run 08584060846916150023630523334CU57")]
pub(in crate::cli) struct Logs {
    #[command(flatten)]
    config: ConfigFile,
    /// Go on with the lines to come, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only the lines of the run with this id, as `status` shows it; its beginning or end does
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    run: Option<String>,
    /// How many past lines
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..=1500), conflicts_with = "run")]
    lines: u32,
}

impl Logs {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let request = LogRequest {
            dyno: None,
            source: None,
            lines: if self.run.is_some() { KEPT } else { self.lines },
            tail: self.follow,
        };
        let app = &session.wanted.app;
        let log = session.clouds.heroku.log_session(app, &request).await;
        session.tell_warnings();
        let log = match log {
            Err(error) if error.is_not_found() => {
                let text = format!("there is no app {app}: `picletter deploy` makes it");
                return Err(CommandError::Nothing(text));
            }
            log => log,
        };
        let mut log = log.during(Step::ReadLog)?;
        let Some(run) = &self.run else {
            while let Some(line) = log.next_line().await.during(Step::ReadLog)? {
                if !print(output, &line)? {
                    break;
                }
            }
            return Ok(ExitCode::SUCCESS);
        };
        let mut lines = Vec::new();
        while let Some(line) = log.next_line().await.during(Step::ReadLog)? {
            lines.push(line);
        }
        let run = dyno_of::find(run, &lines);
        let run = run.map_err(|error| CommandError::Nothing(error.to_string()))?;
        let mut dyno = DynoOf::new(run);
        for line in lines.iter().filter(|line| dyno.line(line).is_some()) {
            if !print(output, line)? {
                break;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
