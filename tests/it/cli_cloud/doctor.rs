//! `picletter doctor`: what it finds, what it says to do, and that it changes nothing.

use std::fs;

use http::{HeaderValue, Method};
use picletter::deploy::heroku::HerokuApi;
use picletter::deploy::http::{Http, Timings, Verbosity};
use picletter::deploy::redact::Redactor;
use picletter_sandbox::faults::{Fault, Which};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::person::{Person, SG_KEY, WEBHOOK, stderr, stdout};

impl Person {
    pub(crate) fn edits(&self, old: &str, new: &str) {
        let path = self.folder.path().join("picletter.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    fn unsets(&mut self, name: &str) {
        self.environment.remove(name).unwrap();
    }

    fn sets(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// From now on this is answered to a `GET`.
    fn is_told(&self, path: &str, status: u16, body: &Value) {
        self.is_answered(path, status, &body.to_string());
    }

    fn is_answered(&self, path: &str, status: u16, body: &str) {
        let fault = Fault::status(status, body.to_owned());
        let faults = self.sandbox.faults();
        faults.on(Method::GET, path, Which::Every, fault);
    }

    /// From now on all answers are of this time.
    fn lives_at(&self, date: &'static str) {
        for depth in 1..9 {
            for method in [Method::GET, Method::POST] {
                let fault = Fault::Date(HeaderValue::from_static(date));
                let path = "/*".repeat(depth);
                let faults = self.sandbox.faults();
                faults.on(method, path, Which::Every, fault);
            }
        }
    }

    /// Uses a token of this scope.
    async fn narrows_to(&mut self, scope: &str) {
        let redactor = Redactor::default();
        let http = Http::new(&[], Timings::default(), Verbosity::Quiet, redactor).unwrap();
        let url = self.sandbox.heroku_url().parse().unwrap();
        let api = HerokuApi::new(http, url, self.sandbox.heroku_token());
        let made = api.create_authorization(&[scope], "a test").await.unwrap();
        self.sets("HEROKU_API_KEY", made.token.expose_secret());
        self.sandbox.faults().clear();
        // The stand-in's registry takes the account's own token only.
        self.is_told("/v2/", 200, &json!({}));
    }

    /// What all commands of the doctor keep to.
    fn is_as_it_was(&self, shown: &str) {
        assert!(self.changes().is_empty(), "{:?}", self.changes());
        let of_environment = ["HEROKU_API_KEY", "AZURE_CLIENT_SECRET", "SG_KEY"];
        let of_environment = of_environment.iter();
        let secrets = of_environment.filter_map(|name| self.environment.get(*name));
        for secret in secrets.map(String::as_str).chain([SG_KEY, WEBHOOK]) {
            assert!(!shown.contains(secret), "{secret} is shown");
        }
    }
}

/// What is another each time.
fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[uuid]",
        ),
        (r"127\.0\.0\.1:\d{4,5}", "[host]"),
        (r"it is \d\S*h.* (behind|ahead of)", "it is [a while] $1"),
        (r#"today's is ".*""#, r#"today's is "[title]""#),
        (r#"today's is \\".*\\""#, r#"today's is \"[title]\""#),
        (r"(Timestamp): [^,;\n]+", "$1: [time]"),
    ]
}

const DOCTOR: &str = "doctor --image worker.tar";

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_each_check_says_what_it_found() {
    let mut person = Person::new().await;
    person.edits(
        "[mail]",
        "[alert]\nemail = \"ops@picletter.example\"\n\n[mail]",
    );
    person.edits("[heroku]", "[heroku]\nteam = \"ours\"");
    person.narrows_to("global").await;

    let output = person.types(DOCTOR).await;

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    person.is_as_it_was(&(stdout(&output) + &stderr(&output)));
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor", stdout(&output));
    });
    let output = person.types("doctor --image worker.tar --json").await;
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_json", stdout(&output));
    });
    let verbose = person.types("doctor --image worker.tar -vv").await;
    person.is_as_it_was(&(stdout(&verbose) + &stderr(&verbose)));
    assert!(
        stderr(&verbose).contains("/v3/scopes"),
        "{}",
        stderr(&verbose)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sources_are_those_that_the_worker_would_ask_where_none_are_named() {
    let person = Person::new().await;
    person.edits("[picture]\nsources = \"wikimedia\"\n", "");
    let (nasa, picsum) = (person.sandbox.nasa_url(), person.sandbox.picsum_url());
    let urls = format!("[config]\nNASA_API_URL = \"{nasa}\"\nPICSUM_URL = \"{picsum}\"");
    person.edits("[config]", &urls);

    let output = person.types(DOCTOR).await;

    let told = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("ok       Pictures of picsum"), "{told}");
    assert!(!told.contains("unsplash"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_deployment_all_is_well_without_an_image() {
    let person = Person::deployed().await;
    person.sandbox.faults().clear();

    let output = person.types("doctor").await;

    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    person.is_as_it_was(&stdout(&output));
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_after_a_deployment", stdout(&output));
    });
}

/// Puts something wrong; the rest is as it should be.
type Defect = (&'static str, fn(&mut Person));

const HERE: &[Defect] = &[
    ("no picletter.toml", |person| {
        fs::remove_file(person.folder.path().join("picletter.toml")).unwrap();
    }),
    ("a slip in picletter.toml", |person| {
        person.edits("every =", "evry =");
    }),
    ("no SG_KEY", |person| person.unsets("SG_KEY")),
    ("a malformed ALERT_WEBHOOK", |person| {
        person.sets("ALERT_WEBHOOK", "hooks.example/secret");
    }),
    ("a wrong HEROKU_API_URL", |person| {
        person.sets("HEROKU_API_URL", "http://heroku.example");
    }),
    ("a file of certificates that is not there", |person| {
        person.sets("SSL_CERT_FILE", "/nowhere/certificates.pem");
    }),
    ("an image that is none", |person| {
        fs::write(person.folder.path().join("worker.tar"), "nothing").unwrap();
    }),
    ("a clock that is behind", |person| {
        person.lives_at("Tue, 01 Jan 2199 00:00:00 GMT");
    }),
    ("a clock that is ahead", |person| {
        person.lives_at("Sat, 01 Jan 2000 00:00:00 GMT");
    }),
];

const AT_HEROKU: &[Defect] = &[
    ("no token", |person| person.unsets("HEROKU_API_KEY")),
    ("a token that is revoked", |person| {
        person.sets("HEROKU_API_KEY", "HRKU-0123456789abcdef");
    }),
    ("an unpaid invoice", |person| {
        person.is_told("/account", 200, &account("delinquent_at"));
    }),
    ("a suspended account", |person| {
        person.is_told("/account", 200, &account("suspended_at"));
    }),
    ("no payment method", |person| {
        person.is_told(
            "/account",
            200,
            &json!({"email": "a@b.example", "verified": false}),
        );
    }),
    ("no second factor", |person| {
        let account = json!({"email": "a@b.example", "two_factor_authentication": false});
        person.is_told("/account", 200, &account);
    }),
    ("somebody else's app", |person| {
        person.sandbox.heroku().reserve_name("picletter-test");
    }),
    ("an unknown team", |person| {
        person.edits("[heroku]", "[heroku]\nteam = \"theirs\"");
        let refusal = json!({"id": "not_found", "message": "Couldn't find that team."});
        person.is_told("/teams/theirs", 404, &refusal);
    }),
    ("a team that has the account as a guest", |person| {
        person.edits("[heroku]", "[heroku]\nteam = \"theirs\"");
        let team = json!({"name": "theirs", "role": "collaborator"});
        person.is_told("/teams/theirs", 200, &team);
    }),
    ("a registry that refuses", |person| {
        let refusal = json!({"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]});
        person.is_told("/v2/", 401, &refusal);
    }),
];

fn account(since: &str) -> Value {
    json!({"email": "a@b.example", since: "2026-11-01T08:00:00Z"})
}

const AT_AZURE: &[Defect] = &[
    ("half of a sign-in", |person| {
        person.unsets("AZURE_TENANT_ID");
    }),
    ("a wrong client secret", |person| {
        person.sets("AZURE_CLIENT_SECRET", "not-this-one");
    }),
    ("no subscription of that name", |person| {
        person.edits("[azure]", "[azure]\nsubscription = \"Theirs\"");
    }),
    ("a subscription past due", |person| {
        let subscription = json!({
            "subscriptionId": "00000000-0000-4000-8000-000000000000",
            "displayName": "Sandbox",
            "state": "PastDue",
        });
        person.is_told("/subscriptions", 200, &json!({ "value": [subscription] }));
        let refusal = json!({ "error": { "code": "ResourceGroupNotFound", "message": "" } });
        person.is_told("/subscriptions/*/resourceGroups/pictures", 404, &refusal);
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        person.is_told(path, 200, &logic("Registered", "West Europe"));
        let permissions = json!({ "value": [{ "actions": ["*"] }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        person.is_told(path, 200, &permissions);
    }),
    ("Logic Apps not registered", |person| {
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        person.is_told(path, 200, &logic("NotRegistered", "West Europe"));
    }),
    ("Azure Monitor being registered", |person| {
        person.edits(
            "[mail]",
            "[alert]\nemail = \"ops@picletter.example\"\n\n[mail]",
        );
        let path = "/subscriptions/*/providers/Microsoft.Insights";
        person.is_told(path, 200, &logic("Registering", "global"));
    }),
    ("a reader", |person| {
        let permissions = json!({ "value": [{ "actions": ["*/read"], "notActions": [] }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        person.is_told(path, 200, &permissions);
    }),
    ("a role that leaves resource groups to others", |person| {
        let permissions = json!({ "value": [{
            "actions": ["*"],
            "notActions": ["Microsoft.Resources/subscriptions/resourceGroups/*"],
        }] });
        let path = "/subscriptions/*/providers/Microsoft.Authorization/permissions";
        person.is_told(path, 200, &permissions);
    }),
    ("a location without Logic Apps", |person| {
        let path = "/subscriptions/*/providers/Microsoft.Logic";
        person.is_told(path, 200, &logic("Registered", "East US"));
    }),
    ("no location", |person| {
        person.edits("location = \"westeurope\"", "");
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

const AT_SENDGRID: &[Defect] = &[
    ("a key that is revoked", |person| {
        let words = "The provided authorization grant is invalid, expired, or revoked";
        let refusal = json!({ "errors": [{ "field": null, "message": words }] });
        person.is_told(SCOPES, 401, &refusal);
    }),
    ("a key that may not send", |person| {
        person.is_told(SCOPES, 200, &json!({ "scopes": ["alerts.read"] }));
    }),
    (
        "a key that may do more than send, which is well",
        |person| {
            let scopes = json!({ "scopes": ["mail.send", "2fa_required", "alerts.read"] });
            person.is_told(SCOPES, 200, &scopes);
        },
    ),
    ("a machine that is not let in", |person| {
        person.is_told(SCOPES, 403, &forbidden());
    }),
    ("a sender that nobody knows", |person| {
        person.is_told(DOMAINS, 200, &json!([]));
    }),
    ("a sender that is not verified yet", |person| {
        let sender = json!({ "from_email": "bot@picletter.example", "verified": false });
        person.is_told(SENDERS, 200, &json!({ "results": [sender] }));
        person.is_told(DOMAINS, 200, &json!([]));
    }),
    ("a verified sender, which is well", |person| {
        let sender = json!({ "from_email": "Bot@picletter.example", "verified": true });
        person.is_told(SENDERS, 200, &json!({ "results": [sender] }));
        person.is_told(DOMAINS, 403, &forbidden());
    }),
    ("a domain without its records", |person| {
        let domain = json!({ "domain": "picletter.example", "valid": false });
        person.is_told(DOMAINS, 200, &json!([domain]));
    }),
    ("a domain below one that is authenticated", |person| {
        person.write("Picletter <bot@news.picletter.example>");
    }),
    ("a key that may only send", |person| {
        person.sandbox.sendgrid().set_keys_read_senders(false);
    }),
    ("senders that SendGrid does not give out now", |person| {
        for path in [SENDERS, DOMAINS] {
            person.is_answered(
                path,
                503,
                "<html><title>503 Service Unavailable</title></html>",
            );
        }
    }),
    ("a plan whose mails are used up", |person| {
        let words = "You have exceeded your messaging limits";
        let refusal = json!({ "errors": [{ "field": null, "message": words, "help": null }] });
        person.is_told(SCOPES, 403, &refusal);
    }),
    ("a proxy before SendGrid", |person| {
        let page = "<html><style>p { color: red }</style><h1>Blocked</h1><p>by proxy</p>";
        person.is_answered(SCOPES, 403, page);
    }),
];

const FEED: &str = "/wikimedia/api/rest_v1/feed/featured/*/*/*";

const OF_PICTURES: &[Defect] = &[
    ("the only source without a picture", |person| {
        person.is_told(FEED, 404, &json!({ "title": "Not found." }));
    }),
    ("one of two sources without a picture", |person| {
        let picsum = format!("[config]\nPICSUM_URL = \"{}\"", person.sandbox.picsum_url());
        person.edits("[config]", &picsum);
        person.edits("\"wikimedia\"", "\"wikimedia, picsum\"");
        person.is_told(FEED, 404, &json!({ "title": "Not found." }));
    }),
    ("Unsplash without its key", |person| {
        person.edits("\"wikimedia\"", "\"unsplash\"");
    }),
    (
        "another command, whose mails and pictures are its own",
        |person| {
            let own = "[heroku]\nprocess_type = \"worker\"\ncommand = \"rake nightly\"";
            person.edits("[heroku]", own);
            person.edits("[run]", "[run]\nreport = \"shell\"");
        },
    ),
];

/// What is not as it should be, fault by fault; of the rest the checks that a fault adds.
async fn table(faults: &[Defect]) -> String {
    let mut table = String::new();
    for (name, fault) in faults {
        let mut person = Person::new().await;
        fault(&mut person);
        table.push_str(&examined(name, &person).await);
    }
    table
}

async fn examined(name: &str, person: &Person) -> String {
    let output = person.types(DOCTOR).await;
    let told = stdout(&output);
    person.is_as_it_was(&(told.clone() + &stderr(&output)));
    let wrong = told.contains("✗ wrong");
    assert_eq!(output.status.code(), Some(wrong.into()), "{name}: {told}");
    let lines = told.lines().filter(|line| {
        let of_interest = name.contains("well") && line.contains("SendGrid");
        !line.starts_with('✓') || of_interest
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
    what_is_wrong_here_is_told_with_what_to_do: HERE, "doctor_here";
    what_is_wrong_at_heroku_is_told_with_what_to_do: AT_HEROKU, "doctor_heroku";
    what_is_wrong_at_azure_is_told_with_what_to_do: AT_AZURE, "doctor_azure";
    what_is_wrong_at_sendgrid_is_told_with_what_to_do: AT_SENDGRID, "doctor_sendgrid";
    what_is_wrong_with_pictures_is_told_with_what_to_do: OF_PICTURES, "doctor_pictures";
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_token_is_told_by_what_it_cannot_do() {
    let mut table = String::new();
    for scope in ["identity", "read", "write", "write-protected"] {
        let mut person = Person::new().await;
        person.narrows_to(scope).await;
        table.push_str(&examined(scope, &person).await);
    }
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_scopes", table);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn vendors_that_cannot_be_reached_are_each_told_once() {
    let mut person = Person::new().await;
    // Nobody listens there.
    for name in ["HEROKU_API_URL", "AZURE_AUTHORITY_HOST"] {
        person.sets(name, "http://127.0.0.1:9");
    }
    person.sets("HEROKU_REGISTRY", "127.0.0.1:9");
    person.edits(&person.sandbox.sendgrid_url(), "http://127.0.0.1:9");
    let told = examined("nobody there", &person).await;
    insta::with_settings!({filters => filters()}, {
        insta::assert_snapshot!("doctor_unreachable", told);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_a_token_or_sign_in_points_to_the_doctor() {
    for (name, value, status) in [
        ("HEROKU_API_KEY", Some("HRKU-0123456789abcdef"), 77),
        ("AZURE_CLIENT_SECRET", Some("not-this-one"), 77),
        ("HEROKU_API_KEY", None, 78),
    ] {
        let mut person = Person::new().await;
        match value {
            Some(value) => person.sets(name, value),
            None => person.unsets(name),
        }
        let output = person.types("deploy --yes --image worker.tar").await;
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{told}");
        assert!(told.contains("`picletter doctor`"), "{told}");
    }
}
