//! Values in messages.

use picletter_worker::quote::quote;

#[test]
fn truncates_long_values_and_escapes_control_characters() {
    assert_eq!(quote("day").to_string(), "`day`");
    assert_eq!(quote("a\nb\0").to_string(), "`a\\nb\\u{0}`");
    let long = quote(&"é".repeat(1 << 20)).to_string();
    assert_eq!(long, format!("`{}…`", "é".repeat(80)));
}
