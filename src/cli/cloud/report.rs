//! `picletter report`: the dashboard as an HTML file or JSON.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::exit_status::UNAVAILABLE;
use super::{CommandError, Needs, Session, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::{IO, Output};
use crate::cli::write_file;
use crate::dashboard::json::json;
use crate::dashboard::report;
use crate::dashboard::view::Outage;
use picletter_core::diagnostic::Diagnostic;

/// Options of `picletter report`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is self-contained and has no scripts. Secrets in it are masked, so you can attach it to a \
ticket or publish it from continuous integration. It contains error messages and log lines of failed runs.

If Heroku or Azure is unavailable, the report contains only the other's data, and a notice. The exit \
status is then 69.

--json prints {\"app\", \"now\", \"outages\": [{\"vendor\", \"since\", \"summary\", \"help\"}], \
\"dynos\": [{\"name\", \"size\", \"state\", \"start\", \"run\"}], \"jobs\"}. Each of jobs has \"job\", \
\"workflow\", \"schedule\", \"time_zone\", \"state\" (not_read, not_deployed, on_schedule, paused), \"drift\" (texts), \
\"next\" (times), \"alerts\" [{\"reports\", \"enabled\"}], \"recent\" {\"since\", \"succeeded\", \"failed\", \
\"median_seconds\"}, \"month\" {\"runs\", \"failed\", \"counted\", \"executions\", \"dyno_seconds\", \"cost\"}, \
\"complete_since\" and \"runs\" [{\"id\", \"trigger\", \"start\", \"end\", \"outcome\" (running, succeeded, failed, \
skipped), \"code\", \"message\", \"log\"}], newest first. Before complete_since, \
\"runs\" contains only failed runs. Times are in UTC.

Examples:
  picletter report --out report.html
  picletter report --json")]
pub(in crate::cli) struct Report {
    #[command(flatten)]
    config: ConfigFile,
    /// Write the report as HTML to this file
    #[arg(long, value_name = "FILE", required_unless_present = "json")]
    out: Option<PathBuf>,
    /// Print the data as JSON
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let live = session.into_live();
        {
            let _progress = output.progress("Reading Heroku and Azure");
            live.refresh().await;
        }
        let board = live.board_at(Timestamp::now());
        if let Some(path) = &self.out {
            let html = report::html(&board);
            if let Err(error) = write_file::replace_regular(path, html.as_bytes()) {
                output.error(error);
                return Err(CommandError::Reported(IO));
            }
            output.note(format_args!("Report written to {}", path.display()));
        }
        if self.json {
            let json = serde_json::to_string_pretty(&json(&board));
            print(output, json.unwrap_or_default())?;
        }
        for outage in &board.outages {
            output.report(&diagnostic(outage));
        }
        if board.outages.is_empty() {
            Ok(ExitCode::SUCCESS)
        } else {
            Err(CommandError::Reported(UNAVAILABLE))
        }
    }
}

fn diagnostic(outage: &Outage) -> Diagnostic {
    Diagnostic {
        summary: outage.summary.clone(),
        help: Some(outage.help.clone()).filter(|help| !help.is_empty()),
    }
}
