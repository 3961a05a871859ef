//! Secrets come from environment variables, or from the files that those name. They are validated
//! like the configuration.

use std::path::{Path, PathBuf};

use picletter_core::config::{Config, SecretError, Secrets};
use picletter_core::deploy::redact::Redactor;
use picletter_worker::settings::Variables;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

fn config(heroku: &str, rest: &str) -> Config {
    let text = format!(
        "[schedule]\nevery = \"day\"\n[heroku]\napp = \"my-app\"\n{heroku}\n[mail]\n\
         from = \"b@x.example\"\nto = \"y@x.example\"\n{rest}\n"
    );
    Config::parse(Path::new("picletter.toml"), &text).unwrap_or_else(|error| panic!("{error}"))
}

fn read(config: &Config, environment: &[(&str, &str)]) -> Result<Secrets, Vec<SecretError>> {
    let environment = environment.iter().copied().collect::<Variables>();
    Secrets::read(config, &environment, |_| {})
}

/// The error messages for invalid secrets.
fn errors(config: &Config, environment: &[(&str, &str)]) -> String {
    let errors = read(config, environment).unwrap_err();
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn values(secrets: &Secrets) -> Vec<String> {
    let vars = secrets.config_vars();
    vars.iter()
        .map(|(name, value)| format!("{name}={}", value.expose_secret()))
        .collect()
}

fn missing(secrets: &Secrets) -> Vec<String> {
    let missing = secrets.missing();
    missing.into_iter().map(|secret| secret.variable).collect()
}

fn file(folder: &tempfile::TempDir, text: &[u8]) -> PathBuf {
    let path = folder.path().join("secret");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn requires_and_reads_the_secrets_of_the_worker() {
    let worker = config("", "");
    assert_eq!(missing(&read(&worker, &[]).unwrap()), ["SG_KEY"]);
    let named = config(
        "secrets = [\"API_TOKEN\"]",
        "[picture]\nsources = [\"unsplash\"]",
    );
    assert_eq!(
        missing(&read(&named, &[]).unwrap()),
        ["SG_KEY", "UNSPLASH_ACCESS_KEY", "API_TOKEN"]
    );
    let all = read(
        &named,
        &[
            ("SG_KEY", "SG.a.b"),
            ("UNSPLASH_ACCESS_KEY", "key"),
            ("HEARTBEAT_URL", "https://hc.example.com/1"),
            ("ALERT_WEBHOOK", "https://hooks.example.com/1"),
            ("API_TOKEN", "t"),
            ("OTHER_TOKEN", "not configured"),
        ],
    )
    .unwrap();
    assert!(all.missing().is_empty());
    assert_eq!(
        values(&all),
        [
            "API_TOKEN=t",
            "HEARTBEAT_URL=https://hc.example.com/1",
            "SG_KEY=SG.a.b",
            "UNSPLASH_ACCESS_KEY=key"
        ]
    );
    let webhook = all.alert_webhook().unwrap();
    assert_eq!(webhook.expose_secret(), "https://hooks.example.com/1");
}

#[test]
fn other_commands_get_only_the_secrets_listed_in_the_file() {
    let other = config(
        "command = \"rake digest\"\nsecrets = [\"API_TOKEN\", \"SG_KEY\"]",
        "[run]\nreport = \"shell\"",
    );
    let environment = [
        ("SG_KEY", "in a form of its own"),
        ("HEARTBEAT_URL", "https://hc.example.com/1"),
    ];
    let secrets = read(&other, &environment).unwrap();
    assert_eq!(values(&secrets), ["SG_KEY=in a form of its own"]);
    assert_eq!(missing(&secrets), ["API_TOKEN"]);
}

#[test]
fn validates_worker_config_vars_that_are_listed_as_secrets() {
    let worker = config("secrets = [\"MAIL_SUBJECT\", \"PICTURE_URL\"]", "");
    let errors = errors(
        &worker,
        &[("PICTURE_URL", "http://x.example/"), ("MAIL_SUBJECT", "x")],
    );
    assert!(
        errors.starts_with("PICTURE_URL starts with `http:`"),
        "{errors}"
    );
}

#[test]
fn refuses_a_secret_deadline_that_is_longer_than_time_to_live() {
    let secret = "secrets = [\"RUN_DEADLINE\"]\ntime_to_live = \"90 seconds\"";
    let worker = config(secret, "");
    insta::assert_snapshot!(
        errors(&worker, &[("RUN_DEADLINE", "91")]),
        @"RUN_DEADLINE is longer than time_to_live (1m 30s), after which the dyno is stopped: make time_to_live longer than RUN_DEADLINE"
    );
    let invalid = errors(&worker, &[("RUN_DEADLINE", "soon")]);
    assert_eq!(invalid.lines().count(), 1, "{invalid}");
    assert!(read(&worker, &[("RUN_DEADLINE", "90s")]).is_ok());
    assert!(read(&worker, &[]).is_ok());
    let other = config(
        &format!("command = \"rake digest\"\n{secret}"),
        "[run]\nreport = \"shell\"",
    );
    assert!(read(&other, &[("RUN_DEADLINE", "91")]).is_ok());
}

#[test]
fn reports_all_errors_at_once_without_values() {
    let folder = tempfile::tempdir().unwrap();
    let empty = file(&folder, b"\n");
    let errors = errors(
        &config("secrets = [\"API_TOKEN\"]", ""),
        &[
            ("SG_KEY", "hush"),
            ("UNSPLASH_ACCESS_KEY", "hush"),
            ("UNSPLASH_ACCESS_KEY_FILE", "/run/hush"),
            ("HEARTBEAT_URL_FILE", empty.to_str().unwrap()),
            ("ALERT_WEBHOOK", "http://hush.example"),
            // The secret itself in place of a path, by mistake.
            ("API_TOKEN_FILE", "hush"),
        ],
    );
    assert!(!errors.contains("hush"), "{errors}");
    let errors = errors.replace(empty.to_str().unwrap(), "FILE");
    insta::assert_snapshot!(errors, @r"
    UNSPLASH_ACCESS_KEY and UNSPLASH_ACCESS_KEY_FILE are both set: unset one of them
    HEARTBEAT_URL_FILE names `FILE`, which is empty
    API_TOKEN_FILE names a file (its path is not shown: it may be the secret itself), which cannot be read: No such file or directory (os error 2)
    SG_KEY is not a SendGrid API key; expected the form SG.id.secret
    ALERT_WEBHOOK is not an https URL such as https://host/path
    ");
}

#[test]
fn strips_the_newline_at_the_end_of_a_secret_file() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["SG.a.b", "SG.a.b\n", "SG.a.b\r\n"] {
        let path = file(&folder, text.as_bytes());
        let environment = [("SG_KEY_FILE", path.to_str().unwrap())];
        let secrets = read(&config("", ""), &environment).unwrap();
        assert_eq!(values(&secrets), ["SG_KEY=SG.a.b"]);
    }
    let nul = b"SG.a.b\0".to_vec();
    for text in [b"\xff".to_vec(), nul, vec![b'x'; (64 << 10) + 1]] {
        let path = file(&folder, &text);
        let environment = [("SG_KEY_FILE", path.to_str().unwrap())];
        let errors = errors(&config("", ""), &environment);
        let start = format!("SG_KEY_FILE names `{}`, which ", path.display());
        assert!(errors.starts_with(&start), "{errors}");
    }
}

#[cfg(unix)]
#[test]
fn warns_of_secret_files_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, b"SG.a.b");
    let warnings = |mode| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let environment = [
            ("SG_KEY_FILE", path.to_str().unwrap()),
            ("ALERT_WEBHOOK", "https://hooks.picletter.example/a"),
        ];
        let secrets = read(&config("", ""), &environment).unwrap();
        secrets.warnings().to_vec()
    };
    assert_eq!(warnings(0o600), []);
    for mode in [0o644, 0o640, 0o604] {
        let [warning] = &warnings(mode)[..] else {
            panic!("no warning");
        };
        let fix = format!("run `chmod 600 {}`", path.display());
        assert_eq!(warning.help.as_deref(), Some(fix.as_str()), "{warning}");
    }
}

