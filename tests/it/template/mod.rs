//! The shipped template: its evaluation, and the rules it must follow.

mod lint;
mod shell;

use std::path::Path;
use std::sync::LazyLock;

use insta::{assert_json_snapshot, assert_snapshot};
use jiff::Timestamp;
use picletter_core::config::Config;
use picletter_core::template::{TEMPLATE, daily_alert_from, parameter_file, parameters};
use picletter_logic_apps::arm::{Deployment, ResourceGroup, Template, parse_parameters};
use picletter_logic_apps::definition::Definition;
use serde_json::{Map, Value, json};

const TOKEN: &str = "HRKU-0123456789-token";
const WEBHOOK: &str = "https://hooks.example/services/T0/B0/secret";

fn resource_group() -> ResourceGroup {
    ResourceGroup {
        subscription_id: "00000000-0000-0000-0000-000000000000".into(),
        name: "picletter".into(),
        location: "westeurope".into(),
    }
}

fn deploy(parameters: &Map<String, Value>) -> Deployment {
    static PARSED: LazyLock<Template> = LazyLock::new(|| Template::parse(TEMPLATE).unwrap());
    PARSED.deploy(parameters, &resource_group(), now()).unwrap()
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn config(toml: &str) -> Config {
    Config::parse(Path::new("picletter.toml"), toml).unwrap_or_else(|error| panic!("{error}"))
}

/// The parameters for this `picletter.toml`, and the secrets.
fn parameters_for(schedule: &str, more: &str) -> Map<String, Value> {
    let config = config(&format!(
        "[schedule]\n{schedule}\n[heroku]\napp = \"my-app\"\n{more}\n\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
    ));
    let mut parameters = parameters(&config, &config.jobs[0], now());
    parameters.insert("heroku_token".into(), json!(TOKEN));
    parameters.insert("alert_webhook".into(), json!(WEBHOOK));
    parameters
}

fn workflow(deployment: &Deployment) -> &Value {
    let workflow = &deployment.resources[0];
    assert_eq!(workflow.r#type, "Microsoft.Logic/workflows");
    &workflow.properties
}

const PATTERNS: [(&str, &str); 7] = [
    ("every_15_minutes", "every = \"15 minutes\""),
    (
        "from_a_start_time",
        "every = \"3 days\"\nstart = \"2026-12-01 08:00\"\ntime_zone = \"Europe/Berlin\"",
    ),
    (
        "at_times_of_the_day",
        "every = \"day\"\nat = [\"08:30\", \"16:45\"]\ntime_zone = \"America/New_York\"",
    ),
    (
        "on_days_of_the_week",
        "every = \"week\"\non = [\"mon\", \"wed\"]\nat = \"07:00\"",
    ),
    (
        "at_times_on_days",
        "every = \"week\"\non = \"weekdays\"\nat = [\"09:00\", \"17:00\"]\ntime_zone = \"Asia/Tokyo\"",
    ),
    (
        "every_month",
        "every = \"month\"\nstart = \"2026-12-31 08:00\"\ntime_zone = \"Europe/Berlin\"",
    ),
    (
        "catching_up",
        "every = \"6 hours\"\nstart = \"2026-12-01 00:00\"\ncatch_up = true",
    ),
];

const OVERLAPS: [&str; 4] = ["skip", "replace", "allow", "queue"];
const REPORTS: [&str; 3] = ["worker", "shell", "none"];

/// The values of `overlap` that this schedule supports.
fn overlaps(schedule: &str) -> impl Iterator<Item = &'static str> {
    let catch_up = schedule.contains("catch_up");
    let supports_catch_up = |overlap: &&str| ["allow", "queue"].contains(overlap);
    OVERLAPS
        .into_iter()
        .filter(move |overlap| !catch_up || supports_catch_up(overlap))
}

/// Every combination of pattern, overlap, and report.
fn all() -> impl Iterator<Item = (String, Map<String, Value>)> {
    PATTERNS.into_iter().flat_map(|(name, schedule)| {
        overlaps(schedule).flat_map(move |overlap| {
            REPORTS.into_iter().map(move |report| {
                let schedule = format!("{schedule}\noverlap = \"{overlap}\"");
                let run = format!(
                    "command = \"./job\"\n[run]\nreport = \"{report}\"\n[alert]\nemail = \"ops@example.com\""
                );
                (
                    format!("{name}, {overlap}, {report}"),
                    parameters_for(&schedule, &run),
                )
            })
        })
    })
}

#[test]
fn only_app_and_token_are_required() {
    let parameters_for = json!({ "app": "my-app", "heroku_token": TOKEN });
    let deployment = deploy(parameters_for.as_object().unwrap());
    assert_eq!(
        deployment.resources.len(),
        1,
        "there is no mail alert without an address"
    );
    // Tests in tests/it/simulation cover the actions.
    let workflow = workflow(&deployment);
    let mut parameters = workflow["parameters"].clone();
    parameters["heroku_token"]["value"] = "(the token)".into();
    let triggers = &workflow["definition"]["triggers"];
    assert_json_snapshot!(
        "with_defaults",
        json!({ "parameters": parameters, "triggers": triggers })
    );
}

#[test]
fn triggers_of_each_pattern_and_overlap() {
    for (name, schedule) in PATTERNS {
        let triggers = |overlap: &str| {
            let parameters_for =
                parameters_for(&format!("{schedule}\noverlap = \"{overlap}\""), "");
            let deployment = deploy(&parameters_for);
            let workflow = workflow(&deployment);
            assert_eq!(workflow["parameters"]["overlap"]["value"], overlap);
            workflow["definition"]["triggers"].clone()
        };
        let allow = triggers("allow");
        assert_json_snapshot!(format!("triggers_{name}"), allow);
        for overlap in overlaps(schedule) {
            let mut expected = allow.clone();
            if overlap == "queue" {
                for trigger in expected.as_object_mut().unwrap().values_mut() {
                    trigger["runtimeConfiguration"] = json!({ "concurrency": { "runs": 1 } });
                }
            }
            assert_eq!(triggers(overlap), expected, "{name}, {overlap}");
        }
    }
}

/// The snapshots contain only the actions that differ from the default report.
#[test]
fn actions_of_each_report() {
    let guard = |workflow: &Value| {
        let guard = &workflow["definition"]["actions"]["Start"]["actions"]["Guard"]["actions"];
        guard.as_object().unwrap().clone()
    };
    let defaults = json!({ "app": "my-app", "heroku_token": TOKEN });
    let default_guard = guard(workflow(&deploy(defaults.as_object().unwrap())));
    for report in REPORTS {
        let parameters_for = parameters_for(
            "every = \"day\"\nat = \"08:00\"",
            &format!("command = \"./job --note 'it is late'\"\n[run]\nreport = \"{report}\""),
        );
        let deployment = deploy(&parameters_for);
        let workflow = workflow(&deployment);
        let mut guard = guard(workflow);
        for name in default_guard.keys() {
            assert!(guard.contains_key(name), "{report}: no {name}");
        }
        guard.retain(|name, action| default_guard.get(name) != Some(action));
        assert_json_snapshot!(
            format!("run_with_report_{report}"),
            json!({
                "command_before_run_id": workflow["parameters"]["command_before_run_id"]["value"],
                "command_after_run_id": workflow["parameters"]["command_after_run_id"]["value"],
                "Guard": guard,
                "success": workflow["definition"]["actions"]["Outcome"]["expression"],
            })
        );
    }
}

#[test]
fn mail_alerts_require_an_address() {
    let mail = "[alert]\nemail = \"ops@example.com\"";
    let names = |parameters_for| -> Vec<String> {
        deploy(&parameters_for)
            .resources
            .into_iter()
            .map(|resource| resource.name)
            .collect()
    };
    let daily = parameters_for("every = \"day\"\nat = \"08:00\"", mail);
    let deployment = deploy(&daily);
    let alerts: Vec<Value> = deployment.resources[1..]
        .iter()
        .map(|resource| json!({ "name": resource.name, "type": resource.r#type, "properties": resource.properties }))
        .collect();
    assert_json_snapshot!("alerts", alerts);
    assert_eq!(
        names(parameters_for(
            "every = \"week\"\non = \"mon\"\nat = \"08:00\"",
            mail
        )),
        ["picletter", "picletter-alerts", "picletter-failed-runs"],
        "a weekly job needs no success each day"
    );
    assert_eq!(
        names(parameters_for(
            "every = \"week\"\non = \"mon\"\nat = \"08:00\"",
            ""
        )),
        ["picletter"]
    );
}

/// A metric alert has no start time, so it would fire between the deployment and the first run.
#[test]
fn daily_alert_starts_at_the_first_due_time() {
    for (schedule, due) in [
        (
            "every = \"day\"\nat = \"08:30\"\nstart = \"2027-01-01 00:00\"\ntime_zone = \"Europe/Berlin\"",
            "2027-01-01T07:30:00Z",
        ),
        (
            "every = \"6 hours\"\nstart = \"2027-01-01 00:00\"\ncatch_up = true",
            "2027-01-01T00:00:00Z",
        ),
    ] {
        let config = config(&format!(
            "[schedule]\n{schedule}\n[heroku]\napp = \"my-app\"\n\
             [alert]\nemail = \"ops@example.com\"\n\
             [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n"
        ));
        let due: Timestamp = due.parse().unwrap();
        let before = due - jiff::SignedDuration::from_secs(1);
        for (now, alerts, from) in [
            (now(), false, Some(due)),
            (before, false, Some(due)),
            (due, true, None),
            (due + jiff::SignedDuration::from_hours(24 * 200), true, None),
        ] {
            let parameters = parameters(&config, &config.jobs[0], now);
            assert_eq!(parameters["alert_without_daily_success"], alerts, "{now}");
            assert_eq!(
                daily_alert_from(&config, &config.jobs[0], now),
                from,
                "{now}"
            );
        }
    }
}

#[test]
fn daily_alert_is_active_at_any_hour_of_a_started_schedule() {
    let config = config(
        "[schedule]\nevery = \"day\"\nat = \"08:30\"\ntime_zone = \"Europe/Berlin\"\n\
         [heroku]\napp = \"my-app\"\n[alert]\nemail = \"ops@example.com\"\n\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n",
    );
    // Including the night in which the clocks go back.
    let begin: Timestamp = "2026-10-24T00:00:00Z".parse().unwrap();
    for hour in 0..72 {
        let now = begin + jiff::SignedDuration::from_hours(hour);
        assert_eq!(
            daily_alert_from(&config, &config.jobs[0], now),
            None,
            "{now}"
        );
    }
}

#[test]
fn daily_alert_is_disabled_for_a_paused_job() {
    let mail = "[alert]\nemail = \"ops@example.com\"";
    for (state, enabled) in [("Enabled", true), ("Disabled", false)] {
        let mut parameters_for = parameters_for("every = \"day\"\nat = \"08:00\"", mail);
        parameters_for.insert("state".into(), json!(state));
        let deployment = deploy(&parameters_for);
        let alert = deployment.resources.last().unwrap();
        assert_eq!(alert.name, "picletter-no-success");
        assert_eq!(alert.properties["enabled"], enabled, "{state}");
    }
}

#[test]
fn workflow_follows_the_lint_rules() {
    for (name, parameters_for) in all() {
        let deployment = deploy(&parameters_for);
        let violations = lint::violations(workflow(&deployment));
        assert!(violations.is_empty(), "{name}: {violations:#?}");
    }
}

/// Tests that the lint finds violations.
#[test]
fn lint_finds_violations() {
    let deployment = deploy(&parameters_for("every = \"day\"\nat = \"08:00\"", ""));
    let valid = workflow(&deployment).clone();
    let start = "/definition/actions/Start/actions";
    let failed = "/definition/actions/Outcome/else/actions/Ending/default/actions";
    let run = format!("{start}/Guard/actions/Run");
    let changes: [(&str, String, Value); 12] = [
        (
            "token in a header",
            format!("{start}/List_dynos/inputs/headers/Authorization"),
            json!(TOKEN),
        ),
        (
            "webhook as a plain parameter",
            "/parameters/app/value".into(),
            json!(WEBHOOK),
        ),
        (
            "inputs not secured",
            format!("{run}/runtimeConfiguration/secureData/properties"),
            json!([]),
        ),
        (
            "outputs not secured",
            format!(
                "{start}/Look_in_log/actions/Read_log/runtimeConfiguration/secureData/properties"
            ),
            json!(["inputs"]),
        ),
        (
            "outputs of the dyno's log not secured",
            format!(
                "{failed}/Keep_last_lines/actions/Read_log_of_dyno/runtimeConfiguration/secureData/properties"
            ),
            json!(["inputs"]),
        ),
        (
            "the dyno's lines not secured",
            format!(
                "{failed}/Keep_last_lines/actions/Lines_of_dyno/runtimeConfiguration/secureData/properties"
            ),
            json!(["inputs"]),
        ),
        (
            "start is retried",
            format!("{run}/inputs/subscribe/retryPolicy/type"),
            json!("fixed"),
        ),
        ("no time limit", format!("{run}/limit"), json!({})),
        (
            "202 is followed",
            format!("{start}/List_dynos/operationOptions"),
            json!(""),
        ),
        (
            "runs after nothing",
            format!("{start}/Guard/runAfter"),
            json!({ "Gard": ["Succeeded"] }),
        ),
        (
            "outcome only after success",
            "/definition/actions/Outcome/runAfter/Start".into(),
            json!(["Succeeded"]),
        ),
        (
            "alert is not posted",
            format!("{failed}/Alert/actions"),
            json!({}),
        ),
    ];
    let found: Vec<String> = changes
        .iter()
        .map(|(name, pointer, value)| {
            let mut broken = valid.clone();
            *broken
                .pointer_mut(pointer)
                .unwrap_or_else(|| panic!("no {pointer}")) = value.clone();
            format!("{name}: {}", lint::violations(&broken).join("; "))
        })
        .collect();
    assert_snapshot!(found.join("\n"));
}

#[test]
fn interpreter_loads_every_variant() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    for (name, parameters_for) in all() {
        let deployment = deploy(&parameters_for);
        if let Err(error) = Definition::load(workflow(&deployment), now) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn example_parameters_are_valid_and_contain_no_secret() {
    let text = include_str!("../../../crates/core/logic-app/picletter-app.parameters.example.json");
    let mut parameters = parse_parameters(text).unwrap();
    assert!(!parameters.contains_key("heroku_token") && !parameters.contains_key("alert_webhook"));
    parameters.insert("heroku_token".into(), json!(TOKEN));
    let names: Vec<_> = deploy(&parameters)
        .resources
        .into_iter()
        .map(|resource| resource.name)
        .collect();
    // The job does not run on weekends, so it has no alert for days without success.
    assert_eq!(
        names,
        [
            "picletter-app",
            "picletter-app-alerts",
            "picletter-app-failed-runs"
        ]
    );
}

#[test]
fn parameter_file_is_valid() {
    let config = config(include_str!("../../../src/cli/init/example.toml"));
    let mut parameters =
        parse_parameters(&parameter_file(&config, &config.jobs[0], now()).to_string()).unwrap();
    parameters.insert("heroku_token".into(), json!(TOKEN));
    deploy(&parameters);
}

#[test]
fn every_parameter_has_a_description() {
    let template: Value = serde_json::from_str(TEMPLATE).unwrap();
    for (name, parameter) in template["parameters"].as_object().unwrap() {
        let description = parameter["metadata"]["description"]
            .as_str()
            .unwrap_or_default();
        assert!(description.len() > 10, "{name} has no description");
    }
}
