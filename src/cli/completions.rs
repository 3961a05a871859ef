//! `picletter completions`, and what the shell asks for then.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use super::Cli;
use super::config_file::ConfigFile;
use super::output::{IO, Output};
use crate::config::Config;

/// The variable by which a shell asks for completions.
const VARIABLE: &str = "PICLETTER_COMPLETE";

/// Options of `picletter completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Completes commands, options, and the names of the jobs in picletter.toml, or in the file of \
PICLETTER_CONFIG. In ~/.zshrc the line goes below `compinit`.

Examples:
  echo 'source <(picletter completions bash)' >> ~/.bashrc
  echo 'source <(picletter completions zsh)' >> ~/.zshrc
  picletter completions fish > ~/.config/fish/completions/picletter.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, output: &Output) -> ExitCode {
        let name = self.shell.to_string();
        let shells = Shells::builtins();
        let mut script = Vec::new();
        let written = shells.completer(&name).map(|shell| {
            let name = "picletter";
            shell.write_registration(VARIABLE, name, name, name, &mut script)
        });
        if let Some(Err(error)) = written {
            return output.failed(error, IO);
        }
        output.written(output.print(String::from_utf8_lossy(&script).trim_end()))
    }
}

/// Answers a shell that asks for completions; whether one did.
pub(super) fn answer() -> bool {
    if std::env::var_os(VARIABLE).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    let completer = CompleteEnv::with_factory(Cli::command).var(VARIABLE);
    let folder = std::env::current_dir().ok();
    // A shell shows no error while a person types.
    let _ = completer.try_complete(std::env::args_os(), folder.as_deref());
    true
}

/// The names of the jobs of the file that commands take without `--config`.
pub(super) fn jobs() -> Vec<CompletionCandidate> {
    let file = ConfigFile::named_or_there(None);
    let config = file.and_then(|file| Config::load(&file.path).ok());
    let jobs = config.map(|config| config.jobs).unwrap_or_default();
    jobs.iter()
        .map(|job| CompletionCandidate::new(job.label()))
        .collect()
}
