//! Loader of control actions, which contain other actions.

use std::time::Duration;

use serde_json::{Map, Value};

use super::action::{ActionId, Comparison, Condition, Kind, Until};
use super::actions::constant_text;
use super::duration;
use super::error::{At, Fields, LoadError, array, integer, json_type, object, text};
use super::loader::{Loader, Site};
use crate::expression::Expression;
use crate::suggest::did_you_mean;

/// Limits and defaults: "Switch scope cases limit", "Foreach concurrency", and "Until iterations"
/// (`logic-apps-limits-and-config.md`, `logic-apps-control-flow-loops.md`).
const MAX_CASES: usize = 25;
const DEFAULT_CONCURRENCY: usize = 20;
const MAX_CONCURRENCY: i64 = 50;
const MAX_ITERATIONS: i64 = 5000;
const DEFAULT_ITERATIONS: u32 = 60;
const DEFAULT_TIMEOUT: Duration = Duration::from_hours(1);
const OPERATORS: [(&str, usize); 9] = [
    ("equals", 2),
    ("greater", 2),
    ("greaterOrEquals", 2),
    ("less", 2),
    ("lessOrEquals", 2),
    ("contains", 2),
    ("startsWith", 2),
    ("endsWith", 2),
    ("empty", 1),
];

impl Loader {
    pub(super) fn if_action(
        &mut self,
        fields: &Fields<'_>,
        id: ActionId,
        depth: usize,
    ) -> Result<Kind, LoadError> {
        let at = fields.at;
        let condition = fields.require("expression")?;
        let condition = self.condition(condition, &at.to("expression"), id, Site::Inputs)?;
        let then = self.nested_actions(fields, id, depth)?;
        let otherwise = self.branch(fields.get("else"), &at.to("else"), id, depth)?;
        Ok(Kind::If {
            condition,
            then,
            otherwise,
        })
    }

    pub(super) fn switch(
        &mut self,
        fields: &Fields<'_>,
        id: ActionId,
        depth: usize,
    ) -> Result<Kind, LoadError> {
        let at = fields.at;
        let on = fields.require("expression")?;
        let on = self.templated(on, &at.to("expression"), id, Site::Inputs)?;
        let cases_at = at.to("cases");
        let mut cases: Vec<(Value, super::Block)> = Vec::new();
        let none = Map::new();
        let map = fields
            .get("cases")
            .map_or(Ok(&none), |cases| object(cases, &cases_at))?;
        if map.len() > MAX_CASES {
            return Err(cases_at.error(format!(
                "{} cases exceed the service's limit of {MAX_CASES}",
                map.len()
            )));
        }
        for (name, case) in map {
            let at = cases_at.to(name);
            let case = Fields::read(case, &at, &["case", "actions"])?;
            let value_at = at.to("case");
            let value = Loader::constant(case.require("case")?, &value_at)?;
            if !(value.is_string() || value.is_i64()) {
                let kind = json_type(value);
                return Err(value_at.error(format!("must be a string or an integer, not {kind}")));
            }
            if cases.iter().any(|(other, _)| other == value) {
                return Err(value_at.error(format!("duplicate case {value}")));
            }
            let block = self.nested_actions(&case, id, depth)?;
            cases.push((value.clone(), block));
        }
        let default = self.branch(fields.get("default"), &at.to("default"), id, depth)?;
        Ok(Kind::Switch { on, cases, default })
    }

    fn branch(
        &mut self,
        value: Option<&Value>,
        at: &At<'_>,
        id: ActionId,
        depth: usize,
    ) -> Result<super::Block, LoadError> {
        let Some(value) = value else {
            return Ok(super::Block::default());
        };
        let fields = Fields::read(value, at, &["actions"])?;
        self.nested_actions(&fields, id, depth)
    }

    /// Loads the `actions` property of `fields`, which belongs to the action `id`.
    pub(super) fn nested_actions(
        &mut self,
        fields: &Fields<'_>,
        id: ActionId,
        depth: usize,
    ) -> Result<super::Block, LoadError> {
        let at = fields.at.to("actions");
        self.block(fields.get("actions"), &at, Some(id), depth + 1)
    }

    pub(super) fn foreach(
        &mut self,
        fields: &Fields<'_>,
        configuration: Option<&Map<String, Value>>,
        options: &[&str],
        id: ActionId,
        depth: usize,
    ) -> Result<Kind, LoadError> {
        let at = fields.at;
        let over = fields.require("foreach")?;
        let over = self.templated(over, &at.to("foreach"), id, Site::Inputs)?;
        let configured = configuration.and_then(|map| map.get("concurrency"));
        let mut concurrency = DEFAULT_CONCURRENCY;
        if let Some(value) = configured {
            let at = at.to("runtimeConfiguration");
            let at = at.to("concurrency");
            if !options.is_empty() {
                return Err(at.error(
                    "concurrency and the operation option Sequential are mutually exclusive",
                ));
            }
            let fields = Fields::read(value, &at, &["repetitions"])?;
            let repetitions = fields.require("repetitions")?;
            let at = at.to("repetitions");
            concurrency =
                usize::try_from(integer(repetitions, &at, 1, MAX_CONCURRENCY)?).unwrap_or(1);
        }
        // "A nested For each action's iterations always run sequentially"
        // (`logic-apps-control-flow-loops.md`).
        if options.contains(&"Sequential") || !self.open_loops.is_empty() {
            concurrency = 1;
        }
        self.open_loops.push(id);
        let body = self.nested_actions(fields, id, depth)?;
        self.open_loops.pop();
        Ok(Kind::Foreach {
            over,
            concurrency,
            body,
        })
    }

