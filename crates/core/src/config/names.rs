//! Rules for names of Heroku and Azure resources. They detect errors before any request is sent.

use picletter_logic_apps::suggest::{suggest, suggest_above};

/// Common dyno sizes in lower case. Not complete, and Heroku may add sizes.
/// Source: Heroku Dev Center, "Dyno Types".
pub(crate) const DYNO_SIZES: [&str; 9] = [
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

/// The maximum length of names of regions, dyno sizes, locations, and teams, in bytes.
const MAX_LENGTH: usize = 64;

/// The maximum length of a config var's name, in bytes.
const MAX_VAR_LENGTH: usize = 256;

/// The maximum length of a process type in bytes, as in the template's parameter of that name.
const MAX_PROCESS_TYPE_LENGTH: usize = 63;

/// A help text for an invalid dyno size. `None` if the size may be valid.
pub(super) fn invalid_dyno_size_help(size: &str) -> Option<String> {
    if ["free", "hobby"].contains(&size) {
        return Some(
            "Heroku no longer offers this size; the smallest are `eco` and `basic`".to_owned(),
        );
    }
    if DYNO_SIZES.contains(&size) {
        return None;
    }
    let formed = size.len() <= MAX_LENGTH
        && size.starts_with(|c: char| c.is_ascii_lowercase())
        && size
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c));
    let near = suggest(size, DYNO_SIZES);
    // Accepts longer names such as private-l-ram, which may be valid.
    let longer = near.is_some_and(|near| size.len() > near.len() + 1);
    match near {
        Some(near) if !longer => Some(format!("did you mean `{near}`?")),
        _ if formed => None,
        _ => Some(format!("expected {}", DYNO_SIZES.join(", "))),
    }
}

/// Regions: first the Common Runtime's, then those of Private Spaces. Heroku may add regions.
/// Source: Heroku Dev Center, "Regions".
pub(crate) const REGIONS: [&str; 12] = [
    "us",
    "eu",
    "dublin",
    "frankfurt",
    "london",
    "montreal",
    "mumbai",
    "oregon",
    "singapore",
    "sydney",
    "tokyo",
    "virginia",
];

/// A help text for an invalid region. `None` if the region may be valid. An unknown name that
/// starts with `eu` or `us` is invalid.
pub(super) fn invalid_region_help(region: &str) -> Option<String> {
    if REGIONS.contains(&region) {
        return None;
    }
    let formed = (1..=MAX_LENGTH).contains(&region.len())
        && region
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let continent = match region.to_lowercase().as_str() {
        "europe" => Some("eu"),
        "usa" | "america" => Some("us"),
        _ => None,
    };
    match continent.or_else(|| suggest(region, REGIONS)) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if formed && !region.starts_with("eu") && !region.starts_with("us") => None,
        None => Some("expected a region such as `us` or `eu`".to_owned()),
    }
}

/// Whether `name` is a valid team name, as in the team's URL.
pub(super) fn is_team_name(name: &str) -> bool {
    (1..=MAX_LENGTH).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
}

/// Whether `name` is a valid app name: `^[a-z][a-z0-9-]{1,28}[a-z0-9]$`, from the Platform API's
/// schema.
pub(crate) fn is_app_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=30).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

/// Whether `name` is a valid config var name: `^\w+$`, from the Platform API's schema.
pub(super) fn is_config_var(name: &str) -> bool {
    is_word(name, MAX_VAR_LENGTH)
}

/// Whether `name` is a valid process type: `^\w+$`, from the Platform API's schema.
pub(super) fn is_process_type(name: &str) -> bool {
    is_word(name, MAX_PROCESS_TYPE_LENGTH)
}

