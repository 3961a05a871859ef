//! No secret leaves the dashboard's source.

use std::fmt::Write as _;

use http::Method;
use picletter::dashboard::json::json;
use picletter::dashboard::report;
use picletter::dashboard::source::Source as _;
use picletter_sandbox::faults::{Fault, Which};
use secrecy::ExposeSecret;

use super::live_deployment::LiveDeployment;
use crate::support::world::{SG_KEY, WEBHOOK};

#[tokio::test]
async fn boards_details_and_reports_have_no_secret() {
    let deployment = LiveDeployment::new().await;
    let sandbox = &deployment.world.sandbox;
    deployment.read().await;
    let (id, other) = (deployment.run(0).await, deployment.run(0).await);
    let environment = sandbox.environment();
    let token = sandbox.heroku_token().expose_secret();
    let echo = |status| {
        let sent = [SG_KEY, WEBHOOK, token, &environment["AZURE_CLIENT_SECRET"]].join(" ");
        let body = format!(
            r#"{{"id":"made_up","message":"{sent}","error":{{"code":"MadeUp","message":"{sent}"}}}}"#
        );
        Fault::status(status, body)
    };
    let mut shown = String::new();
    let mut look = async |id: &str| {
        let board = deployment.read().await;
        let _ = write!(shown, "{board:?} {} {}", json(&board), report::html(&board));
        let _ = write!(shown, "{:?}", deployment.live.run(0, id).await);
        let mut parts = Vec::new();
        if let Ok(Some(detail)) = deployment.live.run(0, id).await {
            for action in detail.actions {
                parts.push(format!("{:?} {:?}", action.inputs, action.outputs));
            }
        }
        shown += &parts.join(" ");
    };
    look(&id).await;
    // Answers that repeat what was sent. After an error, Azure is not read for a while, so the
    // contents come first.
    let faults = sandbox.faults();
    faults.clear();
    let contents = "/workflows/*/runs/*/actions/*/contents/*";
    faults.on(Method::GET, contents, Which::Every, echo(200));
    look(&other).await;
    let requests = deployment.requests();
    let is_read = requests.iter().any(|path| path.contains("/contents/"));
    assert!(is_read, "{requests:?}");
    let azure = "/subscriptions/*/resourceGroups/*/providers/Microsoft.Logic/workflows";
    for path in ["/apps/*/dynos", azure] {
        faults.on(Method::GET, path, Which::Every, echo(403));
    }
    look(&id).await;
    let tokens = sandbox.azure().tokens();
    let tokens = tokens.iter().map(ExposeSecret::expose_secret);
    let secrets = [SG_KEY, WEBHOOK, token, &environment["AZURE_CLIENT_SECRET"]];
    for secret in secrets.into_iter().chain(tokens) {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
    for address in ["sig=", "/contents/Action"] {
        assert!(!shown.contains(address), "{address} is in {shown}");
    }
    assert!(shown.contains("[secret]"), "nothing was masked");
    assert!(shown.contains("MadeUp"), "no answer was shown");
}
