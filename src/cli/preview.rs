//! `picletter preview`: today's mail, composed from the live sources, as files and not sent.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::MimePart;
use secrecy::ExposeSecret as _;
use thiserror::Error;

use super::config_file::ConfigFile;
use super::output::Output;
use super::write_file::{self, WriteError};
use crate::config::{Config, SecretMistake, Secrets};
use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::address::Mailbox;
use picletter_worker::budget::Budget;
use picletter_worker::client::TlsError;
use picletter_worker::compose::{CONTENT_ID, compose};
use picletter_worker::http::Http;
use picletter_worker::payload::Payload;
use picletter_worker::settings::{self, Mistakes, ParsedVariables, Variables};
use picletter_worker::sources::{NoPicture, first_picture};
use picletter_worker::{self};

/// Used where a variable is not set, since a preview needs neither account nor addresses.
const STAND_INS: [(&str, &str); 3] = [
    ("BOT_EMAIL", "Picletter <picletter@example.com>"),
    ("RECEIVER_EMAIL", "you@example.com"),
    ("SG_KEY", "SG.not.needed"),
];

/// What is wrong with these does not matter to a mail that is not sent.
const UNUSED_SECRETS: [&str; 3] = ["ALERT_WEBHOOK", "HEARTBEAT_URL", "SG_KEY"];

/// Options of `picletter preview`.
#[derive(Debug, Args)]
#[command(after_help = "\
Sender, receivers and picture are those of picletter.toml, where there is one. A config var in the \
environment, such as PICTURE_SOURCES, PICTURE_URL, MAIL_SUBJECT or MAIL_EMBED, comes before what the \
file says. Neither is required, nor is a key of SendGrid's.

Examples:
  picletter preview
  PICTURE_SOURCES=nasa picletter preview --open")]
pub(super) struct Preview {
    /// Configuration file [default: picletter.toml if there is one] [env: PICLETTER_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder to write preview.eml and preview.html into
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Open preview.html in the browser
    #[arg(long)]
    open: bool,
    /// Print the JSON that SendGrid would get, and write nothing
    #[arg(long, conflicts_with_all = ["out", "open"])]
    payload: bool,
}

/// Why there is no preview.
#[derive(Debug, Error)]
pub(super) enum PreviewError {
    /// A mistake in the file, which has been told.
    Told(ExitCode),
    /// Secrets with mistakes.
    Secrets(Vec<SecretMistake>),
    /// Nothing is known of its mail.
    AnotherCommand {
        /// Whose.
        path: String,
        /// Which.
        command: String,
    },
    /// Config vars with mistakes.
    Settings(#[from] Mistakes),
    /// `--out`.
    NoFolder(PathBuf),
    /// TLS.
    Tls(#[from] TlsError),
    /// Each source with its reason.
    NoPicture(#[from] NoPicture),
    /// The payload could not be written as JSON.
    Payload(#[from] serde_json::Error),
    /// A file could not be written.
    File(#[from] WriteError),
    /// Standard output.
    Output(#[from] io::Error),
    /// No program to open it.
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Diagnose for PreviewError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Told(_) => Diagnostic::plain(""),
            Self::Secrets(_) => Diagnostic::plain("a secret is wrong"),
            Self::AnotherCommand { path, command } => Diagnostic::new(
                format!("{path} runs `{command}`, and what that mails is not known here"),
                "name a file for Picletter's worker with --config",
            ),
            Self::Settings(mistakes) => Diagnostic::plain(mistakes),
            Self::NoFolder(path) => Diagnostic::new(
                format!("there is no folder {}", path.display()),
                "make it, or name another with --out",
            ),
            Self::Tls(error) => Diagnostic::plain(error),
            Self::NoPicture(error) => Diagnostic::new(
                error.to_string(),
                "check the network, or name other `sources` in [picture]",
            ),
            Self::Payload(error) => {
                Diagnostic::plain(format_args!("the payload cannot be written: {error}"))
            }
            Self::File(error) => Diagnostic::plain(error),
            Self::Output(error) => {
                Diagnostic::plain(format_args!("cannot write to standard output: {error}"))
            }
            Self::Open { path, error } => Diagnostic::plain(format_args!(
                "{} was written, but cannot be opened: {error}",
                path.display()
            )),
        }
    }
}

display_as_diagnostic!(PreviewError);

impl PreviewError {
    /// What to report: one for each mistake.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Told(_) => Vec::new(),
            Self::Secrets(mistakes) => mistakes.iter().map(Diagnose::diagnostic).collect(),
            Self::Settings(Mistakes(mistakes)) => mistakes.iter().map(Diagnostic::plain).collect(),
            other => vec![other.diagnostic()],
        }
    }

    /// The worker's own codes where it would end the same way; else 74, `EX_IOERR`.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Told(code) => return *code,
            Self::AnotherCommand { .. } => 64,
            Self::Secrets(_) | Self::Settings(_) | Self::Tls(_) => 78,
            Self::NoPicture(_) => 69,
            Self::NoFolder(_)
            | Self::Payload(_)
            | Self::File(_)
            | Self::Output(_)
            | Self::Open { .. } => 74,
        })
    }
}

