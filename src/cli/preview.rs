//! `picletter preview`: composes today's mail from the live sources, and writes it to files.

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
use picletter_core::config::{Config, SecretError, Secrets};
use picletter_core::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use picletter_worker::address::Mailbox;
use picletter_worker::budget::Budget;
use picletter_worker::client::TlsError;
use picletter_worker::compose::{CONTENT_ID, compose};
use picletter_worker::http::Http;
use picletter_worker::payload::Payload;
use picletter_worker::settings::{self, InvalidVariables, ParsedVariables, Variables};
use picletter_worker::sources::{NoPicture, first_picture};
use picletter_worker::{self};

/// Values for unset variables: a preview needs neither an account nor addresses.
const PLACEHOLDERS: [(&str, &str); 3] = [
    ("BOT_EMAIL", "Picletter <picletter@example.com>"),
    ("RECEIVER_EMAIL", "you@example.com"),
    ("SG_KEY", "SG.not.needed"),
];

/// Secrets that a preview does not need. Errors in them are ignored.
const UNUSED_SECRETS: [&str; 3] = ["ALERT_WEBHOOK", "HEARTBEAT_URL", "SG_KEY"];

/// Options of `picletter preview`.
#[derive(Debug, Args)]
#[command(after_help = "\
Uses the sender, receivers, and picture settings of picletter.toml, if it exists. Config vars in the \
environment, such as PICTURE_SOURCES, PICTURE_URL, MAIL_SUBJECT, or MAIL_EMBED, override the file. \
Needs no SendGrid key.

Examples:
  picletter preview
  PICTURE_SOURCES=nasa picletter preview --open")]
pub(super) struct Preview {
    /// Configuration file [default: picletter.toml if there is one] [env: PICLETTER_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory for preview.eml and preview.html
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Open preview.html in the browser
    #[arg(long)]
    open: bool,
    /// Print the JSON request to SendGrid instead of writing files
    #[arg(long, conflicts_with_all = ["out", "open"])]
    payload: bool,
}

/// Why a preview failed.
#[derive(Debug, Error)]
pub(super) enum PreviewError {
    /// An error in the file, already reported.
    Reported(ExitCode),
    /// Secrets with errors.
    Secrets(Vec<SecretError>),
    /// The file's command is not Picletter's worker.
    AnotherCommand {
        /// The file.
        path: String,
        /// The command.
        command: String,
    },
    /// Config vars with errors.
    Settings(#[from] InvalidVariables),
    /// The directory of `--out` does not exist.
    NoFolder(PathBuf),
    /// TLS could not be set up.
    Tls(#[from] TlsError),
    /// No source has a picture.
    NoPicture(#[from] NoPicture),
    /// The payload could not be written as JSON.
    Payload(#[from] serde_json::Error),
    /// A file could not be written.
    File(#[from] WriteError),
    /// Standard output could not be written.
    Output(#[from] io::Error),
    /// The file could not be opened in the browser.
    Open {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

impl Diagnose for PreviewError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Reported(_) => Diagnostic::plain(""),
            Self::Secrets(_) => Diagnostic::plain("invalid secret"),
            Self::AnotherCommand { path, command } => Diagnostic::new(
                format!(
                    "{path} runs `{command}`: only mails of Picletter's worker can be previewed"
                ),
                "pass a file for Picletter's worker as --config",
            ),
            Self::Settings(errors) => Diagnostic::plain(errors),
            Self::NoFolder(path) => Diagnostic::new(
                format!("no such directory: {}", path.display()),
                "create it, or pass another as --out",
            ),
            Self::Tls(error) => Diagnostic::plain(error),
            Self::NoPicture(error) => Diagnostic::new(
                error.to_string(),
                "check the network, or change `sources` in [picture]",
            ),
            Self::Payload(error) => {
                Diagnostic::plain(format_args!("cannot serialize the payload: {error}"))
            }
            Self::File(error) => Diagnostic::plain(error),
            Self::Output(error) => {
                Diagnostic::plain(format_args!("cannot write to standard output: {error}"))
            }
            Self::Open { path, error } => Diagnostic::plain(format_args!(
                "wrote {}, but cannot open it: {error}",
                path.display()
            )),
        }
    }
}

display_as_diagnostic!(PreviewError);

impl PreviewError {
    /// The diagnostics, one for each error.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Self::Reported(_) => Vec::new(),
            Self::Secrets(errors) => errors.iter().map(Diagnose::diagnostic).collect(),
            Self::Settings(InvalidVariables(errors)) => {
                errors.iter().map(Diagnostic::plain).collect()
            }
            other => vec![other.diagnostic()],
        }
    }

    /// The exit status: the worker's status for the same error, or 74 (`EX_IOERR`) if the preview
    /// cannot be created or written.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Reported(code) => return *code,
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
    /// Composes the mail and writes or prints it.
    pub(super) async fn run(&self, output: &Output) -> Result<(), PreviewError> {
        let mut vars = Variables::from_env();
        for name in UNUSED_SECRETS {
            vars.remove(name);
            vars.remove(&format!("{name}_FILE"));
        }
        let config = self.config_and_secrets(&mut vars, output)?;
        let in_file = config.as_ref().map(Config::config_var_keys);
        let in_file = in_file.unwrap_or_default();
        for (name, value) in PLACEHOLDERS {
            // Uses the placeholder only if neither the file nor the environment sets the variable.
            let is_missing = !in_file.contains_key(name) && vars.set_default(name, value);
            if is_missing && name != "SG_KEY" {
                output.note(format_args!("{name} is not set; using {value}"));
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
        write_file::replace(&html, standalone_html(&payload).as_bytes())?;
        output.print(format_args!(
            "Subject: {}\n{}  for mail programs\n{}  for browsers",
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
        let Some(file) = ConfigFile::find(self.config.as_deref()) else {
            return Ok(None);
        };
        let config = file.load(output).map_err(PreviewError::Reported)?;
        if !config.runs_picletter_worker() {
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

/// The mail to the first receiver, in the format of RFC 5322.
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
    // Keeps the name of this machine out of the message id.
    mail = mail.message_id(format!("preview@{}", payload.from.domain()));
    let texts = payload
        .content
        .iter()
        .map(|content| MimePart::new(content.mime, content.value.to_string()));
    let mut body = MimePart::new("multipart/alternative", texts.collect::<Vec<_>>());
    if let Some(picture) = payload.attachments.first() {
        // Encoded by `compose`, so it decodes.
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

/// The HTML part with its attachment as a `data:` URL: browsers do not support `cid:`.
fn standalone_html(payload: &Payload) -> String {
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