#[test]
fn names_an_unreadable_file_unless_its_path_may_be_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("none");
    for path in [
        absent.to_str().unwrap(),
        "/no-such-folder/key",
        "./no-such-folder/key",
        "../no-such-folder/key",
        "~/key",
        "sendgrid.key",
        "secrets/SG_KEY",
        "sg_key",
    ] {
        let error = errors(&config("", ""), &[("SG_KEY_FILE", path)]);
        assert!(error.contains(&format!("`{path}`")), "{error}");
    }
    for secret in [
        "SG.hush.hush",
        "hush",
        "/hush",
        "https://hush.example/x",
        "hush/hush+hush==",
        "https://hush.example/x.txt",
        "https://hush.example/SG_KEY",
        "eyJhush.hush.hush",
        "SG.hush.key",
    ] {
        let error = errors(&config("", ""), &[("SG_KEY_FILE", secret)]);
        assert!(!error.contains("hush"), "{error}");
    }
}

fn redactor(secret: &str) -> Redactor {
    let redactor = Redactor::default();
    redactor.learn(&secret.into());
    redactor
}

/// Every substring of 16 characters.
fn substrings(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters
        .windows(16)
        .map(|substring| substring.iter().collect())
        .collect()
}

proptest! {
    #[test]
    fn masks_any_16_consecutive_characters_of_a_secret(
        secret in "[!-~éß漢]{16,300}",
        text in "\\PC{0,200}",
        pieces in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            1..5,
        ),
    ) {
        prop_assume!(!secret.contains("://") && !secret.contains("-----"));
        let characters: Vec<char> = secret.chars().collect();
        let mut text: Vec<char> = text.chars().collect();
        for (start, length, place) in pieces {
            let start = start.index(characters.len() - 15);
            let length = 16 + length.index(characters.len() - start - 15);
            let place = place.index(text.len() + 1);
            let piece = characters[start..start + length].iter().copied();
            text.splice(place..place, piece);
        }
        let text: String = text.into_iter().collect();
        let cleaned = redactor(&secret).clean(&text).into_owned();
        prop_assert!(cleaned.contains("[secret]"));
        for substring in substrings(&secret) {
            prop_assert!(!cleaned.contains(&substring), "{substring} is left in {cleaned}");
        }
    }

    #[test]
    fn leaves_text_without_the_secret_unchanged(
        secret in "[a-m0-4]{16,300}",
        before in "[n-z5-9 éß漢\n]{0,200}",
        piece in any::<prop::sample::Index>(),
        after in "[n-z5-9 éß漢\n]{0,200}",
    ) {
        // 15 of its characters are not masked.
        let start = piece.index(secret.len() - 14);
        let text = format!("{before}{}{after}", &secret[start..start + 15]);
        prop_assert_eq!(redactor(&secret).clean(&text), text.as_str());
    }
}

