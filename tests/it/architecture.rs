//! Rules of the whole workspace: docs/architecture.md matches the crates, modules, and dependencies, and
//! no code inspects the text of an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use picletter_test_support::module_order;

/// Crates that bring in a C library or a second TLS stack. None may be in the lock file.
const BANNED: &[&str] = &[
    "openssl",
    "openssl-sys",
    "openssl-src",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
    "cmake",
];

#[test]
fn lock_file_has_one_tls_stack_and_no_cmake() {
    let lock = include_str!("../../Cargo.lock");
    let found: Vec<_> = BANNED
        .iter()
        .filter(|name| lock.contains(&format!("name = \"{name}\"\n")))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

/// The page. It is read at run time, because lints are built without the documents.
fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/architecture.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn docs_give_a_reason_for_each_direct_dependency() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = page();
    let (_, crates) = page.split_once("\n## Dependencies\n").unwrap();
    let words: BTreeSet<&str> = crates
        .split(|c: char| !c.is_alphanumeric() && !"-_".contains(c))
        .collect();
    let members = fs::read_dir(root.join("crates")).unwrap();
    let manifests = members.map(|member| member.unwrap().path().join("Cargo.toml"));
    let mut count = 0;
    for manifest in manifests.chain([root.join("Cargo.toml")]) {
        let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
        for section in ["dependencies", "dev-dependencies"] {
            let Some(dependencies) = manifest.get(section) else {
                continue;
            };
            for name in dependencies.as_table().unwrap().keys() {
                let is_listed = words.contains(name.as_str()) || name.starts_with("picletter-");
                assert!(is_listed, "{name} is missing in docs/architecture.md");
                count += 1;
            }
        }
    }
    assert!(count > 40, "found only {count} dependencies");
}

/// Returns the table rows of a section, split into cells.
fn rows(section: &str) -> Vec<Vec<String>> {
    let page = page();
    let (_, section) = page.split_once(&format!("\n## {section}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        row.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// Returns the names in backticks in a cell.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn docs_list_every_crate_with_its_workspace_dependencies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed: BTreeMap<String, BTreeSet<String>> = rows("Crates and modules")
        .iter()
        .filter(|row| row.len() == 3 && row[0] != "crate")
        .map(|row| (names(&row[0]).pop_first().unwrap(), names(&row[2])))
        .collect();
    let members = fs::read_dir(root.join("crates")).unwrap();
    let manifests = members.map(|member| member.unwrap().path().join("Cargo.toml"));
    let found = manifests.chain([root.join("Cargo.toml")]).map(|manifest| {
        let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
        let uses = manifest["dependencies"].as_table().unwrap().keys();
        let uses = uses.filter(|name| name.starts_with("picletter-")).cloned();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        (name, uses.collect())
    });
    assert_eq!(listed, found.collect());
}

#[test]
fn docs_list_every_module_of_the_root_and_of_core() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed: BTreeSet<String> = rows("Crates and modules")
        .iter()
        .filter(|row| row.len() == 2 && row[0] != "module")
        .flat_map(|row| names(&row[0]))
        .collect();
    let modules = ["src/", "crates/core/src/"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        entries.map(move |entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let slash = if entry.path().is_dir() { "/" } else { "" };
            format!("{folder}{name}{slash}")
        })
    });
    let is_module = |path: &String| {
        !["lib.rs", "main.rs", "src/bin/"]
            .iter()
            .any(|end| path.ends_with(end))
    };
    assert_eq!(listed, modules.filter(is_module).collect());
}

#[test]
fn modules_use_only_those_listed_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (sources, scope) in [
        ("src", &[][..]),
        ("crates/core/src", &[]),
        ("crates/core/src", &["deploy"]),
        ("crates/core/src", &["deploy", "azure"]),
        ("crates/logic-apps/src", &[]),
        ("crates/worker/src", &[]),
    ] {
        let found = module_order::deviations(&root.join(sources), scope);
        assert!(found.is_empty(), "{sources} {scope:?}: {found:#?}");
    }
}

