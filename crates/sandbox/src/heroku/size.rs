//! Dyno sizes, and which of them an app can use together.

use super::refusal::Refusal;

/// The sizes of an app that is in no Private Space, as the vendor writes them, the smallest first.
/// Source: <https://devcenter.heroku.com/articles/dyno-size>
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

/// A size as the vendor writes it, from a request in any case.
pub(super) fn parse(asked: &str) -> Result<&'static str, Refusal> {
    let mut sizes = SIZES.into_iter();
    sizes
        .find(|size| size.eq_ignore_ascii_case(asked))
        .ok_or_else(|| {
            Refusal::invalid_params(format!(
                "No such size as {asked}. Available dyno sizes are {}.",
                SIZES.join(", ")
            ))
        })
}

/// How many one-off dynos like those of this size an app may run at a time, the vendor's limit for
/// Private Spaces aside.
/// Source: <https://devcenter.heroku.com/articles/dyno-scaling-and-process-limits>
pub(super) fn most_one_off(size: &str) -> usize {
    match family(size) {
        ECO => 1,
        BASIC | "Standard" => 50,
        _ => 5,
    }
}

/// The part of a size that limits are stated for: `Standard-1X` and `Standard-2X` share theirs.
pub(super) fn family(size: &str) -> &str {
    size.split_once('-').map_or(size, |(family, _)| family)
}

/// Refuses sizes that one app cannot have at the same time: an app that uses Eco or Basic dynos uses
/// no others. Source: <https://devcenter.heroku.com/articles/dyno-types#mixing-dyno-types>; the words
/// are those of a recorded answer.
pub(super) fn check_mix(sizes: impl IntoIterator<Item = &'static str>) -> Result<(), Refusal> {
    let used: Vec<&str> = sizes.into_iter().collect();
    let distinct: Vec<&str> = SIZES
        .into_iter()
        .filter(|size| used.contains(size))
        .collect();
    let is_alone = |size: &&str| [ECO, BASIC].contains(size);
    match distinct.as_slice() {
        [first @ .., last] if !first.is_empty() && distinct.iter().any(is_alone) => {
            Err(Refusal::invalid_params(format!(
                "Cannot use the following dyno types in the same app: {} and {last}",
                first.join(", ")
            )))
        }
        _ => Ok(()),
    }
}
