//! A parsed Markdown document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The root folder of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A part of a document and its line number, starting at 1.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A fenced code block. The line number of `content` is that of the line after the opening fence.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) content: Passage,
}

/// The parts of a document that tests check.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Path relative to the repository.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    /// Inline code.
    pub(crate) code: Vec<Passage>,
    /// Targets of links and images.
    pub(crate) links: Vec<Passage>,
    /// Anchors of the headings, as GitHub generates them.
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
        let mut context = Context::Other;
        let mut heading = String::new();
        let parser = Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter();
        for (event, range) in parser {
            let line = text[..range.start].matches('\n').count() + 1;
            let passage = |text: &str| Passage {
                line,
                text: text.to_owned(),
            };
            match (event, context) {
                (Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))), _) => {
                    let code = Passage {
                        line: line + 1,
                        text: String::new(),
                    };
                    let language = language.into_string();
                    document.blocks.push(Block {
                        language,
                        content: code,
                    });
                    context = Context::Block;
                }
                (Event::Start(Tag::Heading { .. }), _) => {
                    heading.clear();
                    context = Context::Heading;
                }
                (Event::End(TagEnd::Heading(_)), _) => {
                    document.anchors.insert(slug(&heading));
                    context = Context::Other;
                }
                (Event::End(TagEnd::CodeBlock), _) => context = Context::Other,
                (Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }), _) => {
                    document.links.push(passage(&dest_url));
                }
                (Event::Code(words) | Event::Text(words), Context::Heading) => {
                    heading.push_str(&words);
                }
                (Event::Code(code), _) => document.code.push(passage(&code)),
                (Event::Text(words), Context::Block) => {
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

    /// Splits a link of this document into the path of the target file, relative to the repository,
    /// and the anchor after `#`. A link without a path targets this document.
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

    /// A message about an error, with the document and the line.
    pub(crate) fn error_at(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{line}: {what}", self.name)
    }
}

/// The parser's position in a document.
#[derive(Clone, Copy)]
enum Context {
    Heading,
    Block,
    Other,
}

/// The anchor of a heading, as GitHub generates it.
fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
