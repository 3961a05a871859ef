//! `picletter push`: pushes the image without releasing it.

use std::process::ExitCode;

use clap::Args;

use super::steps::Steps;
use super::{CommandError, ImageOption, Needs, Session, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use picletter_core::deploy::plan::warning_about_other_dynos;
use picletter_core::deploy::step::Progress as _;
use picletter_core::deploy::step::{CloudError, Step, StepContext as _};
use picletter_core::diagnostic::Diagnostic;

/// Help for `--image`: unlike the other commands, `push` requires an image.
const IMAGE: &str = "Image to push, as a docker-archive; see docs/operations.md [default: \
$PICLETTER_IMAGE if a job runs Picletter's worker]";

/// Options of `picletter push`.
#[derive(Debug, Args)]
#[command(mut_arg("image", |arg| arg.help(IMAGE)))]
#[command(after_help = "\
Pushes the image to the app's repository in Heroku's registry, unless it is already there. Dynos use it \
once `picletter deploy` releases it.

Example:
  picletter push --image worker.tar")]
pub(in crate::cli) struct Push {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    image: ImageOption,
}

impl Push {
    pub(in crate::cli) async fn run(self, output: &Output) -> Result<ExitCode, CommandError> {
        let image = Some(&self.image);
        let session = Session::open(&self.config, Needs::NoSecrets, image, output)?;
        let Some(image) = &session.image else {
            return Err(CommandError::Usage(Diagnostic::new(
                "no image to push",
                "pass --image PATH",
            )));
        };
        let (desired, registry) = (&session.desired, &session.clouds.registry);
        let heroku = &session.clouds.heroku;
        let (there, formation, app) = tokio::join!(
            registry.released_image(&desired.app, &desired.process_type),
            heroku.formation(&desired.app),
            heroku.app(&desired.app)
        );
        if let Ok(Some(app)) = app
            && !app.takes_images()
        {
            return Err(CloudError::NoImages(app.name))
                .in_step(Step::ReadApp)
                .map_err(CommandError::from);
        }
        // The formation is needed for a warning only: an error while reading it is ignored.
        if let Some(warning) =
            warning_about_other_dynos(&formation.unwrap_or_default(), &desired.process_type)
        {
            output.warning(format_args!("{}: {warning}", desired.app));
        }
        let there = there.in_step(Step::ReadImage)?;
        if there.as_ref() == Some(image.id()) {
            print(
                output,
                format_args!("Image {} is already in the registry", image.id()),
            )?;
            return Ok(ExitCode::SUCCESS);
        }
        let steps = Steps::new(output);
        steps.begin(Step::Push);
        let line = |line: &str| steps.line(Step::Push, line);
        registry
            .push(image, &desired.app, &desired.process_type, &line)
            .await
            .in_step(Step::Push)?;
        steps.done(Step::Push);
        print(output, format_args!("Pushed image {}", image.id()))?;
        Ok(ExitCode::SUCCESS)
    }
}
