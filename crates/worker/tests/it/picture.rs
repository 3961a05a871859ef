//! Types of pictures.

use picletter_worker::picture::PictureType;

#[test]
fn detects_each_type_from_its_first_bytes() {
    for (bytes, kind) in [
        (&b"\xff\xd8\xff\xe0"[..], Some(PictureType::Jpeg)),
        (b"\x89PNG\r\n\x1a\n", Some(PictureType::Png)),
        (b"GIF89a", Some(PictureType::Gif)),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", Some(PictureType::WebP)),
        (b"\x00\x00\x00\x1cftypavif", Some(PictureType::Avif)),
        (b"\x00\x00\x00\x1cftypmp42", None),
        (b"<!doctype html>", None),
        (b"", None),
    ] {
        assert_eq!(PictureType::from_bytes(bytes), kind);
    }
}
