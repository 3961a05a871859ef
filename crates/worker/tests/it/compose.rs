//! What the mail looks like, as data. `cargo insta review` shows what a change does to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use picletter_worker::payload::Text;
use sha2::{Digest as _, Sha256};

use picletter_test_support::mails;

#[test]
fn every_kind_of_mail_is_composed_as_recorded() {
    for (name, mut payload) in mails::all() {
        let elsewhere = Text::plain("[in a snapshot of its own]".to_owned());
        let html = std::mem::replace(&mut payload.content[1].value, elsewhere);
        for attachment in &mut payload.attachments {
            let base64 = std::str::from_utf8(&attachment.content).unwrap();
            attachment.content = digest(base64).into();
        }
        insta::assert_json_snapshot!(name, payload);
        insta::assert_snapshot!(format!("{name}.html"), shorten_data_uri(&html.to_string()));
    }
}

#[test]
fn the_pieces_that_are_sent_are_the_payload_to_the_byte() {
    for (name, payload) in mails::all() {
        let whole = serde_json::to_string(&payload).unwrap();
        let pieces = payload.into_pieces().unwrap();
        assert!(pieces.0.concat() == whole.as_bytes(), "{name}");
    }
}

#[test]
fn the_attached_bytes_are_the_photograph() {
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
