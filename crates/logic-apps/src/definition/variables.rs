//! Loader of the actions that declare and change variables.

use serde_json::Value;

use super::action::{ActionId, Change, Data, Kind, Variable, VariableType};
use super::error::{At, Fields, LoadError, array, keyword, text};
use super::loader::{Loader, Site};
use crate::suggest::did_you_mean;

/// "Variables per workflow" (`logic-apps-limits-and-config.md`).
const MAX_VARIABLES: usize = 250;

impl Loader {
    pub(super) fn initialize_variable(
        &mut self,
        inputs: &Value,
        at: &At<'_>,
        id: ActionId,
    ) -> Result<Data, LoadError> {
        if self.actions[id].parent.is_some() {
            return Err(
                at.error("variables must be declared outside of scopes, conditions, and loops")
            );
        }
        let fields = Fields::read(inputs, at, &["variables"])?;
        let at = at.to("variables");
        let [variable] = array(fields.require("variables")?, &at)? else {
            return Err(at.error("must contain exactly one variable"));
        };
        let at = at.to("0");
        let fields = Fields::read(variable, &at, &["name", "type", "value"])?;
        let name = text(fields.require("name")?, &at.to("name"))?;
        if self.variable(name).is_some() {
            return Err(at.to("name").error(format!("duplicate variable {name:?}")));
        }
        if self.variables.len() == MAX_VARIABLES {
            return Err(at.error(format!(
                "exceeds the limit of {MAX_VARIABLES} variables per workflow"
            )));
        }
        let kind = fields.require("type")?;
        let kind = keyword(kind, &at.to("type"), "type", &VariableType::NAMES)?;
        let value = match fields.get("value") {
            Some(value) => Some(self.templated(value, &at.to("value"), id, Site::Inputs)?),
            None => None,
        };
        self.variables.push(Variable {
            name: name.to_owned(),
            kind,
            declared_by: id,
        });
        Ok(Data::InitializeVariable {
            variable: self.variables.len() - 1,
            value,
        })
    }

    pub(super) fn change_variable(
        &mut self,
        action: &str,
        inputs: &Value,
        at: &At<'_>,
        id: ActionId,
    ) -> Result<Data, LoadError> {
        let fields = Fields::read(inputs, at, &["name", "value"])?;
        let name_at = at.to("name");
        let name = text(fields.require("name")?, &name_at)?;
        let one = Value::from(1);
        let (change, value) = match action {
            "IncrementVariable" => (Change::Increment, fields.get("value").unwrap_or(&one)),
            "DecrementVariable" => (Change::Decrement, fields.get("value").unwrap_or(&one)),
            "AppendToArrayVariable" => (Change::AppendToArray, fields.require("value")?),
            "AppendToStringVariable" => (Change::AppendToString, fields.require("value")?),
            _ => (Change::Set, fields.require("value")?),
        };
        let value = self.templated(value, &at.to("value"), id, Site::Inputs)?;
        self.variable_uses
            .push((id, name_at.to_string(), name.to_owned()));
        Ok(Data::ChangeVariable {
            // Set by `resolve_variables`, once every declaration is known.
            variable: usize::MAX,
            change,
            value,
        })
    }

    pub(super) fn variable(&self, name: &str) -> Option<usize> {
        let same = |variable: &Variable| variable.name.eq_ignore_ascii_case(name);
        self.variables.iter().position(same)
    }

    /// Resolves the variables that actions change to their declarations.
    pub(super) fn resolve_variables(&mut self) -> Result<(), LoadError> {
        for (id, path, name) in std::mem::take(&mut self.variable_uses) {
            let Some(found) = self.variable(&name) else {
                return Err(LoadError {
                    path,
                    message: self.unknown_variable(&name),
                    is_structural: false,
                });
            };
            let declared = self.variables[found].kind;
            if let Kind::Data(Data::ChangeVariable {
                variable, change, ..
            }) = &mut self.actions[id].kind
            {
                *variable = found;
                let fits = match change {
                    Change::Set => true,
                    Change::Increment | Change::Decrement => {
                        matches!(declared, VariableType::Integer | VariableType::Float)
                    }
                    Change::AppendToArray => declared == VariableType::Array,
                    Change::AppendToString => declared == VariableType::String,
                };
                if !fits {
                    let message = format!(
                        "the action does not support {name}, which is of type {}",
                        declared.name()
                    );
                    return Err(LoadError {
                        path,
                        message,
                        is_structural: false,
                    });
                }
            }
        }
        Ok(())
    }

    pub(super) fn unknown_variable(&self, name: &str) -> String {
        let names: Vec<_> = self.variables.iter().map(|v| v.name.as_str()).collect();
        format!("unknown variable {name:?}{}", did_you_mean(name, &names))
    }
}
