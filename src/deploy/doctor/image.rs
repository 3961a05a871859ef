//! The image to deploy, or the one that the app has.

use std::path::Path;

use super::check::{Check, Finding};
use super::told::Told;
use crate::config::Config;
use crate::deploy::image::{HOW_TO_MAKE, Image};

pub(super) fn examine(
    image: Option<&Path>,
    config: Option<&Config>,
    is_released: Option<bool>,
) -> Finding {
    let check = Check::Image;
    if let Some(path) = image {
        return match Image::open(path) {
            Ok(image) => Finding::ok(check, described(&image)),
            Err(error) => Finding::wrong(check, Told::of(error)),
        };
    }
    match (config, is_released) {
        (None, _) => Finding::skipped(check, Check::File),
        (_, None) => Finding::skipped(check, Check::HerokuApp),
        (_, Some(true)) => Finding::ok(
            check,
            "none is named, so that the one that is released stays",
        ),
        (_, Some(false)) => Finding::wrong(
            check,
            Told::new(
                "none is named, and the app has none yet",
                format!("name one with --image PATH or PICLETTER_IMAGE; {HOW_TO_MAKE}"),
            ),
        ),
    }
}

fn described(image: &Image) -> String {
    let started = image.entrypoint().iter().chain(image.command());
    let started: Vec<_> = started.map(String::as_str).collect();
    let tenths = image.size().div_ceil(100_000);
    format!(
        "{} for linux/amd64, {}.{} MB, starts `{}`",
        image.path().display(),
        tenths / 10,
        tenths % 10,
        started.join(" ")
    )
}
