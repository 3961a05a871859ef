//! Prints a deployment to the fakes and its runs.

use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use crate::cli::cloud;
use crate::cli::output::Output;
use crate::r#try::followed::{RunEvent, RunReport};
use picletter_core::config::Job;
use picletter_core::deploy::plan::Plan;
use picletter_logic_apps::Status;
use picletter_sandbox::Sandbox;
use picletter_sandbox::mail::Mail;

/// Prints the events of a run.
pub(super) struct RunPrinter<'a> {
    began: Timestamp,
    time_to_live: SignedDuration,
    output: &'a Output,
}

impl<'a> RunPrinter<'a> {
    /// A run that begins now, with this time to live of its dyno.
    pub(super) fn new(time_to_live: SignedDuration, output: &'a Output) -> Self {
        Self {
            began: Timestamp::now(),
            time_to_live,
            output,
        }
    }

    pub(super) fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Fired { trigger, at } => {
                self.began = *at;
                self.line(*at, trigger, "Fired", "manually")
            }
            RunEvent::WaitsForReport { action, limit, at } => {
                let within = limit.map(|limit| format!(" for at most {limit:#}"));
                let words = format!(
                    "starts a dyno and waits for its report{}",
                    within.unwrap_or_default()
                );
                self.line(*at, action, "Running", &words)
            }
            RunEvent::Waits { action, at } => self.line(*at, action, "Running", ""),
            RunEvent::ActionEnded {
                action,
                status,
                code,
                at,
            } => {
                let code = if *status == Status::Succeeded {
                    ""
                } else {
                    code
                };
                self.line(*at, action, status.name(), code)
            }
            RunEvent::DynoStarted(dyno) => {
                self.line(dyno.started_at, &dyno.name, "Started", &dyno.command)
            }
            RunEvent::DynoOutput(line) => self.output.print(format_args!("worker | {line}")),
            RunEvent::DynoEnded(record) => {
                let words = if record.stopped_by.is_some() {
                    "stopped by Heroku"
                } else {
                    ""
                };
                self.line(record.ended_at, &record.dyno.name, "Ended", words)
            }
            RunEvent::Alert(text) => text
                .lines()
                .try_for_each(|line| self.output.print(format_args!("alert  | {line}"))),
            RunEvent::WorkerOutlivesRun => self.output.print(format_args!(
                "The run has ended, but the worker is still running: Heroku stops it {} s after its start",
                self.time_to_live.as_secs()
            )),
        }
    }

    fn line(&self, at: Timestamp, name: &str, what: &str, words: &str) -> io::Result<()> {
        let seconds = at.duration_since(self.began).as_secs_f64().max(0.0);
        let line = format!("{seconds:6.1} s  {name:<20}  {what:<9}  {words}");
        self.output.print(format_args!("{}", line.trim_end()))
    }
}

/// The heading of a job.
pub(super) fn job(job: &Job, output: &Output) -> io::Result<()> {
    output.print(format_args!("\nJob {} ({})", job.label(), job.workflow))
}

/// The mails, the outcomes of worker and run, the cost, and the messages to other services.
pub(super) fn report(report: &RunReport, output: &Output) -> io::Result<()> {
    report.mails.iter().try_for_each(|one| mail(one, output))?;
    worker(report, output)?;
    run(report, output)?;
    if !report.heartbeats.is_empty() {
        let pings = report.heartbeats.join(", ");
        output.print(format_args!("  heartbeats  {pings}"))?;
    }
    report.alert_mails.iter().try_for_each(|mail| {
        output.print(format_args!(
            "Azure Monitor would mail {}: {}",
            mail.to, mail.subject
        ))
    })
}

fn worker(report: &RunReport, output: &Output) -> io::Result<()> {
    let ending = match report.exit_status {
        0 => "Worker succeeded".to_owned(),
        // As shells report it.
        status @ 129.. => format!("Worker killed by signal {}", status - 128),
        status => format!("Worker failed with exit status {status}"),
    };
    let mails = match report.mails.len() {
        0 => "no mail accepted".to_owned(),
        1 => "1 mail accepted".to_owned(),
        n => format!("{n} mails accepted"),
    };
    let took = report.took.as_secs_f64();
    output.print(format_args!("{ending} after {took:.1} s, {mails}"))
}

fn run(report: &RunReport, output: &Output) -> io::Result<()> {
    let end = match &report.end {
        None => {
            "Run stopped: the worker ended without a report. On Azure, the run would wait until \
                 its time limit, and fail with an alert and the code `no_report`"
                .to_owned()
        }
        Some(end) if end.status == Status::Succeeded => {
            "Run succeeded: the worker reported `sent`".to_owned()
        }
        Some(end) => format!(
            "Run {}: {}",
            end.status.name().to_lowercase(),
            end.problem()
        ),
    };
    output.print(end)?;
    output.print(format_args!("  run id      {}", report.run))?;
    output.print(format_args!(
        "  cost        {} billed executions of the Logic App, {} requests to Heroku",
        report.billed, report.requests
    ))
}

/// The fakes' addresses and the configuration.
pub(super) fn deploying(
    sandbox: &Sandbox,
    origin: &str,
    notes: &[String],
    output: &Output,
) -> io::Result<()> {
    let mut text = format!(
        "Fakes: Heroku at {}, Azure at {}, Wikimedia at {}, SendGrid at {}\n\
         Deploying {origin}, with these addresses and generated secrets",
        sandbox.heroku_url(),
        sandbox.azure_url(),
        sandbox.wikimedia_url(),
        sandbox.sendgrid_url()
    );
    for note in notes {
        text.extend(["\n  ", note]);
    }
    output.print_fitting(text)
}

/// What dynos run: the worker's image, or the worker itself, with the reason.
pub(super) fn dynos(worker: &Path, no_image: Option<&str>, output: &Output) -> io::Result<()> {
    let worker = worker.display();
    let text = match no_image {
        None => format!(
            "Dynos run {worker} from its image, pulled from the registry and isolated in \
             its own root directory"
        ),
        Some(why) => format!("Dynos run {worker} directly, not from its image: {why}"),
    };
    output.print_fitting(text)
}

/// The plan.
pub(super) fn plan(plan: &Plan, output: &Output) -> io::Result<()> {
    output.print_fitting(cloud::render::plan(plan, output.data_style()))
}

/// The plan after the deployment, which should be empty.
pub(super) fn second_plan(plan: &Plan, output: &Output) -> io::Result<()> {
    if plan.is_empty() {
        output.print(format_args!("Deployed. A second plan has no changes"))
    } else {
        output.print(format_args!("Deployed, but a second plan has changes:"))?;
        self::plan(plan, output)
    }
}

/// A mail that was accepted.
fn mail(mail: &Mail, output: &Output) -> io::Result<()> {
    output.print(format_args!("Accepted: {}", mail.subject))?;
    output.print(format_args!("  from        {}", mail.from))?;
    for receiver in &mail.to {
        output.print(format_args!("  to          {receiver}"))?;
    }
    for attachment in &mail.message.attachments {
        output.print(format_args!(
            "  attachment  {}, {}, {} bytes",
            attachment.filename,
            attachment.media_type,
            attachment.content.len()
        ))?;
    }
    output.print(format_args!("  message id  {}", mail.message.message_id))
}
