//! Properties of arbitrary files.

use jiff::Timestamp;
use picletter::config::{Config, Style};
use proptest::prelude::*;

use super::parse;

/// Pieces of files, so that random texts get past the syntax.
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

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_text_is_a_panic(text in prop_oneof![pieces(), any::<String>()]) {
        match parse(&text) {
            Ok(config) => {
                let _ = config.warnings(Timestamp::UNIX_EPOCH, Style::Plain);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in any::<Vec<u8>>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picletter.toml");
        std::fs::write(&path, bytes).unwrap();
        prop_assert!(Config::load(&path).is_err());
    }
}
