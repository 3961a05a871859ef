//! The sandbox takes alerts and heartbeats as those do who receive them.

use std::sync::mpsc::channel;

use picletter_sandbox::Sandbox;

use picletter_test_support::loopback;

#[tokio::test]
async fn alerts_are_kept_and_told() {
    let sandbox = Sandbox::start().await.unwrap();
    let (tell, told) = channel();
    let alerts = sandbox.alerts().clone();
    let tell = move |text: &str| {
        assert_eq!(alerts.all(), [text]);
        tell.send(text.to_owned()).unwrap();
    };
    sandbox.alerts().watch(tell);
    for (body, status) in [
        (r#"{"text":"It failed."}"#, 200),
        (r#"{"message":"It failed."}"#, 400),
        ("It failed.", 400),
    ] {
        let url = sandbox.alert_webhook_url();
        let post = loopback::client().post(url).body(body);
        assert_eq!(post.send().await.unwrap().status(), status, "{body}");
    }
    assert_eq!(sandbox.alerts().all(), ["It failed."]);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["It failed."]);
}

#[tokio::test]
async fn heartbeats_are_kept_in_their_order() {
    let sandbox = Sandbox::start().await.unwrap();
    for (what, status) in [("/start", 200), ("/69", 200), ("", 200), ("/nonsense", 400)] {
        let url = sandbox.heartbeat_url() + what;
        let answer = loopback::client().get(url).send().await.unwrap();
        assert_eq!(answer.status(), status, "{what}");
    }
    assert_eq!(sandbox.heartbeats().all(), ["start", "69", ""]);
}
