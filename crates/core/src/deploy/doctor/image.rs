//! Check of the image to deploy, or of the app's current one.

use super::check::{Check, Finding};
use crate::config::ONE_OFF;
use crate::deploy::desired::DesiredState;
use crate::deploy::image::{HOW_TO_MAKE, Image, ImageError};
use crate::deploy::live::LiveHeroku;
use crate::deploy::plan;
use crate::diagnostic::{Diagnose as _, Diagnostic};

pub(super) fn examine(
    image: Option<&Result<Image, ImageError>>,
    desired: Option<&DesiredState>,
    live: Option<&LiveHeroku>,
) -> Finding {
    let check = Check::Image;
    if let Some(image) = image {
        if desired.is_some_and(|desired| desired.process_type == ONE_OFF) {
            return Finding::wrong(check, ImageError::OneOff.diagnostic());
        }
        return match image {
            Ok(image) => Finding::ok(check, described(image)),
            Err(error) => Finding::wrong(check, error.diagnostic()),
        };
    }
    match (desired, live) {
        (None, _) => Finding::skipped(check, Check::File),
        (_, None) => Finding::skipped(check, Check::HerokuApp),
        (Some(desired), Some(_)) if !desired.brings_image() => Finding::ok(
            check,
            "not needed: the command runs in the app's current release",
        ),
        (Some(desired), Some(live)) if plan::image(desired, live).lacks_image() => Finding::wrong(
            check,
            Diagnostic::new(
                "no image is given, and the app has none yet",
                format!("pass --image PATH or set PICLETTER_IMAGE; {HOW_TO_MAKE}"),
            ),
        ),
        _ => Finding::ok(check, "no image is given, so the released image stays"),
    }
}

fn described(image: &Image) -> String {
    let archive = image.archive();
    let started = archive.entrypoint().iter().chain(archive.command());
    let started: Vec<_> = started.map(String::as_str).collect();
    let tenths = archive.size().div_ceil(100_000);
    format!(
        "{} for linux/amd64, {}.{} MB, starts `{}`",
        archive.path().display(),
        tenths / 10,
        tenths % 10,
        started.join(" ")
    )
}
