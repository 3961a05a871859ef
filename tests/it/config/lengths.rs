//! Limits on the length of values and names.

use super::{TEXT_KEYS, error_text, parse, with};

#[test]
fn truncates_long_values_in_messages() {
    let long = "x".repeat(1 << 13);
    for (section, key) in TEXT_KEYS.into_iter().chain([("config", "OTHER")]) {
        let text = format!("[{section}]\n{key} = \"{long}\"\n");
        let error = error_text(&text);
        assert!(
            error.len() < 6000,
            "{key}: {} bytes: {:.3000}",
            error.len(),
            error
        );
    }
    for text in [
        format!("{long} = 1"),
        format!("[{long}]"),
        format!("[heroku]\n{long} = 1"),
        format!("[config]\n{long} = 1"),
        format!("[config]\n\"{long} \" = \"1\""),
        format!("[heroku]\nsecrets = [\"{long}\"]"),
    ] {
        let error = error_text(&text);
        assert!(error.len() < 6000, "{} bytes: {:.3000}", error.len(), error);
    }
}

#[test]
fn reports_the_locations_of_names_that_are_too_long() {
    let check_rejected = |text: &str| {
        let error = error_text(text);
        assert!(error.contains("--> picletter.toml:"), "{error}");
        assert!(error.len() < 2000, "{} bytes: {:.3000}", error.len(), error);
    };
    for (section, key, max) in [
        ("heroku", "region", 64),
        ("heroku", "team", 64),
        ("heroku", "process_type", 63),
        ("heroku", "dyno_size", 64),
        ("heroku", "secrets", 256),
        ("azure", "resource_group", 90),
        ("azure", "location", 64),
        ("azure", "subscription", 64),
    ] {
        let file = |length: usize| {
            let line = format!("{key} = \"{}\"\n", "x".repeat(length));
            match section {
                "heroku" => with("every = \"day\"", &line),
                _ => with("every = \"day\"", "") + &format!("[{section}]\n{line}"),
            }
        };
        let longest = parse(&file(max));
        assert!(longest.is_ok(), "{key}: {}", longest.unwrap_err());
        for length in [max + 1, 300, 1 << 14] {
            check_rejected(&file(length));
        }
    }
    check_rejected(&with(
        "every = \"day\"",
        &format!("region = \"{}\"\n", "x".repeat(1 << 19)),
    ));
    let long = "x".repeat(257);
    let unit = format!("1{}minute", " ".repeat(300));
    check_rejected(&with(&format!("every = \"{unit}\""), ""));
    check_rejected(&(with("every = \"day\"", "") + &format!("[run]\nstart_window = \"{unit}\"\n")));
    check_rejected(&(with("every = \"day\"", "") + &format!("[config]\n{long} = \"1\"\n")));
}

#[test]
fn rejects_config_vars_that_heroku_does_not_support() {
    let config = |vars: &str| with("every = \"day\"", "") + "[config]\n" + vars;
    let nul_error = error_text(&config("OTHER = \"a\\u0000b\"\n"));
    assert!(nul_error.contains("a NUL"), "{nul_error}");
    let large = "x".repeat(40 << 10);
    assert!(parse(&config(&format!("ONE = \"{large}\"\n"))).is_ok());
    let error = error_text(&config(&format!("ONE = \"{large}\"\nTWO = \"{large}\"\n")));
    assert!(error.contains("64 kB per app"), "{error}");
    let subject = format!("subject = \"{}\"\n", "x".repeat(70_000));
    let file = with("every = \"day\"", "").replace("[mail]\n", &format!("[mail]\n{subject}"));
    let error = error_text(&file);
    assert!(error.contains("including `subject`, have"), "{error}");
    // A value may have several lines.
    assert!(parse(&config("PEM = \"a\\n\\tb\\r\\n\"\n")).is_ok());
}