#[test]
fn finds_every_use_of_a_higher_or_unlisted_module() {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path();
    let lib = "//! From the bottom up:\n//! 1. [`low`]\n//! 2. [`middle`]: is not `Low`\n//! 3. `high`,\n//!    `top`\n
        mod high; pub mod low; mod middle; mod top; mod unlisted; pub use high::Name;";
    fs::write(sources.join("lib.rs"), lib).unwrap();
    fs::create_dir_all(sources.join("low/deep")).unwrap();
    fs::create_dir_all(sources.join("middle")).unwrap();
    for (file, text) in [
        (
            "high.rs",
            "use crate::low::{A, b::C}; fn f() { super::middle::g::<crate::top::T>(); }",
        ),
        (
            "low/mod.rs",
            "//! Not crate::high.\nmod deep; use self::deep::D; pub(in crate::low) fn f() {}",
        ),
        ("low/deep/mod.rs", "use crate::{Name, middle::{self, M}};"),
        (
            "middle/mod.rs",
            "mod inline { use super::super::{low, high::H}; use super::inline::X; }",
        ),
        (
            "middle/other.rs",
            "use super::super::top; use super::Y; macro_rules! m { () => { $crate::gone::f() } }",
        ),
        ("top.rs", "use super::*;"),
    ] {
        fs::write(sources.join(file), text).unwrap();
    }
    insta::assert_debug_snapshot!(module_order::deviations(sources, &[]), @r#"
    [
        "high.rs: high uses top",
        "low/deep/mod.rs: low uses high",
        "low/deep/mod.rs: low uses middle",
        "middle/mod.rs: middle uses high",
        "middle/other.rs: middle uses `gone`, which is in no module below it",
        "middle/other.rs: middle uses top",
        "top.rs: top uses `*`, which is in no module below it",
        "unlisted is listed 0 times",
    ]
    "#);
}

#[test]
fn every_published_member_contains_both_licenses() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for member in fs::read_dir(root.join("crates")).unwrap() {
        let member = member.unwrap().path();
        let manifest = fs::read_to_string(member.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        if manifest["package"].get("publish").is_some() {
            continue;
        }
        for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let text = fs::read(root.join(license)).unwrap();
            assert_eq!(fs::read(member.join(license)).unwrap(), text);
        }
    }
}

/// Code that would inspect the text of an error.
const INSPECTIONS: [&str; 9] = [
    "to_string().contains(",
    "to_string().starts_with(",
    "to_string().ends_with(",
    "to_string().split",
    "to_string().rsplit",
    "to_string().strip_",
    "split_once(\": \")",
    "message.contains(",
    "words.contains(",
];

/// Files for which text is the only source: `azure_identity`'s error for a missing `az`, and SendGrid's
/// for used-up credits.
const WORDS_ONLY: [&str; 3] = [
    "crates/worker/src/sendgrid.rs",
    "crates/core/src/deploy/azure/sign_in.rs",
    "crates/core/src/deploy/doctor/sendgrid.rs",
];

fn collect_sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the name and the text of each source file of the workspace's programs and libraries.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect_sources(&root.join("src"), &mut files);
    for member in fs::read_dir(root.join("crates")).unwrap() {
        collect_sources(&member.unwrap().path().join("src"), &mut files);
    }
    assert!(files.len() > 100, "{files:?}");
    let named = files.into_iter().map(|path| {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        (name, fs::read_to_string(&path).unwrap())
    });
    named.collect()
}

/// With unit tests, Cargo would compile each library twice.
#[test]
fn no_library_or_program_has_unit_tests() {
    for (name, text) in sources() {
        assert!(
            !text.contains("#[cfg(test)]") && !text.contains("#[test]"),
            "{name}"
        );
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let members = fs::read_dir(root.join("crates")).unwrap();
    let members = members.map(|member| member.unwrap().path());
    for member in members.chain([root.to_owned()]) {
        let manifest = fs::read_to_string(member.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let programs = manifest.get("bin").and_then(toml::Value::as_array);
        let targets = manifest.get("lib").into_iter();
        let targets: Vec<_> = targets.chain(programs.into_iter().flatten()).collect();
        assert!(!targets.is_empty(), "{}", member.display());
        for target in targets {
            let test = target.get("test").and_then(toml::Value::as_bool);
            assert_eq!(
                test,
                Some(false),
                "`test` of {target} in {}",
                member.display()
            );
        }
    }
}

#[test]
fn no_code_inspects_the_text_of_an_error() {
    for (name, text) in sources() {
        let code: String = text.split_whitespace().collect();
        let code = code.replace("\":\"", "\": \"");
        let inspects = INSPECTIONS.iter().find(|part| code.contains(**part));
        if !WORDS_ONLY.contains(&name.as_str()) {
            assert_eq!(inspects, None, "{name}: give the error a type instead");
        }
    }
}