#[test]
fn masks_a_long_secret_in_a_long_line() {
    // A small random generator: no part of the secret may occur in it twice.
    let mut state: u32 = 1;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + u8::try_from(state >> 28).unwrap())
    };
    let secret: String = std::iter::repeat_with(&mut letter).take(4 << 10).collect();
    let half = &secret[1000..3000];
    let ordinary = "x".repeat(1 << 20);
    let text = format!("{ordinary}{half}{ordinary}{secret}");
    let cleaned = redactor(&secret).clean(&text).into_owned();
    assert_eq!(cleaned, format!("{ordinary}[secret]{ordinary}[secret]"));
}

#[test]
fn masks_a_secret_that_a_page_escapes() {
    let redactor = redactor("p&ss<word>1");
    for body in [
        "<html><title>No: p&amp;ss&lt;word&gt;1</title>",
        "<p>No: p&#38;ss&lt;word>1</p>",
        "No: p&ss<word>1",
    ] {
        assert_eq!(redactor.page(body.as_bytes()), "No: [secret]", "{body}");
    }
}

const SENDGRID: &str = "SG.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// `text` with masked secrets, for a redactor that knows no secret.
fn masked_by_shape(text: &str) -> String {
    Redactor::default().clean(text).into_owned()
}

#[test]
fn masks_keys_of_known_vendors_and_keeps_the_words_around_them() {
    for (text, expected) in [
        (
            format!("the key {SENDGRID}."),
            "the key [secret].".to_owned(),
        ),
        (format!("a\\n{SENDGRID}\\nb"), "a\\n[secret]\\nb".to_owned()),
        (
            format!("\u{1b}[1;31m{SENDGRID}\u{1b}[0m"),
            "\u{1b}[1;31m[secret]\u{1b}[0m".to_owned(),
        ),
        (format!("key%3D{SENDGRID}"), "key%3D[secret]".to_owned()),
        (
            "HRKU-01234567-89ab-cdef-0123-456789abcdef".to_owned(),
            "[secret]".to_owned(),
        ),
        (
            "Authorization: Bearer eyJ0eXAiOiJKV1Qi.abc".to_owned(),
            "Authorization: Bearer [secret]".to_owned(),
        ),
        (
            "to https://hooks.example.com/services/T0/B0/0123456789, which".to_owned(),
            "to https://hooks.example.com/[secret], which".to_owned(),
        ),
        (
            "at postgres://me:hunter22@db.example.com/shop".to_owned(),
            "at postgres://[secret]@db.example.com/shop".to_owned(),
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\nabc=\n-----END PRIVATE KEY-----"
                .to_owned(),
            "-----BEGIN PRIVATE KEY-----\n[secret]-----END PRIVATE KEY-----".to_owned(),
        ),
    ] {
        assert_eq!(masked_by_shape(&text), expected);
    }
}

