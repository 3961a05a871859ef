//! Blobs: the parts of an image as registries store them, identified by their digests. They are the
//! config and the gzipped layers.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tokio::task::yield_now;

use super::archive::{ArchiveError, ArchivedLayer, ImageArchive};
use super::archive_file::{self, Contents, is_gzipped, is_zstd};
use super::digest::format_digest;
use super::manifest::Descriptor;
use super::media_type;

/// The number of bytes to read and compress before yielding to other tasks.
const STEP: usize = 64 << 10;

/// A part of an image, with its content.
#[derive(Debug, Clone)]
pub struct Blob {
    content: Content,
    descriptor: Descriptor,
}

#[derive(Debug, Clone)]
enum Content {
    Memory(Bytes),
    /// An unnamed temporary file, which the system removes even if the process is killed.
    File(Arc<File>),
}

impl Blob {
    /// The descriptor for a manifest.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// A reader of the content, from the start.
    pub fn reader(&self) -> Box<dyn Read + Send + Sync> {
        match &self.content {
            Content::Memory(bytes) => Box::new(Cursor::new(bytes.clone())),
            Content::File(file) => Box::new(Contents::new(file)),
        }
    }
}

/// The layers of an archive, with random access.
pub struct Layers<'a> {
    archive: &'a ImageArchive,
    plain: Arc<File>,
}

impl ImageArchive {
    /// The image's config.
    pub fn config_blob(&self) -> Blob {
        Blob {
            content: Content::Memory(self.config().clone()),
            descriptor: Descriptor {
                media_type: media_type::CONFIG.to_owned(),
                size: self.config().len() as u64,
                digest: self.id().as_str().to_owned(),
            },
        }
    }

    /// The image's layers. A gzipped archive is unpacked into a temporary file first.
    ///
    /// # Errors
    /// The archive is damaged, or the temporary file cannot be written.
    pub async fn layers(&self) -> Result<Layers<'_>, ArchiveError> {
        let contents = Contents::new(&self.file);
        let plain = if is_gzipped(&contents).map_err(|error| self.damaged(&error))? {
            let mut unpacked = self.temporary()?;
            let mut reader = MultiGzDecoder::new(BufReader::new(contents));
            while let Some(step) = self.next(&mut reader).await? {
                let written = unpacked.write_all(&step);
                written.map_err(|source| self.not_stored(source))?;
            }
            Arc::new(unpacked)
        } else {
            Arc::clone(&self.file)
        };
        Ok(Layers {
            archive: self,
            plain,
        })
    }

    async fn next(&self, reader: &mut impl Read) -> Result<Option<Vec<u8>>, ArchiveError> {
        yield_now().await;
        let mut step = Vec::with_capacity(STEP);
        let mut limited = reader.take(STEP as u64);
        let read = limited.read_to_end(&mut step);
        read.map_err(|error| self.damaged(&error))?;
        Ok((!step.is_empty()).then_some(step))
    }

    fn temporary(&self) -> Result<File, ArchiveError> {
        tempfile::tempfile().map_err(|source| self.not_stored(source))
    }

    fn not_stored(&self, source: io::Error) -> ArchiveError {
        ArchiveError::Temporary {
            path: self.path().to_owned(),
            source,
        }
    }

    fn damaged(&self, reason: &dyn ToString) -> ArchiveError {
        ArchiveError::Damaged {
            path: self.path().to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl Layers<'_> {
    /// The number of layers.
    pub fn count(&self) -> usize {
        self.archive.layers.len()
    }

    /// Gzips a layer; the lowest has index 0. The result is deterministic.
    ///
    /// # Errors
    /// There is no such layer, its digest differs from the config, or the temporary file cannot be
    /// written.
    pub async fn blob(&self, index: usize) -> Result<Blob, ArchiveError> {
        let archive = self.archive;
        let Some(ArchivedLayer {
            name,
            place,
            diff_id,
        }) = archive.layers.get(index)
        else {
            return Err(archive.damaged(&format!("layer {index} is missing")));
        };
        let content = archive_file::open(&self.plain, *place);
        if is_zstd(content.get_ref()).map_err(|error| archive.damaged(&error))? {
            return Err(ArchiveError::Zstd {
                path: archive.path().to_owned(),
            });
        }
        let mut reader = plain(content).map_err(|error| archive.damaged(&error))?;
        let file = Digesting::new(BufWriter::new(archive.temporary()?));
        let mut gzip = GzEncoder::new(file, Compression::default());
        let mut digest = Sha256::new();
        while let Some(step) = archive.next(&mut reader).await? {
            digest.update(&step);
            let written = gzip.write_all(&step);
            written.map_err(|source| archive.not_stored(source))?;
        }
        if format_digest(&digest.finalize()) != *diff_id {
            return Err(archive.damaged(&format!(
                "the digest of {name} is not {diff_id}, as in its config"
            )));
        }
        let finished = gzip.finish().and_then(Digesting::finish);
        finished.map_err(|source| archive.not_stored(source))
    }
}

/// The uncompressed tar of a layer, which may be gzipped in the archive.
fn plain(content: io::Take<Contents>) -> io::Result<Box<dyn Read + Send>> {
    let is_gzipped = is_gzipped(content.get_ref())?;
    let content = BufReader::new(content);
    Ok(if is_gzipped {
        Box::new(MultiGzDecoder::new(content))
    } else {
        Box::new(content)
    })
}

/// A writer to a file that also computes the digest and size.
struct Digesting {
    file: BufWriter<File>,
    digest: Sha256,
    size: u64,
}

impl Digesting {
    fn new(file: BufWriter<File>) -> Self {
        Self {
            file,
            digest: Sha256::new(),
            size: 0,
        }
    }

    fn finish(self) -> io::Result<Blob> {
        let file = self.file.into_inner().map_err(io::Error::from)?;
        Ok(Blob {
            content: Content::File(Arc::new(file)),
            descriptor: Descriptor {
                media_type: media_type::LAYER.to_owned(),
                size: self.size,
                digest: format_digest(&self.digest.finalize()),
            },
        })
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or(bytes));
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
