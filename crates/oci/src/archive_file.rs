//! Access to files in a tar archive, which may be gzipped.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entries};

/// Size limit for manifests and configs, in bytes.
const MAX_JSON_BYTES: u64 = 4 << 20;

/// The magic number of gzip files.
/// Source: RFC 1952, 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A reader of a shared file, with its own position.
#[derive(Debug, Clone)]
pub(super) struct Contents {
    file: Arc<File>,
    position: u64,
}

impl Contents {
    pub(super) fn new(file: &Arc<File>) -> Self {
        Self::at(file, 0)
    }

    fn at(file: &Arc<File>, position: u64) -> Self {
        Self {
            file: Arc::clone(file),
            position,
        }
    }
}

impl Read for Contents {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Contents {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.file.metadata()?.len().checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// The result of a search for a file.
pub(super) enum Found {
    /// The file's content.
    Content(Vec<u8>),
    /// The file is not in the archive.
    NotFound {
        /// The names of all files in the archive.
        names: Vec<String>,
    },
}

/// Whether a file is gzipped.
pub(super) fn is_gzipped(contents: &Contents) -> io::Result<bool> {
    starts_with(contents, &GZIP)
}

/// Whether a file is compressed with zstd. Source: RFC 8878, 3.1.1.
pub(super) fn is_zstd(contents: &Contents) -> io::Result<bool> {
    starts_with(contents, &[0x28, 0xb5, 0x2f, 0xfd])
}

fn starts_with(contents: &Contents, magic: &[u8]) -> io::Result<bool> {
    let mut found = Vec::with_capacity(magic.len());
    let start = contents.clone().take(magic.len() as u64);
    { start }.read_to_end(&mut found)?;
    Ok(found == magic)
}

/// Reads a small file from an archive.
pub(super) fn find(contents: &Contents, wanted: &str) -> io::Result<Found> {
    let contents = contents.clone();
    if is_gzipped(&contents)? {
        let unpacked = MultiGzDecoder::new(BufReader::new(contents));
        find_in(Archive::new(unpacked).entries()?, wanted)
    } else {
        // Seeks over layers without reading them.
        find_in(Archive::new(contents).entries_with_seek()?, wanted)
    }
}

fn find_in<R: Read>(entries: Entries<'_, R>, wanted: &str) -> io::Result<Found> {
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = normalized(&entry.path_bytes());
        if name == wanted {
            let mut content = Vec::new();
            entry.take(MAX_JSON_BYTES).read_to_end(&mut content)?;
            return Ok(Found::Content(content));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Found::NotFound { names })
}

/// Opens a file in an uncompressed archive. Follows one link, because `docker save` before Docker
/// 25 writes a repeated layer as a link.
pub(super) fn open(plain: &Arc<File>, wanted: &str) -> io::Result<Option<io::Take<Contents>>> {
    match locate(plain, wanted)? {
        Some(Located::At { offset, size }) => Ok(Some(Contents::at(plain, offset).take(size))),
        Some(Located::Link(target)) => Ok(match locate(plain, &target)? {
            Some(Located::At { offset, size }) => Some(Contents::at(plain, offset).take(size)),
            _ => None,
        }),
        None => Ok(None),
    }
}

enum Located {
    At { offset: u64, size: u64 },
    Link(String),
}

fn locate(plain: &Arc<File>, wanted: &str) -> io::Result<Option<Located>> {
    for entry in Archive::new(Contents::new(plain)).entries_with_seek()? {
        let entry = entry?;
        if normalized(&entry.path_bytes()) != wanted {
            continue;
        }
        let target = entry.link_name_bytes();
        let kind = entry.header().entry_type();
        return Ok(Some(match target {
            Some(target) if kind.is_symlink() => {
                let folder = wanted.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = String::from_utf8_lossy(&target);
                Located::Link(normalized(format!("{folder}/{target}").as_bytes()))
            }
            Some(target) if kind.is_hard_link() => Located::Link(normalized(&target)),
            _ => Located::At {
                offset: entry.raw_file_position(),
                size: entry.size(),
            },
        }));
    }
    Ok(None)
}

/// Removes `.`, `..`, and empty parts from a path.
fn normalized(path: &[u8]) -> String {
    let path = String::from_utf8_lossy(path);
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
