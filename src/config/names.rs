//! What Heroku and Azure take for names, so that a slip is found before they are asked.

use picletter_logic_apps::suggest::{suggest, suggest_above};

/// The usual dyno sizes, in lower case. Source: Heroku Dev Center, "Dyno Types". There are more, and
/// there will be.
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

/// More bytes than any name of a region, a dyno size, a location or a team has.
const LONGEST: usize = 64;

/// More bytes than any name of a config var has.
const LONGEST_VAR: usize = 256;

/// More bytes than a process type has, as in the template's parameter of that name.
const LONGEST_PROCESS_TYPE: usize = 63;

/// The size that was meant instead, or what sizes look like; none where it may be one.
pub(super) fn wrong_dyno_size(size: &str) -> Option<String> {
    if ["free", "hobby"].contains(&size) {
        return Some(
            "Heroku no longer offers this size; the smallest are `eco` and `basic`".to_owned(),
        );
    }
    if DYNO_SIZES.contains(&size) {
        return None;
    }
    let formed = size.len() <= LONGEST
        && size.starts_with(|c: char| c.is_ascii_lowercase())
        && size
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c));
    let near = suggest(size, DYNO_SIZES);
    // Such as private-l-ram, which Heroku may know.
    let longer = near.is_some_and(|near| size.len() > near.len() + 1);
    match near {
        Some(near) if !longer => Some(format!("did you mean `{near}`?")),
        _ if formed => None,
        _ => Some(format!("it takes {}", DYNO_SIZES.join(", "))),
    }
}

/// Where apps can be. Source: Heroku Dev Center, "Regions": the Common Runtime's first, then those of
/// Private Spaces. There may be more.
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

/// The region that was meant instead, or what there is; none where it may be one, as no other way to
/// write `eu` or `us` is.
pub(super) fn wrong_region(region: &str) -> Option<String> {
    if REGIONS.contains(&region) {
        return None;
    }
    let formed = (1..=LONGEST).contains(&region.len())
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
        None => Some("it is such as `us` or `eu`".to_owned()),
    }
}

/// As it stands in the team's address.
pub(super) fn is_team_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
}

/// `^[a-z][a-z0-9-]{1,28}[a-z0-9]$`, of the Platform API's schema.
pub(crate) fn is_app_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=30).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || c == '-')
}

/// `^\w+$`, of the Platform API's schema for config vars.
pub(super) fn is_config_var(name: &str) -> bool {
    is_word(name, LONGEST_VAR)
}

/// The same, for process types.
pub(super) fn is_process_type(name: &str) -> bool {
    is_word(name, LONGEST_PROCESS_TYPE)
}

fn is_word(name: &str, longest: usize) -> bool {
    (1..=longest).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Letters, digits, `-`, and `_`, a letter or digit first: what both TOML and Azure take without quotes.
pub(super) fn is_job_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// Characters of a Logic App's name; see [`is_workflow_name`].
pub(super) const LONGEST_WORKFLOW: usize = 43;

/// Microsoft, "Naming rules and restrictions for Azure resources": `Microsoft.Logic/workflows`.
pub(super) fn is_workflow_name(name: &str) -> bool {
    (1..=LONGEST_WORKFLOW).contains(&name.len())
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
    (1..=LONGEST).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Microsoft, "List of Azure regions". There will be more.
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

/// Cities and countries that people name, each with the location there or nearest to it. Source:
/// Microsoft, "List of Azure regions", "Physical location".
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

/// The location that a display name such as `West Europe` or a city stands for.
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

/// The location that was probably meant by one that is not known here, and may be a new one.
pub(super) fn near_location(location: &str) -> Option<&'static str> {
    if LOCATIONS.contains(&location) {
        return None;
    }
    // Such as eastus3, which there may be some day, is as near to another.
    suggest_above(0.88, location, LOCATIONS)
}

/// An id, or a display name, which has at most 64 characters.
/// Source: Microsoft, "Naming rules and restrictions for Azure resources".
pub(super) fn is_subscription(text: &str) -> bool {
    (1..=64).contains(&text.chars().count())
        && !text.trim().is_empty()
        && text.trim() == text
        && !text.chars().any(char::is_control)
}
