//! Container images: docker-archives, manifests, layers, and digests.

mod archive;
mod archive_file;
mod blob;
mod digest;
mod image_id;
mod manifest;
pub mod media_type;

pub use archive::{ArchiveError, ImageArchive};
pub use blob::{Blob, Layers};
pub use digest::digest;
pub use image_id::ImageId;
pub use manifest::{Descriptor, Manifest};
