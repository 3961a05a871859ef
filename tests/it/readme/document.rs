//! A document, as those who read it see it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The folder that holds the documents.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Some words of a document and the line on which they begin, from 1.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A fenced block; `line` is that of its first line within.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) content: Passage,
}

#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Relative to the repository.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    /// What is set as code within a line.
    pub(crate) code: Vec<Passage>,
    /// Where links and pictures lead.
    pub(crate) links: Vec<Passage>,
    /// The names by which its headings are linked to, as GitHub makes them.
    pub(crate) anchors: BTreeSet<String>,
}

impl Document {
    pub(crate) fn read(name: &str) -> Self {
        let path = repository().join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::parse(name, text)
    }

    pub(crate) fn parse(name: &str, text: String) -> Self {
        let mut document = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        let mut place = Place::Elsewhere;
        let mut heading = String::new();
        let parser = Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter();
        for (event, range) in parser {
            let line = text[..range.start].matches('\n').count() + 1;
            let passage = |text: &str| Passage {
                line,
                text: text.to_owned(),
            };
            match (event, place) {
                (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))), _) => {
                    let content = Passage {
                        line: line + 1,
                        text: String::new(),
                    };
                    let language = language.into_string();
                    document.blocks.push(Block { language, content });
                    place = Place::Block;
                }
                (Event::Start(Tag::Heading { .. }), _) => {
                    heading.clear();
                    place = Place::Heading;
                }
                (Event::End(TagEnd::Heading(_)), _) => {
                    document.anchors.insert(slug(&heading));
                    place = Place::Elsewhere;
                }
                (Event::End(TagEnd::CodeBlock), _) => place = Place::Elsewhere,
                (Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }), _) => {
                    document.links.push(passage(&dest_url));
                }
                (Event::Code(words) | Event::Text(words), Place::Heading) => {
                    heading.push_str(&words);
                }
                (Event::Code(code), _) => document.code.push(passage(&code)),
                (Event::Text(words), Place::Block) => {
                    if let Some(block) = document.blocks.last_mut() {
                        block.content.text.push_str(&words);
                    }
                }
                _ => {}
            }
        }
        document.text = text;
        document
    }

    /// Where a link leads, which is relative to the document, and the heading that it names.
    pub(crate) fn target(&self, link: &str) -> (PathBuf, Option<String>) {
        let (path, anchor) = match link.split_once('#') {
            Some((path, anchor)) => (path, Some(anchor.to_owned())),
            None => (link, None),
        };
        if path.is_empty() {
            return (PathBuf::from(&self.name), anchor);
        }
        let folder = Path::new(&self.name).parent().unwrap_or(Path::new(""));
        (folder.join(path), anchor)
    }

    /// What is said of a mistake: where it is, and what.
    pub(crate) fn mistake(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{line}: {what}", self.name)
    }
}

/// Where in a document its parser is.
#[derive(Clone, Copy)]
enum Place {
    Heading,
    Block,
    Elsewhere,
}

/// As GitHub names a heading.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
