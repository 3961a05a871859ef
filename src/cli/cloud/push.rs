//! `picletter push`: the image, and nothing else.

use std::process::ExitCode;

use clap::Args;

use super::steps::Steps;
use super::{CommandError, ImageOption, Needs, Session, print};
use crate::cli::config_file::ConfigFile;
use crate::cli::output::Output;
use crate::deploy::plan::ends_others;
use crate::deploy::step::Progress as _;
use crate::deploy::step::{CloudError, Step, StepContext as _};
use crate::diagnostic::Diagnostic;

/// Options of `picletter push`.
#[derive(Debug, Args)]
#[command(after_help = "\
Pushes to the app's repository of Heroku's registry, where the same image is not there yet; dynos \
run it once it is released, which `picletter deploy` does.

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
                "there is no image to push",
                "pass one with --image PATH",
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
        // It is about what comes after: that it cannot be read is told where it matters.
        if let Some(warning) = ends_others(&formation.unwrap_or_default(), &desired.process_type) {
            output.warning(format_args!("{}: {warning}", desired.app));
        }
        let there = there.in_step(Step::ReadImage)?;
        if there.as_ref() == Some(image.id()) {
            print(output, format_args!("{} is there already", image.id()))?;
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
        print(output, format_args!("{} is pushed", image.id()))?;
        Ok(ExitCode::SUCCESS)
    }
}
