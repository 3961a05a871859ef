//! Files that are not TOML, not text, or not files.

use insta::assert_snapshot;
use picletter::config::{Config, ConfigError, LEAST, Style};

use super::{parse, said, with};

#[test]
fn what_is_no_toml_is_told_with_the_other_mistakes() {
    assert_snapshot!(said(
        "[schedule\nevery = day\nat = \"08:30\n\n[heroku]\napp = \"My App\"\ncommand = 'x\n[run]\nreport = \"wrker\"\n"
    ));
}

#[test]
fn of_a_file_that_is_no_toml_at_all_the_first_ten_lines_are_told() {
    let ConfigError::Mistakes(mistakes) = parse(&"what is this\n".repeat(200)).unwrap_err() else {
        panic!("no mistakes");
    };
    let text = mistakes.render(Style::Plain);
    assert_eq!(text.matches("error: ").count(), 10, "{text}");
    let more = format!("\n\nand {} more", mistakes.count() - 10);
    assert!(mistakes.count() >= 200 && text.ends_with(&more), "{text}");
}

#[test]
fn json_is_told_as_such() {
    let template = include_str!("../../../logic-app/picletter-app.definition.json");
    assert_snapshot!(said(template));
}

#[test]
fn what_is_no_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    let error = Config::load(&missing).unwrap_err();
    assert!(matches!(error, ConfigError::Missing(_)), "{error}");
    assert!(error.to_string().contains("--config"), "{error}");
    assert!(error.to_string().ends_with(LEAST), "{error}");

    let error = Config::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("is a folder, and no configuration file"),
        "{error}"
    );

    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"[schedule]\n# Gr\xfc\xdfe\n").unwrap();
    let error = Config::load(&latin).unwrap_err().to_string();
    assert!(
        error.contains("latin.toml:2:5: this is not UTF-8"),
        "{error}"
    );

    let large = folder.path().join("large.toml");
    std::fs::write(&large, vec![b'#'; (1 << 20) + 1]).unwrap();
    let error = Config::load(&large).unwrap_err().to_string();
    assert!(error.contains("larger than a megabyte"), "{error}");
}

#[test]
fn marks_and_line_ends_of_windows_are_no_matter() {
    let text = format!("\u{feff}{}", with("every = \"day\"", "")).replace('\n', "\r\n");
    assert!(parse(&text).is_ok());
    let text = format!("\u{feff}{}", with("every = \"dai\"", "")).replace('\n', "\r\n");
    assert!(
        said(&text).contains("picletter.toml:2:9"),
        "{}",
        said(&text)
    );
}

#[test]
fn brackets_without_end_are_an_error() {
    for text in [
        "[".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
        format!("{}=1", "a.".repeat(10_000)),
    ] {
        assert!(parse(&text).is_err());
    }
}
