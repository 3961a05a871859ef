//! Container images: identities, media types, and archives.

mod digest;
mod image_id;
pub mod media_type;

pub use digest::digest;
pub use image_id::ImageId;
