//! A `picletter.toml` with a daily schedule.

use picletter_sandbox::Sandbox;

use super::world::FILE;

/// The file with `sender` as the sender, and with the fakes as the worker's servers.
pub(crate) fn file(sender: &str, sandbox: &Sandbox) -> String {
    let file = FILE
        .replace("Picletter <bot@picletter.example>", sender)
        .replace(
            "[alert]\nemail = \"ops@picletter.example\"",
            "[run]\nstart_window = \"0 seconds\"",
        );
    format!(
        "{file}\n[config]\nWIKIMEDIA_API_URL = \"{}\"\nSENDGRID_API_URL = \"{}\"\n",
        sandbox.wikimedia_url(),
        sandbox.sendgrid_url()
    )
}
