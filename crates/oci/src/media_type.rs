//! Media types of Docker images.
//!
//! Source: <https://distribution.github.io/distribution/spec/manifest-v2-2/#media-types>.

/// A manifest, version 2 schema 2: the only kind that Heroku's registry accepts.
pub const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// An image's config.
pub const CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// An uncompressed layer.
pub const PLAIN_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// A gzipped layer.
pub const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
