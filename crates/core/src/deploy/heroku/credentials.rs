//! Lookup of the API token.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::diagnostic::{Diagnose, Diagnostic, display_as_diagnostic};
use crate::shell::quoted;
use picletter_worker::bounded_file;

/// Maximum size of the file, in bytes.
const LARGEST: u64 = 1 << 20;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Neither the variable nor the file contains one.
    Missing,
    /// The variable is not a valid token.
    NoToken,
    /// The file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl Diagnose for CredentialsError {
    fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::Missing => Diagnostic::new(
                "no Heroku token found",
                "log in with `heroku login`, or set HEROKU_API_KEY to the output of `heroku auth:token`",
            ),
            Self::NoToken => Diagnostic::new(
                "HEROKU_API_KEY is not a valid token: it contains spaces or other invalid characters",
                "set it to the output of `heroku auth:token`",
            ),
            Self::Unreadable { path, source } => Diagnostic::new(
                format!("{} cannot be read ({source})", path.display()),
                "fix the file, or set HEROKU_API_KEY",
            ),
        }
    }
}

display_as_diagnostic!(CredentialsError);

/// The token for the API on `host`: HEROKU_API_KEY, otherwise the password for that host in
/// `~/.netrc`, where Heroku's CLI stores it. `env` looks up a variable.
///
/// Source: <https://devcenter.heroku.com/articles/authentication#api-token-storage>.
///
/// # Errors
/// There is none, or the file cannot be read.
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

/// A warning if the token comes from a file that other users can read. `env` looks up a variable.
pub fn exposed(env: impl Fn(&str) -> Option<String>) -> Option<String> {
    if env("HEROKU_API_KEY").is_some_and(|key| !key.trim().is_empty()) {
        return None;
    }
    let path = netrc(&env)?;
    // Not read, because a FIFO can be read only once.
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
