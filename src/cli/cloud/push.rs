//! `picletter push`: the image, and nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::steps::Steps;
use super::{CommandError, Needs, Session, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::apply::Progress as _;
use crate::deploy::clouds::{During as _, Step};
use crate::deploy::image::Image;

/// Options of `picletter push`.
#[derive(Debug, Args)]
#[command(after_help = "\
Pushes to the app's repository of Heroku's registry, where the same image is not there yet; dynos \
run it once it is released, which `picletter deploy` does.

Example:
  picletter push --image result")]
pub(in crate::cli) struct Push {
    #[command(flatten)]
    config: ConfigFile,
    /// Image of the worker, a docker-archive as `nix build .#image` makes it
    #[arg(
        long,
        value_name = "PATH",
        env = "PICLETTER_IMAGE",
        hide_env_values = true
    )]
    image: PathBuf,
}

impl Push {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let session = Session::open(&self.config, Needs::NoSecrets, None, output)?;
        let image = Image::open(&self.image)?;
        let (wanted, registry) = (&session.wanted, &session.clouds.registry);
        let there = registry
            .released_image(&wanted.app, &wanted.process_type)
            .await
            .during(Step::ReadImage)?;
        if there.as_ref() == Some(image.id()) {
            print(output, format_args!("{} is there already", image.id()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let steps = Steps::new(output);
        steps.begin(Step::Push);
        let line = |line: &str| steps.line(Step::Push, line);
        registry
            .push(&image, &wanted.app, &wanted.process_type, &line)
            .await
            .during(Step::Push)?;
        steps.done(Step::Push);
        print(output, format_args!("{} is pushed", image.id()))?;
        Ok(ExitCode::SUCCESS)
    }
}
