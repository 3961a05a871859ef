//! Starts the stand-ins and prints the variables by which other programs reach them and sign in,
//! one `NAME=VALUE` a line; they end with its standard input.
//!
//! Any start of a dyno is answered, and the dyno reports at once that it has sent.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use picletter::logic_app::http_client::HttpClient;
use picletter::sandbox::Sandbox;
use picletter::sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter::sandbox::heroku::{App, Deployment, NoObserver};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start(0).await?;
    let transport = Arc::new(HttpClient::new(&[])?);
    sandbox.heroku().deploy(Deployment {
        app: App {
            name: "picletter-app".to_owned(),
            process_types: vec!["worker".to_owned()],
            config_vars: std::collections::BTreeMap::new(),
        },
        program: Arc::new(Simulated::new(transport, |_| Script {
            boot: Duration::ZERO,
            work: Duration::ZERO,
            end: End::Sent,
            on_sigterm: OnSigterm::Report,
        })),
        observer: Arc::new(NoObserver),
    });
    let mut out = std::io::stdout().lock();
    for (name, value) in sandbox.environment() {
        writeln!(out, "{name}={value}")?;
    }
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    Ok(())
}
