//! Access to files in a tar archive, which may be gzipped.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entries, Entry};

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

/// A file or link in an archive.
struct Member {
    name: String,
    place: Place,
    /// The target, if it is a link.
    link: Option<String>,
}

/// The position of a file's content in the uncompressed archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// The table of contents of a complete archive.
pub(super) struct Index {
    members: Vec<Member>,
    /// The content of a file that the caller selected.
    pub(super) selected: Option<Vec<u8>>,
}

/// An archive cannot be indexed.
pub(super) enum IndexError {
    /// The file is not a tar archive.
    NotTar,
    /// The archive is truncated or invalid.
    Damaged(io::Error),
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

/// Lists the files of an archive, and reads the small file `selected`. Checks that all files are
/// complete. A gzipped archive is unpacked for this, which also checks its checksum.
pub(super) fn index(contents: &Contents, selected: &str) -> Result<Index, IndexError> {
    let contents = contents.clone();
    let not_tar = |_| IndexError::NotTar;
    if is_gzipped(&contents).map_err(not_tar)? {
        let mut unpacked = MultiGzDecoder::new(BufReader::new(contents));
        let mut archive = Archive::new(&mut unpacked);
        let index = index_entries(archive.entries().map_err(not_tar)?, selected, u64::MAX)?;
        // The checksum follows the last block.
        io::copy(&mut unpacked, &mut io::sink()).map_err(IndexError::Damaged)?;
        Ok(index)
    } else {
        let length = contents.file.metadata().map_err(not_tar)?.len();
        // Seeks over layers without reading them.
        let mut archive = Archive::new(contents);
        let entries = archive.entries_with_seek().map_err(not_tar)?;
        index_entries(entries, selected, length)
    }
}

fn index_entries<R: Read>(
    entries: Entries<'_, R>,
    selected: &str,
    length: u64,
) -> Result<Index, IndexError> {
    let mut index = Index {
        members: Vec::new(),
        selected: None,
    };
    for entry in entries {
        let member = entry.and_then(|entry| {
            let member = Member::new(&entry);
            if index.selected.is_none() && member.name == selected {
                index.selected = Some(small(entry)?);
            }
            Ok(member)
        });
        let member = member.map_err(|error| match index.members.as_slice() {
            [] => IndexError::NotTar,
            _ => IndexError::Damaged(error),
        })?;
        // A seek beyond the end does not fail.
        if member.place.offset.saturating_add(member.place.size) > length {
            return Err(IndexError::Damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        index.members.push(member);
    }
    if index.members.is_empty() {
        return Err(IndexError::NotTar);
    }
    Ok(index)
}

fn small(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    reader.take(MAX_JSON_BYTES).read_to_end(&mut content)?;
    Ok(content)
}

/// Reads a small file from an archive.
pub(super) fn read(contents: &Contents, place: Place) -> io::Result<Vec<u8>> {
    if !is_gzipped(contents)? {
        return small(open(&contents.file, place));
    }
    let mut unpacked = MultiGzDecoder::new(BufReader::new(contents.clone()));
    io::copy(&mut (&mut unpacked).take(place.offset), &mut io::sink())?;
    small(unpacked.take(place.size))
}

/// Opens a file in an uncompressed archive.
pub(super) fn open(plain: &Arc<File>, place: Place) -> io::Take<Contents> {
    Contents::at(plain, place.offset).take(place.size)
}

impl Index {
    /// Whether there is a file of that name.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// The place of a file. Follows one link, because `docker save` before Docker 25 writes a repeated
    /// layer as a link.
    pub(super) fn find(&self, name: &str) -> Option<Place> {
        let member = self.member(name)?;
        let file = match &member.link {
            Some(target) => self.member(target).filter(|file| file.link.is_none())?,
            None => member,
        };
        Some(file.place)
    }

    fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Member {
    fn new<R: Read>(entry: &Entry<'_, R>) -> Self {
        let name = normalized(&entry.path_bytes());
        let target = entry.link_name_bytes();
        let kind = entry.header().entry_type();
        let link = target.and_then(|target| {
            if kind.is_symlink() {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = String::from_utf8_lossy(&target);
                Some(normalized(format!("{folder}/{target}").as_bytes()))
            } else {
                kind.is_hard_link().then(|| normalized(&target))
            }
        });
        Self {
            place: Place {
                offset: entry.raw_file_position(),
                size: entry.size(),
            },
            name,
            link,
        }
    }
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