fn is_word(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether `name` is a valid job name: letters, digits, `-`, and `_`, starting with a letter or
/// digit. TOML accepts them in a key without quotes, and Azure accepts them in a name.
pub(super) fn is_job_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// The maximum length of a Logic App's name; see [`is_workflow_name`].
pub(super) const MAX_WORKFLOW_LENGTH: usize = 43;

/// Whether `name` is a valid Logic App name. Source: Microsoft, "Naming rules and restrictions for
/// Azure resources", `Microsoft.Logic/workflows`.
pub(super) fn is_workflow_name(name: &str) -> bool {
    (1..=MAX_WORKFLOW_LENGTH).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.()".contains(c))
}

/// Whether `name` is a valid resource group name. Source: Microsoft, "Naming rules and restrictions
/// for Azure resources", `resourcegroups`.
pub(super) fn is_resource_group(name: &str) -> bool {
    (1..=90).contains(&name.chars().count())
        && !name.ends_with('.')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_.()".contains(c))
}

/// Whether `name` has the form of a programmatic location name, such as `westeurope`.
pub(super) fn is_location(name: &str) -> bool {
    (1..=MAX_LENGTH).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Azure locations. Azure may add more. Source: Microsoft, "List of Azure regions".
const LOCATIONS: [&str; 57] = [
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "brazilsoutheast",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "chilecentral",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "jioindiacentral",
    "jioindiawest",
    "koreacentral",
    "koreasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "norwaywest",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southafricawest",
    "southcentralus",
    "southeastasia",
    "southindia",
    "spaincentral",
    "swedencentral",
    "switzerlandnorth",
    "switzerlandwest",
    "uaecentral",
    "uaenorth",
    "uksouth",
    "ukwest",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

/// Cities and countries, each with the nearest location.
/// Source: Microsoft, "List of Azure regions", "Physical location".
const CITIES: [(&str, &str); 66] = [
    ("amsterdam", "westeurope"),
    ("athens", "italynorth"),
    ("auckland", "newzealandnorth"),
    ("berlin", "germanywestcentral"),
    ("brussels", "belgiumcentral"),
    ("busan", "koreasouth"),
    ("california", "westus"),
    ("canberra", "australiacentral"),
    ("capetown", "southafricawest"),
    ("cardiff", "ukwest"),
    ("chennai", "southindia"),
    ("chicago", "northcentralus"),
    ("dallas", "southcentralus"),
    ("desmoines", "centralus"),
    ("doha", "qatarcentral"),
    ("dubai", "uaenorth"),
    ("dublin", "northeurope"),
    ("eu", "westeurope"),
    ("europe", "westeurope"),
    ("france", "francecentral"),
    ("frankfurt", "germanywestcentral"),
    ("gavle", "swedencentral"),
    ("geneva", "switzerlandwest"),
    ("germany", "germanywestcentral"),
    ("hongkong", "eastasia"),
    ("india", "centralindia"),
    ("iowa", "centralus"),
    ("ireland", "northeurope"),
    ("jakarta", "indonesiacentral"),
    ("japan", "japaneast"),
    ("johannesburg", "southafricanorth"),
    ("kualalumpur", "malaysiawest"),
    ("london", "uksouth"),
    ("losangeles", "westus"),
    ("madrid", "spaincentral"),
    ("marseille", "francesouth"),
    ("melbourne", "australiasoutheast"),
    ("milan", "italynorth"),
    ("montreal", "canadaeast"),
    ("mumbai", "westindia"),
    ("munich", "germanywestcentral"),
    ("netherlands", "westeurope"),
    ("newyork", "eastus"),
    ("osaka", "japanwest"),
    ("oslo", "norwayeast"),
    ("paris", "francecentral"),
    ("phoenix", "westus3"),
    ("pune", "centralindia"),
    ("quebec", "canadaeast"),
    ("santiago", "chilecentral"),
    ("saopaulo", "brazilsouth"),
    ("seattle", "westus2"),
    ("seoul", "koreacentral"),
    ("singapore", "southeastasia"),
    ("stavanger", "norwaywest"),
    ("stockholm", "swedencentral"),
    ("sydney", "australiaeast"),
    ("tokyo", "japaneast"),
    ("toronto", "canadacentral"),
    ("uk", "uksouth"),
    ("us", "eastus"),
    ("usa", "eastus"),
    ("vienna", "austriaeast"),
    ("virginia", "eastus"),
    ("warsaw", "polandcentral"),
    ("zurich", "switzerlandnorth"),
];

/// A location's programmatic name, such as `westeurope` for `West Europe`.
pub(crate) fn normalized_location(name: &str) -> String {
    name.replace(' ', "").to_lowercase()
}

/// The known location with that name, in any form.
pub(crate) fn known_location(name: &str) -> Option<&'static str> {
    let name = normalized_location(name);
    LOCATIONS.into_iter().find(|location| *location == name)
}

/// The location for a display name such as `West Europe`, or for a city.
pub(super) fn location_for(words: &str) -> Option<&'static str> {
    let letters = words.chars().filter(|c| c.is_alphanumeric());
    let plain: String = letters
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ä' | 'ã' => 'a',
            'ü' => 'u',
            'ö' => 'o',
            'é' => 'e',
            c => c,
        })
        .take(64)
        .collect();
    let location = LOCATIONS.into_iter().find(|location| *location == plain);
    let city = CITIES.iter().find(|(city, _)| *city == plain);
    location.or(city.map(|(_, location)| *location))
}

/// The known location that `location` is probably a misspelling of. `None` if `location` is known
/// or may be new.
pub(super) fn near_location(location: &str) -> Option<&'static str> {
    if LOCATIONS.contains(&location) {
        return None;
    }
    // The threshold is high, because a new location such as eastus3 is also similar to known ones.
    suggest_above(0.88, location, LOCATIONS)
}

/// Whether `text` is a valid subscription ID or display name, of at most 64 characters.
/// Source: Microsoft, "Naming rules and restrictions for Azure resources".
pub(super) fn is_subscription(text: &str) -> bool {
    (1..=64).contains(&text.chars().count())
        && !text.trim().is_empty()
        && text.trim() == text
        && !text.chars().any(char::is_control)
}
