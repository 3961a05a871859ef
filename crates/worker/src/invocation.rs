//! How the worker was started.
//!
//! Heroku hands the command over in several ways, depending on the image's entrypoint: as separate
//! arguments, as one argument, or through a shell (`sh -l -c "exec worker …"`), which in an image
//! without one is a link to the worker.
//! Source: <https://devcenter.heroku.com/articles/container-registry-and-runtime>

use thiserror::Error;

use crate::quote::quote;

/// What the worker is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Run the job.
    Run {
        /// `--run-id`: by what name the starter will look for this run.
        run_id: Option<String>,
    },
    /// Print how it can be started.
    Help,
    /// Print its version.
    Version,
}

/// It was started in a way that it does not know.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvocationError {
    /// Not a command of ours.
    #[error(
        "{}: command not found; this image holds one program and no shell: \
         worker [--run-id ID], worker --help, worker --version",
        quote(.0)
    )]
    UnknownCommand(String),
    /// Ours, but with an option or argument that it lacks.
    #[error("{}: unknown argument; worker takes --run-id ID, --help and --version", quote(.0))]
    UnknownArgument(String),
    /// `--run-id` stands last, or is empty.
    #[error("--run-id needs a value: worker --run-id ID")]
    MissingRunId,
}

impl InvocationError {
    /// 127 for an unknown command, as shells have it; else 64, `EX_USAGE`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownCommand(_) => 127,
            Self::UnknownArgument(_) | Self::MissingRunId => 64,
        }
    }
}

/// What `worker --help` prints.
pub const HELP: &str = "\
Mails the picture of the day through SendGrid, once, and reports how it went.

Usage: worker [--run-id ID]

Options:
  --run-id ID    the name of this run in its report (or RUN_ID)
  -h, --help     print this
  -V, --version  print the version

It is configured by environment variables, on Heroku called config vars:
  BOT_EMAIL, RECEIVER_EMAIL, SG_KEY         sender, receivers, SendGrid API key (required)
  MAIL_SUBJECT, MAIL_EMBED                  subject with {title} and {date}; auto, cid, link, data-uri
  PICTURE_SOURCES, PICTURE_URL,             unsplash, wikimedia, nasa, picsum, url; the first that
  PICTURE_MAX_BYTES, UNSPLASH_ACCESS_KEY      works wins
  SENDGRID_REGION, SENDGRID_SANDBOX         global or eu; 1 = validate without sending
  RUN_DEADLINE, RUN_CALLBACK_URL,           bound on the run; where the report is posted;
  HEARTBEAT_URL, RUST_LOG, SSL_CERT_FILE      cron monitor; log level; extra trust anchors

Exit status: 0 sent, 64 usage, 69 unavailable, 74 unknown (may have been sent), 75 try later,
76 protocol, 77 refused, 78 config, 127 unknown command.
";

/// Reads the argument list, the program's own name first.
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

// `sh`'s own options may be joined (`-lc`); what follows the command are its positional parameters.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn run_id_of(args: &[&str]) -> Option<String> {
        match parse(args.iter().map(ToString::to_string)) {
            Ok(Invocation::Run { run_id }) => run_id,
            other => panic!("{args:?}: {other:?}"),
        }
    }

    #[test]
    fn every_way_that_heroku_may_start_it_runs_the_job() {
        for args in [
            &["/bin/worker"][..],
            &["/bin/worker", "worker"],
            &["/bin/worker", "/bin/worker"],
            &["/bin/sh", "-c", "worker"],
            &["/bin/worker", "/bin/sh", "-c", "worker"],
        ] {
            assert_eq!(run_id_of(args), None);
        }
        for args in [
            &["/bin/worker", "--run-id", "X"][..],
            &["/bin/worker", "--run-id=X"],
            &["/bin/worker", "worker", "--run-id", "X"],
            &["/bin/worker", "worker --run-id X"],
            &["/bin/worker", "  worker   --run-id 'X' "],
            &["/bin/sh", "-c", "worker --run-id X"],
            &["-", "sh -c 'worker --run-id X'"],
            &["sh", "-l", "-c", "exec worker --run-id X"],
            &["/bin/bash", "-lc", "exec /bin/worker --run-id X", "bash"],
        ] {
            assert_eq!(run_id_of(args).as_deref(), Some("X"), "{args:?}");
        }
    }

    #[test]
    fn anything_else_is_127_or_64() {
        for (args, code) in [
            (&["worker", "rails"][..], 127),
            (&["worker", "rails console"], 127),
            (&["sh", "-c", "worker; curl x"], 127),
            (&["sh", "-c", "exec"], 127),
            (&["sh", "-c", "worker 'unclosed"], 127),
            (&["sh"], 127),
            (&["sh", "script.sh"], 127),
            (&["bash", "--norc"], 127),
            (&["worker", "--frobnicate"], 64),
            (&["worker", "worker", "twice"], 64),
            (&["worker", "--run-id"], 64),
            (&["worker", "--run-id="], 64),
        ] {
            let error = parse(args.iter().map(ToString::to_string)).unwrap_err();
            assert_eq!(error.exit_code(), code, "{args:?}: {error}");
        }
    }
}
