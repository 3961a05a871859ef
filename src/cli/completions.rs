//! `picletter completions`, and the completions themselves.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};

use super::Cli;
use super::config_file::ConfigFile;
use super::output::{IO, Output};
use picletter_core::config::Config;

/// Environment variable with which a shell requests completions.
const VARIABLE: &str = "PICLETTER_COMPLETE";

/// Options of `picletter completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Completes commands, options, and job names. Reads job names from picletter.toml, or from the file \
named by PICLETTER_CONFIG. In ~/.zshrc, the `source` line of the example must come after `compinit`.

Examples:
  echo 'source <(picletter completions bash)' >> ~/.bashrc
  echo 'source <(picletter completions zsh)' >> ~/.zshrc
  picletter completions fish > ~/.config/fish/completions/picletter.fish")]
pub(super) struct Completions {
    /// Shell that will source the script
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

/// Prints completions if a shell requests them. Returns whether one did.
pub(super) fn print_requested() -> bool {
    if std::env::var_os(VARIABLE).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    let completer = CompleteEnv::with_factory(Cli::command).var(VARIABLE);
    let folder = std::env::current_dir().ok();
    // Shells ignore errors of completions.
    let _ = completer.try_complete(std::env::args_os(), folder.as_deref());
    true
}

/// The job names of the file that commands use without `--config`.
pub(super) fn jobs() -> Vec<CompletionCandidate> {
    let file = ConfigFile::find(None);
    let config = file.and_then(|file| Config::load(&file.path).ok());
    let jobs = config.map(|config| config.jobs).unwrap_or_default();
    jobs.iter()
        .map(|job| CompletionCandidate::new(job.label()))
        .collect()
}
