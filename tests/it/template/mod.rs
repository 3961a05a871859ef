//! The template that ships: what it comes to, and what must hold of it.

mod lint;
mod shell;

use std::path::Path;
use std::sync::LazyLock;

use insta::{assert_json_snapshot, assert_snapshot};
use jiff::Timestamp;
use picletter::config::Config;
use picletter::template::{TEMPLATE, daily_alert_from, parameter_file, parameters};
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

/// The parameters that this `picletter.toml` has, and the secrets.
fn given(schedule: &str, more: &str) -> Map<String, Value> {
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

/// Those that go with it.
fn overlaps(schedule: &str) -> impl Iterator<Item = &'static str> {
    let catch_up = schedule.contains("catch_up");
    let together = |overlap: &&str| ["allow", "queue"].contains(overlap);
    OVERLAPS
        .into_iter()
        .filter(move |overlap| !catch_up || together(overlap))
}

/// Every combination of pattern, overlap and report.
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
                    given(&schedule, &run),
                )
            })
        })
    })
}

#[test]
fn app_and_token_are_all_that_must_be_given() {
    let given = json!({ "app": "my-app", "heroku_token": TOKEN });
    let deployment = deploy(given.as_object().unwrap());
    assert_eq!(
        deployment.resources.len(),
        1,
        "without an address there is no alert by mail"
    );
    // The actions are the template's own; tests/it/simulation runs them.
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
fn each_pattern_and_each_overlap_has_its_triggers() {
    for (name, schedule) in PATTERNS {
        let triggers = |overlap: &str| {
            let given = given(&format!("{schedule}\noverlap = \"{overlap}\""), "");
            let deployment = deploy(&given);
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

/// The actions that start a dyno are those of the default, apart from what is in the snapshots.
#[test]
fn each_report_has_its_run() {
    let guard = |workflow: &Value| {
        let guard = &workflow["definition"]["actions"]["Start"]["actions"]["Guard"]["actions"];
        guard.as_object().unwrap().clone()
    };
    let defaults = json!({ "app": "my-app", "heroku_token": TOKEN });
    let by_default = guard(workflow(&deploy(defaults.as_object().unwrap())));
    for report in REPORTS {
        let given = given(
            "every = \"day\"\nat = \"08:00\"",
            &format!("command = \"./job --note 'it is late'\"\n[run]\nreport = \"{report}\""),
        );
        let deployment = deploy(&given);
        let workflow = workflow(&deployment);
        let mut guard = guard(workflow);
        for name in by_default.keys() {
            assert!(guard.contains_key(name), "{report}: no {name}");
        }
        guard.retain(|name, action| by_default.get(name) != Some(action));
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
fn alerts_by_mail_go_with_an_address() {
    let mail = "[alert]\nemail = \"ops@example.com\"";
    let names = |given| -> Vec<String> {
        deploy(&given)
            .resources
            .into_iter()
            .map(|resource| resource.name)
            .collect()
    };
    let daily = given("every = \"day\"\nat = \"08:00\"", mail);
    let deployment = deploy(&daily);
    let alerts: Vec<Value> = deployment.resources[1..]
        .iter()
        .map(|resource| json!({ "name": resource.name, "type": resource.r#type, "properties": resource.properties }))
        .collect();
    assert_json_snapshot!("alerts", alerts);
    assert_eq!(
        names(given(
            "every = \"week\"\non = \"mon\"\nat = \"08:00\"",
            mail
        )),
        ["picletter", "picletter-alerts", "picletter-failed-runs"],
        "a day without success is no failure of a weekly job"
    );
    assert_eq!(
        names(given("every = \"week\"\non = \"mon\"\nat = \"08:00\"", "")),
        ["picletter"]
    );
}

/// A metric alert has no start: it would ring from the deployment to the first run.
#[test]
fn the_alert_on_a_day_without_success_waits_for_the_first_due_time() {
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
fn a_schedule_that_has_begun_has_its_alert_at_any_hour() {
    let config = config(
        "[schedule]\nevery = \"day\"\nat = \"08:30\"\ntime_zone = \"Europe/Berlin\"\n\
         [heroku]\napp = \"my-app\"\n[alert]\nemail = \"ops@example.com\"\n\
         [mail]\nfrom = \"bot@example.com\"\nto = \"you@example.com\"\n",
    );
    // Over the night in which the clocks go back.
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
fn a_paused_job_is_not_missed() {
    let mail = "[alert]\nemail = \"ops@example.com\"";
    for (state, misses) in [("Enabled", true), ("Disabled", false)] {
        let mut given = given("every = \"day\"\nat = \"08:00\"", mail);
        given.insert("state".into(), json!(state));
        let deployment = deploy(&given);
        let alert = deployment.resources.last().unwrap();
        assert_eq!(alert.name, "picletter-no-success");
        assert_eq!(alert.properties["enabled"], misses, "{state}");
    }
}

#[test]
fn the_workflow_keeps_our_rules() {
    for (name, given) in all() {
        let deployment = deploy(&given);
        let breaches = lint::breaches(workflow(&deployment));
        assert!(breaches.is_empty(), "{name}: {breaches:#?}");
    }
}

/// A lint that finds nothing proves nothing.
#[test]
fn the_rules_find_what_is_broken() {
    let deployment = deploy(&given("every = \"day\"\nat = \"08:00\"", ""));
    let sound = workflow(&deployment).clone();
    let start = "/definition/actions/Start/actions";
    let failed = "/definition/actions/Outcome/else/actions/Ending/default/actions";
    let run = format!("{start}/Guard/actions/Run");
    let breaks: [(&str, String, Value); 12] = [
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
    let found: Vec<String> = breaks
        .iter()
        .map(|(what, place, value)| {
            let mut broken = sound.clone();
            *broken
                .pointer_mut(place)
                .unwrap_or_else(|| panic!("no {place}")) = value.clone();
            format!("{what}: {}", lint::breaches(&broken).join("; "))
        })
        .collect();
    assert_snapshot!(found.join("\n"));
}

#[test]
fn the_interpreter_takes_it_whole() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    for (name, given) in all() {
        let deployment = deploy(&given);
        if let Err(error) = Definition::load(workflow(&deployment), now) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn the_example_parameters_are_taken_and_hold_no_secret() {
    let text = include_str!("../../../logic-app/picletter-app.parameters.example.json");
    let mut parameters = parse_parameters(text).unwrap();
    assert!(!parameters.contains_key("heroku_token") && !parameters.contains_key("alert_webhook"));
    parameters.insert("heroku_token".into(), json!(TOKEN));
    let made: Vec<_> = deploy(&parameters)
        .resources
        .into_iter()
        .map(|resource| resource.name)
        .collect();
    // It does not run on weekends, which the alert on a day without success would not forgive.
    assert_eq!(
        made,
        [
            "picletter-app",
            "picletter-app-alerts",
            "picletter-app-failed-runs"
        ]
    );
}

#[test]
fn the_parameter_file_is_taken() {
    let config = config(include_str!("../../../src/cli/init/example.toml"));
    let mut parameters =
        parse_parameters(&parameter_file(&config, &config.jobs[0], now()).to_string()).unwrap();
    parameters.insert("heroku_token".into(), json!(TOKEN));
    deploy(&parameters);
}

#[test]
fn every_parameter_is_described() {
    let template: Value = serde_json::from_str(TEMPLATE).unwrap();
    for (name, parameter) in template["parameters"].as_object().unwrap() {
        let description = parameter["metadata"]["description"]
            .as_str()
            .unwrap_or_default();
        assert!(description.len() > 10, "{name} has no description");
    }
}
