//! Checks that modules use only modules below them, in the order that `lib.rs` or `mod.rs`
//! documents.
//!
//! The list starts after the line of the file's doc comment that contains "from the bottom up".
//! Each numbered item or table row is a layer; a layer contains the declared modules that it names
//! in backticks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Deviations from the documented order of the modules in `scope`, a module path in the directory
/// `sources`. A module deviates if it is not listed exactly once, or if it uses a module of the same
/// or a higher layer.
///
/// # Panics
/// A file cannot be read or is not Rust.
pub fn deviations(sources: &Path, scope: &[&str]) -> Vec<String> {
    let scope: Vec<String> = scope.iter().map(|&name| name.to_owned()).collect();
    let folder = sources.join(scope.join("/"));
    let map = folder.join(if scope.is_empty() { "lib.rs" } else { "mod.rs" });
    let text = fs::read_to_string(&map).unwrap();
    let declarations = Declarations::new(&tokens(&text), &scope);
    let (layers, mut found) = declarations.layers(&text);
    for file in rust_files(&folder) {
        let module = module_path(file.strip_prefix(sources).unwrap());
        let Some(own) = module.get(scope.len()) else {
            continue;
        };
        let Some(layer) = layers.get(own) else {
            continue; // Already reported as not listed, or the file of a program.
        };
        let mut paths = Vec::new();
        collect(
            &tokens(&fs::read_to_string(&file).unwrap()),
            &module,
            &mut paths,
        );
        let in_scope = paths.iter().filter(|path| path.starts_with(&scope));
        for path in in_scope {
            let name = path.get(scope.len()).map_or("*", String::as_str);
            let used = declarations.module_for(name);
            let place = file.strip_prefix(sources).unwrap().display();
            match layers.get(used) {
                _ if used == own => {}
                Some(below) if below < layer => {}
                Some(_) => found.push(format!("{place}: {own} uses {used}")),
                None if declarations.modules.iter().any(|name| name == used) => {}
                None => found.push(format!(
                    "{place}: {own} uses `{name}`, which is in no module below it"
                )),
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The declarations of a `lib.rs` or `mod.rs`.
struct Declarations {
    modules: Vec<String>,
    /// The modules of re-exported items, by the exported name.
    exported: BTreeMap<String, String>,
}

impl Declarations {
    fn new(tokens: &[TokenTree], scope: &[String]) -> Self {
        let named = |word: &'static str| {
            let words = tokens.windows(2).enumerate();
            words.filter(move |(_, pair)| is_word(&pair[0], word))
        };
        let modules = named("mod")
            .map(|(_, pair)| word(&pair[1]).unwrap())
            .collect();
        let mut exported = BTreeMap::new();
        for (index, _) in named("use") {
            let mut paths = Vec::new();
            tree(tokens, index + 1, &[], &mut paths);
            for mut path in paths {
                let prefix = if path.starts_with(scope) {
                    scope.len()
                } else {
                    0
                };
                path.drain(..prefix);
                if let [module, .., name] = path.as_slice() {
                    exported.insert(name.clone(), module.clone());
                }
            }
        }
        Self { modules, exported }
    }

    fn module_for<'a>(&'a self, name: &'a str) -> &'a str {
        let is_module = self.modules.iter().any(|module| module == name);
        let exported = self.exported.get(name).filter(|_| !is_module);
        exported.map_or(name, String::as_str)
    }

    /// The layer of each module, lowest first, and the modules that are not listed exactly once.
    fn layers(&self, text: &str) -> (BTreeMap<String, usize>, Vec<String>) {
        let doc = text.lines().filter_map(|line| line.strip_prefix("//! "));
        let list = doc.skip_while(|line| !line.to_lowercase().contains("from the bottom up"));
        let mut layer = 0;
        let mut listed: Vec<(String, usize)> = Vec::new();
        for line in list {
            if line.starts_with(|first: char| first.is_ascii_digit() || first == '|') {
                layer += 1;
            }
            let names = line.split('`').skip(1).step_by(2);
            let modules = names.filter(|name| self.modules.iter().any(|module| module == name));
            listed.extend(modules.map(|name| (name.to_owned(), layer)));
        }
        let times = |module: &String| listed.iter().filter(|(name, _)| name == module).count();
        let wrong = self.modules.iter().filter(|module| times(module) != 1);
        let wrong = wrong.map(|module| format!("{module} is listed {} times", times(module)));
        let wrong = wrong.collect();
        (listed.into_iter().collect(), wrong)
    }
}

fn tokens(text: &str) -> Vec<TokenTree> {
    text.parse::<TokenStream>().unwrap().into_iter().collect()
}

fn word(token: &TokenTree) -> Option<String> {
    let TokenTree::Ident(ident) = token else {
        return None;
    };
    let ident = ident.to_string();
    Some(ident.strip_prefix("r#").unwrap_or(&ident).to_owned())
}

fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == expected)
}

/// Whether `::` is at `index`.
fn is_separator(tokens: &[TokenTree], index: usize) -> bool {
    let is_colon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    matches!(tokens.get(index..index + 2), Some([a, b]) if is_colon(a) && is_colon(b))
}

/// Collects the paths that start with `crate::`, `super::`, or `self::` in the tokens of `module`,
/// from the crate's root.
fn collect(tokens: &[TokenTree], module: &[String], paths: &mut Vec<Vec<String>>) {
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let starts_path = ["crate", "super", "self"]
            .iter()
            .any(|word| is_word(token, word))
            && is_separator(tokens, index + 1);
        if starts_path {
            index = tree(tokens, index, module, paths);
            continue;
        }
        if is_word(token, "pub") && matches!(tokens.get(index + 1), Some(TokenTree::Group(_))) {
            index += 2; // `pub(in …)` does not use a module.
            continue;
        }
        if let TokenTree::Group(group) = token {
            let inner: Vec<_> = group.stream().into_iter().collect();
            let name = index
                .checked_sub(2)
                .filter(|at| is_word(&tokens[*at], "mod"));
            match name.and_then(|at| word(&tokens[at + 1])) {
                Some(name) => collect(&inner, &[module, &[name]].concat(), paths),
                None => collect(&inner, module, paths),
            }
        }
        index += 1;
    }
}

/// Parses the path at `index`, including the groups of a `use`. The path is relative to `base`.
/// Returns the index after the path.
fn tree(
    tokens: &[TokenTree],
    mut index: usize,
    base: &[String],
    paths: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = base.to_vec();
    loop {
        match tokens.get(index) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<_> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for branch in inner.split(is_comma).filter(|branch| !branch.is_empty()) {
                    tree(branch, 0, &path, paths);
                }
                return index + 1;
            }
            Some(TokenTree::Ident(ident)) if ident == "crate" => path.clear(),
            Some(TokenTree::Ident(ident)) if ident == "super" => drop(path.pop()),
            Some(TokenTree::Ident(ident)) if ident == "self" => {}
            Some(token @ TokenTree::Ident(_)) => path.extend(word(token)),
            // `*`, or generic arguments.
            _ => {
                paths.push(path);
                return index;
            }
        }
        index += 1;
        if !is_separator(tokens, index) {
            paths.push(path);
            return index;
        }
        index += 2;
    }
}

/// The module path of a source file: `a/b.rs` and `a/b/mod.rs` are `a::b`.
fn module_path(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let names = path.iter().map(|name| name.to_str().unwrap().to_owned());
    names
        .filter(|name| name != "mod" && name != "lib")
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| match path.extension() {
        _ if path.is_dir() => rust_files(&path),
        Some(extension) if extension == "rs" => vec![path],
        _ => Vec::new(),
    });
    files.collect()
}
