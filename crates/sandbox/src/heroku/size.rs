//! Dyno sizes, and which of them an app can combine.

use super::refusal::Refusal;

/// The sizes of apps outside Private Spaces, in the vendor's spelling, smallest first. Source:
/// <https://devcenter.heroku.com/articles/dyno-size>
const SIZES: [&str; 9] = [
    ECO,
    BASIC,
    "Standard-1X",
    "Standard-2X",
    "Performance-M",
    "Performance-L",
    "Performance-L-RAM",
    "Performance-XL",
    "Performance-2XL",
];

pub(super) const ECO: &str = "Eco";
pub(super) const BASIC: &str = "Basic";

/// Parses a size, ignoring case, and returns the vendor's spelling.
pub(super) fn parse(requested: &str) -> Result<&'static str, Refusal> {
    let mut sizes = SIZES.into_iter();
    sizes
        .find(|size| size.eq_ignore_ascii_case(requested))
        .ok_or_else(|| {
            Refusal::invalid_params(format!(
                "No such size as {requested}. Available dyno sizes are {}.",
                SIZES.join(", ")
            ))
        })
}

/// Maximum number of one-off dynos of this size that an app can run at a time; limits of Private
/// Spaces are not modeled.
/// Source: <https://devcenter.heroku.com/articles/dyno-scaling-and-process-limits>
pub(super) fn max_one_off(size: &str) -> usize {
    match family(size) {
        ECO => 1,
        BASIC | "Standard" => 50,
        _ => 5,
    }
}

/// The family of a size, for which limits are documented: `Standard-1X` and `Standard-2X` share
/// one.
pub(super) fn family(size: &str) -> &str {
    size.split_once('-').map_or(size, |(family, _)| family)
}

/// Refuses sizes that an app cannot combine: an app that uses Eco or Basic dynos cannot use other
/// sizes. Source: <https://devcenter.heroku.com/articles/dyno-types#mixing-dyno-types>. The message
/// is quoted from a recorded response.
pub(super) fn check_mix(sizes: impl IntoIterator<Item = &'static str>) -> Result<(), Refusal> {
    let used: Vec<&str> = sizes.into_iter().collect();
    let distinct: Vec<&str> = SIZES
        .into_iter()
        .filter(|size| used.contains(size))
        .collect();
    let is_exclusive = |size: &&str| [ECO, BASIC].contains(size);
    match distinct.as_slice() {
        [first @ .., last] if !first.is_empty() && distinct.iter().any(is_exclusive) => {
            Err(Refusal::invalid_params(format!(
                "Cannot use the following dyno types in the same app: {} and {last}",
                first.join(", ")
            )))
        }
        _ => Ok(()),
    }
}
