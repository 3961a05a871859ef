//! `picletter check`: all checks that need no network.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use secrecy::SecretString;

use super::config_file::ConfigFile;
use super::output::{CONFIG, Output};
use picletter_core::config::{Config, Job, Report, Secrets};
use picletter_core::deploy::connect::Endpoints;
use picletter_core::deploy::desired::daily_alert_from;
use picletter_core::diagnostic::Diagnose as _;
use picletter_core::shell::picletter;
use picletter_core::template;
use picletter_worker::quote::quote;
use picletter_worker::settings::Variables;

/// Options of `picletter check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Validates the schedule, the config vars, the names and limits that Heroku and Azure prescribe, and the \
format of the secrets. The secrets are SG_KEY, UNSPLASH_ACCESS_KEY, HEARTBEAT_URL, ALERT_WEBHOOK, and \
those that picletter.toml lists. Set each secret NAME in the environment variable NAME, or set NAME_FILE to the path of a file with its value. \
A missing secret is listed, but is not an error: only `deploy` needs it.

Sends no requests: use `doctor` to check accounts, permissions, and whether the app exists.

Exits with 0 if the file is valid, even with warnings, and with 78 if it is not.

Example:
  SG_KEY_FILE=~/.sendgrid picletter check")]
pub(super) struct Check {
    #[command(flatten)]
    config: ConfigFile,
}

impl Check {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        let config = match self.config.load(output) {
            Ok(config) => config,
            Err(code) => return code,
        };
        let learn = |secret: &SecretString| output.redactor().learn(secret);
        let secrets = match Secrets::read(&config, &Variables::from_env(), learn) {
            Ok(secrets) => secrets,
            Err(errors) => {
                for error in errors {
                    output.report(&error.diagnostic());
                }
                return ExitCode::from(CONFIG);
            }
        };
        let lookup = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Err(error) = Endpoints::from_env(&lookup) {
            return output.ends_with(&error, CONFIG);
        }
        if let Err(error) = template::check(&config, Timestamp::now()) {
            let path = self.config.path.display();
            return output.failed(format_args!("{path}: {error}"), CONFIG);
        }
        let code = output.written(output.print_fitting(self.report(&config, &secrets)));
        let warnings = config.warnings(Timestamp::now(), output.style());
        if !warnings.is_empty() {
            output.note(format_args!("\n{warnings}"));
        }
        for warning in secrets.warnings() {
            output.warning(warning);
        }
        code
    }

    fn report(&self, config: &Config, secrets: &Secrets) -> String {
        let mut lines = Vec::new();
        let mut line = |title: &str, text: &str| lines.push(format!("{title:<13} {text}"));
        line("file", &format!("{}: valid", self.config.path.display()));
        let azure = &config.azure;
        let location = azure.location.as_ref();
        let location = location.map(|at| format!(", {at}")).unwrap_or_default();
        for job in &config.jobs {
            if let Some(name) = &job.name {
                line("", "");
                line("job", name);
            }
            line("schedule", &schedule(job));
            for (n, name) in job.schedule.triggers().keys().enumerate() {
                line(if n == 0 { "triggers" } else { "" }, name);
            }
            line(
                "runs",
                &format!(
                    "{} in {}, dyno size {}, for at most {:#}",
                    quote(&job.command),
                    config.heroku.app,
                    job.dyno_size,
                    job.time_to_live
                ),
            );
            line(
                "workflow",
                &format!(
                    "{} in resource group {}{location}",
                    job.workflow, azure.resource_group,
                ),
            );
            let start = if job.start_window.is_zero() {
                "no retries".to_owned()
            } else {
                format!("retried for up to {:#}", job.start_window)
            };
            line("start", &start);
            let outcome = match job.report {
                Report::Worker => "reported by the command",
                Report::Shell => "exit status, reported by a shell that wraps the command",
                Report::None => "not reported; the workflow polls the dyno until it ends",
            };
            line("outcome", outcome);
            line("template", "valid");
            if let Some(from) = daily_alert_from(config, job, Timestamp::now()) {
                line(
                    "alerts",
                    &format!(
                        "the alert for a day without success is created only after the first run is due, at {from}; \
                         run {} after that",
                        picletter("deploy")
                    ),
                );
            }
        }
        if config.jobs.iter().any(|job| job.name.is_some()) {
            line("", "");
        }
        let alert = config.alert.email.as_deref();
        line("alerts", alert.unwrap_or("no mail"));
        let vars = config.config_vars();
        let names: Vec<&str> = vars.keys().map(String::as_str).collect();
        if !names.is_empty() {
            line("config vars", &names.join(", "));
        }
        for (n, secret) in secrets.list().iter().enumerate() {
            let set = match (&secret.value, secret.required) {
                (Some(_), _) => "well-formed",
                (None, true) => "not set; `deploy` needs it",
                (None, false) => "not set (optional)",
            };
            line(
                if n == 0 { "secrets" } else { "" },
                &format!("{}: {set}", secret.name),
            );
        }
        lines.join("\n")
    }
}

fn schedule(job: &Job) -> String {
    let schedule = &job.schedule;
    let zone = match schedule.zone().windows_name() {
        Some(windows) => format!("{} (Azure: {windows})", schedule.zone().name()),
        None => "UTC".to_owned(),
    };
    let missed = if schedule.catches_up() {
        "run late"
    } else {
        "skipped"
    };
    format!(
        "in {zone}; overlap: {}; missed runs: {missed}",
        schedule.overlap().name()
    )
}
