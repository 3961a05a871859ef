//! Runs a workflow file once: fires its first trigger now and prints each action with its status.
//!
//! ```console
//! $ cargo run -p picletter-logic-apps --example run -- crates/logic-apps/examples/greetings.json
//! ```

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use picletter_logic_apps::arm::{self, ArmError, ResourceGroup, Template};
use picletter_logic_apps::definition::LoadError;
use picletter_logic_apps::{
    Clock, Event, HttpClient, LogicApp, Options, Sending, Services, StartError, Status, Transport,
};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::error::RecvError;

const USAGE: &str = "\
usage: run [--help] [--dry-run] [--parameters FILE] FILE

FILE is an ARM template with a workflow, the `properties` of a workflow, or a workflow definition.

  --dry-run          print the workflow's requests instead of sending them; each is answered with 200
  --parameters FILE  parameters of the template (deploymentParameters.json)

A report to an HttpWebhook action cannot arrive: the action waits for its limit.
Exit codes: 0 the run succeeded, 1 it did not, 2 the workflow cannot be run.";

/// Where the lines of output go.
pub(crate) type Print = Arc<dyn Fn(String) + Send + Sync>;

/// The parsed command line.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    file: PathBuf,
    parameters: Option<PathBuf>,
    dry_run: bool,
}

/// Why a workflow cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    /// The usage was requested.
    #[error("{USAGE}")]
    Help,
    /// The command line is invalid.
    #[error("{0}\n\n{USAGE}")]
    Usage(String),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The workflow file is not JSON.
    #[error("{} is not JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// The parameter file is invalid.
    #[error("cannot read the parameters: {0}")]
    Parameters(ArmError),
    /// The template is invalid, or the parameters do not fit it.
    #[error("cannot evaluate the template: {0}")]
    Template(#[from] ArmError),
    /// The template contains no workflow.
    #[error("the template contains no resource of type Microsoft.Logic/workflows")]
    NoWorkflow,
    /// The definition is invalid or not supported.
    #[error("cannot load the workflow: {0}")]
    Definition(#[from] LoadError),
    /// The workflow has no trigger.
    #[error("the workflow has no trigger to fire")]
    NoTrigger,
    /// The trigger started no run.
    #[error("no run was started: {0}")]
    Start(#[from] StartError),
    /// TLS or the HTTP client cannot be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
}

#[tokio::main(flavor = "current_thread")]
#[allow(
    clippy::disallowed_methods,
    reason = "an example of the interpreter alone, without secrets"
)]
async fn main() -> ExitCode {
    let arguments = Arguments::parse(std::env::args().skip(1));
    let print: Print = Arc::new(|line| {
        if writeln!(io::stdout(), "{line}").is_err() {
            // Standard output is closed, as after `| head -1`.
            std::process::exit(0);
        }
    });
    let ended = match arguments {
        Ok(arguments) => run(&arguments, print).await,
        Err(RunError::Help) => {
            print(USAGE.to_owned());
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(error),
    };
    match ended {
        Ok(Status::Succeeded) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

impl Arguments {
    /// Parses a command line without the program's name.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, RunError> {
        let mut arguments = Self::default();
        let mut words = words.into_iter();
        let mut file = None;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Err(RunError::Help),
                "--dry-run" => arguments.dry_run = true,
                "--parameters" => {
                    let path = words.next().map(PathBuf::from);
                    let missing = || RunError::Usage("--parameters needs a FILE".to_owned());
                    arguments.parameters = Some(path.ok_or_else(missing)?);
                }
                option if option.starts_with('-') => {
                    return Err(RunError::Usage(format!("unknown option {option}")));
                }
                _ if file.is_some() => {
                    return Err(RunError::Usage("more than one FILE".to_owned()));
                }
                _ => file = Some(PathBuf::from(word)),
            }
        }
        arguments.file = file.ok_or_else(|| RunError::Usage("FILE is missing".to_owned()))?;
        Ok(arguments)
    }
}

