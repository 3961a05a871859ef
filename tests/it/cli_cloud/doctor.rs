//! `picletter doctor`: its findings and suggestions, and that it changes nothing.

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

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_finding_for_each_passed_check() {
    let mut cli = Cli::new().await;
    cli.edit_config(
        "[mail]",
        "[alert]\nemail = \"ops@picletter.example\"\n\n[mail]",
    );
    cli.edit_config("[heroku]", "[heroku]\nteam = \"ours\"");
    cli.use_scope("global").await;

    let output = cli.run(DOCTOR).await;

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    cli.assert_unchanged(&(stdout(&output) + &stderr(&output)));
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor", stdout(&output));
    });
    let output = cli.run("doctor --image worker.tar --json").await;
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_json", stdout(&output));
    });
    let verbose = cli.run("doctor --image worker.tar -vv").await;
    cli.assert_unchanged(&(stdout(&verbose) + &stderr(&verbose)));
    assert!(
        stderr(&verbose).contains("/v3/scopes"),
        "{}",
        stderr(&verbose)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accepts_each_spelling_of_the_resource_groups_location() {
    let cli = Cli::deployed().await;
    cli.edit_config("location = \"westeurope\"", "");
    let id = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/pictures";
    let group = json!({ "id": id, "name": "pictures", "location": "West Europe" });
    cli.answer_json("/subscriptions/*/resourceGroups/pictures", 200, &group);

    let printed = stdout(&cli.run("doctor").await);

    let location = "✓ ok       Azure location: westeurope offers Logic Apps";
    assert!(printed.contains(location), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_an_unknown_location_only_if_azure_lists_it() {
    let cli = Cli::deployed().await;
    cli.edit_config("location = \"westeurope\"", "");
    let id = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/pictures";
    let group = json!({ "id": id, "name": "pictures", "location": "Mars Central" });
    let path = "/subscriptions/*/resourceGroups/pictures";
    cli.answer_json(path, 200, &group);
    let plan = stderr(&cli.run("plan").await);
    let (_, shown) = plan.split_once("its resource group is in ").unwrap();
    let (shown, _) = shown.split_once(", and [azure]").unwrap();
    let workflows = format!("{path}/providers/Microsoft.Logic/workflows");
    cli.answer_json(&workflows, 200, &json!({ "value": [] }));

    let unlisted = stdout(&cli.run("doctor").await);
    let path = "/subscriptions/*/providers/Microsoft.Logic";
    cli.answer_json(path, 200, &logic("Registered", "Mars Central"));
    let listed = stdout(&cli.run("doctor").await);

    // The same fingerprint as in the plan.
    let problem = format!("✗ wrong    Azure location: {shown} does not offer Logic Apps");
    assert!(unlisted.contains(&problem), "{shown}: {unlisted}");
    let ok = "✓ ok       Azure location: marscentral offers Logic Apps";
    assert!(listed.contains(ok), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_the_default_sources_of_the_worker() {
    let cli = Cli::new().await;
    cli.edit_config("[picture]\nsources = \"wikimedia\"\n", "");
    let (nasa, picsum) = (cli.sandbox.nasa_url(), cli.sandbox.picsum_url());
    let urls = format!("[config]\nNASA_API_URL = \"{nasa}\"\nPICSUM_URL = \"{picsum}\"");
    cli.edit_config("[config]", &urls);

    let output = cli.run(DOCTOR).await;

    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(
        report.contains("ok       Picture source picsum"),
        "{report}"
    );
    assert!(!report.contains("unsplash"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn finds_no_problems_after_a_deployment_without_image() {
    let cli = Cli::deployed().await;
    cli.sandbox.faults().clear();

    let output = cli.run("doctor").await;

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    cli.assert_unchanged(&stdout(&output));
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_after_a_deployment", stdout(&output));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_an_app_in_another_region_once() {
    let cli = Cli::deployed().await;
    cli.edit_config("[heroku]", "[heroku]\nregion = \"eu\"");

    let report = stdout(&cli.run("doctor").await);

    let app = report.lines().find(|line| line.contains("Heroku app"));
    let expected = "picletter-test exists; it is in region us, not eu";
    assert!(app.is_some_and(|line| line.ends_with(expected)), "{report}");
}

/// Introduces one problem; everything else is correct.
type Defect = (&'static str, fn(&mut Cli));

const LOCAL: &[Defect] = &[
    ("no picletter.toml", |cli| {
        fs::remove_file(cli.folder.path().join("picletter.toml")).unwrap();
    }),
    ("a typo in picletter.toml", |cli| {
        cli.edit_config("every =", "evry =");
    }),
    ("no SG_KEY", |cli| cli.unset_variable("SG_KEY")),
    ("a malformed ALERT_WEBHOOK", |cli| {
        cli.set_variable("ALERT_WEBHOOK", "hooks.example/secret");
    }),
    ("a wrong HEROKU_API_URL", |cli| {
        cli.set_variable("HEROKU_API_URL", "http://heroku.example");
    }),
    ("a missing certificate file", |cli| {
        cli.set_variable("SSL_CERT_FILE", "/nowhere/certificates.pem");
    }),
    ("an invalid image", |cli| {
        fs::write(cli.folder.path().join("worker.tar"), "nothing").unwrap();
    }),
    ("a clock that is behind", |cli| {
        cli.set_date("Tue, 01 Jan 2199 00:00:00 GMT");
    }),
    ("a clock that is ahead", |cli| {
        cli.set_date("Sat, 01 Jan 2000 00:00:00 GMT");
    }),
];

const HEROKU: &[Defect] = &[
    ("no token", |cli| cli.unset_variable("HEROKU_API_KEY")),
    ("a revoked token", |cli| {
        cli.set_variable("HEROKU_API_KEY", "HRKU-0123456789abcdef");
    }),
    ("an unpaid invoice", |cli| {
        cli.answer_json("/account", 200, &account("delinquent_at"));
    }),
    ("a suspended account", |cli| {
        cli.answer_json("/account", 200, &account("suspended_at"));
    }),
    ("no payment method", |cli| {
        cli.answer_json(
            "/account",
            200,
            &json!({"email": "a@b.example", "verified": false}),
        );
    }),
    ("no second factor", |cli| {
        let account = json!({"email": "a@b.example", "two_factor_authentication": false});
        cli.answer_json("/account", 200, &account);
    }),
    ("somebody else's app", |cli| {
        cli.sandbox.heroku().reserve_name("picletter-test");
    }),
    ("an unknown team", |cli| {
        cli.edit_config("[heroku]", "[heroku]\nteam = \"theirs\"");
        let refusal = json!({"id": "not_found", "message": "Couldn't find that team."});
        cli.answer_json("/teams/theirs", 404, &refusal);
    }),
    ("a team with the account as a guest", |cli| {
        cli.edit_config("[heroku]", "[heroku]\nteam = \"theirs\"");
        let team = json!({"name": "theirs", "role": "collaborator"});
        cli.answer_json("/teams/theirs", 200, &team);
    }),
    ("a registry that rejects the token", |cli| {
        let refusal = json!({"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]});
        cli.answer_json("/v2/", 401, &refusal);
    }),
];

fn account(since: &str) -> Value {
    json!({"email": "a@b.example", since: "2026-11-01T08:00:00Z"})
}

const AZURE: &[Defect] = &[
    ("an incomplete service principal", |cli| {
        cli.unset_variable("AZURE_TENANT_ID");
    }),
    ("a wrong client secret", |cli| {
        cli.set_variable("AZURE_CLIENT_SECRET", "not-this-one");
    }),
    ("an unknown subscription", |cli| {
        cli.edit_config("[azure]", "[azure]\nsubscription = \"Theirs\"");
    }),
    ("a subscription past due", |cli| {
        let subscription = json!({
            "subscriptionId": "00000000-0000-4000-8000-000000000000",
            "displayName": "Sandbox",
            "state": "PastDue",
        });
        cli.answer_json("/subscriptions", 200, &json!({ "value": [subscription] }));
        let refusal = json!({ "error": { "code": "ResourceGroupNotFound", "message": "" } });
        cli.answer_json("/subscriptions/*/resourceGroups/pictures", 404, &refusal);
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("Registered", "West Europe"));
        let permissions = json!({ "value": [{ "actions": ["*"] }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        cli.answer_json(path, 200, &permissions);
    }),
    ("Logic Apps not registered", |cli| {
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("NotRegistered", "West Europe"));
    }),
    ("Azure Monitor during registration", |cli| {
        cli.edit_config(
            "[mail]",
            "[alert]\nemail = \"ops@picletter.example\"\n\n[mail]",
        );
        let path = "/subscriptions/*/providers/Microsoft.Insights";
        cli.answer_json(path, 200, &logic("Registering", "global"));
    }),
    ("a reader", |cli| {
        let permissions = json!({ "value": [{ "actions": ["*/read"], "notActions": [] }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        cli.answer_json(path, 200, &permissions);
    }),
    ("a role without resource groups", |cli| {
        let permissions = json!({ "value": [{
            "actions": ["*"],
            "notActions": ["Microsoft.Resources/subscriptions/resourceGroups/*"],
        }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        cli.answer_json(path, 200, &permissions);
    }),
    ("a location without Logic Apps", |cli| {
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        cli.answer_json(path, 200, &logic("Registered", "East US"));
    }),
    ("no location", |cli| {
        cli.edit_config("location = \"westeurope\"", "");
    }),
];

fn logic(state: &str, location: &str) -> Value {
    let workflows = json!({ "resourceType": "workflows", "locations": [location] });
    json!({
        "namespace": "Microsoft.Logic",
        "registrationState": state,
        "resourceTypes": [workflows],
    })
}

const SCOPES: &str = "/v3/scopes";
const SENDERS: &str = "/v3/verified_senders";
const DOMAINS: &str = "/v3/whitelabel/domains";

fn forbidden() -> Value {
    json!({ "errors": [{ "field": null, "message": "access forbidden" }] })
}

const SENDGRID: &[Defect] = &[
    ("a revoked key", |cli| {
        let words = "The provided authorization grant is invalid, expired, or revoked";
        let refusal = json!({ "errors": [{ "field": null, "message": words }] });
        cli.answer_json(SCOPES, 401, &refusal);
    }),
    ("a key without permission to send", |cli| {
        cli.answer_json(SCOPES, 200, &json!({ "scopes": ["alerts.read"] }));
    }),
    ("a key with additional permissions (no problem)", |cli| {
        let scopes = json!({ "scopes": ["mail.send", "2fa_required", "alerts.read"] });
        cli.answer_json(SCOPES, 200, &scopes);
    }),
    ("an IP address that is not allowed", |cli| {
        cli.answer_json(SCOPES, 403, &forbidden());
    }),
    ("an unknown sender", |cli| {
        cli.answer_json(DOMAINS, 200, &json!([]));
    }),
    ("a sender that is not verified yet", |cli| {
        let sender = json!({ "from_email": "bot@picletter.example", "verified": false });
        cli.answer_json(SENDERS, 200, &json!({ "results": [sender] }));
        cli.answer_json(DOMAINS, 200, &json!([]));
    }),
    ("a verified sender (no problem)", |cli| {
        let sender = json!({ "from_email": "Bot@picletter.example", "verified": true });
        cli.answer_json(SENDERS, 200, &json!({ "results": [sender] }));
        cli.answer_json(DOMAINS, 403, &forbidden());
    }),
    ("a domain without its records", |cli| {
        let domain = json!({ "domain": "picletter.example", "valid": false });
        cli.answer_json(DOMAINS, 200, &json!([domain]));
    }),
    ("a subdomain of an authenticated domain", |cli| {
        cli.write("Picletter <bot@news.picletter.example>");
    }),
    ("a key that can only send", |cli| {
        cli.sandbox.sendgrid().set_keys_read_senders(false);
    }),
    ("unavailable senders", |cli| {
        for path in [SENDERS, DOMAINS] {
            cli.answer(
                path,
                503,
                "<html><title>503 Service Unavailable</title></html>",
            );
        }
    }),
    ("an exhausted plan", |cli| {
        let words = "You have exceeded your messaging limits";
        let refusal = json!({ "errors": [{ "field": null, "message": words, "help": null }] });
        cli.answer_json(SCOPES, 403, &refusal);
    }),
    ("a proxy in front of SendGrid", |cli| {
        let page = "<html><style>p { color: red }</style><h1>Blocked</h1><p>by proxy</p>";
        cli.answer(SCOPES, 403, page);
    }),
];

const FEED: &str = "/wikimedia/api/rest_v1/feed/featured/*/*/*";

const PICTURES: &[Defect] = &[
    ("the only source without a picture", |cli| {
        cli.answer_json(FEED, 404, &json!({ "title": "Not found." }));
    }),
    ("one of two sources without a picture", |cli| {
        let picsum = format!("[config]\nPICSUM_URL = \"{}\"", cli.sandbox.picsum_url());
        cli.edit_config("[config]", &picsum);
        cli.edit_config("\"wikimedia\"", "\"wikimedia, picsum\"");
        cli.answer_json(FEED, 404, &json!({ "title": "Not found." }));
    }),
    ("Unsplash without its key", |cli| {
        cli.edit_config("\"wikimedia\"", "\"unsplash\"");
    }),
    ("a custom command", |cli| {
        let custom = "[heroku]\nprocess_type = \"worker\"\ncommand = \"rake nightly\"";
        cli.edit_config("[heroku]", custom);
        cli.edit_config("[run]", "[run]\nreport = \"shell\"");
    }),
];

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

macro_rules! tables {
    ($($test:ident: $faults:expr, $name:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let table = table($faults).await;
            insta::with_settings!({filters => filters()}, {
                insta::assert_snapshot!($name, table);
            });
        }
    )*};
}

tables! {
    reports_local_problems_with_help: LOCAL, "doctor_here";
    reports_heroku_problems_with_help: HEROKU, "doctor_heroku";
    reports_azure_problems_with_help: AZURE, "doctor_azure";
    reports_sendgrid_problems_with_help: SENDGRID, "doctor_sendgrid";
    reports_picture_problems_with_help: PICTURES, "doctor_pictures";
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_missing_permissions_of_a_token() {
    let mut table = String::new();
    for scope in ["identity", "read", "write", "write-protected"] {
        let mut cli = Cli::new().await;
        cli.use_scope(scope).await;
        table.push_str(&problems(scope, &cli).await);
    }
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_scopes", table);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_each_unreachable_service_once() {
    let mut cli = Cli::new().await;
    // Nothing listens on this port.
    for name in ["HEROKU_API_URL", "AZURE_AUTHORITY_HOST"] {
        cli.set_variable(name, "http://127.0.0.1:9");
    }
    cli.set_variable("HEROKU_REGISTRY", "127.0.0.1:9");
    cli.edit_config(&cli.sandbox.sendgrid_url(), "http://127.0.0.1:9");
    let report = problems("unreachable services", &cli).await;
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_unreachable", report);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_credentials_suggest_doctor() {
    for (name, value, status) in [
        ("HEROKU_API_KEY", Some("HRKU-0123456789abcdef"), 77),
        ("AZURE_CLIENT_SECRET", Some("not-this-one"), 77),
        ("HEROKU_API_KEY", None, 78),
    ] {
        let mut cli = Cli::new().await;
        match value {
            Some(value) => cli.set_variable(name, value),
            None => cli.unset_variable(name),
        }
        let output = cli.run("deploy --yes --image worker.tar").await;
        let report = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{report}");
        assert!(report.contains("`picletter doctor`"), "{report}");
    }
}
