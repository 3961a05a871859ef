//! Renders plans and removals as text.

use std::fmt::{Display, Write as _};

use anstyle::AnsiColor;

use crate::cli::output::paint;
use picletter_core::config::Style;
use picletter_core::deploy::azure::{ChangeType, within_group};
use picletter_core::deploy::destroy::Removal;
use picletter_core::deploy::difference::Difference;
use picletter_core::deploy::plan::{Change, Cloud, Item, Plan};
use picletter_core::deploy::what_if::ResourceChange;
use picletter_core::shell::picletter;

/// A plan: a line for each resource and difference, then the unchanged resources.
pub(in crate::cli) fn plan(plan: &Plan, style: Style) -> String {
    let mut text = String::new();
    for (cloud, title) in [(Cloud::Heroku, "Heroku"), (Cloud::Azure, "Azure")] {
        let mut changing = plan
            .items
            .iter()
            .filter(|item| item.resource.kind.cloud() == cloud && item.change() != Change::Keep)
            .peekable();
        if changing.peek().is_some() {
            let _ = writeln!(text, "{title}");
        }
        for item in changing {
            resource(&mut text, item, style);
        }
    }
    let kept: Vec<String> = plan
        .items
        .iter()
        .filter(|item| item.change() == Change::Keep)
        .map(|item| item.resource.to_string())
        .collect();
    if !kept.is_empty() {
        let _ = writeln!(text, "Unchanged: {}", kept.join(", "));
    }
    for item in &plan.items {
        if let (Change::Keep, Some(note)) = (item.change(), &item.note) {
            let _ = writeln!(text, "Note on the {}: {note}", item.resource);
        }
    }
    let count = |change| {
        plan.items
            .iter()
            .filter(|item| item.change() == change)
            .count()
    };
    let _ = if plan.is_empty() {
        writeln!(text, "No changes.")
    } else {
        writeln!(
            text,
            "{} to create, {} to change, {} to remove{}.",
            count(Change::Create),
            count(Change::Change),
            count(Change::Remove),
            if plan.not_set.is_empty() {
                String::new()
            } else {
                format!("; not compared: {}", plan.not_set.join(", "))
            }
        )
    };
    text
}

fn resource(text: &mut String, item: &Item, style: Style) {
    let sign = sign(item.change(), style);
    let note = item.note.as_ref();
    let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
    let _ = writeln!(text, "  {sign} {}{note}", item.resource);
    for difference in &item.differences {
        let Difference { name, old, new } = difference;
        let line = changed(name, old.as_ref(), new.as_ref(), style);
        let _ = writeln!(text, "      {line}");
    }
}

/// The mark of a change.
fn sign(change: Change, style: Style) -> String {
    let (sign, color) = match change {
        Change::Create => ('+', AnsiColor::Green),
        Change::Change => ('~', AnsiColor::Yellow),
        Change::Remove => ('-', AnsiColor::Red),
        Change::Keep => return " ".to_owned(),
    };
    paint(sign, color.on_default(), style)
}

fn changed(
    name: &str,
    old: Option<&impl Display>,
    new: Option<&impl Display>,
    style: Style,
) -> String {
    let (change, words) = match (old, new) {
        (Some(old), Some(new)) => (Change::Change, format!("{name}: {old} -> {new}")),
        (None, Some(new)) => (Change::Create, format!("{name}: {new}")),
        (Some(old), None) => (Change::Remove, format!("{name}: {old}")),
        (None, None) => (Change::Change, format!("{name} changes")),
    };
    format!("{} {words}", sign(change, style))
}

/// Azure's what-if result; none if there is no resource group.
pub(super) fn what_if(changes: Option<&[ResourceChange]>, group: &str) -> String {
    let Some(changes) = changes else {
        return format!(
            "Azure's what-if needs the resource group {group}, which does not exist yet; {} creates it",
            picletter("deploy")
        );
    };
    let mut text = String::from("Azure's what-if\n");
    let listed = |change: &ChangeType| {
        let matching = changes.iter().filter(|one| one.change == *change);
        matching
            .map(|one| within_group(&one.id))
            .collect::<Vec<_>>()
    };
    for ResourceChange {
        id,
        change,
        reason,
        properties,
    } in changes
    {
        let (sign, note) = match change {
            ChangeType::Create => ('+', String::new()),
            ChangeType::Modify => ('~', String::new()),
            ChangeType::Delete => ('-', String::new()),
            ChangeType::Deploy => (
                '!',
                ": deployed again; Azure does not list its changes".to_owned(),
            ),
            ChangeType::Unsupported => ('?', ": not supported by Azure's what-if".to_owned()),
            ChangeType::Other(word) => ('?', format!(": {word}")),
            ChangeType::NoChange | ChangeType::Ignore => continue,
        };
        let reason = reason.as_ref().map(|reason| format!(" ({reason})"));
        let reason = reason.unwrap_or_default();
        let _ = writeln!(text, "  {sign} {}{note}{reason}", within_group(id));
        for property in properties {
            let no_effect = match property.change.as_str() {
                "NoEffect" => " (no effect)",
                _ => "",
            };
            let (old, new) = (property.old.as_ref(), property.new.as_ref());
            let change = changed(&property.path, old, new, Style::Plain);
            let _ = writeln!(text, "      {change}{no_effect}");
        }
    }
    for (change, title) in [
        (ChangeType::NoChange, "No change"),
        (ChangeType::Ignore, "Ignored (not in the template)"),
    ] {
        let listed = listed(&change);
        if !listed.is_empty() {
            let _ = writeln!(text, "{title}: {}", listed.join(", "));
        }
    }
    text
}

/// The resources that are removed, and those that are kept, with the reason.
pub(super) fn removals(removals: &[Removal], style: Style) -> String {
    let sign = sign(Change::Remove, style);
    let mut text = String::new();
    for removal in removals {
        let resource = removal.target.resource();
        let cloud = match resource.kind.cloud() {
            Cloud::Heroku => "Heroku",
            Cloud::Azure => "Azure",
        };
        let _ = match &removal.kept {
            None => {
                let note = removal.note.as_ref();
                let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
                writeln!(text, "  {sign} {cloud} {resource}{note}")
            }
            Some(why) => writeln!(text, "    {cloud} {resource} (kept: {why})"),
        };
    }
    text
}