/// Runs the workflow once and returns the status of the run.
pub(crate) async fn run(arguments: &Arguments, print: Print) -> Result<Status, RunError> {
    let clock = Clock::system();
    let (name, properties) = workflow(arguments, clock.now())?;
    let transport: Arc<dyn Transport> = if arguments.dry_run {
        Arc::new(DryRun(Arc::clone(&print)))
    } else {
        let client = HttpClient::new(tls()?);
        Arc::new(client.map_err(|error| RunError::Client(error.to_string()))?)
    };
    let services = Services {
        clock,
        transport,
        callback_base: "http://localhost".to_owned(),
        seed: clock.now().as_second().unsigned_abs(),
        options: Options::default(),
    };
    let app = LogicApp::deploy(&name, &properties, services)?;
    let trigger = app.trigger_names().into_iter().next();
    let trigger = trigger.ok_or(RunError::NoTrigger)?;
    let mut events = app.subscribe();
    let run = app.run_trigger(&trigger)?;
    print(format!("{trigger} started run {run}"));
    loop {
        match events.recv().await {
            Ok(Event::ActionEnded {
                action,
                status,
                code,
                ..
            }) => print(format!("  {action}: {status} ({code})")),
            Ok(Event::RunEnded {
                status, problem, ..
            }) => {
                print(format!("run {status}"));
                if let Some(problem) = problem {
                    print(format!("  {}: {}", problem.code, problem.message));
                }
                return Ok(status);
            }
            Ok(_) => {}
            Err(RecvError::Lagged(lost)) => {
                print(format!("  … {lost} events came too fast to be printed"));
            }
            Err(RecvError::Closed) => return Ok(Status::Cancelled),
        }
    }
}

/// Name and properties of the workflow in the file.
fn workflow(arguments: &Arguments, now: Timestamp) -> Result<(String, Value), RunError> {
    let path = &arguments.file;
    let text = read(path)?;
    let value: Value = serde_json::from_str(&text).map_err(|source| RunError::Json {
        path: path.clone(),
        source,
    })?;
    if value.get("resources").is_some() {
        return evaluated(&value, arguments.parameters.as_deref(), now);
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let properties = if value.get("definition").is_some() {
        value
    } else {
        json!({ "definition": value })
    };
    Ok((name.into_owned(), properties))
}

fn evaluated(
    template: &Value,
    parameters: Option<&Path>,
    now: Timestamp,
) -> Result<(String, Value), RunError> {
    let parameters = match parameters {
        Some(path) => arm::parse_parameters(&read(path)?).map_err(RunError::Parameters)?,
        None => Map::new(),
    };
    let group = ResourceGroup {
        subscription_id: "00000000-0000-0000-0000-000000000000".to_owned(),
        name: "example".to_owned(),
        location: "westeurope".to_owned(),
    };
    let deployment = Template::from_json(template)?.deploy(&parameters, &group, now)?;
    let mut resources = deployment.resources.into_iter();
    resources
        .find(|it| it.r#type.eq_ignore_ascii_case("Microsoft.Logic/workflows"))
        .map(|workflow| (workflow.name, workflow.properties))
        .ok_or(RunError::NoWorkflow)
}

fn read(path: &Path) -> Result<String, RunError> {
    std::fs::read_to_string(path).map_err(|source| RunError::Read {
        path: path.to_owned(),
        source,
    })
}

fn tls() -> Result<ClientConfig, RunError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| RunError::Client(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Prints requests instead of sending them.
struct DryRun(Print);

impl Transport for DryRun {
    fn send(&self, request: Request<Bytes>) -> Sending<'_> {
        (self.0)(format!("    {} {}", request.method(), request.uri()));
        if !request.body().is_empty() {
            (self.0)(format!("    {}", String::from_utf8_lossy(request.body())));
        }
        Box::pin(async { Ok(Response::new(Bytes::new())) })
    }
}
