//! Suggested values are valid.

use picletter_core::config::ConfigError;

use super::{TEXT_KEYS, error_text, parse, with};

/// The errors in a file with only this key, except those about missing keys.
fn errors_for(section: &str, key: &str, value: &str) -> Vec<String> {
    let text = format!("[{section}]\n{key} = {value}\n");
    let ConfigError::Invalid(errors) = parse(&text).unwrap_err() else {
        panic!("{text}");
    };
    let mut lines = errors.lines();
    lines.retain(|line| {
        ![
            "missing",
            "no section",
            "has no interval",
            "requires a start",
            "requires `command`",
            "in a shell",
            "RUN_DEADLINE",
        ]
        .iter()
        .any(|missing| line.contains(missing))
    });
    lines
}

#[test]
fn accepts_suggestions_for_values_that_are_not_text() {
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
            let error = errors_for(section, key, value);
            if error.is_empty() {
                continue;
            }
            assert_eq!(error.len(), 1, "{key} = {value}: {error:?}");
            let error = &error[0];
            let suggested = if error.ends_with("put it in quotes") {
                format!("\"{value}\"")
            } else if let Some((_, rest)) = error.split_once(&format!("`{key} = ")) {
                rest.split('`').next().unwrap().to_owned()
            } else if error.contains("a number from 1 to 31") {
                continue;
            } else if let Some((_, rest)) = error.split_once("such as `") {
                format!("\"{}\"", rest.split('`').next().unwrap())
            } else {
                assert!(
                    error.contains("expected a text"),
                    "{key} = {value}: {error}"
                );
                continue;
            };
            let again = errors_for(section, key, &suggested);
            assert!(again.is_empty(), "{key} = {value}: {suggested}: {again:?}");
        }
    }
}

#[test]
fn suggests_durations_for_numbers_without_a_unit() {
    for (key, value, suggested) in [
        ("time_to_live", "20", "`time_to_live = \"20 minutes\"`"),
        ("time_to_live", "\"20\"", "did you mean `20 minutes`?"),
        ("time_to_live", "\"1d\"", "did you mean `24 hours`?"),
        ("time_to_live", "1", "`time_to_live = \"1 minute\"`"),
        ("time_to_live", "86400", "`time_to_live = \"30 minutes\"`"),
    ] {
        let error = errors_for("heroku", key, value).join("\n");
        assert!(error.contains(suggested), "{value}: {error}");
    }
    let error = errors_for("run", "start_window", "0").join("\n");
    assert!(error.contains("`start_window = \"0 seconds\"`"), "{error}");
    for (key, value, suggested) in [
        ("every", "15", "`every = \"15 minutes\"`"),
        ("at", "8", "`at = \"08:00\"`"),
        ("at", "08:45:30", "`at = \"08:45\"`"),
        ("on", "1.5", "`on = \"mon\"`"),
        ("on", "true", "`on = \"mon\"`"),
        ("on", "32", "a number from 1 to 31, or \"last day\""),
        ("on", "[15, -1]", "a number from 1 to 31, or \"last day\""),
    ] {
        let error = errors_for("schedule", key, value).join("\n");
        assert!(error.contains(suggested), "{value}: {error}");
    }
}

#[test]
fn suggests_locations_for_cities_and_display_names() {
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
        let error = error_text(&text);
        assert!(
            error.contains(&format!("did you mean `{suggested}`?")),
            "{error}"
        );
    }
}

#[test]
fn suggests_keys_of_a_job_for_typos_in_defaults() {
    let rest = "[heroku]\napp = \"my-shop\"\n[jobs.a]\nevery = \"day\"\ncommand = \"x\"\n";
    for defaults in [
        "[defaults]\nevry = \"day\"\n",
        "defaults = { evry = \"day\" }\n",
    ] {
        let error = error_text(&format!("{defaults}{rest}"));
        let help = "did you mean `every`? set it in each section [jobs.NAME]";
        assert!(error.contains(help), "{error}");
    }
}
