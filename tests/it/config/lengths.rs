//! Limits on the length of values and names.

use super::{TEXT_KEYS, parse, said, with};

#[test]
fn a_long_value_is_cut_in_messages_and_compared_with_nothing() {
    let long = "x".repeat(1 << 13);
    for (section, key) in TEXT_KEYS.into_iter().chain([("config", "OTHER")]) {
        let text = format!("[{section}]\n{key} = \"{long}\"\n");
        let told = said(&text);
        assert!(
            told.len() < 6000,
            "{key}: {} bytes: {:.3000}",
            told.len(),
            told
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
        let told = said(&text);
        assert!(told.len() < 6000, "{} bytes: {:.3000}", told.len(), told);
    }
}

#[test]
fn a_name_has_a_greatest_length_and_a_mistake_about_it_its_place() {
    let wrong = |text: &str| {
        let told = said(text);
        assert!(told.contains("--> picletter.toml:"), "{told}");
        assert!(told.len() < 2000, "{} bytes: {:.3000}", told.len(), told);
    };
    for (section, key, most) in [
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
        let right = parse(&file(most));
        assert!(right.is_ok(), "{key}: {}", right.unwrap_err());
        for length in [most + 1, 300, 1 << 14] {
            wrong(&file(length));
        }
    }
    wrong(&with(
        "every = \"day\"",
        &format!("region = \"{}\"\n", "x".repeat(1 << 19)),
    ));
    let long = "x".repeat(257);
    let unit = format!("1{}minute", " ".repeat(300));
    wrong(&with(&format!("every = \"{unit}\""), ""));
    wrong(&(with("every = \"day\"", "") + &format!("[run]\nstart_window = \"{unit}\"\n")));
    wrong(&(with("every = \"day\"", "") + &format!("[config]\n{long} = \"1\"\n")));
}

#[test]
fn a_config_var_that_heroku_cannot_keep_is_refused() {
    let config = |vars: &str| with("every = \"day\"", "") + "[config]\n" + vars;
    let said_of_nul = said(&config("OTHER = \"a\\u0000b\"\n"));
    assert!(said_of_nul.contains("a NUL"), "{said_of_nul}");
    let large = "x".repeat(40 << 10);
    assert!(parse(&config(&format!("ONE = \"{large}\"\n"))).is_ok());
    let told = said(&config(&format!("ONE = \"{large}\"\nTWO = \"{large}\"\n")));
    assert!(told.contains("64 kB for all config vars"), "{told}");
    let subject = format!("subject = \"{}\"\n", "x".repeat(70_000));
    let file = with("every = \"day\"", "").replace("[mail]\n", &format!("[mail]\n{subject}"));
    let told = said(&file);
    assert!(told.contains("with `subject` the config vars"), "{told}");
    // Several lines are one value.
    assert!(parse(&config("PEM = \"a\\n\\tb\\r\\n\"\n")).is_ok());
}
