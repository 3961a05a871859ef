//! What a person sees of a run.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::watch::Seen;
use crate::cli::cloud;
use crate::cli::output::Output;
use crate::deploy::plan::Plan;
use picletter_logic_apps::run::{Event, Problem, Status};
use picletter_sandbox::Sandbox;
use picletter_sandbox::azure::AlertMail;
use picletter_sandbox::heroku::DynoRecord;
use picletter_sandbox::mail::Mail;

/// A run, as far as it has been seen.
pub(super) struct Shown {
    /// The actions that do something; the others only decide which of these do.
    deeds: HashMap<String, Deed>,
    run: String,
    began: Timestamp,
    dyno: Dyno,
    /// Whether the workflow waits for no report any more.
    reported: bool,
    end: Option<(Status, Option<Problem>)>,
    output: Output,
}

#[derive(Default)]
struct Dyno {
    /// Empty before it is started.
    name: String,
    up: bool,
    /// The last line that it wrote.
    line: String,
    ended: Option<DynoRecord>,
}

/// An action that does something.
enum Deed {
    /// It takes no time to speak of.
    Short,
    /// It waits, for so long at most where the definition says it.
    Webhook(Option<SignedDuration>),
    Wait,
}

impl Shown {
    /// Nothing yet of this run of `definition`.
    pub(super) fn new(definition: &Value, run: &str, output: &Output) -> Self {
        let mut deeds = HashMap::new();
        collect(definition, &mut deeds);
        Self {
            deeds,
            run: run.to_owned(),
            began: Timestamp::now(),
            dyno: Dyno::default(),
            reported: false,
            end: None,
            output: output.clone(),
        }
    }

    /// Shows an event, unless it is another run's.
    pub(super) fn event(&mut self, event: &Event) -> io::Result<()> {
        if event.run() != Some(&*self.run) {
            return Ok(());
        }
        match event {
            Event::RunStarted { trigger, at, .. } => {
                self.began = *at;
                self.line(*at, trigger, "Fired", "by hand")
            }
            Event::ActionStarted { action, at, .. } => match self.deeds.get(&**action) {
                Some(Deed::Webhook(limit)) => {
                    let within = limit.map(|limit| format!(", for {limit:#} at most"));
                    let words = format!(
                        "starts a dyno and waits for its report{}",
                        within.unwrap_or_default()
                    );
                    self.line(*at, action, "Running", &words)
                }
                Some(Deed::Wait) => self.line(*at, action, "Running", ""),
                Some(Deed::Short) | None => Ok(()),
            },
            Event::ActionEnded {
                action,
                status,
                code,
                ended,
                ..
            } => {
                let Some(deed) = self.deeds.get(&**action) else {
                    return Ok(());
                };
                if *status == Status::Skipped {
                    return Ok(());
                }
                self.reported |= matches!(deed, Deed::Webhook(_));
                let code = if *status == Status::Succeeded {
                    ""
                } else {
                    code
                };
                self.line(*ended, action, status.name(), code)
            }
            Event::RunEnded {
                status, problem, ..
            } => {
                self.end = Some((*status, problem.clone()));
                Ok(())
            }
            Event::NotStarted { .. } => Ok(()),
        }
    }

    /// Shows what a dyno does, unless it is another run's.
    pub(super) fn seen(&mut self, seen: Seen) -> io::Result<()> {
        match seen {
            Seen::Started(dyno) if dyno.run_id.as_deref() == Some(&self.run) => {
                self.line(dyno.started_at, &dyno.name, "Started", &dyno.command)?;
                self.dyno.name = dyno.name;
            }
            Seen::Up(name) if *name == *self.dyno.name => self.dyno.up = true,
            Seen::Line(name, line) if *name == *self.dyno.name => {
                self.output.print(format_args!("worker | {line}"))?;
                self.dyno.line = line;
            }
            Seen::Ended(record) if record.dyno.name == self.dyno.name => {
                let words = if record.stopped_by.is_some() {
                    "stopped by Heroku"
                } else {
                    ""
                };
                self.line(record.ended_at, &record.dyno.name, "Ended", words)?;
                self.dyno.ended = Some(record);
            }
            Seen::Alert(text) => {
                for line in text.lines() {
                    self.output.print(format_args!("alert  | {line}"))?;
                }
            }
            Seen::Started(_) | Seen::Up(_) | Seen::Line(..) | Seen::Ended(_) => {}
        }
        Ok(())
    }

    /// Whether nothing more is to be expected: the run and its dyno have ended, or the dyno has, and
    /// there will be no report for the run.
    pub(super) fn is_over(&self) -> bool {
        let dyno_ended = self.dyno.ended.is_some();
        match self.end {
            Some(_) => dyno_ended || self.dyno.name.is_empty(),
            None => dyno_ended && !self.reported,
        }
    }

    /// Whether only the worker's end is missing.
    pub(super) fn waits_for_the_worker(&self) -> bool {
        self.end.is_some() && !self.is_over()
    }

    pub(super) fn was_up(&self) -> bool {
        self.dyno.up
    }

    pub(super) fn last_line(&self) -> &str {
        &self.dyno.line
    }

    pub(super) fn ended(&self) -> Option<&DynoRecord> {
        self.dyno.ended.as_ref()
    }

    pub(super) fn status(&self) -> Option<Status> {
        self.end.as_ref().map(|(status, _)| *status)
    }

    /// Why the run did not succeed, in the workflow's words.
    pub(super) fn problem(&self) -> String {
        let problem = self.end.as_ref().and_then(|(_, problem)| problem.as_ref());
        problem.map_or_else(String::new, |problem| {
            let why = problem.message.lines().next().unwrap_or_default();
            format!("{}: {why}", problem.code)
        })
    }

