//! `picletter doctor`: preflight checks.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::AnsiColor;
use clap::Args;
use serde_json::json;

use super::cloud::ImageOption;
use super::config_file::ConfigFile;
use super::output::{Output, paint};
use picletter_core::config::{Config, Style};
use picletter_core::deploy::doctor::{Finding, Input, State, examine};
use picletter_core::deploy::heroku::credentials;
use picletter_core::deploy::http::Timings;
use picletter_worker::settings::Variables;

/// Shorter than for a deployment: a person waits for the result.
const TIMINGS: Timings = Timings {
    backoff: Duration::from_millis(200),
    poll: Duration::from_secs(1),
    answer: Duration::from_secs(15),
    longest_retry_after: Duration::from_secs(5),
    longest_poll: Duration::from_secs(5),
};

/// Options of `picletter doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Checks picletter.toml, the secrets, the image, and this machine's clock; the Heroku token, account, \
scope, app, team, and registry; the Azure sign-in, subscription, resource providers, role, and \
location; the SendGrid key and sender; and the picture sources.

Results: `ok`; `wrong`: a deployment or its runs would fail; `unsure`: they may fail, or the check would \
have to change something to find out; `skipped`: another check must pass first.

Changes nothing, and sends no mail.

Exits with 0 if nothing is wrong, and with 1 otherwise.

Examples:
  picletter doctor
  picletter doctor --image worker.tar
  picletter doctor --json")]
pub(super) struct Doctor {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
    /// Print JSON: state, counts, and checks (id, name, state, message, next)
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(self, output: &Output) -> ExitCode {
        let config = Config::load(&self.config.path);
        let variables = Variables::from_env();
        let lookup = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(warning) = credentials::exposed(lookup) {
            output.warning(warning);
        }
        let runs_picletter_worker = config.as_ref().map_or(true, Config::runs_picletter_worker);
        let image = self.image.path(runs_picletter_worker);
        let given = Input {
            path: &self.config.path,
            config: config.as_ref(),
            image: image.as_deref(),
            variables: &variables,
            lookup: &lookup,
            timings: TIMINGS,
            verbosity: output.verbosity(),
            redactor: output.redactor(),
        };
        let findings = {
            let _progress =
                output.progress("Checking Heroku, Azure, SendGrid, and the picture sources");
            examine(&given).await
        };
        let code = output.written(if self.json {
            output.print(as_json(&findings))
        } else {
            output.print_fitting(as_text(&findings, output.data_style()))
        });
        if code == ExitCode::SUCCESS && count(&findings, State::Wrong) > 0 {
            return ExitCode::from(1);
        }
        code
    }
}

fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|one| one.state == state).count()
}

fn as_text(findings: &[Finding], style: Style) -> String {
    let mut text = String::new();
    for finding in findings {
        let (mark, color) = match finding.state {
            State::Ok => ('✓', AnsiColor::Green.on_default()),
            State::Wrong => ('✗', AnsiColor::Red.on_default()),
            State::Unsure => ('!', AnsiColor::Yellow.on_default()),
            State::Skipped => ('-', anstyle::Style::new().dimmed()),
        };
        let word = format!("{mark} {:<8}", finding.state.word());
        let word = paint(word, color, style);
        let _ = writeln!(text, "{word} {}: {}", finding.check.name(), finding.summary);
        if let Some(next) = &finding.help {
            let _ = writeln!(text, "           next: {next}");
        }
    }
    let counts = State::ALL.map(|state| format!("{} {}", count(findings, state), state.word()));
    let _ = writeln!(text, "\n{}", counts.join(", "));
    text
}

fn as_json(findings: &[Finding]) -> String {
    let checks: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "id": finding.check.id(),
                "name": finding.check.name(),
                "state": finding.state.word(),
                "message": finding.summary,
                "next": finding.help,
            })
        })
        .collect();
    let counts: serde_json::Map<_, _> = State::ALL
        .into_iter()
        .map(|state| (state.word().to_owned(), count(findings, state).into()))
        .collect();
    let state = if count(findings, State::Wrong) > 0 {
        State::Wrong
    } else {
        State::Ok
    };
    let json = json!({ "state": state.word(), "counts": counts, "checks": checks });
    serde_json::to_string_pretty(&json).unwrap_or_default()
}
