//! Plans and removals, as a person reads them.

use std::fmt::{Display, Write as _};

use anstyle::AnsiColor;

use crate::cli::output::paint;
use crate::config::Style;
use crate::deploy::azure::{ChangeType, within_group};
use crate::deploy::destroy::Removal;
use crate::deploy::difference::Difference;
use crate::deploy::plan::{Change, Cloud, Item, Plan};
use crate::deploy::what_if::ResourceChange;
use crate::shell::picletter;

/// A plan, a line for each thing and each difference; what is left alone is named last.
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
            thing(&mut text, item, style);
        }
    }
    let kept: Vec<String> = plan
        .items
        .iter()
        .filter(|item| item.change() == Change::Keep)
        .map(|item| item.resource.to_string())
        .collect();
    if !kept.is_empty() {
        let _ = writeln!(text, "Left alone: {}", kept.join(", "));
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
        writeln!(text, "Nothing to change.")
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

fn thing(text: &mut String, item: &Item, style: Style) {
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

/// How a thing that changes is marked.
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

/// What Azure says that the template would change; nothing where it could not be asked.
pub(super) fn what_if(changes: Option<&[ResourceChange]>, group: &str) -> String {
    let Some(changes) = changes else {
        return format!(
            "Azure's what-if: can only be asked once there is the resource group {group}, which {} creates",
            picletter("deploy")
        );
    };
    let mut text = String::from("Azure's what-if\n");
    let listed = |change: &ChangeType| {
        let of_kind = changes.iter().filter(|one| one.change == *change);
        of_kind.map(|one| within_group(&one.id)).collect::<Vec<_>>()
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
                " is deployed again; Azure does not say what changes".to_owned(),
            ),
            ChangeType::Unsupported => ('?', ": Azure cannot say".to_owned()),
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
        (
            ChangeType::Ignore,
            "Ignored, since the template does not have it",
        ),
    ] {
        let listed = listed(&change);
        if !listed.is_empty() {
            let _ = writeln!(text, "{title}: {}", listed.join(", "));
        }
    }
    text
}

/// What is removed, and what is kept with the reason.
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
            None => writeln!(text, "  {sign} {cloud} {resource}"),
            Some(why) => writeln!(text, "    {cloud} {resource} stays: {why}"),
        };
    }
    text
}