    pub(super) fn until(
        &mut self,
        fields: &Fields<'_>,
        options: &[&str],
        id: ActionId,
        depth: usize,
    ) -> Result<Kind, LoadError> {
        let at = fields.at;
        self.open_loops.push(id);
        let body = self.nested_actions(fields, id, depth)?;
        self.open_loops.pop();
        let expression = fields.require("expression")?;
        let condition = self.condition(expression, &at.to("expression"), id, Site::Until)?;
        let (mut max_iterations, mut timeout) = (DEFAULT_ITERATIONS, DEFAULT_TIMEOUT);
        if let Some(limit) = fields.get("limit") {
            let at = at.to("limit");
            let fields = Fields::read(limit, &at, &["count", "timeout"])?;
            if let Some(count) = fields.get("count") {
                let count = integer(count, &at.to("count"), 1, MAX_ITERATIONS)?;
                max_iterations = u32::try_from(count).unwrap_or(DEFAULT_ITERATIONS);
            }
            if let Some(value) = fields.get("timeout") {
                let at = at.to("timeout");
                timeout = duration::parse(text(value, &at)?).map_err(|error| at.error(error))?;
            }
        }
        Ok(Kind::Until(Until {
            condition,
            max_iterations,
            timeout,
            fail_at_limit: options.contains(&"FailWhenLimitsReached"),
            body,
        }))
    }

    fn condition(
        &mut self,
        value: &Value,
        at: &At<'_>,
        id: ActionId,
        site: Site,
    ) -> Result<Condition, LoadError> {
        if value.is_string() {
            if constant_text(value).is_some() {
                return Err(at.error("expected an expression; it must contain @"));
            }
            return Ok(Condition::Expression(self.templated(value, at, id, site)?));
        }
        let map = object(value, at)?;
        let (Some((name, operand)), 1) = (map.iter().next(), map.len()) else {
            return Err(at.error("must have exactly one operator, such as and, or, not, or equals"));
        };
        let at = at.to(name);
        match name.as_str() {
            "and" | "or" => {
                let conditions = array(operand, &at)?
                    .iter()
                    .enumerate()
                    .map(|(n, value)| {
                        let n = n.to_string();
                        self.condition(value, &at.to(&n), id, site)
                    })
                    .collect::<Result<_, _>>()?;
                Ok(if name == "and" {
                    Condition::All(conditions)
                } else {
                    Condition::Any(conditions)
                })
            }
            "not" => {
                let condition = self.condition(operand, &at, id, site)?;
                Ok(Condition::Not(Box::new(condition)))
            }
            _ => self.comparison(name, operand, &at, id, site),
        }
    }

    fn comparison(
        &mut self,
        name: &str,
        operand: &Value,
        at: &At<'_>,
        id: ActionId,
        site: Site,
    ) -> Result<Condition, LoadError> {
        let found = OPERATORS
            .iter()
            .find(|(operator, _)| operator.eq_ignore_ascii_case(name));
        let Some((_, count)) = found else {
            let mut names = vec!["and", "or", "not"];
            names.extend(OPERATORS.iter().map(|(name, _)| *name));
            let near = did_you_mean(name, &names);
            return Err(at.error(format!("unknown operator{near}")));
        };
        // The operand of `empty` may be an array or a single value.
        let operands = match operand {
            Value::Array(operands) => operands.as_slice(),
            single => std::slice::from_ref(single),
        };
        let (left, right) = match operands {
            [left] if *count == 1 => (left, None),
            [left, right] if *count == 2 => (left, Some(right)),
            _ => {
                let given = operands.len();
                let s = if *count == 1 { "" } else { "s" };
                return Err(at.error(format!("expects {count} operand{s}, not {given}")));
            }
        };
        let call = if right.is_some() {
            format!("{name}(left(), right())")
        } else {
            format!("{name}(left())")
        };
        let function = Expression::parse(&call).map_err(|error| at.error(error.to_string()))?;
        let left = self.templated(left, &at.to("0"), id, site)?;
        let right = right.map(|right| self.templated(right, &at.to("1"), id, site));
        Ok(Condition::Comparison(Box::new(Comparison {
            function,
            left,
            right: right.transpose()?,
        })))
    }
}
