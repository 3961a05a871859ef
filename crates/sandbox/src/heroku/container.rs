//! Dynos that run their image. It is pulled from the registry, unpacked into a separate directory
//! for each dyno, and run there as a random user. The user has no access to this machine except its
//! network.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::images::{Config, Images, PullError, Pulled};
use super::isolation::Isolation;
use super::process::{UNCLOSED_QUOTE, run_command, words};
use super::program::{DynoHandle, Ending, Program, Run, Start};
use super::unpack::{Layer, UnpackError, unpack};

/// Exit status of a program that cannot be started.
pub(super) const EXIT_NOT_STARTED: i32 = 126;

/// Runs the image of a release.
pub(super) struct Container {
    pub(super) images: Images,
    pub(super) isolation: Isolation,
    /// `app/process type`.
    pub(super) repository: String,
    /// The digest of the manifest that was released.
    pub(super) manifest: String,
}

#[derive(Debug, thiserror::Error)]
enum PrepareError {
    #[error(transparent)]
    Pull(#[from] PullError),
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    #[error("cannot create a directory for the image: {0}")]
    NoRoot(#[from] io::Error),
    #[error("the image has neither an entrypoint nor a command")]
    NoProgram,
}

impl Program for Container {
    fn run(&self, start: Start, handle: DynoHandle) -> Run {
        let (images, isolation) = (self.images.clone(), self.isolation.clone());
        let (repository, manifest) = (self.repository.clone(), self.manifest.clone());
        Box::pin(async move {
            let Some(words) = words(&start) else {
                handle.print(UNCLOSED_QUOTE);
                return Ending::Exited(2);
            };
            let prepared = async {
                let Pulled { config, layers } = images.pull(&repository, &manifest).await?;
                let unpacked = spawn_blocking(move || root(&layers)).await;
                let root = unpacked.map_err(io::Error::other)??;
                let command = command(&isolation, &root, &config, &start, words)?;
                Ok::<_, PrepareError>((root, command))
            };
            match prepared.await {
                // The root is removed when the dyno has ended or is killed.
                Ok((_root, command)) => run_command(command, &handle).await,
                Err(error) => {
                    handle.print(&error.to_string());
                    Ending::Exited(EXIT_NOT_STARTED)
                }
            }
        })
    }
}

/// Unpacks the layers into a temporary directory.
fn root(layers: &[Layer]) -> Result<TempDir, PrepareError> {
    let root = tempfile::Builder::new().prefix("dyno-").tempdir()?;
    for layer in layers {
        unpack(layer, root.path())?;
    }
    // Readable by the dyno's user, which is a different user.
    fs::set_permissions(root.path(), Permissions::from_mode(0o755))?;
    Ok(root)
}

/// The process of a dyno: the image's entrypoint, followed by the words of the dyno's command. If the first
/// word is the process type, it is replaced with the `Cmd` of the image.
fn command(
    isolation: &Isolation,
    root: &TempDir,
    config: &Config,
    start: &Start,
    words: Vec<String>,
) -> Result<Command, PrepareError> {
    let entrypoint = config.entrypoint.iter().flatten().cloned();
    let mut words = words.into_iter().peekable();
    let own = words.next_if_eq(&start.dyno.process_type);
    let own = own.and(config.cmd.as_ref()).into_iter().flatten().cloned();
    let mut words = entrypoint.chain(own).chain(words).peekable();
    if words.peek().is_none() {
        return Err(PrepareError::NoProgram);
    }
    let folder = match &*config.working_dir {
        "" => "/",
        folder => folder,
    };
    let (program, arguments) = isolation.command_prefix(root.path(), folder);
    let variables = config.env.iter().flatten();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .args(words)
        .env_clear()
        .envs(variables.filter_map(|variable| variable.split_once('=')))
        .envs(&start.env);
    Ok(command)
}
