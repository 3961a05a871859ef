//! Parser for the worker's command line.
//!
//! Depending on the image's entrypoint, Heroku passes the command as separate arguments, as one
//! argument, or through a shell (`sh -l -c "exec worker …"`). In the worker's image, which has no
//! shell, `sh` is a link to the worker.
//! Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime>

use thiserror::Error;

use crate::quote::quote;

/// A parsed command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Run the job.
    Run {
        /// `--run-id`: identifies the run in its report.
        run_id: Option<String>,
    },
    /// Print the help text.
    Help,
    /// Print the version.
    Version,
}

/// The command line is invalid.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvocationError {
    /// The command is not `worker`.
    #[error(
        "{}: command not found; this image contains one program and no shell: \
         worker [--run-id ID], worker --help, worker --version",
        quote(.0)
    )]
    UnknownCommand(String),
    /// `worker` with an unknown option or argument.
    #[error("{}: unknown argument (expected --run-id ID, --help, or --version)", quote(.0))]
    UnknownArgument(String),
    /// `--run-id` has no value, or an empty one.
    #[error("--run-id requires a value: worker --run-id ID")]
    MissingRunId,
}

impl InvocationError {
    /// 127 for an unknown command, as in shells; otherwise 64 (`EX_USAGE`).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownCommand(_) => 127,
            Self::UnknownArgument(_) | Self::MissingRunId => 64,
        }
    }
}

/// The output of `worker --help`.
pub const HELP: &str = "\
Mails the picture of the day once through SendGrid and reports the outcome.

Usage: worker [--run-id ID]

Options:
  --run-id ID    the ID of this run in its report (or RUN_ID)
  -h, --help     print this help
  -V, --version  print the version

Environment variables (on Heroku: config vars):
  BOT_EMAIL, RECEIVER_EMAIL, SG_KEY         sender, receivers, SendGrid API key (required)
  MAIL_SUBJECT, MAIL_EMBED                  subject with {title}, {date}; auto, cid, link, or data-uri
  PICTURE_SOURCES, PICTURE_URL,             unsplash, wikimedia, nasa, picsum, url: tried in order
  PICTURE_MAX_BYTES, UNSPLASH_ACCESS_KEY
  SENDGRID_REGION, SENDGRID_SANDBOX         global or eu; 1 = validate without sending
  RUN_DEADLINE, RUN_CALLBACK_URL,           time limit of the run; URL for the report;
  HEARTBEAT_URL, RUST_LOG, SSL_CERT_FILE      cron monitor; log level; extra trust anchors

Exit status: 0 sent, 64 usage, 69 unavailable, 74 unknown (may have been sent), 75 try later,
76 protocol, 77 refused, 78 config, 127 unknown command.
";

/// Parses the argument list, which starts with the program's name.
pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Invocation, InvocationError> {
    let mut args = args.into_iter();
    let program = args.next().unwrap_or_default();
    let mut words: Vec<String> = args.collect();
    if is_shell(&program) {
        words.insert(0, program);
    }
    if let [only] = words.as_slice()
        && only.contains(char::is_whitespace)
    {
        words = split(only)?;
    }
    if words.first().is_some_and(|word| is_shell(word)) {
        words = split(shell_command(&words)?)?;
        if words.first().is_some_and(|word| word == "exec") {
            words.remove(0);
        }
        if words.is_empty() {
            return Err(InvocationError::UnknownCommand(String::new()));
        }
    }
    match words.first() {
        Some(word) if base_name(word) == "worker" => options(&words[1..]),
        Some(word) if !word.starts_with('-') => Err(InvocationError::UnknownCommand(word.clone())),
        _ => options(&words),
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_shell(word: &str) -> bool {
    matches!(base_name(word), "sh" | "bash")
}

fn split(command: &str) -> Result<Vec<String>, InvocationError> {
    shlex::split(command).ok_or_else(|| InvocationError::UnknownCommand(command.to_owned()))
}

// The options of `sh` may be combined (`-lc`). Positional parameters may follow the command.
fn shell_command(words: &[String]) -> Result<&str, InvocationError> {
    let flags = words[1..]
        .iter()
        .take_while(|word| word.starts_with('-'))
        .count();
    let has_c = words[1..=flags]
        .iter()
        .any(|flag| !flag.starts_with("--") && flag.contains('c'));
    match words.get(flags + 1) {
        Some(command) if has_c => Ok(command),
        _ => Err(InvocationError::UnknownCommand(words.join(" "))),
    }
}

fn options(words: &[String]) -> Result<Invocation, InvocationError> {
    let (mut run_id, mut words) = (None, words.iter());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-h" | "--help" => return Ok(Invocation::Help),
            "-V" | "--version" => return Ok(Invocation::Version),
            "--run-id" => run_id = words.next().cloned().or(Some(String::new())),
            other => match other.strip_prefix("--run-id=") {
                Some(id) => run_id = Some(id.to_owned()),
                None => return Err(InvocationError::UnknownArgument(other.to_owned())),
            },
        }
    }
    if run_id.as_deref().is_some_and(str::is_empty) {
        return Err(InvocationError::MissingRunId);
    }
    Ok(Invocation::Run { run_id })
}
