//! Runs the job: fetches the picture, sends the mail, and reports the outcome.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use crate::budget::{Budget, Stop};
use crate::compose::compose;
use crate::http::Http;
use crate::log::Log;
use crate::outcome::{Outcome, Report};
use crate::picture::Picture;
use crate::report::Reporter;
use crate::sendgrid::{MESSAGE_LIMIT, SendGrid};
use crate::settings::{InvalidVariables, ParsedVariables, Settings};
use crate::sources::{self, PictureSettings, unsplash};

/// The UTC date at `now`.
pub fn utc_date(now: SystemTime) -> Date {
    Timestamp::try_from(now)
        .map(|now| now.to_zoned_datetime(TimeZone::UTC).date())
        .unwrap_or_default()
}

/// Runs the job once, reports the outcome, and returns the report.
///
/// The picture and the mail are for the date for which the run was scheduled, because Azure may
/// start it up to a minute early. If that date is unknown, they are for the date at `now`. The date
/// is determined once, so a run that crosses midnight uses one date.
///
/// `usage` is the report of an invalid command line, if any: then the job is skipped and only the
/// report is sent.
pub async fn run(
    variables: ParsedVariables,
    usage: Option<Report>,
    now: SystemTime,
    stop: &Stop,
) -> Report {
    let ParsedVariables {
        settings,
        date,
        reporting,
        deadline,
        net,
        log,
    } = variables;
    let budget = Budget::start(deadline);
    let names = (reporting.run_id.clone(), reporting.dyno.clone());
    let http = match Http::new(&net, budget.stall_timeout) {
        Ok(http) => http,
        Err(error) => {
            let report = complete(
                Report::with_detail(Outcome::Config, error),
                names,
                &budget,
                stop,
            );
            log_outcome(&report, &log);
            return report;
        }
    };
    let reporter = Reporter::new(http.clone(), reporting, log.clone(), &budget);
    let start = reporter.started();
    let ended = match (usage, settings) {
        (Some(usage), _) => usage,
        (None, Err(invalid)) => misconfigured(&invalid, &log),
        (None, Ok(settings)) => {
            let date = date.unwrap_or_else(|| utc_date(now));
            deliver(&settings, &http, date, &budget, stop, &log).await
        }
    };
    let report = complete(ended, names, &budget, stop);
    reporter.ended(&report, start, &budget, stop).await;
    log_outcome(&report, &log);
    report
}

async fn deliver(
    settings: &Settings,
    http: &Http,
    date: Date,
    budget: &Budget,
    stop: &Stop,
    log: &Log,
) -> Report {
    let receivers = settings.mail.receivers.len();
    log.info(
        "started",
        &[
            ("version", &env!("CARGO_PKG_VERSION")),
            ("date", &date),
            ("receivers", &receivers),
        ],
    );
    let sendgrid = SendGrid::new(http, &settings.api, settings.mail.sandbox);
    sendgrid.open_connection(budget.stall_timeout);
    let picture = match fetch(settings, http, date, budget, stop, log).await {
        Ok(picture) => picture,
        Err(report) => return report,
    };
    let mut report = Report::new(Outcome::Sent);
    report.source = Some(picture.info.source.name());
    report.title.clone_from(&picture.info.title);
    report.bytes = picture.embedded.bytes();
    report.receivers = Some(receivers);
    let mail = match compose(&settings.mail, &picture, date).into_pieces() {
        Ok(mail) if mail.len() <= MESSAGE_LIMIT => mail,
        Ok(mail) => {
            let detail = format!(
                "the mail has {} bytes; SendGrid accepts at most {MESSAGE_LIMIT}: lower PICTURE_MAX_BYTES",
                mail.len()
            );
            return failed(report, Outcome::Refused, detail);
        }
        Err(error) => return failed(report, Outcome::Protocol, error.to_string()),
    };
    match sendgrid.send(&mail, budget, stop, log).await {
        Ok(accepted) => report.message_id = accepted.message_id,
        Err(error) => return failed(report, error.outcome(), error.to_string()),
    }
    tokio::select! {
        () = report_download(http, &settings.picture, picture, log) => {}
        _ = stop.requested() => {}
    }
    report
}

async fn fetch(
    settings: &Settings,
    http: &Http,
    date: Date,
    budget: &Budget,
    stop: &Stop,
    log: &Log,
) -> Result<Picture, Report> {
    let began = Instant::now();
    let picture = tokio::select! {
        picture = sources::first_picture(http, &settings.picture, settings.mail.embed, date, budget.fetch_by(), log) => {
            picture.map_err(|error| Report::with_detail(Outcome::Unavailable, error))?
        }
        signal = stop.requested() => {
            let detail = format!("stopped by {} while fetching the picture; nothing was sent", signal.name);
            return Err(Report::with_detail(Outcome::TryLater, detail));
        }
    };
    let took = format!("{}ms", began.elapsed().as_millis());
    let source = picture.info.source.name();
    match picture.embedded.bytes() {
        Some(bytes) => {
            log.info(
                "picture_fetched",
                &[("source", &source), ("bytes", &bytes), ("took", &took)],
            );
        }
        None => log.info("picture_linked", &[("source", &source), ("took", &took)]),
    }
    Ok(picture)
}

// Unsplash's terms require this. A failure does not change the outcome.
async fn report_download(http: &Http, settings: &PictureSettings, picture: Picture, log: &Log) {
    let Some(location) = picture.info.download_location else {
        return;
    };
    if let Err(error) = unsplash::report_download(http, settings, location).await {
        log.warn("unsplash_not_told", &[("reason", &error)]);
    }
}

fn misconfigured(invalid: &InvalidVariables, log: &Log) -> Report {
    for variable in &invalid.0 {
        log.error(
            "config",
            &[
                ("variable", &variable.variable),
                ("problem", &variable.problem),
            ],
        );
    }
    Report::with_detail(Outcome::Config, invalid)
}

fn failed(report: Report, outcome: Outcome, detail: String) -> Report {
    Report {
        outcome,
        exit_code: outcome.exit_code(),
        detail: Some(detail),
        ..report
    }
}

/// Adds the IDs of run and dyno, the duration, and the signal that ended the run.
fn complete(
    ended: Report,
    (run_id, dyno): (Option<String>, Option<String>),
    budget: &Budget,
    stop: &Stop,
) -> Report {
    let took_ms = u64::try_from(budget.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Report {
        run_id,
        dyno,
        took_ms,
        signal: stop.signal(),
        ..ended
    }
}

fn log_outcome(report: &Report, log: &Log) {
    let took = format!("{}ms", report.took_ms);
    let outcome = report.outcome.name();
    let mut fields: Vec<(&str, &dyn std::fmt::Display)> =
        vec![("outcome", &outcome), ("exit_code", &report.exit_code)];
    let optional: [(&str, Option<&dyn std::fmt::Display>); 6] = [
        ("source", report.source.as_ref().map(|value| value as _)),
        ("bytes", report.bytes.as_ref().map(|value| value as _)),
        (
            "message_id",
            report.message_id.as_ref().map(|value| value as _),
        ),
        ("run_id", report.run_id.as_ref().map(|value| value as _)),
        ("signal", report.signal.as_ref().map(|value| value as _)),
        ("detail", report.detail.as_ref().map(|value| value as _)),
    ];
    fields.extend(
        optional
            .iter()
            .filter_map(|(name, value)| value.map(|value| (*name, value))),
    );
    fields.push(("took", &took));
    log.outcome(&fields);
}
