//! `format` of ARM templates, .NET's composite format strings, and `formatNumber`.

use super::arguments::Number;
use super::text::{LONGEST, TOO_LONG};
use super::{Arguments, Outcome, owned};
use crate::expression::EvalError;

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
    numeric(arguments, arguments.number(index)?, style)
}

/// `formatNumber` of a workflow.
pub(super) fn format_number(arguments: Arguments<'_>) -> Outcome<'_> {
    if let Some(locale) = arguments.optional_text(2)?
        && !locale.eq_ignore_ascii_case("en-us")
    {
        return Err(arguments.unfit(2, "en-us", "no other locale is supported"));
    }
    owned(numeric(
        &arguments,
        arguments.number(0)?,
        arguments.text(1)?,
    )?)
}

fn numeric(arguments: &Arguments<'_>, number: Number, style: &str) -> Result<String, EvalError> {
    standard(number, style)
        .or_else(|| custom(number, style))
        .ok_or_else(|| {
            arguments.fail(
                "of the formats of numbers there are C, D, F, N and P with up to two digits, and such as '#,##0.00'",
            )
        })
}

/// `en-US`: a point before the decimals, commas between thousands, a dollar for money.
fn standard(number: Number, style: &str) -> Option<String> {
    let kind = style.chars().next()?.to_ascii_uppercase();
    let count: Option<usize> = match style.get(1..)? {
        "" => None,
        digits if digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        _ => return None,
    };
    let decimals = count.unwrap_or(2);
    let (sign, digits) = match kind {
        'D' => match number {
            Number::Integer(integer) => signed(Number::Integer(integer), 0),
            Number::Float(_) => return None,
        },
        'P' => signed(hundredfold(number), decimals),
        _ => signed(number, decimals),
    };
    Some(match kind {
        'C' => format!("{sign}${}", grouped(&digits)),
        'D' => format!("{sign}{digits:0>width$}", width = count.unwrap_or(0)),
        'F' => format!("{sign}{digits}"),
        'N' => format!("{sign}{}", grouped(&digits)),
        'P' => format!("{sign}{}%", grouped(&digits)),
        _ => return None,
    })
}

fn hundredfold(number: Number) -> Number {
    Number::Float(number.as_float() * 100.0)
}

/// The sign and the digits of `number` with so many decimals.
fn signed(number: Number, decimals: usize) -> (&'static str, String) {
    let (negative, digits) = match number {
        Number::Integer(integer) => {
            let point = if decimals > 0 { "." } else { "" };
            let digits = format!("{}{point}{}", integer.unsigned_abs(), "0".repeat(decimals));
            (integer < 0, digits)
        }
        Number::Float(float) => (float < 0.0, format!("{:.decimals$}", float.abs())),
    };
    let shown = digits.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    (if negative && shown { "-" } else { "" }, digits)
}

/// With a comma between thousands.
fn grouped(digits: &str) -> String {
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut grouped = String::new();
    for (index, digit) in digits[..whole].chars().enumerate() {
        if index > 0 && (whole - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &digits[whole..]
}

/// A custom format of `#`, `0`, commas within the whole part and one point.
fn custom(number: Number, style: &str) -> Option<String> {
    let (whole, decimals) = style.split_once('.').unwrap_or((style, ""));
    let placeholders = |part: &str| part.bytes().filter(|byte| b"#0".contains(byte)).count();
    let zeros = |part: &str| part.bytes().filter(|byte| *byte == b'0').count();
    let of_whole = whole.bytes().all(|byte| b"#0,".contains(&byte));
    let commas_within = !whole.starts_with(',') && !whole.ends_with(',');
    if !of_whole || !commas_within || placeholders(decimals) != decimals.len() || style.is_empty() {
        return None;
    }
    let (sign, digits) = signed(number, decimals.len());
    let (digits, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let digits = format!(
        "{:0>width$}",
        digits.trim_start_matches('0'),
        width = zeros(whole)
    );
    let digits = if whole.contains(',') {
        grouped(&digits)
    } else {
        digits
    };
    let least = decimals.rfind('0').map_or(0, |place| place + 1);
    let kept = fraction.trim_end_matches('0').len().max(least);
    let point = if kept > 0 { "." } else { "" };
    Some(format!("{sign}{digits}{point}{}", &fraction[..kept]))
}
