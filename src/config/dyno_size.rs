//! Which dyno sizes an app can use together.

/// Whether Heroku refuses these sizes in one app. An app that uses Eco or Basic dynos uses no others,
/// for its process types and its one-off dynos alike.
///
/// Source: <https://devcenter.heroku.com/articles/dyno-types#mixing-dyno-types>, and for one-off dynos
/// <https://github.com/heroku/cli/pull/2064>.
pub(crate) fn do_not_mix(one: &str, other: &str) -> bool {
    !is_same(one, other) && (is_alone(one) || is_alone(other))
}

/// Whether an app that uses this size uses no other. All other sizes are larger.
pub(crate) fn is_alone(size: &str) -> bool {
    ["eco", "basic"].iter().any(|it| is_same(it, size))
}

/// Whether these are the same size: Heroku takes sizes in any case.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// How many one-off dynos of a size an app may run at a time.
///
/// Source: <https://devcenter.heroku.com/articles/dyno-scaling-and-process-limits>.
pub(crate) fn most_one_off(size: &str) -> usize {
    let size = size.to_ascii_lowercase();
    match size.split('-').next().unwrap_or_default() {
        "eco" => 1,
        "basic" | "standard" => 50,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::do_not_mix;

    #[test]
    fn eco_and_basic_mix_with_no_other_size() {
        for (one, other, refused) in [
            ("Eco", "eco", false),
            ("Eco", "basic", true),
            ("basic", "Standard-1X", true),
            ("standard-1x", "Basic", true),
            ("standard-1x", "Performance-L", false),
            ("basic", "dyno-1c-0.5gb", true),
        ] {
            assert_eq!(do_not_mix(one, other), refused, "{one}, {other}");
        }
    }
}
