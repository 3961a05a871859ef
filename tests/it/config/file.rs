//! Missing files, and files that are not TOML or not text.

use insta::assert_snapshot;
use picletter_core::config::{Config, ConfigError, MINIMAL_EXAMPLE, Style};

use super::{error_text, parse, with};

#[test]
fn reports_syntax_errors_with_the_other_errors() {
    assert_snapshot!(error_text(
        "[schedule\nevery = day\nat = \"08:30\n\n[heroku]\napp = \"My App\"\ncommand = 'x\n[run]\nreport = \"wrker\"\n"
    ));
}

#[test]
fn reports_at_most_ten_syntax_errors() {
    let ConfigError::Invalid(errors) = parse(&"what is this\n".repeat(200)).unwrap_err() else {
        panic!("no errors");
    };
    let text = errors.render(Style::Plain);
    assert_eq!(text.matches("error: ").count(), 10, "{text}");
    let more = format!("\n\nand {} more", errors.count() - 10);
    assert!(errors.count() >= 200 && text.ends_with(&more), "{text}");
}

#[test]
fn reports_json() {
    // The ARM template serves as an example of a JSON file.
    let template = include_str!("../../../crates/core/logic-app/picletter-app.definition.json");
    assert_snapshot!(error_text(template));
}

#[test]
fn reports_missing_and_unreadable_files() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    let error = Config::load(&missing).unwrap_err();
    assert!(matches!(error, ConfigError::Missing(_)), "{error}");
    assert!(error.to_string().contains("--config"), "{error}");
    assert!(error.to_string().ends_with(MINIMAL_EXAMPLE), "{error}");

    let error = Config::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("is not a configuration file: it is a directory"),
        "{error}"
    );

    let latin = folder.path().join("latin.toml");
    std::fs::write(&latin, b"[schedule]\n# Gr\xfc\xdfe\n").unwrap();
    let error = Config::load(&latin).unwrap_err().to_string();
    assert!(error.contains("latin.toml:2:5: invalid UTF-8"), "{error}");

    let large = folder.path().join("large.toml");
    std::fs::write(&large, vec![b'#'; (1 << 20) + 1]).unwrap();
    let error = Config::load(&large).unwrap_err().to_string();
    assert!(error.contains("larger than 1 MB"), "{error}");
}

#[test]
fn accepts_byte_order_marks_and_windows_line_endings() {
    let text = format!("\u{feff}{}", with("every = \"day\"", "")).replace('\n', "\r\n");
    assert!(parse(&text).is_ok());
    let text = format!("\u{feff}{}", with("every = \"dai\"", "")).replace('\n', "\r\n");
    assert!(
        error_text(&text).contains("picletter.toml:2:9"),
        "{}",
        error_text(&text)
    );
}

#[test]
fn rejects_deeply_nested_brackets() {
    for text in [
        "[".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
        format!("{}=1", "a.".repeat(10_000)),
    ] {
        assert!(parse(&text).is_err());
    }
}
