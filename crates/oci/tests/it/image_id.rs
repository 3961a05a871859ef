//! Image IDs.

use picletter_oci::ImageId;

#[test]
fn parses_sha256_digests_only() {
    let id = ImageId::from_config(b"{}");
    assert_eq!(
        id.as_str(),
        "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
    assert_eq!(ImageId::parse(id.as_str()), Some(id.clone()));
    let upper = format!("sha256:{}", id.hex().to_uppercase());
    for text in ["", "sha256:", id.hex(), &id.as_str()[..70], &upper] {
        assert_eq!(ImageId::parse(text), None, "{text}");
    }
}