    /// A line of the story.
    fn line(&self, at: Timestamp, name: &str, what: &str, words: &str) -> io::Result<()> {
        let seconds = at.duration_since(self.began).as_secs_f64().max(0.0);
        let line = format!("{seconds:6.1} s  {name:<20}  {what:<9}  {words}");
        self.output.print(format_args!("{}", line.trim_end()))
    }

    /// How the worker ended.
    pub(super) fn worker(&self, status: i32, mails: usize) -> io::Result<()> {
        let took = self.dyno.ended.as_ref().map_or(0.0, |record| {
            let life = record.ended_at.duration_since(record.dyno.started_at);
            life.as_secs_f64()
        });
        let ending = match status {
            0 => "The worker ended well".to_owned(),
            // As shells tell it.
            129.. => format!("The worker was ended by signal {}", status - 128),
            _ => format!("The worker failed with exit status {status}"),
        };
        let mails = match mails {
            0 => "no mail was accepted".to_owned(),
            1 => "1 mail was accepted".to_owned(),
            n => format!("{n} mails were accepted"),
        };
        self.output
            .print(format_args!("{ending} after {took:.1} s, {mails}"))
    }

    /// How the run ended, and what it cost.
    pub(super) fn run(&self, id: &str, billed: u64, requests: usize) -> io::Result<()> {
        let end = match &self.end {
            None => "was not waited for, as no report can come any more: on Azure it goes on to \
                     wait until its time limit, alerts, and ends as Failed with the code no_report"
                .to_owned(),
            Some((Status::Succeeded, _)) => {
                "ended as Succeeded: the worker reported `sent`".to_owned()
            }
            Some((status, _)) => format!("ended as {status}, {}", self.problem()),
        };
        self.output.print(format_args!("The run {end}"))?;
        self.output.print(format_args!("  run id      {id}"))?;
        self.output.print(format_args!(
            "  cost        {billed} billed executions of the Logic App, {requests} requests to Heroku"
        ))
    }
}

/// The actions that do something, whatever they stand in.
fn collect(holder: &Value, deeds: &mut HashMap<String, Deed>) {
    match holder {
        Value::Object(members) => {
            let actions = members.get("actions").and_then(Value::as_object);
            for (name, action) in actions.into_iter().flatten() {
                let deed = match action["type"].as_str() {
                    Some("If" | "Switch" | "Until" | "Foreach" | "Scope") | None => continue,
                    Some("HttpWebhook") => {
                        let limit = action["limit"]["timeout"].as_str();
                        Deed::Webhook(limit.and_then(|limit| limit.parse().ok()))
                    }
                    Some("Wait") => Deed::Wait,
                    Some(_) => Deed::Short,
                };
                deeds.insert(name.clone(), deed);
            }
            for member in members.values() {
                collect(member, deeds);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, deeds)),
        _ => {}
    }
}

/// What is deployed, and to what.
pub(super) fn deploying(
    sandbox: &Sandbox,
    origin: &str,
    notes: &[String],
    output: &Output,
) -> io::Result<()> {
    let mut text = format!(
        "Stand-ins: Heroku at {}, Azure at {}, Wikimedia at {}, SendGrid at {}\n\
         Deploying {origin}, with these addresses and made-up secrets",
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

/// What dynos run: the worker's image, or the worker itself and why.
pub(super) fn dynos(worker: &Path, no_image: Option<&str>, output: &Output) -> io::Result<()> {
    let worker = worker.display();
    let text = match no_image {
        None => format!(
            "Dynos run {worker} out of its image, pulled from the registry, whose stand-in has it already: \
             alone in a root directory, as a random user"
        ),
        Some(why) => format!("Dynos run {worker} where it lies and not its image: {why}"),
    };
    output.print_fitting(text)
}

/// What a cron monitor was told.
pub(super) fn heartbeats(pings: &[String], output: &Output) -> io::Result<()> {
    if pings.is_empty() {
        return Ok(());
    }
    output.print(format_args!("  heartbeats  {}", pings.join(", ")))
}

/// What Azure Monitor would send on its own.
pub(super) fn alert_mail(mail: &AlertMail, output: &Output) -> io::Result<()> {
    output.print(format_args!(
        "Azure Monitor would mail {}: {}",
        mail.to, mail.subject
    ))
}

/// What there is to do.
pub(super) fn plan(plan: &Plan, output: &Output) -> io::Result<()> {
    output.print_fitting(cloud::shown::plan(plan, output.style_of_data()))
}

/// What a deployment leaves to the next.
pub(super) fn second_plan(plan: &Plan, output: &Output) -> io::Result<()> {
    if plan.is_empty() {
        output.print(format_args!(
            "Deployed. A second plan has nothing to change"
        ))
    } else {
        output.print(format_args!("Deployed, but a second plan is not empty:"))?;
        self::plan(plan, output)
    }
}

/// What is waited for where all the rest is done.
pub(super) fn still_running(time_to_live: Duration, output: &Output) -> io::Result<()> {
    output.print(format_args!(
        "The run is over, but not the worker: Heroku stops it {} s after its start",
        time_to_live.as_secs()
    ))
}

/// A mail that was accepted.
pub(super) fn mail(mail: &Mail, output: &Output) -> io::Result<()> {
    output.print(format_args!("Accepted: {}", mail.subject))?;
    output.print(format_args!("  from        {}", mail.from))?;
    for receiver in mail.to.iter().chain(&mail.cc).chain(&mail.bcc) {
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
