//! Rules for dyno sizes: combinations and limits.

/// Whether Heroku rejects these sizes in one app. An app with Eco or Basic dynos cannot use other
/// sizes, neither for its process types nor for its one-off dynos.
///
/// Source: <https://devcenter.heroku.com/articles/dyno-types#mixing-dyno-types>, and for one-off
/// dynos <https://github.com/heroku/cli/pull/2064>.
pub fn are_incompatible(one: &str, other: &str) -> bool {
    !is_same(one, other) && (is_exclusive(one) || is_exclusive(other))
}

/// Whether an app with this size cannot use other sizes. All other sizes are larger.
pub fn is_exclusive(size: &str) -> bool {
    ["eco", "basic"].iter().any(|it| is_same(it, size))
}

/// Whether two sizes are the same. Heroku ignores their case.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The maximum number of concurrent one-off dynos of a size in one app.
///
/// Source: <https://devcenter.heroku.com/articles/dyno-scaling-and-process-limits>.
pub fn one_off_limit(size: &str) -> usize {
    let size = size.to_ascii_lowercase();
    match size.split('-').next().unwrap_or_default() {
        "eco" => 1,
        "basic" | "standard" => 50,
        _ => 5,
    }
}
