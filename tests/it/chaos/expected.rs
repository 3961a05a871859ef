//! A small model of the commands' effects.

use std::collections::BTreeMap;

use super::command::{Command, File, Operator};
use crate::support::world::QUICK;

/// The state that uninterrupted commands leave behind: the file deployed last, and whether the
/// workflow is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Expected {
    Nothing,
    Deployed { file: File, paused: bool },
}

impl Expected {
    /// The state after a command; `None` if the command must fail.
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

    /// The commands that produce this state.
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

/// The actual shape of each state in which commands can end.
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
