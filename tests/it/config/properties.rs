//! Properties of arbitrary files, valid and invalid.

use jiff::Timestamp;
use picletter_core::config::{Config, Style};
use proptest::prelude::*;
use proptest::sample::select;

use super::parse;

/// Random texts from parts of files, so that many have valid syntax.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[schedule]\n".to_owned()),
        Just("[heroku]\n".to_owned()),
        Just("[mail]\n".to_owned()),
        Just("[picture]\n".to_owned()),
        Just("[config]\n".to_owned()),
        Just("app = \"my-app\"\n".to_owned()),
        "(every|at|on|start|time_zone|catch_up|overlap|time_to_live|start_window|secrets|from|to|sources|max_bytes|BOT_EMAIL|SG_KEY) = (\"|'|\"\"\"|\\[)?.{0,12}(\"|'|\"\"\"|\\])?\n",
        "every = \"[0-9]{1,12} (second|minute|hour|day|week|month)s?\"\n",
        "at = \\[(\"[0-2][0-9]:[0-5][0-9]\", ){0,12}\\]\n",
        "start = [0-9]{4}-[01][0-9]-[0-3][0-9]\n",
        ".{0,20}\n",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// The lines of a valid file.
fn valid_file() -> impl Strategy<Value = Vec<String>> {
    let schedule = prop_oneof![
        (3..60u32).prop_map(|n| format!("every = \"{n} minutes\"")),
        (1..24u32).prop_map(|n| format!("every = \"{n} hours\"")),
        (0..24u32, 0..60u32).prop_map(|(hour, minute)| format!("at = \"{hour:02}:{minute:02}\"")),
        (1..=31u32).prop_map(|day| format!("on = {day}")),
    ];
    let zone = select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Tokyo",
    ]);
    let overlap = select(vec!["skip", "replace", "allow", "queue"]);
    let app = "[a-z][a-z0-9-]{1,27}[a-z0-9]";
    let time_to_live = 10..1_440u32;
    (schedule, zone, overlap, app, time_to_live).prop_map(
        |(schedule, zone, overlap, app, time_to_live)| {
            [
                "[schedule]",
                &schedule,
                &format!("time_zone = \"{zone}\""),
                &format!("overlap = \"{overlap}\""),
                "[heroku]",
                &format!("app = \"{app}\""),
                &format!("time_to_live = \"{time_to_live} minutes\""),
                "[mail]",
                "from = \"b@x.example\"",
                "to = \"y@x.example\"",
            ]
            .map(str::to_owned)
            .to_vec()
        },
    )
}

/// The text of a key in a file with one key per line.
fn value<'a>(lines: &'a [String], key: &str) -> &'a str {
    let line = lines
        .iter()
        .find_map(|line| line.strip_prefix(key))
        .unwrap();
    line.trim_start_matches(" = ").trim_matches('"')
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        ..ProptestConfig::default()
    })]

    #[test]
    fn parses_valid_files(lines in valid_file()) {
        let config = parse(&lines.join("\n")).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&config.heroku.app, value(&lines, "app"));
        prop_assert_eq!(config.jobs[0].schedule.zone().name(), value(&lines, "time_zone"));
        prop_assert_eq!(config.jobs[0].schedule.overlap().name(), value(&lines, "overlap"));
        let minutes = value(&lines, "time_to_live").trim_end_matches(" minutes");
        prop_assert_eq!(config.jobs[0].time_to_live.as_mins().to_string(), minutes);
        let vars = config.config_vars();
        prop_assert_eq!(&vars["BOT_EMAIL"], value(&lines, "from"));
        prop_assert_eq!(&vars["RECEIVER_EMAIL"], value(&lines, "to"));
    }

    #[test]
    fn reports_invalid_values_with_their_lines(lines in valid_file(), wrong in "[?!/<>|]{1,8}", n in 0..9usize) {
        let mut lines = lines;
        // Keys for which the random texts are invalid.
        let keys = ["every", "at", "on", "time_zone", "overlap", "app", "time_to_live", "from", "to"];
        let is_wrong = |line: &&mut String| line.split_once(" = ").is_some_and(|(key, _)| keys.contains(&key));
        let candidates = lines.iter_mut().enumerate();
        let mut candidates: Vec<_> = candidates.filter(|(_, line)| is_wrong(line)).collect();
        let n = n % candidates.len();
        let (index, line) = candidates.swap_remove(n);
        let (key, _) = line.split_once(" = ").unwrap();
        *line = format!("{key} = \"{wrong}\"");
        let place = format!("picletter.toml:{}:", index + 1);
        let text = lines.join("\n");
        let Err(error) = parse(&text) else {
            return Err(TestCaseError::fail(format!("accepted: {text}")));
        };
        prop_assert!(error.to_string().contains(&place), "{}", error);
    }

    #[test]
    fn accepts_only_toml_and_reports_locations_within_the_file(
        text in prop_oneof![pieces(), any::<String>()]
    ) {
        match parse(&text) {
            Ok(config) => {
                let _ = config.warnings(Timestamp::UNIX_EPOCH, Style::Plain);
                let without_mark = text.strip_prefix('\u{feff}').unwrap_or(&text);
                prop_assert!(without_mark.parse::<toml::Table>().is_ok(), "{}", text);
            }
            Err(error) => {
                let lines = text.split('\n').count();
                let error = error.to_string();
                let places = error.lines().filter_map(|line| line.trim().strip_prefix("--> picletter.toml:"));
                for place in places {
                    let line: usize = place.split(':').next().unwrap().parse().unwrap();
                    prop_assert!((1..=lines).contains(&line), "{}", error);
                }
            }
        }
    }

    #[test]
    fn loads_utf_8_only(bytes in any::<Vec<u8>>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picletter.toml");
        std::fs::write(&path, &bytes).unwrap();
        let error = Config::load(&path).unwrap_err().to_string();
        match std::str::from_utf8(&bytes) {
            Ok(text) => prop_assert_eq!(error, Config::parse(&path, text).unwrap_err().to_string()),
            Err(_) => prop_assert!(error.contains("invalid UTF-8"), "{}", error),
        }
    }
}
