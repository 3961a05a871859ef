//! Tests of `examples/run.rs`.

#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "the example's main is not called"
)]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use picletter_logic_apps::Status;
use tempfile::TempDir;

#[path = "../../examples/run.rs"]
mod program;

/// Returns the status or the error, and the printed lines.
async fn output(arguments: &[&str]) -> (Result<Status, String>, Vec<String>) {
    let printed: Arc<Mutex<Vec<String>>> = Arc::default();
    let print = {
        let printed = Arc::clone(&printed);
        Arc::new(move |line| printed.lock().unwrap().push(line))
    };
    let words = arguments.iter().map(|word| (*word).to_owned());
    let status = match program::Arguments::parse(words) {
        Ok(arguments) => program::run(&arguments, print).await,
        Err(error) => Err(error),
    };
    let printed = printed.lock().unwrap().clone();
    (status.map_err(|error| error.to_string()), printed)
}

fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn sample_workflow_succeeds_without_a_network() {
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/greetings.json");
    let (status, printed) = output(&[sample.to_str().unwrap()]).await;
    assert_eq!(status, Ok(Status::Succeeded));
    assert!(printed[0].starts_with("Every_morning started run 0"));
    let rest = [
        "  Names: Succeeded (OK)",
        "  Greeting: Succeeded (OK)",
        "  Greeting: Succeeded (OK)",
        "  Greeting: Succeeded (OK)",
        "  For_each_name: Succeeded (OK)",
        "  Check_count: Succeeded (OK)",
        "run Succeeded",
    ];
    assert_eq!(printed[1..], rest);
}

#[tokio::test]
async fn dry_run_of_a_template_prints_requests() {
    let folder = TempDir::new().unwrap();
    let template = r#"{
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": { "host": { "type": "string" } },
        "resources": [{
            "type": "Microsoft.Logic/workflows",
            "apiVersion": "2019-05-01",
            "name": "caller",
            "location": "westeurope",
            "properties": {
                "definition": {
                    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
                    "contentVersion": "1.0.0.0",
                    "triggers": {
                        "Hourly": { "type": "Recurrence", "recurrence": { "frequency": "Hour", "interval": 1 } }
                    },
                    "actions": {
                        "Call": {
                            "type": "Http",
                            "inputs": { "method": "POST", "uri": "[concat('https://', parameters('host'))]", "body": "hello" }
                        },
                        "Stop": {
                            "type": "Terminate",
                            "inputs": { "runStatus": "Failed", "runError": { "code": "Enough", "message": "It is enough." } },
                            "runAfter": { "Call": ["Succeeded"] }
                        }
                    }
                }
            }
        }]
    }"#;
    let template = file(&folder, "template.json", template);
    let parameters =
        r#"{ "contentVersion": "1.0.0.0", "parameters": { "host": { "value": "api.example" } } }"#;
    let parameters = file(&folder, "parameters.json", parameters);
    let (status, printed) = output(&["--dry-run", "--parameters", &parameters, &template]).await;
    assert_eq!(status, Ok(Status::Failed));
    let rest = [
        "    POST https://api.example/",
        "    hello",
        "  Call: Succeeded (OK)",
        "  Stop: Succeeded (OK)",
        "run Failed",
        "  Enough: It is enough.",
    ];
    assert_eq!(printed[1..], rest);

    let (status, _) = output(&[&template]).await;
    let message = status.unwrap_err();
    assert!(
        message.starts_with("cannot evaluate the template: parameter 'host': "),
        "{message}"
    );
}

#[tokio::test]
async fn prints_or_counts_every_event() {
    let folder = TempDir::new().unwrap();
    let workflow = r#"{
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {
            "Hourly": { "type": "Recurrence", "recurrence": { "frequency": "Hour", "interval": 1 } }
        },
        "actions": {
            "Each": {
                "type": "Foreach",
                "foreach": "@range(0, 3000)",
                "actions": { "One": { "type": "Compose", "inputs": "@item()" } }
            }
        }
    }"#;
    let (status, printed) = output(&[&file(&folder, "many.json", workflow)]).await;
    assert_eq!(status, Ok(Status::Succeeded));
    let ended = |line: &&String| line.ends_with(": Succeeded (OK)");
    let count = printed.iter().filter(ended).count();
    let lost: usize = printed
        .iter()
        .filter_map(|line| {
            line.strip_prefix("  … ")?
                .split(' ')
                .next()?
                .parse::<usize>()
                .ok()
        })
        .sum();
    // Events include the starts of actions.
    assert!(count + lost >= 3001, "{count} and {lost}");
}

#[tokio::test]
async fn help_is_the_usage() {
    let (status, _) = output(&["--help"]).await;
    assert!(status.unwrap_err().starts_with("usage: run "));
}

#[tokio::test]
async fn errors_contain_the_file_or_the_path() {
    let folder = TempDir::new().unwrap();
    let no_json = file(&folder, "no.json", "{");
    let wrong = file(&folder, "wrong.json", r#"{ "triggers": {}, "acts": {} }"#);
    for (arguments, expected) in [
        (vec![], "FILE is missing"),
        (vec!["--fast", "x"], "unknown option --fast"),
        (vec!["/absent.json"], "cannot read /absent.json: "),
        (vec![no_json.as_str()], "no.json is not JSON: "),
        (
            vec![wrong.as_str()],
            "cannot load the workflow: definition.acts: unknown property",
        ),
    ] {
        let (status, printed) = output(&arguments).await;
        let message = status.unwrap_err();
        assert!(message.contains(expected), "{message}");
        assert_eq!(printed, [""; 0]);
    }
}
