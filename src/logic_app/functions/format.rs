//! `format` of ARM templates: .NET's composite format strings.

use super::arguments::Number;
use super::text::{LONGEST, TOO_LONG};
use super::{Arguments, Outcome, owned};
use crate::logic_app::expression::EvalError;

/// `{0}` and `{0:N2}` are replaced by arguments, `{{` and `}}` stand for braces.
pub(super) fn format(arguments: Arguments<'_>) -> Outcome<'_> {
    let mut rest = arguments.text(0)?;
    let mut text = String::new();
    while let Some(brace) = rest.find(['{', '}']) {
        text.push_str(&rest[..brace]);
        rest = &rest[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            text.push_str(&rest[..1]);
            rest = &rest[2..];
            continue;
        }
        let unfit = |because: &str| arguments.unfit(0, "a format such as 'PT{0}S'", because);
        let inside = rest
            .strip_prefix('{')
            .ok_or_else(|| unfit("it has a `}` without a `{`; `}}` stands for one"))?;
        let (field, after) = inside
            .split_once('}')
            .ok_or_else(|| unfit("it has a `{` without a `}`; `{{` stands for one"))?;
        let (number, style) = match field.split_once(':') {
            Some((number, style)) => (number, Some(style)),
            None => (field, None),
        };
        let index: usize = number
            .parse()
            .map_err(|_| unfit(&format!("`{{{field}}}` names no argument by its number")))?;
        if index + 1 >= arguments.len() {
            return Err(unfit(&format!("there is no argument for `{{{field}}}`")));
        }
        text.push_str(&argument(&arguments, index + 1, style)?);
        if text.len() > LONGEST {
            return Err(arguments.fail(TOO_LONG));
        }
        rest = after;
    }
    text.push_str(rest);
    owned(text)
}

fn argument(
    arguments: &Arguments<'_>,
    index: usize,
    style: Option<&str>,
) -> Result<String, EvalError> {
    if arguments.get(index).is_array() || arguments.get(index).is_object() {
        return Err(arguments.wrong(index, "a text, a number or a Boolean"));
    }
    let Some(style) = style else {
        return Ok(arguments.as_text(index).into_owned());
    };
    let Number::Integer(number) = arguments.number(index)? else {
        return Err(arguments.wrong(index, "an integer"));
    };
    styled(number, style).ok_or_else(|| {
        arguments.fail(format!(
            "the format `:{style}` is not supported; there are D and N with up to two digits"
        ))
    })
}

/// .NET's standard numeric formats `D` (padded with zeros) and `N` (grouped by thousands, two
/// decimals unless told).
fn styled(number: i64, style: &str) -> Option<String> {
    let kind = style.chars().next()?.to_ascii_uppercase();
    let digits = style.get(1..)?;
    let count: Option<usize> = match digits {
        "" => None,
        digits if digits.len() <= 2 => Some(digits.parse().ok()?),
        _ => return None,
    };
    let sign = if number < 0 { "-" } else { "" };
    let digits = number.unsigned_abs().to_string();
    match kind {
        'D' => Some(format!(
            "{sign}{digits:0>width$}",
            width = count.unwrap_or(0)
        )),
        'N' => {
            let mut grouped = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index).is_multiple_of(3) {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            let decimals = count.unwrap_or(2);
            let point = if decimals > 0 { "." } else { "" };
            Some(format!("{sign}{grouped}{point}{}", "0".repeat(decimals)))
        }
        _ => None,
    }
}
