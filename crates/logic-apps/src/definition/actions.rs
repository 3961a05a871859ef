//! Loader of actions, by type.

use serde_json::Value;

use super::action::{ActionId, Data, Kind, SecuredValues, Wait};
use super::error::{At, Fields, LoadError, text};
use super::loader::{Loader, Site, operation_options, runtime_configuration, secure_data};
use super::schema::Schema;
use super::wait_unit::WaitUnit;
use crate::suggest::did_you_mean;

/// An action type, and what its actions support besides `type`, `runAfter`, `description`, and
/// `metadata`.
struct Type {
    name: &'static str,
    fields: &'static [&'static str],
    options: &'static [&'static str],
    concurrency: bool,
    /// The values that `secureData` can secure (tables in `logic-apps-securing-a-logic-app.md`).
    secured: SecuredValues,
}

const NOTHING: SecuredValues = SecuredValues {
    inputs: false,
    outputs: false,
};
const INPUTS: SecuredValues = SecuredValues {
    inputs: true,
    outputs: false,
};
const BOTH: SecuredValues = SecuredValues {
    inputs: true,
    outputs: true,
};

const fn leaf(name: &'static str, secured: SecuredValues) -> Type {
    Type {
        name,
        fields: &["inputs"],
        options: &[],
        concurrency: false,
        secured,
    }
}

