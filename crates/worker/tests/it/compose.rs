//! Snapshots of composed mails. Review changes with `cargo insta review`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use picletter_worker::payload::Text;
use sha2::{Digest as _, Sha256};

use picletter_test_support::mails;

#[test]
fn composes_each_kind_of_mail() {
    for (name, mut payload) in mails::all() {
        let placeholder = Text::plain("[in a separate snapshot]".to_owned());
        let html = std::mem::replace(&mut payload.content[1].value, placeholder);
        for attachment in &mut payload.attachments {
            let base64 = std::str::from_utf8(&attachment.content).unwrap();
            attachment.content = digest(base64).into();
        }
        insta::assert_json_snapshot!(name, payload);
        insta::assert_snapshot!(format!("{name}.html"), shorten_data_uri(&html.to_string()));
    }
}

#[test]
fn body_pieces_equal_the_serialized_payload() {
    for (name, payload) in mails::all() {
        let whole = serde_json::to_string(&payload).unwrap();
        let pieces = payload.into_pieces().unwrap();
        assert!(pieces.0.concat() == whole.as_bytes(), "{name}");
    }
}

#[test]
fn attaches_the_picture_unchanged() {
    let (_, payload) = mails::all().swap_remove(0);
    let picture = STANDARD.decode(&payload.attachments[0].content).unwrap();
    assert!(picture == picletter_test_support::ROCKET);
}

fn digest(base64: &str) -> String {
    let picture = STANDARD.decode(base64).unwrap();
    let hash = Sha256::digest(&picture)
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!(
        "[{} base64 characters; sha256 of the picture {hash}]",
        base64.len()
    )
}

fn shorten_data_uri(html: &str) -> String {
    let Some((before, rest)) = html.split_once(";base64,") else {
        return html.to_owned();
    };
    let (base64, after) = rest.split_once('"').unwrap();
    format!("{before};base64,{}\"{after}", digest(base64))
}
