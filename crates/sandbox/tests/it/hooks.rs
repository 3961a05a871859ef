//! The webhook for alerts, and the heartbeat monitor.

use std::sync::mpsc::channel;

use picletter_sandbox::Sandbox;

use picletter_test_support::loopback;

#[tokio::test]
async fn stores_alerts_and_notifies_the_watcher() {
    let sandbox = Sandbox::start().await.unwrap();
    let (sender, received) = channel();
    let alerts = sandbox.alerts().clone();
    let watcher = move |text: &str| {
        assert_eq!(alerts.all(), [text]);
        sender.send(text.to_owned()).unwrap();
    };
    sandbox.alerts().watch(watcher);
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
    assert_eq!(received.try_iter().collect::<Vec<_>>(), ["It failed."]);
}

#[tokio::test]
async fn stores_heartbeats_in_order() {
    let sandbox = Sandbox::start().await.unwrap();
    for (event, status) in [("/start", 200), ("/69", 200), ("", 200), ("/nonsense", 400)] {
        let url = sandbox.heartbeat_url() + event;
        let answer = loopback::client().get(url).send().await.unwrap();
        assert_eq!(answer.status(), status, "{event}");
    }
    assert_eq!(sandbox.heartbeats().all(), ["start", "69", ""]);
}
