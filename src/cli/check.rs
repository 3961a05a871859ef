//! `picletter check`: everything that can be checked without contacting anyone.

use std::io::{self, Write as _};
use std::iter;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use reqwest::Url;

use super::config_file::{CONFIG, ConfigFile, style};
use crate::config::{Config, Report};
use crate::job::settings::{self, Mistake, Variables};
use crate::logic_app::template;

/// Options of `picletter check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Checked are the schedule, the names and limits that Heroku and Azure have, the config vars as the
worker reads them, and the form of the secrets that are in the environment, such as SG_KEY and
ALERT_WEBHOOK. Nobody is contacted, so whether the app and the resource group exist is not.

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
        let secrets = match Secrets::of(&config) {
            Ok(secrets) => secrets,
            Err(mistakes) => {
                for mistake in mistakes {
                    eprintln!("picletter: {mistake}");
                }
                return ExitCode::from(CONFIG);
            }
        };
        if let Err(error) = template::check(&config, Timestamp::now()) {
            eprintln!("picletter: {}: {error}", self.config.path.display());
            return ExitCode::from(CONFIG);
        }
        if let Err(error) = self.report(&config, &secrets)
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

    fn report(&self, config: &Config, secrets: &Secrets) -> io::Result<()> {
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
                "`{}` on {}, dyno size {}, for at most {:#}",
                heroku.command, heroku.app, heroku.dyno_size, heroku.time_to_live
            ),
        )?;
        let start = if config.run.start_window.is_zero() {
            "not tried again".to_owned()
        } else {
            format!("tried again for up to {:#}", config.run.start_window)
        };
        line("start", &start)?;
        let reported = match config.run.report {
            Report::Worker => "by the command itself",
            Report::Shell => "by a shell around the command, as its exit status",
            Report::None => "by nobody: the dyno is watched until it is gone",
        };
        line("outcome", &format!("reported {reported}"))?;
        line("template", "takes all of this, and its workflow can run")?;
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
        for (n, (name, set)) in secrets.0.iter().enumerate() {
            let set = if *set { "well-formed" } else { "not set here" };
            line(
                if n == 0 { "secrets" } else { "" },
                &format!("{name}: {set}"),
            )?;
        }
        Ok(())
    }
}

/// The secret address that the template takes as `alert_webhook`.
const ALERT_WEBHOOK: &str = "ALERT_WEBHOOK";

/// The secrets that this configuration has a use for, and whether each is in the environment.
struct Secrets(Vec<(&'static str, bool)>);

impl Secrets {
    /// Or what is wrong with those that are there.
    fn of(config: &Config) -> Result<Self, Vec<Mistake>> {
        let env = Variables::from_env();
        let mut secrets = Self(Vec::new());
        let mut mistakes = Vec::new();
        if config.runs_own_worker() {
            match Self::of_worker(config, &env) {
                Ok(of_worker) => secrets = of_worker,
                Err(list) => mistakes = list,
            }
        }
        let webhook = env.get(ALERT_WEBHOOK);
        let is_https = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "https");
        if webhook.is_some_and(|text| !is_https(text)) {
            mistakes.push(Mistake {
                variable: ALERT_WEBHOOK,
                problem: "is no https URL such as https://host/path".to_owned(),
            });
        }
        secrets.0.push((ALERT_WEBHOOK, webhook.is_some()));
        if mistakes.is_empty() {
            Ok(secrets)
        } else {
            Err(mistakes)
        }
    }

    fn of_worker(config: &Config, env: &Variables) -> Result<Self, Vec<Mistake>> {
        let mut variables: Variables = config.config_vars.iter().collect();
        let sources = variables.get("PICTURE_SOURCES").unwrap_or_default();
        let unsplash = sources
            .contains("unsplash")
            .then_some("UNSPLASH_ACCESS_KEY");
        let needed: Vec<_> = iter::once("SG_KEY").chain(unsplash).collect();
        for name in &needed {
            variables.set_default(name, env.get(name).unwrap_or_default());
        }
        if let Err(settings::Mistakes(mut mistakes)) = settings::read(&variables, None).settings {
            // One that is missing is needed later, and the rest of them are the file's.
            let here = |mistake: &Mistake| {
                needed.contains(&mistake.variable) && env.get(mistake.variable).is_some()
            };
            mistakes.retain(here);
            if !mistakes.is_empty() {
                return Err(mistakes);
            }
        }
        let set = needed
            .into_iter()
            .map(|name| (name, env.get(name).is_some()));
        Ok(Self(set.collect()))
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
