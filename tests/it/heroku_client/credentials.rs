//! Lookup of the token.

use std::fs;

use picletter_core::deploy::heroku::credentials::{CredentialsError, exposed, token};
use secrecy::ExposeSecret as _;

const NETRC: &str = "\
# machine api.heroku.com password commented-out
machine example.com login a password other
macdef init
machine api.heroku.com password of-a-macro

machine api.heroku.com
  login password@example.com
  password HRKU-from-netrc
machine git.heroku.com login a password git
default login a password everybody
";

fn found(key: Option<&str>, netrc: Option<&str>, host: &str) -> Result<String, CredentialsError> {
    let home = tempfile::tempdir().unwrap();
    if let Some(netrc) = netrc {
        fs::write(home.path().join(".netrc"), netrc).unwrap();
    }
    let env = |name: &str| match name {
        "HEROKU_API_KEY" => key.map(str::to_owned),
        "HOME" => Some(home.path().display().to_string()),
        _ => None,
    };
    token(host, env).map(|token| token.expose_secret().to_owned())
}

#[test]
fn variable_takes_precedence_over_netrc() {
    let token = found(Some(" HRKU-from-env\n"), Some(NETRC), "api.heroku.com");
    assert_eq!(token.unwrap(), "HRKU-from-env");
}

#[test]
fn reads_the_token_from_netrc_for_the_apis_host_only() {
    assert_eq!(
        found(None, Some(NETRC), "api.heroku.com").unwrap(),
        "HRKU-from-netrc"
    );
    assert_eq!(
        found(Some(""), Some(NETRC), "api.heroku.com").unwrap(),
        "HRKU-from-netrc"
    );
    let one_line = "machine api.heroku.com login a password HRKU-one-line";
    assert_eq!(
        found(None, Some(one_line), "api.heroku.com").unwrap(),
        "HRKU-one-line"
    );
    assert!(matches!(
        found(None, Some(NETRC), "127.0.0.1"),
        Err(CredentialsError::Missing)
    ));
}

#[test]
fn reports_a_missing_or_malformed_token_with_help() {
    let missing = found(None, None, "api.heroku.com").unwrap_err();
    let malformed = found(Some("HRKU a b"), None, "api.heroku.com").unwrap_err();
    insta::assert_snapshot!(format!("{missing}\n{malformed}"));
}

#[cfg(unix)]
#[test]
fn warns_of_a_netrc_that_others_can_read_if_it_is_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(".netrc");
    fs::write(&path, NETRC).unwrap();
    let warning = |mode, key: Option<&str>| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        exposed(|name| match name {
            "HEROKU_API_KEY" => key.map(str::to_owned),
            "HOME" => Some(home.path().display().to_string()),
            _ => None,
        })
    };
    assert_eq!(warning(0o600, None), None);
    assert_eq!(warning(0o640, Some("HRKU-from-env")), None);
    for mode in [0o640, 0o604] {
        let warning = warning(mode, None).unwrap();
        let fix = format!("`chmod 600 {}`", path.display());
        assert!(warning.ends_with(&fix), "{warning}");
    }
}

#[test]
fn rejects_a_netrc_that_is_too_large() {
    let large = NETRC.to_owned() + &" ".repeat(1 << 20);
    let error = found(None, Some(&large), "api.heroku.com").unwrap_err();
    assert!(
        matches!(error, CredentialsError::Unreadable { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("larger than"), "{error}");
}
