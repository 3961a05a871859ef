//! Suggestions for wrong values, which are themselves valid.

use picletter::config::ConfigError;

use super::{TEXT_KEYS, parse, said, with};

/// The lines that are wrong in a file which only has this key, apart from what it lacks.
fn said_of(section: &str, key: &str, value: &str) -> Vec<String> {
    let text = format!("[{section}]\n{key} = {value}\n");
    let ConfigError::Mistakes(mistakes) = parse(&text).unwrap_err() else {
        panic!("{text}");
    };
    let mut lines = mistakes.lines();
    lines.retain(|line| {
        ![
            "missing",
            "no section",
            "how often",
            "nothing says",
            "gives none",
            "a shell runs",
            "RUN_DEADLINE",
        ]
        .iter()
        .any(|lacking| line.contains(lacking))
    });
    lines
}

#[test]
fn what_is_suggested_for_a_value_that_is_not_text_is_accepted() {
    for (section, key) in TEXT_KEYS {
        for value in [
            "0",
            "1",
            "20",
            "90000",
            "1.5",
            "true",
            "2026-12-01",
            "08:30:00",
            "{ a = 1 }",
        ] {
            let said = said_of(section, key, value);
            if said.is_empty() {
                continue;
            }
            assert_eq!(said.len(), 1, "{key} = {value}: {said:?}");
            let said = &said[0];
            let suggested = if said.ends_with("write it in quotes") {
                format!("\"{value}\"")
            } else if let Some((_, rest)) = said.split_once(&format!("`{key} = ")) {
                rest.split('`').next().unwrap().to_owned()
            } else if said.contains("a number from 1 to 31") {
                continue;
            } else if let Some((_, rest)) = said.split_once("such as `") {
                format!("\"{}\"", rest.split('`').next().unwrap())
            } else {
                assert!(said.contains("it takes a text"), "{key} = {value}: {said}");
                continue;
            };
            let again = said_of(section, key, &suggested);
            assert!(again.is_empty(), "{key} = {value}: {suggested}: {again:?}");
        }
    }
}

#[test]
fn a_number_without_a_unit_is_answered_with_the_duration_that_was_meant() {
    for (key, value, suggested) in [
        ("time_to_live", "20", "`time_to_live = \"20 minutes\"`"),
        ("time_to_live", "\"20\"", "did you mean `20 minutes`?"),
        ("time_to_live", "\"1d\"", "did you mean `24 hours`?"),
        ("time_to_live", "1", "`time_to_live = \"1 minute\"`"),
        ("time_to_live", "86400", "`time_to_live = \"30 minutes\"`"),
    ] {
        let said = said_of("heroku", key, value).join("\n");
        assert!(said.contains(suggested), "{value}: {said}");
    }
    let said = said_of("run", "start_window", "0").join("\n");
    assert!(said.contains("`start_window = \"0 seconds\"`"), "{said}");
    for (key, value, suggested) in [
        ("every", "15", "`every = \"15 minutes\"`"),
        ("at", "8", "`at = \"08:00\"`"),
        ("at", "08:45:30", "`at = \"08:45\"`"),
        ("on", "1.5", "`on = \"mon\"`"),
        ("on", "true", "`on = \"mon\"`"),
        ("on", "32", "a number from 1 to 31, or \"last day\""),
        ("on", "[15, -1]", "a number from 1 to 31, or \"last day\""),
    ] {
        let said = said_of("schedule", key, value).join("\n");
        assert!(said.contains(suggested), "{value}: {said}");
    }
}

#[test]
fn a_city_or_a_display_name_leads_to_the_location() {
    for (location, suggested) in [
        ("frankfurt", "germanywestcentral"),
        ("West Europe", "westeurope"),
        ("São Paulo", "brazilsouth"),
        ("new york", "eastus"),
        ("East US 2", "eastus2"),
        ("eu", "westeurope"),
    ] {
        let text = with(
            "every = \"day\"",
            &format!("[azure]\nlocation = \"{location}\""),
        );
        let said = said(&text);
        assert!(
            said.contains(&format!("did you mean `{suggested}`?")),
            "{said}"
        );
    }
}
