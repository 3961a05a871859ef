//! Masking of secrets and addresses.

use picletter_worker::mask::{MASKED, Mask};

fn masked(secret: &str, text: &str) -> String {
    let mut mask = Mask::default();
    mask.add_secret(secret);
    mask.apply(text).into_owned()
}

#[test]
fn masks_encoded_secrets() {
    let secret = r#"a b+"c"d"#;
    for text in [
        r#"a b+"c"d"#,
        r#"a b+\"c\"d"#,
        "a+b%2B%22c%22d",
        "a%20b%2B%22c%22d",
        "A%20b%2b%22c%22d",
    ] {
        assert_eq!(masked(secret, text), MASKED, "{text}");
    }
}

#[test]
fn masks_each_line_of_a_pem_except_its_labels() {
    let pem = "-----BEGIN KEY-----\r\nMIIabc+def\r\n  ghi jkl=\r\n-----END KEY-----\r\n";
    assert_eq!(
        masked(pem, pem),
        "-----BEGIN KEY-----\r\n[secret]\r\n-----END KEY-----\r\n"
    );
    assert_eq!(
        masked(pem, &pem.replace("\r\n", "\\r\\n")),
        "-----BEGIN KEY-----\\r\\n[secret]\\r\\n-----END KEY-----\\r\\n"
    );
    assert_eq!(
        masked(pem, "-----BEGIN KEY-----\nMIIabc+def\nghi jkl="),
        "-----BEGIN KEY-----\n[secret]\n[secret]"
    );
    assert_eq!(
        masked(pem, "MIIabc%2Bdef ghi%20jkl%3D"),
        "[secret] [secret]"
    );
}

#[test]
fn masks_user_path_and_query_of_a_url_but_not_its_host() {
    let webhook = "https://hooks.example.com/services/T0/B0/0123456789";
    for (secret, text, expected) in [
        (webhook, webhook, "https://hooks.example.com/[secret]"),
        (
            webhook,
            "https://hooks.example.com/services/ is down",
            "https://hooks.example.com/services/ is down",
        ),
        (webhook, "to /T0/B0/0123456789", "to [secret]"),
        (
            "postgres://me:hunter22@db.example.com:5432/shop_production",
            "db.example.com:5432 refuses hunter22 for shop_production",
            "db.example.com:5432 refuses [secret] for shop_production",
        ),
        (
            "http://127.0.0.1:4000/callback",
            "callback_failed: http://127.0.0.1:4000/callback",
            "callback_failed: http://127.0.0.1:4000[secret]",
        ),
        (
            "https://logs.example.com/stream?sig=0123",
            "GET /stream?sig=0123, sig=0123",
            "GET [secret], sig=0123",
        ),
        (
            "https://e0123456789abcdef.hooks.example.net/",
            "cannot find the host e0123456789abcdef.hooks.example.net",
            "cannot find the host [secret]",
        ),
    ] {
        assert_eq!(masked(secret, text), expected);
    }
}

#[test]
fn masks_whole_characters_at_both_ends_of_a_window() {
    let secret = "x\u{e9}0123456789abcd\u{e9}y";
    // é and ĩ have the same last byte; é and è have the same first byte.
    let text = "\u{129}0123456789abcd\u{e8}";
    assert_eq!(masked(secret, text), MASKED);
}

#[test]
fn masks_addresses_ignoring_case_and_prefers_the_longest() {
    let mut mask = Mask::default();
    mask.add_address("me@x.example", "m…@x.example".to_owned());
    mask.add_address("some@x.example", "s…@x.example".to_owned());
    assert_eq!(
        mask.apply("no some@X.example, Me@x.example"),
        "no s…@x.example, m…@x.example"
    );
}