impl Preview {
    /// Composes the mail and writes it as the options say.
    pub(super) async fn run(&self, output: &Output) -> Result<(), PreviewError> {
        let mut vars = Variables::from_env();
        for name in UNUSED_SECRETS {
            vars.remove(name);
            vars.remove(&format!("{name}_FILE"));
        }
        let config = self.config_and_secrets(&mut vars, output)?;
        let in_file = config.as_ref().map(Config::config_var_keys);
        let in_file = in_file.unwrap_or_default();
        for (name, value) in STAND_INS {
            let is_missing = !in_file.contains_key(name) && vars.set_default(name, value);
            if is_missing && name != "SG_KEY" {
                output.say(format_args!(
                    "{name} is not set, so the preview has {value}"
                ));
            }
        }
        if !self.payload && !self.out.is_dir() {
            return Err(PreviewError::NoFolder(self.out.clone()));
        }
        let reading = match &config {
            Some(config) => config.worker_settings(vars),
            None => settings::read(&vars, None),
        };
        let payload = compose_today(reading).await?;
        if self.payload {
            output.print(serde_json::to_string_pretty(&payload)?)?;
            return Ok(());
        }
        let eml = self.out.join("preview.eml");
        write_file::replace(&eml, &mime(&payload))?;
        let html = self.out.join("preview.html");
        write_file::replace(&html, html_alone(&payload).as_bytes())?;
        output.print(format_args!(
            "Subject: {}\n{}  the mail as a file, for any mail program\n{}  the same in a browser",
            payload.subject,
            eml.display(),
            html.display()
        ))?;
        if self.open {
            open::that_detached(&html).map_err(|error| PreviewError::Open { path: html, error })?;
        }
        Ok(())
    }

    /// The configuration file, if there is one; its secrets are added to `vars`.
    fn config_and_secrets(
        &self,
        vars: &mut Variables,
        output: &Output,
    ) -> Result<Option<Config>, PreviewError> {
        let Some(file) = ConfigFile::named_or_there(self.config.as_deref()) else {
            return Ok(None);
        };
        let config = file.load(output).map_err(PreviewError::Told)?;
        if !config.runs_own_worker() {
            return Err(PreviewError::AnotherCommand {
                path: file.path.display().to_string(),
                command: config
                    .jobs
                    .into_iter()
                    .next()
                    .map(|job| job.command)
                    .unwrap_or_default(),
            });
        }
        let secrets = Secrets::read(&config, vars, |secret| output.redactor().learn(secret));
        let secrets = secrets.map_err(PreviewError::Secrets)?;
        for (name, value) in secrets.config_vars() {
            vars.set_default(&name, value.expose_secret());
        }
        Ok(Some(config))
    }
}

async fn compose_today(reading: ParsedVariables) -> Result<Payload, PreviewError> {
    let settings = reading.settings?;
    let budget = Budget::start(reading.deadline);
    let http = Http::new(&reading.net, budget.stall_timeout)?;
    let date = picletter_worker::utc_date(SystemTime::now());
    let log = reading.log.to_stderr();
    let by = budget.fetch_by();
    let picture = first_picture(
        &http,
        &settings.picture,
        settings.mail.embed,
        date,
        by,
        &log,
    )
    .await?;
    Ok(compose(&settings.mail, &picture, date))
}

/// The mail that the first receiver would get, as RFC 5322 has it.
fn mime(payload: &Payload) -> Vec<u8> {
    let mut mail = MessageBuilder::new()
        .from(address(&payload.from))
        .subject(&*payload.subject);
    if let Some(first) = payload.personalizations.first() {
        mail = mail.to(address(&first.to[0]));
    }
    if let Some(headers) = &payload.headers {
        let value = mail_builder::headers::raw::Raw::new(&*headers.list_unsubscribe);
        mail = mail.header("List-Unsubscribe", value);
    }
    // The name of this machine is nobody's business.
    mail = mail.message_id(format!("preview@{}", payload.from.domain()));
    let texts = payload
        .content
        .iter()
        .map(|content| MimePart::new(content.mime, content.value.to_string()));
    let mut body = MimePart::new("multipart/alternative", texts.collect::<Vec<_>>());
    if let Some(picture) = payload.attachments.first() {
        // It was encoded by us, so it decodes.
        let bytes = STANDARD.decode(&picture.content).unwrap_or_default();
        let picture = MimePart::new(picture.mime, bytes)
            .header(
                "Content-Disposition",
                ContentType::new(picture.disposition).attribute("filename", &*picture.filename),
            )
            .cid(picture.content_id);
        body = MimePart::new("multipart/related", vec![body, picture]);
    }
    // Writing into memory does not fail.
    mail.body(body).write_to_vec().unwrap_or_default()
}

fn address(mailbox: &Mailbox) -> Address<'_> {
    Address::new_address(mailbox.name.as_deref(), &*mailbox.email)
}

/// The HTML part with the attachment put into it, since a browser knows no `cid:`.
fn html_alone(payload: &Payload) -> String {
    let html = payload
        .content
        .iter()
        .find(|content| content.mime == "text/html");
    let html = html
        .map(|content| content.value.to_string())
        .unwrap_or_default();
    match payload.attachments.first() {
        Some(picture) => {
            let base64 = String::from_utf8_lossy(&picture.content);
            let src = format!("src=\"data:{};base64,{base64}\"", picture.mime);
            html.replace(&format!("src=\"cid:{CONTENT_ID}\""), &src)
        }
        None => html,
    }
}
