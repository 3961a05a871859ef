//! `picletter report`: the dashboard as an HTML file or JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;

use super::{CommandError, Needs, Session, exit_status, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::{IO, Output};
use crate::cli::write_file::{self, WriteError};
use crate::dashboard::json::json;
use crate::dashboard::report;
use picletter_core::diagnostic::{Diagnose as _, Diagnostic};

/// Options of `picletter report`.
#[derive(Debug, Args)]
#[command(after_help = "\
The file is self-contained and has no scripts. Secrets in it are masked, so you can attach it to a \
ticket or publish it from continuous integration. It contains error messages and log lines of failed runs.

If Heroku or Azure is unavailable, the report contains only the other's data, and a notice. The command \
then exits with the exit status of the vendor's error, as other commands do.

--json prints {\"app\", \"now\", \"outages\": [{\"vendor\", \"since\", \"summary\", \"help\"}], \
\"dynos\": [{\"name\", \"size\", \"state\", \"start\", \"run\"}], \"jobs\"}. Each element of \"jobs\" has \"job\", \
\"workflow\", \"schedule\", \"time_zone\", \"state\" (not_read, not_deployed, on_schedule, paused), \"drift\" (texts), \
\"next\" (times), \"alerts\" [{\"reports\", \"enabled\"}], \"recent\" {\"since\", \"succeeded\", \"failed\", \
\"median_seconds\"}, \"month\" {\"runs\", \"failed\", \"counted\", \"executions\", \"dyno_seconds\", \"cost\"}, \
\"complete_since\", and \"runs\" [{\"id\", \"trigger\", \"start\", \"end\", \"outcome\" (running, succeeded, failed, \
skipped), \"code\", \"message\", \"log\"}], newest first. Times are in UTC.

\"recent\" and \"month\" are null if the runs could not be read. \"reports\" describes the event that raises the alert, such as \"a run fails, by mail\". \"enabled\" is null if \
the alert does not exist. \"counted\" is true if all runs of the month were counted; otherwise, \"runs\" is \
partly an estimate from the schedule, and \"failed\" can be too low. Before \"complete_since\", the list \
\"runs\" contains only failed runs.

Examples:
  picletter report --out report.html
  picletter report --out - | gzip > report.html.gz
  picletter report --json")]
pub(in crate::cli) struct Report {
    #[command(flatten)]
    config: ConfigFile,
    /// Write the report as HTML to FILE, or to standard output if FILE is -
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the data as JSON
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        if self.out.is_none() && !self.json {
            return Err(CommandError::Usage(Diagnostic::new(
                "neither --out nor --json is given",
                "pass --out FILE to write HTML, --out - to print it, or --json to print the data",
            )));
        }
        let prints_html = self.out.as_deref() == Some(Path::new("-"));
        if prints_html && self.json {
            return Err(CommandError::Usage(Diagnostic::new(
                "--out - and --json both print to standard output",
                "pass the path of a file to --out",
            )));
        }
        let session = Session::open_for_reading(&self.config, Needs::NoSecrets, None, output)?;
        let file = self.out.as_deref().filter(|_| !prints_html);
        if let Some(Err(error)) = file.map(write_file::check_regular) {
            return Err(not_written(&error, output));
        }
        let live = session.into_live();
        {
            let _progress = output.progress("Reading Heroku and Azure");
            live.refresh().await;
        }
        let board = live.board_at(Timestamp::now());
        if prints_html {
            print(output, report::html(&board))?;
        }
        if let Some(path) = file {
            let html = report::html(&board);
            let written = write_file::replace_regular(path, html.as_bytes());
            written.map_err(|error| not_written(&error, output))?;
            output.note(format_args!("Report written to {}", path.display()));
        }
        if self.json {
            let json = serde_json::to_string_pretty(&json(&board));
            print(output, json.unwrap_or_default())?;
        }
        let errors = live.errors();
        for error in &errors {
            output.report(&error.diagnostic());
        }
        match errors.first() {
            None => Ok(ExitCode::SUCCESS),
            Some(error) => {
                let status = exit_status::for_error(&error.error);
                Err(CommandError::Reported(status))
            }
        }
    }
}

fn not_written(error: &WriteError, output: &Output) -> CommandError {
    output.error(error);
    CommandError::Reported(IO)
}
