//! Dynos that run their image: pulled from the registry, unpacked into a folder of each dyno's own,
//! and started there by a random user who sees nothing else of this machine but its network.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::images::{Config, Images, Layer, PullError, Pulled};
use super::isolation::Isolation;
use super::process::{NOT_CLOSED, run_command, words};
use super::program::{Ending, Life, Program, Run, Start};
use super::unpack::{UnpackError, unpack};

/// As for a program that cannot be started.
pub(super) const NOT_STARTED: i32 = 126;

/// An image's dynos.
pub(super) struct Container {
    pub(super) images: Images,
    pub(super) isolation: Isolation,
    /// `app/process type`.
    pub(super) repository: String,
    /// The digest of the manifest that was released.
    pub(super) manifest: String,
}

#[derive(Debug, thiserror::Error)]
enum NotPrepared {
    #[error(transparent)]
    Pull(#[from] PullError),
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    #[error("there is no place to unpack the image: {0}")]
    NoRoot(#[from] io::Error),
    #[error("the image names no program")]
    NoProgram,
}

impl Program for Container {
    fn run(&self, start: Start, life: Life) -> Run {
        let (images, isolation) = (self.images.clone(), self.isolation.clone());
        let (repository, manifest) = (self.repository.clone(), self.manifest.clone());
        Box::pin(async move {
            let Some(words) = words(&start) else {
                life.print(NOT_CLOSED);
                return Ending::Exited(2);
            };
            let prepared = async {
                let Pulled { config, layers } = images.pull(&repository, &manifest).await?;
                let unpacked = spawn_blocking(move || root(&layers)).await;
                let root = unpacked.map_err(io::Error::other)??;
                let command = command(&isolation, &root, &config, &start, words)?;
                Ok::<_, NotPrepared>((root, command))
            };
            match prepared.await {
                // The root is removed when the dyno has ended or is killed.
                Ok((_root, command)) => run_command(command, &life).await,
                Err(error) => {
                    life.print(&error.to_string());
                    Ending::Exited(NOT_STARTED)
                }
            }
        })
    }
}

/// A folder with what the layers hold.
fn root(layers: &[Layer]) -> Result<TempDir, NotPrepared> {
    let root = tempfile::Builder::new().prefix("dyno-").tempdir()?;
    for layer in layers {
        unpack(layer, root.path())?;
    }
    // For the dyno's user, who is another.
    fs::set_permissions(root.path(), Permissions::from_mode(0o755))?;
    Ok(root)
}

/// The image's entrypoint, with its own arguments in place of the process type's name.
fn command(
    isolation: &Isolation,
    root: &TempDir,
    config: &Config,
    start: &Start,
    words: Vec<String>,
) -> Result<Command, NotPrepared> {
    let entrypoint = config.entrypoint.iter().flatten().cloned();
    let mut words = words.into_iter().peekable();
    let own = words.next_if_eq(&start.dyno.process_type);
    let own = own.and(config.cmd.as_ref()).into_iter().flatten().cloned();
    let mut words = entrypoint.chain(own).chain(words).peekable();
    if words.peek().is_none() {
        return Err(NotPrepared::NoProgram);
    }
    let folder = match &*config.working_dir {
        "" => "/",
        folder => folder,
    };
    let (program, arguments) = isolation.within(root.path(), folder);
    let of_image = config.env.iter().flatten();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .args(words)
        .env_clear()
        .envs(of_image.filter_map(|variable| variable.split_once('=')))
        .envs(&start.env);
    Ok(command)
}
