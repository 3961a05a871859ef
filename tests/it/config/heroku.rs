//! `[heroku]`: commands, process types, dyno sizes, and regions.

use super::{error_text, parse, with};

#[test]
fn other_commands_use_process_type_run_by_default() {
    let process_type = |rest: &str| {
        let text = with("every = \"day\"", rest);
        parse(&text).unwrap().jobs[0].process_type.clone()
    };
    let shell = "[run]\nreport = \"shell\"";
    assert_eq!(process_type(""), "worker");
    assert_eq!(process_type("command = \"worker --quiet\""), "worker");
    assert_eq!(process_type("command = \"bin/mine\""), "run");
    assert_eq!(process_type(&format!("command = \"rake\"\n{shell}")), "run");
    let given = format!("command = \"rake\"\nprocess_type = \"clock\"\n{shell}");
    assert_eq!(process_type(&given), "clock");

    let error = error_text(&with("every = \"day\"", "process_type = \"run\""));
    assert!(error.contains("do not run the worker's image"), "{error}");
    assert!(error.contains("remove `process_type`"), "{error}");
}

#[test]
fn accepts_unknown_sizes_that_may_be_valid() {
    for (size, valid) in [
        ("Standard-1X", true),
        ("performance-l-ram", true),
        ("dyno-1c-0.5gb", true),
        ("basik", false),
        ("standard-1", false),
        ("very large!", false),
        ("hobby", false),
    ] {
        let text = with("every = \"day\"", &format!("dyno_size = \"{size}\""));
        assert_eq!(parse(&text).is_ok(), valid, "{size}");
    }
}

#[test]
fn accepts_unknown_regions_that_may_be_valid() {
    for (region, valid) in [
        ("us", true),
        ("eu", true),
        ("frankfurt", true),
        ("johannesburg", true),
        ("frankfort", false),
        ("us-east-1", false),
        ("EU", false),
        ("", false),
    ] {
        let text = with("every = \"day\"", &format!("region = \"{region}\""));
        assert_eq!(parse(&text).is_ok(), valid, "{region}");
    }
}
