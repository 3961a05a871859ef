//! Slug archives like those of a buildpack.

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

/// A gzipped tar of executable scripts, given by their paths in the app.
/// Source: <https://devcenter.heroku.com/articles/platform-api-deploying-slugs>.
pub fn archive(scripts: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, script) in scripts {
        let content = format!("#!/bin/sh\n{script}\n");
        let mut header = Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, format!("./app/{path}"), content.as_bytes())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}
