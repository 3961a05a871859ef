//! `picletter doctor`: its findings and suggestions, and that it changes nothing.

mod azure;
mod heroku;
mod local;
mod pictures;
mod report;
mod sendgrid;

use std::fs;

use http::{HeaderValue, Method};
use picletter_core::deploy::heroku::HerokuApi;
use picletter_core::deploy::http::{Http, Timings, Verbosity};
use picletter_core::deploy::redact::Redactor;
use picletter_sandbox::faults::{Fault, Which};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::cli::{Cli, SG_KEY, WEBHOOK, stderr, stdout};

impl Cli {
    pub(crate) fn edit_config(&self, old: &str, new: &str) {
        let path = self.folder.path().join("picletter.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    fn unset_variable(&mut self, name: &str) {
        self.environment.remove(name).unwrap();
    }

    fn set_variable(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Answers all `GET` requests of a path with this JSON.
    fn answer_json(&self, path: &str, status: u16, body: &Value) {
        self.answer(path, status, &body.to_string());
    }

    /// Answers all `GET` requests of a path with this text.
    fn answer(&self, path: &str, status: u16, body: &str) {
        let fault = Fault::status(status, body.to_owned());
        let faults = self.sandbox.faults();
        faults.on(Method::GET, path, Which::Every, fault);
    }

    /// Sets the date of all responses.
    fn set_date(&self, date: &'static str) {
        for depth in 1..9 {
            for method in [Method::GET, Method::POST] {
                let fault = Fault::Date(HeaderValue::from_static(date));
                let path = "/*".repeat(depth);
                let faults = self.sandbox.faults();
                faults.on(method, path, Which::Every, fault);
            }
        }
    }

    /// Uses a token with this scope.
    async fn use_scope(&mut self, scope: &str) {
        let redactor = Redactor::default();
        let http = Http::new(&[], Timings::default(), Verbosity::Quiet, redactor).unwrap();
        let url = self.sandbox.heroku_url().parse().unwrap();
        let api = HerokuApi::new(http, url, self.sandbox.heroku_token());
        let created = api.create_authorization(&[scope], "a test").await.unwrap();
        self.set_variable("HEROKU_API_KEY", created.token.expose_secret());
        self.sandbox.faults().clear();
        // The fake registry accepts only the account's own token.
        self.answer_json("/v2/", 200, &json!({}));
    }

    /// Checks that nothing was changed, and that no secret is in the output.
    fn assert_unchanged(&self, printed: &str) {
        assert!(self.changes().is_empty(), "{:?}", self.changes());
        let names = ["HEROKU_API_KEY", "AZURE_CLIENT_SECRET", "SG_KEY"];
        let names = names.iter();
        let secrets = names.filter_map(|name| self.environment.get(*name));
        for secret in secrets.map(String::as_str).chain([SG_KEY, WEBHOOK]) {
            assert!(!printed.contains(secret), "{secret} is printed");
        }
    }
}

/// Compares a report with the snapshot of this name.
fn assert_report(name: &str, report: &str) {
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!(name, report);
    });
}

/// Values that differ in each run.
fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[uuid]",
        ),
        (r"127\.0\.0\.1:\d{4,5}", "[host]"),
        (r"Clock: \d\S*h.* (behind|ahead of)", "Clock: [a while] $1"),
        (r#"today's is ".*""#, r#"today's is "[title]""#),
        (r#"today's is \\".*\\""#, r#"today's is \"[title]\""#),
        (r"(Timestamp): [^,;\n]+", "$1: [time]"),
    ]
}

const DOCTOR: &str = "doctor --image worker.tar";

/// Introduces one problem; everything else is correct.
type Defect = (&'static str, fn(&mut Cli));

/// For each problem, the failed checks, and any checks that the problem adds.
async fn table(faults: &[Defect]) -> String {
    let mut table = String::new();
    for (name, fault) in faults {
        let mut cli = Cli::new().await;
        fault(&mut cli);
        table.push_str(&problems(name, &cli).await);
    }
    table
}

async fn problems(name: &str, cli: &Cli) -> String {
    let output = cli.run(DOCTOR).await;
    let report = stdout(&output);
    cli.assert_unchanged(&(report.clone() + &stderr(&output)));
    let wrong = report.contains("✗ wrong");
    assert_eq!(output.status.code(), Some(wrong.into()), "{name}: {report}");
    let lines = report.lines().filter(|line| {
        let is_relevant = name.contains("(no problem)") && line.contains("SendGrid");
        !line.starts_with('✓') || is_relevant
    });
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    format!("== {name}\n{}\n\n", lines.join("\n"))
}
