//! What Heroku and Azure take for names, so that a slip is found before they are asked.

use crate::nearest::nearest;

/// The usual dyno sizes, in lower case. Source: Heroku Dev Center, "Dyno Types". There are more, and
/// there will be.
const DYNO_SIZES: [&str; 9] = [
    "eco",
    "basic",
    "standard-1x",
    "standard-2x",
    "performance-m",
    "performance-l",
    "private-s",
    "private-m",
    "private-l",
];

/// The size that was meant instead, or what sizes look like; none where it may be one.
pub(super) fn wrong_dyno_size(size: &str) -> Option<String> {
    if DYNO_SIZES.contains(&size) {
        return None;
    }
    let formed = size.starts_with(|c: char| c.is_ascii_lowercase())
        && size
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c));
    let near = nearest(size, DYNO_SIZES);
    // Such as private-l-ram, which Heroku may know.
    let longer = near.is_some_and(|near| size.len() > near.len() + 1);
    match near {
        Some(near) if !longer => Some(format!("did you mean `{near}`?")),
        _ if formed => None,
        _ => Some(format!("it takes {}", DYNO_SIZES.join(", "))),
    }
}

/// `^[a-z][a-z0-9-]{1,28}[a-z0-9]$`, of the Platform API's schema.
pub(super) fn is_app_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=30).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

/// `^\w+$`, of the Platform API's schema for process types and config vars.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Microsoft, "Naming rules and restrictions for Azure resources": `Microsoft.Logic/workflows`.
pub(super) fn is_workflow_name(name: &str) -> bool {
    (1..=43).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.()".contains(c))
}

/// The same, `resourcegroups`.
pub(super) fn is_resource_group(name: &str) -> bool {
    (1..=90).contains(&name.chars().count())
        && !name.ends_with('.')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.()".contains(c))
}

/// As Azure writes regions in requests, such as `westeurope`.
pub(super) fn is_location(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// A UUID.
pub(super) fn is_subscription(id: &str) -> bool {
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
