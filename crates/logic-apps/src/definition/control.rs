//! Reading the actions that contain others.

use std::time::Duration;

use serde_json::{Map, Value};

use super::action::{ActionId, Condition, Kind, Test, Until};
use super::actions::constant_text;
use super::duration;
use super::error::{At, Fields, LoadError, array, integer, kind_of, object, text};
use super::loader::{Loader, Site};
use crate::expression::Expression;
use crate::suggest::did_you_mean;

/// `logic-apps-limits-and-config.md`: "Switch scope cases limit", "Foreach concurrency",
/// "Until iterations", and for its defaults `logic-apps-control-flow-loops.md`.
const MOST_CASES: usize = 25;
const ITERATIONS_AT_ONCE: usize = 20;
const MOST_ITERATIONS_AT_ONCE: i64 = 50;
const MOST_PASSES: i64 = 5000;
const PASSES: u32 = 60;
const UNTIL_TIMEOUT: Duration = Duration::from_hours(1);
const TESTS: [(&str, usize); 9] = [
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
        let then = self.actions_of(fields, id, depth)?;
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
        if map.len() > MOST_CASES {
            return Err(cases_at.error(format!(
                "are {}, and the service takes at most {MOST_CASES}",
                map.len()
            )));
        }
        for (name, case) in map {
            let at = cases_at.to(name);
            let case = Fields::read(case, &at, &["case", "actions"])?;
            let value_at = at.to("case");
            let value = Loader::constant(case.require("case")?, &value_at)?;
            if !(value.is_string() || value.is_i64()) {
                let kind = kind_of(value);
                return Err(value_at.error(format!("must be a string or an integer, not {kind}")));
            }
            if cases.iter().any(|(other, _)| other == value) {
                return Err(value_at.error(format!("{value} is another case's, too")));
            }
            let block = self.actions_of(&case, id, depth)?;
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
        self.actions_of(&fields, id, depth)
    }

    /// The actions within a part of the action `id`.
    pub(super) fn actions_of(
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
        let mut at_once = ITERATIONS_AT_ONCE;
        if let Some(concurrency) = configured {
            let at = at.to("runtimeConfiguration");
            let at = at.to("concurrency");
            if !options.is_empty() {
                return Err(at.error("stands beside the operation option Sequential; give one"));
            }
            let fields = Fields::read(concurrency, &at, &["repetitions"])?;
            let repetitions = fields.require("repetitions")?;
            let at = at.to("repetitions");
            at_once = usize::try_from(integer(repetitions, &at, 1, MOST_ITERATIONS_AT_ONCE)?)
                .unwrap_or(1);
        }
        // "A nested For each action's iterations always run sequentially"
        // (`logic-apps-control-flow-loops.md`).
        if options.contains(&"Sequential") || !self.open_loops.is_empty() {
            at_once = 1;
        }
        self.open_loops.push(id);
        let body = self.actions_of(fields, id, depth)?;
        self.open_loops.pop();
        Ok(Kind::Foreach {
            over,
            at_once,
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
        let body = self.actions_of(fields, id, depth)?;
        self.open_loops.pop();
        let expression = fields.require("expression")?;
        let condition = self.condition(expression, &at.to("expression"), id, Site::Until)?;
        let (mut most_passes, mut timeout) = (PASSES, UNTIL_TIMEOUT);
        if let Some(limit) = fields.get("limit") {
            let at = at.to("limit");
            let fields = Fields::read(limit, &at, &["count", "timeout"])?;
            if let Some(count) = fields.get("count") {
                let count = integer(count, &at.to("count"), 1, MOST_PASSES)?;
                most_passes = u32::try_from(count).unwrap_or(PASSES);
            }
            if let Some(value) = fields.get("timeout") {
                let at = at.to("timeout");
                timeout = duration::parse(text(value, &at)?).map_err(|error| at.error(error))?;
            }
        }
        Ok(Kind::Until(Until {
            condition,
            most_passes,
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
                return Err(at.error("is no expression: it has no @"));
            }
            return Ok(Condition::Expression(self.templated(value, at, id, site)?));
        }
        let map = object(value, at)?;
        let (Some((name, operand)), 1) = (map.iter().next(), map.len()) else {
            return Err(at.error("must have exactly one operator, such as and, or, not, equals"));
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
            _ => self.test(name, operand, &at, id, site),
        }
    }

    fn test(
        &mut self,
        name: &str,
        operand: &Value,
        at: &At<'_>,
        id: ActionId,
        site: Site,
    ) -> Result<Condition, LoadError> {
        let found = TESTS
            .iter()
            .find(|(test, _)| test.eq_ignore_ascii_case(name));
        let Some((_, count)) = found else {
            let mut names = vec!["and", "or", "not"];
            names.extend(TESTS.iter().map(|(name, _)| *name));
            let near = did_you_mean(name, &names);
            return Err(at.error(format!("unknown operator{near}")));
        };
        // `empty` takes its one operand with and without brackets.
        let operands = match operand {
            Value::Array(operands) => operands.as_slice(),
            single => std::slice::from_ref(single),
        };
        let (left, right) = match operands {
            [left] if *count == 1 => (left, None),
            [left, right] if *count == 2 => (left, Some(right)),
            _ => {
                let given = operands.len();
                return Err(at.error(format!("takes {count} operands, not {given}")));
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
        Ok(Condition::Test(Box::new(Test {
            function,
            left,
            right: right.transpose()?,
        })))
    }
}
