//! `picletter check`: everything that can be checked without contacting anyone.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use secrecy::SecretString;

use super::config_file::ConfigFile;
use super::output::{CONFIG, Output};
use crate::config::{Config, Job, Report, Secrets};
use crate::deploy::connect::Endpoints;
use crate::deploy::desired::daily_alert_from;
use crate::diagnostic::Diagnose as _;
use crate::shell::picletter;
use crate::template;
use picletter_worker::quote::quote;
use picletter_worker::settings::Variables;

/// Options of `picletter check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Checked are the schedule, the names and limits that Heroku and Azure have, the config vars as the \
worker reads them, and the form of the secrets that are in the environment or in the files that it \
names: SG_KEY or SG_KEY_FILE, UNSPLASH_ACCESS_KEY, HEARTBEAT_URL, ALERT_WEBHOOK and those that \
picletter.toml lists. One that is missing is told, and no mistake: only `deploy` needs it. Nobody is contacted, so whether the app and the resource group exist is not.

Ends with 0, also where there are warnings, and with 78 where there are mistakes.

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
            Err(mistakes) => {
                for mistake in mistakes {
                    output.report(&mistake.diagnostic());
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
            output.say(format_args!("\n{warnings}"));
        }
        for warning in secrets.warnings() {
            output.warning(warning);
        }
        code
    }

    fn report(&self, config: &Config, secrets: &Secrets) -> String {
        let mut lines = Vec::new();
        let mut line = |title: &str, text: &str| lines.push(format!("{title:<13} {text}"));
        line(
            "file",
            &format!("{}: no mistakes", self.config.path.display()),
        );
        let azure = &config.azure;
        let location = azure.location.as_ref();
        let location = location.map(|at| format!(", {at}")).unwrap_or_default();
        for job in &config.jobs {
            if let Some(name) = &job.name {
                line("", "");
                line("job", name);
            }
            line("schedule", &schedule(job));
            for (n, (name, _)) in job.schedule.recurrences().enumerate() {
                line(if n == 0 { "triggers" } else { "" }, name);
            }
            line(
                "runs",
                &format!(
                    "{} on {}, dyno size {}, for at most {:#}",
                    quote(&job.command),
                    config.heroku.app,
                    job.dyno_size,
                    job.time_to_live
                ),
            );
            line(
                "workflow",
                &format!(
                    "{} in the resource group {}{location}",
                    job.workflow, azure.resource_group,
                ),
            );
            let start = if job.start_window.is_zero() {
                "not tried again".to_owned()
            } else {
                format!("tried again for up to {:#}", job.start_window)
            };
            line("start", &start);
            let reported = match job.report {
                Report::Worker => "by the command itself",
                Report::Shell => "by a shell around the command, as its exit status",
                Report::None => "by nobody: the dyno is watched until it is gone",
            };
            line("outcome", &format!("reported {reported}"));
            line("template", "takes all of this, and its workflow can run");
            if let Some(from) = daily_alert_from(config, job, Timestamp::now()) {
                line(
                    "alerts",
                    &format!(
                        "on a day without success: not before the first run is due, at {from}; \
                         run {} after that to create this alert",
                        picletter("deploy")
                    ),
                );
            }
        }
        if config.jobs.iter().any(|job| job.name.is_some()) {
            line("", "");
        }
        let alert = config.alert.email.as_deref();
        line("alerts", alert.unwrap_or("none by mail"));
        let vars = config.config_vars();
        let names: Vec<&str> = vars.keys().map(String::as_str).collect();
        let as_read = if config.runs_own_worker() {
            ", as the worker reads them"
        } else {
            ""
        };
        if !names.is_empty() {
            line("config vars", &format!("{}{as_read}", names.join(", ")));
        }
        for (n, secret) in secrets.list().iter().enumerate() {
            let set = match (&secret.value, secret.required) {
                (Some(_), _) => "well-formed",
                (None, true) => "not set here, and needed by `deploy`",
                (None, false) => "not set here",
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
