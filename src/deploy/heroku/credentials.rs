//! Where the API token is found.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::quoted;
use picletter_worker::bounded_file;

/// More than any file of this kind has.
const LARGEST: u64 = 1 << 20;

/// There is no token.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Neither the variable nor the file.
    Missing,
    /// The variable holds something else.
    NoToken,
    /// The file cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl Diagnose for CredentialsError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Missing => Diagnostic::new(
                "there is no Heroku token",
                "log in with `heroku login`, or export one as HEROKU_API_KEY, such as `heroku auth:token` prints",
            ),
            Self::NoToken => Diagnostic::new(
                "HEROKU_API_KEY does not hold a token (it has spaces or other characters that none has)",
                "export what `heroku auth:token` prints",
            ),
            Self::Unreadable { path, source } => Diagnostic::new(
                format!("{} cannot be read ({source})", path.display()),
                "fix that, or export a token as HEROKU_API_KEY",
            ),
        }
    }
}

display_as_diagnostic!(CredentialsError);

/// The token for the API on `host`: HEROKU_API_KEY, else the password that `~/.netrc` has for that
/// host, where the vendor's CLI keeps it. `env` gives a variable's value.
///
/// Source: <https://devcenter.heroku.com/articles/authentication#api-token-storage>.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn token(
    host: &str,
    env: impl Fn(&str) -> Option<String>,
) -> Result<SecretString, CredentialsError> {
    if let Some(key) = env("HEROKU_API_KEY") {
        let key = key.trim();
        if !key.is_empty() {
            return if key.bytes().all(|byte| byte.is_ascii_graphic()) {
                Ok(SecretString::from(key))
            } else {
                Err(CredentialsError::NoToken)
            };
        }
    }
    let path = netrc(&env).ok_or(CredentialsError::Missing)?;
    let netrc = match bounded_file::read(&path, LARGEST) {
        Ok(netrc) => netrc,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(CredentialsError::Missing);
        }
        Err(source) => return Err(CredentialsError::Unreadable { path, source }),
    };
    password(&String::from_utf8_lossy(&netrc.bytes), host)
        .map(SecretString::from)
        .ok_or(CredentialsError::Missing)
}

/// A warning if the token comes from a file that users other than its owner can read. `env` gives a
/// variable's value.
pub fn exposed(env: impl Fn(&str) -> Option<String>) -> Option<String> {
    if env("HEROKU_API_KEY").is_some_and(|key| !key.trim().is_empty()) {
        return None;
    }
    let path = netrc(&env)?;
    // Not read: what a FIFO holds can be read once.
    let is_exposed = bounded_file::is_exposed(&fs::metadata(&path).ok()?);
    let path = path.display().to_string();
    is_exposed.then(|| {
        format!(
            "other users of this machine can read the Heroku token in {path}: `chmod 600 {}`",
            quoted(&path)
        )
    })
}

fn netrc(env: &impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(Path::new(&env("HOME")?).join(".netrc"))
}

/// The password of a machine.
/// Source: <https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html>.
fn password<'a>(netrc: &'a str, host: &str) -> Option<&'a str> {
    let mut within = false;
    let mut in_macro = false;
    for line in netrc.lines() {
        if in_macro {
            in_macro = !line.trim().is_empty();
            continue;
        }
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "machine" => within = words.next() == Some(host),
                "default" => within = false,
                "login" | "account" => {
                    words.next();
                }
                "password" => {
                    let password = words.next();
                    if within {
                        return password;
                    }
                }
                "macdef" => {
                    in_macro = true;
                    break;
                }
                comment if comment.starts_with('#') => break,
                _ => {}
            }
        }
    }
    None
}
