//! A `picletter.toml` that asks for a picture each day.

use picletter_sandbox::Sandbox;

/// One whose mails come from `sender`, and whose worker talks to the stand-ins.
pub(crate) fn file(sender: &str, sandbox: &Sandbox) -> String {
    format!(
        r#"
[schedule]
every = "day"
at = "08:30"
time_zone = "Europe/Berlin"

[heroku]
app = "picletter-test"

[azure]
resource_group = "pictures"
location = "westeurope"
workflow = "daily"

[run]
start_window = "0 seconds"

[mail]
from = "{sender}"
to = "you@picletter.example"

[picture]
sources = "wikimedia"

[config]
WIKIMEDIA_API_URL = "{}"
SENDGRID_API_URL = "{}"
"#,
        sandbox.wikimedia_url(),
        sandbox.sendgrid_url()
    )
}