#[test]
fn masks_the_signature_of_a_url_however_it_is_encoded() {
    for (text, expected) in [
        ("?sv=1.0&sig=Har2D1mS_-9%2B", "?sv=1.0&sig=[secret]"),
        ("sig=ab[secret]cd&x=1", "sig=[secret]&x=1"),
        (
            "%26sv%3D1.0%26sig%3DHar2D1mS",
            "%26sv%3D1.0%26sig%3D[secret]",
        ),
        ("%2526SIG%253DHar2D1mS", "%2526SIG%253D[secret]"),
        (r#""a\u0026sig=Har2D1mS""#, r#""a\u0026sig=[secret]""#),
    ] {
        assert_eq!(masked_by_shape(text), expected);
    }
}

#[test]
fn leaves_ordinary_text() {
    for text in [
        "",
        "sig=",
        "sig=… is the signature",
        "sig=[secret]",
        "design=blue",
        "MSG.aaaaaaaaaaaaaaaaaaaaaaaa",
        "SG.short",
        "Bearer authentication-is-required",
        "Bearer realm=\"example\"",
        "https://hooks.example.com/ is down",
        "ssh://git@example.com/repo",
        "http://127.0.0.1:4000/a@b:c",
        "no -----BEGIN PRIVATE KEY----- in it",
        "größe ✓ 日本語",
    ] {
        assert_eq!(masked_by_shape(text), text);
    }
}

#[test]
fn a_large_text_takes_linear_time() {
    for part in [
        "sig=",
        "://",
        "SG.",
        "PRIVATE KEY-----",
        "1m",
        "%26",
        "Bearer ",
        "a://:@",
        "aSG.",
        "asig=",
    ] {
        masked_by_shape(&part.repeat(1 << 18));
    }
}
