//! A small model of what commands do.

use std::collections::BTreeMap;

use super::command::{Command, File, Operator};
use crate::support::world::QUICK;

/// What commands leave behind, as far as they are not interrupted: the file that was deployed last,
/// and whether it is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expected {
    Nothing,
    Deployed { file: File, paused: bool },
}

impl Expected {
    /// What a command makes of it; none where the command has to fail.
    pub(crate) fn after(self, command: Command) -> Option<Self> {
        let paused = matches!(self, Self::Deployed { paused: true, .. });
        match (command, self) {
            (Command::Deploy(file) | Command::Rotate(file), _) => {
                Some(Self::Deployed { file, paused })
            }
            (Command::Destroy, _) => Some(Self::Nothing),
            (Command::Plan(_) | Command::Status, _)
            | (Command::Run, Self::Deployed { paused: false, .. }) => Some(self),
            (Command::Pause, Self::Deployed { file, .. }) => {
                Some(Self::Deployed { file, paused: true })
            }
            (Command::Resume, Self::Deployed { file, .. }) => Some(Self::Deployed {
                file,
                paused: false,
            }),
            (Command::Run, _) | (Command::Pause | Command::Resume, Self::Nothing) => None,
        }
    }

    /// The commands that lead there.
    pub(crate) fn commands(self) -> Vec<Command> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Deployed { file, paused } => {
                let paused = paused.then_some(Command::Pause);
                [Command::Deploy(file)].into_iter().chain(paused).collect()
            }
        }
    }
}

/// What there is in each state that commands can end in.
pub(crate) async fn shapes() -> BTreeMap<Expected, String> {
    let mut states = vec![Expected::Nothing];
    for file in [File::Base, File::Changed, File::Quiet] {
        states.extend([false, true].map(|paused| Expected::Deployed { file, paused }));
    }
    let mut shapes = BTreeMap::new();
    for state in states {
        let operator = Operator::after(&state.commands(), QUICK).await;
        shapes.insert(state, operator.facts().await.shape);
    }
    shapes
}
