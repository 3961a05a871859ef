//! Starts the fakes and prints the environment variables with their addresses and credentials, one
//! `NAME=VALUE` per line. Ends when its standard input is closed.
//!
//! The dynos of `picletter-app` and of the original article's app immediately report `sent`. With
//! `cargo run --example sandbox -- PROGRAM APP`, dynos of other apps run PROGRAM. Its image,
//! printed as `IMAGE`, is in the registry for the process type `worker` of APP.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use picletter_logic_apps::HttpClient;
use picletter_sandbox::Sandbox;
use picletter_sandbox::heroku::simulated::{End, OnSigterm, Script, Simulated};
use picletter_sandbox::heroku::{App, Deployment, NoObserver, Process};
use picletter_sandbox::image::WorkerImage;

/// The app in the original article's template.
const ARTICLE_APP: &str = "scheduled-task-demo";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let worker = match arguments.as_slice() {
        [] => None,
        [program, app] if !program.starts_with('-') => Some((program.clone(), app.clone())),
        _ => return Err("usage: sandbox [PROGRAM APP]".into()),
    };
    let sandbox = Sandbox::start().await?;
    let transport = Arc::new(HttpClient::new(picletter_worker::client::tls(&[])?)?);
    for (app, process_types) in [
        ("picletter-app", &["worker"][..]),
        (ARTICLE_APP, &["web", "worker"]),
    ] {
        sandbox.heroku().deploy(Deployment {
            app: App {
                name: app.to_owned(),
                process_types: process_types.iter().map(ToString::to_string).collect(),
                config_vars: std::collections::BTreeMap::new(),
            },
            program: Arc::new(Simulated::new(transport.clone(), |_| Script {
                boot: Duration::ZERO,
                work: Duration::ZERO,
                end: End::Sent,
                on_sigterm: OnSigterm::Report,
            })),
            observer: Arc::new(NoObserver),
        });
    }
    #[allow(
        clippy::disallowed_methods,
        reason = "prints the credentials of the fakes"
    )]
    let mut out = std::io::stdout().lock();
    if let Some((program, app)) = worker {
        let image = WorkerImage::new(&std::fs::read(&program)?)?;
        writeln!(out, "IMAGE={}", image.id())?;
        sandbox.registry().put_image(&app, "worker", image);
        let program = Arc::new(Process::new(program));
        sandbox.heroku().set_program(move |_| program.clone());
    }
    for (name, value) in sandbox.environment() {
        writeln!(out, "{name}={value}")?;
    }
    // The name of this variable in the vendor's command line.
    writeln!(out, "HEROKU_HOST={}", sandbox.heroku_url())?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    Ok(())
}
