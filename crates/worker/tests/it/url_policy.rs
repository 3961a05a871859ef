//! The URLs that a run may fetch.

use picletter_worker::url_policy::{Forbidden, UrlPolicy};
use url::Url;

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[test]
fn rejects_private_addresses_in_every_notation() {
    for text in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[::]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:7f00:1::]/",
        "https://[fec0::1]/",
    ] {
        let refused = UrlPolicy::default().check(&url(text));
        assert!(matches!(refused, Err(Forbidden::PrivateHost(_))), "{text}");
    }
    assert!(
        UrlPolicy::default()
            .check(&url("https://93.184.216.34/"))
            .is_ok()
    );
    assert!(
        UrlPolicy::default()
            .check(&url("https://example.com/a.jpg"))
            .is_ok()
    );
}

#[test]
fn allows_an_origin_with_the_same_scheme_host_and_port_only() {
    let mut policy = UrlPolicy::default();
    policy.allow(&url("http://127.0.0.1:8080/base"));
    assert!(policy.check(&url("http://127.0.0.1:8080/other")).is_ok());
    assert!(policy.check(&url("http://127.0.0.1:8081/")).is_err());
    assert!(policy.check(&url("http://localhost:8080/")).is_err());
    assert_eq!(
        policy.check(&url("http://u:p@127.0.0.1:8080/")),
        Err(Forbidden::Credentials)
    );
}
