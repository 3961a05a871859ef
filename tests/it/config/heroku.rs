//! `[heroku]`: commands, process types, dyno sizes, and regions.

use super::{parse, said, with};

#[test]
fn a_command_of_its_own_runs_in_a_dyno_of_type_run_by_default() {
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

    let told = said(&with("every = \"day\"", "process_type = \"run\""));
    assert!(told.contains("do not run the worker's image"), "{told}");
    assert!(told.contains("remove `process_type`"), "{told}");
}

#[test]
fn sizes_that_heroku_may_have_are_taken() {
    for (size, taken) in [
        ("Standard-1X", true),
        ("performance-l-ram", true),
        ("dyno-1c-0.5gb", true),
        ("basik", false),
        ("standard-1", false),
        ("very large!", false),
        ("hobby", false),
    ] {
        let text = with("every = \"day\"", &format!("dyno_size = \"{size}\""));
        assert_eq!(parse(&text).is_ok(), taken, "{size}");
    }
}

#[test]
fn regions_that_heroku_may_have_are_taken() {
    for (region, taken) in [
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
        assert_eq!(parse(&text).is_ok(), taken, "{region}");
    }
}