const fn control(name: &'static str, fields: &'static [&'static str]) -> Type {
    Type {
        name,
        fields,
        options: &[],
        concurrency: false,
        secured: NOTHING,
    }
}

const TYPES: [Type; 20] = [
    Type {
        name: "Http",
        fields: &["inputs", "limit"],
        options: &["DisableAsyncPattern", "SuppressWorkflowHeaders"],
        concurrency: false,
        secured: BOTH,
    },
    Type {
        name: "HttpWebhook",
        fields: &["inputs", "limit"],
        options: &["SuppressWorkflowHeaders"],
        concurrency: false,
        secured: BOTH,
    },
    leaf("Compose", INPUTS),
    leaf("ParseJson", INPUTS),
    leaf("Query", BOTH),
    leaf("Select", BOTH),
    leaf("Join", BOTH),
    control("If", &["expression", "actions", "else"]),
    control("Switch", &["expression", "cases", "default"]),
    Type {
        name: "Foreach",
        fields: &["foreach", "actions"],
        options: &["Sequential"],
        concurrency: true,
        secured: NOTHING,
    },
    Type {
        name: "Until",
        fields: &["expression", "actions", "limit"],
        options: &["FailWhenLimitsReached"],
        concurrency: false,
        secured: NOTHING,
    },
    control("Scope", &["actions"]),
    leaf("Wait", INPUTS),
    leaf("Terminate", NOTHING),
    leaf("InitializeVariable", NOTHING),
    leaf("SetVariable", NOTHING),
    leaf("IncrementVariable", NOTHING),
    leaf("DecrementVariable", NOTHING),
    leaf("AppendToArrayVariable", NOTHING),
    leaf("AppendToStringVariable", NOTHING),
];

/// Action types of the service that are not supported, with the reason.
const UNSUPPORTED: [(&str, &str); 10] = [
    (
        "Response",
        "it requires a Request trigger, which is not supported",
    ),
    ("ApiConnection", "it requires a connector"),
    ("ApiConnectionWebhook", "it requires a connector"),
    (
        "ApiManagement",
        "it requires an Azure API Management service",
    ),
    ("Function", "it requires an Azure Functions app"),
    ("JavaScriptCode", "it requires an integration account"),
    ("Table", "it is not implemented"),
    (
        "Workflow",
        "it calls another workflow, and only one is deployed",
    ),
    ("Xslt", "it requires an integration account"),
    ("XmlValidation", "it requires an integration account"),
];

impl Loader {
    /// Loads the action that is declared as `id`.
    pub(super) fn action(
        &mut self,
        id: ActionId,
        value: &Value,
        at: &At<'_>,
        depth: usize,
    ) -> Result<(), LoadError> {
        let kind = find_type(value, at)?;
        let mut known = vec!["type", "runAfter", "description", "metadata"];
        known.extend(kind.fields);
        let mut configurable = Vec::new();
        if kind.concurrency {
            configurable.push("concurrency");
        }
        if kind.secured != NOTHING {
            configurable.push("secureData");
        }
        if !configurable.is_empty() {
            known.push("runtimeConfiguration");
        }
        if !kind.options.is_empty() {
            known.push("operationOptions");
        }
        let fields = Fields::read(value, at, &known)?;
        let configuration = runtime_configuration(&fields, &configurable)?;
        let secured = secure_data(configuration, at, kind.secured)?;
        let options = operation_options(&fields, kind.options)?;
        let action = &mut self.actions[id];
        action.secured = secured;
        action.asynchronous = !options.contains(&"DisableAsyncPattern");
        action.workflow_headers = !options.contains(&"SuppressWorkflowHeaders");
        // An `Until` has a different `limit`, which bounds its iterations.
        if kind.name != "Until"
            && let Some(limit) = fields.get("limit")
        {
            self.actions[id].limit = Some(self.timeout(limit, &at.to("limit"), id)?);
        }
        let kind = match kind.name {
            "If" => self.if_action(&fields, id, depth)?,
            "Switch" => self.switch(&fields, id, depth)?,
            "Foreach" => self.foreach(&fields, configuration, &options, id, depth)?,
            "Until" => self.until(&fields, &options, id, depth)?,
            "Scope" => Kind::Scope(self.nested_actions(&fields, id, depth)?),
            name => self.leaf(name, fields.require("inputs")?, &at.to("inputs"), id)?,
        };
        self.actions[id].kind = kind;
        Ok(())
    }

    fn leaf(
        &mut self,
        name: &str,
        inputs: &Value,
        at: &At<'_>,
        id: ActionId,
    ) -> Result<Kind, LoadError> {
        Ok(match name {
            "Http" => Kind::Http(Box::new(self.http(inputs, at, id, Site::Inputs)?)),
            "HttpWebhook" => self.webhook(inputs, at, id)?,
            "Compose" => Kind::Data(Data::Compose(self.templated(
                inputs,
                at,
                id,
                Site::Inputs,
            )?)),
            "ParseJson" => {
                let fields = Fields::read(inputs, at, &["content", "schema"])?;
                let content = fields.require("content")?;
                let content = self.templated(content, &at.to("content"), id, Site::Inputs)?;
                let schema = match fields.get("schema") {
                    Some(schema) => Schema::load(schema, &at.to("schema"))?,
                    None => Schema::default(),
                };
                Kind::Data(Data::ParseJson { content, schema })
            }
            "Query" => {
                let [from, keep] = self.array_operation(inputs, at, id, "where")?;
                Kind::Data(Data::Query { from, keep })
            }
            "Select" => {
                let [from, select] = self.array_operation(inputs, at, id, "select")?;
                Kind::Data(Data::Select { from, select })
            }
            "Join" => {
                let fields = Fields::read(inputs, at, &["from", "joinWith"])?;
                let mut read = |key| {
                    let value = fields.require(key)?;
                    self.templated(value, &at.to(key), id, Site::Inputs)
                };
                Kind::Data(Data::Join {
                    from: read("from")?,
                    join_with: read("joinWith")?,
                })
            }
            "Wait" => Kind::Wait(self.wait(inputs, at, id)?),
            "Terminate" => self.terminate(inputs, at, id)?,
            "InitializeVariable" => Kind::Data(self.initialize_variable(inputs, at, id)?),
            name => Kind::Data(self.change_variable(name, inputs, at, id)?),
        })
    }

    fn array_operation(
        &mut self,
        inputs: &Value,
        at: &At<'_>,
        id: ActionId,
        each: &str,
    ) -> Result<[super::Templated; 2], LoadError> {
        let fields = Fields::read(inputs, at, &["from", each])?;
        let from = fields.require("from")?;
        let from = self.templated(from, &at.to("from"), id, Site::Inputs)?;
        let value = fields.require(each)?;
        Ok([from, self.templated(value, &at.to(each), id, Site::Item)?])
    }

    fn wait(&mut self, inputs: &Value, at: &At<'_>, id: ActionId) -> Result<Wait, LoadError> {
        let fields = Fields::read(inputs, at, &["interval", "until"])?;
        match (fields.get("interval"), fields.get("until")) {
            (Some(interval), None) => {
                let at = at.to("interval");
                let fields = Fields::read(interval, &at, &["count", "unit"])?;
                let (count, unit) = (fields.require("count")?, fields.require("unit")?);
                if let Some(Err(message)) = constant_text(unit).map(WaitUnit::from_name) {
                    return Err(at.to("unit").error(message));
                }
                if count.is_number() && count.as_i64().is_none_or(|count| count < 0) {
                    return Err(at.to("count").error("must be a non-negative integer"));
                }
                Ok(Wait::Interval {
                    count: self.templated(count, &at.to("count"), id, Site::Inputs)?,
                    unit: self.templated(unit, &at.to("unit"), id, Site::Inputs)?,
                })
            }
            (None, Some(until)) => {
                let at = at.to("until");
                let fields = Fields::read(until, &at, &["timestamp"])?;
                let timestamp = fields.require("timestamp")?;
                let at = at.to("timestamp");
                if let Some(text) = constant_text(timestamp)
                    && text.parse::<jiff::Timestamp>().is_err()
                {
                    return Err(
                        at.error(format!("invalid timestamp {text:?} (expected a format such as 2026-11-01T08:00:00Z)"))
                    );
                }
                Ok(Wait::Until(self.templated(
                    timestamp,
                    &at,
                    id,
                    Site::Inputs,
                )?))
            }
            _ => Err(at.error("expected either interval or until")),
        }
    }

    /// Not allowed in loops: "can't appear inside Foreach and Until loops, including sequential
    /// loops" (`logic-apps-workflow-actions-triggers.md`).
    fn terminate(&mut self, inputs: &Value, at: &At<'_>, id: ActionId) -> Result<Kind, LoadError> {
        if let Some(enclosing) = self.open_loops.last() {
            let name = &self.actions[*enclosing].name;
            return Err(at.error(format!("Terminate is not allowed in a loop ({name})")));
        }
        let fields = Fields::read(inputs, at, &["runStatus", "runError"])?;
        let status = fields.require("runStatus")?;
        let status_at = at.to("runStatus");
        let known = [("Succeeded", true), ("Failed", false), ("Cancelled", true)];
        if constant_text(status).is_some() {
            let without_error = super::error::keyword(status, &status_at, "status", &known)?;
            if without_error && fields.get("runError").is_some() {
                return Err(at
                    .to("runError")
                    .error("runError requires the runStatus Failed"));
            }
        }
        let status = self.templated(status, &status_at, id, Site::Inputs)?;
        let (mut code, mut message) = (None, None);
        if let Some(error) = fields.get("runError") {
            let at = at.to("runError");
            let fields = Fields::read(error, &at, &["code", "message"])?;
            for (key, slot) in [("code", &mut code), ("message", &mut message)] {
                if let Some(value) = fields.get(key) {
                    *slot = Some(self.templated(value, &at.to(key), id, Site::Inputs)?);
                }
            }
        }
        Ok(Kind::Terminate {
            status,
            code,
            message,
        })
    }

    fn timeout(
        &mut self,
        limit: &Value,
        at: &At<'_>,
        id: ActionId,
    ) -> Result<super::Templated, LoadError> {
        let fields = Fields::read(limit, at, &["timeout"])?;
        let timeout = fields.require("timeout")?;
        let at = at.to("timeout");
        if let Some(text) = constant_text(timeout) {
            super::duration::parse(text).map_err(|message| at.error(message))?;
        } else {
            text(timeout, &at)?;
        }
        self.templated(timeout, &at, id, Site::Inputs)
    }
}

/// A string without expressions.
pub(super) fn constant_text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.contains('@'))
}

fn find_type(value: &Value, at: &At<'_>) -> Result<&'static Type, LoadError> {
    let map = super::error::object(value, at)?;
    let at_type = at.to("type");
    let name = map
        .get("type")
        .ok_or_else(|| at_type.error("missing property"))
        .and_then(|name| text(name, &at_type))?;
    if let Some(kind) = TYPES
        .iter()
        .find(|kind| kind.name.eq_ignore_ascii_case(name))
    {
        return Ok(kind);
    }
    if let Some((name, reason)) = UNSUPPORTED
        .iter()
        .find(|(unsupported, _)| unsupported.eq_ignore_ascii_case(name))
    {
        return Err(at_type.error(format!("{name} is not supported: {reason}")));
    }
    let names: Vec<_> = TYPES.iter().map(|kind| kind.name).collect();
    Err(at_type.error(format!(
        "unknown type {name:?}{}",
        did_you_mean(name, &names)
    )))
}
