//! SendGrid: the key, the sender, and the plan.

use serde_json::{Value, json};

use super::{Defect, assert_report, table};

const SCOPES: &str = "/v3/scopes";
const SENDERS: &str = "/v3/verified_senders";
const DOMAINS: &str = "/v3/whitelabel/domains";

fn forbidden() -> Value {
    json!({ "errors": [{ "field": null, "message": "access forbidden" }] })
}

const DEFECTS: &[Defect] = &[
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

#[tokio::test(flavor = "multi_thread")]
async fn reports_sendgrid_problems_with_help() {
    assert_report("sendgrid", &table(DEFECTS).await);
}
